"""What an action writes into an open document: result sheets, cells, names; each one step of LibreOffice's own undo.

Works on LibreOffice's objects (UNO). Standard library of Python 3.9 only: LibreOffice's own Python runs this file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import zip_longest
from typing import Any

from addin.calc.component.cells import error_value, read_range
from addin.calc.component.formulas import compute_again, still
from addin.calc.component.words import say
from addin.calc.spelling import Spelling

UNDO = "Tierbook: "
PACK_NAME = "CRM_PACK"  # a document may name its rule pack there
_HELD = 1 | 2 | 4 | 8 | 16  # values, dates, texts, notes, formulas (com.sun.star.sheet.CellFlags)
_EVERYTHING = 1023
_EXCEL = 1  # com.sun.star.sheet.AddressConvention.XL_A1
_CHARACTER = 210  # width of a letter [1/100 mm]
_BOLD, _DARK, _WHITE = 150.0, 0x1F4E79, 0xFFFFFF
_FORMATS = {
    "text": "@",
    "integer": "#,##0",
    "amount": "#,##0.00",
    "ratio": "0.00%",
    "date": "YYYY-MM-DD",
    "score": "0.00",
    "time": "YYYY-MM-DD HH:MM",
}
_SHEET = re.compile(r"('(?:[^']|'')+')!")
_ADDRESS = re.compile(r"\$?([A-Z]{1,3})\$?(\d+)", re.I)


class Refused(Exception):
    """Why something is not written, in a sentence."""


class Writer:
    """Writes into one document."""

    def __init__(self, document: Any, *, title: str, language: str, spelling: Spelling) -> None:
        self.document, self.language, self.spelling = document, language, spelling
        self.title = UNDO + title

    def put_sheets(self, sheets: Sequence[Mapping[str, Any]]) -> None:
        """Add result sheets, in place of our own earlier ones.

        Raises
        ------
        Refused
            The user has added something to a sheet of ours, or the document must not be changed.
        """
        places = [self._own(sheet["table"]) for sheet in sheets]
        with self._step():
            for sheet, place in zip_longest(sheets, places):
                self._put(sheet, place)

    def put_cells(self, blocks: Sequence[Mapping[str, Any]], *, replace: bool) -> None:
        """Write cells, all blocks as one step.

        Raises
        ------
        Refused
            A cell that is not empty would be overwritten.
        """
        for block in blocks:
            known = self.document.getSheets().hasByName(block["sheet"])
            if known and not replace and self._target(block).queryContentCells(_HELD).getCount():
                raise Refused(
                    self._said(
                        "The cells from {cell} on are not empty, so nothing was written.",
                        cell=f"{block['sheet']}!{block['address']}",
                    )
                )
        with self._step():
            for block in blocks:
                if not self.document.getSheets().hasByName(block["sheet"]):
                    self._new_sheet(block["sheet"])
                target = self._target(block)
                if block.get("formula"):
                    target.clearContents(_HELD)
                    target.setArrayFormula(_in_calc(self.spelling.convert(block["formula"], "calc")))
                else:
                    _fill(target, block["rows"])

    def define(self, name: str, text: str) -> None:
        """Keep a text under a defined name."""
        names = self.document.getPropertyValue("NamedRanges")
        with self._step():
            if names.hasByName(name):
                names.removeByName(name)
            quoted = text.replace('"', '""')
            names.addNewByName(name, f'"{quoted}"', self._cell_address(0, 0, 0), 0)
        # No formula refers to the name of the rule pack, so LibreOffice does not know which ones to compute again.
        compute_again(self.document)

    def undo(self) -> None:
        """Take back the last step, if it was one of ours.

        Raises
        ------
        Refused
        """
        manager = self.document.getUndoManager()
        if not manager.isUndoPossible() or not manager.getCurrentUndoActionTitle().startswith(UNDO):
            raise Refused(
                self._said("The last change to this document was not Tierbook's, so it is not taken back.")
            )
        named = named_text(self.document, PACK_NAME)
        # Taking back a new sheet goes through the active window; LibreOffice ends where that was closed, as a report's.
        self.document.getCurrentController().getFrame().activate()
        manager.undo()
        if named_text(self.document, PACK_NAME) != named:
            compute_again(self.document)

    def _said(self, template: str, **values: Any) -> str:
        return say(template, self.language, **values)

    @contextmanager
    def _step(self) -> Iterator[None]:
        manager = self.document.getUndoManager()
        manager.enterUndoContext(self.title)
        try:
            with still(self.document):
                yield
        finally:
            manager.leaveUndoContext()

    def _own(self, table: str) -> Any:
        """Our earlier range of that name, on whose sheet nothing else stands; None when there is none."""
        ranges = self.document.getPropertyValue("DatabaseRanges")
        if not ranges.hasByName(table):
            return None
        area = ranges.getByName(table).getDataArea()
        sheet = self.document.getSheets().getByIndex(area.Sheet)
        held = list(sheet.queryContentCells(_HELD).getRangeAddresses())
        outside = any(
            one.StartColumn < area.StartColumn or one.StartRow < area.StartRow
            or one.EndColumn > area.EndColumn or one.EndRow > area.EndRow
            for one in held
        )  # fmt: skip
        if outside:
            raise Refused(
                self._said(
                    "Cells outside the table of the result sheet {sheet} were filled, so it is not overwritten.",
                    sheet=sheet.getName(),
                )
            )
        if sheet.isProtected():
            raise Refused(self._said("The sheet {sheet} is protected.", sheet=sheet.getName()))
        return sheet

    def _put(self, given: Mapping[str, Any], sheet: Any) -> None:
        ranges = self.document.getPropertyValue("DatabaseRanges")
        if sheet is None:
            sheet = self._new_sheet(given["name"])
        else:
            cursor = sheet.createCursor()
            cursor.gotoEndOfUsedArea(False)
            end = cursor.getRangeAddress()
            sheet.getCellRangeByPosition(0, 0, end.EndColumn, end.EndRow).clearContents(_EVERYTHING)
            ranges.removeByName(given["table"])
        heads, rows = given["headers"], given["rows"]
        last = max(len(rows), 1)
        for at, (form, width) in enumerate(zip_longest(given["formats"], given["widths"])):
            column = sheet.getCellRangeByPosition(at, 1, at, last)
            column.setPropertyValue("NumberFormat", self._format(form))
            sheet.getColumns().getByIndex(at).setPropertyValue("Width", int(width * _CHARACTER))
        head = sheet.getCellRangeByPosition(0, 0, len(heads) - 1, 0)
        _fill(head, [heads])
        head.setPropertyValue("CharWeight", _BOLD)
        head.setPropertyValue("CharColor", _WHITE)
        head.setPropertyValue("CellBackColor", _DARK)
        if rows:
            _fill(sheet.getCellRangeByPosition(0, 1, len(heads) - 1, len(rows)), rows)
        whole = sheet.getCellRangeByPosition(0, 0, len(heads) - 1, len(rows))
        ranges.addNewByName(given["table"], whole.getRangeAddress())
        mine = ranges.getByName(given["table"])
        mine.setPropertyValue("ContainsHeader", True)
        mine.setPropertyValue("AutoFilter", True)

    def _new_sheet(self, wanted: str) -> Any:
        sheets = self.document.getSheets()
        name, number = wanted, 1
        while sheets.hasByName(name):
            number += 1
            name = f"{wanted} ({number})"
        sheets.insertNewByName(name, sheets.getCount())
        return sheets.getByName(name)

    def _target(self, block: Mapping[str, Any]) -> Any:
        sheet = self.document.getSheets().getByName(block["sheet"])
        column, row = position(block["address"])
        rows = block["rows"]
        return sheet.getCellRangeByPosition(column, row, column + len(rows[0]) - 1, row + len(rows) - 1)

    def _format(self, form: str) -> int:
        import uno

        formats, where = self.document.getNumberFormats(), uno.createUnoStruct("com.sun.star.lang.Locale")
        where.Language, where.Country = "en", "US"
        code = _FORMATS.get(form, "General")
        key = formats.queryKey(code, where, False)
        return key if key >= 0 else formats.addNew(code, where)

    def _cell_address(self, sheet: int, column: int, row: int) -> Any:
        import uno

        address = uno.createUnoStruct("com.sun.star.table.CellAddress")
        address.Sheet, address.Column, address.Row = sheet, column, row
        return address


def selected(document: Any) -> dict[str, Any] | None:
    """What the user has selected, as `addin.events.Call` takes it."""
    chosen = document.getCurrentSelection()
    if chosen is None or not hasattr(chosen, "getDataArray"):
        return None
    sheet, at = chosen.getSpreadsheet(), chosen.getRangeAddress()
    cursor = sheet.createCursor()
    cursor.gotoEndOfUsedArea(False)
    used = cursor.getRangeAddress()
    last_row, last_column = min(at.EndRow, used.EndRow), min(at.EndColumn, used.EndColumn)
    rows: Sequence[Sequence[Any]] = []
    if last_row >= at.StartRow and last_column >= at.StartColumn:
        rows = read_range(sheet.getCellRangeByPosition(at.StartColumn, at.StartRow, last_column, last_row))
    first = f"{column_letters(at.StartColumn)}{at.StartRow + 1}"
    last = f"{column_letters(at.EndColumn)}{at.EndRow + 1}"
    return {
        "sheet": sheet.getName(),
        "address": first if first == last else f"{first}:{last}",
        "rows": rows,
        "formula": _in_excel(document, chosen.getCellByPosition(0, 0)),
    }


def named_text(document: Any, name: str) -> str | None:
    """The text a document keeps under a defined name, there or in the cell it names; None where there is none."""
    names = document.getPropertyValue("NamedRanges")
    if not names.hasByName(name):
        return None
    kept = names.getByName(name)
    content = kept.getContent().lstrip("=")
    if len(content) > 1 and content[0] == content[-1] == '"':
        return content[1:-1].replace('""', '"') or None
    cells = kept.getReferredCells()
    return cells.getCellByPosition(0, 0).getString() or None if cells is not None else None


def column_letters(at: int) -> str:
    """The letters of a column counted from 0.

    >>> column_letters(0), column_letters(27)
    ('A', 'AB')
    """
    letters = ""
    at += 1
    while at:
        at, rest = divmod(at - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def position(address: str) -> tuple[int, int]:
    """Column and row of a cell, counted from 0.

    >>> position("AB7")
    (27, 6)
    """
    found = _ADDRESS.match(address)
    if found is None:
        raise ValueError(address)
    column = 0
    for letter in found[1].upper():
        column = column * 26 + ord(letter) - 64
    return column - 1, int(found[2]) - 1


def _in_excel(document: Any, cell: Any) -> str:
    """The formula of a cell with references and separators as Excel writes them; "" where there is none."""
    text = cell.getFormula()
    if text.startswith("{"):
        cursor = cell.getSpreadsheet().createCursorByRange(cell)
        cursor.collapseToCurrentArray()
        tokens = cursor.getArrayTokens()
    elif text.startswith("="):
        tokens = cell.getTokens()
    else:
        return ""
    parser = document.createInstance("com.sun.star.sheet.FormulaParser")
    parser.setPropertyValue("CompileEnglish", True)
    parser.setPropertyValue("FormulaConvention", _EXCEL)
    return "=" + parser.printFormula(tokens, cell.getCellAddress())


def _in_calc(formula: str) -> str:
    """A formula of an action, which writes references to sheets as Excel does.

    >>> _in_calc("=F('It''s'!$A$1:$B$2)")
    "=F($'It''s'.$A$1:$B$2)"
    """
    return _SHEET.sub(r"$\1.", formula)


def _fill(target: Any, rows: Sequence[Sequence[Any]]) -> None:
    """Values into cells: a text stays one whatever it begins with."""
    target.setDataArray(tuple(tuple(map(_value, row)) for row in rows))


def _value(cell: Any) -> Any:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell
    code = cell.get("error") if isinstance(cell, dict) else getattr(cell, "code", None)
    return error_value(code) if code else float(cell)
