"""Purchase histories as the models read them: x = frequency, t_x = recency, T = age, and what cannot be one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tierbook.errors import DataError
from tierbook.quality import Problem

FEWEST_REPEATERS = 10
_EARLY = 0.25  # a week is a quarter of a month


class Histories(NamedTuple):
    """One element per customer: repeat purchases [count], age at the last one and age now [one time unit]."""

    x: NDArray[np.float64]
    t_x: NDArray[np.float64]
    T: NDArray[np.float64]


def histories(frequency: ArrayLike, recency: ArrayLike, T: ArrayLike) -> Histories:
    """The three columns as arrays of one length; NaN where any of them is missing.

    Raises
    ------
    DataError
        A frequency that is no count, a negative time, a recency beyond T or without a repeat purchase, columns of
        different length. `rows` names every customer with the same mistake.
    """
    columns = [np.atleast_1d(np.asarray(column, dtype=float)) for column in (frequency, recency, T)]
    sizes = {column.size for column in columns} - {1}
    if len(sizes) > 1:
        raise DataError(
            "Frequency, recency and T belong to the same customers, but have {sizes} rows.",
            sizes=", ".join(str(column.size) for column in columns),
        )
    x, t_x, age = (column.copy() for column in np.broadcast_arrays(*columns))
    x[~(np.isfinite(x) & np.isfinite(t_x) & np.isfinite(age))] = np.nan
    t_x[np.isnan(x)] = age[np.isnan(x)] = np.nan
    _refuse(
        (x < 0) | (x != np.round(x)) & ~np.isnan(x),
        "Frequency {value} is not a number of repeat purchases.",
        "It is a whole number from 0: the days with a purchase, less the first.",
        value=lambda row: f"{x[row]:g}",
    )
    _refuse(
        (t_x < 0) | (age < 0),
        "Recency {recency} or T {T} is negative.",
        "Both are counted from the first purchase.",
        recency=lambda row: f"{t_x[row]:g}",
        T=lambda row: f"{age[row]:g}",
    )
    _refuse(
        t_x > age,
        "Recency {recency} is larger than T {T}: the last purchase lies after the day of the analysis.",
        "Give both in the same unit, counted from the first purchase.",
        recency=lambda row: f"{t_x[row]:g}",
        T=lambda row: f"{age[row]:g}",
    )
    _refuse(
        (x == 0) & (t_x > 0),
        "A customer without a repeat purchase has recency {recency}.",
        "Recency counts from the first purchase to the last: 0 here, not the days since the last purchase.",
        recency=lambda row: f"{t_x[row]:g}",
    )
    return Histories(x, t_x, age)


def to_fit(frequency: ArrayLike, recency: ArrayLike, T: ArrayLike) -> tuple[Histories, tuple[Problem, ...]]:
    """The complete histories of enough customers to fit a model to, and what is said about the others.

    Arrays (n,) as in `histories`; what comes back has a row for each complete one.

    Raises
    ------
    DataError
        As `histories`; no customer, nobody who bought again, or too few; recency in another unit than T.
    """
    given = histories(frequency, recency, T)
    known = ~np.isnan(given.x)
    complete = Histories(*(column[known] for column in given))
    repeaters = int(np.count_nonzero(complete.x))
    if not complete.x.size:
        raise DataError("No customer has frequency, recency and T.")
    if not repeaters:
        raise DataError(
            "All frequencies are zero: nobody bought again, so nothing is known about repeat purchases.",
            fix="Use a longer period.",
        )
    if repeaters < FEWEST_REPEATERS:
        raise DataError(
            "Only {count} customers bought again; a fit needs {enough}.",
            fix="Use a longer period or more customers.",
            count=repeaters,
            enough=FEWEST_REPEATERS,
        )
    again = complete.x > 0
    if (complete.t_x[again] < _EARLY * complete.T[again]).all():
        raise DataError(
            "All repeat purchases lie in the first quarter of the time since the first one: recency and T seem to have "
            "different units.",
            fix="Give both in the same unit; if they are right, let the analysis speak for an earlier day.",
        )
    left_out = int(known.size - complete.x.size)
    said: tuple[Problem, ...] = ()
    if left_out:
        said = (
            Problem(
                "warning",
                "Customers without frequency, recency or T are left out: {count}.",
                values={"count": left_out},
                count=left_out,
            ),
        )
    return complete, said


def check_horizon(horizon: ArrayLike) -> NDArray[np.float64]:
    """Lengths of time ahead as an array.

    Raises
    ------
    DataError
        A negative one.
    """
    ahead = np.asarray(horizon, dtype=float)
    if (ahead < 0).any():
        raise DataError("{value} is not a length of time ahead.", value=f"{ahead.min():g}")
    return ahead


def _refuse(wrong: NDArray, message: str, fix: str, **values: Callable[[int], str]) -> None:
    rows = np.flatnonzero(wrong)
    if rows.size:
        shown: dict[str, Any] = {name: show(int(rows[0])) for name, show in values.items()}
        raise DataError(message, fix=fix, rows=rows.tolist(), **shown)
