"""Customer equity: what the customers of each segment are worth together, and what it cost to win them.

Source: R. C. Blattberg, J. Deighton, Manage Marketing by the Customer Equity Test, Harvard Business Review 74 (1996).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tierbook.errors import DataError


class Equity(NamedTuple):
    """One entry per segment, the largest equity first; the last entry is the total, its segment None.

    customers [count], mean_clv, equity [money], share of the total; acquisition_cost per customer [money] and
    return_on_acquisition = mean_clv / acquisition_cost, both NaN where no cost is known.
    """

    segment: NDArray[np.object_]
    customers: NDArray[np.int64]
    mean_clv: NDArray[np.float64]
    equity: NDArray[np.float64]
    share: NDArray[np.float64]
    acquisition_cost: NDArray[np.float64]
    return_on_acquisition: NDArray[np.float64]


def equity(
    segment: Sequence[object] | NDArray, clv: ArrayLike, acquisition_cost: ArrayLike | None = None
) -> Equity:
    """Customers × mean lifetime value, per segment and in total.

    Parameters
    ----------
    segment : array (n,)
        Segment of each customer; customers with None count in the total only.
    clv : array (n,)
        Lifetime value of each customer. [money; NaN = unknown, that customer is left out]
    acquisition_cost : array (n,) or one number, optional
        What it cost to win each customer. [money; NaN = unknown]

    Raises
    ------
    DataError
        Columns of different length, no customer with a value.

    >>> found = equity(["a", "b", "a"], [100, 80, 60], 40)
    >>> found.segment.tolist(), found.equity.tolist(), found.return_on_acquisition.tolist()
    (['a', 'b', None], [160.0, 80.0, 240.0], [2.0, 2.0, 2.0])
    """
    value = np.atleast_1d(np.asarray(clv, dtype=float))
    name = np.atleast_1d(np.asarray(segment, dtype=object))
    cost = np.atleast_1d(np.asarray(np.nan if acquisition_cost is None else acquisition_cost, dtype=float))
    cost = np.repeat(cost, value.size) if cost.size == 1 else cost
    if not name.size == value.size == cost.size:
        raise DataError(
            "Segment, lifetime value and acquisition cost belong to the same customers, but have {sizes} rows.",
            sizes=", ".join(str(column.size) for column in (name, value, cost)),
        )
    known = ~np.isnan(value)
    if not known.any():
        raise DataError("No customer has a lifetime value.")
    name, value, cost = name[known], value[known], cost[known]
    numbers: dict[object, int] = {None: 0}
    number = np.array([numbers.setdefault(one, len(numbers)) for one in name.tolist()])
    # Members of one segment stand together, in their order; the first stretch are those without a segment.
    order = np.argsort(number, kind="stable")
    stretches = np.split(order, np.cumsum(np.bincount(number, minlength=len(numbers)))[:-1])
    whole = math.fsum(value)
    groups = [
        (one, math.fsum(value[members]), members)
        for one, members in zip(list(numbers)[1:], stretches[1:], strict=True)
    ]
    groups.sort(key=lambda group: (-group[1], str(group[0])))
    groups.append((None, whole, np.arange(value.size)))
    customers = np.array([len(members) for *_, members in groups])
    together = np.array([sum_ for _, sum_, _ in groups])
    costs = np.array([_mean(cost[members]) for *_, members in groups])
    with np.errstate(divide="ignore", invalid="ignore"):
        names = np.empty(len(groups), dtype=object)
        names[:] = [one for one, *_ in groups]
        return Equity(
            names,
            customers,
            together / customers,
            together,
            together / whole if whole else np.full(len(groups), np.nan),
            costs,
            np.where(costs > 0, together / customers / costs, np.nan),
        )


def _mean(cost: NDArray[np.float64]) -> float:
    known = cost[~np.isnan(cost)]
    return math.fsum(known) / known.size if known.size else math.nan
