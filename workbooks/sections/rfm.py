"""RFM: how recently and how often customers buy, with the cut points, and the segments the pack names."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from tierbook.rfm import rfm_cuts
from workbooks import charts
from workbooks import style as look
from workbooks.page import Column, Page, Section
from workbooks.rows import keyed, records, share_of, totals

if TYPE_CHECKING:
    from tierbook.run import Run

_FIRST, _OTHER, _GUTTER = 150, 100, 24
_HALF = _FIRST + 6 * _OTHER
# Two heat maps side by side, each of a heading, five scores and a total.
_LEFT, _RIGHT = 1, 9
_LAST = _RIGHT + 6
_SCORES = (1, 2, 3, 4, 5)


def draw(page: Page, run: Run) -> None:
    """Heat maps of customers and revenue, the rule and cut points, segments."""
    page.columns([20, _FIRST, *[_OTHER] * 6, _GUTTER, _FIRST, *[_OTHER] * 6])
    row = page.header(_LAST)
    row = _draw_heat_maps(page, row)
    row = _draw_rule(page, row)
    if "rfm_segment" in run.customers.column_names:
        row = _draw_segments(page, row)
    page.prints(row, _LAST)


def _draw_heat_maps(page: Page, row: int) -> int:
    found = {(one["rfm_r"], one["rfm_f"]): one for one in records(page.run.table("rfm_cells"))}
    scored = [one for (r, _), one in found.items() if r is not None]
    note = page.say("Top right: who bought lately and often. Bottom left: who may be gone.")
    page.heading(row, _LEFT, page.label("rfm_customers"), note)
    page.heading(row, _RIGHT, page.label("rfm_revenue"), page.say("All they ever paid, refunds taken off."))
    last = row
    for left, figure, kind in ((_LEFT, "customers", "count"), (_RIGHT, "revenue", "money")):
        cells = {key: one[figure] for key, one in found.items()}
        block = page.table(
            row + 2, left,
            [Column(page.label("rfm_corner"), "text", ("bold",)), *(Column(f"F {f}", kind) for f in _SCORES), Column(page.label("total"), kind)],
            [
                [f"R {r}", *(cells.get((r, f), 0) for f in _SCORES), totals([one for one in scored if one["rfm_r"] == r], figure)[figure]]
                for r in reversed(_SCORES)
            ],
            [page.label("total"), *(totals([one for one in scored if one["rfm_f"] == f], figure)[figure] for f in _SCORES),
             totals(scored, figure)[figure]],
        )  # fmt: skip
        page.heat(block.first, left + 1, block.last, left + 5)
        for at in range(block.first, block.last + 1):
            page.sheet.set_row_pixels(at, 34)
        last = block.after
    none = [one for (r, _), one in found.items() if r is None]
    if none:
        sums = totals(none, "customers", "revenue")
        said = page.say(
            "Without a score, because they never bought: {count} customers, revenue {revenue}.",
            count=f"{sums['customers']:,.0f}", revenue=f"{sums['revenue']:,.2f}",
        )  # fmt: skip
        page.put(last + 1, _LEFT, said, "small")
        last += 1
    return last + 2


def _draw_rule(page: Page, row: int) -> int:
    run = page.run
    assert run.previous is not None
    earlier = run.previous.customers
    columns = [
        earlier[name].to_numpy().astype(float)
        for name in ("days_since_last", "orders_recent", "spend_recent")
    ]
    cuts = rfm_cuts(*columns)
    row = page.heading(
        row, _LEFT, page.label("rfm_rule"),
        page.say(
            "R: days since the last purchase. F and M: purchases and spend in the window of {days} days. Cut points part the {count} customers of {day} into fifths, equal figures together.",
            days=run.window_days, count=f"{cuts.parts[0].customers:,}", day=page.date(run.as_of - timedelta(days=run.window_days)),
        ),
    )  # fmt: skip
    names = ("rfm_recency", "rfm_frequency", "rfm_money")
    block = page.table(
        row, _LEFT,
        [Column(page.label("rfm_part"), "text", ("bold",)), *(Column(page.say("Score {score}", score=score), "text", ("right",)) for score in _SCORES)],
        [
            [page.label(name), *_bands(part.cuts, falling=name == "rfm_recency")]
            for name, part in zip(names, cuts.parts, strict=True)
        ],
    )  # fmt: skip
    return block.after + 1


def _bands(cuts: np.ndarray, *, falling: bool) -> list[str]:
    """What a figure must be for each score: up to a cut point, or above the last."""
    shown = [f"{cut:,.0f}" if float(cut).is_integer() else f"{cut:,.2f}" for cut in cuts.tolist()]
    bands = [f"≤ {cut}" for cut in shown] + [f"> {shown[-1]}"]
    return bands[::-1] if falling else bands


def _draw_segments(page: Page, row: int) -> int:
    names = [segment.name for segment in page.run.pack.rfm_segments if segment.name]
    rows = keyed(records(page.run.table("rfm_segments")), "rfm_segment", names)
    everyone = totals(rows, "customers", "revenue", "active", "flagged")
    row = page.heading(
        row, _LEFT, page.label("rfm_segments"),
        page.say("Segments are tried in the order of the rule pack; the first that fits names the customer."),
    )  # fmt: skip
    block = page.table(
        row, _LEFT,
        [
            Column(page.label("rfm_segment"), "text", ("bold",)), Column(page.label("customers"), "count"),
            Column(page.label("share_of_customers"), "share"), Column(page.label("revenue"), "money"),
            Column(page.label("share_of_revenue"), "share"), Column(page.label("active"), "count"), Column(page.label("at_risk_short"), "count"),
        ],
        [
            [page.word(one["rfm_segment"], "no_segment"), one["customers"], share_of(one["customers"], everyone["customers"]), one["revenue"],
             share_of(one["revenue"], everyone["revenue"]), one["active"], one["flagged"]]
            for one in rows
        ],
        [page.label("total"), everyone["customers"], 1.0, everyone["revenue"], share_of(everyone["revenue"], everyone["revenue"]), everyone["active"], everyone["flagged"]],
    )  # fmt: skip
    for position in (2, 4):
        page.bars(block, position)
    title = page.say("Customers and revenue by segment")
    made = charts.grouped(
        page, block, ((2, look.ACCENT_SOFT), (4, look.ACCENT)), title=title, kind="bar", gap=40
    )
    chart_rows = max(len(rows) + 4, 18)
    page.place(made, row, _RIGHT, _HALF, chart_rows * look.ROW_PIXELS, title)
    return row + chart_rows + 1


SECTION = Section("rfm", ("transactions", "rfm_r"), draw, order=70, landscape_pages=1)
