"""Goals and the options ranked by them, in cells."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tierbook.goals import effort, goal_tree, ranking, scores_of
from udfs.cells import Reason
from udfs.registry import Argument, Example, ExcelFunction, declare
from udfs.table_range import TableRange


def _table(goals: TableRange, options: TableRange, option_scores: TableRange) -> dict[str, NDArray]:
    named, offered = (
        goals.columns("goal", "weight", parent=None),
        options.columns("option", time=None, money=None),
    )
    given = option_scores.columns("option", "goal", "score")
    tree = goal_tree(named["goal"].tolist(), named["parent"].tolist(), named["weight"])
    names = offered["option"].tolist()
    table, left_out = scores_of(
        tree, names, scored=given["option"].tolist(), goal=given["goal"].tolist(), score=given["score"]
    )
    for row in left_out.tolist():
        option_scores.notes.append(
            Reason(
                "The score of {option} for {goal} does not count: an option and a goal without goals below it are needed.", "",
                {"option": given["option"][row], "goal": given["goal"][row]},
            )
        )  # fmt: skip
    found = ranking(tree, table)
    for option, missing in zip(names, found.missing.tolist(), strict=True):
        if missing:
            option_scores.notes.append(
                Reason(
                    "{option} has no score for {count} goals; they count 0.",
                    "",
                    {"option": option, "count": missing},
                )
            )
    best = np.lexsort((np.array(names, dtype=str), found.rank))
    return {
        "option": offered["option"][best], "total": found.total[best], "rank": found.rank[best],
        "priority": found.priority[best], "effort": effort(offered["time"].tolist(), offered["money"].tolist())[best],
        "missing": found.missing[best],
        **{str(tree.goal[top]): found.contribution[best, at] for at, top in enumerate(tree.tops)},
    }  # fmt: skip


SCORECARD = declare(
    ExcelFunction(
        name="CRM_SCORECARD",
        help="Options ranked by a tree of weighted goals, with priority and effort class.",
        arguments=(
            Argument(
                "goals",
                "goal, parent, weight: weights under a goal add up to its own, those of the top goals to 100%.",
                shape="table",
                table="goals",
            ),
            Argument(
                "options", "option, time and money (little or much).", shape="table", table="options"
            ),
            Argument(
                "option_scores",
                "option, goal, score, for goals without goals below them.",
                shape="table",
                table="option_scores",
            ),
        ),
        returns="Table option, total, rank, priority (1 or 2), effort, missing, and what each top goal contributes; the best first.",
        result="table",
        calculate=_table,
        example=Example(
            (
                [["goal", "parent", "weight"], ["loyalty", None, 0.31], ["sales", None, 0.35], ["service", None, 0.34]],
                [["option", "time", "money"], ["club", "little", "much"], ["call centre", "much", "much"]],
                [
                    ["option", "goal", "score"], ["club", "loyalty", 2], ["club", "sales", 1], ["club", "service", 0],
                    ["call centre", "service", 1],
                ],
            ),
            [
                ["option", "total", "rank", "priority", "effort", "missing", "loyalty", "sales", "service"],
                ["club", 0.97, 1, 1, "reform", 0, 0.62, 0.35, 0],
                ["call centre", 0.34, 2, 2, "revolution", 2, 0, 0, 0.34],
            ],
        ),
    )
)  # fmt: skip
