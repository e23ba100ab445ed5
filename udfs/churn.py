"""Churn in cells: score, level, reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from numpy.typing import NDArray

from udfs.feature_range import FEATURES, HEADERS, PACK, FeatureRange
from udfs.registry import Example, ExcelFunction, declare

if TYPE_CHECKING:
    from tierbook.rulepack.pack import Pack

_EXAMPLE = (
    [
        ["spend_change", "overdue_ratio", "days_since_last", "median_gap_days"],
        [-0.5, 3, 60, 20],
        [0.1, 0.5, 10, 20],
    ],
)


def _score(features: FeatureRange, *, pack: Pack) -> NDArray:
    return features.scorer(pack, "churn").churn_score()


def _flag(features: FeatureRange, *, pack: Pack) -> NDArray:
    return features.scorer(pack, "churn").churn_level()


def _reason(features: FeatureRange, *, pack: Pack, language: str) -> NDArray:
    return features.scorer(pack, "churn", language=language).churn_reasons(language)


CHURN_SCORE = declare(
    ExcelFunction(
        name="CRM_CHURN_SCORE",
        help="How strongly the signs point to a customer leaving.",
        arguments=(FEATURES, PACK, HEADERS),
        returns="Score from 0 to 100 for each row.",
        result="column",
        calculate=_score,
        example=Example(_EXAMPLE, [[80], [0]]),
    )
)

CHURN_FLAG = declare(
    ExcelFunction(
        name="CRM_CHURN_FLAG",
        help="Churn level of each customer: lost, warning, watch or none.",
        arguments=(FEATURES, PACK, HEADERS),
        returns="Level name for each row.",
        result="column",
        calculate=_flag,
        example=Example(_EXAMPLE, [["warning"], ["none"]]),
        missing="No level of the pack fits.",
    )
)

CHURN_REASON = declare(
    ExcelFunction(
        name="CRM_CHURN_REASON",
        help="Why a customer may leave, in words, the strongest sign first.",
        arguments=(FEATURES, PACK, HEADERS),
        returns="Reasons for each row, an empty text for none.",
        result="column",
        calculate=_reason,
        example=Example(
            _EXAMPLE, [["spend changed by -50%; 60 days since the last visit, usually 20"], [""]]
        ),
        given=("language",),
    )
)
