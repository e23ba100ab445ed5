"""Value and tiers: what each tier is worth and why, the 80/20 list, who moved, and the rules' thresholds."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from workbooks import charts
from workbooks import style as look
from workbooks.page import Block, Column, Page, Section, keyed, records, share_of

if TYPE_CHECKING:
    from tierbook.score import Run

_FIRST, _OTHER, _OTHERS = 200, 115, 8
_LAST = 1 + _OTHERS
_HALF = (_FIRST + _OTHER * _OTHERS - 16) // 2
_CHART_ROWS = 13
_TOP = 20


def draw(page: Page, run: Run) -> None:
    """Tables and charts from the whole to the single customer."""
    page.columns([20, _FIRST] + [_OTHER] * _OTHERS)
    row = page.header(_LAST)
    tiers = keyed(records(run.table("tiers")), "tier", [level.name for level in run.pack.tiers.levels])
    row = _draw_tiers(page, row, tiers)
    row, parts = _draw_parts(page, row, tiers)
    row, classes = _draw_classes(page, row)
    row = _draw_charts(page, row, parts, len(tiers), classes)
    page.sheet.set_h_pagebreaks([row])
    row = _draw_top(page, row)
    row = _draw_moves(page, row)
    row = _draw_thresholds(page, row)
    page.prints(row, _LAST)


def _draw_tiers(page: Page, row: int, tiers: list[dict[str, Any]]) -> int:
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
        [page.label("total"), everyone["customers"], 1.0, everyone["revenue"], 1.0, everyone["value"], 1.0,
         share_of(everyone["value"], everyone["customers"]), None],
    )  # fmt: skip
    for position in (2, 4, 6):
        page.bars(block, position)
    return block.after + 2


def totals(rows: list[dict[str, Any]], *names: str) -> dict[str, float]:
    """Sums of some columns, exact to the cent whatever the order of the rows."""
    from math import fsum

    return {name: fsum(row[name] for row in rows) for name in names}


def _draw_parts(page: Page, row: int, tiers: list[dict[str, Any]]) -> tuple[int, Block]:
    parts = page.run.pack.value_parts
    everyone = totals(tiers, "value", *(f"value.{part}" for part in parts))
    row = page.heading(row, 1, page.label("value_parts"), page.say("Each part of the value, added up over the customers of a tier."))
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
        [page.label("total"), *(tier["value"] for tier in tiers), everyone["value"], 1.0],
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
        [page.label("total"), everyone["customers"], 1.0, everyone["revenue"], 1.0,
         share_of(everyone["revenue"], everyone["customers"]), everyone["active"],
         share_of(everyone["active"], everyone["customers"]), everyone["revenue_recent"]],
    )  # fmt: skip
    for position in (2, 4):
        page.bars(block, position)
    return block.after + 2, block


def _draw_charts(page: Page, row: int, parts: Block, tiers: int, classes: Block) -> int:
    title = page.say("What the value of each tier is made of")
    head = parts.first - 1
    categories = [parts.sheet, head, parts.left + 1, head, parts.left + tiers]
    layers = [
        ([parts.sheet, at, parts.left], [parts.sheet, at, parts.left + 1, at, parts.left + tiers])
        for at in range(parts.first, parts.last + 1)
    ]
    made = charts.stacked(page, categories, layers, look.shades(len(layers)), title=title)
    height = _CHART_ROWS * look.ROW_PIXELS - 10
    page.place(made, row, 1, _HALF, height, title)
    title = page.say("Customers and revenue by class of the 80/20 list")
    made = charts.chart(page, "column", title=title, legend=True)
    for position, colour in ((2, look.ACCENT_SOFT), (4, look.ACCENT)):
        made.add_series({
            "name": classes.heading(position), "categories": classes.column(0), "values": classes.column(position),
            "gap": 80, "overlap": -5, "data_labels": charts.labelled(page, "share0"), **charts.filled(colour),
        })  # fmt: skip
    made.set_x_axis(charts.category_axis(page))
    made.set_y_axis(charts.value_axis(page, "share0", visible=False, min=0, major_gridlines={"visible": False}))
    # The second chart begins in the middle of the page, whatever columns lie under it.
    page.place(made, row, 1, _HALF, height, title, shift=_HALF + 16)
    return row + _CHART_ROWS


def _draw_top(page: Page, row: int) -> int:
    import pyarrow.compute as pc

    customers = page.run.customers
    order = pc.sort_indices(customers, [("total_spend", "descending"), ("customer_id", "ascending")], null_placement="at_end")
    best = records(customers.take(order[:_TOP]))
    everyone = totals(records(page.run.table("classes")), "revenue")["revenue"]
    running, rows = 0.0, []
    for place, one in enumerate(best, 1):
        spend = one["total_spend"] or 0.0
        running += max(spend, 0.0)
        rows.append([
            one.get("name") or one["customer_id"], place, page.word(one["tier"], "no_tier"), spend, share_of(spend, everyone),
            share_of(running, everyone), one["value"], page.word(one["stage"]), one["last_date"],
        ])  # fmt: skip
    row = page.heading(row, 1, page.say("The {count} customers with the most revenue", count=len(best)))
    block = page.table(
        row, 1,
        [
            Column(page.label("customer"), "text", ("bold",)), Column(page.label("rank"), "count"), Column(page.label("tier")),
            Column(page.label("revenue"), "money"), Column(page.label("share_of_revenue"), "share"),
            Column(page.label("running_share"), "share"), Column(page.label("value"), "money"), Column(page.label("stage")),
            Column(page.label("last_date"), "date", ("right",)),
        ],
        rows,
    )  # fmt: skip
    page.bars(block, 5)
    return block.after + 1


def _draw_moves(page: Page, row: int) -> int:
    names = [level.name for level in page.run.pack.tiers.levels]
    return draw_matrix(page, row, page.label("tier_moves"), records(page.run.table("tier_moves")), names, "no_tier")


def draw_matrix(page: Page, row: int, title: str, moves: list[dict[str, Any]], order: list[str], missing: str) -> int:
    """Customers by where they stood one window ago (rows) and where they stand now (columns), shaded."""
    earlier = page.date(page.run.as_of - timedelta(days=page.run.window_days))
    row = page.heading(
        row, 1, title,
        page.say("Rows: {earlier}. Columns: {now}. Who stayed is on the diagonal.", earlier=earlier, now=page.date(page.run.as_of)),
    )  # fmt: skip
    counts = {(move["before"], move["now"]): move["customers"] for move in moves}
    known = {name for pair in counts for name in pair if name is not None}
    names: list[str | None] = [*order, *sorted(known - set(order))]
    if any(now is None for _, now in counts):
        names.append(None)
    befores = names if None in names else [*names, None]
    block = page.table(
        row, 1,
        [
            Column(page.label("from_to"), "text", ("bold",)),
            *(Column(page.word(name, missing), "count") for name in names), Column(page.label("total"), "count"),
        ],
        [
            [page.word(before, "new_customers"), *(counts.get((before, now), 0) for now in names),
             sum(counts.get((before, now), 0) for now in names)]
            for before in befores
        ],
        [page.label("total"), *(sum(counts.get((before, now), 0) for before in befores) for now in names), sum(counts.values())],
    )  # fmt: skip
    page.heat(block.first, block.left + 1, block.last, block.left + len(names))
    return block.after + 2


def _draw_thresholds(page: Page, row: int) -> int:
    row = page.heading(row, 1, page.label("thresholds"), page.say("Numbers a manager may move; they are kept in the rule pack."))
    return draw_thresholds(page, row, _LAST)


def draw_thresholds(page: Page, row: int, last: int) -> int:
    """The pack's thresholds: name, number, unit, reason."""
    used = page.run.pack.profiles[page.run.profile].thresholds
    block = page.table(
        row, 1,
        [Column(page.label("threshold"), "text", ("bold",)), Column(page.label("number"), "plain"), Column(page.label("unit"), "text", ("indent",)), Column(page.label("because"))],
        [[page.word(name), used[name], page.label(f"unit_{one.unit}") if one.unit else "", one.because] for name, one in page.run.pack.thresholds.items()],
    )  # fmt: skip
    page.fill(row, 5, last, "head")
    for at in range(block.first, block.last + 1):
        page.fill(at, 5, last, "line")
    return block.after + 1


SECTION = Section("value", ("transactions", "value", "tier"), draw, order=30)
