"""The customer table in cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tierbook.errors import DataError
from udfs.cells import Reason
from udfs.feature_range import PACK
from udfs.registry import Argument, Example, ExcelFunction, declare
from udfs.table_range import AS_OF, CUSTOMERS, TRANSACTIONS, TableRange

if TYPE_CHECKING:
    import pyarrow as pa

    from tierbook.rulepack.pack import Pack
    from tierbook.scorer import Scorer

LONG_AGO = date(1950, 1, 1)


def _features(
    transactions: TableRange,
    customers: TableRange | None,
    further: Sequence[TableRange],
    *,
    as_of: datetime | None,
    pack: Pack,
    today: date | None,
) -> dict[str, NDArray]:
    from tierbook.arrow import arrays

    given = [transactions, *([customers] if customers else []), *further]
    twice = {table.name for table in given if [other.name for other in given].count(table.name) > 1}
    if twice:
        raise DataError("The table {name} is given twice.", fix="Give each table once.", name=min(twice))
    tables = {table.name: table.typed() for table in given}
    day = (
        as_of.date()
        if as_of
        else pack.as_of or latest_date(transactions, arrays(tables["transactions"])["date"], today)
    )
    found, scorer = customers_at(tables, pack, as_of=day)
    return found | {name: np.broadcast_to(scorer[name], (scorer.length,)) for name in pack.features}


def customers_at(
    tables: Mapping[str, pa.Table], pack: Pack, *, as_of: date
) -> tuple[dict[str, NDArray], Scorer]:
    """The customer table of a day, ordered by customer_id, and the pack applied to it."""
    from tierbook import features
    from tierbook.arrow import arrays
    from tierbook.customers import customer_table
    from tierbook.duplicates import one_record_each
    from tierbook.engines.duckdb import DuckDB
    from tierbook.scorer import Scorer

    engine = DuckDB()
    features.load(engine, one_record_each(tables, pack)[0])
    found = arrays(customer_table(engine, pack, as_of=as_of))
    return found, Scorer(pack, found, ids=found["customer_id"])


def latest_date(transactions: TableRange, dates: NDArray, today: date | None) -> date:
    """The latest purchase date; dates in the future or before 1950 are said and decide nothing."""
    odd = (dates < np.datetime64(LONG_AGO)) | (dates > np.datetime64(today) if today else False)
    if odd.any():
        transactions.notes.append(
            Reason(
                "Dates after today or before 1950: {count}. They do not decide the as-of date.",
                "",
                {"count": int(odd.sum())},
            )
        )
    if odd.all():
        raise DataError("There are no transactions to take the as-of date from.", fix="Give as_of.")
    return dates[~odd].max().item()


FEATURES_TABLE = declare(
    ExcelFunction(
        name="CRM_FEATURES",
        help="One row per customer with every figure that rules use.",
        arguments=(
            TRANSACTIONS,
            CUSTOMERS,
            AS_OF,
            PACK,
            Argument(
                "further",
                'Further tables, a name and a range each, such as "surveys", S!A:E.',
                shape="pairs",
                default=None,
            ),
        ),
        returns="Feature table, ordered by customer_id; a blank cell is a figure that is missing.",
        result="table",
        calculate=_features,
        example=Example(
            (
                [
                    ["customer_id", "date", "amount"],
                    ["B", datetime(2025, 1, 21), 40],
                    ["A", datetime(2025, 1, 1), 100],
                    ["A", datetime(2025, 1, 11), 60],
                ],
            ),
            [
                ["customer_id", "orders", "total_spend", "days_since_last", "median_gap_days"],
                ["A", 2, 160, 10, 10],
                ["B", 1, 40, 0, None],
            ],
            columns=("customer_id", "orders", "total_spend", "days_since_last", "median_gap_days"),
        ),
        given=("today",),
    )
)
