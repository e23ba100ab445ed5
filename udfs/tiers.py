"""Tiers and positions in cells."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from numpy.typing import NDArray

from udfs.feature_range import FEATURES, HEADERS, PACK, FeatureRange
from udfs.registry import Example, ExcelFunction, declare

if TYPE_CHECKING:
    from tierbook.rulepack.pack import Pack


def _tier(features: FeatureRange, *, pack: Pack) -> NDArray:
    return features.scorer(pack, "tiers").tier()


def _position(features: FeatureRange, *, pack: Pack) -> NDArray:
    return features.scorer(pack, "positions").positions()


TIER = declare(
    ExcelFunction(
        name="CRM_TIER",
        help="Tier of each customer, such as vip, important or general.",
        arguments=(
            replace(
                FEATURES,
                help="Customers with a header row, or one column of values without one.",
                either=True,
            ),
            PACK,
            HEADERS,
        ),
        returns="Tier name for each row; #N/A where the value is missing.",
        result="column",
        calculate=_tier,
        example=Example(
            ([[900], [100], [500], [300], [-50]],),
            [["important"], ["general"], ["general"], ["general"], ["general"]],
        ),
        missing="The value that decides the tier is missing.",
    )
)

POSITION = declare(
    ExcelFunction(
        name="CRM_POSITION",
        help="Positions of each customer, such as key_account or member; a customer may have several.",
        arguments=(FEATURES, PACK, HEADERS),
        returns='Position names joined by "; " for each row, an empty text for none.',
        result="column",
        calculate=_position,
        example=Example(
            (
                [
                    [
                        "orders",
                        "total_spend",
                        "orders_per_month",
                        "tenure_months",
                        "average_order",
                        "guest_visits",
                        "worst_severity",
                        "is_member",
                    ],
                    [24, 24000, 2, 12, 1000, 0, None, True],
                    [10, 3000, 1, 10, 300, 0, 2, False],
                    [1, 100, 1, 0, 100, 3, None, False],
                ],
            ),
            [["key_account; long_standing; member"], ["complaint"], ["potential"]],
        ),
    )
)
