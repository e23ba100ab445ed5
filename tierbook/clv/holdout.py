"""Does a model see the future? It is fitted to the purchases up to one day and compared with those after it.

Source of the two views, by repeat purchases and along time: Fader, Hardie & Lee (2005), figures 2 to 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tierbook.clv import models
from tierbook.clv.fit import Fit
from tierbook.clv.summary import purchase_summary
from tierbook.errors import DataError
from tierbook.quality import Problem

MOST_REPEATS = 7  # customers with so many repeat purchases or more are one group
GOOD, USABLE = 0.1, 0.25  # error of the total, as a share of what came
FEW_PURCHASES = 100
LONGEST = 365  # of a hold-out period nobody asked for; values are those of a year [days]


class ByFrequency(NamedTuple):
    """Customers grouped by repeat purchases in the calibration period; the last group is that many or more.

    `actual` and `expected` are mean purchases per customer in the hold-out period.
    """

    frequency: NDArray[np.int64]
    customers: NDArray[np.int64]
    actual: NDArray[np.float64]
    expected: NDArray[np.float64]


class Curve(NamedTuple):
    """Repeat purchases of all customers together from the first day on, day by day, cumulated. [count]"""

    day: NDArray[np.datetime64]
    actual: NDArray[np.float64]
    expected: NDArray[np.float64]


class Errors(NamedTuple):
    """How far expectations were off in the hold-out period.

    `total` is (expected - actual) / actual of all purchases; `mean_absolute` and `root_mean_square` are per customer
    [purchases], and the same for the naive forecast that each customer goes on at the past rate frequency / T;
    `curve` is the mean absolute error of the cumulated purchases, as a share of them.
    """

    total: float
    mean_absolute: float
    root_mean_square: float
    naive_mean_absolute: float
    naive_root_mean_square: float
    curve: float


@dataclass(frozen=True)
class HoldOut:
    """One comparison: a model fitted up to `calibration_end`, and what came from then up to `end`.

    `expected` and `actual` are purchases per customer number, NaN for those not yet customers.
    `verdict` says in words whether the model may be trusted; a warning says it may not.
    """

    fit: Fit[Any]
    model: str
    calibration_end: date
    end: date
    expected: NDArray[np.float64]
    actual: NDArray[np.float64]
    by_frequency: ByFrequency
    curve: Curve
    errors: Errors
    verdict: Problem


def hold_out(
    customer: ArrayLike,
    day: ArrayLike,
    amount: ArrayLike | None = None,
    *,
    calibration_end: date,
    end: date,
    model: str = "bg_nbd",
) -> HoldOut:
    """Fit to the purchases up to `calibration_end`, and compare with those after it up to `end`.

    Parameters
    ----------
    customer, day, amount : array (n,)
        As in `purchase_summary`; a purchase is a day with purchases.
    calibration_end, end : date
        Last day of the calibration and of the hold-out period. Customers who came after the first are left out.
    model : str
        As in `models.fit`; parameters are per day.

    Raises
    ------
    DataError
        An end that is not after the calibration, no purchase after it; what `purchase_summary` and the fit raise.
    """
    _check_period(calibration_end, end)
    number, when = _purchases(customer, day, amount)
    known = purchase_summary(number, when, as_of=calibration_end)
    mine = (when <= np.datetime64(end, "D")) & ~np.isnan(known.T)[number]
    number, when = _once_a_day(number[mine], when[mine])
    later = when > np.datetime64(calibration_end, "D")
    actual = np.bincount(number[later], minlength=known.frequency.size).astype(float)
    actual[np.isnan(known.T)] = np.nan
    days, purchases = np.unique(when, return_counts=True)
    return hold_out_counted(
        *known[:3], actual, day=days, purchases=purchases, calibration_end=calibration_end, end=end, model=model
    )  # fmt: skip


def calibration_until(first: date, end: date) -> date:
    """The last day of the calibration where nobody says: half of the time, and a year before the end at most."""
    return end - timedelta(days=min(((end - first).days + 1) // 2, LONGEST))


def hold_out_counted(
    frequency: ArrayLike,
    recency: ArrayLike,
    T: ArrayLike,
    actual: ArrayLike,
    *,
    day: ArrayLike,
    purchases: ArrayLike,
    calibration_end: date,
    end: date,
    model: str = "bg_nbd",
) -> HoldOut:
    """The same comparison where the purchases have been counted already.

    Parameters
    ----------
    frequency, recency, T : array (n,)
        Histories as of `calibration_end`. [count, days, days; NaN = not yet a customer]
    actual : array (n,)
        Purchase days of each customer in the hold-out period. [count]
    day : datetime64[D] array (k,)
        Days on which any of these customers bought, first purchases included.
    purchases : array (k,)
        How many of them bought on that day. [count]
    calibration_end, end, model
        As in `hold_out`.

    Raises
    ------
    DataError
        As `hold_out`.
    """
    _check_period(calibration_end, end)
    x, t_x, age, came = (np.asarray(one, dtype=float) for one in (frequency, recency, T, actual))
    came = np.where(np.isnan(age), np.nan, came)
    fit = models.fit(x, t_x, age, model=model)
    horizon = (end - calibration_end).days
    expected = models.expected_purchases(x, t_x, age, horizon=horizon, params=fit.params)
    if not np.nansum(came):
        raise DataError(
            "Nobody bought after {day}.", fix="Choose an earlier day.", day=calibration_end.isoformat()
        )
    curve = _curve(age, day, purchases, calibration_end=calibration_end, end=end, params=fit.params)
    return HoldOut(
        fit,
        model,
        calibration_end,
        end,
        expected,
        came,
        _by_frequency(x, came, expected),
        curve,
        _errors(x, age, came, expected, curve, horizon=horizon),
        _verdict(fit, came, expected),
    )


def _check_period(calibration_end: date, end: date) -> None:
    if end <= calibration_end:
        raise DataError(
            "The hold-out period ends on {end}, not after the calibration on {calibration}.",
            end=end.isoformat(),
            calibration=calibration_end.isoformat(),
        )


def _purchases(
    customer: ArrayLike, day: ArrayLike, amount: ArrayLike | None
) -> tuple[NDArray[np.int64], NDArray[np.datetime64]]:
    """Rows that are purchases: with a day, and no refunds."""
    number = np.atleast_1d(np.asarray(customer, dtype=np.int64))
    when = np.atleast_1d(np.asarray(day, dtype="datetime64[D]"))
    paid = np.zeros(when.size) if amount is None else np.atleast_1d(np.asarray(amount, dtype=float))
    if not number.size == when.size == paid.size:
        raise DataError("Customers, days and amounts of purchases have different lengths.")
    used = ~np.isnat(when) & (paid >= 0)
    # Every customer keeps the number, also one without a purchase in the calibration.
    people = int(number.max()) + 1 if number.size else 0
    number, when = number[used], when[used]
    if people and number.size:
        number = np.append(number, people - 1)
        when = np.append(when, np.datetime64("NaT"))
    return number, when


def _once_a_day(
    number: NDArray[np.int64], when: NDArray[np.datetime64]
) -> tuple[NDArray[np.int64], NDArray[np.datetime64]]:
    begin = when.min()
    since = (when - begin).astype(np.int64)
    span = int(since.max()) + 1
    key = np.unique(number * span + since)
    return key // span, begin + key % span


def _by_frequency(frequency: NDArray, actual: NDArray, expected: NDArray) -> ByFrequency:
    there = ~np.isnan(frequency)
    group = np.minimum(frequency[there], MOST_REPEATS).astype(np.int64)
    customers = np.bincount(group)
    some = np.flatnonzero(customers)
    means = [np.bincount(group, weights=one[there])[some] / customers[some] for one in (actual, expected)]
    return ByFrequency(some, customers[some], *means)


def _curve(
    T: NDArray[np.float64],
    day: ArrayLike,
    purchases: ArrayLike,
    *,
    calibration_end: date,
    end: date,
    params: models.Params,
) -> Curve:
    """Expected purchases of the customers who came on one day follow E[X(t)]; all days together are a convolution."""
    age = T[~np.isnan(T)].astype(np.int64)
    begin = np.datetime64(calibration_end, "D") - int(age.max())
    days = int((np.datetime64(end, "D") - begin).astype(np.int64)) + 1
    came = np.bincount(age.max() - age, minlength=days)[:days]
    per_age = models.expected_of_new(np.arange(days), params=params)
    expected = _convolved(came, per_age)
    since = (np.asarray(day, dtype="datetime64[D]") - begin).astype(np.int64)
    bought = np.bincount(since, weights=np.asarray(purchases, dtype=float), minlength=days)[:days]
    return Curve(begin + np.arange(days), np.cumsum(bought - came), expected)


def _convolved(came: NDArray[np.int64], per_age: NDArray[np.float64]) -> NDArray[np.float64]:
    total = np.zeros(per_age.size)
    for day in np.flatnonzero(came):
        total[day:] += came[day] * per_age[: per_age.size - day]
    return total


def _errors(
    frequency: NDArray, T: NDArray, actual: NDArray, expected: NDArray, curve: Curve, *, horizon: int
) -> Errors:
    there = ~np.isnan(actual)
    came, said = actual[there], expected[there]
    age = T[there]
    naive = np.where(age > 0, frequency[there] / np.where(age > 0, age, 1.0), 0.0) * horizon
    after = slice(curve.day.size - horizon, None)
    seen = curve.actual[after]
    return Errors(
        float(said.sum() / came.sum() - 1),
        float(np.abs(said - came).mean()),
        float(np.sqrt(((said - came) ** 2).mean())),
        float(np.abs(naive - came).mean()),
        float(np.sqrt(((naive - came) ** 2).mean())),
        float((np.abs(curve.expected[after] - seen) / np.maximum(seen, 1)).mean()),
    )


def _verdict(fit: Fit[Any], actual: NDArray, expected: NDArray) -> Problem:
    came, said = float(np.nansum(actual)), float(np.nansum(expected))
    values = {"expected": f"{said:,.0f}", "actual": f"{came:,.0f}", "error": f"{said / came - 1:+.0%}"}
    if not fit.converged:
        return Problem(
            "warning", "On the earlier purchases the model did not converge, so it may not be trusted."
        )
    if came < FEW_PURCHASES:
        return Problem(
            "warning",
            "Only {actual} purchases came in the hold-out period: too few to judge the model, which expected {expected}.",
            "Use a longer period.",
            values,
        )
    if abs(said / came - 1) <= GOOD:
        return Problem(
            "note",
            "The model may be trusted: it expected {expected} purchases, {actual} came ({error}).",
            values=values,
        )
    if abs(said / came - 1) <= USABLE:
        return Problem(
            "note",
            "The model may be used to compare customers; for totals it is rough: it expected {expected} purchases, "
            "{actual} came ({error}).",
            values=values,
        )
    return Problem(
        "warning",
        "The model may not be trusted: it expected {expected} purchases, {actual} came ({error}).",
        "Try another model, a longer calibration or groups of similar customers.",
        values,
    )
