"""Three-part value: profit, relationship and competitive value of each tier, and which opportunities pass the gate (`spec/systems.md` K)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tierbook.arrow import arrays
from tierbook.errors import DataError
from tierbook.language import together
from tierbook.questionnaire import GATE, Gate, gate
from workbooks import charts
from workbooks import style as look
from workbooks.page import Block, Column, Page, Section
from workbooks.rows import share_of, tier_names

if TYPE_CHECKING:
    from tierbook.run import Run

_FIRST, _OTHER, _OTHERS = 180, 108, 8
_LAST = 1 + _OTHERS
_CHART_ROWS = 12
MOST_CUSTOMERS, MOST_OPPORTUNITIES, MOST_SCORES, MOST_NAMED = 25, 40, 4, 3


def draw(page: Page, run: Run) -> None:
    """Scores of each tier with a chart, the best customers, the opportunities at the gate."""
    page.columns([20, _FIRST] + [_OTHER] * _OTHERS)
    row = page.header(_LAST)
    names = list(run.pack.scores)[:MOST_SCORES]
    score = {name: run.customers[f"score.{name}"].to_numpy().astype(float) for name in names}
    charts_at, row = row, row + _CHART_ROWS
    row, block = _draw_tiers(page, row, score)
    _draw_chart(page, charts_at, block, len(names))
    if run.pack.scores[names[-1]].levels:
        top = row
        row = _draw_levels(page, row, names[-1])
        page.keep(top, row - 1)
    top = row
    row = _draw_best(page, row, score)
    page.keep(top, row - 1)
    if run.tables.get("questions") and run.tables.get("answers"):
        row = _draw_gate(page, row)
    page.prints(row, _LAST)


def _draw_tiers(page: Page, row: int, score: dict[str, np.ndarray]) -> tuple[int, Block]:
    tiers = np.array(page.run.customers["tier"].to_pylist(), dtype=object)
    known = tier_names(page.run)
    shown = [*known, *([None] if page.run.customers["tier"].null_count else [])]

    def cells(where: np.ndarray) -> list[Any]:
        return [
            int(where.sum()),
            *(float(one[where].mean()) if where.any() else None for one in score.values()),
        ]

    row = page.heading(
        row, 1, page.say("Mean scores of each tier"), page.say("Each score runs from 0 to 100; the last joins the others by their weights.")
    )  # fmt: skip
    block = page.table(
        row, 1,
        [
            Column(page.label("tier"), "text", ("bold",)), Column(page.label("customers"), "count"),
            *(Column(page.word(name), "score") for name in score),
        ],
        [[page.word(tier, "no_tier"), *cells(tiers == tier)] for tier in shown],
        [page.label("total"), *cells(np.ones(len(tiers), dtype=bool))],
    )  # fmt: skip
    return block.after + 2, block


def _draw_chart(page: Page, row: int, block: Block, scores: int) -> None:
    title = page.say("Mean scores of each tier")
    colours = (look.ACCENT, look.ACCENT_MID, look.ACCENT_SOFT, look.MUTED)
    series = tuple(zip(range(2, 2 + scores), colours, strict=False))
    made = charts.grouped(page, block, series, title=title, number="score")
    page.place(made, row, 1, _FIRST + _OTHER * _OTHERS, _CHART_ROWS * look.ROW_PIXELS - 10, title)


def _draw_levels(page: Page, row: int, name: str) -> int:
    levels = [level.name for level in page.run.pack.scores[name].levels if level.name]
    found = page.run.customers[f"score.{name}.level"].to_pylist()
    value = page.run.customers["value"].to_numpy().astype(float)
    whole = float(np.nansum(value))
    row = page.heading(row, 1, page.say("Customers by {what}", what=page.word(name).lower()))
    lines = []
    for level in levels:
        where = np.array([one == level for one in found], dtype=bool)
        worth = float(np.nansum(value[where]))
        lines.append(
            [
                page.word(level),
                int(where.sum()),
                share_of(int(where.sum()), len(found)),
                worth,
                share_of(worth, whole),
            ]
        )
    block = page.table(
        row, 1,
        [
            Column(page.word(name), "text", ("bold",)), Column(page.label("customers"), "count"), Column(page.label("share_of_customers"), "share"),
            Column(page.label("value"), "money"), Column(page.label("share_of_value"), "share"),
        ],
        lines,
        [page.label("total"), len(found), 1.0, whole, 1.0],
    )  # fmt: skip
    page.bars(block, 2)
    return block.after + 2


def _draw_best(page: Page, row: int, score: dict[str, np.ndarray]) -> int:
    customers = page.run.customers
    order = np.argsort(-list(score.values())[-1], kind="stable")[:MOST_CUSTOMERS].tolist()
    has_name = "name" in customers.column_names
    row = page.heading(
        row,
        1,
        page.say(
            "The {count} customers with the highest {what}",
            count=len(order),
            what=page.word(list(score)[-1]).lower(),
        ),
    )
    block = page.table(
        row, 1,
        [
            Column(page.label("name" if has_name else "customer_id"), "text", ("bold",)), Column(page.label("customer_id")), Column(page.label("tier")),
            *(Column(page.word(name), "score") for name in score), Column(page.label("value"), "money"), Column(page.label("churn_level")),
        ],
        [
            [(customers["name"][at].as_py() if has_name else None) or customers["customer_id"][at].as_py(), customers["customer_id"][at].as_py(),
             page.word(customers["tier"][at].as_py(), "no_tier"), *(float(one[at]) for one in score.values()), customers["value"][at].as_py(),
             page.word(customers["churn_level"][at].as_py(), "no_entry")]
            for at in order
        ],
    )  # fmt: skip
    for position in range(3, 3 + len(score)):
        page.bars(block, position)
    return block.after + 2


def _draw_gate(page: Page, row: int) -> int:
    """Each opportunity with its total and what is missing; a questionnaire that cannot be is said."""
    run = page.run
    questions, answers = (
        arrays(run.engine.sql(f"SELECT * FROM tierbook_{name}")) for name in ("questions", "answers")
    )
    line = float(run.pack.profile(run.profile).thresholds.get("gate", GATE))
    row = page.heading(
        row, 1, page.say("Opportunities at the gate"),
        page.say("Under {gate} points an opportunity may not move to the next stage. Points it could still get are named, most first.", gate=f"{line:g}"),
    )  # fmt: skip
    named = [
        at
        for at, (one, other) in enumerate(zip(answers["opportunity"], answers["question"], strict=True))
        if one and other
    ]
    try:
        found = gate(
            questions["question"].tolist(), questions["weight"], questions["allowed"].tolist(),
            opportunity=answers["opportunity"][named].tolist(), asked=answers["question"][named].tolist(),
            answer=answers["answer"][named].tolist(), gate=line,
        )  # fmt: skip
    except DataError as error:
        page.put(row, 1, error.text(page.language), "alert")
        return row + 2
    return _draw_opportunities(page, row, found, questions["question"].tolist())


def _draw_opportunities(page: Page, row: int, found: Gate, questions: list[str]) -> int:
    order = np.lexsort((found.opportunity.astype(str), -found.total))
    passing = int(found.passes.sum())
    said = page.say("{passing} of {all} pass.", passing=passing, all=len(order))
    if left_out := len(found.refused) + len(found.unknown):
        more = page.say("Answers that are not allowed, or to questions nobody asks: {count}.", count=left_out)
        said = together((said, more), page.language)
    page.put(row, 1, said)
    block = page.table(
        row + 1, 1,
        [
            Column(page.label("opportunity"), "text", ("bold",)), Column(page.label("points_total"), "score"), Column(page.label("passes")),
            Column(page.label("points_short"), "score"), Column(page.label("unanswered"), "count"), Column(page.label("points_missing")),
        ],
        [
            [found.opportunity[at], found.total[at], ("● " if found.passes[at] else "○ ") + page.label("yes" if found.passes[at] else "no"),
             found.short[at], int((~found.answered[at]).sum()), _missing(page, questions, found.lost[at])]
            for at in order[:MOST_OPPORTUNITIES].tolist()
        ],
    )  # fmt: skip
    page.extend(block, 1 + 6, _LAST)
    page.bars(block, 1)
    if (others := len(order) - MOST_OPPORTUNITIES) > 0:
        page.put(block.after, 1, page.say("Others ({count})", count=others), "small")
    return block.after + 2


def _missing(page: Page, questions: list[str], lost: np.ndarray) -> str:
    order = [at for at in np.argsort(-lost, kind="stable").tolist() if lost[at] > 0]
    named = [f"{questions[at]} {lost[at]:.3g}" for at in order[:MOST_NAMED]]
    return page.label("list_comma").join([*named, *(["…"] if len(order) > MOST_NAMED else [])])


SECTION = Section(
    "three_part_value", ("score.profit", "score.relationship", "score.competitive"), draw, order=76
)
