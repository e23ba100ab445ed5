"""Lifecycle stages, the ladder, retention groups and classes in cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tierbook.lifecycle import stage_matrix
from udfs.feature_range import FEATURES, HEADERS, PACK, FeatureRange
from udfs.registry import Argument, Example, ExcelFunction, declare

if TYPE_CHECKING:
    from tierbook.rulepack.pack import Pack

_CORNER = "stage_before"


def _stage(features: FeatureRange, *, pack: Pack) -> NDArray:
    return features.scorer(pack, "stages").stage()


def _ladder(features: FeatureRange, *, pack: Pack) -> NDArray:
    return features.scorer(pack, "ladder").ladder()


def _group(features: FeatureRange, *, pack: Pack) -> NDArray:
    return features.scorer(pack, "groups").retention_group()


def _matrix(stages_before: NDArray, stages_after: NDArray) -> dict[str, NDArray]:
    found = stage_matrix(stages_before, stages_after)
    columns = dict(zip(found.stages, found.counts.T, strict=True))
    return {_CORNER: np.array(found.stages, dtype=object), **columns}


def _class(features: FeatureRange, *, name: str, pack: Pack) -> NDArray:
    return features.scorer(pack, f"class.{name}").class_of(name)


STAGE = declare(
    ExcelFunction(
        name="CRM_STAGE",
        help="Lifecycle stage of each customer, such as introduction, growth, maturity, decline or departed.",
        arguments=(FEATURES, PACK, HEADERS),
        returns="Stage name for each row.",
        result="column",
        calculate=_stage,
        example=Example(
            (
                [
                    ["days_since_last", "overdue_ratio", "orders", "spend_change", "tenure_months"],
                    [20, 0.7, 24, 0.05, 12],
                    [365, 9, 2, None, 14],
                ],
            ),
            [["maturity"], ["departed"]],
        ),
        missing="No stage of the pack fits.",
    )
)

LADDER = declare(
    ExcelFunction(
        name="CRM_LADDER",
        help="Highest rung of the customer ladder: potential, new, satisfied, retained, regular.",
        arguments=(FEATURES, PACK, HEADERS),
        returns="Rung name for each row.",
        result="column",
        calculate=_ladder,
        example=Example(
            (
                [
                    ["orders", "satisfaction", "complaints_recent", "orders_recent", "tenure_months"],
                    [0, None, 0, 0, None],
                    [1, None, 0, 1, 0],
                    [3, 85, 1, 0, 5],
                    [24, None, 0, 6, 12],
                ],
            ),
            [["potential"], ["new"], ["satisfied"], ["regular"]],
        ),
        missing="No rung of the pack fits.",
    )
)

GROUP = declare(
    ExcelFunction(
        name="CRM_GROUP",
        help="Retention group of each customer by worth and risk: no value, stable or at risk, of high or low value.",
        arguments=(FEATURES, PACK, HEADERS),
        returns="Group name for each row.",
        result="column",
        calculate=_group,
        example=Example(
            (
                [
                    ["value", "net_value", "churn_level"],
                    [52000, 9000, "none"],
                    [52000, 9000, "warning"],
                    [800, 90, "watch"],
                    [800, 90, "lost"],
                    [800, -5, "none"],
                ],
            ),
            [["stable_high"], ["at_risk_high"], ["stable_low"], ["at_risk_low"], ["no_value"]],
        ),
        missing="The value is missing, or no group of the pack fits.",
    )
)

STAGE_MATRIX = declare(
    ExcelFunction(
        name="CRM_STAGE_MATRIX",
        help="How many customers moved from each lifecycle stage to each other, or stayed.",
        arguments=(
            Argument(
                "stages_before", "Stage of each customer at the earlier date.", shape="column", kind="text"
            ),
            Argument(
                "stages_after", "Stage of the same customers at the later date.", shape="column", kind="text"
            ),
        ),
        returns="Table of counts: a row for each stage before, a column for each stage after, in the order of their names.",
        result="table",
        calculate=_matrix,
        example=Example(
            (
                [["growth"], ["growth"], ["maturity"], ["decline"]],
                [["growth"], ["maturity"], ["decline"], ["decline"]],
            ),
            [
                [_CORNER, "decline", "growth", "maturity"],
                ["decline", 1, 0, 0],
                ["growth", 0, 1, 1],
                ["maturity", 1, 0, 0],
            ],
        ),
        complete=True,
    )
)

CLASS = declare(
    ExcelFunction(
        name="CRM_CLASS",
        help="Class of each customer in a group that the rule pack defines.",
        arguments=(FEATURES, Argument("name", "The group, such as phase.", kind="text"), PACK, HEADERS),
        returns="Class name for each row.",
        result="column",
        calculate=_class,
        example=Example(
            (
                [
                    ["days_since_last", "overdue_ratio", "orders", "spend_change", "tenure_months"],
                    [10, 0.5, 9, -0.1, 30],
                    [10, 0.5, 9, 0.1, 30],
                ],
                "phase",
            ),
            [["late_maturity"], ["other_phase"]],
        ),
        missing="No class of the group fits.",
    )
)
