"""Cells of a saved workbook by address, and its formulas with the results they had when it was saved."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from html import unescape
from pathlib import Path
from typing import Any

from tierbook.errors import DataError
from workbooks.cells import value_of
from workbooks.gate.cells import MAX_COLUMNS, MAX_ROWS, position
from workbooks.gate.gate import gate
from workbooks.gate.package import Package, SheetInfo, TableInfo
from workbooks.sheet_cells import Area, FormulaCell, SheetCells
from workbooks.source import Source

_COLUMNS = re.compile(r"\$?([A-Za-z]{1,3}):\$?([A-Za-z]{1,3})")
_RICH = re.compile(rb"<(?:\w+:)?rPh\b.*?</(?:\w+:)?rPh>", re.DOTALL)
_ITEM = re.compile(rb"<(?:\w+:)?si(?:\s[^>]*)?(?:/>|>(.*?)</(?:\w+:)?si>)", re.DOTALL)
_TEXT = re.compile(rb"<(?:\w+:)?t(?:\s[^>]*)?>(.*?)</(?:\w+:)?t>", re.DOTALL)


@dataclass(frozen=True)
class BookFormula:
    """A formula, with `=`, the cells it fills, and what they showed when the workbook was saved."""

    sheet: str
    area: Area
    text: str
    rows: list[list[Any]]


class BookCells:
    """The cells of a workbook as it was saved; dates are serial numbers, errors have a `code`."""

    def __init__(self, book: Path) -> None:
        self.path = book
        self._sheets: dict[str, SheetCells] = {}

    @cached_property
    def package(self) -> Package:
        return gate(self.path, cells_of=())

    def table(self, name: str) -> TableInfo | None:
        """The Excel table of that name."""
        return next((one for one in self.package.tables if one.name.casefold() == name.casefold()), None)

    def area(self, sheet: str, ref: str) -> Area:
        """`B2:D9`, or whole columns `A:F` as far as the sheet is filled."""
        columns = _COLUMNS.fullmatch(ref)
        if columns is None:
            return Area.of(ref)
        whole = Area((1, position(f"{columns[1]}1")[1]), (MAX_ROWS, position(f"{columns[2]}1")[1]))
        last = max((row for row, _ in self._cells(sheet).values(whole)), default=1)
        return Area(whole.first, (last, whole.last[1]))

    def used(self, sheet: str) -> Area:
        """From A1 to the last cell that holds something."""
        whole = Area((1, 1), (MAX_ROWS, MAX_COLUMNS))
        filled = list(self._cells(sheet).values(whole)) or [(1, 1)]
        return Area((1, 1), (max(row for row, _ in filled), max(column for _, column in filled)))

    def rows(self, sheet: str, area: Area) -> list[list[Any]]:
        """The cells of an area."""
        found = self._cells(sheet).values(area)
        return [
            [
                self._value(*found[row, column]) if (row, column) in found else None
                for column in range(area.first[1], area.last[1] + 1)
            ]
            for row in range(area.first[0], area.last[0] + 1)
        ]

    def formula_at(self, sheet: str, place: tuple[int, int]) -> str:
        """The formula that fills a cell, with `=`; "" where it holds none."""
        formulas = self._cells(sheet).formulas()
        for one in formulas:
            if place in one.area:
                return f"={_own_text(one, formulas)}"
        return ""

    def formulas(self, wanted: re.Pattern[str]) -> Iterator[BookFormula]:
        """Every formula in which the pattern is found, sheet by sheet."""
        for sheet in self.package.sheets:
            if sheet.kind != "worksheet":
                continue
            found = self._cells(sheet.name).formulas()
            heads = {one.group: one.text for one in found if one.kind == "shared" and one.text}
            for one in found:
                if wanted.search(one.text or heads.get(one.group, "")):
                    yield BookFormula(
                        sheet.name, one.area, f"={_own_text(one, found)}", self.rows(sheet.name, one.area)
                    )

    def _cells(self, sheet: str) -> SheetCells:
        info = self._info(sheet)
        if info.name not in self._sheets:
            with zipfile.ZipFile(self.path) as archive, self.path.open("rb") as file:
                source = Source(file, archive)
                self._sheets[info.name] = SheetCells(source.whole(source.named(info.part) or info.part))
        return self._sheets[info.name]

    def _info(self, sheet: str) -> SheetInfo:
        known = self.package.sheets
        found = next((one for one in known if one.name.casefold() == sheet.casefold()), None)
        if found is None or found.kind != "worksheet":
            raise DataError(
                "{book} has no sheet {sheet}.",
                fix="Its sheets are {known}.",
                book=self.path.name,
                sheet=sheet,
                known=", ".join(one.name for one in known),
            )
        return found

    def _value(self, kind: str, text: str) -> Any:
        return self._shared[int(text)] if kind == "s" else value_of(kind, text)

    @cached_property
    def _shared(self) -> list[str]:
        with zipfile.ZipFile(self.path) as archive, self.path.open("rb") as file:
            source = Source(file, archive)
            relations = source.relations(source.workbook).values()
            part = next((one.target for one in relations if one.kind == "sharedStrings"), None)
            data = source.whole(source.named(part) or part) if part else b""
        return [
            unescape(b"".join(_TEXT.findall(_RICH.sub(b"", item or b""))).decode())
            for item in _ITEM.findall(data)
        ]


def _own_text(one: FormulaCell, others: list[FormulaCell]) -> str:
    """The formula of a cell; one that shares another's is moved to where it stands."""
    if one.text or one.kind != "shared":
        return one.text
    from openpyxl.formula.translate import Translator

    head = next((other for other in others if other.group == one.group and other.text), None)
    if head is None:
        return ""
    origin, here = (Area(cell.place, cell.place).ref for cell in (head, one))
    return Translator(f"={head.text}", origin).translate_formula(here).removeprefix("=")
