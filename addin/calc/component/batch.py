"""One workbook computed without a person: opened hidden, every formula computed, what they show written to a file.

Works on LibreOffice's objects (UNO). Standard library of Python 3.9 only: LibreOffice's own Python runs this file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from addin.calc.component import formulas
from addin.calc.component.cells import read_range
from addin.calc.component.sheets import column_letters, position
from addin.calc.spelling import Spelling

_FORMULAS = 16  # com.sun.star.sheet.CellFlags.FORMULA
_NEVER = 0  # com.sun.star.document.MacroExecMode.NEVER_EXECUTE, UpdateDocMode.NO_UPDATE
_UNKNOWN = (525, 508, 540)  # errors of functions LibreOffice has not, and of links it does not follow


def compute(job: Mapping[str, Any], desktop: Any, spelling: Spelling) -> None:
    """Compute the workbook of a job and write what its formulas show.

    Parameters
    ----------
    job : mapping
        `book`, a workbook in LibreOffice's spelling; `out`, the JSON file to write; `grow`, sheet -> first cells of array
        formulas whose size the function decides.
    """
    import uno

    given = []
    for name, value in (("Hidden", True), ("MacroExecutionMode", _NEVER), ("UpdateDocMode", _NEVER)):
        one = uno.createUnoStruct("com.sun.star.beans.PropertyValue")
        one.Name, one.Value = name, value
        given.append(one)
    document = desktop.loadComponentFromURL(uno.systemPathToFileUrl(job["book"]), "_blank", 0, tuple(given))
    if not formulas.is_spreadsheet(document):
        _write(job, {"opened": False})
        return
    try:
        formulas.revive(document, spelling)
        document.calculateAll()
        areas = _grown(document, job["grow"])
        sheets = {sheet.getName(): _results(sheet) for sheet in document.getSheets()}
    finally:
        document.close(True)
    _write(job, {"opened": True, "sheets": sheets, "areas": areas})


def _write(job: Mapping[str, Any], content: dict[str, Any]) -> None:
    Path(job["out"]).write_text(json.dumps(content, default=lambda cell: {"error": cell.code}), "utf-8")


def _grown(document: Any, wanted: Mapping[str, list[str]]) -> dict[str, dict[str, str]]:
    """Array formulas given as many cells as they fill, where those are empty: sheet -> first cell -> cells."""
    found: dict[str, dict[str, str]] = {}
    for name, cells in wanted.items():
        sheet = document.getSheets().getByName(name)
        for address in cells:
            column, row = position(address)
            cell = sheet.getCellByPosition(column, row)
            cursor = sheet.createCursorByRange(cell)
            cursor.collapseToCurrentArray()
            formula = cell.getFormula()
            size = formulas.size_of(document, cell, formula)
            if size is None:
                continue
            cursor.clearContents(_FORMULAS)
            if formulas.filled(cell, size):
                cursor.setArrayFormula(formula.strip("{}"))
                continue
            formulas.enter_array(cell, formula, size)
            last = f"{column_letters(column + size.columns - 1)}{row + size.rows}"
            found.setdefault(name, {})[address] = f"{address}:{last}"
    return found


def _results(sheet: Any) -> list[dict[str, Any]]:
    """What the formulas of a sheet show: rectangles with first column and row, counted from 0, and cells."""
    found = []
    for one in sheet.queryContentCells(_FORMULAS).getRangeAddresses():
        cells = sheet.getCellRangeByPosition(one.StartColumn, one.StartRow, one.EndColumn, one.EndRow)
        rows = list(map(list, read_range(cells)))
        unknown = []
        for down, row in enumerate(rows):
            for right, cell in enumerate(row):
                if isinstance(cell, float) and cell in (0.0, 1.0):
                    # LibreOffice knows yes and no by their format only.
                    shown = cells.getCellByPosition(right, down).getString()
                    row[right] = {"TRUE": True, "FALSE": False}.get(shown, cell)
                elif hasattr(cell, "code") and cells.getCellByPosition(right, down).getError() in _UNKNOWN:
                    unknown.append([down, right])
        found.append({"column": one.StartColumn, "row": one.StartRow, "cells": rows, "unknown": unknown})
    return found
