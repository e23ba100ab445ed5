"""A database whose rows come to DuckDB: Ibis connects and reads, a part at a time, and the run goes on as over files.

DuckDB has extensions of its own for PostgreSQL and MySQL. Ibis reads both and six systems more by one road, so that
what tests prove here is the road of all of them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tierbook.engines.addresses import Session
from tierbook.engines.duckdb import DuckDB
from tierbook.engines.failures import shortened
from tierbook.engines.quoting import literal, quoted
from tierbook.engines.room import room
from tierbook.errors import HostError

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa

_CELLS = 1_000_000
"""Cells of a part: as Python's numbers and texts they take some 100 MB."""

_WIDTH = {"number": 8, "text": 24}
"""What DuckDB keeps of a cell, about. [bytes]"""


@dataclass(frozen=True)
class _Table:
    """A table of the database: the columns that are read, and the names of those that stay where they are."""

    name: str
    rows: ir.Table
    stay: list[str]

    @property
    def shape(self) -> str:
        """Changes when the columns do."""
        return _digest([self.name, str(self.rows.schema()), self.stay])


def named(session: Session) -> dict[str, str]:
    """The tables and views of a database -> what a query calls their copies."""
    found = session.backend.list_tables(database=session.schema or None)
    return {name: quoted(f"tierbook_copy_{at}") for at, name in enumerate(sorted(found))}


