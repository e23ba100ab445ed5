"""Gamma-Gamma: what a customer spends per purchase, drawn towards the mean of all when little is known.

Source: P. S. Fader, B. G. S. Hardie, The Gamma-Gamma Model of Monetary Value, note 025 (2013), eq. 1a and 5.
x = frequency, z = monetary_value. Purchases of one customer are Gamma(p, nu), nu is Gamma(q, gamma) over customers.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tierbook.clv.distinct import distinct
from tierbook.clv.fit import Fit, Objective, minimise, result
from tierbook.clv.histories import FEWEST_REPEATERS
from tierbook.errors import DataError
from tierbook.quality import Problem

HIGH_CORRELATION = 0.3
_CHUNK = 8192  # see bg_nbd
_SAMPLE = 20_000


class GammaGammaParams(NamedTuple):
    """`p` and `q` are shapes, `gamma` is a scale. [money]"""

    p: float
    q: float
    gamma: float


def fit_gamma_gamma(frequency: ArrayLike, monetary_value: ArrayLike) -> Fit[GammaGammaParams]:
    """The Gamma-Gamma model that makes the mean spends of repeat buyers most likely.

    Parameters
    ----------
    frequency : array (n,)
        Repeat purchases x. [count; customers with 0 or NaN are left out]
    monetary_value : array (n,)
        Mean amount of the repeat purchases. [money; a mean of 0 is left out and said]

    Returns
    -------
    Fit
        With a warning where spend goes with frequency: the model takes them as independent.

    Raises
    ------
    DataError
        A repeat buyer whose mean spend is missing or negative, no or too few repeat buyers.
    """
    x, z = _columns(frequency, monetary_value)
    _refuse(x, z)
    free = int(np.count_nonzero((x > 0) & (z == 0)))
    repeat = (x > 0) & (z > 0)
    x, z = x[repeat], z[repeat]
    if x.size < FEWEST_REPEATERS:
        raise DataError(
            "Only {count} customers bought again for money; a fit needs {enough}.",
            fix="Use a longer period or more customers.",
            count=x.size,
            enough=FEWEST_REPEATERS,
        )
    start, hessian = np.log([2.0, 3.0, float(z.mean())]), None
    every = x.size // _SAMPLE
    if every > 1:
        rough = minimise(_objective(x[::every], z[::every]), start)
        start, hessian = rough.theta, rough.hessian
    optimum = minimise(_objective(x, z), start, hessian=hessian)
    return result(
        optimum,
        GammaGammaParams,
        log_likelihood=float(-optimum.value * x.size),
        customers=x.size,
        repeaters=x.size,
        shapes=("p", "q"),
        warnings=_warnings(x, z, free, q=float(np.exp(optimum.theta[1]))),
    )


def expected_spend(
    frequency: ArrayLike, monetary_value: ArrayLike, *, params: GammaGammaParams
) -> NDArray[np.float64]:
    """Expected amount of one further purchase of each customer. [money]

    p (gamma + x z) / (p x + q - 1); one-time buyers get the mean of all, p gamma / (q - 1), which exists for q > 1.

    Parameters
    ----------
    frequency : array (n,)
        Repeat purchases x. [count]
    monetary_value : array (n,)
        Mean amount of the repeat purchases. [money; may be NaN at frequency 0]

    Raises
    ------
    DataError
        A repeat buyer whose mean spend is missing or negative.
    """
    x, z = _columns(frequency, monetary_value)
    _refuse(x, z)
    p, q, gamma = params
    below = p * x + q - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        spend = p * (gamma + np.where(x > 0, x * z, 0.0)) / below
    return np.where((below > 0) & ~np.isnan(x), spend, np.nan)


def correlation(frequency: ArrayLike, monetary_value: ArrayLike) -> float:
    """Pearson's correlation of frequency and mean spend among repeat buyers; NaN where one of them is constant.

    The model takes the two as independent, so this should be near 0.

    Parameters
    ----------
    frequency, monetary_value : array (n,)
        As in `fit_gamma_gamma`. [count; money a purchase]
    """
    x, z = _columns(frequency, monetary_value)
    repeat = (x > 0) & ~np.isnan(z)
    x, z = x[repeat] - x[repeat].mean(), z[repeat] - z[repeat].mean()
    spread = np.sqrt((x * x).sum() * (z * z).sum())
    return float((x * z).sum() / spread) if spread > 0 else float("nan")


def _columns(frequency: ArrayLike, monetary_value: ArrayLike) -> tuple[NDArray, NDArray]:
    x = np.atleast_1d(np.asarray(frequency, dtype=float))
    z = np.atleast_1d(np.asarray(monetary_value, dtype=float))
    if x.size != z.size:
        raise DataError(
            "Frequency has {count} rows and monetary value {others}.", count=x.size, others=z.size
        )
    return x, z


def _refuse(x: NDArray, z: NDArray) -> None:
    missing = np.flatnonzero((x > 0) & ~np.isfinite(z))
    if missing.size:
        raise DataError(
            "A customer with repeat purchases has no monetary value.",
            fix="It is the mean amount of the repeat purchases.",
            rows=missing.tolist(),
        )
    negative = np.flatnonzero((x > 0) & (z < 0))
    if negative.size:
        raise DataError(
            "Monetary value {value} is negative.",
            fix="Leave refunds out of the mean amount of repeat purchases.",
            rows=negative.tolist(),
            value=f"{z[negative[0]]:g}",
        )


def _warnings(x: NDArray, z: NDArray, free: int, *, q: float) -> tuple[Problem, ...]:
    said = []
    if free:
        said.append(
            Problem(
                "warning",
                "Repeat buyers who never paid anything are left out of the spend model: {count}.",
                values={"count": free},
                count=free,
            )
        )
    together = correlation(x, z)
    if abs(together) > HIGH_CORRELATION:
        said.append(
            Problem(
                "warning",
                "Frequency and spend go together (correlation {value}), but the spend model takes them as independent.",
                "Fit groups of similar customers apart.",
                {"value": f"{together:.2f}"},
            )
        )
    if q <= 1:
        said.append(
            Problem(
                "warning",
                "Mean spend over all customers does not exist (q = {q}); one-time buyers get no value.",
                "Look for a few extreme amounts.",
                {"q": f"{q:.3g}"},
            )
        )
    return tuple(said)


def _objective(x: NDArray[np.float64], z: NDArray[np.float64]) -> Objective:
    """Minus the mean log-likelihood and its gradient in log p, log q, log gamma; gamma functions per distinct x."""
    from scipy.special import gammaln, psi

    size = x.size
    counts = distinct(x)
    n_x = np.bincount(counts.place, minlength=counts.values.size).astype(float)
    each, n_x = counts.values[n_x > 0], n_x[n_x > 0]
    log_z = np.log(z)
    known = float((x * log_z).sum()) + float(n_x @ (each * np.log(each)))
    constant = -float(log_z.sum())
    total = x * z

    def objective(theta: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        p, q, gamma = np.exp(theta)
        shape = p * each
        value = n_x @ (gammaln(shape + q) - gammaln(shape)) - size * gammaln(q) + size * q * np.log(gamma)
        value += constant + p * known
        d_p = n_x @ (each * (psi(shape + q) - psi(shape))) + known
        d_q = n_x @ psi(shape + q) - size * psi(q) + size * np.log(gamma)
        d_gamma = size * q / gamma
        for first in range(0, size, _CHUNK):
            part = slice(first, first + _CHUNK)
            sum_ = gamma + total[part]
            log_sum = np.log(sum_)
            by_x, alone = x[part] @ log_sum, log_sum.sum()
            value -= p * by_x + q * alone
            d_p -= by_x
            d_q -= alone
            d_gamma -= ((p * x[part] + q) / sum_).sum()
        return -value / size, -np.array([d_p * p, d_q * q, d_gamma * gamma]) / size

    return objective
