"""Touch points: where customers are met, how often, and how much of it came to something (`spec/systems.md` E)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tierbook.arrow import arrays
from tierbook.touchpoints import touch_points
from workbooks import charts
from workbooks import style as look
from workbooks.page import Block, Column, Page, Section
from workbooks.rows import share_of, tier_names

if TYPE_CHECKING:
    from tierbook.run import Run
    from tierbook.touchpoints import TouchPoints

_FIRST, _OTHER, _OTHERS = 170, 121, 8
_LAST = 1 + _OTHERS
_CHART_ROWS = 11
MOST_ROWS, MOST_DRAWN = 30, 12


def draw(page: Page, run: Run) -> None:
    """A chart and a table of phase and channel, then contacts of each tier."""
    page.columns([20, _FIRST] + [_OTHER] * _OTHERS)
    row = page.header(_LAST)
    met = arrays(run.table("contacts"))
    columns = met["customer_id"], met["phase"], met["channel"], met["outcome"]
    charts_at, row = row, row + _CHART_ROWS
    row, block = _draw_points(page, row, touch_points(*columns))
    _draw_chart(page, charts_at, block)
    if run.pack.tiers:
        top = row
        row = _draw_tiers(page, row, touch_points(*columns, met["tier"]))
        page.keep(top, row - 1)
    page.prints(row, _LAST)


def _draw_points(page: Page, row: int, found: TouchPoints) -> tuple[int, Block]:
    contacts = int(found.contacts.sum())
    row = page.heading(
        row, 1, page.say("Contacts by phase and channel"),
        page.say("Contacts per customer counts the customers met there; an outcome is anything written down as one."),
    )  # fmt: skip
    lines = [
        [_name(page, phase), _name(page, channel), met, share_of(met, contacts), customers, each, outcomes, share]
        for phase, channel, met, customers, each, outcomes, share in zip(
            found.phase, found.channel, found.contacts.tolist(), found.customers.tolist(),
            found.per_customer.tolist(), found.with_outcome.tolist(), found.outcome_share.tolist(), strict=True,
        )
    ]  # fmt: skip
    shown, rest = lines[:MOST_ROWS], lines[MOST_ROWS:]
    if rest:
        met, outcomes = sum(one[2] for one in rest), sum(one[6] for one in rest)
        others = page.say("Others ({count})", count=len(rest))
        shown.append(
            [others, "", met, share_of(met, contacts), None, None, outcomes, share_of(outcomes, met)]
        )
    won = int(found.with_outcome.sum())
    block = page.table(
        row, 1,
        [
            Column(page.label("phase"), "text", ("bold",)), Column(page.label("channel")), Column(page.label("contacts"), "count"),
            Column(page.label("share_of_contacts"), "share"), Column(page.label("customers_met"), "count"),
            Column(page.label("contacts_per_customer"), "cents"), Column(page.label("with_outcome"), "count"),
            Column(page.label("outcome_share"), "share"),
        ],
        shown,
        [page.label("total"), "", contacts, 1.0 if contacts else None, None, None, won, share_of(won, contacts)],
    )  # fmt: skip
    page.bars(block, 3)
    page.bars(block, 7)
    return block.after + 2, block


def _draw_chart(page: Page, row: int, block: Block) -> None:
    title = page.say("Share of contacts with an outcome, by phase and channel")
    drawn = Block(block.sheet, block.first, min(block.last, block.first + MOST_DRAWN - 1), block.left)
    made = charts.chart(page, "column", title=title, legend=True)
    for position, colour in ((3, look.ACCENT_SOFT), (7, look.ACCENT)):
        made.add_series({
            "name": drawn.heading(position), "categories": [drawn.sheet, drawn.first, drawn.left, drawn.last, drawn.left + 1],
            "values": drawn.column(position), "gap": 60, "overlap": -5, "data_labels": charts.labelled(page, "share0"),
            **charts.filled(colour),
        })  # fmt: skip
    made.set_x_axis(charts.category_axis(page))
    made.set_y_axis(
        charts.value_axis(page, "share0", visible=False, min=0, major_gridlines={"visible": False})
    )
    page.place(made, row, 1, _FIRST + _OTHER * _OTHERS, _CHART_ROWS * look.ROW_PIXELS - 10, title)


def _draw_tiers(page: Page, row: int, found: TouchPoints) -> int:
    """Contacts of each tier by channel, and what came of them; a tier nobody met is a row of zeros."""
    tiers = _in_order(found.segment.tolist(), tier_names(page.run))
    channels = sorted(set(found.channel.tolist()), key=lambda name: (name is None, name))[: _OTHERS - 3]

    def counted(where: np.ndarray) -> list[Any]:
        met = int(found.contacts[where].sum())
        by = [int(found.contacts[where & (found.channel == channel)].sum()) for channel in channels]
        return [*by, met, share_of(int(found.with_outcome[where].sum()), met)]

    row = page.heading(row, 1, page.say("Contacts of each tier by channel"))
    block = page.table(
        row, 1,
        [
            Column(page.label("tier"), "text", ("bold",)), *(Column(_name(page, channel), "count") for channel in channels),
            Column(page.label("contacts"), "count"), Column(page.label("outcome_share"), "share"),
        ],
        [[page.word(tier, "no_tier"), *counted(found.segment == tier)] for tier in tiers],
        [page.label("total"), *counted(np.ones(len(found.segment), dtype=bool))],
    )  # fmt: skip
    page.heat(block.first, block.left + 1, block.last, block.left + len(channels))
    return block.after + 2


def _in_order(found: Sequence[str | None], known: Sequence[str]) -> list[str | None]:
    more = sorted({name for name in found if name is not None} - set(known))
    return [*known, *more, *([None] if None in found else [])]


def _name(page: Page, name: str | None) -> str:
    if name in ("presale", "sale", "aftersale"):
        return page.label(f"phase_{name}")
    return name or page.label("not_given")


SECTION = Section(
    "touch_points", ("interactions", "interactions.phase|interactions.channel"), draw, order=262
)