class Copied(DuckDB):
    """DuckDB over tables of a database that Ibis connects to.

    A table is known by its columns until `bring` is called; then its rows come, once. In a file they are still there
    after a break, and come again only when the database counts or sums something else.

    Parameters
    ----------
    session : Session
        Ends when the rows are here.
    tables : mapping
        Table of the database -> its copy.
    """

    def __init__(self, session: Session, tables: Mapping[str, str], **settings: Any) -> None:
        super().__init__(**settings)
        self.session: Session | None = session
        self.names = {reference: name for name, reference in tables.items()}
        self.awaited: dict[str, _Table] = {}
        self.stopped = False
        self.run("CREATE TABLE IF NOT EXISTS tierbook_copies (reference TEXT, shape TEXT, facts TEXT)")

    def show(self, name: str, reference: str) -> None:
        """A view of a table of the database, for now without rows."""
        table = self._known(self.names[reference])
        self.awaited[reference] = table
        if self._facts(reference, table.shape) is None:
            self._empty(reference, table)
        super().show(name, reference)

    def bring(self) -> None:
        """Bring the rows of the tables that were shown.

        Raises
        ------
        HostError
            There is no room for them, or a value has no place in the type of its column.
        """
        wanted = {
            reference: self._summary(table) if self.file else {} for reference, table in self.awaited.items()
        }
        if self.file:
            size = sum(
                facts["rows"] * sum(map(_width, self.awaited[reference].rows.schema().values()))
                for reference, facts in wanted.items()
            )
            room(self.file.parent, size, self.session.shown if self.session else "")
        for reference, table in self.awaited.items():
            facts = _digest(wanted[reference])
            if self.file and self._facts(reference, table.shape) == facts:
                continue
            self._empty(reference, table)
            self._fill(reference, table)
            self.run(
                f"INSERT INTO tierbook_copies VALUES ({literal(reference)}, {literal(table.shape)}, {literal(facts)})"
            )
        self.awaited = {}
        self._leave()

    def interrupt(self) -> None:
        """Stop what runs; it ends with an error."""
        self.stopped = True
        cancel = getattr(self.session.backend.con, "cancel", None) if self.session else None
        if cancel is not None:
            cancel()
        super().interrupt()

    def close(self) -> None:
        """End both sessions; a file stays."""
        self._leave()
        super().close()

    def _leave(self) -> None:
        if self.session:
            self.session.backend.disconnect()
        self.session = None

    def _known(self, name: str) -> _Table:
        assert self.session is not None
        table = self.session.backend.table(name, database=self.session.schema or None)
        read = {column: _given_away(table[column]) for column in table.columns}
        chosen = {column: expression for column, expression in read.items() if expression is not None}
        return _Table(name, table.select(**chosen), [column for column in read if column not in chosen])

    def _facts(self, reference: str, shape: str) -> str | None:
        found = self.connection.execute(
            "SELECT facts FROM tierbook_copies WHERE reference = ? AND shape = ?", [reference, shape]
        ).fetchone()
        return found[0] if found else None

    def _empty(self, reference: str, table: _Table) -> None:
        """The copy without rows; columns that stay in the database have a type nothing is read from."""
        self.run(f"DELETE FROM tierbook_copies WHERE reference = {literal(reference)}")
        self.connection.register("tierbook_part", _schema(table).empty_table())
        stay = "".join(f", CAST(NULL AS BLOB) AS {quoted(column)}" for column in table.stay)
        self.run(f"CREATE OR REPLACE TABLE {reference} AS SELECT *{stay} FROM tierbook_part")
        self.connection.unregister("tierbook_part")

    def _fill(self, reference: str, table: _Table) -> None:
        listed = ", ".join(map(quoted, table.rows.columns))
        for part in self._parts(table):
            if self.stopped:
                import duckdb

                raise duckdb.InterruptException("INTERRUPT Error: Interrupted!")
            self.connection.register("tierbook_part", part)
            self.run(f"INSERT INTO {reference} ({listed}) SELECT * FROM tierbook_part")
        self.connection.unregister("tierbook_part")

    def _parts(self, table: _Table) -> Iterator[pa.Table]:
        import pyarrow as pa

        schema = _schema(table)
        try:
            for batch in self._read(table.rows, rows=max(1_000, _CELLS // max(len(schema), 1))):
                yield pa.Table.from_batches([batch]).cast(schema, safe=False)
        except (pa.ArrowException, OverflowError) as error:
            raise HostError(
                "The table {table} holds a value that cannot be read: {reason}.",
                fix="Make a view of the table in which the column has another type.",
                table=table.name,
                reason=shortened(str(error)),
            ) from None

    def _read(self, rows_of: ir.Table, *, rows: int = 1_000) -> Iterator[pa.RecordBatch]:
        from ibis.backends.sql import SQLBackend

        assert self.session is not None
        backend = self.session.backend
        # For MySQL, Ibis' own reading holds the whole result, twice.
        read = SQLBackend.to_pyarrow_batches if backend.name == "mysql" else type(backend).to_pyarrow_batches
        yield from read(backend, rows_of, chunk_size=rows)

    def _summary(self, table: _Table) -> dict[str, Any]:
        """What the database counts and sums: rows, numbers, earliest and latest of dates and times; no texts."""
        rows = table.rows
        asked: dict[str, Any] = {"rows": rows.count()}
        for at, (column, kind) in enumerate(rows.schema().items()):
            if kind.is_numeric():
                asked[f"sum{at}"] = rows[column].cast("float64").sum()
            elif kind.is_temporal():
                asked |= {f"first{at}": rows[column].min(), f"last{at}": rows[column].max()}
        (facts,) = (fact for batch in self._read(rows.aggregate(**asked)) for fact in batch.to_pylist())
        return facts


def _given_away(column: ir.Column) -> ir.Column | None:
    """A column as the database gives it away; None for one of a type nothing is read from."""
    kind = column.type()
    if kind.is_decimal():
        # Without a precision Arrow has no type for it; money is a double in every calculation.
        return column if kind.precision and kind.precision <= 38 else column.cast("float64")
    if kind.is_integer():
        # Bits and years of MySQL are no small integers, whatever they are called.
        return column if kind.nbytes == 8 else column.cast("int64")
    if any((kind.is_floating(), kind.is_boolean(), kind.is_string(), kind.is_date(), kind.is_timestamp())):
        return column
    # A type that users of the database made, such as an enum.
    made = kind.is_unknown() and "USERDEFINED" in str(kind)
    return column.cast("string") if made or kind.is_uuid() else None


def _schema(table: _Table) -> pa.Schema:
    """The columns as DuckDB keeps them; moments are in UTC, and no longer say so."""
    import pyarrow as pa

    return pa.schema(
        pa.field(field.name, pa.timestamp("us") if pa.types.is_timestamp(field.type) else field.type)
        for field in table.rows.schema().to_pyarrow()
    )


def _width(kind: Any) -> int:
    return _WIDTH["text" if kind.is_string() else "number"]


def _digest(facts: Any) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()
