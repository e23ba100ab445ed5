"""Scores from 0 to 100 that a rule pack defines, in cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from numpy.typing import NDArray

from udfs.feature_range import FEATURES, HEADERS, PACK, FeatureRange
from udfs.registry import Argument, Example, ExcelFunction, declare

if TYPE_CHECKING:
    from tierbook.rulepack.pack import Pack


def _score(features: FeatureRange, *, name: str, pack: Pack) -> NDArray:
    return features.scorer(pack, f"score.{name}").score(name)


SCORE = declare(
    ExcelFunction(
        name="CRM_SCORE",
        help="A score from 0 to 100 that the rule pack defines, such as loyalty.",
        arguments=(FEATURES, Argument("name", "The score, such as loyalty.", kind="text"), PACK, HEADERS),
        returns="Score for each row, 0 to 100; a part that is missing counts 0.",
        result="column",
        calculate=_score,
        example=Example(
            (
                [
                    ["tenure_months", "turnover", "full_price_share", "referrals", "new_products"],
                    [60, 9000, 1, 0, 0],
                    [30, 4000, None, 3, 1],
                    [6, 100, 0.5, 0, 0],
                ],
                "loyalty",
                "securities",
            ),
            # 25 + 25 + 20; 12.5 + 12.5 + 20 + 10; 2.5 + 0 + 10.
            [[70], [55], [12.5]],
        ),
    )
)
