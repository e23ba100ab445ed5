"""Members: points earned, redeemed, expired and still open, what points are spent on, and how faithfully members buy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tierbook import periods
from tierbook.members import preferred, stickiness
from tierbook.quality import Problem
from tierbook.wallet import wallet_share
from workbooks import charts
from workbooks import style as look
from workbooks.page import Column, Page, Section
from workbooks.rows import records, share_of

if TYPE_CHECKING:
    from tierbook.points import Ledger
    from tierbook.run import Run

_FIRST, _OTHER, _OTHERS = 240, 112, 9
# What members like best takes a name of a product.
_LIKED, _LIKED_AT = 152, 5
_LAST = 1 + _OTHERS
_CHART_ROWS = 11
MOST_SHOWN, MONTHS, MOST_REWARDS = 50, 12, 10
_FLOWS = ("earned", "redeemed", "expired")


def draw(page: Page, run: Run) -> None:
    """Points by month with their chart, rewards, the members with most points."""
    ledger = run.ledger
    assert ledger is not None
    page.columns([20, _FIRST, *(_LIKED if at == _LIKED_AT else _OTHER for at in range(_OTHERS))])
    row = page.header(_LAST)
    row = _draw_months(page, row, ledger)
    row = _draw_rewards(page, row)
    head, last = _draw_members(page, row, ledger)
    page.prints(last, _LAST, repeat=(head, head))


def _draw_months(page: Page, row: int, ledger: Ledger) -> int:
    months = np.arange(ledger.month.max() - MONTHS + 1, ledger.month.max() + 1)
    names = periods.period_name(months, period="month").tolist()
    sums = {
        name: [float(getattr(ledger, name)[ledger.month == month].sum()) for month in months]
        for name in (*_FLOWS, "balance")
    }
    buyers = [int((ledger.earned[ledger.month == month] > 0).sum()) for month in months]
    there = [int((ledger.month == month).sum()) for month in months]
    row = page.heading(
        row, 1, page.label("points_by_month"),
        page.say("Points of the last twelve calendar months; the balance is what members could redeem at the end of the month."),
    )  # fmt: skip
    block = page.table(
        row, 1,
        [Column(page.label("month"), "text", ("bold",)), Column(page.label("members"), "count"), Column(page.label("members_earning"), "count"),
         *(Column(page.label(name), "count") for name in (*_FLOWS, "balance"))],
        [[name, there[at], buyers[at], *(sums[flow][at] for flow in (*_FLOWS, "balance"))] for at, name in enumerate(names)],
        [page.label("total"), None, None, *(sum(sums[flow]) for flow in _FLOWS), sums["balance"][-1]],
    )  # fmt: skip
    title = page.say("Points earned, redeemed and expired by month")
    made = charts.chart(page, "column", title=title, legend=True)
    for position, colour in ((3, look.ACCENT), (4, look.ACCENT_MID), (5, look.ACCENT_SOFT)):
        made.add_series({
            "name": block.heading(position), "categories": block.column(0), "values": block.column(position),
            "gap": 50, "overlap": 0, **charts.filled(colour),
        })  # fmt: skip
    made.set_x_axis(charts.category_axis(page))
    made.set_y_axis(charts.value_axis(page))
    page.place(
        made,
        block.after + 2,
        1,
        _FIRST + _OTHER * (_OTHERS - 1) + _LIKED,
        _CHART_ROWS * look.ROW_PIXELS,
        title,
    )
    return block.after + 3 + _CHART_ROWS


def _draw_rewards(page: Page, row: int) -> int:
    found: dict[str | None, list[float]] = {}
    for one in records(page.run.table("rewards")):
        sums = found.setdefault(one["item"], [0, 0, 0.0])
        sums[0] += 1
        sums[1] += one["times"]
        sums[2] += one["points"]
    if not found:
        return page.heading(row, 1, page.label("rewards"), page.say("No points were redeemed.")) + 1
    order = sorted(found, key=lambda item: (-found[item][2], item is None, item or ""))
    whole = sum(sums[2] for sums in found.values())
    row = page.heading(row, 1, page.label("rewards"), page.say("What members spend points on, all time."))
    rows = [
        [item or page.label("not_given"), *found[item], share_of(found[item][2], whole)]
        for item in order[:MOST_REWARDS]
    ]
    if rest := order[MOST_REWARDS:]:
        points = sum(found[item][2] for item in rest)
        rows.append([page.say("Others ({count})", count=len(rest)), None, sum(found[item][1] for item in rest), points, share_of(points, whole)])  # fmt: skip
    block = page.table(
        row, 1,
        [Column(page.label("item"), "text", ("bold",)), Column(page.label("members"), "count"), Column(page.label("reward_times"), "count"),
         Column(page.label("redeemed"), "count"), Column(page.label("reward_share"), "share")],
        rows,
        [page.label("total"), None, sum(one[1] for one in found.values()), whole, share_of(whole, whole)],
    )  # fmt: skip
    page.bars(block, 4)
    return block.after + 2


def _draw_members(page: Page, row: int, ledger: Ledger) -> tuple[int, int]:
    run = page.run
    last = ledger.month == ledger.month.max()
    members, balance = ledger.customer[last], ledger.balance[last]
    year = ledger.month > ledger.month.max() - MONTHS
    flows = {
        name: np.bincount(ledger.customer[year], weights=getattr(ledger, name)[year], minlength=run.customers.num_rows)
        for name in ("earned", "redeemed")
    }  # fmt: skip
    sticky, favourite, wallet = _faithful(run)
    order = members[np.lexsort((members, -balance))]
    balance_of = dict(zip(members.tolist(), balance.tolist(), strict=True))
    known = sticky[members][~np.isnan(sticky[members])]
    row = page.heading(
        row, 1, page.label("members_listed"),
        page.say("{shown} of {all} members, by balance. Stickiness is the share of calendar months since joining with a purchase; its median is {median}.",
                 shown=min(len(order), MOST_SHOWN), all=f"{len(order):,}", median=page.share(float(np.median(known))) if known.size else "-"),
    )  # fmt: skip
    shown = order[:MOST_SHOWN]
    block = page.table(
        row, 1,
        [Column(page.label("customer"), "text", ("bold",)), Column(page.label("tier")), Column(page.label("joined"), "date"),
         Column(page.label("balance"), "count"), Column(page.label("earned_year"), "count"), Column(page.label("redeemed_year"), "count"),
         Column(page.label("favourite_reward")), Column(page.label("wallet_share"), "share"), Column(page.label("stickiness"), "share"),
         Column(page.label("last_date"), "date")],
        [[one.get("name") or one["customer_id"], page.word(one["tier"], "no_tier"), one["joined"], balance_of[at], float(flows["earned"][at]),
          float(flows["redeemed"][at]), favourite[at], float(wallet[at]), float(sticky[at]), one["last_date"]]
         for at, one in zip(shown.tolist(), records(run.customers.take(shown)), strict=True)],
    )  # fmt: skip
    page.bars(block, 3)
    page.bars(block, 8)
    return row, block.last


def _faithful(run: Run) -> tuple[NDArray[np.float64], NDArray[np.object_], NDArray[np.float64]]:
    """Stickiness, preferred reward and share of wallet of every customer, in the order of `customers`."""
    import pyarrow.compute as pc

    from tierbook.arrow import arrays

    customers = run.customers if run.unmasked is None else run.unmasked
    columns = arrays(customers.select(["joined", "spend_per_month", "budget"]))
    ids = customers["customer_id"].combine_chunks()
    months: Any = np.zeros(len(ids))
    bought = run.table("member_months")
    months[pc.index_in(bought["customer_id"], value_set=ids).to_numpy()] = bought["months"].to_numpy()
    spent = run.table("rewards")
    favourite = preferred(
        pc.index_in(spent["customer_id"], value_set=ids).to_numpy().astype(np.int64),
        spent["item"].to_numpy(),
        spent["points"].to_numpy(),
        customers=len(ids),
    )
    return (
        stickiness(months, columns["joined"], as_of=run.as_of),
        favourite,
        wallet_share(columns["spend_per_month"], columns["budget"]),
    )


def _lacks(run: Run) -> Problem | None:
    if run.pack.points is None:
        return Problem("note", "Appears when the rules say how points are earned.")
    if run.ledger is None or not len(run.ledger.month):
        return Problem("note", "No customer earns points.")
    return None


SECTION = Section("members", ("transactions",), draw, order=88, lacks=_lacks)
