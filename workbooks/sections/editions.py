"""Editions: who took part on each side, who came back, who was recruited and at what cost (`spec/systems.md` I)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tierbook.arrow import arrays
from tierbook.editions import Editions, Recruiting, Registered, editions, recruiting, registered
from workbooks import charts
from workbooks import style as look
from workbooks.page import Block, Column, Page, Section
from workbooks.rows import by_value

if TYPE_CHECKING:
    from tierbook.run import Run

_FIRST, _OTHER, _OTHERS = 150, 104, 9
_LAST = 1 + _OTHERS
_HALF = (_FIRST + _OTHER * _OTHERS - 16) // 2
_CHART_ROWS = 15
MOST_EDITIONS, MOST_KEY = 12, 10


class _Fair(NamedTuple):
    flow: Editions
    cost: Recruiting
    said: Registered


def draw(page: Page, run: Run) -> None:
    """Two charts, a table of participation for each side, registration and cost, key customers."""
    page.columns([20, _FIRST] + [_OTHER] * _OTHERS)
    row = page.header(_LAST)
    fair = _fair(run)
    charts_at, row = row, row + _CHART_ROWS
    blocks = []
    for side in _sides(fair.flow):
        top = row
        row, block = _draw_side(page, row, fair, side)
        page.keep(top, row - 1)
        blocks.append((side, block))
    for place, (side, block) in enumerate(blocks[:2]):
        _draw_chart(page, charts_at, side, block, (_HALF + 16) * place)
    if fair.cost.cost.any():
        top = row
        row = _draw_cost(page, row, fair)
        page.keep(top, row - 1)
    if fair.said.preregistered.any() or fair.said.attended.any():
        top = row
        row = _draw_registration(page, row, fair)
        page.keep(top, row - 1)
    for side in _sides(fair.flow)[:2]:
        top = row
        row = _draw_key(page, row, side)
        page.keep(top, row - 1)
    page.prints(row, _LAST)


def _fair(run: Run) -> _Fair:
    came = arrays(run.table("participations"))
    flow = editions(came["customer_id"], came["edition"], came["date"], came["side"])
    said, spent = arrays(run.table("wants")), arrays(run.table("recruiting"))
    size = len(flow.edition)
    return _Fair(
        flow,
        recruiting(flow, flow.place(spent["edition"], spent["side"]), spent["cost"]),
        registered(
            flow.place(said["edition"], said["side"]), size,
            **{name: said[name] for name in ("preregistered", "attended", "professional")},
        ),
    )  # fmt: skip


def _sides(flow: Editions) -> list[str | None]:
    return list(dict.fromkeys(flow.side.tolist()))


def _rows(flow: Editions, side: str | None) -> list[int]:
    """The latest editions of a side."""
    places = [at for at, one in enumerate(flow.side.tolist()) if one == side]
    return places[-MOST_EDITIONS:]


def _draw_side(page: Page, row: int, fair: _Fair, side: str | None) -> tuple[int, Block]:
    flow = fair.flow
    row = page.heading(
        row, 1, page.say("{side} by edition", side=_side(page, side)),
        page.say("Retention is the share of the edition before that came back; it stands in the row of the later edition."),
    )  # fmt: skip
    block = page.table(
        row, 1,
        [
            Column(page.label("edition"), "text", ("bold",)), Column(page.label("first_day"), "date"), Column(page.label("took_part"), "count"),
            Column(page.label("edition_before"), "count"), Column(page.label("came_again"), "count"), Column(page.label("not_back"), "count"),
            Column(page.label("new_here"), "count"), Column(page.label("retention"), "share"), Column(page.label("churn_rate"), "share"),
        ],
        [
            [flow.edition[at], _day(flow.first_date[at]), flow.customers[at].item(), flow.before[at], flow.returning[at].item(),
             flow.lost[at].item() if not math.isnan(flow.before[at]) else None, flow.new[at].item(), flow.retention[at], flow.churn[at]]
            for at in _rows(flow, side)
        ],
    )  # fmt: skip
    return block.after + 2, block


def _draw_chart(page: Page, row: int, side: str | None, block: Block, shift: int) -> None:
    title = page.say("{side}: came again and new, by edition", side=_side(page, side))
    made = charts.chart(page, "column", "stacked", title=title, legend=True)
    for position, colour in ((4, look.ACCENT), (6, look.ACCENT_SOFT)):
        made.add_series({
            "name": block.heading(position), "categories": block.column(0), "values": block.column(position),
            "gap": 60, **charts.filled(colour),
        })  # fmt: skip
    made.set_x_axis(charts.category_axis(page))
    made.set_y_axis(charts.value_axis(page, "count", min=0))
    page.place(made, row, 1, _HALF, _CHART_ROWS * look.ROW_PIXELS - 10, title, shift=shift)


def _draw_cost(page: Page, row: int, fair: _Fair) -> int:
    """Recruiting cost of both sides beside each other, and their ratio."""
    flow, cost = fair.flow, fair.cost
    at = {pair: place for place, pair in enumerate(zip(flow.edition, flow.side, strict=True))}
    named = list(dict.fromkeys(flow.edition.tolist()))[-MOST_EDITIONS:]

    def cells(edition: str) -> list[Any]:
        pair = [at.get((edition, side)) for side in ("exhibitor", "visitor")]
        figures = [
            None if place is None else column[place]
            for column in (cost.cost, cost.per_head)
            for place in pair
        ]
        ratio = cost.ratio[pair[0]] if pair[0] is not None else None
        heads = _ratio(figures[2], figures[3])
        return [edition, figures[0], figures[1], ratio, figures[2], figures[3], heads]

    exhibitor, visitor = _side(page, "exhibitor"), _side(page, "visitor")
    row = page.heading(
        row, 1, page.say("Recruiting cost"),
        page.say("Cost of the interactions of each edition. The ratio is exhibitors to visitors."),
    )  # fmt: skip
    total = [float(np.nansum([cells(one)[position] or 0 for one in named])) for position in (1, 2)]
    block = page.table(
        row, 1,
        [
            Column(page.label("edition"), "text", ("bold",)), Column(page.say("{side}, cost", side=exhibitor), "money"),
            Column(page.say("{side}, cost", side=visitor), "money"), Column(page.label("cost_ratio"), "times"),
            Column(page.say("{side}, per head", side=exhibitor), "cents"), Column(page.say("{side}, per head", side=visitor), "cents"),
            Column(page.label("ratio_per_head"), "times"),
        ],
        [cells(edition) for edition in named],
        [page.label("total"), *total, _ratio(*total), None, None, None],
    )  # fmt: skip
    return block.after + 2


def _ratio(one: float | None, other: float | None) -> float | None:
    """One figure over another; nothing where there is none, or nothing to divide by."""
    return one / other if one is not None and other is not None and other > 0 else None


def _draw_registration(page: Page, row: int, fair: _Fair) -> int:
    flow, said = fair.flow, fair.said
    row = page.heading(
        row, 1, page.say("Registration of visitors"),
        page.say("Show-up is who preregistered and came, of all who preregistered. Professional is the share of those who came."),
    )  # fmt: skip
    block = page.table(
        row, 1,
        [
            Column(page.label("edition"), "text", ("bold",)), Column(page.label("preregistered"), "count"), Column(page.label("shown_up"), "count"),
            Column(page.label("show_up"), "share"), Column(page.label("attended"), "count"), Column(page.label("professional"), "count"),
            Column(page.label("professional_share"), "share"),
        ],
        [
            [flow.edition[at], said.preregistered[at].item(), said.shown_up[at].item(), said.show_up[at], said.attended[at].item(),
             said.professional[at].item(), said.professional_share[at]]
            for at in _rows(flow, "visitor")
        ],
    )  # fmt: skip
    for position in (3, 6):
        page.bars(block, position)
    return block.after + 2


def _draw_key(page: Page, row: int, side: str | None) -> int:
    """The key customers of a side, where the pack has such a position, else those of most value."""
    customers = page.run.customers
    order = [at for at in by_value(customers).tolist() if _text(customers, "side", at) == side]
    marked = [at for at in order if f"key_{side}" in (_text(customers, "positions", at) or "").split("; ")]
    shown = (marked or order)[:MOST_KEY]
    note = page.say(
        "{count} in all, the {shown} of most value shown.", count=len(marked or order), shown=len(shown)
    )
    row = page.heading(row, 1, page.say("Key customers: {side}", side=_side(page, side)), note)
    block = page.table(
        row, 1,
        [
            Column(page.label("customer_id"), "text", ("bold",)), Column(page.label("name")), Column(page.label("value"), "money"),
            Column(page.label("total_spend"), "money"), Column(page.label("orders"), "count"), Column(page.label("last_date"), "date"),
            Column(page.label("stage")), Column(page.label("churn_level")),
        ],
        [
            [_text(customers, "customer_id", at), _text(customers, "name", at) or "", *(customers[name][at].as_py() if name in customers.column_names else None
              for name in ("value", "total_spend", "orders", "last_date")),
             page.word(_text(customers, "stage", at), "no_stage"), page.word(_text(customers, "churn_level", at), "no_entry")]
            for at in shown
        ],
    )  # fmt: skip
    return block.after + 2


def _text(customers: Any, name: str, at: int) -> str | None:
    return customers[name][at].as_py() if name in customers.column_names else None


def _side(page: Page, side: str | None) -> str:
    return page.label(f"side_{side}") if side in ("exhibitor", "visitor") else side or page.label("not_given")


def _day(day: np.datetime64) -> Any:
    return None if np.isnat(day) else day.item()


SECTION = Section("editions", ("transactions.edition",), draw, order=270)
