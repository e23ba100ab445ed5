"""Tables in Parquet files: typed already, so only their types are checked; rows are records from 1."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tierbook.errors import DataError
from tierbook.language import Named
from tierbook.quality import Problem
from tierbook.tables import Table, known_columns
from workbooks.reading.layout import guess_table, renamed
from workbooks.reading.raw import RawTable, Reading

if TYPE_CHECKING:
    import pyarrow as pa

SUFFIXES = (".parquet", ".pq")


def read_parquet(path: Path, table: Table | None, reading: Reading) -> RawTable:
    """The table in a Parquet file.

    Raises
    ------
    DataError
        The file is cut or damaged, holds bytes where text belongs, or no table Tierbook knows.
    """
    found = _contents(path)
    headers = list(found.column_names)
    problems: list[Problem] = []
    if table is None:
        table = guess_table(headers)
        if table is None:
            raise DataError(
                "The file holds no table Tierbook knows; its columns are {columns}.",
                fix="Name the file after its table (transactions.parquet), or map it in config.yaml.",
                place=path.name,
                columns=", ".join(headers[:20]),
            )
        problems.append(
            Problem("note", "The file is read as {name}, which its columns are.", "", {"name": Named(table.name)}, path.name, table=table.name)
        )  # fmt: skip
    table = renamed(table, reading.columns_of(table.name))
    return RawTable(
        table=table,
        file=path.name,
        headers=headers,
        columns=[_as_text(column) for column in found.columns],
        rows=np.arange(1, len(found) + 1),
        positions=list(range(1, len(headers) + 1)),
        header_row=0,
        problems=[*problems, *_bytes_for_text(found, table, path)],
    )


def _contents(path: Path) -> pa.Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not path.stat().st_size:
        raise DataError(
            "The file is empty ({size} bytes).", fix="Ask for a fresh copy.", place=path.name, size=0
        )
    try:
        found = pq.read_table(path, use_threads=False)
        found.validate(full=True)  # text that is not UTF-8, dictionaries that point nowhere
        str(found.schema)  # names of columns and time zones that are not UTF-8
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise DataError(
            "The Parquet file is damaged or not complete ({reason}).",
            fix="Copy or export it again.",
            place=path.name,
            reason=str(error).split("\n")[0].replace(str(path), path.name).rstrip("."),
        ) from error
    return found


def _bytes_for_text(found: pa.Table, table: Table, path: Path) -> list[Problem]:
    """An error for each column of the table that holds bytes."""
    return [
        Problem(
            "error",
            "Column {column} holds bytes, not text.",
            "Export it as a text (string) column.",
            {"column": header},
            path.name,
            line=1,
            column=position,
            table=table.name,
        )
        for position, (header, column) in enumerate(zip(found.column_names, found.columns, strict=True), 1)
        if _is_bytes(column.type) and known_columns(table, [header])
    ]


def _as_text(column: pa.ChunkedArray) -> pa.Array:
    """The column in one piece; bytes, which are no text, are missing."""
    import pyarrow as pa

    if _is_bytes(column.type):
        return pa.nulls(len(column), pa.string())
    combined = column.combine_chunks()
    return combined.chunk(0) if isinstance(combined, pa.ChunkedArray) else combined


def _is_bytes(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind)
