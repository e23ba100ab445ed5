"""The list of actions and the days of care as sheets of a workbook, in the reader's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tierbook.language import label
from workbooks.next_actions import (
    Reasons,
    action_words,
    at_stake,
    every_action,
    listed,
    owners,
    reminders,
)
from workbooks.other_matters import other_matters
from workbooks.rows import records
from workbooks.sheet_xml import Format, ResultSheet
from workbooks.wording import Wording
from workbooks.writer import STAMP

if TYPE_CHECKING:
    from tierbook.run import Run

ACTION_LIST, CARE = "tierbook_action_list", "tierbook_care"


def action_sheet(run: Run, language: str) -> ResultSheet:
    """Every customer with something to do, highest value at stake first, then what belongs to no customer."""
    words, found = Wording(run, language), listed(run)
    reasons, owner_of = Reasons(words), owners(run, found.row)
    said = action_words(words, every_action(run)).take(found.row).to_pylist()
    customers = records(run.customers.take(found.row))
    rows: list[list[Any]] = [
        [one["customer_id"], one.get("name"), words.word(one["tier"], "no_tier"), action, reasons.why(kind, due, row, one),
         reasons.owner(kind, row) or owner_of.get(row), due, stake or None]
        for one, action, row, kind, due, stake in zip(
            customers, said, *(figures.tolist() for figures in found), strict=True
        )
    ]  # fmt: skip
    rows += [
        [
            None,
            one.subject,
            words.label(f"matter_{one.kind}"),
            one.action,
            one.why,
            one.owner,
            one.due,
            one.stake,
        ]
        for one in other_matters(words)
    ]
    names = ("customer_id", "name", "tier", "action", "reason", "owner", "due", "value_at_stake")
    return _sheet(run, language, "Tierbook Actions", ACTION_LIST, names, rows)


def care_sheet(run: Run, language: str, days: int | None = None) -> ResultSheet:
    """Every day of care of the next days, the nearest first; who may not be contacted is left out.

    Parameters
    ----------
    days : int, optional
        How far ahead; as the pack says if left out. [days]
    """
    words, found = Wording(run, language), reminders(run, days)
    owner_of = owners(run, np.unique(found.row))
    stake = at_stake(run)
    customers = records(run.customers.take(found.row))
    rows = [
        [one["customer_id"], one.get("name"), words.word(one["tier"], "no_tier"),
         words.word(name) if name else words.label(f"reminder_{kind}"), owner_of.get(row), day, stake[row] or None]
        for one, row, kind, day, name in zip(customers, *(figures.tolist() for figures in found), strict=True)
    ]  # fmt: skip
    names = ("customer_id", "name", "tier", "occasion", "owner", "day", "value_at_stake")
    return _sheet(run, language, "Tierbook Care", CARE, names, rows)


def _sheet(
    run: Run, language: str, title: str, key: str, names: tuple[str, ...], rows: list[list[Any]]
) -> ResultSheet:
    import pyarrow as pa

    kinds = {"due": pa.date32(), "day": pa.date32(), "value_at_stake": pa.float64()}
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    table = pa.table({
        name: pa.array(list(column), kinds.get(name, pa.string())) for name, column in zip(names, columns, strict=True)
    }).append_column(STAMP, pa.repeat(pa.scalar(run.pack.stamp, pa.string()), len(rows)))  # fmt: skip
    formats: list[Format] = [
        "date" if name in ("due", "day") else "amount" if name in kinds else "text" for name in names
    ]
    return ResultSheet(
        title, key, table, [label(name, language) for name in (*names, STAMP)], [*formats, "text"]
    )
