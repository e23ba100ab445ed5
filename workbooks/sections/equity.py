"""Equity: what the customers of each tier, stage and segment are worth together, and what it cost to win them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from tierbook.clv.equity import equity
from workbooks import charts
from workbooks import style as look
from workbooks.lifetime import acquisition_cost, everyone, grouped, lacks_value
from workbooks.page import Block, Column, Page, Section
from workbooks.rows import records, share_of, totals

if TYPE_CHECKING:
    from tierbook.run import Run

_FIRST, _OTHER, _OTHERS = 200, 115, 8
_LAST = 1 + _OTHERS
_HALF = (_FIRST + _OTHER * _OTHERS - 16) // 2
_CHART_ROWS = 16
# A column of the customers, the aggregate of the same groups, and what stands for who is in none.
_CUTS = (
    ("tier", "tiers", "no_tier"),
    ("class.segment", "breakdown:class.segment", "no_segment"),
    ("stage", "stages", "no_stage"),
    ("rfm_segment", "rfm_segments", "no_segment"),
)


def draw(page: Page, run: Run) -> None:
    """What equity is here, one table per way to group customers, the first two as charts."""
    page.columns([20, _FIRST] + [_OTHER] * _OTHERS)
    row = page.header(_LAST)
    cost = acquisition_cost(run)
    row = _draw_notes(page, row, cost is not None)
    charts_at, row = row, row + _CHART_ROWS
    blocks, breaks = {}, []
    for column, aggregate, missing in _CUTS:
        if column in run.customers.column_names and run.customers[column].null_count < run.customers.num_rows:
            blocks[column] = _draw_groups(page, row, column, aggregate, missing, cost)
            row = blocks[column].after + 2
            breaks.append(row)
    _draw_charts(page, charts_at, blocks)
    page.sheet.set_h_pagebreaks(breaks[:1])
    page.prints(row, _LAST)


def _draw_notes(page: Page, row: int, costed: bool) -> int:
    outlook, total = page.run.outlook, everyone(page.run.outlook)
    said = [
        page.say(
            "The customers are worth {value} in the coming {months} months: what each is expected to bring, discounted by {discount} a year and added up.",
            value=page.short(total.value), months=outlook.months, discount=page.share(outlook.annual_discount),
        ),
        page.say("It counts {margin} of revenue, the margin of the sales with a known cost.", margin=page.share(outlook.margin))
        if outlook.margin < 1
        else page.say("It counts revenue; a column cost in the transactions would make it a margin."),
    ]  # fmt: skip
    if never := total.customers - total.buyers:
        said.append(
            page.say("Customers who never bought have no expected value: {count}.", count=f"{never:,}")
        )
    if not costed:
        said.append(
            page.say(
                "A column acquisition_cost in the customers would set what it cost to win them beside it."
            )
        )
    for sentence in said:
        page.put(row, 1, sentence)
        row += 1
    return row + 1


def _draw_groups(
    page: Page, row: int, column: str, aggregate: str, missing: str, cost: np.ndarray | None
) -> Block:
    run = page.run
    # Who is in no group is one here, so that the groups add up to the total.
    name = run.customers[column].fill_null("").to_numpy()
    found = equity(name, run.outlook.value, cost)
    rows = {one or "": place for place, one in enumerate(found.segment[:-1].tolist())}
    past = {one[column] or "": one["revenue_year"] for one in records(run.table(aggregate))}
    spent = totals([{"revenue_year": one} for one in past.values()], "revenue_year")["revenue_year"]
    everyone_ = int(found.customers[-1])

    def cells(place: int, revenue: float) -> list[Any]:
        figures = [
            int(found.customers[place]), share_of(int(found.customers[place]), everyone_), found.mean_clv[place],
            found.equity[place], found.share[place], share_of(revenue, spent),
        ]  # fmt: skip
        return figures if cost is None else [*figures, found.acquisition_cost[place], found.return_on_acquisition[place]]  # fmt: skip

    row = page.heading(row, 1, page.label(f"equity_by_{column.rpartition('.')[2]}"))
    columns = [
        Column(page.label(column.rpartition(".")[2]), "text", ("bold",)), Column(page.label("customers"), "count"),
        Column(page.label("share_of_customers"), "share"), Column(page.label("clv_mean"), "money"),
        Column(page.label("equity"), "money"), Column(page.label("equity_share"), "share"),
        Column(page.label("equity_past_share"), "share"),
    ]  # fmt: skip
    if cost is not None:
        columns += [
            Column(page.label("acquisition_cost"), "money"),
            Column(page.label("equity_return"), "cents"),
        ]
    groups = [group for group in grouped(run, column) if (group.name or "") in rows]
    block = page.table(
        row, 1, columns,
        [
            [page.word(group.name, missing), *cells(rows[group.name or ""], past.get(group.name or "", 0.0))]
            for group in groups
        ],
        [page.label("total"), *cells(len(rows), spent)],
    )  # fmt: skip
    page.bars(block, 5)
    page.bars(block, 6)
    return block


def _draw_charts(page: Page, row: int, blocks: Mapping[str, Block]) -> None:
    height = _CHART_ROWS * look.ROW_PIXELS - 10
    titles = {
        "tier": page.say("Share of customers, of past revenue and of equity, by tier"),
        "stage": page.say("Share of customers, of past revenue and of equity, by stage"),
    }
    for place, column in enumerate(one for one in titles if one in blocks):
        title, block = titles[column], blocks[column]
        made = charts.grouped(
            page, block, ((2, look.ACCENT_SOFT), (6, look.ACCENT_MID), (5, look.ACCENT)), title=title
        )
        page.place(made, row, 1, _HALF, height, title, shift=(_HALF + 16) * place)


SECTION = Section("equity", ("transactions",), draw, order=64, lacks=lacks_value)
