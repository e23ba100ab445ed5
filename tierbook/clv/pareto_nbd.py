"""Pareto/NBD: purchases at random until the customer silently drops out at any moment.

Sources: D. C. Schmittlein, D. G. Morrison, R. Colombo, Counting Your Customers, Management Science 33 (1987);
P. S. Fader, B. G. S. Hardie, A Note on Deriving the Pareto/NBD Model (2005). x = frequency, t_x = recency, T = age.

The likelihood has the integral J of (alpha + u)^-(r + x) · (beta + u)^-(s + 1) over u from t_x to T, usually
written as the difference of two hypergeometric functions, which cancel and overflow for frequent buyers. Here it is
summed by Gauss and Legendre in v = ln((m + u) / (m + t_x)), m = min(alpha, beta), relative to the integrand at t_x.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tierbook.clv.distinct import distinct, distinct_pairs
from tierbook.clv.fit import Fit, Objective, minimise, result
from tierbook.clv.histories import Histories, histories, to_fit

_NODES = 32
_CHUNK = 2048
_SAMPLE = 5_000
_NEGLIGIBLE = 50.0  # e^-50 of the integrand at t_x


class ParetoNbdParams(NamedTuple):
    """Purchase rates are Gamma(r, alpha), drop-out rates Gamma(s, beta) [1/time unit]."""

    r: float
    alpha: float
    s: float
    beta: float


def fit_pareto_nbd(frequency: ArrayLike, recency: ArrayLike, T: ArrayLike) -> Fit[ParetoNbdParams]:
    """The Pareto/NBD model that makes the purchases of these customers most likely.

    Parameters
    ----------
    frequency : array (n,)
        Repeat purchases x. [count; NaN = unknown, left out]
    recency, T : array (n,)
        Age at the last purchase and age now, from the first purchase. [any one time unit; alpha, beta get the same]

    Raises
    ------
    DataError
        Histories that cannot be, no or too few repeat buyers.
    """
    given, said = to_fit(frequency, recency, T)
    size = given.x.size
    scale = float(given.T.mean()) / 4 or 1.0
    start, hessian = np.log([1.0, scale, 1.0, scale]), None
    every = size // _SAMPLE
    if every > 1:
        sample = Histories(*(column[::every] for column in given))
        rough = minimise(_objective(sample), start)
        start, hessian = rough.theta, rough.hessian
    optimum = minimise(_objective(given), start, hessian=hessian)
    return result(
        optimum,
        ParetoNbdParams,
        log_likelihood=float(-optimum.value * size),
        customers=size,
        repeaters=int(np.count_nonzero(given.x)),
        shapes=("r", "s"),
        warnings=said,
    )


def log_likelihood(
    frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, *, params: ParetoNbdParams
) -> NDArray[np.float64]:
    """Log-likelihood of each customer's history: array (n,), NaN where one of its figures is missing.

    Parameters
    ----------
    frequency, recency, T : array (n,)
        As in `bg_nbd.fit_bg_nbd`. [count; unit of time of `params`]
    """
    from scipy.special import gammaln

    x, t_x, age = histories(frequency, recency, T)
    r, alpha, s, beta = params
    alive, gone = _branches(x, t_x, age, params)
    constant = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta)
    return constant + np.logaddexp(alive, gone)


def p_alive(
    frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, *, params: ParetoNbdParams
) -> NDArray[np.float64]:
    """Probability that each customer has not dropped out: array (n,), 0 to 1; NaN where one of its figures is missing.

    Parameters
    ----------
    frequency, recency, T : array (n,)
        As in `bg_nbd.fit_bg_nbd`. [count; unit of time of `params`]
    """
    from scipy.special import expit

    alive, gone = _branches(*histories(frequency, recency, T), params)
    return expit(alive - gone)


def p_silent(
    frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, *, horizon: float, params: ParetoNbdParams
) -> NDArray[np.float64]:
    """Probability that each customer buys nothing in the next `horizon` [time unit of T], alive or not.

    The likelihood of the same purchases seen `horizon` later, over that of the purchases seen now.
    """
    x, t_x, age = histories(frequency, recency, T)
    later = log_likelihood(x, t_x, age + horizon, params=params)
    return np.exp(np.minimum(later - log_likelihood(x, t_x, age, params=params), 0.0))


def purchases_if_alive(
    x: NDArray[np.float64], T: NDArray[np.float64], *, horizon: ArrayLike, params: ParetoNbdParams
) -> NDArray[np.float64]:
    """Expected purchases in the next `horizon` of customers known to be alive at T (Fader & Hardie 2005, eq. 22).

    (r + x) (beta + T) / ((alpha + T) (s - 1)) · [1 - ((beta + T) / (beta + T + horizon))^(s - 1)], whose limit at
    s = 1 is the logarithm.
    """
    from scipy.special import exprel

    r, alpha, s, beta = params
    longer = np.log1p(np.asarray(horizon, dtype=float) / (beta + T))
    return (r + x) * (beta + T) / (alpha + T) * longer * exprel((1 - s) * longer)


def _branches(
    x: NDArray, t_x: NDArray, T: NDArray, params: ParetoNbdParams
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Logarithms of the two parts of the likelihood: still alive at T, dropped out between t_x and T."""
    r, alpha, s, beta = params
    alive = -(r + x) * np.log(alpha + T) - s * np.log(beta + T)
    gone = np.full(x.shape, np.nan)
    for first in range(0, x.size, _CHUNK):
        part = slice(first, first + _CHUNK)
        gone[part] = np.log(s) + _Integral(x[part], t_x[part], T[part], params).log
    return alive, gone


