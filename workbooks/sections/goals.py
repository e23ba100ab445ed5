"""Goals: the tree with its weights, the options ranked by it, targets and milestones (`spec/systems.md` E)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tierbook.errors import DataError
from tierbook.goals import Ranking, Tree, effort, ranking
from tierbook.language import together
from tierbook.quality import Problem
from workbooks import charts
from workbooks import style as look
from workbooks.milestones import goal_tree_of, milestones, option_scores
from workbooks.milestones import options_ranked as _ranked
from workbooks.page import Block, Column, Page, Section

if TYPE_CHECKING:
    from tierbook.run import Run

_FIRST, _OTHER, _OTHERS = 210, 104, 9
_LAST = 1 + _OTHERS
_CHART_ROWS = 13
MOST_TOPS, MOST_ROWS = 4, 60
_SIGNS = {"met": "● ", "within_10": "◐ ", "missed": "○ ", "open": "… "}


def draw(page: Page, run: Run) -> None:
    """Options with a chart of what each top goal adds, the tree, the milestones."""
    page.columns([20, _FIRST] + [_OTHER] * _OTHERS)
    row = page.header(_LAST)
    tree = goal_tree_of(run)
    if _ranked(run):
        charts_at, row = row, row + _CHART_ROWS
        row, block, tops = _draw_options(page, row, tree)
        _draw_chart(page, charts_at, block, tops)
    top = row
    row = _draw_tree(page, row, tree)
    page.keep(top, row - 1)
    if run.tables.get("targets"):
        top = row
        row = _draw_targets(page, row)
        page.keep(top, row - 1)
    page.prints(row, _LAST)


def _lacks(run: Run) -> Problem | None:
    """Weights that do not add up and goals in a circle rank nothing."""
    try:
        goal_tree_of(run)
    except DataError as error:
        return Problem("warning", error.message, table="goals", fix=error.fix, values=error.values)
    return None


def _draw_options(page: Page, row: int, tree: Tree) -> tuple[int, Block, int]:
    offered, table, left_out = option_scores(page.run, tree)
    names = offered["option"].tolist()
    found = ranking(tree, table)
    row = page.heading(row, 1, page.say("Options ranked by the goals"), _said(page, found, len(left_out)))
    tops = min(len(tree.tops), MOST_TOPS)
    efforts = effort(offered["time"].tolist(), offered["money"].tolist())
    best = np.lexsort((np.array(names, dtype=str), found.rank))
    block = page.table(
        row, 1,
        [
            Column(page.label("option"), "text", ("bold",)), Column(page.label("rank"), "count"), Column(page.label("weighted_total"), "cents"),
            *(Column(str(tree.goal[one]), "cents") for one in tree.tops[:tops]),
            Column(page.label("priority_class"), "count"), Column(page.label("effort")), Column(page.label("scores_missing"), "count"),
        ],
        [
            [names[at], found.rank[at].item(), found.total[at].item(), *found.contribution[at, :tops].tolist(), found.priority[at].item(),
             page.label(f"effort_{efforts[at]}") if efforts[at] else page.label("not_given"), found.missing[at].item()]
            for at in best.tolist()
        ],
    )  # fmt: skip
    page.bars(block, 2)
    return block.after + 2, block, tops


def _said(page: Page, found: Ranking, left_out: int) -> str:
    said = [page.say("Priority 1: totals in the upper half of the range. A score that is missing counts 0.")]
    if missing := int(found.missing.sum()):
        said.append(page.say("Scores missing: {count}.", count=missing))
    if left_out:
        said.append(page.say("Scores of no option or of no lowest goal, left out: {count}.", count=left_out))
    return together(said, page.language)


def _draw_chart(page: Page, row: int, block: Block, tops: int) -> None:
    title = page.say("What each top goal adds to the total of an option")
    made = charts.chart(page, "bar", title=title, legend=True, subtype="stacked")
    colours = (look.ACCENT, look.ACCENT_MID, look.ACCENT_SOFT, look.MUTED)
    for position, colour in zip(range(3, 3 + tops), colours, strict=False):
        made.add_series({
            "name": block.heading(position), "categories": block.column(0), "values": block.column(position),
            "gap": 50, **charts.filled(colour),
        })  # fmt: skip
    made.set_x_axis(charts.value_axis(page, "cents", visible=False, major_gridlines={"visible": False}))
    made.set_y_axis(charts.category_axis(page, reverse=True))
    page.place(made, row, 1, _FIRST + _OTHER * _OTHERS, _CHART_ROWS * look.ROW_PIXELS - 10, title)


def _draw_tree(page: Page, row: int, tree: Tree) -> int:
    row = page.heading(
        row, 1, page.say("The goals"), page.say("Weights under a goal add up to its own, those of the top goals to 100%.")
    )  # fmt: skip
    block = page.table(
        row, 1,
        [Column(page.label("goal"), "text", ("bold",)), Column(page.label("weight"), "share"), Column(page.label("weight_of_leaves"), "share")],
        [
            ["\u2003" * int(level) + str(goal), weight, weight if leaf else None]
            for goal, level, weight, leaf in zip(tree.goal, tree.level, tree.weight.tolist(), tree.leaf, strict=True)
        ],
        [page.label("total"), float(tree.weight[tree.tops].sum()), float(tree.weight[tree.leaf].sum())],
    )  # fmt: skip
    page.bars(block, 1)
    return block.after + 2


def _draw_targets(page: Page, row: int) -> int:
    given, found, option = milestones(page.run)
    goals = given["goal"].tolist()
    order = np.lexsort((given["month"].astype(np.int64), np.array([str(one or "") for one in goals])))
    counts = {status: int((found.status == status).sum()) for status in _SIGNS}
    row = page.heading(
        row, 1, page.say("Targets and milestones"),
        page.say(
            "Met {met}, within 10% {close}, missed {missed}, open {open}.",
            met=counts["met"], close=counts["within_10"], missed=counts["missed"], open=counts["open"],
        ),
    )  # fmt: skip
    if option:
        said = page.say(
            "◇ derived from the chosen option {option}: from the last figure towards the benchmark, as far as its score says.",
            option=option,
        )  # fmt: skip
        page.put(row, 1, said, "small")
        row += 1
    block = page.table(
        row, 1,
        [
            Column(page.label("goal"), "text", ("bold",)), Column(page.label("month"), "date"), Column(page.label("target"), "cents"),
            *([Column(page.label("target_derived"))] if option else []), Column(page.label("actual"), "cents"), Column(page.label("gap"), "cents"), Column(page.label("target_status")),
            Column(page.label("benchmark"), "cents"), Column(page.label("benchmark_gap"), "cents"),
        ],
        [
            [goals[at] or page.label("not_given"), given["month"][at].item(), given["target"][at], *(["◇" if given["derived"][at] else None] if option else []),
             given["actual"][at], found.gap[at], _status(page, found.status[at]), given["benchmark"][at], found.benchmark_gap[at]]
            for at in order[:MOST_ROWS].tolist()
        ],
    )  # fmt: skip
    if (more := len(order) - MOST_ROWS) > 0:
        page.put(block.after, 1, page.say("Others ({count})", count=more), "small")
    return block.after + 2


def _status(page: Page, status: str | None) -> str:
    # A sign beside the word, so that colour is not needed.
    return _SIGNS[status] + page.label(f"target_{status}") if status else ""


SECTION = Section("goals", ("goals", "goals.weight"), draw, order=260, lacks=_lacks)
