"""The effect of what was done in cells: indicators of two periods against each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tierbook.indicators import directions, effect
from udfs.registry import Argument, Example, ExcelFunction, declare


def _effect(
    indicator: NDArray, before: NDArray, after: NDArray, higher_is_better: NDArray | None = None
) -> dict[str, NDArray]:
    upward = directions(indicator)
    if higher_is_better is not None:
        told = higher_is_better.astype(float)
        upward = np.where(np.isnan(told), upward, told)
    found = effect(before, after, upward)
    return {"change": found.change, "relative": found.relative, "verdict": found.verdict}


EFFECT = declare(
    ExcelFunction(
        name="CRM_EFFECT",
        help="The effect table: indicators of two periods, what changed, and whether for the better.",
        arguments=(
            Argument(
                "indicator",
                "Names such as churn_rate, Churn rate or 客户流失率.",
                shape="column",
                kind="text",
            ),
            Argument("before", "Figures of the period before.", shape="column"),
            Argument("after", "Figures of the period after.", shape="column"),
            Argument(
                "higher_is_better",
                "Whether more is better, for names Tierbook does not know; it goes before what Tierbook knows.",
                shape="column",
                kind="yes_no",
                default=None,
            ),
        ),
        returns="Table change, relative (change as a share of the figure before), verdict: better, worse or same; a row for each row.",
        result="columns",
        calculate=_effect,
        example=Example(
            ([["churn_rate"], ["nps"], ["retention_rate"]], [[0.2], [30], [0.8]], [[0.15], [27], [0.8]]),
            [
                ["change", "relative", "verdict"],
                [-0.05, -0.25, "better"],
                [-3, -0.1, "worse"],
                [0, 0, "same"],
            ],
        ),
        missing="One of the figures is missing, or nobody said which way the indicator is better.",
    )
)
