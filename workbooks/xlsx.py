"""Tables of a workbook: Excel tables and sheets found by name, mapping or columns, read in bulk by fastexcel.

Columns come back in the type all their cells share; a column of text and numbers comes back as text. The package
gate has already listed every cell a bulk reader passes over in silence (`Package.odd_cells`).
"""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tierbook.errors import DataError
from tierbook.quality import Problem
from tierbook.tables import TABLES, Table, folded, known_columns, table_named
from workbooks.layout import Header, find_header, guess_table, renamed
from workbooks.package import Package, SheetInfo, gate
from workbooks.peek import Rows, first_rows
from workbooks.raw import Odd, RawTable, Reading
from workbooks.scan import letters, position

if TYPE_CHECKING:
    import pyarrow as pa

OWN_SHEETS = "tierbook"  # sheets and tables Tierbook wrote begin with it and are never inputs
_RANGE = re.compile(r"\$?([A-Za-z]+)\$?(\d+)(?::\$?([A-Za-z]+)\$?(\d+))?")


class Place:
    """Where in a workbook a table is: a sheet from its header row on, or the range of an Excel table."""

    def __init__(
        self, sheet: SheetInfo, table: Table, header: Header, area: tuple[int, int, int, int] | None = None
    ) -> None:
        self.sheet, self.table, self.header, self.area = sheet, table, header, area


def read_workbook(path: Path, reading: Reading) -> tuple[list[RawTable], list[Problem]]:
    """Every known table of a workbook, untyped, and what there is to say about the workbook.

    Raises
    ------
    DataError
        The package gate refuses the file.
    """
    package = gate(path)
    finder = _Finder(package, reading)
    places, problems = finder.places(), finder.problems
    if not places:
        return [], problems
    book = _Book(package)
    return [book.raw(place) for place in places], problems


