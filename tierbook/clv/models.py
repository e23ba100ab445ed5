"""The purchase models by name, and what is asked of all of them: expectations, probabilities, discounted value.

Every duration has the unit of T; only `clv` counts in months, of 365.25 / 12 days, and asks for the unit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tierbook.clv import bg_nbd, gamma_gamma, pareto_nbd
from tierbook.clv.bg_nbd import BgNbdParams, MbgNbdParams
from tierbook.clv.distinct import distinct_pairs
from tierbook.clv.fit import Fit
from tierbook.clv.gamma_gamma import GammaGammaParams
from tierbook.clv.histories import check_horizon, histories
from tierbook.clv.pareto_nbd import ParetoNbdParams
from tierbook.errors import DataError

Params = BgNbdParams | MbgNbdParams | ParetoNbdParams
Unit = Literal["day", "week", "month", "year"]

PARAMS: dict[str, type[Params]] = {
    "bg_nbd": BgNbdParams,
    "mbg_nbd": MbgNbdParams,
    "pareto_nbd": ParetoNbdParams,
}
UNITS_PER_YEAR: dict[str, float] = {"day": 365.25, "week": 365.25 / 7, "month": 12.0, "year": 1.0}
_DECIDING = 50_000  # customers who say which of two models is the likelier
_FITS: dict[str, Callable[..., Fit[Any]]] = {
    "bg_nbd": bg_nbd.fit_bg_nbd,
    "mbg_nbd": bg_nbd.fit_mbg_nbd,
    "pareto_nbd": pareto_nbd.fit_pareto_nbd,
}


def fit(frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, *, model: str = "bg_nbd") -> Fit[Any]:
    """A purchase model fitted by maximum likelihood; see `fit_bg_nbd`.

    Parameters
    ----------
    frequency, recency, T : array (n,)
        As in `fit_bg_nbd`. [count; one unit of time for both]
    model : {"bg_nbd", "mbg_nbd", "pareto_nbd"}
        Drop-out after a purchase; also after the first one; at any moment.

    Raises
    ------
    DataError
        An unknown model; what `fit_bg_nbd` raises.
    """
    return _FITS[known_model(model)](frequency, recency, T)


def likelier(frequency: ArrayLike, recency: ArrayLike, T: ArrayLike) -> tuple[str, Fit[Any]]:
    """Of BG/NBD and MBG/NBD the one that makes these purchases more likely, with its name.

    Both have four parameters, so nothing but the likelihood decides. BG/NBD calls everyone who bought once active, which
    a log with many of them refutes. From 100,000 customers on, every n-th of them decides, and only the model taken is
    fitted to all. Arrays (n,) as in `fit`.

    Raises
    ------
    DataError
        As `fit`.
    """
    every = np.size(frequency) // _DECIDING
    if every > 1:
        some = [np.asarray(column, dtype=float)[::every] for column in (frequency, recency, T)]
        try:
            model, _ = _likelier(*some)
        except DataError:
            # Too few repeat buyers among them, or rows that all of them have to name.
            return _likelier(frequency, recency, T)
        return model, fit(frequency, recency, T, model=model)
    return _likelier(frequency, recency, T)


def _likelier(frequency: ArrayLike, recency: ArrayLike, T: ArrayLike) -> tuple[str, Fit[Any]]:
    fits = {model: fit(frequency, recency, T, model=model) for model in ("bg_nbd", "mbg_nbd")}
    # A search that did not converge says nothing about its model.
    return max(fits.items(), key=lambda one: (one[1].converged, one[1].log_likelihood))


def known_model(model: str) -> str:
    """The name of a model.

    Raises
    ------
    DataError
        There is none; says which there are.
    """
    if model not in PARAMS:
        raise DataError(
            "There is no purchase model called {name}.",
            fix="The models are {known}.",
            name=model,
            known=", ".join(PARAMS),
        )
    return model


def p_alive(frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, *, params: Params) -> NDArray[np.float64]:
    """Probability that each customer has not dropped out. [0-1; NaN = unknown]"""
    if isinstance(params, ParetoNbdParams):
        return pareto_nbd.p_alive(frequency, recency, T, params=params)
    return bg_nbd.p_alive(frequency, recency, T, params=params)


def p_silent(
    frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, *, horizon: float, params: Params
) -> NDArray[np.float64]:
    """Probability that each customer buys nothing in the next `horizon`, dropped out or not. [0-1]

    Unlike P(alive) it separates one-time buyers, and it speaks of something that will be seen.

    Parameters
    ----------
    horizon : float
        Time ahead. [unit of T]
    """
    check_horizon(horizon)
    if isinstance(params, ParetoNbdParams):
        return pareto_nbd.p_silent(frequency, recency, T, horizon=horizon, params=params)
    return bg_nbd.p_silent(frequency, recency, T, horizon=horizon, params=params)


def expected_purchases(
    frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, *, horizon: float, params: Params
) -> NDArray[np.float64]:
    """Purchases to expect of each customer in the next `horizon`.

    Parameters
    ----------
    frequency : array (n,)
        Repeat purchases x. [count; NaN = unknown]
    recency, T : array (n,)
        Age at the last purchase and age now, from the first purchase. [time unit of the fit]
    horizon : float
        Time ahead. [the same unit]
    params : BgNbdParams, MbgNbdParams or ParetoNbdParams
        Of a fit, or published ones.

    Raises
    ------
    DataError
        Histories that cannot be; a negative horizon.
    """
    check_horizon(horizon)
    x, t_x, age = histories(frequency, recency, T)
    once = distinct_pairs(x, age)
    ahead = _if_alive(once.first, once.second, horizon, params)
    return ahead[once.place] * p_alive(x, t_x, age, params=params)


def expected_of_new(horizon: ArrayLike, *, params: Params) -> NDArray[np.float64]:
    """E[X(t)]: repeat purchases to expect of a new customer within each `horizon` of the first one. [unit of the fit]"""
    ahead = np.atleast_1d(check_horizon(horizon))
    zero = np.zeros(ahead.shape)
    return _if_alive(zero, zero, ahead, params) * p_alive(0, 0, 0, params=params)


def clv(
    frequency: ArrayLike,
    recency: ArrayLike,
    T: ArrayLike,
    monetary_value: ArrayLike,
    *,
    params: Params,
    spend: GammaGammaParams,
    months: int = 12,
    annual_discount: float = 0.1,
    margin: float = 1.0,
    unit: Unit = "day",
) -> NDArray[np.float64]:
    """Discounted margin to expect of each customer in the next months.

    The sum over months j of purchases expected in month j × expected spend × margin / (1 + annual_discount)^(j / 12):
    what is earned in a month counts at its end.

    Parameters
    ----------
    frequency, recency, T : array (n,)
        As in `expected_purchases`.
    monetary_value : array (n,)
        Mean amount of repeat purchases. [money; may be NaN at frequency 0]
    months : int
        How far to look. [months of 365.25 / 12 days]
    annual_discount : float
        What money costs in a year. [share, above -1]
    margin : float
        Share of revenue left after costs. [1 gives revenue]
    unit : {"day", "week", "month", "year"}
        What recency and T are counted in.

    Returns
    -------
    float array (n,)
        [money] NaN where a figure is missing, and for one-time buyers when mean spend over all does not exist.

    Raises
    ------
    DataError
        Months, a discount or a unit that cannot be; what `histories` and `expected_spend` raise.
    """
    if unit not in UNITS_PER_YEAR:
        raise DataError(
            "There is no unit of time called {name}.",
            fix="The units are {known}.",
            name=unit,
            known=", ".join(UNITS_PER_YEAR),
        )
    if months != int(months) or months < 1:
        raise DataError("Months are a whole number from 1, not {value}.", value=f"{months:g}")
    if annual_discount <= -1:
        raise DataError(
            "Discount rate {value} is not above -1.", fix="Write 10% as 0.1.", value=f"{annual_discount:g}"
        )
    x, t_x, age = histories(frequency, recency, T)
    once = distinct_pairs(x, age)
    total, before = np.zeros(once.first.size), np.zeros(once.first.size)
    for month in range(1, int(months) + 1):
        until = _if_alive(once.first, once.second, month * UNITS_PER_YEAR[unit] / 12, params)
        total += (until - before) / (1 + annual_discount) ** (month / 12)
        before = until
    purchases = total[once.place] * p_alive(x, t_x, age, params=params)
    return purchases * gamma_gamma.expected_spend(x, monetary_value, params=spend) * margin


def _if_alive(
    x: NDArray[np.float64], T: NDArray[np.float64], horizon: ArrayLike, params: Params
) -> NDArray[np.float64]:
    if isinstance(params, ParetoNbdParams):
        return pareto_nbd.purchases_if_alive(x, T, horizon=horizon, params=params)
    return bg_nbd.purchases_if_alive(x, T, horizon=horizon, params=params)
