"""One figure by two dimensions: a row for each value of one, a column for each value of the other, and totals.

Totals are worked out from the rows themselves, so a mean of means never appears. Sums are exact to six decimals.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tierbook.errors import DataError

AGGREGATES = ("sum", "count", "mean", "min", "max", "distinct")
_UNITS = 1_000_000
_MOST = 2**62


class Pivot(NamedTuple):
    """The figures; NaN where no row is counted.

    `rows` and `columns` are the values of the two dimensions in order, None last; `cells` has a row for each of them,
    `of_rows` and `of_columns` are the totals, `total` that of all.
    """

    rows: list[str | None]
    columns: list[str | None]
    cells: NDArray[np.float64]
    of_rows: NDArray[np.float64]
    of_columns: NDArray[np.float64]
    total: float


def pivot(
    rows: NDArray[np.object_], columns: NDArray[np.object_], measure: NDArray, *, aggregate: str = "sum"
) -> Pivot:
    """A figure by two dimensions.

    Parameters
    ----------
    rows, columns : array (n,)
        What each row of the table belongs to. [text; None = unknown]
    measure : array (n,)
        What is put together: numbers, for count and distinct also texts. [NaN, None = not counted]
    aggregate : {"sum", "count", "mean", "min", "max", "distinct"}

    Raises
    ------
    DataError
        Another aggregate.

    >>> a = np.array(["x", "x", "y"], object)
    >>> pivot(a, a, np.array([1.0, 2.0, 4.0])).cells.tolist()
    [[3.0, nan], [nan, 4.0]]
    """
    if aggregate not in AGGREGATES:
        raise DataError(
            "{name} is one of {known}, not {value}.",
            name="aggregate",
            known=", ".join(AGGREGATES),
            value=aggregate,
        )
    known = (
        ~np.isnan(measure)
        if measure.dtype.kind == "f"
        else np.array([one is not None for one in measure], dtype=bool)
    )
    row_names, row = _numbered(rows)
    column_names, column = _numbered(columns)
    height, width = len(row_names), len(column_names)
    row, column, counted = row[known], column[known], measure[known]
    figures = _figures(row * width + column, counted, height * width, aggregate)
    return Pivot(
        row_names,
        column_names,
        figures.reshape(height, width),
        _figures(row, counted, height, aggregate),
        _figures(column, counted, width, aggregate),
        float(_figures(np.zeros(len(row), dtype=np.int64), counted, 1, aggregate)[0]),
    )


def _numbered(names: NDArray[np.object_]) -> tuple[list[str | None], NDArray[np.int64]]:
    """The different names in order, None last, and the place of each."""
    there = np.array([name is not None for name in names], dtype=bool)
    ordered, place = np.unique(names[there].astype(str), return_inverse=True)
    number = np.full(len(names), len(ordered), dtype=np.int64)
    number[there] = place
    found: list[str | None] = ordered.tolist()
    return found + ([None] if not there.all() else []), number


def _figures(group: NDArray[np.int64], measure: NDArray, groups: int, aggregate: str) -> NDArray[np.float64]:
    """The figure of each group; NaN for one without rows, where 0 is counted."""
    count = np.bincount(group, minlength=groups).astype(float)
    if aggregate == "count":
        return count
    if aggregate == "distinct":
        _, value = np.unique(measure.astype(str) if measure.dtype == object else measure, return_inverse=True)
        pairs = (
            np.unique(np.stack([group, value]), axis=1) if len(group) else np.empty((2, 0), dtype=np.int64)
        )
        return np.bincount(pairs[0], minlength=groups).astype(float)
    found = np.full(groups, np.nan)
    there = count > 0
    if aggregate in ("min", "max"):
        extreme = np.full(groups, np.inf if aggregate == "min" else -np.inf)
        (np.minimum if aggregate == "min" else np.maximum).at(extreme, group, measure)
        found[there] = extreme[there]
        return found
    sums = _sums(group, measure, groups)
    found[there] = sums[there] / count[there] if aggregate == "mean" else sums[there]
    return found


def _sums(group: NDArray[np.int64], measure: NDArray[np.float64], groups: int) -> NDArray[np.float64]:
    units = np.rint(measure * _UNITS)
    # 64 bits are too few for some sums; Python's integers never are.
    exact = (
        units.astype(np.int64) if np.abs(units).sum() < _MOST else np.array([int(u) for u in units], object)
    )
    sums = np.zeros(groups, dtype=exact.dtype)
    np.add.at(sums, group, exact)
    return (sums / _UNITS).astype(float)
