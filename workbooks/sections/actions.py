"""Actions: for each customer the one thing that cannot wait, why, who does it, until when, and what is at stake."""

from __future__ import annotations

from datetime import date
from math import fsum
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tierbook.actions import KINDS, NextActions, complaint_due, next_actions
from tierbook.score import arrays
from workbooks import style as look
from workbooks.page import Column, Page, Section
from workbooks.rows import records, share_of, tier_names

if TYPE_CHECKING:
    import pyarrow as pa

    from tierbook.score import Run

_WIDTHS = (190, 100, 200, 110, 95, 95, 110, 330)
_LAST = len(_WIDTHS)
MOST_LISTED = 200


class Actions(NamedTuple):
    """Customers with something to do, the highest value at stake first: row of the customer, what, until when."""

    row: NDArray[np.int64]
    kind: NDArray[np.object_]
    due: NDArray[np.datetime64]
    stake: NDArray[np.float64]


def draw(page: Page, run: Run) -> None:
    """What there is to do by kind, and the list by value at stake."""
    page.columns([20, *_WIDTHS])
    row = page.header(_LAST)
    found = listed(run)
    if not len(found.row):
        page.put(row, 1, page.say("Nothing needs to be done for any customer."))
        page.prints(row, _LAST)
        return
    row = _draw_kinds(page, row, found)
    head, last = _draw_list(page, row, found)
    page.prints(last, _LAST, repeat=(head, head))


def listed(run: Run) -> Actions:
    """Every customer with something to do, the highest value at stake first."""
    actions = _next(run)
    worth = arrays(run.customers.select(["value", "total_spend"]))
    known = np.where(np.isnan(worth["value"]), worth["total_spend"], worth["value"])
    stake = np.maximum(np.nan_to_num(known), 0.0)
    rows = np.flatnonzero(actions.due == actions.due)
    # Customers stand in the order of their ids, and a stable sort keeps that among equals.
    rows = rows[np.argsort(-stake[rows], kind="stable")]
    return Actions(rows, actions.kind[rows], actions.due[rows], stake[rows])


def _next(run: Run) -> NextActions:
    customers = run.customers
    wanted = ("last_date", "median_gap_days", "birthday", "contract_end", "marketable")
    columns = arrays(customers.select([name for name in wanted if name in customers.column_names]))
    never = np.full(customers.num_rows, np.datetime64("NaT"), dtype="datetime64[D]")
    gap = columns["median_gap_days"]
    expected = never.copy()
    known = ~np.isnan(gap)
    # A gap may end in half a day; the customer has the whole day.
    expected[known] = columns["last_date"][known] + np.ceil(gap[known]).astype("timedelta64[D]")
    due, _ = _complaints(run)
    return next_actions(
        as_of=run.as_of,
        window_days=run.window_days,
        complaint_due=due,
        flagged=customers["churn_flagged"].to_numpy().astype(bool),
        valued=_valued(run),
        expected=expected,
        has_stage_action=customers["action"].is_valid().to_numpy(),
        birthday=columns.get("birthday", never),
        contract_end=columns.get("contract_end", never),
        # Who did not say yes is left alone; without the column nobody was asked.
        marketable=columns["marketable"] == 1 if "marketable" in columns else np.full(len(never), True),
    )


def _valued(run: Run) -> NDArray[np.bool_]:
    """Above the lowest tier; without tiers, above the median value."""
    best = tier_names(run)[:-1]
    if best:
        return np.isin(run.customers["tier"].to_numpy().astype(str), best)
    value = arrays(run.customers.select(["value"]))["value"]
    return value > np.nanmedian(value) if not np.isnan(value).all() else np.full(len(value), False)


def _complaints(run: Run) -> tuple[NDArray[np.datetime64], dict[int, dict[str, Any]]]:
    """Until when each customer's most pressing complaint should have been closed, and that complaint."""
    import pyarrow.compute as pc

    table = run.table("open_complaints")
    rows = records(table)
    places = pc.index_in(
        table["customer_id"], value_set=run.customers["customer_id"].combine_chunks()
    ).to_pylist()
    due = np.full(run.customers.num_rows, np.datetime64("NaT"), dtype="datetime64[D]")
    complaints: dict[int, dict[str, Any]] = {}
    days = complaint_due(
        np.array([one["opened"] for one in rows], dtype="datetime64[D]"),
        np.array([one["severity"] for one in rows], dtype=float),
    )
    for row, one, day in zip(places, rows, days, strict=True):
        if row not in complaints or day < due[row]:
            due[row], complaints[row] = day, one
    return due, complaints


