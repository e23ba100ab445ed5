"""Goals, options and targets of a run, for the page Goals and for the list of actions (`spec/systems.md` E)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tierbook.arrow import arrays
from tierbook.errors import DataError
from tierbook.goals import Tree, chosen, goal_tree, reach, scores_of
from tierbook.targets import Targets, derived, targets

if TYPE_CHECKING:
    from tierbook.run import Run


def goal_tree_of(run: Run) -> Tree:
    """The goals as a tree.

    Raises
    ------
    DataError
        They are none: weights do not add up, goals go round in a circle.
    """
    given = _table(run, "goals")
    return goal_tree(given["goal"].tolist(), given["parent"].tolist(), given["weight"])


def options_ranked(run: Run) -> bool:
    """Whether there are options with scores."""
    return bool(run.tables.get("options") and run.tables.get("option_scores"))


def option_scores(run: Run, tree: Tree) -> tuple[dict[str, Any], NDArray[np.float64], NDArray[np.int64]]:
    """The options, what each does for each goal, and the rows of scores that name no option or no lowest goal."""
    offered, given = _table(run, "options"), _table(run, "option_scores")
    table, left_out = scores_of(
        tree, offered["option"].tolist(), scored=given["option"].tolist(), goal=given["goal"].tolist(), score=given["score"],
    )  # fmt: skip
    return offered, table, left_out


def milestones(run: Run) -> tuple[dict[str, Any], Targets, str]:
    """The rows of `targets` with a column `derived`, how each stands, and the option targets were derived from ("" for none)."""
    given = _table(run, "targets")
    wanted, option = given["target"], ""
    if run.tables.get("goals") and options_ranked(run):
        try:
            tree = goal_tree_of(run)
        except DataError:
            # The Contents page says what is wrong with the goals.
            tree = None
        if tree is not None:
            offered, table, _ = option_scores(run, tree)
            at = chosen(tree, table, offered["chosen"] == 1)
            if at is not None:
                wanted = derived(
                    given["goal"].tolist(), given["month"], given["target"], given["actual"], given["benchmark"],
                    reach=reach(tree, table, at),
                )  # fmt: skip
                option = str(offered["option"][at])
    filled = np.isnan(given["target"]) & ~np.isnan(wanted)
    given |= {"target": wanted, "derived": filled}
    found = targets(wanted, given["actual"], given["benchmark"], given["higher_is_better"])
    return given, found, option if filled.any() else ""


def _table(run: Run, name: str) -> dict[str, Any]:
    return arrays(run.engine.sql(f"SELECT * FROM tierbook_{name}"))
