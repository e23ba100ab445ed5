"""Periods: every month against the month before, last year, and the year so far."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tierbook import periods
from workbooks import charts
from workbooks import style as look
from workbooks.page import Block, Column, Page, Section
from workbooks.rows import records, share_of, totals

if TYPE_CHECKING:
    from tierbook.run import Run

_FIRST, _OTHER, _OTHERS = 200, 115, 8
_LAST = 1 + _OTHERS
_CHART_ROWS = 17
# So many months have room for their names below a chart.
_NAMED = 26
MOST_MONTHS = 36


def draw(page: Page, run: Run) -> None:
    """The chart of revenue by month, the table below it."""
    page.columns([20, _FIRST] + [_OTHER] * _OTHERS)
    row = page.header(_LAST)
    chart_at = row
    row = page.heading(
        row + _CHART_ROWS, 1, page.label("periods_months"),
        page.say("Revenue is what was paid in the month, refunds taken off; a month without purchases is blank, and so is the year so far from then on."),
    )  # fmt: skip
    if partial := _partial(run):
        page.put(row, 1, _partial_note(page, partial), "small")
        row += 1
    block, least = _draw_table(page, row)
    _draw_chart(page, chart_at, block, least)
    page.prints(block.after, _LAST, repeat=(row, row))


def _partial(run: Run) -> str:
    """The month that is not over on the as-of date, "" where the last one is."""
    day = np.array([run.as_of], dtype="datetime64[D]")
    number = periods.period_number(day, period="month")
    over = periods.period_end(number, period="month")[0] <= day[0]
    return "" if over else str(periods.period_name(number, period="month")[0])


def _partial_note(page: Page, month: str) -> str:
    """What to keep in mind about a month that is not over."""
    return page.say(
        "{month} goes only up to {day}: its changes compare part of a month with whole ones.",
        month=month, day=page.date(page.run.as_of),
    )  # fmt: skip


def _draw_table(page: Page, row: int) -> tuple[Block, float]:
    months = records(page.run.table("calendar_months"))
    found = periods.period_table(
        np.array([one["month"] for one in months], dtype="datetime64[D]"),
        np.array([one["revenue"] for one in months], dtype=float),
    )
    names = periods.period_name(found.number, period="month").tolist()
    beside = {one["month"].isoformat()[:7]: one for one in months}
    partial = _partial(page.run)
    rows: list[list[Any]] = []
    for at, name in enumerate(names):
        of_month = beside.get(name, {})
        shown = page.say("{month} (not over)", month=name) if name == partial else name
        rows.append([
            shown, *(float(figure[at]) for figure in (found.value, found.mom, found.last_year, found.yoy, found.ytd, found.ytd_yoy)),
            of_month.get("active"), share_of(of_month.get("revenue", 0.0), of_month.get("active", 0)),
        ])  # fmt: skip
    shown_rows = rows[-MOST_MONTHS:]
    if earlier := names[: len(rows) - len(shown_rows)]:
        sums = totals([beside[name] for name in earlier if name in beside], "revenue")
        before = page.say("Up to {month}", month=earlier[-1])
        shown_rows.insert(0, [before, sums["revenue"], *[None] * 7])
    everything = totals(months, "revenue")
    block = page.table(
        row, 1,
        [
            Column(page.label("month"), "text", ("bold",)), Column(page.label("revenue"), "money"), Column(page.label("mom"), "change"),
            Column(page.label("last_year"), "money"), Column(page.label("yoy"), "change"), Column(page.label("ytd"), "money"),
            Column(page.label("ytd_yoy"), "change"), Column(page.label("active_customers"), "count"), Column(page.label("revenue_per_active"), "money"),
        ],
        shown_rows,
        [page.label("total"), everything["revenue"], *[None] * 7],
    )  # fmt: skip
    page.bars(block, 1)
    # The months before stand in one row, which is no month.
    return replace(block, first=block.first + bool(earlier)), float(np.nanmin(found.value))


def _draw_chart(page: Page, row: int, block: Block, least: float) -> None:
    """Columns from 0; a month of refunds alone, with `least` below 0, hangs from there."""
    title = page.say("Revenue by month, and in the same month of last year")
    made = charts.chart(page, "column", title=title, legend=True)
    months = block.last + 1 - block.first
    for position, name, colour in ((3, "last_year", look.ACCENT_SOFT), (1, "revenue", look.ACCENT)):
        made.add_series({
            "name": page.label(name), "categories": block.column(0), "values": block.column(position), "gap": 60,
            "overlap": 0, **charts.filled(colour),
        })  # fmt: skip
    made.set_x_axis(charts.category_axis(page, interval_unit=1 if months <= _NAMED else 3))
    bounds: dict[str, Any] = {} if least < 0 else {"min": 0}
    made.set_y_axis(charts.value_axis(page, **bounds))
    page.place(made, row, 1, _FIRST + _OTHER * _OTHERS, _CHART_ROWS * look.ROW_PIXELS - 10, title)


SECTION = Section("periods", ("transactions",), draw, order=110)
