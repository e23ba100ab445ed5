"""Duplicates: records of several sources that are one customer, what is left to decide, and what each source should change."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from tierbook.matching.field_quality import CURRENT_DAYS, field_quality
from tierbook.matching.pairs import WEIGHTED
from tierbook.quality import Problem
from tierbook.run import HIDDEN
from workbooks.page import Column, Page, Section
from workbooks.rows import share_of

if TYPE_CHECKING:
    from tierbook.duplicates import Duplicates
    from tierbook.run import Run

_WIDTHS = (150, 232, 150, 232, 104, 130, 110, 150)
_LAST = len(_WIDTHS)
MOST_PAIRS, MOST_RECORDS, MOST_NOTICES = 50, 100, 100


def draw(page: Page, run: Run) -> None:
    """What matching found, pairs to decide, fields, the cross-reference, and update notices."""
    found = run.duplicates
    assert found is not None
    page.columns([20, *_WIDTHS])
    row = page.header(_LAST)
    row = _draw_found(page, row, found)
    row = _draw_review(page, row, found)
    row = _draw_fields(page, row, found)
    row = _draw_records(page, row, found)
    row = _draw_notices(page, row, found)
    page.prints(row, _LAST)


def _draw_found(page: Page, row: int, found: Duplicates) -> int:
    count = len(found.records)
    said = [
        page.say(
            "{records} records are {customers} customers; {share} of the records are there a second time.",
            records=f"{count:,}", customers=f"{found.customers:,}", share=page.share((count - found.customers) / count),
        ),
        page.say(
            "Compared were {pairs} pairs, of all {all} there are; {review} are for a person to decide (action Duplicates).",
            pairs=f"{found.found.compared:,}", all=f"{count * (count - 1) // 2:,}", review=f"{len(found.review):,}",
        ),
    ]  # fmt: skip
    for sentence in said:
        page.put(row, 1, sentence)
        row += 1
    row = page.heading(row + 1, 1, page.say("Why records were joined"))
    reasons = np.bincount(found.found.why[found.merged], minlength=len(found.found.reasons))
    rows = [
        [_reason(page, found.found.reasons[at]), int(reasons[at])]
        for at in np.argsort(-reasons, kind="stable").tolist()
        if reasons[at]
    ]
    block = page.table(
        row, 1, [Column(page.label("match_why"), "text", ("bold",)), Column(page.label("pairs"), "count")],
        rows, [page.label("total"), int(reasons.sum())],
    )  # fmt: skip
    page.bars(block, 1)
    return block.after + 2


def _reason(page: Page, name: str) -> str:
    if name == WEIGHTED:
        return page.say("name, address and the like")
    return page.say(
        "same {field}", field=page.label("list_and").join(page.label(one) for one in name.split(" + "))
    )


def _shown(page: Page, found: Duplicates, name: str, record: int) -> Any:
    if name not in found.records.column_names:
        return None
    value = found.records[name][record].as_py()
    return HIDDEN if page.run.unmasked is not None and name in page.run.pack.masked and value else value


def _record(page: Page, found: Duplicates, record: int) -> list[Any]:
    key = found.key(record)
    return [f"{key.source} {key.source_id}".strip(), _shown(page, found, "name", record)]


def _draw_review(page: Page, row: int, found: Duplicates) -> int:
    pairs = found.review[:MOST_PAIRS]
    row = page.heading(
        row, 1, page.say("Pairs to decide"),
        page.say("{shown} of {all}, the most alike first. Decide them with the action Duplicates.", shown=len(pairs), all=f"{len(found.review):,}"),
    )  # fmt: skip
    block = page.table(
        row, 1,
        [Column(page.say("Record A")), Column(page.label("name")), Column(page.say("Record B")), Column(page.label("name")),
         Column(page.label("match_score"), "score"), Column(page.label("match_why"))],
        [[*_record(page, found, int(found.found.a[pair])), *_record(page, found, int(found.found.b[pair])), float(found.found.score[pair]),
          found.why(pair, page.language)] for pair in pairs.tolist()],
    )  # fmt: skip
    page.extend(block, 7, _LAST)
    return max(block.after, row + 2) + 1


def _draw_fields(page: Page, row: int, found: Duplicates) -> int:
    count = len(found.records)
    row = page.heading(
        row, 1, page.say("How good the fields are"),
        page.say("Valid is what can be right, such as a mobile of 7 to 15 digits; current is what was updated within {days} days.", days=CURRENT_DAYS),
    )  # fmt: skip
    block = page.table(
        row, 1,
        [Column(page.label("field"), "text", ("bold",)), Column(page.label("filled"), "count"), Column(page.label("filled_share"), "share"),
         Column(page.label("valid"), "count"), Column(page.label("valid_share"), "share"), Column(page.label("current"), "count"),
         Column(page.label("current_share"), "share")],
        [[page.label(one.field), one.filled, share_of(one.filled, count), one.valid, share_of(one.valid, one.filled), one.current,
          None if one.current is None else share_of(one.current, one.filled)]
         for one in field_quality(found.records, as_of=page.run.as_of) if one.filled],
    )  # fmt: skip
    for position in (2, 4, 6):
        page.bars(block, position)
    return block.after + 2


def _draw_records(page: Page, row: int, found: Duplicates) -> int:
    several = found.repeated[:MOST_RECORDS].tolist()
    golden = found.golden_id()
    row = page.heading(
        row, 1, page.say("Which record belongs to which customer"),
        page.say("{shown} of {all} records of customers that have several.", shown=len(several), all=f"{len(found.repeated):,}"),
    )  # fmt: skip
    block = page.table(
        row, 1,
        [Column(page.label("customer"), "text", ("bold",)), Column(page.label("name")), Column(page.label("source")), Column(page.label("source_id")),
         Column(page.label("updated"), "date"), Column(page.label("customer_id"))],
        [[golden[at].as_py(), _shown(page, found, "name", at), found.key(at).source, found.key(at).source_id, _day(found, at),
          found.records["customer_id"][at].as_py()] for at in several],
    )  # fmt: skip
    return max(block.after, row + 1) + 1


def _day(found: Duplicates, record: int) -> date | None:
    if "updated" not in found.records.column_names:
        return None
    value: Any = found.records["updated"][record].as_py()
    return value.date() if isinstance(value, datetime) else value


def _draw_notices(page: Page, row: int, found: Duplicates) -> int:
    log = found.changes
    shown = found.notices[:MOST_NOTICES].tolist()
    row = page.heading(
        row, 1, page.say("What sources should change"),
        page.say(
            "{shown} of {all} update notices: core fields in which a record differs from its customer. The change log holds {log} differences in all fields.",
            shown=len(shown), all=f"{len(found.notices):,}", log=f"{len(log.record):,}",
        ),
    )  # fmt: skip
    hidden = page.run.pack.masked if page.run.unmasked is not None else ()
    block = page.table(
        row, 1,
        [Column(page.say("Record"), "text", ("bold",)), Column(page.label("field")), Column(page.say("Before")), Column(page.say("After")),
         Column(page.say("Known from")), Column(page.label("updated"), "date")],
        [[_record(page, found, int(log.record[at]))[0], page.label(log.field[at]),
          *(HIDDEN if log.field[at] in hidden and text else text for text in (log.before[at].as_py(), log.after[at].as_py())),
          _record(page, found, int(log.since[at]))[0], _day(found, int(log.since[at]))] for at in shown],
    )  # fmt: skip
    return max(block.after, row + 1)


def _lacks(run: Run) -> Problem | None:
    if run.duplicates is None:
        return Problem("note", "Appears when the customers carry the columns source and source_id.")
    if not run.pack.matching:
        return Problem("note", "Appears when the rules say how records are matched.")
    return None


SECTION = Section("duplicates", ("customers",), draw, order=880, lacks=_lacks)
