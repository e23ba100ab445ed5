"""Early warning in cells: the RFM score of each customer now and one window before."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from udfs.feature_range import PACK
from udfs.features import customers_at, latest_date
from udfs.registry import Example, ExcelFunction, declare
from udfs.table_range import AS_OF, TRANSACTIONS, TableRange

if TYPE_CHECKING:
    from tierbook.rulepack.pack import Pack

_HEADER = ("customer_id", "score", "total", "score_before", "total_before", "fall", "level", "reason")


def _table(
    transactions: TableRange, *, as_of: datetime | None, pack: Pack, today: date | None
) -> dict[str, NDArray]:
    from tierbook.arrow import arrays

    purchases = transactions.typed()
    day = as_of.date() if as_of else pack.as_of or latest_date(transactions, arrays(purchases)["date"], today)
    found, scorer = customers_at({"transactions": purchases}, pack, as_of=day)
    columns = (
        found["customer_id"],
        _digits(found, ""),
        found["rfm_total"],
        _digits(found, "_before"),
        found["rfm_total_before"],
        scorer.rfm_fall(),
        scorer.early_warning(),
        scorer.early_warning_reason(),
    )
    return dict(zip(_HEADER, columns, strict=True))


def _digits(found: dict[str, NDArray], moment: str) -> NDArray[np.float64]:
    """The scores as CRM_RFM_SCORE shows them, 543 for R 5, F 4, M 3."""
    r, f, m = (found[f"rfm_{part}{moment}"] for part in "rfm")
    return 100 * r + 10 * f + m


EARLY_WARNING = declare(
    ExcelFunction(
        name="CRM_EARLY_WARNING",
        help="Customers whose RFM score fell since the window before: level and the part that fell most.",
        arguments=(
            TRANSACTIONS,
            AS_OF,
            PACK,
        ),
        returns="Table customer_id, score and its total now and one window before, fall of the total, level, reason R, F or M; "
        "both scores stand on the cut points of the earlier date.",
        result="table",
        calculate=_table,
        example=Example(
            (
                [
                    ["customer_id", "date", "amount"],
                    ["A", datetime(2025, 3, 20), 500],
                    ["A", datetime(2025, 3, 28), 300],
                    ["B", datetime(2025, 3, 10), 100],
                    ["B", datetime(2025, 6, 10), 100],
                    ["C", datetime(2024, 12, 31), 50],
                    ["D", datetime(2025, 6, 20), 80],
                ],
                datetime(2025, 6, 29),
                "retail",
            ),
            [
                list(_HEADER),
                ["A", 111, 3, 544, 13, 10, "warning", "R"],
                ["B", 422, 8, 422, 8, 0, "none", None],
                ["C", 111, 3, 211, 4, 1, "lost", None],
                ["D", 422, 8, None, None, None, "none", None],
            ],
        ),
        given=("today",),
    )
)
