"""Lost customers in cells: win back or let go, and what it may cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from udfs.feature_range import FEATURES, HEADERS, PACK, FeatureRange
from udfs.registry import Example, ExcelFunction, declare

if TYPE_CHECKING:
    from tierbook.rulepack.pack import Pack


def _winback(features: FeatureRange, *, pack: Pack) -> dict[str, NDArray]:
    scorer = features.scorer(pack, "winback")
    decision = scorer.winback()
    spend = scorer.winback_spend().astype(object)
    spend[np.isnan(scorer.winback_spend())] = None
    spend[decision == ""] = ""  # nothing is due for a customer who is not lost
    return {"decision": decision, "spend_at_most": spend}


WINBACK = declare(
    ExcelFunction(
        name="CRM_WINBACK",
        help="What to do about lost customers: win back, spending so much at most, or let go.",
        arguments=(FEATURES, PACK, HEADERS),
        returns="Table decision, spend_at_most, a row for each customer; empty texts for customers who are not lost.",
        result="columns",
        calculate=_winback,
        example=Example(
            (
                [
                    ["customer_id", "days_since_last", "net_value", "recency", "spend_per_month", "budget"],
                    ["A", 200, 2400, 304.375, 300, None],
                    ["B", 250, 100, 0, 20, None],
                    ["C", 400, 50, 90, 10, 5000],
                    ["D", 10, 900, 365, 75, None],
                ],
                "retail",
            ),
            [
                ["decision", "spend_at_most"],
                ["win_back", 288],
                ["let_go", 0],
                ["win_back", 12 * 50 / (90 / 30.4375) * 0.1],
                ["", ""],
            ],
        ),
        missing="A figure the decision needs is missing.",
    )
)
