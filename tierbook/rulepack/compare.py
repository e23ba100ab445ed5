"""Who would move if a pack replaced another: migration by customers and revenue, and the rule that moved each customer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tierbook.language import say
from tierbook.rulepack.history import Change, changes
from tierbook.rulepack.hybrid import can_move, with_change, with_names_of
from tierbook.rulepack.trial import RESULTS, Columns, Trial, results, revenue

if TYPE_CHECKING:
    from tierbook.rulepack.pack import Pack

TOGETHER = -1


@dataclass(frozen=True)
class Movement:
    """Customers who were on one level and are on another (or stay, where both are the same)."""

    old: str | None
    new: str | None
    customers: int
    revenue: float


@dataclass(frozen=True)
class Mover:
    """One customer who moves in one result, and why, in words."""

    customer_id: str
    result: str
    old: str | None
    new: str | None
    revenue: float
    why: str


@dataclass(frozen=True)
class Comparison:
    """Two packs on the same customers, who are ordered by `customer_id`."""

    old: Pack
    new: Pack
    as_of: date
    changes: tuple[Change, ...]
    ids: NDArray
    revenue: NDArray[np.float64]
    before: Columns
    after: Columns
    causes: Mapping[str, NDArray[np.intp]]
    """Per result and customer: position in `changes` of what moved them, `TOGETHER`; meaningless for those who stay."""

    def moved(self, result: str) -> NDArray[np.bool_]:
        """Who has another tier, stage, ..."""
        return self.before[result] != self.after[result]

    @cached_property
    def moved_at_all(self) -> NDArray[np.bool_]:
        """Who moves in any of the results."""
        return np.logical_or.reduce([self.moved(result) for result in RESULTS])

    def matrix(self, result: str) -> list[Movement]:
        """Every pair of an old and a new level, in the packs' order."""
        counted: dict[tuple[str | None, str | None], tuple[int, float]] = {}
        old, old_at = _coded(self.before[result])
        new, new_at = _coded(self.after[result])
        pair = old_at * len(new) + new_at
        count = np.bincount(pair, minlength=len(old) * len(new))
        money = np.bincount(pair, weights=self.revenue, minlength=len(old) * len(new))
        for at in np.flatnonzero(count):
            counted[old[at // len(new)], new[at % len(new)]] = int(count[at]), round(float(money[at]), 6)
        order = {
            name: i for i, name in enumerate([*_order(self.new, result), *_order(self.old, result)][::-1])
        }
        pairs = sorted(counted, key=lambda one: [-order.get(name or "", -1) for name in one])
        return [Movement(old, new, *counted[old, new]) for old, new in pairs]

    def movers(self, language: str = "en") -> Iterator[Mover]:
        """Every customer who moves, those with most revenue first."""
        said = [change.text(language) for change in self.changes]
        together = say("several changes together", language)
        for row in sorted(np.flatnonzero(self.moved_at_all), key=lambda row: -self.revenue[row]):
            for result in RESULTS:
                old, new = self.before[result][row], self.after[result][row]
                if old != new:
                    cause = self.causes[result][row]
                    why = together if cause == TOGETHER else said[cause]
                    yield Mover(str(self.ids[row]), result, old, new, float(self.revenue[row]), why)


def compare(
    tables: Mapping[str, Any],
    old: Pack,
    new: Pack,
    *,
    profile: str = "default",
    as_of: date | None = None,
    today: date | None = None,
    language: str = "en",
) -> Comparison:
    """Two packs on the same input tables, for the same day and with the same profile."""
    trial = Trial.of(tables, new, as_of=as_of or old.as_of, today=today)
    mine = trial.columns(old)
    same_columns = (old.window_days, old.measures) == (new.window_days, new.measures) and not old.measures
    yours = dict(mine) if same_columns else trial.columns(new)
    given = dict(mine)
    before = results(old, mine, profile=profile)
    after = results(new, yours, profile=profile)
    found = tuple(changes(old, new, language))
    comparison = Comparison(
        old, new, trial.as_of, found, given["customer_id"], revenue(given), before, after, {}
    )
    causes = _causes(comparison, mine, yours, profile)
    return replace(comparison, causes=causes)


def _causes(
    comparison: Comparison, mine: Columns, yours: Columns, profile: str
) -> dict[str, NDArray[np.intp]]:
    """Which change alone moves a customer where the new pack has them; the first in the pack's order."""
    old, new = comparison.old, comparison.new
    able = [i for i, change in enumerate(comparison.changes) if can_move(change, profile)]
    found = {result: np.full(len(comparison.ids), TOGETHER, dtype=np.intp) for result in RESULTS}
    if not comparison.moved_at_all.any():
        return found
    if len(able) == 1:
        return {result: np.full(len(comparison.ids), able[0], dtype=np.intp) for result in RESULTS}
    base = with_names_of(old, new, profile)
    for i in able:
        change = comparison.changes[i]
        tried, depends = with_change(base, new, change, profile)
        columns = {**yours, **mine}
        if change.section == "pack" or any(measure.name == change.key for measure in new.measures):
            # Another window or measure changes columns, not rules.
            taken = yours if change.section == "pack" else {change.key: yours[change.key]}
            columns |= {name: one for name, one in taken.items() if name not in new.features}
            depends = True
        if depends:
            columns = {name: one for name, one in columns.items() if name not in tried.features}
        alone = results(tried, columns, profile=profile)
        for result in RESULTS:
            moved = comparison.moved(result) & (found[result] == TOGETHER)
            found[result][moved & (alone[result] == comparison.after[result])] = i
    return found


def _order(pack: Pack, result: str) -> list[str]:
    listed: Any = {
        "tier": pack.tiers.levels if pack.tiers else (),
        "stage": pack.stages,
        "churn_level": pack.churn.levels if pack.churn else (),
    }.get(result, ())
    return [level.name or "" for level in listed]


def _coded(names: NDArray[np.object_]) -> tuple[list[str | None], NDArray[np.intp]]:
    """The different names, and for each row which of them it is."""
    places: dict[str | None, int] = {}
    at = np.fromiter((places.setdefault(name, len(places)) for name in names.tolist()), np.intp, len(names))
    return list(places), at
