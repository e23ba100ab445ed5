"""Whom to introduce to whom: visitors whose wanted categories overlap what an exhibitor shows (`spec/systems.md` I).

Exhibitors and visitors with the same set of categories are alike, so sets are compared and not people, and of each set
only the visitors that can be among the best are looked at: nothing grows with exhibitors x visitors.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tierbook.errors import DataError

_BETWEEN = re.compile("[;；]")
MOST = 10


class Partners(NamedTuple):
    """One entry per match, in the order of the exhibitors, each with the best visitors first.

    exhibitor, visitor [rows of the input], common [count of categories], rank [1 is the best].
    """

    exhibitor: NDArray[np.int64]
    visitor: NDArray[np.int64]
    common: NDArray[np.int64]
    rank: NDArray[np.int64]


def partners(
    shown: Sequence[str | None] | NDArray,
    wanted: Sequence[str | None] | NDArray,
    *,
    ids: Sequence[str] | NDArray,
    value: NDArray[np.float64] | None = None,
    most: int = MOST,
) -> Partners:
    """The best visitors for each exhibitor: most common categories first, then value, then id.

    Parameters
    ----------
    shown : array (n,)
        Categories each exhibitor shows, separated by `;`. [text; None = none]
    wanted : array (m,)
        Categories each visitor wants. [text; None = none]
    ids : array (m,)
        Visitors, to order equal ones. [text]
    value : array (m,), optional
        What visitors are worth; the highest first. [money; NaN = unknown, last]
    most : int
        How many visitors an exhibitor is given at most. [count]

    Raises
    ------
    DataError
        `most` under 1.

    >>> found = partners(["pumps;valves"], ["valves", "pumps;valves", "glass"], ids=["a", "b", "c"])
    >>> found.visitor.tolist(), found.common.tolist()
    ([1, 0], [2, 1])
    """
    if most < 1:
        raise DataError("{name} is 1 or more, not {value}.", name="most", value=most)
    worth = np.full(len(ids), np.nan) if value is None else np.asarray(value, dtype=float)
    show_sets, show_of = _sets(shown)
    want_sets, want_of = _sets(wanted)
    # The place of every visitor among all, the best first: NaN sorts last.
    best = np.lexsort((np.asarray(ids, dtype=str), -worth))
    standing = np.empty(len(best), dtype=np.int64)
    standing[best] = np.arange(len(best))
    members = _members(want_of, standing, len(want_sets))
    wanting = _lists(want_sets)
    first = np.array([one[0] for one in members], dtype=np.int64)
    answers = [_best(one, wanting, members, first, best, most) for one in show_sets]
    sizes = np.array([len(visitor) for visitor, _ in answers], dtype=np.int64)
    rows = np.flatnonzero(show_of >= 0)
    exhibitor = np.repeat(rows, sizes[show_of[rows]]) if len(rows) else rows
    empty = np.empty(0, dtype=np.int64)
    picked = [answers[at] for at in show_of[rows].tolist()]
    return Partners(
        exhibitor,
        np.concatenate([empty, *(visitor for visitor, _ in picked)]),
        np.concatenate([empty, *(common for _, common in picked)]),
        np.concatenate([empty, *(np.arange(1, len(visitor) + 1) for visitor, _ in picked)]),
    )


class Balance(NamedTuple):
    """One entry per category, by name: how many show it and how many want it. [count]"""

    category: NDArray[np.object_]
    showing: NDArray[np.int64]
    wanting: NDArray[np.int64]


def balance(shown: Sequence[str | None] | NDArray, wanted: Sequence[str | None] | NDArray) -> Balance:
    """Supply and demand of each category.

    >>> found = balance(["pumps;valves"], ["valves", "glass"])
    >>> found.category.tolist(), found.showing.tolist(), found.wanting.tolist()
    (['glass', 'pumps', 'valves'], [0, 1, 1], [1, 0, 1])
    """
    counts = [_counted(one) for one in (shown, wanted)]
    names = sorted(set().union(*counts))
    category = np.empty(len(names), dtype=object)
    category[:] = names
    return Balance(
        category, *(np.array([one.get(name, 0) for name in names], dtype=np.int64) for one in counts)
    )


def _counted(texts: Sequence[str | None] | NDArray) -> dict[str, int]:
    sets, of = _sets(texts)
    counts: dict[str, int] = {}
    for one, count in zip(sets, np.bincount(of[of >= 0], minlength=len(sets)).tolist(), strict=True):
        for name in one:
            counts[name] = counts.get(name, 0) + count
    return counts


def _sets(texts: Sequence[str | None] | NDArray) -> tuple[list[frozenset[str]], NDArray[np.int64]]:
    """The different sets of categories, and which each row has; -1 for none."""
    numbers: dict[frozenset[str], int] = {}
    seen: dict[str | None, int] = {None: -1}
    for text in dict.fromkeys(texts):
        if text is not None:
            one = frozenset(part for piece in _BETWEEN.split(text) if (part := piece.strip()))
            seen[text] = numbers.setdefault(one, len(numbers)) if one else -1
    return list(numbers), np.array([seen[text] for text in texts], dtype=np.int64)


def _members(of: NDArray[np.int64], standing: NDArray[np.int64], sets: int) -> list[NDArray[np.int64]]:
    """The standings of the visitors of each set, the best first."""
    order = np.lexsort((standing, of))
    order = order[of[order] >= 0]
    return np.split(standing[order], np.cumsum(np.bincount(of[order], minlength=sets))[:-1]) if sets else []


def _lists(sets: Sequence[frozenset[str]]) -> dict[str, NDArray[np.int64]]:
    """The sets that hold each category."""
    found: dict[str, list[int]] = {}
    for at, one in enumerate(sets):
        for name in one:
            found.setdefault(name, []).append(at)
    return {name: np.array(places) for name, places in found.items()}


def _best(
    shown: frozenset[str],
    wanting: dict[str, NDArray[np.int64]],
    members: list[NDArray[np.int64]],
    first: NDArray[np.int64],
    best: NDArray[np.int64],
    most: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Visitors for one set of shown categories, and their common categories."""
    lists = [wanting[name] for name in shown if name in wanting]
    common = np.bincount(np.concatenate([np.empty(0, np.int64), *lists]), minlength=len(members))
    visitors: list[NDArray[np.int64]] = []
    counts: list[NDArray[np.int64]] = []
    left = most
    for level in range(int(common.max(initial=0)), 0, -1):
        alike = np.flatnonzero(common == level)
        if left <= 0 or not len(alike):
            continue
        # Only the sets with the best first members, and of each its first few, can give the best few of all.
        if len(alike) > left:
            alike = alike[np.argpartition(first[alike], left - 1)[:left]]
        standings = np.sort(np.concatenate([members[at][:left] for at in alike.tolist()]))[:left]
        visitors.append(best[standings])
        counts.append(np.full(len(standings), level, dtype=np.int64))
        left -= len(standings)
    empty = np.empty(0, dtype=np.int64)
    return np.concatenate([empty, *visitors]), np.concatenate([empty, *counts])
