"""Which pairs of records are worth comparing: those that share a key, and those that stand near each other when sorted.

All pairs of 100,000 records would be five billion. Records that share a number are compared within the number; the
rest are sorted by a text, and each is compared with the few after it (the sorted-neighbourhood method). A misspelt
beginning spoils one order only, so there is one for the text and one for the text read backwards. The number of pairs
grows with the number of records, not with its square.

Source: Hernandez, M. A., & Stolfo, S. J. (1995). The merge/purge problem for large databases. SIGMOD.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]
SAME_KEY = 40
NEIGHBOURS = 8


class Pairs(NamedTuple):
    """Two records each: positions in the table, the earlier one first."""

    a: Indices
    b: Indices


def candidates(keys: Sequence[Indices], orders: Sequence[Indices]) -> Pairs:
    """Pairs that share a key or stand near each other in an order, each pair once.

    Parameters
    ----------
    keys : sequence of int array (n,)
        Codes of a field, equal where the field is; -1 where it is missing. A record is compared with at most
        `SAME_KEY` others of its code, those next to it in the first order.
    orders : sequence of int array (m,)
        Positions of records, sorted by a text. A record is compared with the `NEIGHBOURS` after it.

    Returns
    -------
    Pairs
        Sorted by `a`, then `b`.

    >>> candidates([np.array([7, -1, 7, -1])], [])
    Pairs(a=array([0]), b=array([2]))
    """
    found = []
    count = max([0, *(len(key) for key in keys), *(int(order.max(initial=-1)) + 1 for order in orders)])
    rank = np.zeros(count, np.int64)
    if orders:
        rank[orders[0]] = np.arange(len(orders[0]))
    for key in keys:
        there = np.flatnonzero(key >= 0)
        order = there[np.lexsort((rank[there], key[there]))]
        found += _near(order, SAME_KEY, count, key)
    for order in orders:
        found += _near(order, NEIGHBOURS, count)
    if not found:
        return Pairs(np.empty(0, np.int64), np.empty(0, np.int64))
    # Sorted and compared with the one before: np.unique builds a table of hashes first, at four times the cost.
    pairs = np.sort(np.concatenate(found))
    pairs = pairs[np.flatnonzero(np.diff(pairs, prepend=-1))]
    return Pairs(pairs // count, pairs % count)


def _near(order: Indices, window: int, count: int, key: Indices | None = None) -> list[Indices]:
    """Pairs at most `window` apart in the order, as one number each; of one key, where a key is given."""
    found = []
    for apart in range(1, min(window, len(order) - 1) + 1):
        left, right = order[:-apart], order[apart:]
        if key is not None:
            same = key[left] == key[right]
            if not same.any():
                break
            left, right = left[same], right[same]
        found.append(np.minimum(left, right) * count + np.maximum(left, right))
    return found


def codes(column: NDArray[np.object_]) -> Indices:
    """Equal codes from 0 for equal texts, array (n,); -1 where missing."""
    import pyarrow as pa

    encoded = pa.array(column, type=pa.string()).dictionary_encode()
    return np.asarray(encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False), dtype=np.int64)


def sorted_by(first: Indices, *rest: Indices) -> Indices:
    """Positions of the records that have a place in the first order, sorted by it, then by the others; -1 is no place."""
    there = np.flatnonzero(first >= 0)
    last = [np.where(one < 0, np.iinfo(np.int64).max, one)[there] for one in rest]
    return there[np.lexsort((*last[::-1], first[there]))]
