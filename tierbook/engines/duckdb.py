"""The default engine: DuckDB in the process, straight over Arrow tables, pandas frames, Parquet or CSV."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa


class DuckDB:
    """A private in-memory database; the SQL it runs is the dialect every other engine is translated from."""

    dialect = "duckdb"

    def __init__(self, *, threads: int | None = None, memory_limit: str | None = None) -> None:
        import duckdb

        from tierbook.arrow import keep_pandas_out

        keep_pandas_out()
        settings: dict[str, Any] = {"autoinstall_known_extensions": False, "autoload_known_extensions": False}
        if threads:
            settings["threads"] = threads
        if memory_limit:
            settings["memory_limit"] = memory_limit
        self.connection = duckdb.connect(":memory:", config=settings)

    def put(self, name: str, table: Any) -> None:
        """Make a table visible under a name; anything that speaks Arrow is scanned in place."""
        self.connection.register(name, table)

    def make(self, name: str, text: str) -> None:
        """Keep the result of a query as a table."""
        self.connection.execute(f'CREATE OR REPLACE TABLE "{name}" AS {text}')

    def view(self, name: str, text: str) -> None:
        """Name a query without running it."""
        self.connection.execute(f'CREATE OR REPLACE VIEW "{name}" AS {text}')

    def sql(self, text: str) -> pa.Table:
        """The result of a query."""
        return self.connection.sql(text).to_arrow_table()

    def batches(self, text: str, *, rows: int = 122_880) -> Iterator[pa.RecordBatch]:
        """The result of a query a part at a time, in memory for one part; 122,880 rows is how DuckDB stores them."""
        yield from self.connection.execute(text).to_arrow_reader(rows)

    def columns(self, name: str) -> dict[str, str]:
        """Column names and DuckDB types of a table."""
        return {row[0]: row[1] for row in self.connection.execute(f'DESCRIBE "{name}"').fetchall()}