class _Finder:
    """Which sheet or Excel table is which of our tables."""

    def __init__(self, package: Package, reading: Reading) -> None:
        self.package, self.reading = package, reading
        self.file = package.path.name
        self.problems: list[Problem] = []
        self.sheets = {sheet.name: sheet for sheet in package.sheets if sheet.kind == "worksheet"}
        self.peeks: dict[str, Rows] = {}

    def places(self) -> list[Place]:
        found: dict[str, Place] = {}
        taken: set[str] = set()
        for table, sheet, area in self._named():
            if table.name in found:
                self._twice(table, found[table.name], sheet)
                continue
            taken.add(sheet.name)
            place = self._place(table, sheet, area)
            if place is not None:
                found[table.name] = place
        rest = [
            sheet
            for name, sheet in self.sheets.items()
            if name not in taken and not folded(name).startswith(OWN_SHEETS)
        ]
        self._guess(rest, found)
        self._nothing_or_half(found, rest)
        return list(found.values())

    def _named(self) -> Iterator[tuple[Table, SheetInfo, tuple[int, int, int, int] | None]]:
        """Tables by the project's mapping, then by the names of Excel tables, then by the names of sheets."""
        areas = {table.name.casefold(): table for table in self.package.tables}
        mapped: set[str] = set()
        used: set[str] = set()
        for name, table in TABLES.items():
            where = self.reading.place_of(name)
            if where is None:
                continue
            mapped.add(name)
            area = areas.get(where.casefold())
            sheet = next(
                (sheet for sheet in self.sheets.values() if sheet.name.casefold() == where.casefold()), None
            )
            if area is not None:
                used.add(area.sheet)
                yield table, self.sheets[area.sheet], _area(area.ref, area.header_row, area.totals_row)
            elif sheet is not None:
                used.add(sheet.name)
                yield table, sheet, None
            elif not Path(where).suffix:
                self.problems.append(
                    Problem(
                        "error",
                        "There is no sheet or table {name}; the workbook has {sheets}.",
                        "Correct the mapping in config.yaml.",
                        {"name": f'"{where}"', "sheets": ", ".join(self.sheets)},
                        self.file,
                        table=name,
                    )
                )
        named: set[str] = set()
        for area in self.package.tables:
            table = table_named(area.name)
            if table is not None and table.name not in mapped and area.sheet in self.sheets:
                named.add(table.name)
                used.add(area.sheet)
                yield table, self.sheets[area.sheet], _area(area.ref, area.header_row, area.totals_row)
        for sheet in self.sheets.values():
            table = table_named(sheet.name)
            if table is not None and table.name not in mapped | named and sheet.name not in used:
                yield table, sheet, None

    def _place(self, table: Table, sheet: SheetInfo, area: tuple[int, int, int, int] | None) -> Place | None:
        """The table's header on its sheet; says why when there is none."""
        table = renamed(table, self.reading.columns_of(table.name))
        if sheet.state != "visible":
            self._say("warning", "The sheet is hidden; it is read all the same.", sheet, table)
        rows = self._rows(sheet)
        if area is not None:
            first = area[0]
            cells = rows.get(first) or first_rows(self.package, sheet, rows=first + 1).get(first, {})
            return Place(sheet, table, Header(first, cells, ()), area)
        header = find_header(rows, table)
        if header is None:
            self._no_header(table, sheet, rows)
            return None
        if header.above:
            self._say(
                "warning",
                "Rows above the header in row {row} are left out: {count}.",
                sheet,
                table,
                cell=f"{letters(min(header.cells))}{header.row}",
                row=header.row,
                count=len(header.above),
            )
        return Place(sheet, table, header)

    def _no_header(self, table: Table, sheet: SheetInfo, rows: Rows) -> None:
        if not rows:
            self._say("warning", "The sheet is empty.", sheet, table)
            return
        row, cells = next(iter(rows.items()))
        values = list(cells.values())
        dates = [
            value
            for value in values
            if isinstance(value, float) and 25_000 < value < 75_000 and value % 1 == 0
        ]
        wanted = ", ".join(table.required or [column.name for column in table.columns[:3]])
        if known_columns(table, values) and len(dates) >= max(1, len(values) - 2):
            days = [str(np.datetime64("1899-12-30") + int(value)) for value in dates]
            self._say(
                "warning",
                "The headers are dates ({days}), one column per period: the sheet is left out.",
                sheet,
                table,
                "Give every record its own row, with the columns {wanted}.",
                cell=f"{letters(min(cells))}{row}",
                days=", ".join(days[:12]),
                wanted=wanted,
            )
            return
        message = (
            "The first row holds numbers, not names: there is no header row."
            if values and all(isinstance(value, float) for value in values)
            else "No header row with the columns {wanted} was found in the first rows."
        )
        self._say(
            "error",
            message,
            sheet,
            table,
            "Put the column names {wanted} above the data.",
            cell=f"{letters(min(cells))}{row}",
            wanted=wanted,
        )

    def _guess(self, rest: list[SheetInfo], found: dict[str, Place]) -> None:
        """Sheets nobody named, taken for what their columns say, when only one sheet says so."""
        guesses: dict[str, list[tuple[SheetInfo, Header, Table]]] = {}
        for sheet in rest:
            for row, cells in self._rows(sheet).items():
                table = guess_table(list(cells.values()))
                if table is not None:
                    header = Header(
                        row, dict(cells), tuple(above for above in self._rows(sheet) if above < row)
                    )
                    guesses.setdefault(table.name, []).append((sheet, header, table))
                    break
        for name, candidates in guesses.items():
            if (
                name in found
                or self.reading.place_of(name)
                or any(problem.table == name for problem in self.problems)
            ):
                continue
            sheet, header, table = candidates[0]
            if len(candidates) > 1:
                self.problems.append(
                    Problem(
                        "error",
                        "Several sheets look like {table}: {sheets}.",
                        "Name one of them {table}, or map it in config.yaml.",
                        {"table": name, "sheets": ", ".join(other.name for other, _, _ in candidates)},
                        self.file,
                        table=name,
                    )
                )
                continue
            self._say("note", "The sheet is read as {name}, which its columns are.", sheet, table, name=name)
            found[name] = Place(sheet, renamed(table, self.reading.columns_of(name)), header)
            rest.remove(sheet)

    def _nothing_or_half(self, found: dict[str, Place], rest: list[SheetInfo]) -> None:
        """No table at all, or customers alone beside sheets nobody knows: the purchases are likely there."""
        sheets = ", ".join(self.sheets)
        if not found and not any(problem.level == "error" for problem in self.problems):
            self.problems.append(
                Problem(
                    "error",
                    "No table Tierbook knows was found; the sheets are {sheets}.",
                    "Name a sheet transactions or customers, or map it in config.yaml.",
                    {"sheets": sheets},
                    self.file,
                )
            )
        elif (
            set(found) == {"customers"}
            and any(self._rows(sheet) for sheet in rest)
            and not any(problem.table == "transactions" for problem in self.problems)
        ):
            self.problems.append(
                Problem(
                    "error",
                    "There is no sheet transactions; the sheets are {sheets}.",
                    "Name the sheet with the purchases transactions, or map it in config.yaml.",
                    {"sheets": sheets},
                    self.file,
                    table="transactions",
                )
            )

    def _twice(self, table: Table, first: Place, sheet: SheetInfo) -> None:
        self._say(
            "error",
            "Both {first} and {second} are {name}.",
            sheet,
            table,
            "Rename one of them, or map the table in config.yaml.",
            first=first.sheet.name,
            second=sheet.name,
            name=table.name,
        )

    def _rows(self, sheet: SheetInfo) -> Rows:
        if sheet.name not in self.peeks:
            self.peeks[sheet.name] = first_rows(self.package, sheet)
        return self.peeks[sheet.name]

    def _say(
        self,
        level: Any,
        message: str,
        sheet: SheetInfo,
        table: Table,
        fix: str = "",
        cell: str = "",
        **values: Any,
    ) -> None:
        self.problems.append(
            Problem(level, message, fix, values, self.file, sheet.name, cell, table=table.name)
        )


