"""Referrals in cells: who brings customers, and what those bring."""

from __future__ import annotations

from datetime import date
from math import fsum

import numpy as np
from numpy.typing import NDArray

from tierbook.errors import DataError
from udfs.cells import Reason
from udfs.features import latest_date
from udfs.registry import Argument, Example, ExcelFunction, declare
from udfs.table_range import TRANSACTIONS, TableRange

_ANY_WINDOW = 90


def _referrals(transactions: TableRange, customers: TableRange, *, today: date | None) -> dict[str, NDArray]:
    from tierbook import features
    from tierbook.arrow import arrays
    from tierbook.engines.duckdb import DuckDB

    tables = {table.name: table.typed() for table in (transactions, customers)}
    if "referrer_id" not in tables["customers"].column_names:
        raise DataError(
            "{table} has no column {names}.", fix="Give the range with its header row.",
            table="customers", names="referrer_id",
        )  # fmt: skip
    engine = DuckDB()
    features.load(engine, tables)
    day = latest_date(transactions, arrays(tables["transactions"])["date"], today)
    features.customer_features(engine, as_of=day, window_days=_ANY_WINDOW)
    found = arrays(
        engine.sql(
            "SELECT customer_id, referrer_id, orders, total_spend FROM features "
            "WHERE referrer_id <> customer_id ORDER BY customer_id"
        )
    )
    referrer, place = np.unique(found["referrer_id"].astype(str), return_inverse=True)
    count = len(referrer)
    known = set(tables["customers"]["customer_id"].to_pylist())
    known |= set(tables["transactions"]["customer_id"].to_pylist())
    if strangers := [one for one in referrer.tolist() if one not in known]:
        customers.notes.append(
            Reason(
                "Referrers who are no customers: {count}.", "Correct referrer_id.", {"count": len(strangers)}
            )
        )
    orders = np.nan_to_num(found["orders"], nan=0.0)
    spend: list[list[float]] = [[] for _ in range(count)]
    for one, amount in zip(
        place.tolist(), np.nan_to_num(found["total_spend"], nan=0.0).tolist(), strict=True
    ):
        spend[one].append(amount)
    total = np.array([fsum(one) for one in spend], dtype=float)
    table = {
        "customer": referrer.astype(object),
        "referrals": np.bincount(place, minlength=count).astype(float),
        "buyers": np.bincount(place, weights=orders > 0, minlength=count),
        "repeat_buyers": np.bincount(place, weights=orders > 1, minlength=count),
        "referred_spend": total,
    }
    order = np.lexsort((referrer, -table["referrals"], -total))
    return {name: column[order] for name, column in table.items()}


REFERRALS = declare(
    ExcelFunction(
        name="CRM_REFERRALS",
        help="Who brings customers: how many each has referred, how many of them bought, and what they spent.",
        arguments=(
            TRANSACTIONS,
            Argument(
                "customers",
                "Customers with a header row: customer_id, referrer_id.",
                shape="table",
                table="customers",
            ),
        ),
        returns="Table customer, referrals, buyers (of those referred), repeat_buyers (two orders or more), referred_spend; the most spend first.",
        result="table",
        calculate=_referrals,
        example=Example(
            (
                [
                    ["customer_id", "date", "amount"],
                    ["B", "2026-01-05", 300],
                    ["B", "2026-02-05", 200],
                    ["C", "2026-02-06", 50],
                ],
                [
                    ["customer_id", "referrer_id"],
                    ["A", None],
                    ["B", "A"],
                    ["C", "B"],
                    ["D", "A"],
                ],
            ),
            [
                ["customer", "referrals", "buyers", "repeat_buyers", "referred_spend"],
                ["A", 2, 1, 1, 500],
                ["B", 1, 1, 0, 50],
            ],
        ),
        given=("today",),
    )
)
