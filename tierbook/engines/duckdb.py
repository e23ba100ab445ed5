"""The default engine: DuckDB in the process, straight over Arrow tables, pandas frames, Parquet or CSV."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tierbook.engines.steps import steps

if TYPE_CHECKING:
    import pyarrow as pa

    Added = Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]


class DuckDB:
    """A private database, in memory or in a file of its own; the SQL it runs is the dialect every other engine is translated from.

    Parameters
    ----------
    memory_limit : str, optional
        Such as `2GB`; what does not fit goes to `spill`. By default 80 % of the machine's.
    file : Path, optional
        Where tables are kept; finished stages are still there after a break.
    spill : Path, optional
        Folder for what does not fit into memory.
    spill_limit : str, optional
        The most it may grow to, such as `50GB`.
    """

    dialect = "duckdb"

    def __init__(
        self,
        *,
        threads: int | None = None,
        memory_limit: str | None = None,
        file: Path | None = None,
        spill: Path | None = None,
        spill_limit: str | None = None,
    ) -> None:
        import duckdb

        from tierbook.arrow import keep_pandas_out

        keep_pandas_out()
        settings: dict[str, Any] = {"autoinstall_known_extensions": False, "autoload_known_extensions": False}
        asked = {
            "threads": threads,
            "memory_limit": memory_limit,
            "temp_directory": spill and str(spill),
            "max_temp_directory_size": spill_limit,
        }
        settings |= {name: value for name, value in asked.items() if value}
        if file:
            # Keeping the order of rows costs memory, and nothing here depends on it. What is freed goes back to the
            # system soon: the memory limit does not count what the allocator holds.
            settings |= {
                "preserve_insertion_order": False,
                "allocator_background_threads": True,
                "allocator_flush_threshold": "32MB",
            }
        self.connection = duckdb.connect(str(file or ":memory:"), config=settings)
        self.file, self.in_steps = file, bool(file)

    def put(self, name: str, table: Any) -> None:
        """Make a table visible under a name; anything that speaks Arrow is scanned in place."""
        self.connection.register(name, table)

    def make(self, name: str, text: str, *, native: bool = False) -> None:
        """Keep the result of a query as a table; its own dialect is the one all texts are in.

        In a file, a long query is run in steps: those who keep tables there have more rows than memory.
        """
        made, text = steps(text) if self.in_steps else ([], text)
        for step, query in [*made, (name, text)]:
            self.connection.execute(f'CREATE OR REPLACE TABLE "{step}" AS {query}')
        for step, _ in made:
            self.drop(step)

    def show(self, name: str, reference: str) -> None:
        """A view of a table of the source, whose rows are not needed yet."""
        self.view(name, f"SELECT * FROM {reference}")

    def bring(self) -> None:
        """Bring the rows of what was shown; here they are where they lie."""

    def view(self, name: str, text: str) -> None:
        """Name a query without running it."""
        self.connection.execute(f'CREATE OR REPLACE VIEW "{name}" AS {text}')

    def sql(self, text: str) -> pa.Table:
        """The result of a query."""
        return self.connection.sql(text).to_arrow_table()

    def batches(self, text: str, *, rows: int = 122_880) -> Iterator[pa.RecordBatch]:
        """The result of a query a part at a time, in memory for one part; 122,880 rows is how DuckDB stores them."""
        yield from _parts(self.connection.execute(text).to_arrow_reader(rows))

    def make_by(self, name: str, text: str, add: Added, figures: Sequence[str]) -> None:
        """Keep what a function gives for each part of a query: `customer_id` and figures."""
        # A second cursor: a statement of the first would end the query that is read.
        parts = _parts(self.connection.cursor().execute(text).to_arrow_reader(122_880))
        listed = ", ".join(f'"{one}" DOUBLE' for one in figures)
        self.connection.execute(f'CREATE OR REPLACE TABLE "{name}" (customer_id VARCHAR, {listed})')
        for part in add(parts):
            self.connection.register("tierbook_part", part)
            self.connection.execute(f'INSERT INTO "{name}" SELECT * FROM tierbook_part')
        self.connection.unregister("tierbook_part")

    def columns(self, name: str) -> dict[str, str]:
        """Column names and DuckDB types of a table."""
        return {row[0]: row[1] for row in self.connection.execute(f'DESCRIBE "{name}"').fetchall()}

    def in_order(self, text: str) -> bool:
        """The only figure of a query that depends on the order of rows."""
        kept = self.connection.execute("SELECT current_setting('preserve_insertion_order')").fetchone()
        self.connection.execute("SET preserve_insertion_order = true")
        found = self.connection.execute(text).fetchone()
        self.connection.execute(f"SET preserve_insertion_order = {bool(kept and kept[0])}")
        return bool(found and found[0])

    def run(self, text: str) -> None:
        """A statement."""
        self.connection.execute(text)

    def drop(self, name: str) -> None:
        """Forget a table that is no longer needed."""
        self.connection.execute(f'DROP TABLE IF EXISTS "{name}"')

    def may_publish(self, name: str) -> Path:
        """The DuckDB file the source is, into which a result of that name may be written.

        Raises
        ------
        HostError
            The source is no DuckDB file, may not be written, or has a table of that name that is not ours.
        """
        from tierbook.errors import HostError

        found = self.connection.execute(
            "SELECT path, type FROM duckdb_databases() WHERE database_name = 'tierbook_source'"
        ).fetchone()
        if found is None or found[1] != "duckdb":
            raise HostError(
                "Results cannot be a table of this source.", fix="Write them to a file: --out scores.parquet."
            )
        needs_a_name(name)
        there = self.connection.execute(
            "SELECT comment FROM duckdb_tables() WHERE database_name = 'tierbook_source' AND table_name = $1 "
            "UNION ALL SELECT '' FROM duckdb_views() WHERE database_name = 'tierbook_source' AND view_name = $1",
            [name],
        ).fetchone()
        if there and not str(there[0] or "").startswith("Tierbook "):
            raise not_ours(name)
        path = Path(found[0])
        if not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
            raise HostError(
                "{name} may not be written to, so no table can be made in it.",
                fix="Ask for the right, or write the results to a file: --out scores.parquet.",
                name=path.name,
            )
        return path

    def publish(self, name: str, table: str, *, note: str) -> None:
        """Write a table into the DuckDB file the source is, in place of an earlier result.

        Raises
        ------
        HostError
            As `may_publish`.
        """
        path = str(self.may_publish(name)).replace("'", "''")
        target = 'tierbook_results."{}"'.format(name.replace('"', '""'))
        said = note.replace("'", "''")
        self.connection.execute("DETACH tierbook_source")
        try:
            self.connection.execute(f"ATTACH '{path}' AS tierbook_results")
            try:
                self.connection.execute("BEGIN")
                self.connection.execute(f'CREATE OR REPLACE TABLE {target} AS SELECT * FROM "{table}"')
                self.connection.execute(f"COMMENT ON TABLE {target} IS '{said}'")
                self.connection.execute("COMMIT")
            except BaseException:
                self.connection.execute("ROLLBACK")
                raise
            finally:
                self.connection.execute("DETACH tierbook_results")
        finally:
            self.connection.execute(f"ATTACH '{path}' AS tierbook_source (READ_ONLY)")

    def interrupt(self) -> None:
        """Stop what runs; it ends with an error."""
        self.connection.interrupt()

    def close(self) -> None:
        """End the session; a file stays."""
        self.connection.close()


def _parts(reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    """The parts of a result; what DuckDB raises on the way comes through Arrow as errors of Arrow's."""
    import duckdb
    import pyarrow as pa

    while True:
        try:
            part = reader.read_next_batch()
        except StopIteration:
            return
        except (OSError, pa.ArrowException) as error:
            raise duckdb.Error(str(error)) from None
        yield part


def needs_a_name(name: str) -> None:
    """Refuse a table for results without a name."""
    from tierbook.errors import HostError

    if not name.strip():
        raise HostError(
            "The table for the results has no name.", fix="Give it one: --out table:scored_customers."
        )


def not_ours(name: str) -> Exception:
    """The refusal to replace a table that Tierbook did not make."""
    from tierbook.errors import HostError

    return HostError(
        "The source has a table {name} that Tierbook did not make.",
        fix="Give the results another name.",
        name=name,
    )
