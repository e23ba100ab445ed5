"""Actions: for each customer the one thing that cannot wait, why, who does it, until when, and what is at stake."""

from __future__ import annotations

from datetime import date
from math import fsum
from typing import TYPE_CHECKING, Any

import numpy as np

from tierbook.actions import DAYS_AHEAD, KINDS
from tierbook.language import labels
from workbooks import style as look
from workbooks.next_actions import (
    Actions,
    action_words,
    at_stake,
    complaints,
    every_action,
    listed,
    reminders,
    winback_decided,
)
from workbooks.page import Column, Page, Section
from workbooks.rows import keyed, records, share_of, totals

if TYPE_CHECKING:
    import pyarrow as pa

    from tierbook.score import Run

_WIDTHS = (190, 100, 200, 110, 112, 104, 116, 330)
_LAST = len(_WIDTHS)
MOST_LISTED = 200
MOST_REMINDED = 12
MOST_WON_BACK = 24


def draw(page: Page, run: Run) -> None:
    """What there is to do by kind, days of care ahead, whom to win back, and the list by value at stake."""
    page.columns([20, *_WIDTHS])
    row = page.header(_LAST)
    found = listed(run)
    if not len(found.row):
        page.put(row, 1, page.say("Nothing needs to be done for any customer."))
        page.prints(row, _LAST)
        return
    row = _draw_kinds(page, row, found)
    row = _draw_reminders(page, row)
    if run.pack.winback:
        page.turn(row)
        row = _draw_winback(page, row)
    page.turn(row)
    head, last = _draw_list(page, row, found)
    page.prints(last, _LAST, repeat=(head, head))


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


def _draw_reminders(page: Page, row: int) -> int:
    """Whom to greet, renew with or expect in the next days, whatever else there is to do."""
    run, found = page.run, reminders(page.run)
    everyone = len(set(found.row.tolist()))
    if not everyone:
        note = page.say("No day of care lies in the next {days} days.", days=DAYS_AHEAD)
        return page.heading(row, 1, page.label("care_reminders"), note) + 1
    stake = at_stake(run)
    best = np.sort(np.argsort(-stake[found.row], kind="stable")[:MOST_REMINDED])
    customers = run.customers.take(found.row[best])
    owners = _owners(run, customers["customer_id"])
    words = action_words(page, every_action(run)).take(found.row[best])
    counts = page.label("list_comma").join(
        f"{page.label(f'reminder_{kind}')} {int((found.kind == kind).sum()):,}"
        for kind in dict.fromkeys(found.kind.tolist())
    )
    row = page.heading(
        row, 1, page.label("care_reminders"),
        page.say(
            "The next {days} days: {counts}. The {shown} of the highest value, by day; who may not be contacted is left out.",
            days=DAYS_AHEAD, counts=counts, shown=len(best),
        ),
    )  # fmt: skip
    block = page.table(
        row, 1,
        [
            Column(page.label("customer"), "text", ("bold",)), Column(page.label("tier")), Column(page.label("occasion")),
            Column(page.label("owner")), Column(page.label("day"), "date"), Column(page.label("in_days"), "count"),
            Column(page.label("value_at_stake"), "money"), Column(page.label("action")),
        ],
        [
            [one.get("name") or one["customer_id"], page.word(one["tier"], "no_tier"), page.label(f"reminder_{kind}"),
             owners.get(one["customer_id"]), day, (day - run.as_of).days, stake[at], word]
            for one, kind, day, at, word in zip(
                records(customers), found.kind[best].tolist(), found.day[best].tolist(), found.row[best].tolist(),
                words.to_pylist(), strict=True,
            )
        ],
    )  # fmt: skip
    page.bars(block, 6)
    return block.after + 1


