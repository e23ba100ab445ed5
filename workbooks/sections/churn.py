"""Churn: how many are at risk in which tier, which warning signs cost most, and whom to call first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbooks import charts
from workbooks import style as look
from workbooks.advice import signal_words
from workbooks.page import Block, Column, Page, Section
from workbooks.rows import churn_names, records, share_of, signals, tiers, watched

if TYPE_CHECKING:
    from tierbook.score import Run

_FIRST, _OTHER, _REASON = 190, 90, 400
_OTHERS = 6
_LAST = 2 + _OTHERS
_HALF = (_FIRST + _OTHER * _OTHERS + _REASON - 16) // 2
_CHART_ROWS = 20
MOST_WATCHED = 50


def draw(page: Page, run: Run) -> None:
    """Level by tier, warning signs, the watch list."""
    page.columns([20, _FIRST] + [_OTHER] * _OTHERS + [_REASON])
    row = page.header(_LAST)
    row, levels, count = _draw_levels(page, row)
    row, signs = _draw_signals(page, row)
    row = _draw_charts(page, row, levels, count, signs)
    page.sheet.set_h_pagebreaks([row])
    head, last = _draw_watch_list(page, row)
    page.prints(last, _LAST, repeat=None if head is None else (head, head))


def _draw_levels(page: Page, row: int) -> tuple[int, Block, int]:
    names = churn_names(page.run)
    found = records(page.run.table("levels_by_tier"))
    names += sorted({one["churn_level"] for one in found if one["churn_level"]} - set(names))
    rows = []
    for one in tiers(page.run):
        counts = {row["churn_level"]: row["customers"] for row in found if row["tier"] == one["tier"]}
        rows.append(
            [
                page.word(one["tier"], "no_tier"),
                *(counts.get(name, 0) for name in names),
                one["customers"],
                share_of(one["flagged"], one["customers"]),
            ]
        )
    flagged = sum(one["flagged"] for one in found)
    everyone = sum(row[-2] for row in rows)
    row = page.heading(row, 1, page.label("levels_by_tier"))
    block = page.table(
        row, 1,
        [Column(page.label("tier"), "text", ("bold",)), *(Column(page.word(name), "count") for name in names),
         Column(page.label("customers"), "count"), Column(page.label("share_at_risk"), "share")],
        rows,
        [page.label("total"), *(sum(row[at] for row in rows) for at in range(1, len(names) + 1)), everyone, share_of(flagged, everyone)],
    )  # fmt: skip
    page.bars(block, len(names) + 2, look.ALERT_SOFT)
    return block.after + 2, block, len(names)


def _draw_signals(page: Page, row: int) -> tuple[int, Block | None]:
    points = signals(page.run)
    everyone = records(page.run.table("totals"))[0]
    found = sorted(records(page.run.table("signals")), key=lambda one: (-one["revenue_year"], one["signal"]))
    if not found:
        row = page.heading(row, 1, page.label("signals"), page.say("No customer shows a warning sign."))
        return row + 1, None
    row = page.heading(
        row, 1, page.label("signals"),
        page.say("A customer may show several signs; the rows overlap. Revenue is that of the last twelve months."),
    )  # fmt: skip
    block = page.table(
        row, 1,
        [Column(page.label("signal"), "text", ("bold",)), Column(page.label("points"), "plain"), Column(page.label("customers"), "count"),
         Column(page.label("share_of_customers"), "share"), Column(page.label("at_risk_short"), "count"), Column(page.label("value"), "money"),
         Column(page.label("revenue"), "money"), Column(page.label("because"))],
        [[signal_words(page, points[one["signal"]].reason), points[one["signal"]].points, one["customers"],
          share_of(one["customers"], everyone["customers"]), one["flagged"], one["value"], one["revenue_year"], points[one["signal"]].because]
         for one in found],
    )  # fmt: skip
    return block.after + 1, block


def _draw_charts(page: Page, row: int, levels: Block, count: int, signs: Block | None) -> int:
    height = _CHART_ROWS * look.ROW_PIXELS - 10
    title = page.say("Churn level by tier, share of customers")
    layers = [(levels.heading(position), levels.column(position)) for position in range(1, count + 1)]
    made = charts.stacked(page, levels.column(0), layers, look.alert_shades(count), title=title)
    page.place(made, row, 1, _HALF, height, title)
    if signs is None:
        return row + _CHART_ROWS
    title = page.say("What each warning sign puts at stake: revenue of the last twelve months")
    made = charts.chart(page, "bar", title=title)
    made.add_series({
        "name": signs.heading(6), "categories": signs.column(0), "values": signs.column(6), "gap": 60,
        "data_labels": charts.labelled(page, "axis"), **charts.filled(look.ALERT),
    })  # fmt: skip
    made.set_y_axis(charts.category_axis(page, reverse=True))
    made.set_x_axis(charts.value_axis(page, visible=False, min=0, major_gridlines={"visible": False}))
    page.place(made, row, 1, _HALF, height, title, shift=_HALF + 16)
    return row + _CHART_ROWS


def _draw_watch_list(page: Page, row: int) -> tuple[int | None, int]:
    rows = watched(page.run)
    shown = rows[:MOST_WATCHED]
    reasons = page.run.reasons(page.language)
    if not len(rows):
        row = page.heading(row, 1, page.label("watch_list"), page.say("No customer is at risk."))
        return None, row
    row = page.heading(
        row, 1, page.label("watch_list"),
        page.say("{shown} of {all} customers at risk, by value at stake; the page {page} lists them all.", shown=len(shown),
                 all=f"{len(rows):,}", page=page.label("page_customers")),
    )  # fmt: skip
    block = page.table(
        row, 1,
        [Column(page.label("customer"), "text", ("bold",)), Column(page.label("tier")), Column(page.label("stage")),
         Column(page.label("churn_level"), "text", ("alert",)), Column(page.label("churn_score"), "score"),
         Column(page.label("value"), "money"), Column(page.label("last_date"), "date"),
         Column(page.label("churn_reasons"), "text", ("wrap",))],
        [
            [one.get("name") or one["customer_id"], page.word(one["tier"], "no_tier"), page.word(one["stage"]),
             page.word(one["churn_level"]), one["churn_score"], one["value"], one["last_date"], reasons[at]]
            for at, one in zip(shown.tolist(), records(page.run.customers.take(shown)), strict=True)
        ],
    )  # fmt: skip
    page.bars(block, 5, look.ALERT_SOFT)
    for at, position in zip(range(block.first, block.last + 1), shown.tolist(), strict=True):
        lines = 1 + int(look.display_width(reasons[position]) * 5.6) // (_REASON - 24)
        page.sheet.set_row_pixels(at, 5 + 16 * lines)
    return row, block.last


SECTION = Section("churn", ("transactions", "churn_level"), draw, order=50)
