"""Periods and their comparison in cells."""

from __future__ import annotations

from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from tierbook import periods
from udfs.registry import Argument, Example, ExcelFunction, declare

_FIGURES = ("value", "previous", "mom", "last_year", "yoy", "ytd", "ytd_yoy")


def _table(
    dates: NDArray, amounts: NDArray, customer_ids: NDArray | None = None, *, period: str
) -> dict[str, NDArray]:
    if customer_ids is None:
        return _columns(periods.period_table(dates, amounts, period=period), period)
    tables = []
    for customer in sorted(set(customer_ids.tolist())):
        own = customer_ids == customer
        found = _columns(periods.period_table(dates[own], amounts[own], period=period), period)
        ids = np.full(len(found["period"]), customer, dtype=object)
        tables.append({"customer_id": ids, **found})
    names = ("customer_id", "period", *_FIGURES)
    return {
        name: np.concatenate([table[name] for table in tables]) if tables else np.array([], dtype=object)
        for name in names
    }


def _columns(found: periods.PeriodTable, period: str) -> dict[str, NDArray]:
    return {
        "period": periods.period_name(found.number, period=period),
        **{name: getattr(found, name) for name in _FIGURES},
    }


GROWTH = declare(
    ExcelFunction(
        name="CRM_GROWTH",
        help="Change from the previous period as a share of it: 0.2 is 20% more.",
        arguments=(
            Argument("current", "Figures of this period.", shape="column"),
            Argument("previous", "The same figures of the period before.", shape="column"),
        ),
        returns="Change ratio for each row; #N/A where the previous figure is 0 or less.",
        result="column",
        by_row=True,
        calculate=periods.growth,
        example=Example(([[120], [70]], [[100], [100]]), [[0.2], [-0.3]]),
        missing="One of the figures is missing, or the previous one is 0 or less.",
    )
)

PERIODS = declare(
    ExcelFunction(
        name="CRM_PERIODS",
        help="Amounts by calendar period, each against the period before, last year, and the year so far.",
        arguments=(
            Argument("dates", "Date of each row.", shape="column", kind="date"),
            Argument("amounts", "Amount of each row, refunds negative.", shape="column", kind="money"),
            Argument(
                "period",
                "month, ten_day (days 1-10, 11-20, 21 to the end), quarter or year.",
                kind="text",
                default="month",
            ),
            Argument(
                "customer_ids",
                "Customer of each row, for one table per customer, one below the other.",
                shape="column",
                kind="id",
                default=None,
            ),
        ),
        returns="Table period, value, previous, mom, last_year, yoy, ytd, ytd_yoy; a period without a row is blank and blanks the year so far.",
        result="table",
        calculate=_table,
        example=Example(
            (
                [[datetime(2025, 1, 10)], [datetime(2025, 1, 20)], [datetime(2025, 2, 5)]],
                [[60], [40], [120]],
            ),
            [
                ["period", *_FIGURES],
                ["2025-01", 100, None, None, None, None, 100, None],
                ["2025-02", 120, 100, 0.2, None, None, 220, None],
            ],
        ),
        complete=True,
    )
)
