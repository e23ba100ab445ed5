"""Churn in cells: score, level, reasons."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from numpy.typing import NDArray

from tierbook.churn import churn_rate
from tierbook.errors import DataError
from udfs.feature_range import FEATURES, HEADERS, PACK, FeatureRange
from udfs.registry import Argument, Example, ExcelFunction, declare

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


def _rate(
    customer_ids: NDArray, dates: NDArray, *, start: datetime, end: datetime, inactive_days: float
) -> float:
    if inactive_days != int(inactive_days):
        raise DataError("{name} is a whole number, not {value}.", name="inactive_days", value=inactive_days)
    found = churn_rate(
        customer_ids, dates, start=start.date(), end=end.date(), inactive_days=int(inactive_days)
    )
    return found.rate


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

CHURN_RATE = declare(
    ExcelFunction(
        name="CRM_CHURN_RATE",
        help="The share of the customers active at the start of a period who are lost at its end.",
        arguments=(
            Argument("customer_ids", "Customer of each purchase.", shape="column", kind="id"),
            Argument("dates", "Date of each purchase.", shape="column", kind="date"),
            Argument("start", "The day the period starts from.", kind="date"),
            Argument("end", "The last day of the period.", kind="date"),
            Argument(
                "inactive_days",
                "Active is who bought in so many days up to the day, that day included.",
                default=90,
            ),
        ),
        returns="Lost customers as a share of those active at the start; #N/A where nobody was.",
        result="cell",
        calculate=_rate,
        example=Example(
            (
                [["A"], ["A"], ["B"], ["C"], ["D"]],
                [
                    [datetime(2025, 3, 1)],
                    [datetime(2025, 6, 1)],
                    [datetime(2025, 3, 20)],
                    [datetime(2025, 2, 10)],
                    [datetime(2025, 5, 5)],
                ],
                datetime(2025, 3, 31),
                datetime(2025, 6, 30),
            ),
            2 / 3,
        ),
        missing="Nobody was active at the start.",
        complete=True,
    )
)
