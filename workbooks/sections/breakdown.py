"""Breakdown: customers, revenue, value and risk by what the customers are, one inside the other to two levels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tierbook.tables import TABLES
from workbooks import charts
from workbooks import style as look
from workbooks.page import Block, Column, Page, Section
from workbooks.rows import records, share_of, totals

if TYPE_CHECKING:
    from tierbook.run import Run

# What customers are told apart by, the most telling first.
DIMENSIONS = (
    "region", "industry", "size", "channel", "customer_class", "business_model", "kind", "brand", "source", "reputation",
)  # fmt: skip
_FIGURES = ("customers", "revenue", "revenue_recent", "active", "flagged", "value")
_NAME, _FIGURE, _COUNT = 150, 108, 8
_LAST = 2 + _COUNT
_HALF = (2 * _NAME + _COUNT * _FIGURE - 16) // 2
_CHART_ROWS = 16
MOST_SINGLE = 4
MOST_NAMES, MOST_INSIDE, MOST_DRAWN = 12, 8, 7

_SHARE = "share_of_"
_SOLD = {
    "customers": "count", "share_of_customers": "share", "revenue": "money", "share_of_revenue": "share", "revenue_recent": "money",
    "active": "count", "flagged": "count", "value": "money",
}  # fmt: skip
_VALUED = {"customers": "count", "share_of_customers": "share", "value": "money", "share_of_value": "share"}
_COUNTED = {"customers": "count", "share_of_customers": "share"}

Row = dict[str, Any]


def draw(page: Page, run: Run) -> None:
    """Two charts, a table for each dimension, and the first two one inside the other."""
    page.columns([20, _NAME, _NAME] + [_FIGURE] * _COUNT)
    row = page.header(_LAST)
    names = dimensions(run)
    charts_at = row
    row += _CHART_ROWS
    blocks: list[Block] = []
    for name in names[:MOST_SINGLE]:
        row, block = _draw_single(page, row, name)
        blocks.append(block)
    for name, block, shift in zip(names, blocks[:2], (0, _HALF + 16), strict=False):
        _draw_chart(page, charts_at, name, block, shift)
    if len(names) > 1:
        row = _draw_nested(page, row, names[0], names[1])
    page.prints(row, _LAST)


def dimensions(run: Run) -> list[str]:
    """The columns of the customers that part them into at least two groups and not into one each."""
    found = []
    for name in dict.fromkeys((*run.pack.breakdown, *DIMENSIONS)):
        if name in run.customers.column_names:
            groups = run.table(f"breakdown:{name}").num_rows
            if 1 < groups <= max(run.customers.num_rows // 2, 2):
                found.append(name)
    # With nothing to compare, what there is says at least that.
    return found or [name for name in DIMENSIONS if name in run.customers.column_names][:1]


def _largest(page: Page, rows: Sequence[Mapping[str, Any]], key: str, most: int) -> list[Row]:
    """The groups with the most revenue, the others in one row; `shown` is what the reader sees."""
    ordered = sorted(rows, key=lambda one: (-one["revenue"], str(one[key])))
    kept: list[Row] = [{**one, "shown": _shown(page, key, one[key])} for one in ordered[:most]]
    if rest := ordered[most:]:
        kept.append(
            {**totals(rest, *_FIGURES), key: None, "shown": page.say("Others ({count})", count=len(rest))}
        )
    return kept


def _called(page: Page, name: str) -> str:
    """What a reader sees for a column; a class goes by the name of its group."""
    group = name.rpartition(".")[2]
    return page.word(group) if group in page.run.pack.words else page.label(group)


def _shown(page: Page, column: str, name: Any) -> str:
    if isinstance(name, bool):
        return page.label("yes" if name else "no")
    if name is None or name == "":
        return page.label("not_given")
    if str(name) in page.run.pack.words:
        return page.word(str(name))
    closed = {one.name: set(one.choices.values()) for one in TABLES["customers"].columns}
    return page.label(f"{column}_{name}") if name in closed.get(column, ()) else str(name)


def _shown_figures(run: Run) -> dict[str, str]:
    """What is told of each group, and its kind: no revenue where nobody pays, no value where the rules give none."""
    if records(run.table("totals"))[0]["revenue"]:
        return _SOLD
    return _VALUED if run.customers["value"].null_count < run.customers.num_rows else _COUNTED


def _cells(page: Page, one: Mapping[str, Any], everyone: Mapping[str, float]) -> list[Any]:
    return [
        share_of(one[name.removeprefix(_SHARE)], everyone[name.removeprefix(_SHARE)])
        if name.startswith(_SHARE)
        else one[name]
        for name in _shown_figures(page.run)
    ]


def _columns(page: Page) -> list[Column]:
    named = {"flagged": "at_risk_short"}
    return [
        Column(page.label(named.get(name, name)), kind) for name, kind in _shown_figures(page.run).items()
    ]


def _draw_single(page: Page, row: int, name: str) -> tuple[int, Block]:
    found = records(page.run.table(f"breakdown:{name}"))
    everyone = totals(found, *_FIGURES)
    row = page.heading(row, 1, page.say("By {what}", what=_called(page, name).lower()))
    block = page.table(
        row, 1,
        [Column(_called(page, name), "text", ("bold",)), *_columns(page), *([Column(page.label("mean_value"), "money")] if _mean(page, everyone) else [])],
        [
            [one["shown"], *_cells(page, one, everyone), *_mean(page, one)]
            for one in _largest(page, found, name, MOST_NAMES)
        ],
        [page.label("total"), *_cells(page, everyone, everyone), *_mean(page, everyone)],
    )  # fmt: skip
    for position in _share_columns(page):
        page.bars(block, position)
    return block.after + 2, block


def _mean(page: Page, one: Mapping[str, Any]) -> list[Any]:
    return [share_of(one["value"], one["customers"])] if "value" in _shown_figures(page.run) else []


def _share_columns(page: Page) -> list[int]:
    """Where shares stand in a table of one dimension."""
    return [at for at, name in enumerate(_shown_figures(page.run), 1) if name.startswith(_SHARE)]


def _draw_nested(page: Page, row: int, outer: str, inner: str) -> int:
    groups = _largest(page, records(page.run.table(f"breakdown:{outer}")), outer, MOST_NAMES)
    found = records(page.run.table(f"breakdown:{outer}/{inner}"))
    everyone = totals(found, *_FIGURES)
    kept = {one[outer] for one in groups if one["shown"] == _shown(page, outer, one[outer])}
    rows: list[list[Any]] = []
    heads: list[int] = []
    for group in groups:
        heads.append(len(rows))
        rows.append([group["shown"], page.label("all_of_them"), *_cells(page, group, everyone)])
        if group["shown"] == _shown(page, outer, group[outer]):
            inside = [one for one in found if one[outer] == group[outer]]
        else:
            inside = _summed([one for one in found if one[outer] not in kept], inner)
        rows += [
            [group["shown"], one["shown"], *_cells(page, one, everyone)]
            for one in _largest(page, inside, inner, MOST_INSIDE)
        ]
    row = page.heading(
        row, 1, page.say("{outer} and {inner}", outer=_called(page, outer), inner=_called(page, inner).lower()),
        page.say("Shares are of all customers and all revenue; bold rows add up to the total, the rows below a bold one to that."),
    )  # fmt: skip
    block = page.table(
        row, 1,
        [Column(_called(page, outer)), Column(_called(page, inner)), *_columns(page)],
        rows,
        [page.label("total"), page.label("all_of_them"), *_cells(page, everyone, everyone)],
    )  # fmt: skip
    kinds = ["text", "text", *(column.kind for column in _columns(page))]
    for at in heads:
        for position, kind in enumerate(kinds):
            page.put(block.first + at, 1 + position, rows[at][position], "line", "cell", kind, "bold")
    return block.after


def _summed(rows: Sequence[Mapping[str, Any]], key: str) -> list[Row]:
    """Rows of one key added up."""
    names = list(dict.fromkeys(one[key] for one in rows))
    return [{key: name, **totals([one for one in rows if one[key] == name], *_FIGURES)} for name in names]


def _draw_chart(page: Page, row: int, name: str, table: Block, shift: int) -> None:
    block = Block(table.sheet, table.first, min(table.last, table.first + MOST_DRAWN - 1), table.left)
    what = _called(page, name).lower()
    if "revenue" in _shown_figures(page.run):
        title = page.say("Customers and revenue by {what}", what=what)
    else:
        title = page.say(
            "Customers and value by {what}" if "value" in _shown_figures(page.run) else "Customers by {what}",
            what=what,
        )
    series = tuple(zip(_share_columns(page), (look.ACCENT_SOFT, look.ACCENT), strict=False))
    made = charts.grouped(page, block, series, title=title, kind="bar", gap=40)
    page.place(made, row, 1, _HALF, _CHART_ROWS * look.ROW_PIXELS - 10, title, shift=shift)


SECTION = Section("breakdown", ("|".join(DIMENSIONS),), draw, order=100)
