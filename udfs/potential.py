"""The potential of segments in cells."""

from __future__ import annotations

from numpy.typing import NDArray

from tierbook.potential import FOCUS, potential
from udfs.registry import Argument, Example, ExcelFunction, declare
from udfs.table_range import TableRange


def _table(segments: TableRange, *, focus: float) -> dict[str, NDArray]:
    given = segments.columns("customers", "uplift", "margin", segment=None, product_line=None, crm_cost=None)
    found = potential(given["customers"], given["uplift"], given["margin"], given["crm_cost"], focus=focus)
    order = found.order
    return {
        "rank": found.rank[order], "segment": given["segment"][order], "product_line": given["product_line"][order],
        "potential": found.potential[order], "cumulative_share": found.cumulative[order], "focus": found.focus[order],
    }  # fmt: skip


POTENTIAL = declare(
    ExcelFunction(
        name="CRM_POTENTIAL",
        help="What each segment could bring with each product line after the cost of winning it, and the few to focus on.",
        arguments=(
            Argument(
                "segments",
                "segment, product_line, customers, uplift (per customer), margin, crm_cost.",
                shape="table",
                table="segments",
            ),
            Argument("focus", "The share of all positive potentials the focus set reaches.", default=FOCUS),
        ),
        returns="Table rank, segment, product_line, potential, cumulative_share, focus; the largest first.",
        result="table",
        calculate=_table,
        example=Example(
            (
                [
                    ["segment", "product_line", "customers", "uplift", "margin", "crm_cost"],
                    ["fleet", "service", 100, 50, 0.5, 500],
                    ["private", "service", 100, 10, 0.5, 100],
                    ["private", "parts", 10, 10, 0.5, 200],
                ],
            ),
            [
                ["rank", "segment", "product_line", "potential", "cumulative_share", "focus"],
                [1, "fleet", "service", 2000, 2000 / 2400, True],
                [2, "private", "service", 400, 1, False],
                [3, "private", "parts", -150, None, False],
            ],
        ),
    )
)
