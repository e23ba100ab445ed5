"""What to expect of every customer of a run: the purchase model fitted, and its figures for each of them.

`outlook` fits and predicts; `Outlook` is what pages, sheets and commands are drawn from. Times are days.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tierbook.clv import gamma_gamma, models
from tierbook.clv.fit import Fit
from tierbook.clv.gamma_gamma import GammaGammaParams
from tierbook.errors import DataError
from tierbook.quality import Problem

MONTHS, ANNUAL_DISCOUNT = 12, 0.1
YEAR = 365.25  # twelve months of 365.25 / 12 days
SILENT_DAYS = (30, 60, 90, 180, 365)


@dataclass(frozen=True)
class Outlook:
    """The models of one run and what they expect of its customers.

    Parameters
    ----------
    model : str
        `bg_nbd`, `mbg_nbd` or `pareto_nbd`.
    fit, spend : Fit
        Purchases and drop-out; amounts. `spend` is None where it could not be fitted, and `unpriced` says why.
    margin : float
        Share of revenue that counts as value. [1 = revenue]
    p_alive, expected, value : array (n,)
        In the order of the customers: probability of being active, purchases in twelve months, their discounted
        margin. [0-1; count; money; NaN for who never bought, and for every value without a spend model]
    silent : mapping of int to array (n,)
        Days ahead -> probability of no purchase within them. [0-1]
    warnings : tuple of Problem
        What a reader should know before trusting it, of both fits.
    """

    model: str
    fit: Fit[Any]
    spend: Fit[GammaGammaParams] | None
    margin: float
    months: int
    annual_discount: float
    p_alive: NDArray[np.float64] = field(repr=False)
    expected: NDArray[np.float64] = field(repr=False)
    value: NDArray[np.float64] = field(repr=False)
    silent: Mapping[int, NDArray[np.float64]] = field(repr=False)
    unpriced: Problem | None = None

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What there is to say about the fits, each once, and why there is no amount where there is none."""
        said = list(self.fit.warnings)
        said += [one for one in (self.spend.warnings if self.spend else ()) if one not in said]
        return (*said, *((self.unpriced,) if self.unpriced else ()))


class Models(NamedTuple):
    """The models fitted to customers; `spend` is None where amounts could not be fitted, and `unpriced` says why."""

    model: str
    fit: Fit[Any]
    spend: Fit[GammaGammaParams] | None
    unpriced: Problem | None = None


def outlook(
    frequency: ArrayLike,
    recency: ArrayLike,
    T: ArrayLike,
    monetary_value: ArrayLike,
    *,
    model: str | None = None,
    months: int = MONTHS,
    annual_discount: float = ANNUAL_DISCOUNT,
    margin: float = 1.0,
) -> Outlook:
    """The models fitted to these customers, and what is to come of each.

    Parameters
    ----------
    frequency, recency, T, monetary_value : array (n,)
        The features of that name; NaN for customers who never bought. [count, days, days, money]
    model : str, optional
        As in `models.fit`; if left out, the likelier of BG/NBD and MBG/NBD.
    months, annual_discount, margin
        As in `models.clv`.

    Raises
    ------
    DataError
        What the fit of the purchases raises; a spend model that cannot be fitted is `unpriced`.
    """
    histories = (frequency, recency, T, monetary_value)
    fitted = fit_models(*histories, model=model)
    return foreseen(fitted, *histories, months=months, annual_discount=annual_discount, margin=margin)


def fit_models(
    frequency: ArrayLike,
    recency: ArrayLike,
    T: ArrayLike,
    monetary_value: ArrayLike,
    *,
    model: str | None = None,
) -> Models:
    """The models of purchases and of amounts fitted to these customers; arguments and errors are those of `outlook`."""
    columns = [np.asarray(one, dtype=float) for one in (frequency, recency, T)]
    known = ~np.isnan(columns[0])
    bought = [one[known] for one in columns]
    if model is None:
        model, fit = models.likelier(*bought)
    else:
        fit = models.fit(*bought, model=model)
    try:
        spend = gamma_gamma.fit_gamma_gamma(bought[0], np.asarray(monetary_value, dtype=float)[known])
    except DataError as error:
        return Models(model, fit, None, refusal(error))
    return Models(model, fit, spend)


def foreseen(
    fitted: Models,
    frequency: ArrayLike,
    recency: ArrayLike,
    T: ArrayLike,
    monetary_value: ArrayLike,
    *,
    months: int = MONTHS,
    annual_discount: float = ANNUAL_DISCOUNT,
    margin: float = 1.0,
) -> Outlook:
    """What fitted models expect of customers, whether or not they were fitted to them; arguments are those of `outlook`."""
    columns = [np.asarray(one, dtype=float) for one in (frequency, recency, T)]
    known = ~np.isnan(columns[0])
    bought = [one[known] for one in columns]
    amounts = np.asarray(monetary_value, dtype=float)[known]
    fit, spend, value = fitted.fit, fitted.spend, np.full(amounts.size, np.nan)
    if spend:
        x, t_x, age = bought
        value = models.clv(
            x, t_x, age, amounts, params=fit.params, spend=spend.params,
            months=months, annual_discount=annual_discount, margin=margin,
        )  # fmt: skip
    ahead = months * YEAR / 12

    def of_all(of_buyers: NDArray[np.float64]) -> NDArray[np.float64]:
        everyone = np.full(known.size, np.nan)
        everyone[known] = of_buyers
        return everyone

    return Outlook(
        fitted.model,
        fit,
        spend,
        margin,
        months,
        annual_discount,
        of_all(models.p_alive(*bought, params=fit.params)),
        of_all(models.expected_purchases(*bought, horizon=ahead, params=fit.params)),
        of_all(value),
        {days: of_all(models.p_silent(*bought, horizon=days, params=fit.params)) for days in SILENT_DAYS},
        fitted.unpriced,
    )


def likely_alive(frequency: ArrayLike, recency: ArrayLike, T: ArrayLike) -> NDArray[np.float64] | Problem:
    """P(alive) of each customer by the likelier of BG/NBD and MBG/NBD; where no model can be fitted, why.

    Arrays (n,) as in `outlook`; a customer with no frequency never bought and gets NaN. [count, days, days; 0 to 1]
    """
    columns = [np.asarray(one, dtype=float) for one in (frequency, recency, T)]
    bought = [one[~np.isnan(columns[0])] for one in columns]
    try:
        _, fit = models.likelier(*bought)
    except DataError as error:
        return refusal(error)
    return models.p_alive(*columns, params=fit.params)


def refusal(error: DataError) -> Problem:
    """What a model refuses, as a page or a sheet says it."""
    return Problem("warning", error.message, error.fix, error.values)
