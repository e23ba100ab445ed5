"""The leads of a run by its pack: track and step, what is due, who is in twice or a customer already, branch and likeness.

Here leads meet the customers, the branches and the matching rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tierbook import leads
from tierbook.leads import Funnel, Stays, Success, folded
from tierbook.matching.groups import groups
from tierbook.matching.pairs import MERGE, Field, Rule, matches
from tierbook.nearest import Nearest, nearest

if TYPE_CHECKING:
    import pyarrow as pa

    from tierbook.rulepack.pack import CompiledTrack, Pack
    from tierbook.run import Run

Indices = NDArray[np.int64]
# What leads and customers have in common to be compared by, and the numbers that bring the two together at all.
_COMPARED = ("name", "contact_name", "mobile", "phone", "email", "address")
_NUMBERS = ("mobile", "phone", "name")
_ALIKE = ("industry", "region", "channel")
_DIMENSIONS = ("region", "industry", "channel")


def first_track(tracks: Sequence[CompiledTrack], holds: Sequence[NDArray[np.bool_]]) -> Indices:
    """Position of the first track whose condition, an array (n,), holds for each lead; -1 where none does."""
    found = np.full(len(holds[0]) if holds else 0, -1, np.int64)
    for i in reversed(range(len(tracks))):
        found[holds[i]] = i
    return found


def stage_names(pack: Pack) -> list[dict[str, int]]:
    """For each track: what its steps are called, in the pack's names and in its words, and which step that is."""
    return [
        {
            folded(called): at
            for at, step in enumerate(track.steps)
            for called in (pack.word(step.name, "zh"), pack.word(step.name, "en"), step.name)
        }
        for track in pack.tracks
    ]


