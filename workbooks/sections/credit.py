"""Credit: who may send on account, what is open by age, and whom to call or stop."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from tierbook.credit import ageing
from workbooks import charts
from workbooks import style as look
from workbooks.page import Column, Page, Section
from workbooks.rows import records, share_of

if TYPE_CHECKING:
    from tierbook.rulepack.pack import CompiledCredit
    from tierbook.run import Run

_FIRST, _OTHER, _OTHERS = 250, 116, 8
_LAST = 1 + _OTHERS
_CHART_ROWS = 14
MOST_ALERTS = 200
_KINDS = ("monthly", "temporary", None)


def draw(page: Page, run: Run) -> None:
    """Status first, then open amounts by age with their chart, then the alert list."""
    section = run.pack.credit
    assert section is not None
    page.columns([20, _FIRST] + [_OTHER] * _OTHERS)
    row = page.header(_LAST)
    row = _draw_status(page, row, section)
    row = _draw_ageing(page, row, section)
    head, last = _draw_alerts(page, row, section)
    page.prints(last, _LAST, repeat=(head, head))


def _customers(run: Run) -> list[dict[str, Any]]:
    """Customers with receivables; what a masked copy hides is hidden here too."""
    import pyarrow.compute as pc

    there = pc.fill_null(pc.not_equal(run.customers["credit"], ""), False)
    names = [
        "customer_id",
        "name",
        "tier",
        "credit",
        "credit_kind",
        "credit_limit",
        "receivable",
        "credit_used",
        "overdue_days",
    ]
    return records(
        run.customers.filter(there).select([name for name in names if name in run.customers.column_names])
    )


def _draw_status(page: Page, row: int, section: CompiledCredit) -> int:
    rows, levels = _customers(page.run), [level.name for level in section.levels]
    open_all = sum(one["receivable"] or 0.0 for one in rows)
    cells = []
    for name in levels:
        own = [one for one in rows if one["credit"] == name]
        amount = sum(one["receivable"] or 0.0 for one in own)
        late = sum(one["receivable"] or 0.0 for one in own if (one["overdue_days"] or 0) > 0)
        cells.append(
            [
                page.word(name),
                len(own),
                share_of(len(own), len(rows)),
                amount,
                share_of(amount, open_all),
                late,
            ]
        )
    row = page.heading(
        row, 1, page.label("credit"),
        page.say("Customers with receivables: {count}. Open amounts are invoices not yet paid; credit notes are counted by themselves.", count=f"{len(rows):,}"),
    )  # fmt: skip
    block = page.table(
        row, 1,
        [Column(page.label("credit"), "text", ("bold",)), Column(page.label("customers"), "count"), Column(page.label("share_of_customers"), "share"),
         Column(page.label("receivable"), "money"), Column(page.label("share_of_open"), "share"), Column(page.label("open_of_late"), "money")],
        cells,
        [page.label("total"), len(rows), share_of(len(rows), len(rows)), open_all, share_of(open_all, open_all), sum(one[5] for one in cells)],
    )  # fmt: skip
    page.bars(block, 4)
    return block.after + 2


def _draw_ageing(page: Page, row: int, section: CompiledCredit) -> int:
    from tierbook.arrow import arrays

    run = page.run
    invoices = arrays(run.engine.sql(f"""
        SELECT invoice.due,
            CAST(CAST(invoice.amount AS DECIMAL(38, 6)) - CASE
                WHEN invoice.paid_date IS NULL OR invoice.paid_date <= DATE '{run.as_of.isoformat()}'
                THEN CAST(COALESCE(invoice.paid, 0) AS DECIMAL(38, 6)) ELSE 0 END AS DOUBLE) AS open_amount,
            customer.credit_kind
        FROM tierbook_receivables AS invoice JOIN {run.view} AS customer ON customer.customer_id = invoice.customer_id
        WHERE invoice.issued IS NULL OR invoice.issued <= DATE '{run.as_of.isoformat()}'
    """))  # fmt: skip
    kind = invoices["credit_kind"]
    by_kind = {}
    for one in _KINDS:
        mine = ~np.isin(kind.astype(str), _KINDS[:2]) if one is None else kind == one
        by_kind[one] = ageing(
            invoices["due"][mine],
            invoices["open_amount"][mine],
            as_of=run.as_of,
            last_days=section.ageing_days,
        )
    found = ageing(invoices["due"], invoices["open_amount"], as_of=run.as_of, last_days=section.ageing_days)
    whole = float(found.amount.sum())
    note = (
        page.say(
            "Credit notes not yet used: {count}, {amount} in all.",
            count=found.credit_notes,
            amount=page.short(found.credited),
        )
        if found.credit_notes
        else ""
    )
    row = page.heading(row, 1, page.label("ageing_days"), note)
    names = bucket_names(page, section.ageing_days)
    block = page.table(
        row, 1,
        [Column(page.label("days_past_due"), "text", ("bold",)), Column(page.label("invoices"), "count"), Column(page.label("receivable"), "money"),
         Column(page.label("share_of_open"), "share"), *(Column(page.label(f"credit_kind_{one or 'other'}"), "money") for one in _KINDS)],
        [[name, int(found.invoices[at]), float(found.amount[at]), share_of(float(found.amount[at]), whole),
          *(float(by_kind[one].amount[at]) for one in _KINDS)] for at, name in enumerate(names)],
        [page.label("total"), int(found.invoices.sum()), whole, share_of(whole, whole), *(float(by_kind[one].amount.sum()) for one in _KINDS)],
    )  # fmt: skip
    title = page.say("Open amounts by days past due")
    made = charts.chart(page, "column", title=title, legend=True)
    for position, colour in ((4, look.ACCENT), (5, look.ACCENT_MID), (6, look.ACCENT_SOFT)):
        made.add_series({
            "name": block.heading(position), "categories": block.column(0), "values": block.column(position),
            "gap": 60, "overlap": 0, **charts.filled(colour),
        })  # fmt: skip
    made.set_x_axis(charts.category_axis(page))
    made.set_y_axis(charts.value_axis(page))
    page.place(made, block.after + 2, 1, _FIRST + _OTHER * _OTHERS, _CHART_ROWS * look.ROW_PIXELS, title)
    return block.after + 3 + _CHART_ROWS


def bucket_names(page: Page, last_days: tuple[int, ...]) -> list[str]:
    """What readers call the buckets, such as `1–30 days`."""
    between = [
        page.say("{first}–{last} days", first=before + 1, last=last) for before, last in pairwise(last_days)
    ]
    return [page.label("not_due"), *between, page.say("over {last} days", last=last_days[-1])]


def _draw_alerts(page: Page, row: int, section: CompiledCredit) -> tuple[int, int]:
    levels = [level.name for level in section.levels]
    calm = levels[-1]
    alerts = [one for one in _customers(page.run) if one["credit"] != calm]
    alerts.sort(key=lambda one: (levels.index(one["credit"]), -(one["receivable"] or 0), one["customer_id"]))
    row = page.heading(
        row, 1, page.label("credit_alerts"),
        page.say("{shown} of {all} customers, the worst status first, then by open amount.", shown=min(len(alerts), MOST_ALERTS), all=f"{len(alerts):,}"),
    )  # fmt: skip
    block = page.table(
        row, 1,
        [Column(page.label("customer"), "text", ("bold",)), Column(page.label("customer_id")), Column(page.label("tier")), Column(page.label("credit")),
         Column(page.label("credit_kind")), Column(page.label("credit_limit"), "money"), Column(page.label("receivable"), "money"),
         Column(page.label("credit_used"), "share0"), Column(page.label("overdue_days"), "count")],
        [[one.get("name") or one["customer_id"], one["customer_id"], page.word(one["tier"], "no_tier"), page.word(one["credit"]),
          page.label(f"credit_kind_{one.get('credit_kind') or 'other'}"), one["credit_limit"], one["receivable"], one["credit_used"], one["overdue_days"]]
         for one in alerts[:MOST_ALERTS]],
    )  # fmt: skip
    page.bars(block, 6)
    return row, block.last


SECTION = Section("credit", ("receivables", "credit"), draw, order=78)
