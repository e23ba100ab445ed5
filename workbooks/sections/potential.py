"""Potential: what each segment could bring with each product line, and the few to focus on (`spec/systems.md` E)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tierbook.arrow import arrays
from tierbook.potential import FOCUS, Potential, potential
from workbooks import charts
from workbooks import style as look
from workbooks.page import Block, Column, Page, Section

if TYPE_CHECKING:
    from tierbook.run import Run

_FIRST, _OTHER, _OTHERS = 190, 112, 8
_LAST = 1 + _OTHERS
_CHART_ROWS = 14
MOST_ROWS, MOST_DRAWN = 60, 15


def draw(page: Page, run: Run) -> None:
    """The focus set in a sentence, a chart of the largest, the table of all."""
    page.columns([20, _FIRST] + [_OTHER] * _OTHERS)
    row = page.header(_LAST)
    given = arrays(run.engine.sql("SELECT * FROM tierbook_segments"))
    share = run.pack.profile(run.profile).thresholds.get("focus", FOCUS)
    found = potential(given["customers"], given["uplift"], given["margin"], given["crm_cost"], focus=share)
    positive = found.potential[found.potential > 0]
    page.put(
        row, 1,
        page.say(
            "{count} of {all} reach {share} of all positive potential, {sum} together: focus on them.",
            count=int(found.focus.sum()), all=len(found.order), share=page.share(share),
            sum=page.short(float(found.potential[found.focus].sum())),
        )
        if positive.size
        else page.say("No segment brings more than its CRM cost."),
    )  # fmt: skip
    row += 2
    block = _draw_table(page, row + _CHART_ROWS, given, found)
    _draw_chart(page, row, block)
    page.prints(block.after, _LAST, repeat=(block.first - 1, block.first - 1))


def _draw_table(page: Page, row: int, given: dict[str, Any], found: Potential) -> Block:
    row = page.heading(
        row, 1, page.say("Potential of each segment and product line"),
        page.say("Customers × uplift × margin, less CRM cost. The share is that of all positive potentials up to the row."),
    )  # fmt: skip
    lines = []
    for at in found.order.tolist():
        lines.append([
            given["segment"][at] or page.label("not_given"), given["product_line"][at] or page.label("not_given"), given["customers"][at],
            given["uplift"][at], given["margin"][at], given["crm_cost"][at], found.potential[at], found.cumulative[at],
            page.label("focus_yes") if found.focus[at] else "",
        ])  # fmt: skip
    shown, rest = lines[:MOST_ROWS], found.order[MOST_ROWS:]
    if len(rest):
        others = page.say("Others ({count})", count=len(rest))
        shown.append([others, "", None, None, None, None, float(np.nansum(found.potential[rest])), None, ""])
    block = page.table(
        row, 1,
        [
            Column(page.label("segment"), "text", ("bold",)), Column(page.label("product_line")), Column(page.label("customers"), "count"),
            Column(page.label("uplift_per_customer"), "money"), Column(page.label("margin"), "share"), Column(page.label("crm_cost"), "money"),
            Column(page.label("potential"), "money"), Column(page.label("cumulative_share"), "share"), Column(page.label("focus"), "text", ("bold", "accent")),
        ],
        shown,
        [page.label("total"), "", None, None, None, float(np.nansum(given["crm_cost"])), float(np.nansum(found.potential)), None, ""],
    )  # fmt: skip
    page.bars(block, 6)
    return block


def _draw_chart(page: Page, row: int, block: Block) -> None:
    title = page.say("The largest potentials")
    drawn = Block(block.sheet, block.first, min(block.last, block.first + MOST_DRAWN - 1), block.left)
    made = charts.chart(page, "column", title=title)
    made.add_series({
        "name": drawn.heading(6), "categories": [drawn.sheet, drawn.first, drawn.left, drawn.last, drawn.left + 1],
        "values": drawn.column(6), "gap": 60, "data_labels": charts.labelled(page, "count"), **charts.filled(look.ACCENT),
    })  # fmt: skip
    made.set_x_axis(charts.category_axis(page, label_position="low"))
    made.set_y_axis(charts.value_axis(page, "axis", visible=False, major_gridlines={"visible": False}))
    page.place(made, row, 1, _FIRST + _OTHER * _OTHERS, _CHART_ROWS * look.ROW_PIXELS - 10, title)


SECTION = Section(
    "potential", ("segments", "segments.customers", "segments.uplift", "segments.margin"), draw, order=261
)