@dataclass(frozen=True)
class Pipeline:
    """The leads of a run; arrays have one element for each row of `table`, in its order.

    `track` and `step` are positions in the pack, -1 where unknown; `won` is 1, 0 or NaN (open).
    """

    run: Run
    table: pa.Table
    track: Indices
    step: Indices
    won: NDArray[np.float64]

    @property
    def open(self) -> NDArray[np.bool_]:
        """Which leads are neither won nor lost."""
        return np.isnan(self.won)

    def column(self, name: str) -> NDArray:
        """A column of `table`."""
        from tierbook.arrow import arrays

        return arrays(self.table.select([name]))[name]

    def funnel(self, track: int) -> Funnel:
        """How many leads of a track get how far."""
        on = self.track == track
        return leads.funnel(self.step[on], self.won[on], len(self.run.pack.tracks[track].steps))

    def success(self, *dimensions: str) -> Success:
        """Success rates of closed leads by region, industry, channel or visits."""
        columns = {
            name: leads.visits_band(self.column("visits")) if name == "visits" else self.column(name)
            for name in dimensions
        }
        return leads.success(columns, self.won)

    @cached_property
    def age(self) -> NDArray[np.float64]:
        """Days each open lead has stood at its stage; NaN where that is unknown, or it is closed."""
        since = self.column("stage_since")
        last = dict(zip(self._history["lead_id"].tolist(), self._history["changed"].tolist(), strict=True))
        came = [
            np.datetime64(last[name], "D") if np.isnat(own) and name in last else own
            for name, own in zip(self.column("lead_id").tolist(), since, strict=True)
        ]
        days = (np.datetime64(self.run.as_of) - np.array(came, "datetime64[D]")).astype(float)
        return np.where(self.open & ~np.isnat(np.array(came, "datetime64[D]")), np.maximum(days, 0), np.nan)

    @cached_property
    def days_late(self) -> NDArray[np.float64]:
        """Days by which an open lead has overstayed what its step may take; NaN where it has not."""
        within = [np.nan if (step := self._step(i)) is None or step.within_days is None else step.within_days for i in range(len(self.table))]  # fmt: skip
        late = self.age - np.array(within, dtype=float).reshape(len(self.table))
        return np.where(late > 0, late, np.nan)

    @cached_property
    def done(self) -> NDArray[np.bool_]:
        """Open leads whose step is completed, by its condition: they can go on to the next."""
        from tierbook.rulepack.on_rows import Rows

        rows = Rows(self.table, "leads", self.run.pack.profile("default"))
        found = np.zeros(len(self.table), dtype=bool)
        for i, track in enumerate(self.run.pack.tracks):
            for j, step in enumerate(track.steps):
                if step.done_when is not None:
                    found |= (self.track == i) & (self.step == j) & rows.holds(step.done_when)
        return found & self.open

    def _step(self, row: int) -> Any:
        track, step = self.track[row], self.step[row]
        return None if track < 0 or step < 0 else self.run.pack.tracks[track].steps[step]

    @cached_property
    def stays(self) -> Stays:
        """How long leads stayed at their stages, where there is a history."""
        history = self._history
        closed = self.column("closed")
        end = {
            name: day
            for name, day in zip(self.column("lead_id").tolist(), closed, strict=True)
            if not np.isnat(day)
        }
        return leads.stays(
            history["lead_id"], history["changed"], history["to_stage"], end, as_of=np.datetime64(self.run.as_of)
        )  # fmt: skip

    @cached_property
    def cycle(self) -> NDArray[np.float64]:
        """Days from creation to closing of each closed lead; NaN for the others."""
        days = (self.column("closed") - self.column("created")).astype(float)
        known = ~np.isnat(self.column("closed")) & ~np.isnat(self.column("created")) & ~self.open
        return np.where(known & (days >= 0), days, np.nan)

    @cached_property
    def nearest(self) -> Nearest:
        """The branch nearest to each lead."""
        from tierbook.arrow import arrays

        names = ["branch", "latitude", "longitude"]
        branches = arrays(self.run.engine.sql("SELECT branch, latitude, longitude FROM tierbook_branches"))
        name, north, east = (branches[one] for one in names)
        return nearest(
            self.column("latitude"), self.column("longitude"),
            branch=name, branch_latitude=north, branch_longitude=east,
        )  # fmt: skip

    @cached_property
    def top_tier(self) -> str | None:
        """The best tier that has a customer."""
        levels = [one.name for one in self.run.pack.tiers.levels] if self.run.pack.tiers else []
        there = set(self.run.customers["tier"].unique().to_pylist())
        return next((name for name in levels if name in there), None)

    @cached_property
    def likeness(self) -> NDArray[np.float64]:
        """How much each lead is like the customers of the top tier. [0-100]"""
        import pyarrow.compute as pc

        from tierbook.arrow import arrays

        customers = self.run.customers
        best = customers.filter(pc.fill_null(pc.equal(customers["tier"], self.top_tier or ""), False))
        fields = [name for name in _ALIKE if name in best.column_names]
        theirs = arrays(best.select([*fields, "spend_per_month"]))
        return leads.likeness(
            {name: self.column(name) for name in fields}, {name: theirs[name] for name in fields},
            amount=self.column("expected_monthly_amount"), best_amount=theirs["spend_per_month"],
        )  # fmt: skip

    @cached_property
    def group(self) -> Indices:
        """Which leads are one by the matching rules: 0, 1, 2, … in the order they first appear."""
        a, b, score = self._alike(self.table, len(self.table))
        return groups(len(self.table), a, b, score, [])

    @cached_property
    def repeated(self) -> NDArray[np.bool_]:
        """Leads that are in already, as an earlier row."""
        first = np.zeros(len(self.table), dtype=bool)
        first[np.unique(self.group, return_index=True)[1]] = True
        return ~first

    @cached_property
    def customer(self) -> NDArray[np.object_]:
        """The customer each lead is already, None for a new one: as its row says, else by the matching rules."""
        import pyarrow as pa

        found = self.column("customer_id").astype(object)
        near = self._customers_that_share_a_number()
        if near is None or not len(near):
            return found
        ids = near["customer_id"].to_pylist()
        both = pa.concat_tables([self._contact(self.table), self._contact(near)])
        a, b, score = self._alike(both, len(self.table))
        for left, right in zip(a[np.argsort(-score, kind="stable")].tolist(), b[np.argsort(-score, kind="stable")].tolist(), strict=True):  # fmt: skip
            if left < len(self.table) <= right and found[left] is None:
                found[left] = ids[right - len(self.table)]
        return found

    def _customers_that_share_a_number(self) -> pa.Table | None:
        """The few customers, by every record of theirs, that are worth comparing with leads at all."""
        import pyarrow as pa
        import pyarrow.compute as pc

        from tierbook.matching.normalise import normalised

        one = self.run.duplicates
        records = self.run.customers if one is None else one.records
        owner = records["customer_id"] if one is None else one.golden_id()
        shared = np.zeros(len(records), dtype=bool)
        for name in _NUMBERS:
            if name in records.column_names and name in self.table.column_names:
                how = "name" if name == "name" else "phone"
                own = normalised(self.table[name], how).drop_null()  # type: ignore[arg-type]
                theirs = normalised(records[name], how)  # type: ignore[arg-type]
                shared |= pc.is_in(theirs, value_set=own).to_numpy(zero_copy_only=False)
        near = records.filter(pa.array(shared))
        at = near.column_names.index("customer_id")
        return near.set_column(at, "customer_id", owner.filter(pa.array(shared)))

    def _contact(self, table: pa.Table) -> pa.Table:
        import pyarrow as pa

        return pa.table({
            name: table[name].cast(pa.string()) if name in table.column_names else pa.nulls(len(table), pa.string())
            for name in _COMPARED
        })  # fmt: skip

    def _alike(self, table: pa.Table, count: int) -> tuple[Indices, Indices, NDArray[np.float64]]:
        """Pairs that are one customer by any of the pack's rules: a lead does not say of which kind it is."""
        contact, everyone = self._contact(table), np.zeros(len(table), np.int64)
        pairs: list[tuple[NDArray, NDArray, NDArray]] = []
        for one in self.run.pack.matching:
            rule = Rule(one.same_if_equal, {name: Field(*how) for name, how in one.compare.items()})
            merge = self.run.pack.merge
            found = matches(contact, [rule], everyone, merge_from=merge.start, review_from=merge.review_from)
            kept = (found.decision == MERGE) & (found.a < count)
            pairs.append((found.a[kept], found.b[kept], found.score[kept]))
        none = (np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
        a, b, score = (np.concatenate(columns) for columns in zip(none, *pairs, strict=True))
        return a, b, score

    @cached_property
    def _history(self) -> dict[str, NDArray]:
        from tierbook.arrow import arrays

        day = self.run.as_of.isoformat()
        return arrays(
            self.run.engine.sql(
                "SELECT lead_id, CAST(changed AS DATE) AS changed, to_stage FROM tierbook_lead_history "
                f"WHERE CAST(changed AS DATE) <= DATE '{day}' ORDER BY changed"
            )
        )


def pipeline(run: Run) -> Pipeline:
    """The leads of a run there were by its day.

    A lead that was closed, or says whether it was won, is closed; one closed without saying is lost.
    """
    from tierbook.arrow import arrays
    from tierbook.rulepack.on_rows import Rows

    table = run.engine.sql(
        f"SELECT * FROM tierbook_leads WHERE COALESCE(created <= DATE '{run.as_of.isoformat()}', TRUE)"
    )
    columns = arrays(table.select(["stage", "won", "closed"]))
    rows = Rows(table, "leads", run.pack.profile("default"))
    tracks = run.pack.tracks
    track = first_track(tracks, [rows.holds(one.when) for one in tracks] or [np.zeros(len(table), bool)])
    # A closing that lies ahead has not happened yet.
    closed = ~np.isnat(columns["closed"]) & (columns["closed"] <= np.datetime64(run.as_of))
    won = np.where(closed & np.isnan(columns["won"]), 0.0, columns["won"])
    ahead = ~np.isnat(columns["closed"]) & ~closed
    step = leads.step_index(columns["stage"], stage_names(run.pack), track)
    return Pipeline(run, table, track, step, np.where(ahead, np.nan, won))
