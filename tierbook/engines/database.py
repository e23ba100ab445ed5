"""A database or a cluster as an engine: Ibis connects, the SQL is ours, and rows stay where they are.

Everything made lives in the session: temporary tables and views in a database, views over kept rows in Spark.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tierbook.engines.dialects import translated

if TYPE_CHECKING:
    import pyarrow as pa
    from ibis.backends.sql import SQLBackend


class Database:
    """A PostgreSQL server, through Ibis; texts come in DuckDB's dialect."""

    dialect = "postgres"

    def __init__(self, backend: SQLBackend) -> None:
        self.backend: Any = backend

    def put(self, name: str, table: Any) -> None:
        """Bring a table into the session."""
        self.run(f'DROP TABLE IF EXISTS "{name}"')
        self.backend.create_table(name, table, temp=True)

    def make(self, name: str, text: str) -> None:
        """Keep the result of a query as a table of the session."""
        self.run(f'DROP TABLE IF EXISTS "{name}"')
        self.run(f'CREATE TEMPORARY TABLE "{name}" AS {translated(text, self.dialect)}')
        # The planner knows nothing of a new table, and joins a million rows as if they were ten.
        self.run(f'ANALYZE "{name}"')

    def view(self, name: str, text: str) -> None:
        """Name a query without running it."""
        self.run(f'DROP VIEW IF EXISTS "{name}" CASCADE')
        self.run(f'CREATE TEMPORARY VIEW "{name}" AS {translated(text, self.dialect)}')

    def sql(self, text: str) -> pa.Table:
        """The result of a query."""
        return self.backend.sql(translated(text, self.dialect)).to_pyarrow()

    def batches(self, text: str, *, rows: int = 122_880) -> Iterator[pa.RecordBatch]:
        """The result of a query a part at a time."""
        yield from self.backend.sql(translated(text, self.dialect)).to_pyarrow_batches(chunk_size=rows)

    def columns(self, name: str) -> dict[str, str]:
        """Column names and Ibis types of a table."""
        return {column: str(kind) for column, kind in self.backend.table(name).schema().items()}

    def run(self, text: str) -> None:
        """A statement in the engine's own dialect."""
        self.backend.raw_sql(text).close()


class Spark(Database):
    """A Spark session, through Ibis."""

    dialect = "spark"

    def put(self, name: str, table: Any) -> None:
        """Bring a table into the session."""
        self._session.createDataFrame(table).createOrReplaceTempView(name)

    def make(self, name: str, text: str) -> None:
        """Keep the rows of a query on the executors, without the plan they came from."""
        frame = self._session.sql(translated(text, self.dialect))
        frame.localCheckpoint().createOrReplaceTempView(name)

    def view(self, name: str, text: str) -> None:
        """Name a query without running it."""
        self._session.sql(translated(text, self.dialect)).createOrReplaceTempView(name)

    def run(self, text: str) -> None:
        """A statement in Spark's dialect."""
        self._session.sql(text)

    @property
    def _session(self) -> Any:
        return self.backend._session