def _draw_kinds(page: Page, row: int, found: Actions) -> int:
    everything = fsum(found.stake.tolist())
    today = np.datetime64(page.run.as_of, "D")
    rows: list[list[Any]] = []
    for kind in KINDS:
        of_kind = found.kind == kind
        stake = fsum(found.stake[of_kind].tolist())
        late = int((found.due[of_kind] < today).sum())
        rows.append([
            page.label(f"action_{kind}"), int(of_kind.sum()), page.label(f"action_{kind}_about"), late or None, stake,
            share_of(stake, everything) or None,
        ])  # fmt: skip
    row = page.heading(
        row, 1, page.label("actions_by_kind"),
        page.say("Each customer once, with the most urgent action; the list is in the order of urgency."),
    )  # fmt: skip
    block = page.table(
        row, 1,
        [
            Column(page.label("action"), "text", ("bold",)), Column(page.label("customers"), "count"), Column(page.label("when_it_applies")),
            Column(page.label("overdue_count"), "count"), Column(page.label("value_at_stake"), "money"), Column(page.label("share"), "share"),
        ],
        rows,
        [page.label("total"), len(found.row), None, sum(cells[3] or 0 for cells in rows), everything, share_of(everything, everything)],
    )  # fmt: skip
    page.bars(block, 5)
    return block.after + 2


def _draw_list(page: Page, row: int, found: Actions) -> tuple[int, int]:
    run = page.run
    shown = Actions._make(figures[:MOST_LISTED] for figures in found)
    customers = run.customers.take(shown.row)
    owners = _owners(run, customers["customer_id"])
    reasons, (_, complaints) = run.reasons(page.language), _complaints(run)
    row = page.heading(
        row, 1, page.label("actions_list"),
        page.say("{shown} of {all} actions, highest value at stake first.", shown=f"{len(shown.row):,}", all=f"{len(found.row):,}"),
    )  # fmt: skip
    why, rows = [], []
    for one, at, kind, due, stake in zip(
        records(customers), *(figures.tolist() for figures in shown), strict=True
    ):
        why.append(_why(page, kind, due, one, reasons[at], complaints.get(at, {})))
        late = (run.as_of - due).days
        rows.append([
            one.get("name") or one["customer_id"], page.word(one["tier"], "no_tier"),
            page.words(one["action"]) if kind == "stage" else page.label(f"action_{kind}"),
            owners.get(one["customer_id"]), due, late if late > 0 else None, stake, why[-1],
        ])  # fmt: skip
    block = page.table(
        row, 1,
        [
            Column(page.label("customer"), "text", ("bold",)), Column(page.label("tier")), Column(page.label("action")), Column(page.label("owner")),
            Column(page.label("due"), "date"), Column(page.label("overdue_by"), "count"), Column(page.label("value_at_stake"), "money"),
            Column(page.label("churn_reasons"), "text", ("wrap",)),
        ],
        rows,
    )  # fmt: skip
    page.bars(block, 6)
    for at, text in enumerate(why, block.first):
        lines = 1 + int(look.display_width(text) * 5.3) // (_WIDTHS[-1] - 24)
        page.sheet.set_row_pixels(at, 5 + 16 * lines)
    return row, block.last


def _owners(run: Run, ids: pa.ChunkedArray) -> dict[str, str]:
    """Who looks after each of some customers."""
    import pyarrow.compute as pc

    table = run.table("owners")
    found = records(table.filter(pc.is_in(table["customer_id"], value_set=ids.combine_chunks())))
    return {one["customer_id"]: one["owner"] for one in found}


def _why(
    page: Page, kind: str, due: date, one: dict[str, Any], reasons: str, complaint: dict[str, Any]
) -> str:
    """The reason of an action in words."""
    if kind == "complaint":
        said = page.say(
            "complaint of {day}, severity {severity:.0f}, not closed",
            day=page.date(complaint["opened"]),
            severity=complaint["severity"],
        )
        return page.label("colon").join(text for text in (said, complaint["reason"]) if text)
    if kind == "churn":
        return reasons
    if kind == "expected":
        return page.say(
            "expected on {day}: usually every {gap:.0f} days",
            day=page.date(due),
            gap=one["median_gap_days"],
        )
    if kind == "stage":
        return page.label("colon").join(
            text for text in (page.word(one["stage"]), page.goal(one["stage"])) if text
        )
    if kind == "birthday":
        return page.say("birthday on {day}", day=page.date(due))
    return page.say("the contract ends on {day}", day=page.date(due))


SECTION = Section("actions", ("transactions",), draw, order=55)
