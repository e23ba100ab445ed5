"""The indicators of a run for any period, and the effect between two, for the page, the command and the action."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tierbook.errors import DataError
from tierbook.indicators import (
    BY_NAME,
    INDICATORS,
    Indicator,
    Measured,
    Target,
    effect,
    figure,
    high_value,
    targets,
)
from tierbook.language import label, say
from tierbook.tables import TABLES
from workbooks.needs import lacking
from workbooks.rows import records, tier_names

if TYPE_CHECKING:
    from tierbook.run import Run


class Period(NamedTuple):
    """The days after `start` up to `end`."""

    start: date
    end: date

    @classmethod
    def read(cls, text: str) -> Period:
        """A period as people type it, both days included: 2026-01-01..2026-03-31.

        Raises
        ------
        DataError
            Not two days, or the second before the first.

        >>> Period.read("2026-01-01..2026-03-31")
        Period(start=datetime.date(2025, 12, 31), end=datetime.date(2026, 3, 31))
        """
        first, _, last = text.strip().partition("..")
        try:
            start, end = date.fromisoformat(first.strip()), date.fromisoformat(last.strip())
        except ValueError:
            raise DataError(
                "{text} is not a period.", fix="Write two days such as 2026-01-01..2026-03-31.", text=text
            ) from None
        if end < start:
            raise DataError(
                "The period ends on {end}, before it starts on {start}.",
                fix="Swap them.",
                start=start,
                end=end,
            )
        return cls(start - timedelta(days=1), end)

    @property
    def first(self) -> date:
        """The first day that counts."""
        return self.start + timedelta(days=1)


@dataclass(frozen=True)
class Change:
    """One indicator of two periods; missing figures are None, `missing` says which input would switch it on."""

    indicator: Indicator
    before: Measured
    after: Measured
    change: float | None
    relative: float | None
    verdict: str | None
    target: Target | None
    gap: float | None
    missing: Sequence[str] = ()


def windows(run: Run) -> tuple[Period, Period]:
    """The window before, and the window that ends with the run."""
    length = timedelta(days=run.window_days)
    return Period(run.as_of - 2 * length, run.as_of - length), Period(run.as_of - length, run.as_of)


def changes(run: Run, before: Period, after: Period) -> list[Change]:
    """Every indicator of two periods, in the order of `INDICATORS`; those without their input come along, switched off."""
    absent = {one.name: lacking(one.needs, run) for one in INDICATORS}
    old, new = measured(run, before), measured(run, after)
    wanted = targets(records(run.engine.sql(_TARGETS)), after.end)
    upward = [
        one.higher_is_better if (target := wanted.get(one.name)) is None or target.higher_is_better is None else target.higher_is_better
        for one in INDICATORS
    ]  # fmt: skip
    earlier, later = (
        np.array(
            [np.nan if absent[name] or one.figure is None else one.figure for name, one in found.items()]
        )
        for found in (old, new)
    )
    found = effect(earlier, later, upward)
    return [
        Change(
            one, old[one.name], new[one.name], _known(found.change[at]), _known(found.relative[at]), found.verdict[at],
            wanted.get(one.name), _known(later[at] - wanted[one.name].benchmark) if one.name in wanted else None, absent[one.name],
        )
        for at, one in enumerate(INDICATORS)
    ]  # fmt: skip


_TARGETS = "SELECT goal, month, benchmark, higher_is_better FROM tierbook_targets WHERE goal IS NOT NULL"


def measured(run: Run, period: Period) -> dict[str, Measured]:
    """Every indicator of a period by name; customers and tiers are those of its last day, by the rules of today."""
    there = _at(run, period.end)
    found = {
        one["indicator"]: Measured(
            one["indicator"], figure(one["part"], one["whole"]), int(one["cases"] or 0)
        )
        for one in records(there.table(f"indicators:{period.start}"))
    }
    tiers = {one["tier"]: one["customers"] for one in records(there.table("tiers"))}
    found["high_value_share"] = high_value(tiers, tier_names(run))
    if run.pack.matching and run.tables.get("leads"):
        found["duplicate_lead_rate"] = _repeated_leads(run, period) or found["duplicate_lead_rate"]
    return {name: found[name] for name in BY_NAME}


def _at(run: Run, day: date) -> Run:
    if day == run.as_of:
        return run
    return run.previous if run.previous and run.previous.as_of == day else run.at(day)


def _repeated_leads(run: Run, period: Period) -> Measured | None:
    """The share of new leads that the pack's matching rules find among those before; None where some have no rule."""
    from tierbook.duplicates import find_duplicates

    leads = run.engine.sql(
        f"SELECT * FROM tierbook_leads WHERE created <= DATE '{period.end}' ORDER BY created, lead_id"
    ).drop_columns("customer_id")
    leads = leads.rename_columns({"lead_id": "customer_id"})
    found = find_duplicates(leads, run.pack)
    if found.unruled:
        return None
    first = np.zeros(leads.num_rows, dtype=bool)
    first[np.unique(found.group, return_index=True)[1]] = True
    new = leads["created"].to_numpy().astype("datetime64[D]") > np.datetime64(period.start)
    again = int((new & ~first).sum())
    return Measured("duplicate_lead_rate", figure(again, int(new.sum())), int(new.sum()))


def direction(one: Change) -> str:
    """Which way is better: `higher` or `lower`."""
    upward = one.indicator.higher_is_better
    if one.target and one.target.higher_is_better is not None:
        upward = one.target.higher_is_better
    return "higher" if upward else "lower"


def lacks_in_words(missing: Sequence[str], language: str) -> str:
    """What would switch an indicator on."""
    comma, either = label("list_comma", language), label("list_or", language)
    names = [[one.rpartition(".")[2] for one in need.split("|")] for need in missing]
    tables = dict.fromkeys(need.partition(".")[0] for need in missing if "." in need or need in TABLES)
    said = [
        either.join(label(one, language) for one in alike)
        for alike, need in zip(names, missing, strict=True)
        if "." in need
    ]
    if said:
        where = comma.join(label(f"table_{name}", language) for name in tables)
        return say(
            "Measured when the input holds {columns} in: {tables}",
            language,
            tables=where,
            columns=comma.join(said),
        )
    if tables:
        return say(
            "Measured when the input holds: {tables}",
            language,
            tables=comma.join(label(f"table_{name}", language) for name in tables),
        )
    return say(
        "Measured when the rules define: {rules}",
        language,
        rules=comma.join(label(one, language) for one in missing),
    )


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
