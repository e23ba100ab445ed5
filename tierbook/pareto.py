"""The 80/20 list: which customers make 80 % of the revenue (classes A, B, C).

Source: J. M. Juran, Quality Control Handbook (1951), after V. Pareto; the class borders are those of spec L.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tierbook.errors import DataError

_UNITS = 1_000_000  # money is kept to six decimals
_MOST = 2**62


class ParetoList(NamedTuple):
    """One entry per row of the input; `order` holds the rows from the largest value to the smallest."""

    order: NDArray[np.int64]
    rank: NDArray[np.float64]
    share: NDArray[np.float64]
    cumulative_share: NDArray[np.float64]
    class_: NDArray[np.object_]


def pareto(
    ids: Sequence[object] | NDArray, values: ArrayLike, *, a: float = 0.8, b: float = 0.95
) -> ParetoList:
    """Rank, share, cumulative share and class A, B or C of each row.

    A while the cumulative share before the row is under `a`, B under `b`, else C. Values of 0 and less are C, share 0,
    and leave the total alone. Sums are exact to six decimals, so equal values have equal shares.

    Parameters
    ----------
    ids : array (n,)
        Name of each row; orders equal values (as text, missing last).
    values : array (n,)
        What is shared out. [money; NaN = unknown]
    a, b : float
        Borders of the classes. [share, 0 < a <= b <= 1]

    Returns
    -------
    ParetoList
        Equal values share a rank (1, 1, 3). NaN and None where the value is missing; those rows come last.

    Raises
    ------
    DataError
        Borders that are not 0 < a <= b <= 1; ids and values of different length.

    >>> pareto(["x", "y", "z"], [15, 80, 5]).class_.tolist()
    ['B', 'A', 'C']
    """
    if not 0 < a <= b <= 1:
        raise DataError("Class borders must rise from 0 to 1, not a = {a}, b = {b}.", a=f"{a:g}", b=f"{b:g}")
    value = np.atleast_1d(np.asarray(values, dtype=float))
    name = np.asarray(ids, dtype=object)
    if name.size != value.size:
        raise DataError("There are {ids} ids for {values} values.", ids=name.size, values=value.size)
    order = _largest_first(name, value)
    known = int(np.count_nonzero(~np.isnan(value)))
    units = _in_units(value[order[:known]])
    cumulative = np.cumsum(units)
    total = cumulative[-1] if known else 0

    rank, share, cumulative_share = (np.full(value.size, np.nan) for _ in range(3))
    class_ = np.full(value.size, None, dtype=object)
    placed = order[:known]
    descending = value[placed]
    new = np.ones(known, dtype=bool)
    new[1:] = descending[1:] != descending[:-1]
    rank[placed] = np.maximum.accumulate(np.where(new, np.arange(1, known + 1), 0)) if known else 0
    share[placed] = (units / total).astype(float) if total else 0.0
    cumulative_share[placed] = (cumulative / total).astype(float) if total else 0.0
    before = ((cumulative - units) / total).astype(float) if total else np.ones(known)
    class_[placed] = np.select(
        [(descending > 0) & (before < a), (descending > 0) & (before < b)], ["A", "B"], "C"
    )
    return ParetoList(order, rank, share, cumulative_share, class_)


def _largest_first(name: NDArray, value: NDArray) -> NDArray[np.int64]:
    text = np.array(["" if one is None else str(one) for one in name], dtype=str)
    nameless = np.array([one is None for one in name], dtype=bool)
    return np.lexsort((text, nameless, -value))  # NaN sorts last


def _in_units(value: NDArray) -> NDArray:
    """Positive values in whole millionths; Python's integers where 64 bits are too few."""
    units = np.rint(np.maximum(value, 0) * _UNITS)
    if units.sum() < _MOST:
        return units.astype(np.int64)
    return np.array([int(one) for one in units], dtype=object)
