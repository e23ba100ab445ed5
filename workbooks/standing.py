"""How things stand where nobody bought anything: figures, charts and things to act on of meters, registers, surveys and requests.

The page Overview draws them in place of revenue; each is absent without its tables.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tierbook.actions import KINDS
from tierbook.aggregates.usage import ALERTS, last_whole_month
from workbooks.matters import overdue_requests
from workbooks.next_actions import Reasons, every_action, listed
from workbooks.rows import keyed, records, share_of, tiers
from workbooks.wording import Wording

if TYPE_CHECKING:
    from tierbook.run import Run

MOST_TILES, MOST_CHARTS, MOST_THINGS = 6, 4, 5
_MONTHS = 13


class Figure(NamedTuple):
    """A headline figure: what it is, its kind, now and the time before (None: nothing to compare with), what that was."""

    name: str
    kind: str
    now: float
    before: float | None
    about: str
    more_is_better: bool = True


class Bars(NamedTuple):
    """A chart of one figure: its title, what the bars are, the figures, their kind; across for names, upright for months."""

    title: str
    heading: str
    rows: Sequence[tuple[str, float | None]]
    kind: str
    across: bool


def figures(words: Wording) -> list[Figure]:
    """Up to six headline figures, those of a system's own tables first."""
    run = words.run
    found = [Figure("customers", "count", run.population, None, words.label("standing_on_file"))]
    for table, tell in (
        ("readings", _metered),
        ("surveys", _asked),
        ("interactions", _served),
        ("registers", _registered),
    ):
        if run.tables.get(table):
            found += tell(words)
    kinds = every_action(run)
    to_do = int((kinds.due == kinds.due).sum())
    late = int((kinds.due < np.datetime64(run.as_of, "D")).sum())
    found.insert(
        1,
        Figure("to_do", "count", to_do, None, words.say("{count} of them overdue", count=f"{late:,}"), False),
    )
    return found[:MOST_TILES]


def charts_of(words: Wording) -> list[Bars]:
    """Up to four charts; what there is to do comes last, for it is always there."""
    run = words.run
    found: list[Bars] = []
    for table, tell in (
        ("readings", _usage_charts),
        ("surveys", _survey_charts),
        ("interactions", _service_charts),
        ("registers", _register_charts),
    ):
        if run.tables.get(table):
            found += [bars for bars in tell(words) if bars.rows]
    if run.pack.tiers:
        rows = [(words.word(one["tier"], "no_tier"), one["customers"]) for one in tiers(run)]
        found.append(Bars(words.say("Customers by tier"), words.label("tier"), rows, "count", True))
    kinds = Counter(kind for kind in every_action(run).kind.tolist() if kind)
    rows = [(words.label(f"action_{kind}"), kinds[kind]) for kind in KINDS if kinds[kind]]
    found.append(Bars(words.label("actions_by_kind"), words.label("action"), rows, "count", True))
    return [one for one in found if one.rows][:MOST_CHARTS]


def things_to_do(
    words: Wording, kinds: Sequence[str] = KINDS, most: int = MOST_THINGS
) -> list[tuple[str, str]]:
    """The most urgent kinds of action, most urgent first: (what to do, for whom and why)."""
    run, found = words.run, listed(words.run)
    reasons: Reasons | None = None
    told = []
    for kind in [kind for kind in kinds if (found.kind == kind).any()][:most]:
        reasons = reasons or Reasons(words)
        of_kind = np.flatnonzero(found.kind == kind)
        # The first to see to: the highest value at stake, else the one that waits longest.
        at = int(of_kind[0])
        row, due = int(found.row[at]), found.due[at].item()
        one = run.customers.slice(row, 1).to_pylist()[0]
        name = one.get("name") or one["customer_id"]
        said = words.label("colon").join((str(name), reasons.why(kind, due, row, one)))
        told.append((
            words.say("{action}: {count} customers", action=words.label(f"action_{kind}"), count=f"{len(of_kind):,}"),
            words.say("First {who}", who=said),
        ))  # fmt: skip
    return told


def _metered(words: Wording) -> Iterator[Figure]:
    run = words.run
    month = last_whole_month(run.as_of)
    rows = records(run.table("usage_months"))
    for measure in ("volume", "fee"):
        by_month: dict[date, float] = defaultdict(float)
        for one in rows:
            if one["measure"] == measure:
                by_month[one["month"]] += one["value"]
        if month in by_month:
            last_year = by_month.get(month.replace(year=month.year - 1))
            about = words.say("{month}, year on year", month=f"{month:%Y-%m}")
            yield Figure(measure, "short", by_month[month], last_year, about)
    if run.pack.readings:
        alerts = len({one["customer_id"] for one in records(run.table("load_alerts"))})
        yield Figure(
            "load_alerts",
            "count",
            alerts,
            None,
            words.say("customers, last {days} days", days=run.window_days),
            False,
        )
        if run.pack.readings.ten_days:
            last = records(run.table("ten_days"))[-1]
            about = words.say("of {due} that must report", due=last["due"])
            yield Figure("not_reported", "count", last["due"] - last["reported"], None, about, False)


