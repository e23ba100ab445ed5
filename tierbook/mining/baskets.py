"""What is bought together: association rules from one item to another, with support, confidence and lift.

Source: R. Agrawal, T. Imielinski, A. Swami, Mining association rules between sets of items in large databases (1993);
lift: S. Brin et al., Dynamic itemset counting and implication rules (1997). Items under the support are left out before
items are paired, because no pair with them can have it; pairs are then counted as a product of sparse matrices.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tierbook.errors import DataError

MOST_RULES = 200_000
_CELLS = 4_000_000  # of the product held at a time


class Rules(NamedTuple):
    """One entry per rule "who takes `item` also takes `other`", the strongest first.

    `baskets` hold both. `support` is their share of all baskets, `confidence` their share of the baskets with
    `item`, `lift` how many times the share of `other` in all baskets that is.
    """

    item: NDArray[np.object_]
    other: NDArray[np.object_]
    baskets: NDArray[np.int64]
    support: NDArray[np.float64]
    confidence: NDArray[np.float64]
    lift: NDArray[np.float64]


def basket_rules(basket: ArrayLike, item: ArrayLike, *, min_support: float = 0.01) -> Rules:
    """Rules between all items that stand together in enough baskets.

    Parameters
    ----------
    basket : array (n,)
        Basket of each line, such as the transaction or the customer.
    item : array (n,)
        What was bought; the same item twice in a basket counts once. [None = missing: the line is left out, as is
        one without a basket]
    min_support : float
        Baskets with both items as a share of all baskets, at least. [0-1, above 0]

    Returns
    -------
    Rules
        By lift, then support, then the names.

    Raises
    ------
    DataError
        A support outside 0 to 1; columns of different length; more rules than anyone reads.

    >>> found = basket_rules([1, 1, 2, 2, 3], ["tea", "cup", "tea", "cup", "tea"], min_support=0.5)
    >>> found.item.tolist(), found.confidence.round(2).tolist(), found.lift.tolist()
    (['cup', 'tea'], [1.0, 0.67], [1.0, 1.0])
    """
    if not 0 < min_support <= 1:
        raise DataError(
            "The support is a share above 0 and at most 1, not {value}.", fix="Write 0.01 for one basket in a hundred.",
            value=f"{min_support:g}",
        )  # fmt: skip
    baskets, items = (_coded(column) for column in (basket, item))
    if len(baskets.code) != len(items.code):
        raise DataError(
            "There are {baskets} baskets for {items} items.", baskets=len(baskets.code), items=len(items.code)
        )
    there = (baskets.code >= 0) & (items.code >= 0)
    lines = _distinct(baskets.code[there], items.code[there], len(items.names))
    total = int(np.count_nonzero(np.bincount(lines.basket, minlength=1)))
    least = max(1, math.ceil(round(min_support * total, 9)))
    left, right, both, each = _pairs(lines, len(items.names), least)
    return rules_of(items.names[left], items.names[right], both, each[left], each[right], total=total)


def rules_of(
    item: NDArray, other: NDArray, both: ArrayLike, with_item: ArrayLike, with_other: ArrayLike, *, total: int
) -> Rules:
    """Rules from counts of baskets: with both items, with the first, with the second, and all.

    >>> rules_of(np.array(["tea"]), np.array(["cup"]), [2], [4], [2], total=8).lift.tolist()
    [2.0]
    """
    both, with_item, with_other = (
        np.asarray(count, dtype=np.int64) for count in (both, with_item, with_other)
    )
    if len(both) > MOST_RULES:
        raise DataError(
            "{count} rules are more than anyone can read.",
            fix="Ask for a higher support.",
            count=f"{len(both):,}",
        )
    # Whole numbers up to here: the lift of a pair is the same in both directions to the last bit.
    lift = (both * float(total)) / (with_item * with_other.astype(float))
    names = [np.asarray(side, dtype=object) for side in (item, other)]
    order = (
        np.lexsort((names[1].astype(str), names[0].astype(str), -both, -lift)) if len(both) else np.arange(0)
    )
    return Rules(
        names[0][order], names[1][order], both[order], both[order] / max(total, 1),
        both[order] / with_item[order], lift[order],
    )  # fmt: skip


class _Coded(NamedTuple):
    """A column as numbers from 0, -1 for missing, with the name of each."""

    code: NDArray[np.int64]
    names: NDArray


class _Lines(NamedTuple):
    """Each item of each basket once, baskets in rising order."""

    basket: NDArray[np.int64]
    item: NDArray[np.int64]


def _coded(column: ArrayLike | Sequence[object]) -> _Coded:
    import pyarrow as pa

    from tierbook.arrow import keep_pandas_out

    keep_pandas_out()
    values = np.atleast_1d(np.asarray(column))
    # Arrow finds the distinct texts of a million lines in the time NumPy takes to compare a few thousand.
    coded = pa.array(
        values.tolist() if values.dtype == object else values, from_pandas=True
    ).dictionary_encode()
    names = np.array(coded.dictionary.to_pylist(), dtype=object)
    return _Coded(coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64), names)


def _distinct(basket: NDArray[np.int64], item: NDArray[np.int64], items: int) -> _Lines:
    line = basket * max(items, 1) + item
    line.sort()
    line = line[np.concatenate(([True], line[1:] != line[:-1]))] if line.size else line
    return _Lines(*np.divmod(line, max(items, 1)))


def _pairs(lines: _Lines, items: int, least: int) -> tuple[NDArray, NDArray, NDArray, NDArray]:
    """Items of each pair in both directions, baskets with both, and baskets of each item."""
    from scipy import sparse

    each = np.bincount(lines.item, minlength=items)
    often = np.flatnonzero(each >= least)
    place = np.full(items, -1, dtype=np.int64)
    place[often] = np.arange(len(often))
    kept = place[lines.item] >= 0
    baskets = int(lines.basket[-1]) + 1 if lines.basket.size else 0
    ones = np.ones(int(kept.sum()), dtype=np.int32)
    held = sparse.csr_matrix(
        (ones, (lines.basket[kept], place[lines.item[kept]])), shape=(baskets, len(often))
    )
    by_item = held.T.tocsr()
    found: list[tuple[NDArray, NDArray, NDArray]] = []
    at_a_time = max(1, _CELLS // max(len(often), 1))
    count = 0
    for first in range(0, len(often), at_a_time):
        product = (by_item[first : first + at_a_time] @ held).tocoo()
        left = product.row + first
        enough = (product.data >= least) & (left != product.col)
        found.append((left[enough], product.col[enough], product.data[enough]))
        count += int(enough.sum())
        if count > MOST_RULES:
            break  # `rules_of` refuses them
    if not found:
        return often, often, often, each
    left, right, both = (np.concatenate(column) for column in zip(*found, strict=True))
    return often[left], often[right], both.astype(np.int64), each
