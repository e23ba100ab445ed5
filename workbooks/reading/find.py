"""Which sheet or Excel table of a workbook is which table: by the project's mapping, by name, by its columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import PurePath
from typing import Any, NamedTuple

from tierbook.language import Named
from tierbook.quality import Problem
from tierbook.tables import TABLES, Table, folded, known_columns, table_named
from workbooks.gate.package import Package, SheetInfo
from workbooks.gate.scan import letters, position
from workbooks.reading.headers import mapping_line
from workbooks.reading.layout import Header, find_header, guess_table, renamed
from workbooks.reading.meant import columns_meant, headings
from workbooks.reading.peek import Rows, first_rows
from workbooks.reading.raw import Reading

OWN_SHEETS = "tierbook"  # sheets and tables Tierbook wrote begin with it and are never inputs
_RANGE = re.compile(r"\$?([A-Za-z]+)\$?(\d+)(?::\$?([A-Za-z]+)\$?(\d+))?")


class Area(NamedTuple):
    """A range of a sheet, from 1; of an Excel table the first row is its header."""

    top: int
    left: int
    bottom: int
    right: int


class Place(NamedTuple):
    """Where in a workbook a table is: a sheet from its header row on, or the range of an Excel table."""

    sheet: SheetInfo
    table: Table
    header: Header
    area: Area | None = None


def find_tables(package: Package, reading: Reading) -> tuple[list[Place], list[Problem]]:
    """The known tables of a workbook and where they are."""
    finder = _Finder(package, reading)
    return finder.places(), finder.problems


class _Finder:
    """Which sheet or Excel table is which of our tables."""

    def __init__(self, package: Package, reading: Reading) -> None:
        self.package, self.reading = package, reading
        self.file = package.path.name
        self.problems: list[Problem] = []
        # A result sheet is ours by its Excel table, whatever somebody has called it since.
        own = {table.sheet for table in package.tables if folded(table.name).startswith(OWN_SHEETS)}
        self.sheets = {
            sheet.name: sheet
            for sheet in package.sheets
            if sheet.kind == "worksheet" and sheet.name not in own
        }
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

    def _named(self) -> Iterator[tuple[Table, SheetInfo, Area | None]]:
        """Tables by the project's mapping, then by the names of Excel tables, then by the names of sheets."""
        areas = {table.name.casefold(): table for table in self.package.tables if table.sheet in self.sheets}
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
                yield (
                    table,
                    self.sheets[area.sheet],
                    area_of(area.ref, header_row=area.header_row, totals_row=area.totals_row),
                )
            elif sheet is not None:
                used.add(sheet.name)
                yield table, sheet, None
            elif not PurePath(where).suffix:
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
        for area in areas.values():
            known = table_named(area.name)
            if known is not None and known.name not in mapped:
                named.add(known.name)
                used.add(area.sheet)
                yield (
                    known,
                    self.sheets[area.sheet],
                    area_of(area.ref, header_row=area.header_row, totals_row=area.totals_row),
                )
        for sheet in self.sheets.values():
            known = table_named(sheet.name)
            if known is not None and known.name not in mapped | named and sheet.name not in used:
                yield known, sheet, None

    def _place(self, table: Table, sheet: SheetInfo, area: Area | None) -> Place | None:
        """The table's header on its sheet; says why when there is none."""
        table = renamed(table, self.reading.columns_of(table.name))
        if sheet.state != "visible":
            self._say("warning", "The sheet is hidden; it is read all the same.", sheet, table)
        rows = self._rows(sheet)
        if area is not None:
            first = area.top
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
        dates = [value for value in values if isinstance(value, int) and 25_000 < value < 75_000]
        wanted = ", ".join(table.required or [column.name for column in table.columns[:3]])
        if known_columns(table, values) and len(dates) >= max(1, len(values) - 2):
            days = [str(date(1899, 12, 30) + timedelta(days=value)) for value in dates]
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
            if values and all(isinstance(value, int | float) for value in values)
            else "No header row with the columns {wanted} was found in the first rows."
        )
        self._say(
            "error",
            message,
            sheet,
            table,
            "Put the column names {wanted} above the data, or say in config.yaml which they are, such as: {mapping}."
            if table.name == "transactions" and headings(rows)
            else "Put the column names {wanted} above the data.",
            cell=f"{letters(min(cells))}{row}",
            wanted=wanted,
            mapping=mapping_line(table.name, columns=columns_meant(rows)),
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
            # Where one sheet has the very names of the columns, others that could be meant are no rivals.
            sure = [one for one in candidates if guess_table(list(one[1].cells.values()), sure=True)]
            candidates = sure or candidates
            sheet, header, table = candidates[0]
            if len(candidates) > 1:
                self.problems.append(
                    Problem(
                        "error",
                        "Several sheets look like {table}: {sheets}.",
                        "Name one of them {table}; where each holds a part of the rows, put the rows together in one sheet.",
                        {"table": Named(name), "sheets": ", ".join(other.name for other, _, _ in candidates)},
                        self.file,
                        table=name,
                    )
                )
                continue
            self._say(
                "note", "The sheet is read as {name}, which its columns are.", sheet, table, name=Named(name)
            )
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
                    "Name the sheet with the purchases transactions and its columns customer_id, date and amount, "
                    "or say in config.yaml which they are, such as: {mapping}.",
                    {"sheets": sheets, "mapping": self._mapping(list(self.sheets.values()))},
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
                    "Name the sheet with the purchases transactions, or say in config.yaml which it is, such as: {mapping}.",
                    {"sheets": sheets, "mapping": self._mapping(rest)},
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
            name=Named(table.name),
        )

    def _mapping(self, sheets: list[SheetInfo]) -> str:
        """The line of `config.yaml` that makes transactions of the sheet with most headings."""
        sheet = max(sheets, key=lambda one: len(headings(self._rows(one))))
        return mapping_line("transactions", sheet=sheet.name, columns=columns_meant(self._rows(sheet)))

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


def area_of(ref: str, *, header_row: bool = True, totals_row: bool = False) -> Area | None:
    """The range an address names; without its totals row, and None for a table without header."""
    match = _RANGE.fullmatch(ref)
    if match is None or not header_row:
        return None
    top, left = position(match[1] + match[2])
    bottom, right = position((match[3] or match[1]) + (match[4] or match[2]))
    return Area(top, left, bottom - totals_row, right)
