"""Behaviour: what each tier earns, how customers deal with us, and how loyal they are (`spec/systems.md` B)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from workbooks import charts
from workbooks import style as look
from workbooks.page import Block, Column, Page, Section
from workbooks.rows import keyed, records, share_of, tier_names, totals

if TYPE_CHECKING:
    from tierbook.rulepack.pack import CompiledLevel
    from tierbook.run import Run

_FIRST, _OTHER, _OTHERS = 190, 112, 8
_LAST = 1 + _OTHERS
_HALF = (_FIRST + _OTHER * _OTHERS - 16) // 2
_CHART_ROWS = 15
_FIGURES = ("customers", "active", "revenue", "revenue_recent", "flagged")
MOST_CLASSES = 8


def draw(page: Page, run: Run) -> None:
    """Profit first, then a table for each group of classes, two of them against each other, and the scores."""
    page.columns([20, _FIRST] + [_OTHER] * _OTHERS)
    row = page.header(_LAST)
    row = _draw_profit(page, row)
    groups = [(f"class.{name}", page.word(name), levels) for name, levels in run.pack.classes.items()]
    scores = [
        (f"score.{name}.level", page.word(name), score.levels)
        for name, score in run.pack.scores.items()
        if score.levels
    ]
    charts_at = row
    row += _CHART_ROWS
    blocks = []
    for column, title, levels in (*scores, *groups):
        top = row
        row, block = _draw_group(page, row, column, title, levels)
        page.keep(top, row - 1)
        blocks.append((title, block))
    for (title, block), shift in zip(blocks[:2], (0, _HALF + 16), strict=False):
        _draw_chart(page, charts_at, title, block, shift)
    if len(groups) > 1:
        top = row
        row = _draw_crossed(page, row, groups[0], groups[-1])
        page.keep(top, row - 1)
    page.prints(row, _LAST)


def _draw_profit(page: Page, row: int) -> int:
    rows = keyed(records(page.run.table("profits")), "tier", tier_names(page.run))
    everyone = totals(rows, "customers", "revenue", "cost", "profit")
    best = records(page.run.table("best_fifth"))[0]
    note = ""
    if everyone["profit"] > 0:
        note = page.say(
            "The {count} customers with the most profit, a fifth of all, bring {share} of it.",
            count=best["customers"],
            share=page.share(best["profit"] / everyone["profit"]),
        )
    row = page.heading(row, 1, page.say("Profit by tier"), note)
    block = page.table(
        row, 1,
        [
            Column(page.label("tier"), "text", ("bold",)), Column(page.label("customers"), "count"),
            Column(page.label("share_of_customers"), "share"), Column(page.label("revenue"), "money"),
            Column(page.label("total_cost"), "money"), Column(page.label("net_value"), "money"),
            Column(page.label("share_of_profit"), "share"), Column(page.label("mean_profit"), "money"),
        ],
        [
            [page.word(one["tier"], "no_tier"), one["customers"], share_of(one["customers"], everyone["customers"]), one["revenue"],
             one["cost"], one["profit"], share_of(one["profit"], everyone["profit"]), share_of(one["profit"], one["customers"])]
            for one in rows
        ],
        [page.label("total"), everyone["customers"], 1.0, everyone["revenue"], everyone["cost"], everyone["profit"], share_of(everyone["profit"], everyone["profit"]),
         share_of(everyone["profit"], everyone["customers"])],
    )  # fmt: skip
    page.bars(block, 2)
    row = block.after + 1
    if outside := _leads_from_outside(page.run):
        page.put(
            row, 1,
            page.say("Potential beside the table: {count} open leads from outside, who are no customers yet.", count=f"{outside:,}"), "small",
        )  # fmt: skip
        row += 1
    return row + 1


def _leads_from_outside(run: Run) -> int:
    """Open leads who are no customers, each once, where the rules have a tier of that name."""
    from tierbook.pipeline import pipeline

    if not run.tables.get("leads") or not run.pack.tiers:
        return 0
    if all(one.name != "potential" for one in run.pack.tiers.levels):
        return 0
    found = pipeline(run)
    new = np.array([one is None for one in found.customer.tolist()], dtype=bool)
    return int((found.open & ~found.repeated & new).sum())


def _classes(page: Page, column: str, levels: Sequence[CompiledLevel]) -> list[dict[str, Any]]:
    """The classes of a group in the pack's order, the smallest of very many in one row."""
    found = records(page.run.table(f"breakdown:{column}"))
    ordered = keyed(found, column, [level.name for level in levels if level.name])
    for one in ordered:
        one["shown"] = _shown(page, one[column])
    if len(ordered) <= MOST_CLASSES:
        return ordered
    largest = sorted(ordered, key=lambda one: -one["customers"])
    rest = totals(largest[MOST_CLASSES - 1 :], *_FIGURES)
    others = page.say("Others ({count})", count=len(ordered) - MOST_CLASSES + 1)
    return [*largest[: MOST_CLASSES - 1], {**rest, "shown": others}]


