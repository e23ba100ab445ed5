"""Channels by segment in cells: contacts, cost, revenue, margin and return."""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import NDArray

from tierbook.channels import channel_return
from tierbook.errors import DataError
from tierbook.language import label
from udfs.registry import Argument, Example, ExcelFunction, declare
from udfs.table_range import TRANSACTIONS, TableRange

# In a cell the rows that are given are the period.
_FIRST, _LAST = date(1899, 12, 30), date(9999, 12, 31)
_SEGMENT = "segment"


def _matrix(
    transactions: TableRange,
    interactions: TableRange,
    features: TableRange | None,
    *,
    segment: str,
    language: str,
) -> dict[str, NDArray]:
    import pyarrow as pa

    from tierbook import features as views
    from tierbook.aggregates.channels import matrix
    from tierbook.aggregates.pieces import NUMBERED
    from tierbook.arrow import arrays
    from tierbook.engines.duckdb import DuckDB

    engine = DuckDB()
    views.load(engine, {"transactions": transactions.typed(), "interactions": interactions.typed()})
    segments = pa.table({"customer_id": pa.array([], pa.string()), _SEGMENT: pa.array([], pa.string())})
    if features is not None:
        given = features.typed()
        if segment not in given.column_names:
            raise DataError(
                "The table has no column {name}.",
                fix="Its columns are {known}.",
                name=segment,
                known=", ".join(given.column_names),
            )
        segments = pa.table({"customer_id": given["customer_id"], _SEGMENT: given[segment].cast(pa.string())})
    engine.put("segments", segments)
    steps, select = matrix(_LAST, _SEGMENT, _FIRST)
    found = arrays(engine.sql("WITH " + ",\n".join((_PEOPLE, NUMBERED, *steps)) + select))
    unknown = label("unknown", language)
    return {
        "channel": _named(found["channel"], unknown),
        "segment": _named(found["segment"], unknown if features else label("all_of_them", language)),
        **{name: found[name] for name in ("contacts", "cost", "revenue", "margin")},
        "return": channel_return(found["margin"], found["cost"]),
    }


_PEOPLE = """people AS (
    SELECT everyone.customer_id, segment FROM (
        SELECT customer_id FROM tierbook_transactions UNION SELECT customer_id FROM tierbook_interactions
    ) AS everyone LEFT JOIN segments ON segments.customer_id = everyone.customer_id
)"""


def _named(names: NDArray, unknown: str) -> NDArray[np.object_]:
    return np.array([unknown if name is None else name for name in names.tolist()], dtype=object)


CHANNELS = declare(
    ExcelFunction(
        name="CRM_CHANNELS",
        help="What each channel costs and returns, by segment of the customers.",
        arguments=(
            TRANSACTIONS,
            Argument(
                "interactions",
                "Contacts with a header row: customer_id, date, channel, cost.",
                shape="table",
                table="interactions",
            ),
            Argument(
                "features",
                "Customers with a header row and a column that says their segment.",
                shape="table",
                table="customers",
                default=None,
            ),
            Argument("segment", "Heading of that column.", kind="text", default="tier"),
        ),
        returns="Table channel, segment, contacts, cost, revenue, margin, return = (margin - cost) / cost; all rows that are given "
        "count; a blank cell where no contact or no sale has a cost.",
        result="table",
        calculate=_matrix,
        given=("language",),
        example=Example(
            (
                [
                    ["customer_id", "date", "amount", "cost", "channel"],
                    ["A", "2025-01-01", 500, 200, "shop"],
                    ["B", "2025-01-02", 90, 40, "web"],
                ],
                [
                    ["customer_id", "date", "channel", "cost"],
                    ["A", "2025-01-01", "shop", 100],
                    ["B", "2025-01-02", "web", None],
                ],
            ),
            [
                ["channel", "segment", "contacts", "cost", "revenue", "margin", "return"],
                ["shop", "All", 1, 100, 500, 300, 2],
                ["web", "All", 1, None, 90, 50, None],
            ],
        ),
    )
)
