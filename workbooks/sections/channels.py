"""Channels: what each costs and returns in which segment, the best one per product, where and when customers answer, prices apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import fsum
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tierbook.channels import channel_return
from workbooks.page import Column, Page, Section
from workbooks.rows import by_value, keyed, records, share_of, tier_names

if TYPE_CHECKING:
    from tierbook.run import Run

_FIRST, _SECOND, _OTHER, _OTHERS = 225, 150, 102, 7
_LAST = 2 + _OTHERS
MOST_CHANNELS, MOST_PRODUCTS, MOST_CUSTOMERS, MOST_CONFLICTS = 10, 15, 20, 20
_SEGMENTS = ("tier", "stage", "region")
WEEKDAYS = range(1, 8)
Row = dict[str, Any]


def draw(page: Page, run: Run) -> None:
    """Channel by segment, their return, the best channel per product; habits of customers; conflicts of price."""
    page.columns([20, _FIRST, _SECOND] + [_OTHER] * _OTHERS)
    row = page.header(_LAST)
    segment = next(
        name
        for name in (*_SEGMENTS, "customer_id")
        if run.customers[name].null_count < run.customers.num_rows
    )
    found = records(run.table(f"channels:{segment}"))
    row = _draw_matrix(page, row, segment, found)
    for draw_part in (_draw_returns, _draw_best):
        row = draw_part(page, row, segment, found)
    row = _draw_habits(page, row)
    row = _draw_conflicts(page, row)
    page.prints(row, _LAST)


def _channel(page: Page, name: str | None) -> str:
    """A channel as the input writes it: a pack's word of the same spelling means something else."""
    return name or page.label("not_given")


def _shown(page: Page, name: str | None) -> str:
    return (
        page.label("not_given")
        if name in (None, "")
        else page.word(name)
        if name in page.run.pack.words
        else str(name)
    )


def _summed(rows: Sequence[Mapping[str, Any]]) -> Row:
    """Figures of some cells; cost and margin are missing where none of them has one."""
    sums: Row = {
        "contacts": sum(one["contacts"] for one in rows),
        "revenue": fsum(one["revenue"] for one in rows),
    }
    for name in ("cost", "margin"):
        known = [one[name] for one in rows if one[name] is not None]
        sums[name] = fsum(known) if known else None
    return sums


def _return(one: Mapping[str, Any]) -> float | None:
    if one["margin"] is None or one["cost"] is None:
        return None
    found = float(channel_return(one["margin"], one["cost"])[0])
    return None if np.isnan(found) else found


def _channels(found: Sequence[Row]) -> list[str | None]:
    """Names of the channels, the most revenue first."""
    revenue: dict[str | None, list[float]] = {}
    for one in found:
        revenue.setdefault(one["channel"], []).append(one["revenue"])
    return sorted(revenue, key=lambda name: (-fsum(revenue[name]), str(name)))


