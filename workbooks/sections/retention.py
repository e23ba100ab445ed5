"""Retention: who comes back, month by month after the first purchase, and how soon a second purchase follows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tierbook.language import together
from tierbook.periods import period_name, period_number
from tierbook.quality import Problem
from tierbook.retention import CohortTable, cohorts_counted
from workbooks import charts
from workbooks import style as look
from workbooks.page import Block, Column, Page, Section
from workbooks.rows import records, share_of

if TYPE_CHECKING:
    from xlsxwriter.chart import Chart

    from tierbook.run import Run

_FIRST, _SIZE, _MONTH = 120, 86, 60
MOST_MONTHS = 24
_LAST = 2 + MOST_MONTHS
_WIDTH = _FIRST + _SIZE + _MONTH * MOST_MONTHS
_HALF = (_WIDTH - 16) // 2
_CHART_ROWS = 17


def draw(page: Page, run: Run) -> None:
    """The cohort heat map, the mean of all cohorts, the repeat-purchase curve."""
    page.columns([20, _FIRST, _SIZE] + [_MONTH] * MOST_MONTHS)
    row = page.header(_LAST)
    found = cohorts(run)
    row, block, months = _draw_cohorts(page, row, found)
    charts_at = row
    row += _CHART_ROWS if months > 1 else 0
    last, second = _draw_second(page, row)
    page.keep(charts_at, row - 1)
    page.keep(row, last)
    if months > 1:
        most = float(np.nanmax(found.mean[1:months], initial=0.0))
        _draw_charts(page, charts_at, block, months, second, most)
    page.prints(last, _LAST)


def cohorts(run: Run) -> CohortTable:
    """The run's monthly cohorts."""
    rows = records(run.table("cohorts"))
    months = {
        name: np.array([one[name] for one in rows], dtype="datetime64[D]") for name in ("cohort", "month")
    }
    return cohorts_counted(
        period_number(months["cohort"], period="month"), period_number(months["month"], period="month"),
        [one["customers"] for one in rows], as_of=run.as_of,
    )  # fmt: skip


def _draw_cohorts(page: Page, row: int, found: CohortTable) -> tuple[int, Block, int]:
    first = max(len(found.cohort) - MOST_MONTHS, 0)
    months = min(found.bought.shape[1], MOST_MONTHS)
    names = period_name(found.cohort, period="month").tolist()
    note = page.say(
        "Customers by the month of their first purchase; share of them who bought again so many months later. Months that are not over are blank."
    )
    if first:
        more = page.say("The last {count} cohorts; the mean is that of all.", count=MOST_MONTHS)
        note = together((note, more), page.language)
    row = page.heading(row, 1, page.label("cohorts"), note)
    everyone = int(found.customers.sum())
    block = page.table(
        row, 1,
        [
            Column(page.label("cohort"), "text", ("bold",)), Column(page.label("customers"), "count"),
            *(Column(f"+{month}" if month else "0", "share0") for month in range(months)),
        ],
        [
            [names[at], int(found.customers[at]), *found.retained[at, :months].tolist()]
            for at in range(first, len(names))
        ],
        [page.label("cohorts_mean"), everyone, *found.mean[:months].tolist()],
        head_pixels=24,
    )  # fmt: skip
    if months > 1:
        page.heat(block.first, block.left + 3, block.last, block.left + 1 + months)
    return block.after + 2, block, months


def _draw_second(page: Page, row: int) -> tuple[int, Block]:
    found = records(page.run.table("second_purchases"))
    row = page.heading(
        row, 1, page.label("second_purchases"),
        page.say("Of the customers whose first purchase is at least so many days ago, those who bought again on another day within so many days."),
    )  # fmt: skip
    block = page.table(
        row, 1,
        [Column(page.label("within_days"), "text", ("bold",)), Column(page.label("customers"), "count")],
        [[page.say("{days} days", days=one["days"]), one["customers"]] for one in found],
    )  # fmt: skip
    # Two further figures, each over two of the narrow columns of months.
    for left, title in ((3, page.label("bought_again")), (5, page.label("share_again"))):
        page.across(row, left, left + 1, title, "head", "right")
    for at, one in enumerate(found, block.first):
        share = share_of(one["repeated"], one["customers"])
        for left, figure, kind in ((3, one["repeated"], "count"), (5, share, "share")):
            page.across(at, left, left + 1, "", "line")
            page.put(at, left, figure, "line", "cell", kind)
    return block.after, block


def _draw_charts(page: Page, row: int, cohorts: Block, months: int, second: Block, most: float) -> None:
    height = _CHART_ROWS * look.ROW_PIXELS - 10
    title = page.say("Share of a cohort that buys again, by months since the first purchase")
    made = _curve(page, title, most)
    # The mean of all cohorts stands in the total row; the cohorts' own month, all of them, is left out.
    first, last = cohorts.left + 3, cohorts.left + 1 + months
    made.add_series({
        "categories": [cohorts.sheet, cohorts.first - 1, first, cohorts.first - 1, last],
        "values": [cohorts.sheet, cohorts.after, first, cohorts.after, last], **_line(),
    })  # fmt: skip
    page.place(made, row, 1, _HALF, height, title)
    title = page.say("How soon a second purchase follows: share of customers, by days since the first")
    made = _curve(page, title, 1.0)
    made.add_series({"categories": second.column(0), "values": second.column(4), **_line()})
    page.place(made, row, 1, _HALF, height, title, shift=_HALF + 16)


def _curve(page: Page, title: str, most: float) -> Chart:
    made = charts.chart(page, "line", title=title)
    made.set_x_axis(charts.category_axis(page))
    made.set_y_axis(charts.value_axis(page, "share0", min=0, **charts.whole(most)))
    return made


def _line() -> dict[str, Any]:
    dot = {"type": "circle", "size": 5, "fill": {"color": look.ACCENT}, "border": {"color": look.WHITE}}
    return {"line": {"color": look.ACCENT, "width": 2.5}, "marker": dot}


def _lacks(run: Run) -> Problem | None:
    if records(run.table("totals"))[0]["buyers"]:
        return None
    return Problem("note", "Nobody has bought anything yet.")


SECTION = Section("retention", ("transactions",), draw, order=60, lacks=_lacks)
