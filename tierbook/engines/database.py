"""A database or a cluster as an engine: Ibis connects, the SQL is ours, and rows stay where they are.

Everything made lives in the session: temporary tables and views in a database, views over kept rows in Spark. With a
schema or a folder for work, tables are kept there, so that a run that broke off goes on where it was.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tierbook.engines.cluster import on_disk, packed, unpacked
from tierbook.engines.dialects import translated
from tierbook.engines.duckdb import needs_a_name, not_ours
from tierbook.engines.steps import steps

if TYPE_CHECKING:
    import pyarrow as pa
    from ibis.backends.sql import SQLBackend

    from tierbook.engines.duckdb import Added


_READS = 8
"""Tables read, each as often as it is, from which Spark asks for a small table in steps."""


class Database:
    """A PostgreSQL server, through Ibis; texts come in DuckDB's dialect.

    Parameters
    ----------
    work : str, optional
        The schema where tables are kept; by default they are temporary.
    schema : str
        The schema of the source, where results go.
    """

    dialect = "postgres"
    in_steps = False

    def __init__(self, backend: SQLBackend, *, work: str = "", schema: str = "public") -> None:
        self.backend: Any = backend
        self.work, self.schema = work, schema
        self.temporary = "" if work else "TEMPORARY "

    def put(self, name: str, table: Any) -> None:
        """Bring a table into the session."""
        self.run(f'DROP TABLE IF EXISTS "{name}" CASCADE')
        self.backend.create_table(name, table, temp=True)
        self._by_code_point(name)

    def make(self, name: str, text: str, *, native: bool = False) -> None:
        """Keep the result of a query as a table; `native` is a text in the engine's own dialect."""
        self.run(f'DROP TABLE IF EXISTS "{name}" CASCADE')
        own = text if native else translated(text, self.dialect)
        self.run(f'CREATE {self.temporary}TABLE "{name}" AS {own}')
        self._by_code_point(name)
        # The planner knows nothing of a new table, and joins a million rows as if they were ten.
        self.run(f'ANALYZE "{name}"')

    def show(self, name: str, reference: str) -> None:
        """A view of a table of the source, its texts in the order of code points, whatever the database thinks of languages."""
        from tierbook.engines.answers import texts

        there = texts(self.backend.con, reference)
        listed = (f'"{one}" COLLATE "C" AS "{one}"' if text else f'"{one}"' for one, text in there.items())
        self.run(f'DROP VIEW IF EXISTS "{name}" CASCADE')
        self.run(f'CREATE TEMPORARY VIEW "{name}" AS SELECT {", ".join(listed)} FROM {reference}')

    def _by_code_point(self, name: str) -> None:
        """The texts of a table of ours are in the order of code points, too."""
        from tierbook.engines.answers import answer

        wanted = f"attrelid = '\"{name}\"'::regclass AND attnum > 0 AND attcollation = 'pg_catalog.default'::regcollation"
        changed = "string_agg(format('ALTER %I TYPE text COLLATE \"C\"', attname), ', ')"
        (listed,) = answer(self.backend.con, f"SELECT {changed} AS listed FROM pg_attribute WHERE {wanted}")[
            "listed"
        ]
        if listed.is_valid:
            self.run(f'ALTER TABLE "{name}" {listed}')

    def bring(self) -> None:
        """Rows stay where they are."""

    def view(self, name: str, text: str) -> None:
        """Name a query without running it."""
        self.run(f'DROP VIEW IF EXISTS "{name}" CASCADE')
        self.run(f'CREATE TEMPORARY VIEW "{name}" AS {translated(text, self.dialect)}')

    def sql(self, text: str) -> pa.Table:
        """The result of a query, whole numbers and decimals as the reports take them."""
        from tierbook.engines.answers import answer

        return answer(self.backend.con, translated(text, self.dialect))

    def batches(self, text: str, *, rows: int = 122_880) -> Iterator[pa.RecordBatch]:
        """The result of a query a part at a time."""
        yield from self.backend.sql(translated(text, self.dialect)).to_pyarrow_batches(chunk_size=rows)

    def make_by(self, name: str, text: str, add: Added, figures: Sequence[str]) -> None:
        """Keep what a function gives for each part of a query: `customer_id` and figures."""
        listed = ", ".join(f'"{one}" DOUBLE PRECISION' for one in figures)
        self.run(f'DROP TABLE IF EXISTS "{name}" CASCADE')
        self.run(f'CREATE {self.temporary}TABLE "{name}" (customer_id TEXT, {listed})')
        for part in add(self.batches(text)):
            with (
                self.backend.con.cursor() as cursor,
                cursor.copy(f'COPY "{name}" FROM STDIN') as copy,
            ):
                for row in zip(*(column.to_pylist() for column in part.columns), strict=True):
                    copy.write_row(row)
        self.run(f'ANALYZE "{name}"')

    def columns(self, name: str) -> dict[str, str]:
        """Column names and Ibis types of a table."""
        return {column: str(kind) for column, kind in self.backend.table(name).schema().items()}

    def run(self, text: str) -> None:
        """A statement in the engine's own dialect."""
        # Without parameters psycopg leaves a per cent sign alone.
        self.backend.raw_sql(text).close()

    def drop(self, name: str) -> None:
        """Forget a table that is no longer needed."""
        self.run(f'DROP TABLE IF EXISTS "{name}" CASCADE')

    def may_publish(self, name: str) -> None:
        """Whether a result of that name may be written into the source's schema.

        Raises
        ------
        HostError
            The database does not allow it, or there is a table of that name that is not ours.
        """
        from tierbook.errors import HostError

        needs_a_name(name)
        schema, wanted = (text.replace("'", "''") for text in (self.schema, name))
        there = self.sql(
            f"SELECT obj_description(c.oid) AS said FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace "
            f"WHERE n.nspname = '{schema}' AND c.relname = '{wanted}'"
        )["said"].to_pylist()
        if there and not str(there[0] or "").startswith("Tierbook "):
            raise not_ours(name)
        (may,) = self.sql(f"SELECT has_schema_privilege('{schema}', 'CREATE') AS may")["may"].to_pylist()
        if not may:
            raise HostError(
                "The database does not allow a table in the schema {schema}.",
                fix="Ask for the right, or write the results to a file: --out scores.parquet.",
                schema=self.schema,
            )

    def publish(self, name: str, table: str, *, note: str) -> None:
        """Write a table into the source's schema, in place of an earlier result.

        Raises
        ------
        HostError
            As `may_publish`.
        """
        self.may_publish(name)
        target = ".".join('"{}"'.format(one.replace('"', '""')) for one in (self.schema, name))
        said = note.replace("'", "''")
        with self.backend.con.transaction():
            for text in (
                f"DROP TABLE IF EXISTS {target}",
                f'CREATE TABLE {target} AS SELECT * FROM "{table}"',
                f"COMMENT ON TABLE {target} IS '{said}'",
            ):
                self.backend.con.execute(text)

    def interrupt(self) -> None:
        """Stop what runs; it ends with an error."""
        self.backend.con.cancel()

    def close(self) -> None:
        """End the session."""
        self.backend.disconnect()


