"""Actions: for each customer the one thing that cannot wait, why, who does it, until when, and what is at stake."""

from __future__ import annotations

from math import fsum
from typing import TYPE_CHECKING, Any

import numpy as np

from tierbook.actions import KINDS
from tierbook.language import labels
from workbooks import style as look
from workbooks.blocks import tier_column
from workbooks.matters import not_looked_at
from workbooks.next_actions import (
    Actions,
    Reasons,
    action_words,
    at_stake,
    every_action,
    holidays,
    listed,
    owners,
    reminders,
    winback_decided,
)
from workbooks.other_matters import OtherMatter, other_matters
from workbooks.page import Block, Column, Page, Section
from workbooks.rows import keyed, records, share_of, totals

if TYPE_CHECKING:
    from tierbook.quality import Problem
    from tierbook.run import Run

_WIDTHS = (190, 118, 190, 110, 104, 104, 116, 330)
_LAST = len(_WIDTHS)
MOST_LISTED = 200
MOST_OTHERS = 40
MOST_REMINDED = 12
MOST_WON_BACK = 24


def draw(page: Page, run: Run) -> None:
    """What there is to do by kind, days of care ahead, whom to win back, and the list by value at stake."""
    page.columns([20, *_WIDTHS])
    row = page.header(_LAST)
    found, others = listed(run), other_matters(page)
    if len(found.row):
        row = _draw_kinds(page, row, found)
        row = _draw_missing(page, row)
        row = _draw_reminders(page, row)
        if run.pack.winback:
            row = _draw_winback(page, row)
    else:
        row = _draw_missing(page, row)
    if others:
        row = _draw_others(page, row, others)
    if len(found.row):
        head, last = _draw_list(page, row, found)
        page.prints(last, _LAST, repeat=(head, head))
    else:
        page.prints(row, _LAST)


def _draw_missing(page: Page, row: int) -> int:
    """What is not looked at, and what would bring it."""
    missing = not_looked_at(page.run)
    if not missing:
        return row
    kinds: dict[str, list[str]] = {}
    for kind, needs in missing.items():
        names = [page.label(_called(one)) for need in needs for one in need.split("|")]
        kinds.setdefault(page.label("list_or").join(names), []).append(page.label(f"action_{kind}"))
    said = page.label("list_semicolon").join(
        page.say("{names} ({actions})", names=names, actions=page.label("list_comma").join(actions))
        for names, actions in kinds.items()
    )
    page.sheet.set_row_pixels(row, 34)
    said = page.say("More actions appear when the input holds: {tables}", tables=said)
    page.across(row, 1, _LAST, said, "small", "wrap", "top")
    return row + 2


def _called(need: str) -> str:
    table, _, column = need.partition(".")
    return column or f"table_{table}"


