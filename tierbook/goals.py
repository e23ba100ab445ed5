"""A tree of weighted goals and the options ranked by it (`spec/systems.md` E).

Weights are shares of the whole: those of siblings add up to their parent's, those of the top goals to 1. Options have a
score for each leaf; a score that is missing is 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tierbook.errors import DataError

TOLERANCE = 0.001
_LITTLE = {"little", "low", "short", "small", "no", "少", "短", "低", "小", "否"}
_MUCH = {"much", "high", "long", "large", "big", "yes", "多", "长", "高", "大", "是"}
EFFORTS = ("evolution", "reform", "revolution")


class Tree(NamedTuple):
    """The goals in the order of the tree, each under its parent.

    row: their rows in the input; goal [names]; level (0 for a top goal); weight [share of the whole]; leaf; top: the
    entry of the top goal above each; tops: the entries of the top goals.
    """

    row: NDArray[np.int64]
    goal: NDArray[np.object_]
    level: NDArray[np.int64]
    weight: NDArray[np.float64]
    leaf: NDArray[np.bool_]
    top: NDArray[np.int64]
    tops: NDArray[np.int64]


def goal_tree(goal: Sequence[str], parent: Sequence[str | None], weight: ArrayLike) -> Tree:
    """The goals as a tree whose weights add up.

    Parameters
    ----------
    goal, parent : array (n,)
        Each goal and the one it serves. [names; None = a top goal]
    weight : array (n,)
        What each weighs. [share of the whole, 0.31]

    Raises
    ------
    DataError
        No goal, a goal twice, a parent nobody named, a cycle, a weight that is missing or negative, siblings whose
        weights differ from their parent's by more than 0.1 percentage points; names the goal.

    >>> goal_tree(["a", "b", "a1"], [None, None, "a"], [0.6, 0.4, 0.6]).goal.tolist()
    ['a', 'a1', 'b']
    """
    share = np.asarray(weight, dtype=float)
    _checked(goal, parent, share)
    children: dict[str | None, list[int]] = {}
    for row, above in enumerate(parent):
        children.setdefault(above, []).append(row)
    found: list[tuple[int, int, int]] = []
    tops = []
    waiting = [(row, 0, -1) for row in reversed(children.get(None, []))]
    while waiting:
        row, level, top = waiting.pop()
        top = top if level else len(found)
        tops += [] if level else [top]
        found.append((row, level, top))
        waiting += [(below, level + 1, top) for below in reversed(children.get(goal[row], []))]
    if len(found) < len(goal):
        _cycle(goal, parent, {row for row, _, _ in found})
    for above, below in children.items():
        _add_up(above, share[below].sum(), 1.0 if above is None else share[goal.index(above)])
    rows = np.array([row for row, _, _ in found])
    names = np.empty(len(found), dtype=object)
    names[:] = [goal[row] for row in rows]
    return Tree(
        rows, names, np.array([level for _, level, _ in found]), share[rows],
        np.array([name not in children for name in names]), np.array([top for _, _, top in found]), np.array(tops),
    )  # fmt: skip


class Ranking(NamedTuple):
    """One entry per option, in the order of the input.

    total: the sum of weight x score over the leaves; rank (1 is the best, equal totals share one); contribution: a row
    per option and a column per top goal, adding up to the total; missing: leaves without a score [count]; priority: 1
    for totals in the upper half of the range, else 2.
    """

    total: NDArray[np.float64]
    rank: NDArray[np.int64]
    contribution: NDArray[np.float64]
    missing: NDArray[np.int64]
    priority: NDArray[np.int64]


def ranking(tree: Tree, score: ArrayLike) -> Ranking:
    """Options ranked by their weighted scores.

    Parameters
    ----------
    score : array (options, goals)
        What each option does for each goal, in the order of the tree; those of goals with others below do not count.
        [points; NaN = missing, 0]

    >>> tree = goal_tree(["a", "b", "c"], [None] * 3, [0.31, 0.35, 0.34])
    >>> ranking(tree, [[2, 1, 0]]).total.tolist()
    [0.97]
    """
    points = np.asarray(score, dtype=float).reshape(-1, len(tree.goal))
    weighted = np.nan_to_num(points) * np.where(tree.leaf, tree.weight, 0)
    contribution = np.stack([weighted[:, tree.top == top].sum(axis=1) for top in tree.tops], axis=1)
    total = np.round(contribution.sum(axis=1), 9)
    rank = 1 + (total[None, :] > total[:, None]).sum(axis=1)
    middle = (total.max() + total.min()) / 2 if total.size else 0.0
    missing = (np.isnan(points) & tree.leaf).sum(axis=1)
    return Ranking(total, rank, contribution, missing, np.where(total >= middle, 1, 2))


def chosen(tree: Tree, score: ArrayLike, marked: ArrayLike | None = None) -> int | None:
    """The option that is carried out: the one marked, else the one of highest total; of equals the first.

    Parameters
    ----------
    score : array (options, goals)
        As `ranking` takes it.
    marked : bool array (options,), optional
        Which options were chosen.

    Returns
    -------
    int
        Its row; None without an option.
    """
    total = ranking(tree, score).total
    if not total.size:
        return None
    said = np.flatnonzero(np.asarray(marked, dtype=bool)) if marked is not None else np.array([], dtype=int)
    return int(said[0]) if said.size else int(np.argmax(total))


def reach(tree: Tree, score: ArrayLike, option: int) -> dict[str, float]:
    """How far an option carries each goal: its score as a share of the highest score given anywhere.

    That of a goal with others below is the mean of its lowest goals by weight; a missing score reaches 0.

    Parameters
    ----------
    score : array (options, goals)
        As `ranking` takes it; scores below 0 reach nothing.
    option : int
        The row of the option.

    >>> tree = goal_tree(["a", "a1", "a2", "b"], [None, "a", "a", None], [0.6, 0.2, 0.4, 0.4])
    >>> found = reach(tree, [[np.nan, 2, 1, 0]], 0)
    >>> {name: round(share, 3) for name, share in found.items()}
    {'a': 0.667, 'a1': 1.0, 'a2': 0.5, 'b': 0.0}
    """
    points = np.nan_to_num(np.asarray(score, dtype=float).reshape(-1, len(tree.goal)))
    most = points[:, tree.leaf].max(initial=0.0)
    share = np.clip(points[option] / most, 0, 1) if most > 0 else np.zeros(len(tree.goal))
    found = {}
    for at, name in enumerate(tree.goal):
        end = next(
            (below for below in range(at + 1, len(tree.goal)) if tree.level[below] <= tree.level[at]),
            len(tree.goal),
        )
        own = np.arange(at, end)[tree.leaf[at:end]]
        weight = tree.weight[own]
        found[str(name)] = float((share[own] * weight).sum() / weight.sum()) if weight.sum() else 0.0
    return found


def scores_of(
    tree: Tree, option: Sequence[str], *, scored: Sequence[str], goal: Sequence[str], score: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The table of scores `ranking` takes, from one row per option and goal.

    Returns
    -------
    array (options, goals), array
        Scores, of two for the same the later; and the rows that name no option, no goal or no leaf, which do not count.
    """
    options = {name: at for at, name in enumerate(option)}
    leaves = {name: at for at, name in enumerate(tree.goal) if tree.leaf[at]}
    table = np.full((len(options), len(tree.goal)), np.nan)
    left_out = []
    for row, (one, name, points) in enumerate(zip(scored, goal, np.asarray(score, dtype=float), strict=True)):
        if one in options and name in leaves:
            table[options[one], leaves[name]] = points
        else:
            left_out.append(row)
    return table, np.array(left_out, dtype=np.int64)


