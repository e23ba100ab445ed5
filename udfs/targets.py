"""Targets and milestones in cells."""

from __future__ import annotations

from datetime import datetime

from numpy.typing import NDArray

from tierbook.targets import targets
from udfs.registry import Argument, Example, ExcelFunction, declare
from udfs.table_range import TableRange


def _table(milestones: TableRange) -> dict[str, NDArray]:
    given = milestones.columns(
        "target", goal=None, month=None, actual=None, benchmark=None, higher_is_better=None
    )
    found = targets(given["target"], given["actual"], given["benchmark"], given["higher_is_better"])
    return {
        "goal": given["goal"], "month": given["month"], "target": given["target"], "actual": given["actual"],
        "gap": found.gap, "status": found.status, "benchmark": given["benchmark"], "benchmark_gap": found.benchmark_gap,
    }  # fmt: skip


TARGETS = declare(
    ExcelFunction(
        name="CRM_TARGETS",
        help="Targets and milestones: what was wanted, what was reached, the gap, and the gap to a benchmark.",
        arguments=(
            Argument(
                "targets",
                "goal, month, target, actual, benchmark, higher_is_better (no where less is better).",
                shape="table",
                table="targets",
            ),
        ),
        returns="Table goal, month, target, actual, gap, status (met, within_10 per cent, missed, open), benchmark, benchmark_gap.",
        result="table",
        calculate=_table,
        example=Example(
            (
                [
                    ["goal", "month", "target", "actual", "benchmark"],
                    ["retention", datetime(2026, 9, 1), 80, 82, 85],
                    ["retention", datetime(2026, 10, 1), 85, 80, 85],
                    ["retention", datetime(2026, 11, 1), 90, None, 85],
                ],
            ),
            [
                ["goal", "month", "target", "actual", "gap", "status", "benchmark", "benchmark_gap"],
                ["retention", datetime(2026, 9, 1), 80, 82, 2, "met", 85, -3],
                ["retention", datetime(2026, 10, 1), 85, 80, -5, "within_10", 85, -5],
                ["retention", datetime(2026, 11, 1), 90, None, None, "open", 85, None],
            ],
        ),
    )
)
