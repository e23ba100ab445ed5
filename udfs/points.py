"""Loyalty points in cells: what members earned, redeemed and lost, month by month."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from udfs.cells import Reason
from udfs.feature_range import PACK
from udfs.features import latest_date
from udfs.registry import Argument, Example, ExcelFunction, declare
from udfs.table_range import AS_OF, CUSTOMERS, TRANSACTIONS, TableRange

if TYPE_CHECKING:
    from tierbook.rulepack.pack import Pack


def _points(
    transactions: TableRange,
    customers: TableRange | None,
    redemptions: TableRange | None,
    *,
    as_of: datetime | None,
    pack: Pack,
    today: date | None,
) -> dict[str, NDArray]:
    from tierbook import features, periods, points
    from tierbook.arrow import arrays
    from tierbook.customers import customer_table
    from tierbook.engines.duckdb import DuckDB
    from tierbook.scorer import Scorer

    tables = {table.name: table.typed() for table in (transactions, customers, redemptions) if table}
    purchases = arrays(tables["transactions"])["date"]
    day = as_of.date() if as_of else pack.as_of or latest_date(transactions, purchases, today)
    engine = DuckDB()
    features.load(engine, tables)
    found = arrays(customer_table(engine, pack, as_of=day))
    scorer = Scorer(pack, found, ids=found["customer_id"])
    earns = scorer.earns_points()
    assert pack.points is not None
    if not earns.any():
        transactions.notes.append(
            Reason(
                "No customer earns points.",
                "Give the customers with the columns that points of the rule pack reads: {names}.",
                {"names": ", ".join(sorted(pack.points.of.names)) if pack.points.of else "-"},
            )
        )
    first = points.first_months(found["joined"], found["first_date"], as_of=day)
    first[~earns] = points.NEVER
    ledger = points.ledger(
        first,
        points.entries(engine, found["customer_id"], as_of=day),
        scorer.points_value,
        as_of=day,
        cumulative=pack.points.basis == "cumulative",
        expire_after_months=pack.points.expire_after_months,
    )
    if redemptions:
        members = set(found["customer_id"][first != points.NEVER].tolist())
        others = set(tables["redemptions"]["customer_id"].to_pylist()) - members
        _say_what_redeemed_wrongly(
            redemptions, len(others), len(np.unique(ledger.customer[ledger.balance < 0]))
        )
    months, places = np.unique(ledger.month, return_inverse=True)
    return {
        "customer": found["customer_id"][ledger.customer],
        "month": periods.period_name(months, period="month")[places],
        "earned": ledger.earned,
        "redeemed": ledger.redeemed,
        "expired": ledger.expired,
        "balance": ledger.balance,
    }


def _say_what_redeemed_wrongly(redemptions: TableRange, others: int, overdrawn: int) -> None:
    if others:
        redemptions.notes.append(
            Reason(
                "Customers who redeemed points and earn none: {count}. They are left out.",
                "Correct their customer_id, or list them as the rule pack asks for.",
                {"count": others},
            )
        )
    if overdrawn:
        redemptions.notes.append(
            Reason(
                "Customers who redeemed more points than they had: {count}. Their balance is below 0.",
                "Correct the redemptions, or give the purchases before them.",
                {"count": overdrawn},
            )
        )


POINTS = declare(
    ExcelFunction(
        name="CRM_POINTS",
        help="Points of members month by month: earned by value, redeemed, expired, and the balance.",
        arguments=(
            TRANSACTIONS,
            CUSTOMERS,
            Argument(
                "redemptions",
                "Points spent, with a header row: customer_id, date, points.",
                shape="table",
                table="redemptions",
                default=None,
            ),
            AS_OF,
            PACK,
        ),
        returns="Table customer, month, earned, redeemed, expired, balance: a row for each month from joining, else from the "
        "first purchase, to as_of. The oldest points are spent first.",
        result="table",
        calculate=_points,
        example=Example(
            (
                [
                    ["customer_id", "date", "amount"],
                    ["A", datetime(2025, 1, 10), 1000],
                    ["A", datetime(2025, 3, 5), 200],
                ],
                [["customer_id", "joined", "is_member"], ["A", datetime(2025, 1, 1), True]],
                [["customer_id", "date", "points"], ["A", datetime(2025, 2, 1), 500]],
                datetime(2025, 3, 31),
                "hospitality",
            ),
            # 1000 + 100 · 1 order + 0.5 · 1000 + 20 for the month, and 200 + 100 + 100 + 20.
            [
                ["customer", "month", "earned", "redeemed", "expired", "balance"],
                ["A", "2025-01", 1620, 0, 0, 1620],
                ["A", "2025-02", 0, 500, 0, 1120],
                ["A", "2025-03", 420, 0, 0, 1540],
            ],
        ),
        given=("today",),
    )
)
