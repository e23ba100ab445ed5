"""Cohorts in cells."""

from __future__ import annotations

from datetime import datetime

from numpy.typing import NDArray

from tierbook.periods import period_name
from tierbook.retention import cohort_table
from udfs.registry import Argument, Example, ExcelFunction, declare


def _table(customer_ids: NDArray, dates: NDArray, *, period: str) -> dict[str, NDArray]:
    found = cohort_table(customer_ids, dates, period=period)
    shares = {str(place): share for place, share in enumerate(found.retained.T)}
    return {"cohort": period_name(found.cohort, period=period), "customers": found.customers, **shares}


RETENTION = declare(
    ExcelFunction(
        name="CRM_RETENTION",
        help="Who comes back: customers by the period of their first purchase, and the share buying again in each period since.",
        arguments=(
            Argument("customer_ids", "Customer of each purchase.", shape="column", kind="id"),
            Argument(
                "dates",
                "Date of each purchase; the latest is the day the table speaks for.",
                shape="column",
                kind="date",
            ),
            Argument(
                "period",
                "month, ten_day (days 1-10, 11-20, 21 to the end), quarter or year.",
                kind="text",
                default="month",
            ),
        ),
        returns="Table cohort, customers, then the share that bought 0, 1, 2 … periods later; blank where that period is not over.",
        result="table",
        calculate=_table,
        example=Example(
            (
                [["A"], ["B"], ["A"], ["C"]],
                [
                    [datetime(2025, 1, 5)],
                    [datetime(2025, 1, 9)],
                    [datetime(2025, 2, 28)],
                    [datetime(2025, 2, 3)],
                ],
            ),
            [["cohort", "customers", "0", "1"], ["2025-01", 2, 1, 0.5], ["2025-02", 1, 1, None]],
        ),
        complete=True,
    )
)
