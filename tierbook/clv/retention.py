"""Shifted-beta-geometric: how many contracts are renewed, period after period, and why the rate rises.

Source: P. S. Fader, B. G. S. Hardie, How to Project Customer Retention, Journal of Interactive Marketing 21 (2007),
eq. 5 to 8. Each customer ends at every renewal with a chance of their own, Beta(alpha, beta) over customers.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tierbook.clv.fit import Fit, Objective, minimise, result
from tierbook.errors import DataError

FEWEST_PERIODS = 3


class RetentionParams(NamedTuple):
    """Chances to end at a renewal are Beta(alpha, beta)."""

    alpha: float
    beta: float


def retention_fit(survivors: ArrayLike) -> Fit[RetentionParams]:
    """The model that makes these losses most likely.

    Parameters
    ----------
    survivors : array (n,)
        Customers of one cohort: at the start, after the first renewal, after the second … [count or per cent]

    Returns
    -------
    Fit
        `customers` is the size of the cohort, `repeaters` those who renewed once. Per cent counts as 100 customers,
        so standard errors and log-likelihood are those of a cohort of 100.

    Raises
    ------
    DataError
        Fewer than three figures, a missing or negative one, a rise, nobody lost or nobody left after one renewal.
    """
    left = _survivors(survivors)
    lost = -np.diff(left)
    optimum = minimise(_objective(lost, left), np.zeros(2))
    return result(
        optimum,
        RetentionParams,
        log_likelihood=float(-optimum.value * left[0]),
        customers=round(float(left[0])),
        repeaters=round(float(left[1])),
        shapes=("alpha", "beta"),
    )


def retention_rate(period: ArrayLike, *, params: RetentionParams) -> NDArray[np.float64]:
    """Share of the customers of the period before who renew for period 1, 2, …

    >>> retention_rate([1, 8], params=RetentionParams(0.704, 1.182)).round(3)
    array([0.627, 0.921])
    """
    t = _periods(period, first=1)
    return (params.beta + t - 1) / (params.alpha + params.beta + t - 1)


def survival(period: ArrayLike, *, params: RetentionParams) -> NDArray[np.float64]:
    """Share of the cohort still there after so many renewals, 0 and more: array (n,), 0 to 1.

    S(t) = B(alpha, beta + t) / B(alpha, beta), equation 6 of the source.
    """
    from scipy.special import betaln

    t = _periods(period, first=0)
    return np.exp(betaln(params.alpha, params.beta + t) - betaln(params.alpha, params.beta))


def _periods(period: ArrayLike, *, first: int) -> NDArray[np.float64]:
    t = np.atleast_1d(np.asarray(period, dtype=float))
    wrong = np.flatnonzero((t < first) | (t != np.round(t)) & ~np.isnan(t))
    if wrong.size:
        raise DataError(
            "Period {value} is not a whole number from {first}.",
            rows=wrong.tolist(),
            value=f"{t[wrong[0]]:g}",
            first=first,
        )
    return t


def _survivors(survivors: ArrayLike) -> NDArray[np.float64]:
    left = np.atleast_1d(np.asarray(survivors, dtype=float))
    unknown = np.flatnonzero(~np.isfinite(left) | (left < 0))
    if unknown.size:
        raise DataError(
            "A number of surviving customers is missing or negative.",
            fix="Give one figure for each period without gaps.",
            rows=unknown.tolist(),
        )
    if left.size < FEWEST_PERIODS:
        raise DataError(
            "Retention needs the survivors of {enough} periods or more, not {count}.",
            fix="The first figure is the size of the cohort, the second what is left after one renewal.",
            enough=FEWEST_PERIODS,
            count=left.size,
        )
    rises = np.flatnonzero(np.diff(left) > 0)
    if rises.size:
        raise DataError(
            "Survivors rise from {before} to {after}.",
            fix="Follow one cohort; customers who join later are another.",
            rows=(rises + 1).tolist(),
            before=f"{left[rises[0]]:g}",
            after=f"{left[rises[0] + 1]:g}",
        )
    if left[0] == left[-1]:
        raise DataError("Nobody was lost, so there is no rate of loss to fit.", fix="Use more periods.")
    if left[1] == 0:
        raise DataError("Nobody was left after the first period, so there is no retention to fit.")
    return left


def _objective(lost: NDArray[np.float64], left: NDArray[np.float64]) -> Objective:
    """Minus the mean log-likelihood: losses in each period, and those still there at the end."""
    from scipy.special import betaln, psi

    t = np.arange(1, lost.size + 1, dtype=float)
    size, end, last = left[0], left[-1], t[-1]

    def objective(theta: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        alpha, beta = np.exp(theta)
        whole, at_start = psi(alpha + beta), betaln(alpha, beta)
        value = lost @ betaln(alpha + 1, beta + t - 1) + end * betaln(alpha, beta + last) - size * at_start
        everyone = lost @ psi(alpha + beta + t) + end * psi(alpha + beta + last)
        d_alpha = lost.sum() * psi(alpha + 1) + end * psi(alpha) - everyone - size * (psi(alpha) - whole)
        d_beta = lost @ psi(beta + t - 1) + end * psi(beta + last) - everyone - size * (psi(beta) - whole)
        return -value / size, -np.array([d_alpha * alpha, d_beta * beta]) / size

    return objective
