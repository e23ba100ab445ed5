"""Service level: requests against their terms, call-backs, consultations, bookings, the day sheet (`spec/systems.md` H)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from tierbook.service_level import ServiceLevels, service_levels
from workbooks.page import Column, Page, Section
from workbooks.rows import keyed, names_of, records, share_of

if TYPE_CHECKING:
    from tierbook.run import Run

_FIRST, _OTHER, _OTHERS = 200, 112, 8
_LAST = 1 + _OTHERS
MOST_LISTED = 60
Rows = list[dict[str, Any]]


def draw(page: Page, run: Run) -> None:
    """Requests by term and department, the overdue ones, then coverage, consultations, bookings and days."""
    page.columns([20, _FIRST] + [_OTHER] * _OTHERS)
    row = page.header(_LAST)
    if run.pack.service:
        row = _draw_requests(page, row)
    row = _draw_call_backs(page, row)
    row = _draw_consultations(page, row)
    row = _draw_bookings(page, row)
    row = _draw_days(page, row)
    page.prints(row, _LAST)


def _draw_requests(page: Page, row: int) -> int:
    requests = records(page.run.table("requests"))
    if not requests:
        return row
    # A request closed before it came is on the data-quality page's side of things: here it is still open.
    closed = [
        one["closed"] if one["closed"] and one["closed"].date() >= one["opened"].date() else None
        for one in requests
    ]
    found = service_levels(
        np.array([one["opened"] for one in requests], dtype="datetime64[s]"),
        np.array(closed, dtype="datetime64[s]"),
        np.array([one["within_days"] for one in requests], dtype=float),
        as_of=page.run.as_of,
    )
    service = page.run.pack.service
    terms = [term.name for term in service.terms] if service else []
    for key, order, shown in (("term", terms, page.word), ("department", [], _as_it_is(page))):
        row = _draw_kept(page, row, key, order, shown, requests, found)
    return _draw_overdue(page, row, requests, found)


def _as_it_is(page: Page) -> Callable[[str | None], str]:
    return lambda name: name or page.label("not_given")


def _draw_kept(
    page: Page, row: int, key: str, order: list[str], shown: Callable[[str | None], str], requests: Rows, found: ServiceLevels,
) -> int:  # fmt: skip
    groups: dict[str | None, list[int]] = defaultdict(list)
    for at, one in enumerate(requests):
        groups[one[key]].append(at)

    def figures(places: list[int]) -> list[Any]:
        states = [found.state[at] for at in places]
        on_time, late, still = (states.count(state) for state in ("on_time", "late", "open"))
        overdue = int(found.overdue[places].sum())
        return [len(places), on_time, late, still, overdue, share_of(on_time, on_time + late + overdue)]

    top = row
    row = page.heading(
        row, 1, page.label(f"requests_by_{key}"),
        page.say("Requests of the last {days} days and all that are open; days are counted between dates, the last one included.",
                 days=page.run.window_days) if key == "term" else "",
    )  # fmt: skip
    ordered = keyed([{key: name, "places": places} for name, places in groups.items()], key, order)
    block = page.table(
        row, 1,
        [
            Column(page.label(f"request_{key}"), "text", ("bold",)), Column(page.label("requests"), "count"), Column(page.label("closed_on_time"), "count"),
            Column(page.label("closed_late"), "count"), Column(page.label("still_open"), "count"), Column(page.label("overdue"), "count"),
            Column(page.label("on_time_share"), "share"),
        ],
        [[shown(one[key]), *figures(one["places"])] for one in ordered],
        [page.label("total"), *figures(list(range(len(requests))))],
    )  # fmt: skip
    page.bars(block, 6)
    page.keep(top, block.after)
    return block.after + 2


def _draw_overdue(page: Page, row: int, requests: Rows, found: ServiceLevels) -> int:
    places = sorted(np.flatnonzero(found.overdue).tolist(), key=lambda at: (-found.days_over[at], at))
    if not places:
        return row
    listed = places[:MOST_LISTED]
    names = names_of(page.run, [requests[at]["customer_id"] for at in listed])
    row = page.heading(
        row, 1, page.label("requests_overdue"), page.say("{count} requests.", count=len(places))
    )
    block = page.table(
        row, 1,
        [
            Column(page.label("name"), "text", ("bold",)), Column(page.label("customer_id"), "text"), Column(page.label("department"), "text"),
            Column(page.label("request_term"), "text"), Column(page.label("opened"), "date"), Column(page.label("due"), "date"),
            Column(page.label("days_over"), "count"), Column(page.label("reason"), "text"), Column(page.label("owner"), "text"),
        ],
        [
            [names.get(one["customer_id"]), one["customer_id"], one["department"], page.word(one["term"]), one["opened"],
             found.due[at].item(), found.days_over[at], one["reason"], one["owner"]]
            for at, one in ((at, requests[at]) for at in listed)
        ],
    )  # fmt: skip
    return block.after + 2


def _draw_call_backs(page: Page, row: int) -> int:
    found = records(page.run.table("call_backs"))
    if not found:
        return row
    months = sorted({one["month"] for one in found})[-6:]
    groups: dict[str | None, Rows] = defaultdict(list)
    for one in found:
        groups[one["department"]].append(one)

    def figures(own: Rows) -> list[Any]:
        def share(rows: Rows) -> float | None:
            return share_of(sum(one["reached"] for one in rows), sum(one["discharged"] for one in rows))

        by_month = [share([one for one in own if one["month"] == month]) for month in months]
        return [sum(one["discharged"] for one in own), share(own), *by_month]

    top = row
    row = page.heading(
        row, 1, page.label("call_back_coverage"), page.say("Patients reached before their next stay, of those discharged; by month of discharge."),
    )  # fmt: skip
    block = page.table(
        row, 1,
        [Column(page.label("department"), "text", ("bold",)), Column(page.label("discharged"), "count"), Column(page.label("coverage"), "share"),
         *(Column(month.isoformat()[:7], "share") for month in months)],
        [[one["name"] or page.label("not_given"), *figures(one["own"])]
         for one in keyed([{"name": name, "own": own} for name, own in groups.items()], "name", [])],
        [page.label("total"), *figures(found)],
    )  # fmt: skip
    page.bars(block, 2)
    page.keep(top, block.after)
    return block.after + 2


def _draw_consultations(page: Page, row: int) -> int:
    found = records(page.run.table("consultations"))
    if not found:
        return row

    def figures(own: Rows) -> list[Any]:
        asked, answered, hours = (
            sum(one[name] for one in own) for name in ("consultations", "answered", "hours")
        )
        return [asked, answered, share_of(answered, asked), share_of(hours, answered)]

    top = row
    row = page.heading(
        row, 1, page.label("consultations"), page.say("In the last {days} days.", days=page.run.window_days)
    )
    block = page.table(
        row, 1,
        [Column(page.label("department"), "text", ("bold",)), Column(page.label("questions_asked"), "count"), Column(page.label("answered"), "count"),
         Column(page.label("share_answered"), "share"), Column(page.label("mean_hours"), "tenths")],
        [[one["department"] or page.label("not_given"), *figures([one])] for one in keyed(found, "department", [])],
        [page.label("total"), *figures(found)],
    )  # fmt: skip
    page.keep(top, block.after)
    return block.after + 2


def _draw_bookings(page: Page, row: int) -> int:
    found = records(page.run.table("bookings"))
    if not found:
        return row
    now, before = (sum(one[name] for one in found) for name in ("bookings", "bookings_before"))

    def change(one: int, other: int) -> float | None:
        return (one - other) / other if other else None

    top = row
    row = page.heading(
        row, 1, page.label("bookings"), page.say("In the last {days} days.", days=page.run.window_days)
    )
    block = page.table(
        row, 1,
        [Column(page.label("channel"), "text", ("bold",)), Column(page.label("bookings"), "count"), Column(page.label("share"), "share"),
         Column(page.label("bookings_before"), "count"), Column(page.label("change"), "change")],
        [
            [one["channel"] or page.label("not_given"), one["bookings"], share_of(one["bookings"], now), one["bookings_before"],
             change(one["bookings"], one["bookings_before"])]
            for one in sorted(found, key=lambda one: -one["bookings"])
        ],
        [page.label("total"), now, 1.0 if now else None, before, change(now, before)],
    )  # fmt: skip
    page.bars(block, 2)
    page.keep(top, block.after)
    return block.after + 2


def _draw_days(page: Page, row: int) -> int:
    found = records(page.run.table("day_sheet"))
    if not found:
        return row
    names = ("calls", "reached", "complaints", "surveys", "satisfied")
    top = row
    row = page.heading(
        row, 1, page.label("day_sheet"), page.say("Days of the last 31 with calls, complaints or surveys; satisfied is of the people who answered that day."),
    )  # fmt: skip
    block = page.table(
        row, 1,
        [Column(page.label("day"), "date", ("bold",)), *(Column(page.label(f"day_{name}"), "count") for name in names)],
        [[one["day"], *(one[name] for name in names)] for one in found],
        [page.label("total"), *(sum(one[name] for one in found) for name in names)],
    )  # fmt: skip
    page.keep(top, block.after)
    return block.after + 2


def _lacks(run: Run) -> Any:
    from tierbook.quality import Problem

    names = ("requests", "call_backs", "consultations", "bookings")
    if any(run.table(name).num_rows for name in names if name != "requests" or run.pack.service):
        return None
    return Problem("note", "The interactions hold no request, discharge, consultation or booking.")


SECTION = Section("service_level", ("interactions",), draw, order=77, lacks=_lacks)
