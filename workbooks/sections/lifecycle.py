"""Lifecycle: how many customers stand in each stage, what to do with them, and how they move."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbooks import charts
from workbooks import style as look
from workbooks.blocks import draw_moves
from workbooks.page import Block, Column, Page, Section
from workbooks.rows import share_of, stages, totals

if TYPE_CHECKING:
    from tierbook.run import Run

_FIRST, _OTHER, _GOAL = 200, 105, 290
_OTHERS = 6
_LAST = 2 + _OTHERS
_HALF = (_FIRST + _OTHER * _OTHERS + _GOAL - 16) // 2
_CHART_ROWS = 20


def draw(page: Page, run: Run) -> None:
    """Stages with their figures and actions, two charts, the transition matrix."""
    page.columns([20, _FIRST] + [_OTHER] * _OTHERS + [_GOAL])
    row = page.header(_LAST)
    row, block = _draw_stages(page, row)
    row = _draw_charts(page, row, block)
    order = [stage["stage"] for stage in stages(run) if stage["stage"] is not None]
    row = draw_moves(page, row, "stage_moves", order, "no_stage")
    page.prints(row, _LAST)


def _draw_stages(page: Page, row: int) -> tuple[int, Block]:
    rows = stages(page.run)
    actions = {stage.name: stage.action for stage in page.run.pack.stages}
    everyone = totals(rows, "customers", "revenue", "active", "flagged")
    row = page.heading(row, 1, page.label("stages"))
    block = page.table(
        row, 1,
        [
            Column(page.label("stage"), "text", ("bold",)), Column(page.label("customers"), "count"),
            Column(page.label("share_of_customers"), "share"), Column(page.label("revenue"), "money"),
            Column(page.label("share_of_revenue"), "share"), Column(page.label("active"), "count"),
            Column(page.label("at_risk_short"), "count"), Column(page.label("action_and_goal")),
        ],
        [
            [page.word(one["stage"], "no_stage"), one["customers"], share_of(one["customers"], everyone["customers"]),
             one["revenue"], share_of(one["revenue"], everyone["revenue"]), one["active"], one["flagged"],
             page.label("colon").join(text for text in (page.words(actions.get(one["stage"])), page.goal(one["stage"])) if text)]
            for one in rows
        ],
        [page.label("total"), everyone["customers"], 1.0, everyone["revenue"], share_of(everyone["revenue"], everyone["revenue"]), everyone["active"], everyone["flagged"], None],
    )  # fmt: skip
    for position in (2, 4):
        page.bars(block, position)
    return block.after + 2, block


def _draw_charts(page: Page, row: int, block: Block) -> int:
    height = _CHART_ROWS * look.ROW_PIXELS - 10
    title = page.say("Customers and revenue by stage")
    made = charts.grouped(page, block, ((2, look.ACCENT_SOFT), (4, look.ACCENT)), title=title)
    page.place(made, row, 1, _HALF, height, title)
    title = page.say("Customers, active and at risk by stage")
    made = charts.grouped(
        page, block, ((1, look.ACCENT_SOFT), (5, look.ACCENT), (6, look.ALERT)), title=title, number="count"
    )
    page.place(made, row, 1, _HALF, height, title, shift=_HALF + 16)
    return row + _CHART_ROWS


SECTION = Section("lifecycle", ("transactions", "stage"), draw, order=40)