class _Integral:
    """ln J of each customer, and means of functions of u under its integrand, which is what its derivatives are."""

    def __init__(self, x: NDArray, t_x: NDArray, T: NDArray, params: ParetoNbdParams) -> None:
        r, alpha, s, beta = params
        smaller = min(alpha, beta)
        share, weights = _nodes()
        with np.errstate(divide="ignore", invalid="ignore"):
            top = np.log((smaller + T) / (smaller + t_x))
            top = _cut(top, x, t_x, params)
            stretched = (smaller + t_x)[:, None] * np.exp(top[:, None] * share)
            u = stretched - smaller
            self.log_alpha, self.log_beta = np.log(alpha + u), np.log(beta + u)
            at_t_x = -(r + x) * np.log(alpha + t_x) - (s + 1) * np.log(beta + t_x)
            exponent = -(r + x)[:, None] * self.log_alpha - (s + 1) * self.log_beta
            density = np.exp(exponent - at_t_x[:, None]) * stretched * weights
            total = density.sum(axis=1)
            self.log = at_t_x + np.log(top) + np.log(total)
            self._density = density / total[:, None]
        self.per_alpha, self.per_beta = 1 / (alpha + u), 1 / (beta + u)

    def mean(self, function: NDArray) -> NDArray[np.float64]:
        """Mean of a function of u, given at the nodes."""
        return np.einsum("ij,ij->i", self._density, function)


def _nodes() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Gauss-Legendre nodes and weights on 0 to 1."""
    place, weight = np.polynomial.legendre.leggauss(_NODES)
    return (place + 1) / 2, weight / 2


def _cut(top: NDArray, x: NDArray, t_x: NDArray, params: ParetoNbdParams) -> NDArray[np.float64]:
    """The upper limit in v, at most where the integrand has become negligible.

    The decay of its logarithm is convex in v, so Newton's steps from above stay above.
    """
    r, alpha, s, beta = params
    smaller = min(alpha, beta)

    def decay(v: NDArray) -> tuple[NDArray, NDArray]:
        base = smaller + t_x
        grown, moved = base * np.exp(v), base * np.expm1(v)
        fall = (r + x) * np.log1p(moved / (alpha + t_x)) + (s + 1) * np.log1p(moved / (beta + t_x))
        speed = (r + x) * grown / (alpha + t_x + moved) + (s + 1) * grown / (beta + t_x + moved)
        return fall, speed

    for _ in range(6):
        fall, speed = decay(top)
        top = np.where(fall > _NEGLIGIBLE, top - (fall - _NEGLIGIBLE) / speed, top)
    return top


def _objective(given: Histories) -> Objective:
    """Minus the mean log-likelihood and its gradient in the logarithms; equal histories once."""
    from scipy.special import gammaln, psi

    pairs = distinct_pairs(given.t_x, given.T)
    triples = distinct_pairs(given.x, pairs.place.astype(float))
    weight = np.bincount(triples.place, minlength=triples.first.size).astype(float)
    pair = triples.second.astype(np.intp)
    x, t_x, T = triples.first, pairs.first[pair], pairs.second[pair]
    counts = distinct(x)
    n_x = np.bincount(counts.place, weights=weight, minlength=counts.values.size)
    frequency, n_x = counts.values[n_x > 0], n_x[n_x > 0]
    size = given.x.size

    def objective(theta: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        r, alpha, s, beta = values = np.exp(theta)
        params = ParetoNbdParams(*values.tolist())
        value = n_x @ (gammaln(r + frequency) - gammaln(r)) + size * (r * np.log(alpha) + s * np.log(beta))
        slope = np.array(
            [
                n_x @ (psi(r + frequency) - psi(r)) + size * np.log(alpha),
                size * r / alpha,
                size * np.log(beta),
                size * s / beta,
            ]
        )
        for first in range(0, x.size, _CHUNK):
            part = slice(first, first + _CHUNK)
            rate, age, n = r + x[part], T[part], weight[part]
            integral = _Integral(x[part], t_x[part], age, params)
            log_a, log_b = np.log(alpha + age), np.log(beta + age)
            alive, gone = -rate * log_a - s * log_b, np.log(s) + integral.log
            both = np.logaddexp(alive, gone)
            value += n @ both
            gone = np.exp(gone - both)
            alive, gone = n * (1 - gone), n * gone
            slope -= [
                alive @ log_a + gone @ integral.mean(integral.log_alpha),
                rate @ (alive / (alpha + age) + gone * integral.mean(integral.per_alpha)),
                alive @ log_b + gone @ (integral.mean(integral.log_beta) - 1 / s),
                s * (alive @ (1 / (beta + age))) + (s + 1) * (gone @ integral.mean(integral.per_beta)),
            ]
        return -value / size, -slope * values / size

    return objective
