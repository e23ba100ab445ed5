"""Sources that are worked on where they lie: which these are, with which password, and where results go."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from addin.settings import Settings
from tierbook.errors import DataError, HostError

if TYPE_CHECKING:
    from addin.actions.request import Request, Written
    from tierbook.engines.given import Given
    from tierbook.engines.sources import Opened
    from tierbook.warehouse import WarehouseRun

TABLE = "table:"
"""What `--out` begins with where results go into a table of the source."""


def lies(named: str | None, settings: Settings) -> str:
    """The address or path of a source an engine works on; "" for one that is read as a workbook or files are.

    A folder that `config.yaml` names lies where it is; one on the command line is read, cell by cell.
    """
    from tierbook.engines.secrets import refuse_password
    from tierbook.engines.sources import DUCKDB_FILES, SQLITE_FILES, is_address

    place = named or settings.source
    refuse_password(place)
    if is_address(place):
        return place
    if Path(place).suffix.lower() in (*DUCKDB_FILES, *SQLITE_FILES):
        return place
    return place if place and not named and Path(place).is_dir() else ""


def place_of(place: str) -> Path:
    """The path results are named after."""
    from tierbook.engines.sources import is_address

    if not is_address(place):
        return Path(place)
    parts = urlsplit(place)
    return Path(parts.path.strip("/").replace("/", "-") or parts.scheme)


def password_for(address: str) -> str | None:
    """The password of an address: from the environment, else from the system's keyring where that can be asked."""
    from tierbook.engines.secrets import PASSWORD
    from tierbook.engines.sources import is_address

    if not is_address(address):
        return None
    if PASSWORD in os.environ:
        return os.environ[PASSWORD]
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return None
    try:
        return keyring.get_password("tierbook", address)
    except KeyringError:
        return None


@contextmanager
def opened(request: Request) -> Iterator[Opened]:
    """The request's source, open; after an error its session ends, and a run that goes on begins where this one was."""
    from tierbook.engines.sources import open_source

    source = open_source(request.lies, request.settings.engine, password=password_for(request.lies))
    try:
        yield source
    except BaseException:
        # What is wrong with the session has been said by then.
        with suppress(HostError):
            (source.keep.leave if source.keep else source.engine.close)()
        raise


def score_there(request: Request) -> WarehouseRun:
    """Every customer scored in the engine; the session stays open for the tables of a report."""
    from tierbook.warehouse import score_in

    pack = request.settings.shelf().pack(request.pack)
    with opened(request) as source:
        if request.table is not None:
            # What is refused at the end is better refused before work starts.
            source.engine.may_publish(request.table)
        return score_in(
            source.engine,
            source.tables,
            pack,
            name=source.name,
            stamp=source.stamp,
            mapping=request.settings.tables,
            max_bad_share=request.settings.reading.get("max_bad_share", 0.05),
            as_of=request.as_of,
            profile=request.profile,
            today=request.today,
            keep=source.keep,
            progress=request.progress,
        )


def check_there(request: Request) -> Given:
    """What the tables of the source hold, in counts."""
    from tierbook.engines.given import given

    with opened(request) as source:
        request.progress(0.0, "Looking at the tables")
        found = given(
            source.engine,
            source.tables,
            mapping=request.settings.tables,
            declared={},
            declared_in=(),
            today=request.today,
            max_bad_share=request.settings.reading.get("max_bad_share", 0.05),
        )
        if source.keep:
            source.keep.clear()
        source.engine.close()
    return found


def finish(run: WarehouseRun) -> None:
    """End the session of a run that is done; what was kept for a break is no longer needed."""
    if run.keep:
        run.keep.clear()
    run.engine.close()


def write_results(request: Request, run: WarehouseRun, out: Path) -> Written:
    """Every customer as Parquet, or as a table of the source."""
    from addin.actions.request import Written
    from workbooks.files import replace_file

    request.progress(0.0, "Writing the scores")
    name = table_of(out)
    if name is not None:
        run.engine.publish(
            name, run.results, note=f"Tierbook {run.pack.name} {run.pack.version} {run.pack.hash}"
        )
        return Written(out)

    def write(file: Path) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        from workbooks.writer import stamped

        writer = None
        for batch in run.batches():
            rows = stamped(run, pa.Table.from_batches([batch]))
            writer = writer or parquet.ParquetWriter(file, rows.schema, compression="zstd")
            writer.write_table(rows)
        if writer is None:
            raise DataError("There is no customer to write.", fix="Look at the tables of the source.")
        writer.close()

    return Written(replace_file(out, write))


def refuse_table(request: Request, out: Path | None) -> None:
    """Refuse before work starts what `write_results` could only refuse at its end.

    Raises
    ------
    HostError
        Results are to become a table of a source that takes none: files, or a database whose rows come to DuckDB.
    """
    from tierbook.engines.addresses import stays, system_of
    from tierbook.engines.sources import DUCKDB_FILES, is_address

    if table_of(out) is None:
        return
    place, engine = request.lies, request.settings.engine.name
    if place.startswith("spark://") or (place and not is_address(place) and engine == "spark"):
        return
    if stays(system_of(place), engine) if is_address(place) else Path(place).suffix.lower() in DUCKDB_FILES:
        return
    raise HostError(
        "Results cannot be a table of this source.", fix="Write them to a file: --out scores.parquet."
    )


def is_results(out: Path | None) -> bool:
    """Whether results go to Parquet or into a table, and not into a workbook."""
    return out is not None and (table_of(out) is not None or out.suffix.lower() in (".parquet", ".pq"))


def table_of(out: Path | None) -> str | None:
    """The table of the source that results go into; None where they go to a file."""
    name = str(out or "")
    return name.removeprefix(TABLE) if name.startswith(TABLE) else None
