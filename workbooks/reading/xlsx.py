"""Tables of a workbook, read in bulk: large plain sheets while the gate looks at them, all others by fastexcel.

Columns come back in the type all their cells share; a column of text and numbers comes back as text. The package
gate has already listed every cell a bulk reader passes over in silence (`Package.odd_cells`).
"""

from __future__ import annotations

import io
import logging
import re
import zipfile
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tierbook.errors import DataError
from tierbook.quality import Problem
from workbooks.gate.gate import gate
from workbooks.gate.package import Package
from workbooks.gate.scan import position
from workbooks.reading.far import Extent, Left, without_far_cells
from workbooks.reading.find import Place, area_of, find_tables
from workbooks.reading.layout import Header
from workbooks.reading.plain import PlainSheet, shared_texts
from workbooks.reading.raw import Odd, RawTable, Reading
from workbooks.reading.runs import with_spaces_kept

if TYPE_CHECKING:
    import fastexcel
    import pyarrow as pa


_SHARED_TEXT = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?si[\s>/]")


def read_workbook(path: Path, reading: Reading) -> tuple[list[RawTable], list[Problem]]:
    """Every known table of a workbook, untyped, and what there is to say about the workbook.

    Raises
    ------
    DataError
        The package gate refuses the file.
    """
    contents: dict[str, PlainSheet] = {}
    package = gate(path, keep=lambda sheet: contents.setdefault(sheet, PlainSheet()))
    places, problems = find_tables(package, reading)
    if not places:
        return [], problems
    book = _Book(package, places, contents)
    return [book.raw(place) for place in places], problems