class Spark(Database):
    """A Spark session, through Ibis.

    Parameters
    ----------
    folder : str, optional
        Where tables are kept as Parquet, a folder every executor sees; by default on the executors.
    """

    dialect = "spark"
    in_steps = True

    def __init__(self, backend: SQLBackend, *, folder: str = "") -> None:
        super().__init__(backend)
        self.folder = folder

    def put(self, name: str, table: Any) -> None:
        """Bring a table into the session."""
        self._session.createDataFrame(table).createOrReplaceTempView(name)

    def make(self, name: str, text: str, *, native: bool = False) -> None:
        """Keep the rows of a query, without the plan they came from; a long query is run in steps.

        Spark plans a part of a query anew wherever it is read, and a plan of a hundred tables costs more than their rows.
        """
        made, text = ([], text) if native else steps(text)
        for step, query in [*made, (name, text)]:
            self._keep(step, self._session.sql(query if native else translated(query, self.dialect)))
        for step, _ in made:
            self.drop(step)

    def sql(self, text: str) -> pa.Table:
        """As `Database.sql`; a query that would read tables again and again is run in steps."""
        made, text = steps(text, from_reads=_READS)
        for step, query in made:
            self._keep(step, self._session.sql(translated(query, self.dialect)))
        # Ibis would go by way of pandas, and plan every text twice.
        found = plain(self._session.sql(translated(text, self.dialect)).toArrow())
        for step, _ in made:
            self.drop(step)
        return found

    def batches(self, text: str, *, rows: int = 122_880) -> Iterator[pa.RecordBatch]:
        """As `Database.batches`; of the cluster's parts one at a time comes here."""
        frame = self._session.sql(translated(text, self.dialect))
        # Spark would look for a column `base` in a column `value`.
        numbered = frame.toDF(*map(str, range(len(frame.columns))))
        for row in numbered.mapInArrow(packed, "part binary").toLocalIterator():
            part = plain(unpacked(row.part)).rename_columns(frame.columns)
            yield from part.to_batches(max_chunksize=rows)

    def make_by(self, name: str, text: str, add: Added, figures: Sequence[str]) -> None:
        """As `Database.make_by`, by the executors that hold the parts."""
        listed = ", ".join(f"`{one}` double" for one in figures)
        parts = self._session.sql(translated(text, self.dialect))
        self._keep(name, parts.mapInArrow(add, f"customer_id string, {listed}"))

    def _keep(self, name: str, frame: Any) -> None:
        if self.folder:
            path = on_disk(Path(self.folder, name))
            frame.write.mode("overwrite").parquet(path)
            frame = self._session.read.parquet(path)
        else:
            frame = frame.localCheckpoint()
            # Its columns as columns of its own: else Spark takes those of a table and of what was made of it for one in a join.
            frame = frame.toDF(*frame.columns)
        frame.createOrReplaceTempView(name)

    def show(self, name: str, reference: str) -> None:
        """A view of a table of the source."""
        self.view(name, f"SELECT * FROM {reference}")

    def bring_back(self, name: str) -> bool:
        """Whether an earlier session kept the table; it is there again."""
        if not Path(self.folder, name, "_SUCCESS").is_file():
            return False
        self._session.read.parquet(on_disk(Path(self.folder, name))).createOrReplaceTempView(name)
        return True

    def view(self, name: str, text: str) -> None:
        """Name a query without running it."""
        self._session.sql(translated(text, self.dialect)).createOrReplaceTempView(name)

    def run(self, text: str) -> None:
        """A statement in Spark's dialect."""
        self._session.sql(text)

    def drop(self, name: str) -> None:
        """Forget a table that is no longer needed."""
        self._session.catalog.dropTempView(name)
        if self.folder:
            shutil.rmtree(Path(self.folder, name), ignore_errors=True)

    def may_publish(self, name: str) -> None:
        """As `Database.may_publish`, of the cluster's catalog."""
        needs_a_name(name)
        if self._session.catalog.tableExists(name):
            told = self._session.sql(f"SHOW TBLPROPERTIES `{name}`").collect()
            if not any(row[0] == "tierbook" for row in told):
                raise not_ours(name)

    def publish(self, name: str, table: str, *, note: str) -> None:
        """Write a table into the cluster's catalog, in place of an earlier result."""
        self.may_publish(name)
        frame = self._session.table(table)
        frame.write.mode("overwrite").saveAsTable(name)
        said = note.replace("'", "")
        self._session.sql(f"ALTER TABLE `{name}` SET TBLPROPERTIES ('tierbook' = '{said}')")

    def interrupt(self) -> None:
        """Stop what runs; it ends with an error."""
        self._session.sparkContext.cancelAllJobs()

    def close(self) -> None:
        """Leave the session to whoever began it."""

    def stop(self) -> None:
        """End the session and its Java."""
        self._session.stop()

    @property
    def _session(self) -> Any:
        return self.backend._session


def plain(table: pa.Table) -> pa.Table:
    """The same table with the types DuckDB would give: counts are whole numbers, no decimals, no long texts."""
    import pyarrow as pa

    fields = []
    for field in table.schema:
        kind = field.type
        if pa.types.is_decimal(kind):
            kind = pa.int64() if kind.scale == 0 else pa.float64()
        elif pa.types.is_large_string(kind):
            kind = pa.string()
        elif pa.types.is_timestamp(kind):
            kind = pa.timestamp("us")
        fields.append(pa.field(field.name, kind))
    return table.cast(pa.schema(fields), safe=False)
