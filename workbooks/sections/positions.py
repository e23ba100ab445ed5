"""Positions: the flags of the rules, the rungs of the ladder, and what customers bring who were referred by others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tierbook.quality import Problem
from workbooks import charts
from workbooks import style as look
from workbooks.page import Block, Column, Page, Section
from workbooks.rows import keyed, names_of, records, share_of, totals

if TYPE_CHECKING:
    from tierbook.run import Run

_FIRST, _OTHER, _OTHERS = 220, 112, 8
_LAST = 1 + _OTHERS
_WIDTH = _FIRST + _OTHER * _OTHERS
_CHART_ROWS = 14
_FIGURES = ("customers", "revenue", "active", "flagged", "value")
MOST_REFERRERS = 12


def draw(page: Page, run: Run) -> None:
    """Customers by position, by rung of the ladder, and those referred beside the others."""
    page.columns([20, _FIRST] + [_OTHER] * _OTHERS)
    row = page.header(_LAST)
    if run.pack.positions:
        row = _draw_positions(page, row)
    if run.pack.ladder:
        row = _draw_ladder(page, row)
    if _referred(run).any():
        row = _draw_referrals(page, row)
    page.prints(row, _LAST)


def _draw_positions(page: Page, row: int) -> int:
    """Customers with each flag; a customer may carry several."""
    found = records(page.run.table("breakdown:positions"))
    everyone = totals(found, *_FIGURES)
    rows = []
    for flag in page.run.pack.positions:
        own = [one for one in found if flag.name in (one["positions"] or "").split("; ")]
        rows.append((page.word(flag.name), totals(own, *_FIGURES)))
    none = [one for one in found if not one["positions"]]
    rows.append((page.label("no_position"), totals(none, *_FIGURES)))
    row = page.heading(
        row, 1, page.say("Customers by position"),
        page.say("A customer may carry several positions or none, so the rows overlap."),
    )  # fmt: skip
    block = _table(page, row, page.label("position"), rows, everyone)
    return block.after + 2


def _draw_ladder(page: Page, row: int) -> int:
    """Customers on each rung, the lowest first, and their columns."""
    rungs = [level.name for level in reversed(page.run.pack.ladder) if level.name]
    found = keyed(records(page.run.table("breakdown:ladder")), "ladder", rungs)
    top = row
    row = page.heading(
        row,
        1,
        page.label("ladder"),
        page.say("The highest rung whose condition holds; every customer stands on one."),
    )
    everyone = totals(found, *_FIGURES)
    rows = [(page.word(one["ladder"]), one) for one in found]
    block = _table(page, row, page.label("ladder"), rows, everyone, whole=True)
    title = page.say("Customers and revenue by rung")
    made = charts.chart(page, "column", title=title, legend=True)
    for position, colour in ((2, look.ACCENT_SOFT), (4, look.ACCENT)):
        made.add_series({
            "name": block.heading(position), "categories": block.column(0), "values": block.column(position), "gap": 60,
            "overlap": -5, "data_labels": charts.labelled(page, "share0"), **charts.filled(colour),
        })  # fmt: skip
    made.set_x_axis(charts.category_axis(page))
    made.set_y_axis(
        charts.value_axis(page, "share0", visible=False, min=0, major_gridlines={"visible": False})
    )
    below = block.after + 2
    page.place(made, below, 1, _WIDTH, _CHART_ROWS * look.ROW_PIXELS - 10, title)
    page.keep(top, below + _CHART_ROWS - 1)
    return below + _CHART_ROWS


def _table(
    page: Page, row: int, title: str, rows: Sequence[tuple[str, Mapping[str, Any]]], everyone: Mapping[str, Any], *, whole: bool = False,
) -> Block:  # fmt: skip
    """Figures of groups of customers, with a total where they hold everybody once."""

    def cells(one: Mapping[str, Any]) -> list[Any]:
        return [
            one["customers"], share_of(one["customers"], everyone["customers"]), one["revenue"], share_of(one["revenue"], everyone["revenue"]),
            one["value"], one["active"], one["flagged"], share_of(one["flagged"], one["customers"]),
        ]  # fmt: skip

    block = page.table(
        row, 1,
        [
            Column(title, "text", ("bold",)), Column(page.label("customers"), "count"), Column(page.label("share_of_customers"), "share"),
            Column(page.label("revenue"), "money"), Column(page.label("share_of_revenue"), "share"), Column(page.label("value"), "money"),
            Column(page.label("active"), "count"), Column(page.label("at_risk_short"), "count"), Column(page.label("share_at_risk"), "share"),
        ],
        [[name, *cells(one)] for name, one in rows],
        [page.label("total"), *cells(everyone)] if whole else None,
    )  # fmt: skip
    for position in (2, 4):
        page.bars(block, position)
    return block


# --- Referrals


def _draw_referrals(page: Page, row: int) -> int:
    """Who was referred beside who was not, by way of coming, and who refers most."""
    run, referred = page.run, _referred(page.run)
    orders, named = (float(np.nansum(_figures(run, name))) for name in ("orders", "designations"))
    note = page.say(
        "Comes back: two purchases or more, of those with a purchase; active: a purchase in the window, of the same."
    )
    row = page.heading(row, 1, page.label("referrals_title"), note)
    if named:
        said = page.say(
            "{share} of all purchases name the guest who asked for them.", share=page.share(named / orders)
        )
        page.put(row, 1, said)
        row += 1
    groups = [(page.label("referred"), referred), (page.label("not_referred"), ~referred)]
    block = _compare(page, row, page.label("way_of_coming"), groups)
    row = block.after + 2
    if "source" in run.customers.column_names and run.customers["source"].null_count < run.customers.num_rows:
        sources = run.customers["source"].to_numpy(zero_copy_only=False)
        known = sorted({one for one in sources.tolist() if one})
        row = page.heading(row, 1, page.say("By {what}", what=page.label("source").lower()))
        block = _compare(page, row, page.label("source"), [(name, sources == name) for name in known])
        row = block.after + 2
    return _draw_referrers(page, row)


def _compare(page: Page, row: int, title: str, groups: Sequence[tuple[str, np.ndarray]]) -> Block:
    run = page.run
    orders, spend, recent = (_figures(run, name) for name in ("orders", "total_spend", "orders_recent"))
    cost = _figures(run, "acquisition_cost") if "acquisition_cost" in run.customers.column_names else None
    rows = []
    for name, own in groups:
        buyers = own & (orders > 0)
        count, paid = int(buyers.sum()), float(np.nansum(spend[own]))
        known = cost[own & np.isfinite(cost)] if cost is not None else np.empty(0)
        rows.append([
            name, int(own.sum()), count, paid, share_of(paid, count), share_of(int((buyers & (orders >= 2)).sum()), count),
            share_of(int((buyers & (recent >= 1)).sum()), count), float(known.mean()) if len(known) else None,
        ])  # fmt: skip
    columns = [
        Column(title, "text", ("bold",)), Column(page.label("customers"), "count"), Column(page.label("buyers"), "count"),
        Column(page.label("revenue"), "money"), Column(page.label("mean_revenue"), "money"), Column(page.label("repeat_share"), "share"),
        Column(page.label("share_active"), "share"), Column(page.label("acquisition_cost"), "cents"),
    ]  # fmt: skip
    kept = len(columns) if cost is not None else len(columns) - 1
    return page.table(row, 1, columns[:kept], [one[:kept] for one in rows])


def _draw_referrers(page: Page, row: int) -> int:
    """Whose recommendations brought most."""
    run = page.run
    spend, count = _figures(run, "referred_spend"), _figures(run, "referrals")
    best = np.argsort(-np.nan_to_num(spend), kind="stable")[:MOST_REFERRERS]
    best = best[np.nan_to_num(count[best]) > 0]
    ids = run.customers["customer_id"].take(best).to_pylist()
    names = names_of(run, ids)
    row = page.heading(
        row, 1, page.label("referrers"),
        page.say("{shown} of {all} who brought others, by what those spent.", shown=len(best), all=int((count > 0).sum())),
    )  # fmt: skip
    block = page.table(
        row, 1,
        [Column(page.label("customer"), "text", ("bold",)), Column(page.label("customer_id")), Column(page.label("tier")),
         Column(page.label("referrals"), "count"), Column(page.label("referred_spend"), "money")],
        [
            [names.get(one["customer_id"]) or one["customer_id"], one["customer_id"], page.word(one["tier"], "no_tier"), one["referrals"],
             one["referred_spend"]]
            for one in records(run.customers.take(best))
        ],
    )  # fmt: skip
    page.bars(block, 4)
    return block.after + 1


def _referred(run: Run) -> np.ndarray:
    """Whom another customer named."""
    if "referrer_id" not in run.customers.column_names:
        return np.zeros(run.customers.num_rows, dtype=bool)
    ids, named = (
        run.customers[name].to_numpy(zero_copy_only=False) for name in ("customer_id", "referrer_id")
    )
    return np.array([one is not None for one in named.tolist()], dtype=bool) & (ids != named)


def _figures(run: Run, name: str) -> np.ndarray:
    return run.customers[name].to_numpy().astype(float)


def _lacks(run: Run) -> Problem | None:
    if run.pack.positions or run.pack.ladder or _referred(run).any():
        return None
    return Problem("note", "The rules define neither positions nor a ladder, and nobody was referred.")


SECTION = Section("positions", ("transactions", "orders"), draw, order=45, lacks=_lacks)
