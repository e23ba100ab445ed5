"""Key accounts: what the groups that matter bring, whether they grow, when contracts end and who is due for a review."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from tierbook.errors import DataError
from tierbook.hierarchy import missing_parents
from tierbook.quality import Problem
from tierbook.wallet import wallet_share
from workbooks import charts
from workbooks import style as look
from workbooks.page import Block, Column, Page, Section
from workbooks.rows import records, share_of, totals

if TYPE_CHECKING:
    from tierbook.run import Run

_FIRST, _OTHER, _OTHERS, _WORDS = 250, 96, 9, 400
_LAST = 2 + _OTHERS
_WIDE = _FIRST + _OTHER * _OTHERS + _WORDS
_CHART_ROWS = 18
MOST_SHOWN, MOST_DRAWN = 50, 12


def draw(page: Page, run: Run) -> None:
    """A chart of the largest, the table of all accounts with what is due."""
    page.columns([20, _FIRST] + [_OTHER] * _OTHERS + [_WORDS])
    row = page.header(_LAST)
    for problem in missing_parents(run.groups):
        page.put(row, 1, problem.text(page.language), "small")
        row += 1
    head, block = _draw_accounts(page, row + _CHART_ROWS)
    _draw_chart(page, row, block)
    page.prints(block.after + 1, _LAST, repeat=(head, head))


def _draw_accounts(page: Page, row: int) -> tuple[int, Block]:
    run = page.run
    assert run.pack.key_accounts
    found = records(run.table("accounts"))
    everyone = records(run.table("totals"))[0]
    owners = {one["customer_id"]: one["owner"] for one in records(run.table("owners"))}
    names = dict(
        zip(run.customers["customer_id"].to_pylist(), run.customers["name"].to_pylist(), strict=True)
    )
    sums = totals(found, "customers", "revenue_year", "revenue_recent", "revenue_previous")
    row = page.heading(
        row, 1, page.label("key_accounts_all"),
        page.say(
            "A group counts as one account, every customer below its root included. Revenue is that of the last twelve months, the trend that of the last {window} days against the {window} before; a review is due {days} days after the last visit.",
            window=run.window_days, days=run.pack.key_accounts.review_after_days,
        ),
    )  # fmt: skip

    def cells(name: str, one: Mapping[str, Any]) -> list[Any]:
        return [
            name, one["customers"], one["revenue_year"], share_of(one["revenue_year"], everyone["revenue_year"]),
            _trend(one["revenue_recent"], one["revenue_previous"]),
        ]  # fmt: skip

    shown, rest = found[:MOST_SHOWN], found[MOST_SHOWN:]
    rows = [
        [*cells(names.get(one["account"]) or one["account"], one), _wallet(one), owners.get(one["account"]), one["contract_end"],
         one["last_visit"], _review(page, one), _due(page, one)]
        for one in shown
    ]  # fmt: skip
    if rest:
        others = totals(rest, "customers", "revenue_year", "revenue_recent", "revenue_previous")
        rows.append([*cells(page.say("Others ({count})", count=len(rest)), others), *[None] * 6])
    block = page.table(
        row, 1,
        [Column(page.label("account"), "text", ("bold",)), Column(page.label("customers"), "count"), Column(page.label("revenue"), "money"),
         Column(page.label("share_of_revenue"), "share"), Column(page.label("account_trend"), "change"), Column(page.label("wallet_share"), "share"),
         Column(page.label("owner")), Column(page.label("contract_end"), "date"), Column(page.label("last_visit"), "date"),
         Column(page.label("next_review"), "date"), Column(page.label("account_due"), "text", ("alert",))],
        rows,
        [*cells(page.label("total"), sums), *[None] * 6],
    )  # fmt: skip
    page.bars(block, 3)
    return row, block


def _trend(recent: float, previous: float) -> float | None:
    """As `spend_change`: missing where the window before brought nothing."""
    return (recent - previous) / previous if previous > 0 else None


def _wallet(one: Mapping[str, Any]) -> float:
    return float(wallet_share(one["spend_of_budget"], one["budget"])[0])


def _review(page: Page, one: Mapping[str, Any]) -> date | None:
    """The day of the next review; missing where nobody ever visited."""
    section = page.run.pack.key_accounts
    assert section is not None
    return one["last_visit"] + timedelta(days=section.review_after_days) if one["last_visit"] else None


def _due(page: Page, one: Mapping[str, Any]) -> str:
    """What waits for somebody, in words; "" where nothing does."""
    review, as_of, said = _review(page, one), page.run.as_of, []
    if one["contract_end"] is not None and one["contract_end"] < as_of:
        said.append(page.say("contract has ended"))
    elif one["contract_end"] is not None and one["contract_end"] <= as_of + timedelta(
        days=page.run.window_days
    ):
        said.append(page.say("contract ends within {days} days", days=page.run.window_days))
    if review is None:
        said.append(page.say("never visited"))
    elif review <= as_of:
        said.append(page.say("review is due"))
    if one["flagged"]:
        said.append(page.say("{count} at risk of leaving", count=one["flagged"]))
    return page.label("list_semicolon").join(said)


def _draw_chart(page: Page, row: int, block: Block) -> None:
    drawn = Block(block.sheet, block.first, min(block.last, block.first + MOST_DRAWN - 1), block.left)
    title = page.say("Revenue of the largest key accounts, last twelve months")
    made = charts.chart(page, "bar", title=title)
    made.add_series({
        "name": drawn.heading(2), "categories": drawn.column(0), "values": drawn.column(2), "gap": 45,
        "data_labels": charts.labelled(page, "axis"), **charts.filled(look.ACCENT),
    })  # fmt: skip
    made.set_y_axis(charts.category_axis(page, reverse=True))
    made.set_x_axis(charts.value_axis(page, visible=False, min=0, major_gridlines={"visible": False}))
    page.place(made, row, 1, _WIDE, _CHART_ROWS * look.ROW_PIXELS - 10, title)


def _lacks(run: Run) -> Problem | None:
    if not any(run.customers["key_account"].to_pylist()):
        return Problem("note", "No customer is a key account by these rules.")
    try:
        _ = run.groups
    except DataError as error:
        return Problem("note", error.message, error.fix, values=error.values)
    return None


SECTION = Section("key_accounts", ("transactions", "key_account"), draw, order=86, lacks=_lacks)
