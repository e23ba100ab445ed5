"""Customer value and scores in cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from udfs.feature_range import FEATURES, HEADERS, PACK, FeatureRange
from udfs.registry import Argument, Example, ExcelFunction, declare

if TYPE_CHECKING:
    from tierbook.rulepack.pack import Pack
    from tierbook.scorer import Scorer

_PROFILE = Argument(
    "profile", "Coefficients of the pack to use, such as growth.", kind="text", default="default"
)
_MISSING = "The base of the value is missing."
_EXAMPLE = ([
    ["total_spend", "orders_per_month", "spend_per_month", "tenure_months", "settlement", "budget", "reputation"],
    [24000, 2, 2000, 12, "cash", 10000, "B"],
],)  # fmt: skip


def _value(features: FeatureRange, *, pack: Pack, profile: str) -> NDArray:
    scorer = features.scorer(pack, "value", profile=profile)
    _say_unknown_parts(features, scorer)
    return scorer.value()


def _value_parts(features: FeatureRange, *, pack: Pack, profile: str) -> dict[str, NDArray]:
    scorer = features.scorer(pack, "value", profile=profile)
    _say_unknown_parts(features, scorer)
    value = scorer.value()
    parts = {
        name: np.where(np.isnan(value), np.nan, np.nan_to_num(part))
        for name, part in scorer.value_parts().items()
    }
    return parts | {"value": value}


def _say_unknown_parts(features: FeatureRange, scorer: Scorer) -> None:
    """A missing part counts 0, and the reader is told in how many rows."""
    has_value = ~np.isnan(scorer.value())
    for name, part in scorer.value_parts().items():
        unknown = int(np.count_nonzero(np.isnan(part) & has_value))
        if unknown:
            features.note(
                "{part} is unknown and counts 0 in this many rows: {count}.", part=name, count=unknown
            )


VALUE = declare(
    ExcelFunction(
        name="CRM_VALUE",
        help="Composite value of each customer, as the rule pack adds it up.",
        arguments=(FEATURES, PACK, _PROFILE, HEADERS),
        returns="Value for each row; #N/A where its base is missing.",
        result="column",
        calculate=_value,
        example=Example(_EXAMPLE, [[30140]]),
        missing=_MISSING,
    )
)

VALUE_PARTS = declare(
    ExcelFunction(
        name="CRM_VALUE_PARTS",
        help="What the value of each customer is made of.",
        arguments=(FEATURES, PACK, _PROFILE, HEADERS),
        returns="Table with one column for each part, and value; one row for each customer.",
        result="columns",
        calculate=_value_parts,
        example=Example(
            _EXAMPLE,
            [
                ["base", "frequency", "average", "credit", "loyalty", "potential", "brand", "value"],
                [24000, 200, 1000, 1200, 240, 1500, 2000, 30140],
            ],
        ),
        missing=_MISSING,
    )
)
