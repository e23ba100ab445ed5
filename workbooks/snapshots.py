"""What each run said about its customers, kept beside the source, so that the next report shows what changed since.

One small Parquet file per as-of date, `orders.xlsx.tierbook/2026-10-31.parquet`. It holds a row per customer and rule
pack (with its profile): a second pack run for the same date adds its rows, a repeated run replaces its own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from tierbook.errors import HostError
from tierbook.quality import Problem
from tierbook.run import Snapshot
from workbooks.files import replace_file, undo_folder

if TYPE_CHECKING:
    import pyarrow as pa

    from tierbook.run import Run

_FIX = "Run with --no-snapshot where the folder may not be written to."
_OF_CUSTOMER = ("customer_id", "value", "tier", "stage", "churn_level")
_OF_RUN = ("pack", "profile", "version", "hash")


def snapshot_path(source: Path, as_of: date) -> Path:
    """Where the snapshot of a run is kept."""
    return _folder(source) / f"{as_of.isoformat()}.parquet"


def keep_snapshot(run: Run, source: Path) -> Problem | None:
    """Keep what a run found; where that cannot be written, a note that says so."""
    path = snapshot_path(source, run.as_of)
    try:
        # The folder may have gone with the last undo; the file in it is all we make.
        path.parent.mkdir(exist_ok=True)
        rows = _rows(run, _read(path))
        replace_file(path, lambda file: _write(rows, file), keep_undo=False)
    except HostError as error:
        return Problem("note", error.message, fix=_FIX, values=error.values)
    except OSError as error:
        return Problem(
            "note",
            "This run was not kept for comparison with the next one: {reason}.",
            fix=_FIX,
            values={"reason": error.strerror or str(error)},
            file=str(path.parent),
        )
    return None


def last_snapshot(run: Run, source: Path) -> Snapshot | None:
    """What the last earlier run by the same pack and profile said; None where there was none."""
    return next(_earlier(run, source), None)


def earlier_snapshots(run: Run, source: Path, *, most: int) -> list[Snapshot]:
    """What the last runs before this one said, by the same pack and profile, the earliest first."""
    return list(islice(_earlier(run, source), most))[::-1]


def _earlier(run: Run, source: Path) -> Iterator[Snapshot]:
    """The latest first."""
    import pyarrow.compute as pc

    for as_of in sorted(_dates(_folder(source)), reverse=True):
        table = _read(snapshot_path(source, as_of)) if as_of < run.as_of else None
        if table is None:
            continue
        same = pc.and_(pc.equal(table["pack"], run.pack.name), pc.equal(table["profile"], run.profile))
        rows = table.filter(same)
        if rows.num_rows:
            version, fingerprint = rows["version"][0].as_py(), rows["hash"][0].as_py()
            yield Snapshot(as_of, version, fingerprint, rows.select(_OF_CUSTOMER))


def _folder(source: Path) -> Path:
    return undo_folder(Path(os.path.realpath(source))).parent


def _dates(folder: Path) -> list[date]:
    """The dates there are snapshots of; other files are none of ours."""
    found = []
    try:
        names = [path.stem for path in folder.glob("*.parquet")]
    except OSError:
        return []
    for name in names:
        try:
            found.append(date.fromisoformat(name))
        except ValueError:
            continue
    return found


def _schema() -> pa.Schema:
    import pyarrow as pa

    kinds = {"value": pa.float64()}
    return pa.schema([(name, kinds.get(name, pa.string())) for name in (*_OF_CUSTOMER, *_OF_RUN)])


def _rows(run: Run, there: pa.Table | None) -> pa.Table:
    """The run's rows, after those of other packs for the same date."""
    import pyarrow as pa
    import pyarrow.compute as pc

    rows = run.customers.select(_OF_CUSTOMER)
    for name, text in zip(
        _OF_RUN, (run.pack.name, run.profile, run.pack.version, run.pack.hash), strict=True
    ):
        rows = rows.append_column(name, pa.repeat(text, rows.num_rows))
    rows = rows.cast(_schema())
    if there is None:
        return rows
    same = pc.and_(pc.equal(there["pack"], run.pack.name), pc.equal(there["profile"], run.profile))
    return pa.concat_tables([there.filter(pc.invert(same)), rows])


def _write(rows: pa.Table, path: Path) -> None:
    from pyarrow import parquet

    parquet.write_table(rows, path, compression="zstd")


def _read(path: Path) -> pa.Table | None:
    """A snapshot's rows; None where there is no file, or one that is not a snapshot."""
    import pyarrow as pa
    from pyarrow import parquet

    try:
        # Opened here, so that pyarrow makes no dataset of names in the path that look like `key=value`.
        with path.open("rb") as file:
            table = parquet.read_table(file, columns=_schema().names)
            return table.cast(_schema())
    except (OSError, pa.ArrowException, ValueError):
        return None
