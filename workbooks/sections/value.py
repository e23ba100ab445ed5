"""Value and tiers: what each tier is worth and why, the 80/20 list, who moved, and the rules' thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workbooks import charts
from workbooks import style as look
from workbooks.blocks import draw_moves, draw_thresholds, stage_column
from workbooks.page import Block, Column, Page, Section
from workbooks.rows import by_revenue, records, share_of, tier_names, totals
from workbooks.rows import tiers as ranked_tiers

if TYPE_CHECKING:
    from xlsxwriter.chart import Chart

    from tierbook.run import Run

_FIRST, _OTHER, _OTHERS = 200, 124, 8
_LAST = 1 + _OTHERS
_HALF = (_FIRST + _OTHER * _OTHERS - 16) // 2
_CHART_ROWS = 16
_TOP = 20


def draw(page: Page, run: Run) -> None:
    """Tables and charts from the whole to the single customer."""
    page.columns([20, _FIRST] + [_OTHER] * _OTHERS)
    row = page.header(_LAST)
    tiers = ranked_tiers(run)
    row, shares = _draw_tiers(page, row, tiers)
    row, parts = _draw_parts(page, row, tiers)
    row, classes = _draw_classes(page, row)
    top = row
    row = _draw_charts(page, row, parts, shares, classes)
    page.keep(top, row - 1)
    top, row = row, draw_moves(page, row, "tier_moves", tier_names(run), "no_tier")
    page.keep(top, row - 1)
    top, row = row, _draw_top(page, row)
    page.keep(top, row - 1)
    top = row
    row = page.heading(
        row,
        1,
        page.label("thresholds"),
        page.say("Numbers a manager may move; they are kept in the rule pack."),
    )
    row = draw_thresholds(page, row, _LAST)
    page.keep(top, row - 1)
    page.prints(row, _LAST)


def _draw_tiers(page: Page, row: int, tiers: list[dict[str, Any]]) -> tuple[int, Block]:
    everyone = totals(tiers, "customers", "revenue", "value")
    row = page.heading(row, 1, page.label("tiers"))
    block = page.table(
        row, 1,
        [
            Column(page.label("tier"), "text", ("bold",)), Column(page.label("customers"), "count"),
            Column(page.label("share_of_customers"), "share"), Column(page.label("revenue"), "money"),
            Column(page.label("share_of_revenue"), "share"), Column(page.label("value"), "money"),
            Column(page.label("share_of_value"), "share"), Column(page.label("mean_value"), "money"),
            Column(page.label("lowest_value"), "money"),
        ],
        [
            [page.word(tier["tier"], "no_tier"), tier["customers"], share_of(tier["customers"], everyone["customers"]),
             tier["revenue"], share_of(tier["revenue"], everyone["revenue"]), tier["value"],
             share_of(tier["value"], everyone["value"]), share_of(tier["value"], tier["customers"]), tier["lowest_value"]]
            for tier in tiers
        ],
        [page.label("total"), everyone["customers"], 1.0, everyone["revenue"], share_of(everyone["revenue"], everyone["revenue"]), everyone["value"], share_of(everyone["value"], everyone["value"]),
         share_of(everyone["value"], everyone["customers"]), None],
    )  # fmt: skip
    for position in (2, 4, 6):
        page.bars(block, position)
    return block.after + 2, block


def _draw_parts(page: Page, row: int, tiers: list[dict[str, Any]]) -> tuple[int, Block]:
    parts = page.run.pack.value_parts
    everyone = totals(tiers, "value", *(f"value.{part}" for part in parts))
    row = page.heading(
        row,
        1,
        page.label("value_parts"),
        page.say("Each part of the value, added up over the customers of a tier."),
    )
    block = page.table(
        row, 1,
        [
            Column(page.label("value_part"), "text", ("bold",)),
            *(Column(page.word(tier["tier"], "no_tier"), "money") for tier in tiers),
            Column(page.label("total"), "money"), Column(page.label("share_of_value"), "share"),
        ],
        [
            [page.word(part), *(tier[f"value.{part}"] for tier in tiers), everyone[f"value.{part}"],
             share_of(everyone[f"value.{part}"], everyone["value"])]
            for part in parts
        ],
        [page.label("total"), *(tier["value"] for tier in tiers), everyone["value"], share_of(everyone["value"], everyone["value"])],
    )  # fmt: skip
    return block.after + 2, block


def _draw_classes(page: Page, row: int) -> tuple[int, Block]:
    rows = records(page.run.table("classes"))
    everyone = totals(rows, "customers", "active", "revenue", "revenue_recent")
    row = page.heading(
        row, 1, page.label("classes"),
        page.say("A: the customers who bring the first 80% of revenue; B: up to 95%; C: the rest."),
    )  # fmt: skip
    block = page.table(
        row, 1,
        [
            Column(page.label("class"), "text", ("bold",)), Column(page.label("customers"), "count"),
            Column(page.label("share_of_customers"), "share"), Column(page.label("revenue"), "money"),
            Column(page.label("share_of_revenue"), "share"), Column(page.label("mean_revenue"), "money"),
            Column(page.label("active"), "count"), Column(page.label("share_active"), "share"),
            Column(page.label("revenue_recent"), "money"),
        ],
        [
            [one["class"], one["customers"], share_of(one["customers"], everyone["customers"]), one["revenue"],
             share_of(one["revenue"], everyone["revenue"]), share_of(one["revenue"], one["customers"]), one["active"],
             share_of(one["active"], one["customers"]), one["revenue_recent"]]
            for one in rows
        ],
        [page.label("total"), everyone["customers"], 1.0, everyone["revenue"], share_of(everyone["revenue"], everyone["revenue"]),
         share_of(everyone["revenue"], everyone["customers"]), everyone["active"],
         share_of(everyone["active"], everyone["customers"]), everyone["revenue_recent"]],
    )  # fmt: skip
    for position in (2, 4):
        page.bars(block, position)
    return block.after + 2, block


def _draw_charts(page: Page, row: int, parts: Block, tiers: Block, classes: Block) -> int:
    count = tiers.last + 1 - tiers.first
    # Of a value in one piece there is nothing to see: the tiers stand there instead.
    left = _parts_chart(page, parts, count) if parts.last > parts.first else _tiers_chart(page, tiers)
    right = _classes_chart(page, classes)
    height = _CHART_ROWS * look.ROW_PIXELS - 10
    # The second chart begins in the middle of the page, whatever columns lie under it.
    for (made, title), shift in ((left, 0), (right, _HALF + 16)):
        page.place(made, row, 1, _HALF, height, title, shift=shift)
    return row + _CHART_ROWS


def _parts_chart(page: Page, parts: Block, tiers: int) -> tuple[Chart, str]:
    title = page.say("What the value of each tier is made of")
    head = parts.first - 1
    categories = [parts.sheet, head, parts.left + 1, head, parts.left + tiers]
    layers = [
        ([parts.sheet, at, parts.left], [parts.sheet, at, parts.left + 1, at, parts.left + tiers])
        for at in range(parts.first, parts.last + 1)
    ]
    return charts.stacked(page, categories, layers, look.shades(len(layers)), title=title), title


def _tiers_chart(page: Page, tiers: Block) -> tuple[Chart, str]:
    title = page.say("Customers, revenue and value by tier")
    colours = ((2, look.ACCENT_SOFT), (4, look.ACCENT_MID), (6, look.ACCENT))
    return _shares_chart(page, title, tiers, colours), title


def _classes_chart(page: Page, classes: Block) -> tuple[Chart, str]:
    title = page.say("Customers and revenue by class of the 80/20 list")
    return _shares_chart(page, title, classes, ((2, look.ACCENT_SOFT), (4, look.ACCENT))), title


def _shares_chart(page: Page, title: str, block: Block, colours: Sequence[tuple[int, str]]) -> Chart:
    made = charts.chart(page, "column", title=title, legend=True)
    for position, colour in colours:
        made.add_series({
            "name": block.heading(position), "categories": block.column(0), "values": block.column(position),
            "gap": 80, "overlap": -5, "data_labels": charts.labelled(page, "share0"), **charts.filled(colour),
        })  # fmt: skip
    made.set_x_axis(charts.category_axis(page, label_position="low"))
    made.set_y_axis(charts.value_axis(page, "share0", visible=False, major_gridlines={"visible": False}))
    return made


def _draw_top(page: Page, row: int) -> int:
    customers = page.run.customers
    best = records(customers.take(by_revenue(customers)[:_TOP]))
    everyone = totals(records(page.run.table("classes")), "revenue")["revenue"]
    running, rows = 0.0, []
    stage, stage_of = stage_column(page)
    for place, one in enumerate(best, 1):
        spend = one["total_spend"] or 0.0
        running += max(spend, 0.0)
        rows.append([
            one.get("name") or one["customer_id"], place, page.word(one["tier"], "no_tier"), spend, share_of(spend, everyone),
            share_of(running, everyone), one["value"], stage_of(one), one["last_date"],
        ])  # fmt: skip
    row = page.heading(row, 1, page.say("The {count} customers with the most revenue", count=len(best)))
    block = page.table(
        row, 1,
        [
            Column(page.label("customer"), "text", ("bold",)), Column(page.label("rank"), "count"), Column(page.label("tier")),
            Column(page.label("revenue"), "money"), Column(page.label("share_of_revenue"), "share"),
            Column(page.label("running_share"), "share"), Column(page.label("value"), "money"), stage,
            Column(page.label("last_date"), "date"),
        ],
        rows,
    )  # fmt: skip
    page.bars(block, 5)
    return block.after + 1


SECTION = Section("value", ("transactions", "value", "tier"), draw, order=30)
