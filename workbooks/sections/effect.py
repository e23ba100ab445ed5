"""Effect: every indicator of this window against the one before, and of any two periods that were asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workbooks.indicators import Change, Period, changes, direction, lacks_in_words, windows
from workbooks.page import Column, Page, Section

if TYPE_CHECKING:
    from tierbook.run import Run

_WIDTHS = (250, 100, 70, 100, 70, 100, 92, 92, 92, 100, 130)
_LAST = len(_WIDTHS)
# How a figure of each unit is shown; a gap of shares is in shares too.
KIND = {
    "share": "share",
    "ratio": "share",
    "money": "cents",
    "hours": "cents",
    "days": "cents",
    "points": "cents",
}


def draw(page: Page, run: Run) -> None:
    """The table of the two windows; below it that of two periods on request, and what would switch on the rest."""
    page.columns([20, *_WIDTHS])
    row = page.header(_LAST)
    pairs = [windows(run), *([run.compared] if run.compared else [])]
    for at, (before, after) in enumerate(pairs):
        found = changes(run, Period(*before), Period(*after))
        if at:
            page.turn(row)
        row = _draw_table(
            page, row, Period(*before), Period(*after), [one for one in found if not one.missing]
        )
        if at == len(pairs) - 1:
            row = _draw_absent(page, row, [one for one in found if one.missing])
    page.prints(row, _LAST)


def _draw_table(page: Page, row: int, before: Period, after: Period, found: Sequence[Change]) -> int:
    verdicts = page.label("list_comma").join(
        page.say(
            "{count} {verdict}",
            count=sum(one.verdict == name for one in found),
            verdict=page.label(f"verdict_{name}"),
        )
        for name in ("better", "worse", "same")
    )
    row = page.heading(
        row, 1,
        page.say("{first} to {last} against {earlier} to {before}", first=page.date(after.first), last=page.date(after.end),
                 earlier=page.date(before.first), before=page.date(before.end)),
        page.say("{verdicts}. Better is higher or lower, as the column says; every figure stands beside its count.", verdicts=verdicts),
    )  # fmt: skip
    columns = [
        Column(page.label("indicator"), "text", ("bold",)), Column(page.label("indicator_before"), "share"), Column(page.label("indicator_cases"), "count"),
        Column(page.label("indicator_after"), "share"), Column(page.label("indicator_cases"), "count"), Column(page.label("indicator_change"), "share"),
        Column(page.label("indicator_relative"), "change"), Column(page.label("indicator_direction")), Column(page.label("indicator_verdict")),
        Column(page.label("indicator_benchmark"), "share"), Column(page.label("indicator_gap"), "share"),
    ]  # fmt: skip
    # Without a benchmark there is no gap to it either.
    shown = [*range(len(columns))] if any(one.target for one in found) else [*range(len(columns) - 2)]
    block = page.table(
        row, 1, [columns[at] for at in shown], [[_cells(page, one)[at] for at in shown] for one in found]
    )
    for at, one in enumerate(found, block.first):
        kind, cells = KIND[one.indicator.unit], _cells(page, one)
        for position in {1, 3, 5, 9, 10} & set(shown):
            page.put(at, 1 + position, cells[position], "line", "cell", kind)
        if one.verdict in ("better", "worse"):
            page.put(at, 9, cells[8], "line", "cell", "good" if one.verdict == "better" else "alert")
    return block.after + 1


def _cells(page: Page, one: Change) -> list[Any]:
    unknown = page.label("indicator_unknown")
    return [
        page.label(f"indicator_{one.indicator.name}"), one.before.figure, one.before.cases, one.after.figure, one.after.cases, one.change,
        one.relative, page.label(f"direction_{direction(one)}"), page.label(f"verdict_{one.verdict}") if one.verdict else unknown,
        one.target.benchmark if one.target else None, one.gap,
    ]  # fmt: skip


def _draw_absent(page: Page, row: int, absent: Sequence[Change]) -> int:
    if not absent:
        return row
    row = page.heading(row, 1, page.label("indicators_absent"))
    for one in absent:
        page.fill(row, 1, _LAST, "line")
        page.put(row, 1, page.label(f"indicator_{one.indicator.name}"), "bold", "line")
        page.put(row, 2, lacks_in_words(one.missing, page.language), "line")
        row += 1
    return row


SECTION = Section("effect", ("transactions|interactions|surveys|leads|campaigns",), draw, order=175)
