"""Where growth is worth its cost: the potential of each segment and product line, and the few to focus on (`spec/systems.md` E)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tierbook.errors import DataError

FOCUS = 0.8
_UNITS = 1_000_000  # money is kept to six decimals


class Potential(NamedTuple):
    """One entry per row of the input; `order` holds the rows from the largest potential to the smallest, unknown last.

    potential [money], rank (equal ones share one; NaN = unknown), cumulative: the share of the sum of the positive ones
    up to and with the row [share; NaN for others], focus: one of the few that reach the share asked for.
    """

    order: NDArray[np.int64]
    potential: NDArray[np.float64]
    rank: NDArray[np.float64]
    cumulative: NDArray[np.float64]
    focus: NDArray[np.bool_]


def potential(
    customers: ArrayLike, uplift: ArrayLike, margin: ArrayLike, crm_cost: ArrayLike, *, focus: float = FOCUS
) -> Potential:
    """customers x uplift x margin - CRM cost, ranked, with the smallest set of positive ones that reaches a share of their sum.

    Parameters
    ----------
    customers, uplift, margin : array (n,)
        How many, what each could bring more, what is left of it. [count, money per customer, share; NaN = unknown]
    crm_cost : array (n,)
        What winning it costs. [money; NaN = 0]
    focus : float
        The share the focus set reaches. [0-1]

    Raises
    ------
    DataError
        A share that is not above 0 and up to 1.

    >>> found = potential([100, 100, 10], [50, 10, 10], [0.5, 0.5, 0.5], [500, 100, 200])
    >>> found.potential.tolist(), found.focus.tolist()
    ([2000.0, 400.0, -150.0], [True, False, False])
    """
    if not 0 < focus <= 1:
        raise DataError("{name} is above 0 and up to 1, not {value}.", name="focus", value=f"{focus:g}")
    count, more, left, cost = (
        np.atleast_1d(np.asarray(one, dtype=float)) for one in (customers, uplift, margin, crm_cost)
    )
    units = np.rint((count * more * left - np.nan_to_num(cost)) * _UNITS)
    order = np.argsort(-units, kind="stable")  # NaN sorts last
    sorted_ = units[order]
    positive = sorted_ > 0
    running = np.cumsum(np.where(positive, sorted_, 0))
    whole = running[-1] if running.size else 0.0
    before = running - np.where(positive, sorted_, 0)
    rank, cumulative = np.full(units.size, np.nan), np.full(units.size, np.nan)
    chosen = np.zeros(units.size, dtype=bool)
    known = int(np.count_nonzero(~np.isnan(units)))
    new = np.ones(known, dtype=bool)
    new[1:] = sorted_[1:known] != sorted_[: max(known - 1, 0)]
    rank[order[:known]] = np.maximum.accumulate(np.where(new, np.arange(1, known + 1), 0)) if known else []
    if whole:
        cumulative[order[positive]] = running[positive] / whole
        # Whole millionths on both sides, so that a set that reaches the share exactly ends there.
        chosen[order[positive]] = before[positive] < np.rint(focus * whole)
    return Potential(order, units / _UNITS, rank, cumulative, chosen)