def _area(ref: str, header_row: bool, totals_row: bool) -> tuple[int, int, int, int] | None:
    """First row (the header), first column, last row and last column of an Excel table."""
    match = _RANGE.fullmatch(ref)
    if match is None or not header_row:
        return None
    top, left = position(match[1] + match[2])
    bottom, right = position((match[3] or match[1]) + (match[4] or match[2]))
    return top, left, bottom - totals_row, right


class _Book:
    """A workbook open in fastexcel."""

    def __init__(self, package: Package) -> None:
        import fastexcel

        # It warns about every empty column on stderr; an empty column is nothing to warn about.
        logging.getLogger("fastexcel").setLevel(logging.ERROR)
        self.package, self.file = package, package.path.name
        source = package.source()
        try:
            self.reader = fastexcel.read_excel(
                source.getvalue() if isinstance(source, io.BytesIO) else str(source)
            )
        except fastexcel.FastExcelError as error:
            raise _unreadable(self.file, error) from error

    def raw(self, place: Place) -> RawTable:
        header, area = place.header, place.area
        columns, left = self._load(place.sheet.name, header, None)
        first = header.row + 1
        count = len(columns[0]) if columns else 0
        if area is not None:
            count = max(0, min(count, area[2] - header.row))
            columns = [column.slice(0, count) for column in columns]
        last = left + len(columns) - 1
        wanted = range(left, last + 1) if area is None else range(max(left, area[1]), min(last, area[3]) + 1)
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
                area for ref in self.package.merged(place.sheet.name) if (area := _area(ref, True, False))
            ],
            numeric=lambda at: self._numeric(place, at, count),
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
