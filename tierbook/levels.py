"""Levels and flags: lists of conditions in which the first that fits wins, or every one that fits counts.

Tiers, stages, churn levels, classes and ladders share this one shape (`spec/rules.md`, levels).
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
from numpy.typing import ArrayLike, NDArray

MAX_FLAGS = 62


def first_that_fits(conditions: Sequence[NDArray[np.bool_]], length: int) -> NDArray[np.intp]:
    """Position of the first condition that holds for each row.

    Parameters
    ----------
    conditions : sequence of bool arrays (n,)
        In the order in which they are tried.
    length : int
        n, needed when there is no condition at all.

    Returns
    -------
    int array (n,)
        0..k-1; -1 where none holds.

    >>> first_that_fits([np.array([True, False]), np.array([True, True])], 2).tolist()
    [0, 1]
    """
    found = np.full(length, -1, dtype=np.intp)
    for position in range(len(conditions) - 1, -1, -1):
        found[conditions[position]] = position
    return found


def names_at(names: Sequence[str], index: NDArray[np.intp]) -> NDArray[np.object_]:
    """Names for positions, array (n,); None for -1."""
    return np.array([*names, None], dtype=object)[index]


def every_that_fits(
    names: Sequence[str], conditions: Sequence[NDArray[np.bool_]], length: int
) -> NDArray[np.object_]:
    """The names of all conditions that hold for each row, joined by "; "; "" where none does.

    >>> every_that_fits(["key", "member"], [np.array([True, False]), np.array([True, True])], 2).tolist()
    ['key; member', 'member']
    """
    if len(names) > MAX_FLAGS:
        raise ValueError(f"{len(names)} flags; a row's set of flags is one 64-bit number")
    # Each row's set of flags is one number, so that text is made once per distinct set, not once per row.
    code = np.zeros(length, dtype=np.int64)
    for position, holds in enumerate(conditions):
        code |= holds.astype(np.int64) << position
    distinct, row = np.unique(code, return_inverse=True)
    texts = [
        "; ".join(name for position, name in enumerate(names) if one >> position & 1)
        for one in distinct.tolist()
    ]
    return np.array(texts, dtype=object)[row] if length else np.empty(0, dtype=object)


def places(total: int, share: float) -> int:
    """How many of `total` a share is, half up in decimals: 12.5 % of 20 is 3, as on paper.

    >>> places(20, 0.125), places(50, 0.2 * 0.2)
    (3, 2)
    """
    exact = Decimal(repr(round(float(share), 12))) * total
    return int(exact.quantize(Decimal(1), ROUND_HALF_UP))


def within_top(value: ArrayLike, share: float, *, ids: ArrayLike | None = None) -> NDArray[np.bool_]:
    """Whether each row is among the first `share` of rows, highest value first.

    Parameters
    ----------
    value : array (n,)
        What rows are ranked by. [NaN = unknown: not ranked and not counted]
    share : float
        Share of the ranked rows, counted from the very first. [0-1]
    ids : array (n,), optional
        Equal values are taken in the order of their ids; without ids, in row order.

    Returns
    -------
    bool array (n,)
    """
    value = np.asarray(value, dtype=float)
    known = np.flatnonzero(~np.isnan(value))
    count = min(places(len(known), share), len(known))
    inside = np.zeros(len(value), dtype=bool)
    if count <= 0:
        return inside
    ranked = value[known]
    # One partition instead of a full sort: only rows equal to the last admitted value need an order.
    last = np.partition(ranked, len(ranked) - count)[len(ranked) - count]
    above = known[ranked > last]
    equal = known[ranked == last]
    if ids is not None and len(above) + len(equal) > count:
        equal = equal[np.argsort(np.asarray(ids)[equal].astype(str), kind="stable")]
    inside[above] = True
    inside[equal[: count - len(above)]] = True
    return inside


def within_top_of_value(value: ArrayLike, share: float, *, ids: ArrayLike | None = None) -> NDArray[np.bool_]:
    """Whether each row is among the best rows that together make `share` of the total value.

    A row belongs while the cumulative share before it is below `share`; values of zero and less neither
    belong nor count towards the total (`spec/systems.md` L, the 80/20 list).

    Parameters
    ----------
    value : array (n,)
        What rows are ranked by. [any unit; NaN does not belong]
    share : float
        Of the total. [0 to 1]
    ids : array (n,), optional
        Decide between equal values.
    """
    value = np.asarray(value, dtype=float)
    positive = np.flatnonzero(value > 0)
    order = (
        np.arange(len(positive))
        if ids is None
        else np.argsort(np.asarray(ids)[positive].astype(str), kind="stable")
    )
    order = order[np.argsort(-value[positive][order], kind="stable")]
    ranked = value[positive][order]
    before = np.cumsum(ranked) - ranked
    inside = np.zeros(len(value), dtype=bool)
    inside[positive[order]] = before < share * ranked.sum() * (1 - 1e-12)
    return inside