class _Book:
    """A workbook whose tables are read: large plain sheets from what the gate kept, the others by fastexcel."""

    def __init__(self, package: Package, places: list[Place], contents: Mapping[str, PlainSheet]) -> None:
        self.package, self.file, self.places, self.contents = package, package.path.name, places, contents
        self.left: dict[str, Left] = {}

    @cached_property
    def reader(self) -> fastexcel.ExcelReader:
        """The workbook open in fastexcel."""
        import fastexcel

        # It warns about every empty column on stderr; an empty column is nothing to warn about.
        logging.getLogger("fastexcel").setLevel(logging.ERROR)
        source, self.left = _bounded(with_spaces_kept(self.package.source()), self.package, self.places)
        try:
            return fastexcel.read_excel(source.getvalue() if isinstance(source, io.BytesIO) else str(source))
        except fastexcel.FastExcelError as error:
            raise _unreadable(self.file, error) from error

    @cached_property
    def shared(self) -> pa.Array | None:
        """The workbook's shared texts; None where they are for fastexcel to read."""
        part = self.package.strings
        if part is None or part in self.package.recoded:
            return None
        with zipfile.ZipFile(self.package.path) as archive:
            data = archive.read(part)
        return shared_texts(data, len(_SHARED_TEXT.findall(data)))

    def raw(self, place: Place) -> RawTable:
        header, area = place.header, place.area
        package, name = self.package, place.sheet.name
        last_of_sheet = next(one for one in reversed(self.places) if one.sheet.name == name) is place
        plain = self.contents[name].columns(
            header.row,
            package.number_formats,
            date1904=package.date1904,
            shared=lambda: self.shared,
            last=last_of_sheet,
        )
        columns, left = plain or self._load(name, header, None)
        first = header.row + 1
        count = len(columns[0]) if columns else 0
        if area is not None:
            count = max(0, min(count, area.bottom - header.row))
            columns = [column.slice(0, count) for column in columns]
        last = left + len(columns) - 1
        wanted = (
            range(left, last + 1) if area is None else range(max(left, area.left), min(last, area.right) + 1)
        )
        positions = list(wanted)
        odd = [
            Odd(row - first, positions.index(column), cell.kind, cell.text)
            for cell in self.package.odd_cells(place.sheet.name)
            for row, column in (position(cell.ref),)
            if first <= row < first + count and column in wanted
        ]
        return RawTable(
            table=place.table,
            file=self.file,
            headers=[header.cells.get(column) for column in positions],
            columns=[columns[column - left] for column in positions],
            rows=np.arange(first, first + count),
            positions=positions,
            sheet=place.sheet.name,
            date1904=self.package.date1904,
            header_row=header.row,
            odd=odd,
            merged=[
                merged
                for ref in self.package.merged(place.sheet.name)
                if (merged := area_of(ref)) is not None
            ],
            # A plain column is of one type: no number was made a text.
            numeric=None if plain else lambda at: self._numeric(place, at, count),
            problems=self._said(place),
        )

    def _load(self, sheet: str, header: Header, dtype: str | None) -> tuple[list[pa.Array], int]:
        """Columns below a header row, and the sheet column of the first of them."""
        import fastexcel

        try:
            batch = self.reader.load_sheet_eager(
                sheet,
                header_row=header.row - 1,
                schema_sample_rows=None,
                dtypes=dtype,  # type: ignore[arg-type]
            )
        except fastexcel.FastExcelError as error:
            raise _unreadable(self.file, error, sheet) from error
        # Columns start at the first one in use, wherever that is: the header says which it is.
        names = batch.schema.names
        known = (column - names.index(text) for column, text in sorted(header.cells.items()) if text in names)
        return list(batch.columns), next(known, min(header.cells, default=1))

    def _numeric(self, place: Place, at: int, count: int) -> np.ndarray:
        """Which cells of a column are numbers: asked for as yes/no, fastexcel gives an answer for numbers only."""
        columns, left = self._load(place.sheet.name, place.header, "boolean")
        return columns[at - left].slice(0, count).is_valid().to_numpy(zero_copy_only=False)

    def _said(self, place: Place) -> list[Problem]:
        """Formulas that reach outside, cells without their format, hidden rows and columns."""
        name, package = place.sheet.name, self.package
        said = []
        for kind, message in _OUTSIDE.items():
            count = package.odd_count(name, kind)
            if count:
                cell = next(odd for odd in package.odd_cells(name) if odd.kind == kind)
                said.append(("warning", message, cell.ref, {"formula": cell.text, "count": count}))
        if left := self.left.get(place.sheet.part):
            said.append(
                (
                    "warning",
                    "Cells far beside the table are left alone: {count}.",
                    left.first,
                    {"count": left.cells},
                )
            )
        if styles := package.style_out_of_range(name):
            said.append(
                ("warning", "Cells ask for a format the workbook does not have: {count}. They are read as plain numbers.",
                 styles[0], {"count": package.odd_count(name, "style")})
            )  # fmt: skip
        if hidden := package.hidden_rows(name) + package.hidden_columns(name):
            said.append(("note", "Hidden rows and columns are read too: {count}.", "", {"count": hidden}))
        return [
            Problem(level, message, "", values, self.file, name, cell, table=place.table.name)  # type: ignore[arg-type]
            for level, message, cell, values in said
        ]


def _bounded(
    source: Path | io.BytesIO, package: Package, places: list[Place]
) -> tuple[Path | io.BytesIO, dict[str, Left]]:
    """The workbook without cells far beside its tables, which would decide how much memory reading takes."""
    extents: dict[str, Extent] = {}
    for place in places:
        facts, width = package.facts[place.sheet.name], max(place.header.cells, default=1)
        before = extents.get(place.sheet.part)
        width = max(width, before.table_columns) if before else width
        extents[place.sheet.part] = Extent(facts.last_row, facts.last_column, width)
    try:
        return without_far_cells(source, extents)
    except DataError as error:
        raise error.at(package.path.name) from error


_OUTSIDE = {
    "external": "A formula takes its value from another workbook ({formula}): the value saved in this one is read. Such cells: {count}.",
    "dde": "A formula calls another program ({formula}): it is not run, the saved value is read. Such cells: {count}.",
}


def _unreadable(file: str, error: Exception, sheet: str = "") -> DataError:
    return DataError(
        "The workbook cannot be read ({reason}).",
        fix="Open the workbook in Excel, let it repair the file, and save it.",
        place=f"{file} {sheet}".strip(),
        reason=str(error).split("\n")[0],
    )