def _draw_winback(page: Page, row: int) -> int:
    """Lost customers: how many are worth winning back, what that may cost, and who they are."""
    run = page.run
    assert run.pack.winback
    levels = {level.name or "": level.because for level in run.pack.winback.levels}
    rows = [
        one for one in keyed(records(run.table("winbacks")), "winback", list(levels)) if one["winback"] != ""
    ]
    everyone = totals(rows, "customers", "value", "revenue_year", "spend")
    row = page.heading(
        row, 1, page.label("lost_customers"),
        page.say("Every customer the rules call lost, once; spend at most is what winning all of them back may cost."),
    )  # fmt: skip
    block = page.table(
        row, 1,
        [
            Column(page.label("winback"), "text", ("bold",)), Column(page.label("customers"), "count"), Column(page.label("because")),
            Column(page.label("value"), "money"), Column(page.label("revenue_year"), "money"), Column(page.label("share_of_lost"), "share"),
            Column(page.label("winback_spend"), "money"),
        ],
        [
            [page.word(one["winback"], "undecided"), one["customers"], levels.get(one["winback"]), one["value"],
             one["revenue_year"], share_of(one["customers"], everyone["customers"]), one["spend"]]
            for one in rows
        ],
        [page.label("total"), everyone["customers"], None, everyone["value"], everyone["revenue_year"],
         share_of(everyone["customers"], everyone["customers"]), everyone["spend"]],
    )  # fmt: skip
    return _draw_won_back(page, block.after + 2)


def _draw_won_back(page: Page, row: int) -> int:
    run = page.run
    _, won_back = winback_decided(run)
    stake, worth = at_stake(run), np.flatnonzero(won_back)
    best = worth[np.argsort(-stake[worth], kind="stable")][:MOST_WON_BACK]
    if not len(best):
        return row
    customers = run.customers.take(best)
    owners, reasons = _owners(run, customers["customer_id"]), run.reasons(page.language)
    row = page.heading(
        row, 1, page.label("win_back_list"),
        page.say("{shown} of {all} customers worth winning back, highest value first.", shown=len(best), all=f"{len(worth):,}"),
    )  # fmt: skip
    block = page.table(
        row, 1,
        [
            Column(page.label("customer"), "text", ("bold",)), Column(page.label("tier")), Column(page.label("lost_reason")),
            Column(page.label("owner")), Column(page.label("last_date"), "date"), Column(page.label("value"), "money"),
            Column(page.label("winback_spend"), "money"), Column(page.label("churn_reasons")),
        ],
        [
            [one.get("name") or one["customer_id"], page.word(one["tier"], "no_tier"), _reason_of_loss(page, one.get("lost_reason")),
             owners.get(one["customer_id"]), one["last_date"], one["value"], one["winback_spend"], reasons[at]]
            for one, at in zip(records(customers), best.tolist(), strict=True)
        ],
    )  # fmt: skip
    page.bars(block, 6)
    return block.after + 1


def _draw_list(page: Page, row: int, found: Actions) -> tuple[int, int]:
    run = page.run
    shown = Actions._make(figures[:MOST_LISTED] for figures in found)
    customers = run.customers.take(shown.row)
    owners = _owners(run, customers["customer_id"])
    reasons, (_, complained) = run.reasons(page.language), complaints(run)
    words = action_words(page, every_action(run)).take(shown.row).to_pylist()
    row = page.heading(
        row, 1, page.label("actions_list"),
        page.say("{shown} of {all} actions, highest value at stake first.", shown=f"{len(shown.row):,}", all=f"{len(found.row):,}"),
    )  # fmt: skip
    why, rows = [], []
    for one, word, at, kind, due, stake in zip(
        records(customers), words, *(figures.tolist() for figures in shown), strict=True
    ):
        why.append(_why(page, kind, due, one, reasons[at], complained.get(at, {})))
        late = (run.as_of - due).days
        rows.append([
            one.get("name") or one["customer_id"], page.word(one["tier"], "no_tier"), word,
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


def _reason_of_loss(page: Page, reason: str | None) -> str | None:
    """The usual reasons have a word; others stand as they were written."""
    return page.label(f"lost_to_{reason}") if f"lost_to_{reason}" in labels() else reason


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
    if kind == "credit":
        return _owed(page, one)
    if kind == "churn":
        if one.get("winback_spend"):
            spend = page.say("spend {amount} at most", amount=f"{one['winback_spend']:,.0f}")
            return page.label("list_semicolon").join(text for text in (reasons, spend) if text)
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


def _owed(page: Page, one: dict[str, Any]) -> str:
    """What is owed, for how long, and how much of the limit that is."""
    said = [page.say("{amount} is owed", amount=f"{one['receivable']:,.0f}")] if one.get("receivable") else []
    if one.get("overdue_days"):
        said.append(page.say("{days:.0f} days past due", days=one["overdue_days"]))
    if one.get("credit_used") is not None:
        said.append(page.say("{share} of the limit", share=page.share(one["credit_used"])))
    elif one.get("receivable"):
        said.append(page.say("no limit was given"))
    return page.label("list_semicolon").join(said)


SECTION = Section("actions", ("transactions",), draw, order=55)