def effort(time: Sequence[str | None], money: Sequence[str | None]) -> NDArray[np.object_]:
    """Effort class of each option: evolution (little time and money), reform (much of one), revolution (of both).

    >>> effort(["little", "much", "多", None], ["少", "little", "多", "much"]).tolist()
    ['evolution', 'reform', 'revolution', None]
    """
    found = np.empty(len(time), dtype=object)
    found[:] = [_effort(one, other) for one, other in zip(time, money, strict=True)]
    return found


def _effort(time: str | None, money: str | None) -> str | None:
    words = [str(one or "").strip().casefold() for one in (time, money)]
    if not all(word in _LITTLE | _MUCH for word in words):
        return None
    return EFFORTS[sum(word in _MUCH for word in words)]


def _checked(goal: Sequence[str], parent: Sequence[str | None], share: NDArray[np.float64]) -> None:
    if not len(goal):
        raise DataError("There is no goal.", fix="Give goals with parent and weight.")
    known = set(goal)
    seen: set[str] = set()
    for row, (name, above) in enumerate(zip(goal, parent, strict=True)):
        if name in seen:
            raise DataError("The goal {goal} is there twice.", fix="Keep one of the rows.", goal=name)
        if above is not None and above not in known:
            raise DataError(
                "The goal {goal} belongs to {parent}, which is no goal.",
                fix="Add it, or leave the parent blank.",
                goal=name,
                parent=above,
            )
        if not share[row] >= 0:
            raise DataError(
                "The goal {goal} has no weight of 0 or more.", fix="Write 31% or 0.31.", goal=name
            )
        seen.add(name)


def _cycle(goal: Sequence[str], parent: Sequence[str | None], reached: set[int]) -> None:
    """Name the goals that go round in a circle."""
    above = dict(zip(goal, parent, strict=True))
    name: str | None = next(name for row, name in enumerate(goal) if row not in reached)
    path: list[str] = []
    while name is not None and name not in path:
        path.append(name)
        name = above[name]
    circle = [*path[path.index(str(name)) :], str(name)]
    raise DataError(
        "The goals go round in a circle: {goals}.",
        fix="Leave the parent of one of them blank.",
        goals=" → ".join(circle),
    )


def _add_up(above: str | None, found: float, wanted: float) -> None:
    if abs(found - wanted) <= TOLERANCE + 1e-9:
        return
    if above is None:
        raise DataError(
            "The weights of the top goals add up to {found}, not 100%.",
            fix="Change them until they do.",
            found=f"{found * 100:.10g}%",
        )
    raise DataError(
        "The weights under {goal} add up to {found}, not to its {wanted}.",
        fix="Change them until they do.",
        goal=above,
        found=f"{found * 100:.10g}%",
        wanted=f"{wanted * 100:.10g}%",
    )