def _asked(words: Wording) -> Iterator[Figure]:
    by_month = _answers_by_month(words.run)
    if by_month:
        month = max(by_month)
        before = [one for one in by_month if one < month]
        about = words.say("{month}, month on month", month=f"{month:%Y-%m}")
        yield Figure(
            "satisfaction", "tenths", by_month[month], by_month[max(before)] if before else None, about
        )


def _answers_by_month(run: Run) -> dict[date, float]:
    """Mean of all answers by month. [0-100]"""
    sums: dict[date, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for one in records(run.table("survey_answers")):
        sums[one["month"]][0] += one["points"]
        sums[one["month"]][1] += one["answers"]
    return {month: points / answers for month, (points, answers) in sorted(sums.items()) if answers}


def _served(words: Wording) -> Iterator[Figure]:
    run = words.run
    open_now = run.table("open_complaints").num_rows
    if run.pack.service:
        late = len(overdue_requests(run)[0])
        yield Figure(
            "requests_overdue",
            "count",
            late,
            None,
            words.say("{count} complaints are open", count=open_now),
            False,
        )
    elif open_now:
        yield Figure("open_complaints", "count", open_now, None, words.date(run.as_of), False)
    calls = records(run.table("call_backs"))
    if calls:
        share = share_of(sum(one["reached"] for one in calls), sum(one["discharged"] for one in calls))
        about = words.say(
            "{reached} of {due}",
            reached=sum(one["reached"] for one in calls),
            due=sum(one["discharged"] for one in calls),
        )
        yield Figure("call_back_coverage", "share", share or 0.0, None, about)
    answered = records(run.table("consultations"))
    if answered:
        whole = sum(one["consultations"] for one in answered)
        part = sum(one["answered"] for one in answered)
        yield Figure(
            "share_answered",
            "share",
            share_of(part, whole) or 0.0,
            None,
            words.say("{reached} of {due}", reached=part, due=whole),
        )


def _registered(words: Wording) -> Iterator[Figure]:
    items = records(words.run.table("register_items"))
    done, late = (sum(one[name] for one in items) for name in ("done", "overdue"))
    about = words.say("{overdue} of {open} open items are overdue", overdue=late, open=len(items) - done)
    yield Figure("closure_rate", "share", share_of(done, len(items)) or 0.0, None, about)


def _usage_charts(words: Wording) -> Iterator[Bars]:
    run = words.run
    by_month: dict[date, float] = defaultdict(float)
    for one in records(run.table("usage_months")):
        if one["measure"] == "volume" and one["month"] <= last_whole_month(run.as_of):
            by_month[one["month"]] += one["value"]
    rows = [(f"{month:%Y-%m}", by_month[month]) for month in sorted(by_month)[-_MONTHS:]]
    yield Bars(words.label("usage_volume"), words.label("month"), rows, "axis", False)
    if run.pack.readings:
        found = Counter(one["alert"] for one in records(run.table("load_alerts")))
        alerts = [(words.label(alert), found[alert]) for alert in ALERTS if found[alert]]
        title = words.say("Load alerts: customers of the last {days} days", days=run.window_days)
        yield Bars(title, words.label("alert"), alerts, "count", True)


def _survey_charts(words: Wording) -> Iterator[Bars]:
    by_month = _answers_by_month(words.run)
    rows = [(f"{month:%Y-%m}", by_month[month]) for month in sorted(by_month)[-_MONTHS:]]
    yield Bars(words.label("satisfaction_by_month"), words.label("month"), rows, "tenths", False)
    if words.run.pack.relation:
        found = Counter(words.run.customers["relation"].to_pylist())
        names = [level.name for level in words.run.pack.relation if level.name]
        levels = [(words.word(name), found[name]) for name in names if found[name]]
        yield Bars(
            words.say("Relationship of those who were asked"), words.label("relation"), levels, "count", True
        )


def _service_charts(words: Wording) -> Iterator[Bars]:
    voices = keyed(records(words.run.table("voices")), "department", [])
    rows = [
        (one["department"] or words.label("not_given"), one["complaints"])
        for one in voices
        if one["complaints"]
    ]
    title = words.say("Complaints of the last {days} days", days=words.run.window_days)
    yield Bars(title, words.label("department"), rows, "count", True)


def _register_charts(words: Wording) -> Iterator[Bars]:
    found = Counter(one["kind"] for one in records(words.run.table("register_items")) if not one["done"])
    rows = [
        (kind or words.label("not_given"), count)
        for kind, count in sorted(found.items(), key=lambda one: (one[0] is None, one[0]))
    ]
    yield Bars(words.label("registers_open"), words.label("register_kind"), rows, "count", True)
