"""Where tables lie, opened: a folder of files, a database in a file, a server, a cluster; with what keeps the stages of a run.

Nothing is read here but names, sizes and times. A password is an argument, and no sentence shows it.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tierbook.engines.addresses import connected, stays, system_of
from tierbook.engines.cluster import on_disk, spark_session
from tierbook.engines.copied import Copied, named
from tierbook.engines.data_files import PARQUET, data_files
from tierbook.engines.database import Database, Spark
from tierbook.engines.duckdb import DuckDB
from tierbook.engines.failures import Watched, told
from tierbook.engines.options import EngineOptions
from tierbook.engines.quoting import literal, quoted
from tierbook.engines.room import room
from tierbook.engines.secrets import refuse_password
from tierbook.errors import HostError

DUCKDB_FILES, SQLITE_FILES = (".duckdb", ".ddb"), (".sqlite", ".sqlite3", ".db")
# A Parquet file takes a quarter of what it holds, about: a run over 1.2 GB of them needed 10 GB (benchmarks/RESULTS.md, scale).
_PACKED = 4


@dataclass(frozen=True)
class Opened:
    """An open source: its engine, its tables as queries call them, and what tells one state of it from another."""

    name: str
    engine: Any
    tables: dict[str, str]
    stamp: str
    files: list[Path] = field(default_factory=list)
    keep: Any = None


def is_address(text: str) -> bool:
    """Whether a text is an address, of whatever it may be, and no path."""
    return "://" in text


def open_source(place: str, options: EngineOptions, *, password: str | None = None) -> Opened:
    """Open a source for a run.

    Parameters
    ----------
    place : str
        A folder, a file, or an address: `postgres://user@host:5432/database?schema=shop`, `spark://` for the tables of the
        cluster's catalog.
    options : EngineOptions
        Also says what a folder is worked on with. PostgreSQL is its own engine unless this says `duckdb`; rows of other
        databases come to DuckDB.

    Raises
    ------
    HostError
        The source cannot be opened, or there is no room or right to work.
    """
    refuse_password(place)
    try:
        with told(secret=password or ""):
            opened = _opened(place, options, password)
    except OSError as error:
        raise HostError(
            "{name} cannot be read: {reason}.",
            fix="Look at source: in config.yaml, and at the rights to it.",
            name=error.filename or place,
            reason=error.strerror or str(error),
        ) from None
    engine = Watched(opened.engine, seconds=options.time_limit, secret=password or "")
    if isinstance(opened.keep, Kept):
        # What is kept is looked after when time is over, too.
        opened.keep.engine = Watched(opened.engine, secret=password or "")
    return replace(opened, engine=engine)


def _opened(place: str, options: EngineOptions, password: str | None) -> Opened:
    scheme = urlsplit(place).scheme
    if scheme == "spark":
        return _spark({}, place, options)
    if is_address(place):
        work = _postgres if stays(system_of(place), options.name) else _copied
        return work(place, options, password)
    path = Path(place)
    if not path.exists():
        raise HostError(
            "There is no file or folder {name}.", fix="Look at source: in config.yaml.", name=str(path)
        )
    if path.is_dir():
        files = data_files(path)
        if not files:
            raise HostError(
                "The folder {name} holds neither Parquet nor CSV files.",
                fix="Look at source: in config.yaml.",
                name=str(path),
            )
        if options.name == "spark":
            return _spark(files, place, options)
        return _folder(path, files, options)
    if path.suffix.lower() in (*DUCKDB_FILES, *SQLITE_FILES):
        return _database_file(path, options)
    raise HostError(
        "{name} is no source an engine can work on.",
        fix="Name a folder of Parquet or CSV files, a DuckDB or SQLite file, or a database.",
        name=path.name,
    )


# DuckDB


def _folder(path: Path, tables: Mapping[str, list[Path]], options: EngineOptions) -> Opened:
    files = [part for parts in tables.values() for part in parts]
    engine, keep = _worker(str(path.resolve()), files, options)
    return Opened(
        path.name, engine, {name: _read(parts) for name, parts in tables.items()}, _stamp(files), files, keep
    )


def _read(parts: list[Path]) -> str:
    """What a query calls the rows of files."""
    listed = ", ".join(literal(str(part)) for part in parts)
    if parts[0].suffix.lower() == ".csv":
        return f"read_csv([{listed}], union_by_name = true)"
    return f"read_parquet([{listed}], union_by_name = true)"


def _database_file(path: Path, options: EngineOptions) -> Opened:
    engine, keep = _worker(str(path.resolve()), [path], options)
    kind = ""
    if path.suffix.lower() in SQLITE_FILES:
        _load_sqlite(engine)
        kind = "TYPE sqlite, "
    with told(engine):
        engine.run(f"ATTACH {literal(str(path))} AS tierbook_source ({kind}READ_ONLY)")
        found = engine.sql(
            "SELECT schema_name AS schema, table_name AS name FROM duckdb_tables() WHERE database_name = 'tierbook_source' "
            "UNION ALL SELECT schema_name, view_name FROM duckdb_views() "
            "WHERE database_name = 'tierbook_source' AND NOT internal ORDER BY 1, 2"
        ).to_pylist()
    tables = {row["name"]: f"tierbook_source.{quoted(row['schema'])}.{quoted(row['name'])}" for row in found}
    return Opened(path.name, engine, tables, _stamp([path]), [path], keep)


def _load_sqlite(engine: DuckDB) -> None:
    """Extensions come with Python packages, never from the network."""
    from importlib.util import find_spec

    found = find_spec("duckdb_extension_sqlite_scanner")
    files = sorted(Path(found.origin).parent.rglob("*.duckdb_extension")) if found and found.origin else []
    if not files:
        raise HostError(
            "SQLite files need the package {package}.",
            fix="Install it: pip install {package}.",
            package="duckdb-extension-sqlite-scanner",
        )
    with told(engine):
        engine.run(f"LOAD {literal(str(files[-1]))}")


def _worker(
    name: str, files: list[Path], options: EngineOptions, begin: Callable[..., DuckDB] | None = None
) -> tuple[DuckDB, Kept | None]:
    """DuckDB with a file of its own in the spill folder, where there is one with room."""
    begin = begin or DuckDB
    if options.spill is None:
        with told():
            return begin(threads=options.threads or None, memory_limit=options.memory or None), None
    folder = options.spill
    room(folder, _size(files), Path(name).name)
    file = folder / f"tierbook-{hashlib.sha256(name.encode()).hexdigest()[:16]}.duckdb"
    fresh = not file.exists()
    with told():
        engine = begin(
            threads=options.threads or None,
            memory_limit=options.memory or None,
            file=file,
            spill=folder / f"{file.name}.tmp",
            spill_limit=options.spill_limit or None,
        )
        return engine, Kept(engine, file, fresh=fresh)


def _size(files: list[Path]) -> int:
    """What the files hold, about. [bytes]"""
    return sum(file.stat().st_size * (_PACKED if file.suffix.lower() in PARQUET else 1) for file in files)


def _stamp(files: list[Path]) -> str:
    """Sizes and times of files."""
    facts = [(str(file.resolve()), file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    return hashlib.sha256(repr(facts).encode()).hexdigest()


class Kept:
    """Finished stages in a table of the engine's own file or schema.

    Parameters
    ----------
    fresh : bool
        Whether the file was not there before, so that it can hold no stage of an earlier run.
    """

    def __init__(self, engine: Any, file: Path | None = None, *, fresh: bool = False) -> None:
        self.engine, self.file, self.empty = engine, file, fresh

    def finished(self, key: str) -> list[str]:
        """Stages of an earlier run with this key; those of another key are forgotten."""
        self.engine.run("CREATE TABLE IF NOT EXISTS tierbook_stages (run TEXT, stage TEXT)")
        self.engine.run(f"DELETE FROM tierbook_stages WHERE run <> {literal(key)}")
        self.key = key
        found = self.engine.sql("SELECT stage FROM tierbook_stages")["stage"].to_pylist()
        self.empty = not found
        return found

    def finish(self, stage: str) -> None:
        """Keep that a stage is finished."""
        self.engine.run(f"INSERT INTO tierbook_stages VALUES ({literal(self.key)}, {literal(stage)})")
        self.empty = False

    def leave(self) -> None:
        """End the session of a run that broke off; without a finished stage there is nothing to keep."""
        if self.empty:
            self.clear()
        self.engine.close()

    def clear(self) -> None:
        """Forget everything, once the run is done."""
        if self.file is None:
            self.engine.run(f"DROP SCHEMA IF EXISTS {quoted(self.engine.work)} CASCADE")
            return
        self.engine.close()
        for left in (self.file, self.file.with_name(f"{self.file.name}.wal")):
            left.unlink(missing_ok=True)
        shutil.rmtree(self.file.with_name(f"{self.file.name}.tmp"), ignore_errors=True)


class KeptCopies(Kept):
    """Finished stages, and the rows that came from a database."""

    def leave(self) -> None:
        """As `Kept.leave`; rows that came are kept like a stage."""
        (copies,) = self.engine.sql("SELECT COUNT(*) AS copies FROM tierbook_copies")["copies"].to_pylist()
        self.empty = self.empty and not copies
        super().leave()


class KeptFiles:
    """Finished stages of a Spark session, in the folder of its tables."""

    def __init__(self, engine: Spark, tables: Mapping[str, tuple[str, ...]]) -> None:
        self.engine, self.tables, self.file = engine, tables, Path(engine.folder, "tierbook-stages.txt")

    def finished(self, key: str) -> list[str]:
        """As `Kept.finished`; the tables of the stages are there again."""
        lines = self.file.read_text("utf-8").splitlines() if self.file.is_file() else []
        if lines[:1] != [key]:
            self.file.write_text(f"{key}\n", "utf-8")
            return []
        return [stage for stage in lines[1:] if all(map(self.engine.bring_back, self.tables.get(stage, ())))]

    def finish(self, stage: str) -> None:
        """As `Kept.finish`."""
        with self.file.open("a", encoding="utf-8") as file:
            file.write(f"{stage}\n")

    def leave(self) -> None:
        """As `Kept.leave`; the session may be that of others."""
        if not (self.file.is_file() and self.file.read_text("utf-8").splitlines()[1:]):
            self.clear()

    def clear(self) -> None:
        """As `Kept.clear`."""
        shutil.rmtree(self.engine.folder, ignore_errors=True)


# Servers and clusters


def _copied(address: str, options: EngineOptions, password: str | None) -> Opened:
    """A database whose rows come to DuckDB."""
    session = connected(address, password, time_limit=options.time_limit)
    with told(secret=password or ""):
        tables = named(session)
        engine, keep = _worker(address, [], options, partial(Copied, session, tables))
    kept = KeptCopies(engine, keep.file, fresh=keep.empty) if keep else None
    return Opened(session.shown, engine, tables, session.shown, keep=kept)


def _postgres(address: str, options: EngineOptions, password: str | None) -> Opened:
    session = connected(address, password, time_limit=options.time_limit)
    schema = session.schema or "public"
    with told(secret=password or ""):
        engine = Database(session.backend, work=options.schema, schema=schema)
        # Compiling takes longer than what it saves in queries as long as ours.
        engine.run("SET jit TO off")
        found = engine.sql(
            "SELECT table_name AS name FROM information_schema.tables "
            f"WHERE table_schema = {literal(schema)} ORDER BY table_name"
        )["name"].to_pylist()
        rights = engine.sql(
            "SELECT has_database_privilege(current_database(), 'TEMPORARY') AS temporary, "
            "has_database_privilege(current_database(), 'CREATE') AS made"
        ).to_pylist()[0]
        if not rights["made" if options.schema else "temporary"]:
            raise HostError(
                "The database does not allow {user} to make {what}.",
                fix="Ask for the right, or for a copy to work on.",
                user=session.user,
                what=f"the schema {options.schema}" if options.schema else "temporary tables",
            )
        if options.schema:
            engine.run(f"CREATE SCHEMA IF NOT EXISTS {quoted(options.schema)}")
            engine.run(f"SET search_path TO {quoted(options.schema)}, {quoted(schema)}")
    tables = {name: f"{quoted(schema)}.{quoted(name)}" for name in found}
    return Opened(session.shown, engine, tables, session.shown, keep=Kept(engine) if options.schema else None)


# Which tables a stage of `warehouse.score_in` leaves behind.
_LEFT = {
    "prepared": ("tierbook_numbers", "tierbook_sales", "tierbook_purchase_days"),
    "now": ("scored",),
    "before": ("scored_before",),
}


def _spark(files: Mapping[str, list[Path]], place: str, options: EngineOptions) -> Opened:
    try:
        import ibis

        # Its errors are known to `told` from here on.
        import_module("pyspark.sql")
    except ImportError:
        raise HostError(
            "{what} needs packages that are not installed.",
            fix="Install them: pip install {package}.",
            what="Spark",
            package="tierbook[engines] pyspark",
        ) from None
    listed = [part for parts in files.values() for part in parts]
    if options.spill:
        room(options.spill, _size(listed), Path(place).name)
    with told():
        session = spark_session(options.master)
        folder = ""
        if options.spill:
            known = str(Path(place).resolve()) if files else place
            folder = str(options.spill / f"tierbook-{hashlib.sha256(known.encode()).hexdigest()[:16]}")
            Path(folder).mkdir(exist_ok=True)
        engine = Spark(ibis.pyspark.connect(session), folder=folder)
        tables = {}
        for name, parts in files.items():
            view = f"tierbook_file_{name}"
            csv = parts[0].suffix.lower() == ".csv"
            reader = session.read.options(header=True, inferSchema=True) if csv else session.read
            read = reader.csv if csv else reader.parquet
            paths = [on_disk(part) for part in parts]
            frame = read(paths) if csv else read(*paths)
            frame.createOrReplaceTempView(view)
            tables[name] = quoted(view)
        if not files:
            tables = {one.name: quoted(one.name) for one in session.catalog.listTables()}
    keep = KeptFiles(engine, _LEFT) if folder else None
    return Opened(Path(place).name or "spark", engine, tables, _stamp(listed), listed, keep)