def _draw_matrix(page: Page, row: int, segment: str, found: list[Row]) -> int:
    names = _channels(found)
    everyone = _summed(found)

    def cells(head: str, inside: str, one: Mapping[str, Any]) -> list[Any]:
        return [
            head, inside, one["contacts"], one["cost"], one["revenue"], share_of(one["revenue"], everyone["revenue"]), one["margin"], _return(one)
        ]  # fmt: skip

    rows: list[list[Any]] = []
    bold: list[int] = []
    kept = names[:MOST_CHANNELS]
    for name in [*kept, *([...] if names[MOST_CHANNELS:] else [])]:
        of_channel = [
            one
            for one in found
            if (one["channel"] == name if name is not ... else one["channel"] not in kept)
        ]
        head = (
            page.say("Others ({count})", count=len(names) - MOST_CHANNELS)
            if name is ...
            else _channel(page, name)
        )
        bold.append(len(rows))
        rows.append(cells(head, page.label("all_of_them"), _summed(of_channel)))
        segments = keyed(
            [{"segment": one} for one in {one["segment"] for one in of_channel}],
            "segment",
            tier_names(page.run),
        )
        for one in segments if segment != "customer_id" else []:
            inside = [cell for cell in of_channel if cell["segment"] == one["segment"]]
            rows.append(cells(head, _shown(page, one["segment"]), _summed(inside)))
    row = page.heading(
        row, 1, page.say("Channels and {segment}", segment=page.label(segment).lower()),
        page.say("The last twelve months. Cost is that of contacts; return is (margin - cost) / cost, blank where no contact has a cost or no sale has one."),
    )  # fmt: skip
    block = page.table(
        row, 1,
        [
            Column(page.label("channel")), Column(page.label(segment)), Column(page.label("contacts"), "count"), Column(page.label("channel_cost"), "money"),
            Column(page.label("revenue"), "money"), Column(page.label("share_of_revenue"), "share"), Column(page.label("channel_margin"), "money"),
            Column(page.label("channel_return"), "times"),
        ],
        rows,
        cells(page.label("total"), page.label("all_of_them"), everyone),
    )  # fmt: skip
    kinds = ("text", "text", "count", "money", "money", "share", "money", "times")
    for at in bold:
        for position, kind in enumerate(kinds):
            page.put(block.first + at, 1 + position, rows[at][position], "line", "cell", kind, "bold")
    page.bars(block, 5)
    return block.after + 2


def _draw_returns(page: Page, row: int, segment: str, found: list[Row]) -> int:
    """The return of each channel in each segment as a matrix; nothing where no return is known."""
    returns = {(one["channel"], one["segment"]): _return(one) for one in found}
    segments = [
        one["segment"]
        for one in keyed(
            [{"segment": one} for one in {key[1] for key in returns}], "segment", tier_names(page.run)
        )
    ]
    names = [
        name
        for name in _channels(found)[:MOST_CHANNELS]
        if any(returns.get((name, one)) is not None for one in segments)
    ]
    if not names or segment == "customer_id":
        return row
    segments = segments[: _OTHERS + 1]
    top = row
    row = page.heading(
        row, 1, page.say("Return by channel and {segment}", segment=page.label(segment).lower())
    )
    block = page.table(
        row, 1,
        [Column(page.label("channel"), "text", ("bold",)), *(Column(_shown(page, one), "times") for one in segments)],
        [[_channel(page, name), *(returns.get((name, one)) for one in segments)] for name in names],
    )  # fmt: skip
    page.heat(block.first, block.left + 1, block.last, block.left + len(segments))
    page.keep(top, block.last)
    return block.after + 1


def _draw_best(page: Page, row: int, segment: str, found: list[Row]) -> int:
    best = records(page.run.table(f"best_channels:{segment}")) if segment != "customer_id" else []
    revenue: dict[str, list[float]] = {}
    for one in best:
        revenue.setdefault(one["product"], []).append(one["revenue_of_all"])
    products = sorted(revenue, key=lambda name: (-fsum(revenue[name]), name))[:MOST_PRODUCTS]
    if not products:
        return row
    cells = {(one["product"], one["segment"]): one["channel"] for one in best}
    segments = [
        one["segment"]
        for one in keyed(
            [{"segment": one} for one in {key[1] for key in cells}], "segment", tier_names(page.run)
        )
    ][: _OTHERS + 1]
    top = row
    row = page.heading(
        row, 1, page.say("Best channel by product and {segment}", segment=page.label(segment).lower()),
        page.say("The one with the most margin, where no cost is known the most revenue; products by revenue."),
    )  # fmt: skip
    block = page.table(
        row, 1,
        [Column(page.label("product"), "text", ("bold",)), *(Column(_shown(page, one)) for one in segments)],
        [[name, *(cells.get((name, one)) for one in segments)] for name in products],
    )  # fmt: skip
    page.keep(top, block.last)
    return block.after + 1


