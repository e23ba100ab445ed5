"""The 80/20 list in cells."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tierbook.pareto import pareto
from udfs.cells import NOT_AVAILABLE
from udfs.registry import Argument, Example, ExcelFunction, declare


def _table(ids: NDArray, values: NDArray, *, a: float, b: float) -> dict[str, NDArray]:
    rows = pareto(ids, values, a=a, b=b)
    known = ~np.isnan(values[rows.order])

    def column(figures: NDArray) -> NDArray:
        cells: list[Any] = figures[rows.order].tolist()
        shown = np.empty(len(cells), dtype=object)
        shown[:] = [cell if there else NOT_AVAILABLE for cell, there in zip(cells, known, strict=True)]
        return shown

    return {
        "rank": column(rows.rank),
        "id": ids[rows.order],
        "value": column(values),
        "share": column(rows.share),
        "cumulative_share": column(rows.cumulative_share),
        "class": column(rows.class_),
    }


PARETO = declare(
    ExcelFunction(
        name="CRM_PARETO",
        help="The customers that make 80% of the revenue: ranked, with shares and classes A, B, C.",
        arguments=(
            Argument("ids", "Customers, one row each.", shape="column", kind="id"),
            Argument(
                "values",
                "What they bring, such as revenue; 0 and less is class C.",
                shape="column",
                kind="money",
            ),
            Argument("a", "Class A while the share of those before is under this.", default=0.8),
            Argument("b", "Class B while the share of those before is under this, else C.", default=0.95),
        ),
        returns="Table rank, id, value, share, cumulative_share, class; the largest value first, equal values share a rank.",
        result="table",
        calculate=_table,
        example=Example(
            ([["C1"], ["C2"], ["C3"]], [[15], [80], [5]]),
            [
                ["rank", "id", "value", "share", "cumulative_share", "class"],
                [1, "C2", 80, 0.8, 0.8, "A"],
                [2, "C1", 15, 0.15, 0.95, "B"],
                [3, "C3", 5, 0.05, 1, "C"],
            ],
        ),
    )
)