def _shown(page: Page, name: str | None) -> str:
    # A class may be named by a column of the input: then it is shown as it stands there.
    if name is None or name in page.run.pack.words:
        return page.word(name, "no_class")
    return name


def _draw_group(
    page: Page, row: int, column: str, title: str, levels: Sequence[CompiledLevel]
) -> tuple[int, Block]:
    rows = _classes(page, column, levels)
    everyone = totals(rows, *_FIGURES)
    row = page.heading(row, 1, page.say("By {what}", what=title.lower()))
    block = page.table(
        row, 1,
        [
            Column(title, "text", ("bold",)), Column(page.label("customers"), "count"), Column(page.label("share_of_customers"), "share"),
            Column(page.label("revenue"), "money"), Column(page.label("share_of_revenue"), "share"),
            Column(page.label("revenue_recent"), "money"), Column(page.label("active"), "count"),
            Column(page.label("at_risk_short"), "count"), Column(page.label("mean_revenue"), "money"),
        ],
        [
            [one["shown"], one["customers"], share_of(one["customers"], everyone["customers"]), one["revenue"],
             share_of(one["revenue"], everyone["revenue"]), one["revenue_recent"], one["active"], one["flagged"],
             share_of(one["revenue"], one["customers"])]
            for one in rows
        ],
        [page.label("total"), everyone["customers"], 1.0, everyone["revenue"], share_of(everyone["revenue"], everyone["revenue"]), everyone["revenue_recent"], everyone["active"],
         everyone["flagged"], share_of(everyone["revenue"], everyone["customers"])],
    )  # fmt: skip
    for position in (2, 4):
        page.bars(block, position)
    return block.after + 2, block


def _draw_chart(page: Page, row: int, what: str, block: Block, shift: int) -> None:
    title = page.say("Customers and revenue by {what}", what=what.lower())
    made = charts.grouped(page, block, ((2, look.ACCENT_SOFT), (4, look.ACCENT)), title=title, gap=80)
    page.place(made, row, 1, _HALF, _CHART_ROWS * look.ROW_PIXELS - 10, title, shift=shift)


Group = tuple[str, str, "Sequence[CompiledLevel]"]


def _draw_crossed(page: Page, row: int, down: Group, across: Group) -> int:
    """Customers by two groups of classes."""
    found = records(page.run.table(f"breakdown:{down[0]}/{across[0]}"))
    heads = [one[across[0]] for one in _classes(page, across[0], across[2]) if across[0] in one]
    lines = [one[down[0]] for one in _classes(page, down[0], down[2]) if down[0] in one]
    counts = {(one[down[0]], one[across[0]]): one["customers"] for one in found}
    row = page.heading(
        row,
        1,
        page.say("{down} against {across}", down=down[1], across=across[1].lower()),
        page.say("Customers of each pair of classes."),
    )
    block = page.table(
        row,
        1,
        [
            Column(down[1], "text", ("bold",)),
            *(Column(_shown(page, head), "count") for head in heads),
            Column(page.label("total"), "count"),
        ],
        [
            [
                _shown(page, line),
                *(counts.get((line, head), 0) for head in heads),
                sum(counts.get((line, head), 0) for head in heads),
            ]
            for line in lines
        ],
        [
            page.label("total"),
            *(sum(counts.get((line, head), 0) for line in lines) for head in heads),
            sum(counts.get((line, head), 0) for line in lines for head in heads),
        ],
    )
    page.heat(block.first, block.left + 1, block.last, block.left + len(heads))
    return block.after + 2


SECTION = Section(
    "behaviour",
    ("transactions", "tier", "class.rhythm|class.product|class.risk|score.loyalty"),
    draw,
    order=75,
)
