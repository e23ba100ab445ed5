"""BG/NBD and MBG/NBD: purchases at random until the customer silently drops out after one of them.

Sources: P. S. Fader, B. G. S. Hardie, K. L. Lee, "Counting Your Customers" the Easy Way, Marketing Science 24 (2005),
eq. 6 (likelihood), 7 (P(alive)), 10 (conditional expectation). MBG/NBD: E. P. Batislam, M. Denizel, A. Filiztekin,
International Journal of Research in Marketing 24 (2007); there a customer may also drop out right after the first
purchase, so one-time buyers are not all alive. x = frequency, t_x = recency, T = age; k = chances to drop out, x in
BG/NBD and x + 1 in MBG/NBD.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tierbook.clv.distinct import Distinct, distinct
from tierbook.clv.fit import Fit, Objective, Optimum, minimise, result
from tierbook.clv.histories import Histories, histories, to_fit

# Dot products of this length stay in one thread and in the cache: two BLAS threads cost three times the CPU time.
_CHUNK = 8192
_SAMPLE = 20_000
_NEAR_ONE = 1e-5
_MOST_TERMS = 500


class BgNbdParams(NamedTuple):
    """Purchase rates are Gamma(r, alpha) [1/time unit], chances to drop out Beta(a, b)."""

    r: float
    alpha: float
    a: float
    b: float


class MbgNbdParams(NamedTuple):
    """As `BgNbdParams`, with one more chance to drop out: right after the first purchase."""

    r: float
    alpha: float
    a: float
    b: float


def fit_bg_nbd(frequency: ArrayLike, recency: ArrayLike, T: ArrayLike) -> Fit[BgNbdParams]:
    """The BG/NBD model that makes the purchases of these customers most likely.

    Parameters
    ----------
    frequency : array (n,)
        Repeat purchases x. [count; NaN = unknown, left out]
    recency, T : array (n,)
        Age at the last purchase and age now, from the first purchase. [any one time unit; alpha gets the same]

    Raises
    ------
    DataError
        Histories that cannot be, no or too few repeat buyers.
    """
    given, said = to_fit(frequency, recency, T)
    optimum = _optimum(given, modified=False)
    return result(optimum, BgNbdParams, shapes=("r", "a", "b"), warnings=said, **_counts(given, optimum))


def fit_mbg_nbd(frequency: ArrayLike, recency: ArrayLike, T: ArrayLike) -> Fit[MbgNbdParams]:
    """The MBG/NBD model that makes the purchases of these customers most likely: who bought once may have dropped out.

    Arguments and errors are those of `fit_bg_nbd`.
    """
    given, said = to_fit(frequency, recency, T)
    optimum = _optimum(given, modified=True)
    return result(optimum, MbgNbdParams, shapes=("r", "a", "b"), warnings=said, **_counts(given, optimum))


def log_likelihood(
    frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, *, params: BgNbdParams | MbgNbdParams
) -> NDArray[np.float64]:
    """Log-likelihood of each customer's history: array (n,), NaN where one of its figures is missing.

    Parameters
    ----------
    frequency, recency, T : array (n,)
        As in `fit_bg_nbd`. [count; unit of time of `params`]
    """
    from scipy.special import gammaln

    x, t_x, age = histories(frequency, recency, T)
    r, alpha, a, b = params
    k = x + _more_chances(params)
    alive = -(r + x) * np.log(alpha + age)
    gone = -(r + x) * np.log(alpha + t_x) + np.log(a / np.where(k > 0, b + k - 1, 1.0))
    chances = gammaln(a + b) - gammaln(a + b + k) + gammaln(b + k) - gammaln(b)
    purchases = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    return purchases + chances + np.where(k > 0, np.logaddexp(alive, gone), alive)


def p_alive(
    frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, *, params: BgNbdParams | MbgNbdParams
) -> NDArray[np.float64]:
    """Probability that each customer has not dropped out; in BG/NBD it is 1 for everyone who bought once.

    Parameters
    ----------
    frequency, recency, T : array (n,)
        As in `fit_bg_nbd`. [count; unit of time of `params`]

    Returns
    -------
    array (n,)
        0 to 1; NaN where one of the figures is missing. In logs, because (alpha + T) / (alpha + t_x) to the power r + x
        overflows for frequent buyers.
    """
    from scipy.special import expit

    x, t_x, age = histories(frequency, recency, T)
    r, alpha, a, b = params
    chances = x + _more_chances(params)
    with np.errstate(divide="ignore", invalid="ignore"):
        odds = (r + x) * np.log1p((age - t_x) / (alpha + t_x)) + np.log(a / (b + chances - 1))
    return np.where(chances == 0, 1.0, expit(-odds))


def p_silent(
    frequency: ArrayLike,
    recency: ArrayLike,
    T: ArrayLike,
    *,
    horizon: float,
    params: BgNbdParams | MbgNbdParams,
) -> NDArray[np.float64]:
    """Probability that each customer buys nothing in the next `horizon` [time unit of T], alive or not."""
    alive = p_alive(frequency, recency, T, params=params)
    x, _, age = histories(frequency, recency, T)
    none = np.exp(-(params.r + x) * np.log1p(horizon / (params.alpha + age)))
    return (1 - alive) + alive * none


def purchases_if_alive(
    x: NDArray[np.float64], T: NDArray[np.float64], *, horizon: ArrayLike, params: BgNbdParams | MbgNbdParams
) -> NDArray[np.float64]:
    """Expected purchases in the next `horizon` of customers known to be alive at T.

    The published form is (a + b + k - 1) / (a - 1) · [1 - w^(r + x) · 2F1(r + x, b + k; a + b + k - 1; z)] with
    z = horizon / (alpha + T + horizon), w = 1 - z. Euler's transformation turns the second factor into
    w^(a - 1) · 2F1(a - 1, a + b - 1 - r + k - x; a + b + k - 1; z), which stays finite however large x is.
    """
    r, alpha, a, b = params
    if abs(a - 1) < _NEAR_ONE:
        # At a = 1 the form is 0 / 0; the expectation is smooth there, so the mean of two neighbours will do.
        sides = [
            purchases_if_alive(x, T, horizon=horizon, params=params._replace(a=1 + side * 2 * _NEAR_ONE))
            for side in (-1, 1)
        ]
        return (sides[0] + sides[1]) / 2
    if abs(a + b - 1) < 1e-9:
        b += 1e-8  # the third argument of 2F1 may not be 0
    more = _more_chances(params)
    ahead = np.asarray(horizon, dtype=float)
    z = ahead / (alpha + T + ahead)
    c = a + b + x + more - 1
    with np.errstate(over="ignore", invalid="ignore"):
        stay = np.exp((a - 1) * np.log1p(-z)) * _hyp2f1(a - 1, a + b - 1 - r + more, c, z)
    return np.maximum(c / (a - 1) * (1 - stay), 0.0)


def _hyp2f1(first: float, second: float, third: NDArray, z: NDArray) -> NDArray[np.float64]:
    """2F1, also where scipy gives no number: parameters in the millions, or z near 1 and a large whole difference."""
    from scipy.special import hyp2f1

    value = hyp2f1(first, second, third, z)
    lost = ~np.isfinite(value)
    if lost.any():
        third, z = (array[lost] for array in np.broadcast_arrays(third, z))
        beside = (hyp2f1(first, second - 1e-8, third, z) + hyp2f1(first, second + 1e-8, third, z)) / 2
        value[lost] = np.where(np.isfinite(beside), beside, _series(first, second, third, z))
    return value


def _series(first: float, second: float, third: NDArray, z: NDArray) -> NDArray[np.float64]:
    """2F1 by its definition, for the huge parameters of customers who are all alike; there z is tiny. NaN where it does not settle."""
    term, total, largest = np.ones(z.shape), np.ones(z.shape), np.ones(z.shape)
    for n in range(_MOST_TERMS):
        term = term * ((first + n) * (second + n) / (third + n) / (n + 1) * z)
        total += term
        largest = np.maximum(largest, np.abs(term))
        if (np.abs(term) <= 1e-17 * np.abs(total)).all():
            break
    settled = (np.abs(term) <= 1e-12 * np.abs(total)) & (largest < 1e4 * np.abs(total))
    return np.where(settled, total, np.nan)


def _more_chances(params: BgNbdParams | MbgNbdParams) -> int:
    return int(isinstance(params, MbgNbdParams))


def _counts(given: Histories, optimum: Optimum) -> dict:
    size = given.x.size
    return {
        "log_likelihood": float(-optimum.value * size),
        "customers": size,
        "repeaters": int(np.count_nonzero(given.x)),
    }


def _optimum(given: Histories, *, modified: bool) -> Optimum:
    """The search; over a sample of every n-th customer first where there are many, because that is nearly the end."""
    start = np.log([1.0, float(given.T.mean()) / 8 or 1.0, 1.0, 3.0])
    every = given.x.size // _SAMPLE
    hessian = None
    if every > 1:
        sample = Histories(*(column[::every] for column in given))
        rough = minimise(_objective(sample, modified=modified), start)
        start, hessian = rough.theta, rough.hessian
    return minimise(_objective(given, modified=modified), start, hessian=hessian)


class _Branch(NamedTuple):
    """Customers who may have dropped out at t_x: x, and the places of x, t_x and T in the tables."""

    x: NDArray[np.float64]
    at_x: NDArray[np.int32]
    at_t_x: NDArray[np.int32]
    at_T: NDArray[np.int32]
    weight: NDArray[np.float64]


def _objective(given: Histories, *, modified: bool) -> Objective:
    """Minus the mean log-likelihood and its gradient in log r, log alpha, log a, log b.

    Gamma functions once per distinct x, log(alpha + day) once per distinct day, one-time buyers once per distinct T.
    """
    from scipy.special import gammaln, psi

    size, more = given.x.size, int(modified)
    counts = distinct(given.x)
    x, n_x = counts.values, np.bincount(counts.place, minlength=counts.values.size).astype(float)
    occurs = n_x > 0
    days, branch, once = _tables(given, counts, modified=modified)
    safe_b = np.where(x + more > 0, x + more - 1, 0.0)  # the branch never looks up k = 0

    def objective(theta: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        r, alpha, a, b = np.exp(theta)
        log_day, per_day = np.log(alpha + days), 1 / (alpha + days)
        kept, n = x[occurs], n_x[occurs]
        k = kept + more
        both, only_b = psi(a + b) - psi(a + b + k), psi(b + k) - psi(b)
        value = n @ (
            gammaln(r + kept) - gammaln(r) + gammaln(a + b) - gammaln(a + b + k) + gammaln(b + k) - gammaln(b)
        )
        value += size * r * np.log(alpha) - r * (once @ log_day)
        d_r = n @ (psi(r + kept) - psi(r)) + size * np.log(alpha) - once @ log_day
        d_alpha = size * r / alpha - r * (once @ per_day)
        d_a, d_b = n @ both, n @ (both + only_b)
        log_odds, per_b = np.log(a) - np.log(b + safe_b), 1 / (b + safe_b)
        for first in range(0, branch.x.size, _CHUNK):
            part = slice(first, first + _CHUNK)
            at_x, at_t_x, at_T = branch.at_x[part], branch.at_t_x[part], branch.at_T[part]
            weight, rate = branch.weight[part], r + branch.x[part]
            log_T, log_t_x = log_day[at_T], log_day[at_t_x]
            odds = rate * (log_T - log_t_x) + log_odds[at_x]  # of having dropped out at t_x
            small = np.exp(-np.abs(odds))
            value += weight @ (np.maximum(odds, 0) + np.log1p(small) - rate * log_T)
            dropped = np.where(odds > 0, 1.0, small) / (1 + small)
            alive = weight * (1 - dropped)
            dropped *= weight
            d_r -= alive @ log_T + dropped @ log_t_x
            d_alpha -= rate @ (alive * per_day[at_T] + dropped * per_day[at_t_x])
            d_a += dropped.sum() / a
            d_b -= dropped @ per_b[at_x]
        return -value / size, -np.array([d_r * r, d_alpha * alpha, d_a * a, d_b * b]) / size

    return objective


def _tables(
    given: Histories, counts: Distinct, *, modified: bool
) -> tuple[NDArray[np.float64], _Branch, NDArray[np.float64]]:
    """Distinct times, the customers who may have dropped out, and how many who cannot have by distinct T."""
    times = distinct(np.concatenate([given.t_x, given.T]))
    at_t_x, at_T = times.place[: given.x.size], times.place[given.x.size :]
    again = given.x > 0
    histogram = np.bincount(at_T[~again], minlength=times.values.size)
    branch = _Branch(
        given.x[again], counts.place[again], at_t_x[again], at_T[again], np.ones(int(again.sum()))
    )
    if not modified or not histogram.any():
        return times.values, branch, histogram.astype(float)
    # One-time buyers share x = 0 and t_x = 0, so one row for each T carries all of them.
    at = np.flatnonzero(histogram).astype(np.int32)
    zero = at_t_x[~again][:1].repeat(at.size)
    none = counts.place[~again][:1].repeat(at.size)
    joined = _Branch(
        np.concatenate([branch.x, np.zeros(at.size)]),
        np.concatenate([branch.at_x, none]),
        np.concatenate([branch.at_t_x, zero]),
        np.concatenate([branch.at_T, at]),
        np.concatenate([branch.weight, histogram[at]]),
    )
    return times.values, joined, np.zeros(times.values.size)