def _draw_habits(page: Page, row: int) -> int:
    """Where and on which day customers answer, and the habits of those worth most."""
    habits = {one["customer_id"]: one for one in records(page.run.table("contact_habits"))}
    if not habits:
        return row
    names = sorted({one["channel"] for one in habits.values()}, key=lambda name: (name is None, str(name)))[
        :MOST_CHANNELS
    ]
    row = page.heading(
        row, 1, page.label("channel_habits"),
        page.say("Customers by the channel and the weekday of most of their contacts with an outcome: {count} customers.", count=f"{len(habits):,}"),
    )  # fmt: skip
    counts: npt.NDArray[np.int64] = np.array(
        [
            [
                sum(one["channel"] == name and one["weekday"] == day for one in habits.values())
                for day in WEEKDAYS
            ]
            for name in names
        ]
    )
    block = page.table(
        row, 1,
        [
            Column(page.label("channel"), "text", ("bold",)), *(Column(page.label(f"weekday_{day}"), "count") for day in WEEKDAYS),
            Column(page.label("total"), "count"),
        ],
        [[_channel(page, name), *line.tolist(), int(line.sum())] for name, line in zip(names, counts, strict=True)],
    )  # fmt: skip
    page.heat(block.first, block.left + 1, block.last, block.left + len(WEEKDAYS))
    return _draw_customers(page, block.after + 1, habits)


def _draw_customers(page: Page, row: int, habits: Mapping[str, Row]) -> int:
    customers = page.run.customers
    ids = customers["customer_id"].to_pylist()
    best = [at for at in by_value(customers).tolist() if ids[at] in habits][:MOST_CUSTOMERS]
    row = page.heading(
        row, 1, page.label("channel_customers"),
        page.say("The {count} of most value; rhythm is the median of the days between their contacts.", count=len(best)),
    )  # fmt: skip
    block = page.table(
        row, 1,
        [
            Column(page.label("customer"), "text", ("bold",)), Column(page.label("tier")), Column(page.label("channel_preferred")), Column(page.label("weekday")),
            Column(page.label("contact_rhythm"), "count"), Column(page.label("contacts"), "count"), Column(page.label("last_contact"), "date"),
        ],
        [
            [one.get("name") or one["customer_id"], page.word(one["tier"], "no_tier"), _channel(page, habit["channel"]), page.label(f"weekday_{habit['weekday']}"),
             habit["gap_days"], habit["contacts"], habit["last_day"]]
            for one in records(customers.take(best)) for habit in [habits[one["customer_id"]]]
        ],
    )  # fmt: skip
    return block.after + 1


def _draw_conflicts(page: Page, row: int) -> int:
    found = sorted(
        records(page.run.table("channel_conflicts")),
        key=lambda one: (-one["revenue"], one["customer_id"], one["product"]),
    )
    if not found:
        note = page.say(
            "No customer paid more than 5% more for a product on one channel than on another; it takes product, channel and quantity."
        )
        return page.heading(row, 1, page.label("channel_conflicts"), note)
    shown = found[:MOST_CONFLICTS]
    top = row
    row = page.heading(
        row, 1, page.label("channel_conflicts"),
        page.say("The same customer paid more than 5% more per piece on one channel than on another: {shown} of {all}, most revenue first.",
                 shown=len(shown), all=f"{len(found):,}"),
    )  # fmt: skip
    names = dict(zip(page.run.customers["customer_id"].to_pylist(), _names(page.run), strict=True))
    block = page.table(
        row, 1,
        [
            Column(page.label("customer"), "text", ("bold",)), Column(page.label("product")), Column(page.label("low_channel")), Column(page.label("price"), "cents"),
            Column(page.label("high_channel")), Column(page.label("price"), "cents"), Column(page.label("price_gap"), "share"), Column(page.label("revenue"), "money"),
        ],
        [
            [names.get(one["customer_id"]) or one["customer_id"], one["product"], one["low_channel"], one["low_price"], one["high_channel"],
             one["high_price"], one["gap"], one["revenue"]]
            for one in shown
        ],
    )  # fmt: skip
    page.keep(top, block.last)
    return block.after


def _names(run: Run) -> list[str | None]:
    customers = run.customers
    return customers["name"].to_pylist() if "name" in customers.column_names else [None] * customers.num_rows


SECTION = Section("channels", ("transactions", "interactions.channel|transactions.channel"), draw, order=135)
