"""Products: what is bought most, by how many customers, and how many of them come back for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workbooks import charts
from workbooks import style as look
from workbooks.page import Block, Column, Page, Section
from workbooks.rows import records, share_of, totals

if TYPE_CHECKING:
    from tierbook.run import Run

_FIRST, _OTHER, _OTHERS = 230, 112, 8
_LAST = 1 + _OTHERS
_HALF = (_FIRST + _OTHER * _OTHERS - 16) // 2
_CHART_ROWS = 15
MOST_PRODUCTS, MOST_DRAWN = 50, 10


def draw(page: Page, run: Run) -> None:
    """Two charts of the products bought most, the table of all of them."""
    page.columns([20, _FIRST] + [_OTHER] * _OTHERS)
    row = page.header(_LAST)
    head, block = _draw_table(page, row + _CHART_ROWS)
    _draw_charts(page, row, block)
    page.prints(block.after, _LAST, repeat=(head, head))


def _draw_table(page: Page, row: int) -> tuple[int, Block]:
    found = sorted(
        records(page.run.table("products")), key=lambda one: (-one["revenue"], str(one["product"]))
    )
    buyers = records(page.run.table("totals"))[0]["buyers"]
    everything = totals(found, "revenue", "revenue_recent", "purchase_days")
    shown, rest = found[:MOST_PRODUCTS], found[MOST_PRODUCTS:]
    row = page.heading(
        row, 1, page.label("products_bought"),
        page.say("A customer comes back for a product who buys it on two days or more. A purchase is a customer's day with the product."),
    )  # fmt: skip

    def cells(name: str, one: Mapping[str, Any]) -> list[Any]:
        customers, again = one.get("customers"), one.get("repeat_customers")
        return [
            name, one["revenue"], share_of(one["revenue"], everything["revenue"]), one["revenue_recent"], one["purchase_days"],
            customers, None if customers is None else share_of(customers, buyers), again,
            None if customers is None or again is None else share_of(again, customers),
        ]  # fmt: skip

    rows = [cells(one["product"] or page.label("not_given"), one) for one in shown]
    if rest:
        # Customers of several products cannot be added up.
        others = totals(rest, "revenue", "revenue_recent", "purchase_days")
        rows.append(cells(page.say("Others ({count})", count=len(rest)), others))
    block = page.table(
        row, 1,
        [
            Column(page.label("product"), "text", ("bold",)), Column(page.label("revenue"), "money"), Column(page.label("share_of_revenue"), "share"),
            Column(page.label("revenue_recent"), "money"), Column(page.label("purchases"), "count"), Column(page.label("customers"), "count"),
            Column(page.label("share_of_buyers"), "share"), Column(page.label("came_back"), "count"), Column(page.label("repeat_share"), "share"),
        ],
        rows,
        cells(page.label("total"), everything),
    )  # fmt: skip
    for position in (2, 6, 8):
        page.bars(block, position)
    return row, block


def _draw_charts(page: Page, row: int, block: Block) -> None:
    height = _CHART_ROWS * look.ROW_PIXELS - 10
    drawn = Block(block.sheet, block.first, min(block.last, block.first + MOST_DRAWN - 1), block.left)
    for position, title, colour, number, shift in (
        (1, page.say("Revenue of the products bought most"), look.ACCENT, "axis", 0),
        (
            8,
            page.say("Share of their customers who come back for them"),
            look.ACCENT_MID,
            "share0",
            _HALF + 16,
        ),
    ):
        made = charts.chart(page, "bar", title=title)
        made.add_series({
            "name": drawn.heading(position), "categories": drawn.column(0), "values": drawn.column(position), "gap": 45,
            "data_labels": charts.labelled(page, number), **charts.filled(colour),
        })  # fmt: skip
        made.set_y_axis(charts.category_axis(page, reverse=True))
        made.set_x_axis(charts.value_axis(page, visible=False, min=0, major_gridlines={"visible": False}))
        page.place(made, row, 1, _HALF, height, title, shift=shift)


SECTION = Section("products", ("transactions.product",), draw, order=130)