def _draw_kinds(page: Page, row: int, found: Actions) -> int:
    everything = fsum(found.stake.tolist())
    today = np.datetime64(page.run.as_of, "D")
    rows: list[list[Any]] = []
    for kind in [kind for kind in KINDS if (found.kind == kind).any()]:
        of_kind = found.kind == kind
        stake = fsum(found.stake[of_kind].tolist()) or None
        late = int((found.due[of_kind] < today).sum())
        rows.append([
            page.label(f"action_{kind}"), int(of_kind.sum()), _about(page, kind), late or None, stake,
            share_of(stake or 0.0, everything) or None,
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
        [page.label("total"), len(found.row), None, sum(cells[3] or 0 for cells in rows), everything or None, share_of(everything, everything)],
    )  # fmt: skip
    page.bars(block, 5)
    return block.after + 2


def _about(page: Page, kind: str) -> str:
    return (
        page.say(_ABOUT[kind], days=page.run.pack.days_ahead)
        if kind in _ABOUT
        else page.label(f"action_{kind}_about")
    )


_ABOUT = {
    "birthday": "a birthday within {days} days",
    "contract": "a contract ends within {days} days",
    "holiday": "a holiday within {days} days",
}


def _draw_reminders(page: Page, row: int) -> int:
    """Whom to greet, renew with or expect in the next days, whatever else there is to do."""
    run, found = page.run, reminders(page.run)
    ahead = run.pack.days_ahead
    for one in holidays(run):
        greeted = int((found.day == np.datetime64(one.day, "D"))[found.kind == "holiday"].sum())
        said = page.say(
            "{holiday}, {day}: {count} customers to greet.", holiday=page.word(one.name), day=page.date(one.day), count=f"{greeted:,}"
        )  # fmt: skip
        page.put(row, 1, said)
        row += 1
    # A holiday is for everybody and would hide the days of single customers.
    found = type(found)._make(figures[found.kind != "holiday"] for figures in found)
    everyone = len(set(found.row.tolist()))
    if not everyone:
        note = page.say("No day of care lies in the next {days} days.", days=ahead)
        return page.heading(row, 1, page.label("care_reminders"), note) + 1
    stake = at_stake(run)
    best = np.sort(np.argsort(-stake[found.row], kind="stable")[:MOST_REMINDED])
    customers = run.customers.take(found.row[best])
    owner_of = owners(run, found.row[best])
    words = action_words(page, every_action(run)).take(found.row[best])
    counts = page.label("list_comma").join(
        f"{page.label(f'reminder_{kind}')} {int((found.kind == kind).sum()):,}"
        for kind in dict.fromkeys(found.kind.tolist())
    )
    row = page.heading(
        row, 1, page.label("care_reminders"),
        page.say(
            "The next {days} days: {counts}. The {shown} of the highest value, by day; who may not be contacted is left out.",
            days=ahead, counts=counts, shown=len(best),
        ),
    )  # fmt: skip
    tier, tier_of = tier_column(page)
    block = page.table(
        row, 1,
        [
            Column(page.label("customer"), "text", ("bold",)), tier, Column(page.label("occasion")),
            Column(page.label("owner")), Column(page.label("day"), "date"), Column(page.label("in_days"), "count"),
            Column(page.label("value_at_stake"), "money"), Column(page.label("action")),
        ],
        [
            [one.get("name") or one["customer_id"], tier_of(one), page.label(f"reminder_{kind}"),
             owner_of.get(at), day, (day - run.as_of).days, stake[at] or None, word]
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
    levels = {level.name or "": page.because(level.because) for level in run.pack.winback.levels}
    rows = [
        one for one in keyed(records(run.table("winbacks")), "winback", list(levels)) if one["winback"] != ""
    ]
    everyone = totals(rows, "customers", "value", "revenue_year", "spend")
    if not rows:
        return page.heading(row, 1, page.label("lost_customers"), page.say("No customer is lost.")) + 1
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
    owner_of, reasons = owners(run, best), run.reasons(page.language)
    row = page.heading(
        row, 1, page.label("win_back_list"),
        page.say("{shown} of {all} customers worth winning back, highest value first.", shown=len(best), all=f"{len(worth):,}"),
    )  # fmt: skip
    tier, tier_of = tier_column(page)
    block = page.table(
        row, 1,
        [
            Column(page.label("customer"), "text", ("bold",)), tier, Column(page.label("lost_reason")),
            Column(page.label("owner")), Column(page.label("last_date"), "date"), Column(page.label("value"), "money"),
            Column(page.label("winback_spend"), "money"), Column(page.label("churn_reasons")),
        ],
        [
            [one.get("name") or one["customer_id"], tier_of(one), _reason_of_loss(page, one.get("lost_reason")),
             owner_of.get(at), one["last_date"], one["value"], one["winback_spend"], reasons[at]]
            for one, at in zip(records(customers), best.tolist(), strict=True)
        ],
    )  # fmt: skip
    page.bars(block, 6)
    return block.after + 1


def _draw_others(page: Page, row: int, others: list[OtherMatter]) -> int:
    """Leads, goals, opportunities and items of registers that belong to no customer."""
    row = page.heading(
        row, 1, page.say("Beyond the customers"),
        page.say("{shown} of {all}: leads, opportunities, goals and registers, highest value at stake first.",
                 shown=min(len(others), MOST_OTHERS), all=len(others)),
    )  # fmt: skip
    block = page.table(
        row, 1,
        [
            Column(page.label("subject"), "text", ("bold",)), Column(page.label("kind_of_matter")), Column(page.label("action")), Column(page.label("owner")),
            Column(page.label("due"), "date"), Column(page.label("overdue_by"), "count"), Column(page.label("value_at_stake"), "money"),
            Column(page.label("churn_reasons"), "text", ("wrap",)),
        ],
        [
            [one.subject, page.label(f"matter_{one.kind}"), one.action, one.owner, one.due,
             late if one.due and (late := (page.run.as_of - one.due).days) > 0 else None, one.stake, one.why]
            for one in others[:MOST_OTHERS]
        ],
    )  # fmt: skip
    page.bars(block, 6)
    _lift(page, block, [one.why for one in others[:MOST_OTHERS]])
    return block.after + 2


def _lift(page: Page, block: Block, why: list[str]) -> None:
    """Rows as high as their reasons need."""
    for at, text in enumerate(why, block.first):
        page.tall(at, look.line_count(text, _WIDTHS[-1] - 24, page.language))


def _draw_list(page: Page, row: int, found: Actions) -> tuple[int, int]:
    run = page.run
    shown = Actions._make(figures[:MOST_LISTED] for figures in found)
    customers = run.customers.take(shown.row)
    owner_of, reasons = owners(run, shown.row), Reasons(page)
    words = action_words(page, every_action(run)).take(shown.row).to_pylist()
    row = page.heading(
        row, 1, page.label("actions_list"),
        page.say("{shown} of {all} actions, highest value at stake first.", shown=f"{len(shown.row):,}", all=f"{len(found.row):,}"),
    )  # fmt: skip
    tier, tier_of = tier_column(page)
    why, rows = [], []
    for one, word, at, kind, due, stake in zip(
        records(customers), words, *(figures.tolist() for figures in shown), strict=True
    ):
        why.append(reasons.why(kind, due, at, one))
        late = (run.as_of - due).days
        rows.append([
            one.get("name") or one["customer_id"], tier_of(one), word,
            reasons.owner(kind, at) or owner_of.get(at), due, late if late > 0 else None, stake or None, why[-1],
        ])  # fmt: skip
    block = page.table(
        row, 1,
        [
            Column(page.label("customer"), "text", ("bold",)), tier, Column(page.label("action")), Column(page.label("owner")),
            Column(page.label("due"), "date"), Column(page.label("overdue_by"), "count"), Column(page.label("value_at_stake"), "money"),
            Column(page.label("churn_reasons"), "text", ("wrap",)),
        ],
        rows,
    )  # fmt: skip
    page.bars(block, 6)
    _lift(page, block, why)
    return row, block.last


def _reason_of_loss(page: Page, reason: str | None) -> str | None:
    """The usual reasons have a word; others stand as they were written."""
    return page.label(f"lost_to_{reason}") if f"lost_to_{reason}" in labels() else reason


def _lacks(run: Run) -> Problem | None:
    from tierbook.quality import Problem
    from workbooks.wording import Wording

    if len(listed(run).row) or other_matters(Wording(run, "en")):
        return None
    return Problem("note", "Nothing needs to be done for any customer.")


SECTION = Section("actions", (), draw, order=55, lacks=_lacks)
