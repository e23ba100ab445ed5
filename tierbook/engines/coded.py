"""Customers and names as whole numbers where rows are in memory: lighter to group by and to join on than texts.

Counting the identifiers out here costs a quarter of what joining the numbers on in the engine does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

    from tierbook.engines.duckdb import DuckDB

NUMBER = "tierbook_customer"
MOST_NAMES = 1_000
"""Of more different names than so many nothing is enumerated."""

CODED_NUMBERS, CODED_SALES = "tierbook_coded_numbers", "tierbook_coded_sales"


def put_coded(engine: DuckDB, sold: pa.Table, *, identified: bool) -> None:
    """Tables `tierbook_coded_numbers` (customer_id, customer) and `tierbook_coded_sales`: the rows with the number beside.

    Numbers are 1, 2, 3 … in the order of the identifiers by code point. `features.name_views` has made its views.

    Parameters
    ----------
    sold : table
        The transactions as they were put into the engine.
    identified : bool
        Whether there is a table of customers too.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    rows = _identifiers(engine, "transactions", sold).dictionary_encode()
    known = [chunk.dictionary for chunk in rows.chunks]
    if identified:
        known += _identifiers(engine, "customers").chunks
    everyone = pc.unique(pa.chunked_array(known, pa.string())).drop_null()
    everyone = everyone.take(pc.sort_indices(everyone))
    places = [pc.index_in(chunk.dictionary, value_set=everyone).take(chunk.indices) for chunk in rows.chunks]
    number = pc.add(pa.chunked_array(places, pa.int32()), pa.scalar(1, pa.int32()))
    numbers = pa.array(range(1, len(everyone) + 1), pa.int32())
    engine.put(CODED_NUMBERS, pa.table({"customer_id": everyone, "customer": numbers}))
    engine.put(CODED_SALES, sold.append_column(NUMBER, number))


def enumeration(columns: Sequence[pa.ChunkedArray]) -> str | None:
    """The type DuckDB keeps names in as numbers that sort as the names do, one for all columns; None where texts do better."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found: set[str] = set()
    for names in columns:
        if names.type != pa.string() or len(found) > MOST_NAMES:
            return None
        found.update(pc.unique(names).drop_null().to_pylist())
    if not 0 < len(found) <= MOST_NAMES:
        return None
    # Python sorts by code point, as the engine does.
    texts = ("'" + name.replace("'", "''") + "'" for name in sorted(found))
    return f"ENUM({', '.join(texts)})"


def _identifiers(engine: DuckDB, name: str, rows: pa.Table | None = None) -> pa.ChunkedArray:
    """The identifiers as the view has them, whatever the given table holds."""
    import pyarrow as pa

    if rows is not None and "customer_id" in rows.column_names and rows["customer_id"].type == pa.string():
        return rows["customer_id"]
    return engine.sql(f"SELECT customer_id FROM tierbook_{name}")["customer_id"]
