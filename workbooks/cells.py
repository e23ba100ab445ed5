"""Values and formulas written into cells of somebody's workbook; everything else stays byte for byte."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tierbook.errors import DataError, HostError
from workbooks.gate.gate import gate
from workbooks.gate.guard import MAIN
from workbooks.gate.package import Package, SheetInfo
from workbooks.lists import NewSheet, calculate_on_load, cell_formats, forget_cells, list_sheets
from workbooks.rewrite import Parts, rewrite
from workbooks.sheet_cells import Area, FormulaCell, Place, SheetCells, Written
from workbooks.sheet_xml import Format, shown_width
from workbooks.source import Source

MOST_NAMED = 5
NARROWEST, WIDEST = 10, 50  # columns of a new sheet [characters]
_EMPTY = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    '<worksheet xmlns="{space}">{columns}<sheetData/></worksheet>'
)


@dataclass(frozen=True)
class Block:
    """Cells to be written: values only, or one formula for the whole range with its results as they are now.

    Parameters
    ----------
    sheet : str
        A sheet that is not there is made, after the others.
    address : str
        The first cell, `B2`.
    rows : sequence of rows of cells
        All of the same width: None, numbers, texts, yes or no, and errors (anything with a `code` such as "#N/A"). A
        text is never a formula, whatever it begins with.
    formula : str
        An array formula over all the cells, with `=`; "" for values.
    form : Format, optional
        How numbers and dates are shown where a cell has no looks of its own.
    """

    sheet: str
    address: str
    rows: Sequence[Sequence[Any]]
    formula: str = ""
    form: Format | None = None

    @property
    def area(self) -> Area:
        """The cells it covers."""
        row, column = Area.of(self.address).first
        return Area((row, column), (row + len(self.rows) - 1, column + len(self.rows[0]) - 1))


@dataclass
class _Sheet:
    """One sheet on its way: its cells, what will stand in some of them and in which areas, and who loses a formula."""

    name: str
    part: str
    cells: SheetCells
    new: bool = False
    areas: list[Area] = field(default_factory=list)
    written: dict[Place, Written] = field(default_factory=dict)
    freed: set[Place] = field(default_factory=set)


def put_cells(book: Path, out: Path, blocks: Sequence[Block], *, replace: bool = False) -> Path:
    """Write blocks of cells into a workbook; the file really written.

    Raises
    ------
    DataError
        A cell that is not empty would be overwritten and `replace` is false; part of an array formula would change;
        the sheet is protected; the workbook must not be changed.
    HostError
        The file system does not let us; `out` is unchanged.
    """

    def change(source: Source, package: Package) -> Parts:
        sheets: dict[str, _Sheet] = {}
        filled = [block for block in blocks if block.rows and block.rows[0]]
        for block in filled:
            same = [one for one in filled if one.sheet.casefold() == block.sheet.casefold()]
            _sheet_of(same, sheets, source, package).areas.append(block.area)
        styles = cell_formats(source, {block.form for block in filled if block.form})
        for block in filled:
            style = styles.get(block.form) if block.form else None
            _write(sheets[block.sheet.casefold()], block, style, replace=replace)
        new = [sheet for sheet in sheets.values() if sheet.new]
        if new and package.structure_locked:
            raise DataError(
                "The structure of the workbook is protected, so no sheet may be added.",
                fix="Unprotect it under Review > Protect Workbook, or give the results a workbook of their own (--out).",
            )
        if new:
            list_sheets(source, [NewSheet(sheet.name, sheet.part) for sheet in new], strict=package.strict)
        for sheet in sheets.values():
            if sheet.freed:
                forget_cells(source, sheet.name, {Area(one, one).ref for one in sheet.freed})
        others = any(set(sheet.written) - sheet.freed for sheet in sheets.values() if not sheet.new)
        if others and any(facts.formulas for facts in package.facts.values()):
            calculate_on_load(source)
        return {sheet.part: [sheet.cells.changed(sheet.written)] for sheet in sheets.values()}

    return rewrite(book, out, change, verify=lambda file: _verify(file, blocks))


def _sheet_of(blocks: Sequence[Block], sheets: dict[str, _Sheet], source: Source, package: Package) -> _Sheet:
    """The sheet of some blocks, as it is or a new one with columns wide enough."""
    name = blocks[0].sheet
    if name.casefold() in sheets:
        return sheets[name.casefold()]
    known: SheetInfo | None = next(
        (one for one in package.sheets if one.name.casefold() == name.casefold()), None
    )
    if known is None:
        folder = posixpath.dirname(source.workbook)
        taken = {sheet.part for sheet in sheets.values()}
        part = source.free(posixpath.join(folder, "worksheets/tierbook{}.xml"), taken)
        empty = _EMPTY.format(space=MAIN[package.strict], columns=_columns(blocks)).encode()
        sheet = _Sheet(name, part, SheetCells(empty), new=True)
    else:
        if known.kind != "worksheet":
            raise DataError("{sheet} is not a sheet of cells.", sheet=name)
        part = source.named(known.part) or known.part
        sheet = _Sheet(known.name, part, SheetCells(source.whole(part)))
        if sheet.cells.protected:
            raise DataError(
                "The sheet {sheet} is protected.",
                fix="Unprotect it under Review > Unprotect Sheet.",
                sheet=name,
            )
    sheets[name.casefold()] = sheet
    return sheet


def _columns(blocks: Sequence[Block]) -> str:
    """Widths that show the texts of the first rows."""
    widths: dict[int, int] = {}
    for block in blocks:
        left = block.area.first[1]
        for row in block.rows[:200]:
            for at, cell in enumerate(row, left):
                wanted = shown_width(cell) + 2 if isinstance(cell, str) else 0
                widths[at] = max(widths.get(at, NARROWEST), wanted)
    columns = "".join(
        f'<col min="{at}" max="{at}" width="{min(width, WIDEST)}" customWidth="1"/>'
        for at, width in sorted(widths.items())
    )
    return f"<cols>{columns}</cols>"


def _write(sheet: _Sheet, block: Block, style: int | None, *, replace: bool) -> None:
    area = block.area
    there = sheet.cells.values(area)
    if there and not replace:
        shown = ", ".join(Area(place, place).ref for place in list(there)[:MOST_NAMED])
        raise DataError(
            "{count} cells of {sheet} are not empty and would be overwritten: {cells}.",
            fix="Empty them, or choose another place.",
            count=len(there), sheet=sheet.name, cells=shown + (" …" if len(there) > MOST_NAMED else ""),
        )  # fmt: skip
    formulas = sheet.cells.formulas()
    for one in formulas:
        if one.kind == "array" and one.area.touches(area) and not _whole(one.area, sheet.areas):
            raise DataError(
                "{cells} of {sheet} hold one array formula, which can only be changed as a whole.",
                fix="Select all of them.",
                cells=one.area.ref,
                sheet=sheet.name,
            )
    sheet.freed |= {one.place for one in formulas if one.place in area}
    sheet.written |= _orphans(formulas, area, sheet)
    over = area if block.formula else None
    for place, value in zip(area.places(), (cell for row in block.rows for cell in row), strict=True):
        formula = block.formula.removeprefix("=") if place == area.first else ""
        sheet.written[place] = Written(value, formula, over, style=style)


def _whole(wanted: Area, areas: Sequence[Area]) -> bool:
    """Whether some areas together hold every cell of another."""
    return any(area.holds(wanted) for area in areas) or all(
        any(place in area for area in areas) for place in wanted.places()
    )


def _orphans(formulas: Iterable[FormulaCell], area: Area, sheet: _Sheet) -> Mapping[Place, Written]:
    """Cells that shared the formula of a cell that goes: each gets its own."""
    formulas = list(formulas)
    heads = {one.group: one for one in formulas if one.kind == "shared" and one.text}
    lost = {group: one for group, one in heads.items() if one.place in area}
    left = [
        one for one in formulas if one.group in lost and not any(one.place in taken for taken in sheet.areas)
    ]
    if not left:
        return {}
    from openpyxl.formula.translate import Translator

    found = {}
    for one in left:
        head = lost[one.group]
        text = Translator(f"={head.text}", Area(head.place, head.place).ref).translate_formula(
            Area(one.place, one.place).ref
        )
        own = Area(one.place, one.place)
        shown = sheet.cells.values(own).get(one.place)
        found[one.place] = Written(value_of(*shown) if shown else None, text.removeprefix("="))
    return found


class ErrorValue(str):
    """An error in a cell, such as `#N/A`."""

    @property
    def code(self) -> str:
        return str(self)


def value_of(kind: str, text: str) -> Any:
    """What a cell shows, from its type and text in the XML; shared texts are not looked up."""
    if kind == "e":
        return ErrorValue(text)
    if kind == "b":
        return text.strip() == "1"
    if kind == "n":
        return float(text) if text.strip() else None
    return text


def _verify(file: Path, blocks: Sequence[Block]) -> None:
    """Raises unless the written workbook opens and holds the sheets written to."""
    names = {block.sheet.casefold() for block in blocks if block.rows and block.rows[0]}
    found = {sheet.name.casefold(): sheet.name for sheet in gate(file, cells_of=()).sheets}
    if not names <= found.keys():
        raise HostError("The written file could not be read back.", fix="Check the disk and run again.")
    gate(file, cells_of=[found[name] for name in names])
