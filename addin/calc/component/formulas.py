"""Formulas of an open document: those written for Excel are entered again so that they live, tables as arrays.

Works on LibreOffice's objects (UNO) without naming their module. Standard library of Python 3.9 only: LibreOffice's
own Python runs this file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from addin.calc.spelling import Spelling

SPREADSHEET = "com.sun.star.sheet.SpreadsheetDocument"
MOST_ROWS, MOST_COLUMNS = 1_048_576, 1024
MOST_TYPED = 1000  # cells filled at once that are looked at
_FORMULAS = 16  # com.sun.star.sheet.CellFlags.FORMULA
_OWN_ROW = re.compile(r"(?<=[A-Za-z])(\$?)(\d+)(?![\d.(])")


class Reentered(NamedTuple):
    """How many formulas were entered again, and on how many sheets some could not be because they are protected."""

    formulas: int
    protected: int


class Size(NamedTuple):
    rows: int
    columns: int


def is_spreadsheet(document: Any) -> bool:
    return bool(document is not None and document.supportsService(SPREADSHEET))


def revive(document: Any, spelling: Spelling) -> Reentered:
    """Enter formulas that LibreOffice could not read again, in its own spelling; the document stays unmodified."""
    was_modified = document.isModified()
    count = protected = 0
    undo = document.getUndoManager()
    first = not undo.isUndoPossible()
    with still(document):
        for sheet in document.getSheets():
            runs = list(_foreign(sheet, spelling))
            if runs and sheet.isProtected():
                protected += 1
                continue
            for run in runs:
                _enter(sheet, run, spelling)
                count += len(run.texts)
    if count and first:
        undo.clear()  # the user has changed nothing yet
    if count and not was_modified:
        document.setModified(False)
    return Reentered(count, protected)


def settle(document: Any, changed: Any, spelling: Spelling) -> None:
    """Cells just typed: give functions of typed values and nested functions their twin, which takes those.

    Not after an undo, which would otherwise be undone at once.
    """
    if document.getUndoManager().isRedoPossible() or document.isReadonly():
        return
    sheet = changed.getSpreadsheet()
    for one in changed.queryContentCells(_FORMULAS).getRangeAddresses():
        rows = sheet.getCellRangeByPosition(
            one.StartColumn, one.StartRow, one.EndColumn, one.EndRow
        ).getFormulaArray()
        if len(rows) * len(rows[0]) > MOST_TYPED or not any(map(spelling.mentions, rows[0])):
            continue
        for down, row in enumerate(rows):
            for right, formula in enumerate(row):
                if formula.startswith("{") or not spelling.mentions(formula):
                    continue
                settled = spelling.convert(formula, "calc")
                if settled != formula:
                    sheet.getCellByPosition(one.StartColumn + right, one.StartRow + down).setFormula(settled)


@contextmanager
def still(document: Any) -> Iterator[None]:
    """Neither drawing nor messages while many cells change."""
    document.addActionLock()
    document.lockControllers()
    try:
        yield
    finally:
        document.unlockControllers()
        document.removeActionLock()


def calls_ours(document: Any, spelling: Spelling) -> bool:
    """Whether a formula of the document calls one of the functions."""
    return any(
        spelling.called(formula)
        for sheet in document.getSheets()
        for _, _, rows in _formula_blocks(sheet, spelling)
        for row in rows
        for formula in row
        if formula[:1] in "={"
    )


def compute_again(document: Any) -> None:
    """Compute every formula of the document; it stays unmodified."""
    was_modified = document.isModified()
    document.calculateAll()
    if not was_modified:
        document.setModified(False)


def size_of(document: Any, cell: Any, formula: str) -> Size | None:
    """How many rows and columns a formula gives, found by computing it beside the data; None where it fails."""
    sheet = cell.getSpreadsheet()
    column, row = _free_cells(sheet)
    scratch = sheet.getCellRangeByPosition(column, row, column, row + 1)
    body = formula.lstrip("{=").rstrip("}")
    counts = []
    try:
        for at, count in enumerate(("ROWS", "COLUMNS")):
            one = scratch.getCellByPosition(0, at)
            one.setFormula(f"={count}({body})")
            counts.append(0 if one.getError() else int(one.getValue()))
    finally:
        scratch.clearContents(1023)
    return Size(*counts) if all(counts) else None


def enter_array(cell: Any, formula: str, size: Size) -> Any:
    """Enter a formula over as many cells as it fills, beginning with this one; gives the range."""
    sheet, at = cell.getSpreadsheet(), cell.getCellAddress()
    target = sheet.getCellRangeByPosition(
        at.Column, at.Row, at.Column + size.columns - 1, at.Row + size.rows - 1
    )
    target.setArrayFormula("=" + formula.lstrip("{=").rstrip("}"))
    return target


def filled(cell: Any, size: Size) -> bool:
    """Whether cells that an array would take, other than its first, hold something."""
    sheet, at = cell.getSpreadsheet(), cell.getCellAddress()
    target = sheet.getCellRangeByPosition(
        at.Column, at.Row, at.Column + size.columns - 1, at.Row + size.rows - 1
    )
    held = sum(
        (one.EndRow - one.StartRow + 1) * (one.EndColumn - one.StartColumn + 1)
        for one in target.queryContentCells(1 | 2 | 4 | 16).getRangeAddresses()
    )
    first = target.getCellByPosition(0, 0).getFormula() != ""
    return held > first


def _free_cells(sheet: Any) -> tuple[int, int]:
    """Column and row of two free cells under each other, beyond the used part of the sheet."""
    cursor = sheet.createCursor()
    cursor.gotoEndOfUsedArea(False)
    end = cursor.getRangeAddress()
    if end.EndRow + 2 < MOST_ROWS:
        return 0, end.EndRow + 1
    return min(end.EndColumn + 1, MOST_COLUMNS - 1), 0


def _formula_blocks(sheet: Any, spelling: Spelling) -> Iterator[tuple[int, int, Sequence[Sequence[str]]]]:
    """Rectangles with formulas of which some may be ours: first column and row, texts."""
    for one in sheet.queryContentCells(_FORMULAS).getRangeAddresses():
        rows = sheet.getCellRangeByPosition(
            one.StartColumn, one.StartRow, one.EndColumn, one.EndRow
        ).getFormulaArray()
        if any(spelling.mentions(formula) for row in rows for formula in row):
            yield one.StartColumn, one.StartRow, rows


class _Run(NamedTuple):
    """Like formulas under each other, or one array formula over `width` columns and as many rows as it has texts."""

    column: int
    row: int
    texts: list[str]
    array: tuple[int, int] | None = None  # its last column and row


def _foreign(sheet: Any, spelling: Spelling) -> Iterator[_Run]:
    """Formulas to be entered again."""
    for first_column, first_row, rows in _formula_blocks(sheet, spelling):
        arrays: list[_Run] = []
        for place in range(len(rows[0])):
            column = first_column + place
            run: list[str] = []
            like = ""
            for row, formula in enumerate((*(one[place] for one in rows), ""), first_row):
                ours = spelling.mentions(formula) and spelling.foreign(formula)
                pattern = _pattern(formula, row) if ours and formula[0] != "{" else ""
                if run and pattern != like:
                    yield _Run(column, row - len(run), run)
                    run = []
                if pattern:
                    run.append(formula)
                    like = pattern
                elif ours and not any(_inside(one, column, row) for one in arrays):
                    arrays.append(_array(sheet, column, row, formula))
                    yield arrays[-1]


def _array(sheet: Any, column: int, row: int, formula: str) -> _Run:
    """The array formula whose first cell this is."""
    cursor = sheet.createCursorByRange(sheet.getCellByPosition(column, row))
    cursor.collapseToCurrentArray()
    at = cursor.getRangeAddress()
    return _Run(at.StartColumn, at.StartRow, [formula[1:-1]], (at.EndColumn, at.EndRow))


def _inside(array: _Run, column: int, row: int) -> bool:
    assert array.array is not None
    return array.column <= column <= array.array[0] and array.row <= row <= array.array[1]


def _pattern(formula: str, row: int) -> str:
    """The formula with rows as distances from its own, so that formulas filled down are alike."""
    return _OWN_ROW.sub(lambda found: found[0] if found[1] else f"[{int(found[2]) - row - 1}]", formula)


def _enter(sheet: Any, run: _Run, spelling: Spelling) -> None:
    texts = [spelling.convert(text, "calc") for text in run.texts]
    if run.array:
        sheet.getCellRangeByPosition(run.column, run.row, *run.array).setArrayFormula(texts[0])
        return
    last = run.row + len(texts) - 1
    target = sheet.getCellRangeByPosition(run.column, run.row, run.column, last)
    for first, end in _alike(target):
        piece = sheet.getCellRangeByPosition(run.column, first, run.column, end)
        piece.getCellByPosition(0, 0).setFormula(texts[first - run.row])
        if end > first:
            piece.fillAuto(_down(), 1)
    # What only looked filled down, such as a number at the end of a text, is entered by itself.
    for at, (entered,) in enumerate(target.getFormulaArray()):
        if entered != texts[at]:
            target.getCellByPosition(0, at).setFormula(texts[at])


def _alike(target: Any) -> list[tuple[int, int]]:
    """First and last rows of the pieces of a column with one format: filling down takes the format along."""
    pieces = target.getCellFormatRanges()
    found = [pieces.getByIndex(at).getRangeAddress() for at in range(pieces.getCount())]
    return sorted((one.StartRow, one.EndRow) for one in found)


def _down() -> Any:
    import uno

    return uno.Enum("com.sun.star.sheet.FillDirection", "TO_BOTTOM")
