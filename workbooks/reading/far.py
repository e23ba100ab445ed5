"""Cells far beside a table: the bulk reader would make room for every cell between them and the table.

A single value in XFD1048576 asks for seventeen thousand million cells. Where a sheet spans far more than it holds,
what stands right of the table is left out of a copy in memory, and said.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, NamedTuple

from tierbook.errors import DataError
from workbooks.gate.scan import letters

ROOM = 30_000_000  # cells a sheet may span without being looked at; a million rows of thirty columns
FILLED = 8  # and beyond that, how many times the cells it holds
_PIECE = 1 << 20
_CELL = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?c[\s>/]")


class Extent(NamedTuple):
    """What a sheet spans, and the last column of the table on it."""

    rows: int
    columns: int
    table_columns: int


class Left(NamedTuple):
    """Cells left out of a sheet: how many hold something, and the first of them."""

    cells: int
    first: str


def without_far_cells(
    source: Path | io.BytesIO, extents: Mapping[str, Extent]
) -> tuple[Path | io.BytesIO, dict[str, Left]]:
    """The workbook, or a copy in memory without the cells far beside its tables, and what was left out of it.

    Parameters
    ----------
    extents : mapping
        Part of each sheet to be read -> what it spans.

    Raises
    ------
    DataError
        A table that itself spans far more cells than it holds.
    """
    wide = {part: extent for part, extent in extents.items() if extent.rows * extent.columns > ROOM}
    if not wide:
        return source, {}
    copy, left = io.BytesIO(), {}
    with (
        zipfile.ZipFile(source) as archive,
        zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as out,
    ):
        for part, extent in list(wide.items()):
            with archive.open(part) as stream:
                cells = sum(len(_CELL.findall(piece)) for piece in _whole_rows(stream))
            if extent.rows * extent.columns <= FILLED * cells:
                del wide[part]
            elif extent.rows * extent.table_columns > max(ROOM, FILLED * cells):
                raise DataError(
                    "The sheet spans {height} rows and {width} columns but holds only {cells} cells.",
                    fix="Delete the rows and columns outside the data, and save.",
                    height=extent.rows,
                    width=extent.table_columns,
                    cells=cells,
                )
        if not wide:
            return source, {}
        for entry in archive.infolist():
            if entry.filename not in wide:
                out.writestr(entry.filename, archive.read(entry))
                continue
            cutter = _Cutter(wide[entry.filename].table_columns)
            with archive.open(entry) as stream, out.open(entry.filename, "w", force_zip64=True) as kept:
                for piece in _whole_rows(stream):
                    kept.write(cutter.cut(piece))
            if cutter.count:
                left[entry.filename] = Left(cutter.count, cutter.first)
    return copy, left


def _whole_rows(stream: IO[bytes]) -> Iterator[bytes]:
    """The part in pieces that end with a row, so that no cell is cut in two."""
    rest = b""
    while piece := stream.read(_PIECE):
        start = max(0, len(rest) - 8)
        rest += piece
        end = max(rest.rfind(b"</row>", start), rest.rfind(b":row>", start)) + len(b"</row>")
        if end > start + len(b"</row>"):
            yield rest[:end]
            rest = rest[end:]
    yield rest


class _Cutter:
    """Takes the cells right of a column out of rows of XML."""

    def __init__(self, column: int) -> None:
        self.count, self.first = 0, ""
        beyond = rb"(?:" + b"|".join(_after(letters(column))) + rb")"
        name = rb"(?:[A-Za-z_][\w.-]*:)?c"
        self.cell = re.compile(
            rb"<"
            + name
            + rb"\s(?:[^>]*?\s)?r=\"("
            + beyond
            + rb"\d+)\"(?:[^>]*/>|[^>]*>.*?</"
            + name
            + rb">)",
            re.S,
        )

    def cut(self, rows: bytes) -> bytes:
        return self.cell.sub(self._take, rows)

    def _take(self, match: re.Match[bytes]) -> bytes:
        if b"<" in match[0][1:]:
            self.count += 1
            self.first = self.first or match[1].decode()
        return b""


def _after(column: str) -> Iterator[bytes]:
    """Patterns of the column letters that come after a column: after `KO`, `K[P-Z]`, `[L-Z][A-Z]`, `[A-Z]{3}`."""
    for at, letter in enumerate(column):
        if letter < "Z":
            rest = len(column) - at - 1
            yield f"{column[:at]}[{chr(ord(letter) + 1)}-Z]".encode() + rb"[A-Z]" * rest
    if len(column) < 3:
        yield rb"[A-Z]{%d,3}" % (len(column) + 1)
