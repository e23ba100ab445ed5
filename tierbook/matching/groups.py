"""From pairs to customers: records that are linked, directly or through others, form a group."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tierbook.matching.block import Indices

_NONE: Indices = np.empty(0, np.int64)


def groups(
    count: int,
    a: Indices,
    b: Indices,
    score: NDArray[np.float64],
    documents: Sequence[Indices],
    *,
    apart: tuple[Indices, Indices] = (_NONE, _NONE),
) -> Indices:
    """The group of each record.

    Parameters
    ----------
    count : int
        Number of records.
    a, b : int array (m,)
        Pairs that are one customer.
    score : float array (m,)
        Their scores. [0-100]
    documents : sequence of int array (count,)
        Codes of document numbers, -1 where missing. A group never holds two of one kind: the pairs that would join them
        are left out, weakest first.
    apart : two int arrays
        Pairs that are not one customer, as somebody decided; kept apart like two documents.

    Returns
    -------
    int array (count,)
        0, 1, 2, … in the order in which the groups first appear.
    """
    found = _linked(count, a, b)
    crowded = np.zeros(count, dtype=bool)
    for codes in documents:
        crowded |= _with_two(found, codes)
    crowded[found[apart[0]][found[apart[0]] == found[apart[1]]]] = True
    if crowded.any():
        within = crowded[found[a]]
        kept = [
            np.flatnonzero(~within),
            _without_contradiction(a, b, score, documents, np.flatnonzero(within), apart),
        ]
        pairs = np.concatenate(kept)
        found = _linked(count, a[pairs], b[pairs])
    _, first, group = np.unique(found, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first, kind="stable")] = np.arange(len(first))
    return rank[group]


def _linked(count: int, a: Indices, b: Indices) -> Indices:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(a), np.int8), (a, b)), shape=(count, count))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def _with_two(group: Indices, codes: Indices) -> NDArray[np.bool_]:
    """Group number -> whether it holds two different documents."""
    there = codes >= 0
    pairs = np.unique(np.stack([group[there], codes[there]]), axis=1)
    found = np.zeros(len(group), dtype=bool)
    found[np.flatnonzero(np.bincount(pairs[0], minlength=len(group)) > 1)] = True
    return found


def _without_contradiction(
    a: Indices,
    b: Indices,
    score: NDArray[np.float64],
    documents: Sequence[Indices],
    pairs: Indices,
    apart: tuple[Indices, Indices],
) -> Indices:
    """The pairs that join no contradiction, strongest first; only those of the few groups that hold one get here."""
    parent = {int(row): int(row) for row in np.concatenate([a[pairs], b[pairs]])}
    held = {row: [int(codes[row]) for codes in documents] for row in parent}
    members: dict[int, set[int]] = {row: {row} for row in parent}
    others: dict[int, set[int]] = {row: set() for row in parent}
    for left, right in zip(apart[0].tolist(), apart[1].tolist(), strict=True):
        if left in parent and right in parent:
            others[left].add(right)
            others[right].add(left)

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    kept = []
    for pair in pairs[np.lexsort((b[pairs], a[pairs], -score[pairs]))].tolist():
        left, right = root(int(a[pair])), root(int(b[pair]))
        if left == right:
            kept.append(pair)
            continue
        both = list(zip(held[left], held[right], strict=True))
        agree = all(one == other or -1 in (one, other) for one, other in both)
        if agree and members[left].isdisjoint(others[right]):
            parent[right] = left
            members[left] |= members[right]
            others[left] |= others[right]
            held[left] = [max(one, other) for one, other in both]
            kept.append(pair)
    return np.array(kept, dtype=np.int64)
