"""Figures by calendar period, and one period against another: change, the same period of last year, the year so far.

A period without any row stays missing: it has no change, and blanks the year so far from then on, in its own year
and in the comparison with it. Sums are exact to six decimals.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tierbook.errors import DataError

A_YEAR = {"month": 12, "ten_day": 36, "quarter": 4, "year": 1}
"""Kinds of period, and how many of them a year has; ten-day periods are days 1-10, 11-20 and 21 to the end."""

_UNITS = 1_000_000
_MOST = 2**62


class PeriodTable(NamedTuple):
    """One entry per period from the first to the last, without a gap; NaN where there is nothing to say."""

    number: NDArray[np.int64]
    value: NDArray[np.float64]
    previous: NDArray[np.float64]
    mom: NDArray[np.float64]
    last_year: NDArray[np.float64]
    yoy: NDArray[np.float64]
    ytd: NDArray[np.float64]
    ytd_yoy: NDArray[np.float64]


def growth(current: ArrayLike, previous: ArrayLike) -> NDArray[np.float64]:
    """Change from the previous period as a share of it: 0.2 is 20 % more.

    Parameters
    ----------
    current, previous : array (n,)
        The same figure in two periods. [any one unit; NaN = unknown]

    Returns
    -------
    float array (n,)
        (current - previous) / previous; NaN where either is missing or previous is 0 or less.

    >>> growth([120, 5], [100, 0])
    array([0.2, nan])
    """
    now, before = np.broadcast_arrays(
        np.atleast_1d(np.asarray(current, dtype=float)), np.atleast_1d(np.asarray(previous, dtype=float))
    )
    comparable = before > 0
    change = np.full(now.shape, np.nan)
    change[comparable] = (now[comparable] - before[comparable]) / before[comparable]
    return change


def period_table(dates: ArrayLike, amounts: ArrayLike, *, period: str = "month") -> PeriodTable:
    """Amounts summed by calendar period, with change, last year and the year so far.

    Parameters
    ----------
    dates : array (n,) of days
        A row without a date or an amount counts nowhere.
    amounts : array (n,)
        What is summed. [any one unit; NaN = unknown]
    period : {"month", "ten_day", "quarter", "year"}

    Returns
    -------
    PeriodTable
        `mom` is the change from the period before, `yoy` from the same period of last year, `ytd` the sum since
        January, `ytd_yoy` its change from last year.

    Raises
    ------
    DataError
        Another kind of period.

    >>> period_table(np.array(["2025-01-05", "2025-02-05"], "datetime64[D]"), [100, 120]).mom
    array([nan, 0.2])
    """
    day = np.atleast_1d(np.asarray(dates, dtype="datetime64[D]"))
    amount = np.atleast_1d(np.asarray(amounts, dtype=float))
    known = ~(np.isnat(day) | np.isnan(amount))
    number = period_number(day[known], period=period)
    if not number.size:
        nothing = np.array([], dtype=float)
        return PeriodTable(number, *[nothing] * 7)
    first = number.min()
    count = int(number.max() - first + 1)
    units = np.rint(amount[known] * _UNITS)
    # 64 bits are too few for some sums; Python's integers never are.
    exact = (
        units.astype(np.int64) if np.abs(units).sum() < _MOST else np.array([int(u) for u in units], object)
    )
    sums = np.zeros(count, dtype=exact.dtype)
    np.add.at(sums, number - first, exact)
    there = np.zeros(count, dtype=bool)
    there[number - first] = True
    return _compared(np.arange(count) + first, sums, there, A_YEAR[period])


def period_number(dates: NDArray, *, period: str) -> NDArray[np.int64]:
    """Periods counted through the years, as year times periods a year plus the place in the year from 0.

    Raises
    ------
    DataError
        A period nobody knows; says which there are.

    >>> period_number(np.array(["2025-03-31"], "datetime64[D]"), period="quarter") - 2025 * 4
    array([0])
    """
    if period not in A_YEAR:
        raise DataError("A period is {kinds}, not {period}.", kinds=", ".join(A_YEAR), period=period)
    months = dates.astype("datetime64[M]").astype(np.int64) + 1970 * 12
    if period != "ten_day":
        return months // (12 // A_YEAR[period])
    day_of_month = (dates - dates.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64)
    return months * 3 + np.minimum(day_of_month // 10, 2)


def period_start(number: ArrayLike, *, period: str) -> NDArray[np.datetime64]:
    """The first day of each period.

    >>> period_start([2025 * 36 + 5], period="ten_day")
    array(['2025-02-21'], dtype='datetime64[D]')
    """
    place = np.atleast_1d(np.asarray(number, dtype=np.int64))
    if period == "ten_day":
        return _first_of(place // 3) + 10 * (place % 3)
    return _first_of(place * (12 // A_YEAR[period]))


def period_end(number: ArrayLike, *, period: str) -> NDArray[np.datetime64]:
    """The last day of each period.

    >>> period_end([2025 * 12 + 1], period="month")
    array(['2025-02-28'], dtype='datetime64[D]')
    """
    return period_start(np.atleast_1d(np.asarray(number, dtype=np.int64)) + 1, period=period) - 1


def period_name(number: ArrayLike, *, period: str) -> NDArray[np.object_]:
    """Names that sort as the periods follow: 2025-02, 2025-02-21/28, 2025-Q1, 2025.

    >>> period_name([2025 * 4 + 1], period="quarter").tolist()
    ['2025-Q2']
    """
    numbers = np.atleast_1d(np.asarray(number, dtype=np.int64))
    starts, ends = period_start(numbers, period=period), period_end(numbers, period=period)
    names = np.empty(numbers.size, dtype=object)
    for at, (start, end) in enumerate(
        zip(starts.astype(str).tolist(), ends.astype(str).tolist(), strict=True)
    ):
        names[at] = {
            "ten_day": f"{start}/{end[-2:]}",
            "month": start[:7],
            "quarter": f"{start[:4]}-Q{int(numbers[at]) % 4 + 1}",
            "year": start[:4],
        }[period]
    return names


def _first_of(months: NDArray[np.int64]) -> NDArray[np.datetime64]:
    return (months - 1970 * 12).astype("datetime64[M]").astype("datetime64[D]")


def _compared(number: NDArray[np.int64], sums: NDArray, there: NDArray[np.bool_], a_year: int) -> PeriodTable:
    so_far = np.zeros(len(sums), dtype=sums.dtype)
    whole = np.zeros(len(sums), dtype=bool)
    for at in range(len(sums)):
        begins = number[at] % a_year == 0
        # The year so far needs every period since January, those before the first row too.
        so_far[at] = sums[at] + (0 if begins or at == 0 else so_far[at - 1])
        whole[at] = there[at] and (begins or (at > 0 and whole[at - 1]))
    value, ytd = _numbers(sums, there), _numbers(so_far, whole)
    previous, last_year = _earlier(value, 1), _earlier(value, a_year)
    return PeriodTable(
        number, value, previous, growth(value, previous), last_year, growth(value, last_year),
        ytd, growth(ytd, _earlier(ytd, a_year)),
    )  # fmt: skip


def _numbers(units: NDArray, known: NDArray[np.bool_]) -> NDArray[np.float64]:
    figures = [int(unit) / _UNITS if there else np.nan for unit, there in zip(units, known, strict=True)]
    return np.array(figures, dtype=float)


def _earlier(value: NDArray, back: int) -> NDArray[np.float64]:
    earlier = np.full(value.size, np.nan)
    earlier[back:] = value[:-back] if back < value.size else []
    return earlier
