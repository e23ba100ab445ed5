"""Targets and milestones in cells."""

from __future__ import annotations

from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from tierbook.goals import chosen, goal_tree, reach, scores_of
from tierbook.targets import derived, targets
from udfs.registry import Argument, Example, ExcelFunction, declare
from udfs.table_range import TableRange


def _table(
    milestones: TableRange,
    goals: TableRange | None = None,
    options: TableRange | None = None,
    option_scores: TableRange | None = None,
) -> dict[str, NDArray]:
    given = milestones.columns(
        "target", goal=None, month=None, actual=None, benchmark=None, higher_is_better=None
    )
    wanted, known = given["target"], given["target"]
    if goals and options and option_scores:
        wanted = derived(
            given["goal"].tolist(), given["month"], known, given["actual"], given["benchmark"],
            reach=_reach(goals, options, option_scores),
        )  # fmt: skip
    found = targets(wanted, given["actual"], given["benchmark"], given["higher_is_better"])
    table = {
        "goal": given["goal"], "month": given["month"], "target": wanted, "actual": given["actual"],
        "gap": found.gap, "status": found.status, "benchmark": given["benchmark"], "benchmark_gap": found.benchmark_gap,
    }  # fmt: skip
    if wanted is not known:
        table["derived"] = np.isnan(known) & ~np.isnan(wanted)
    return table


def _reach(goals: TableRange, options: TableRange, option_scores: TableRange) -> dict[str, float]:
    """How far the chosen option carries each goal."""
    named, offered = goals.columns("goal", "weight", parent=None), options.columns("option", chosen=None)
    scored = option_scores.columns("option", "goal", "score")
    tree = goal_tree(named["goal"].tolist(), named["parent"].tolist(), named["weight"])
    table, _ = scores_of(
        tree, offered["option"].tolist(), scored=scored["option"].tolist(), goal=scored["goal"].tolist(), score=scored["score"],
    )  # fmt: skip
    option = chosen(tree, table, offered["chosen"] == 1)
    return {} if option is None else reach(tree, table, option)


TARGETS = declare(
    ExcelFunction(
        name="CRM_TARGETS",
        help="Targets and milestones: what was wanted, what was reached, the gap, and the gap to a benchmark.",
        arguments=(
            Argument(
                "targets",
                "goal, month, target, actual, benchmark, higher_is_better (no where less is better).",
                shape="table",
                table="targets",
            ),
            Argument(
                "goals",
                "With options and option_scores, blank targets are derived from the chosen option: goal, parent, weight.",
                shape="table",
                table="goals",
                default=None,
            ),
            Argument(
                "options",
                "option, chosen (yes for the one that is carried out; the best ranked if nobody says so).",
                shape="table",
                table="options",
                default=None,
            ),
            Argument(
                "option_scores", "option, goal, score.", shape="table", table="option_scores", default=None
            ),
        ),
        returns="Table goal, month, target, actual, gap, status (met, within_10 per cent, missed, open), benchmark, benchmark_gap; with options also derived, whether the target was.",
        result="table",
        calculate=_table,
        example=Example(
            (
                [
                    ["goal", "month", "target", "actual", "benchmark"],
                    ["retention", datetime(2026, 9, 1), 80, 82, 85],
                    ["retention", datetime(2026, 10, 1), 85, 80, 85],
                    ["retention", datetime(2026, 11, 1), 90, None, 85],
                ],
            ),
            [
                ["goal", "month", "target", "actual", "gap", "status", "benchmark", "benchmark_gap"],
                ["retention", datetime(2026, 9, 1), 80, 82, 2, "met", 85, -3],
                ["retention", datetime(2026, 10, 1), 85, 80, -5, "within_10", 85, -5],
                ["retention", datetime(2026, 11, 1), 90, None, None, "open", 85, None],
            ],
        ),
    )
)
