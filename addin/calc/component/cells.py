"""Cells between LibreOffice and the engine: ranges, values and errors.

LibreOffice has errors as numbers, a blank cell of a range as "", dates as days since a day of the document's choice.

Standard library of Python 3.9 only: LibreOffice's own Python runs this file.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from addin.engine_wire import ErrorCell

NULL_DATE = date(1899, 12, 30).toordinal()  # day 0 of a new document
TALL = 1000  # from this height on, only the rows of a range that the sheet uses are looked at
_DATES = 2  # com.sun.star.sheet.CellFlags.DATETIME

# LibreOffice's numbers of errors; all others are wrong values in Excel's words.
_ERRORS = {
    503: "#NUM!",
    521: "#NULL!",
    524: "#REF!",
    525: "#NAME?",
    532: "#DIV/0!",
    32767: "#N/A",
}
_NUMBERS = {code: number for number, code in _ERRORS.items()}
_WRONG_VALUE = 519


def given_cells(arguments: Sequence[Any], null_date: Callable[[], int]) -> list[Any]:
    """The arguments of a call as the engine takes them; those left out at the end are gone.

    Parameters
    ----------
    arguments : sequence
        Cell ranges (UNO), rows of values, values; None where one was left out.
    null_date : callable
        Gives the ordinal of the document's day 0; only asked where there are ranges.
    """
    last = len(arguments)
    while last and arguments[last - 1] is None:
        last -= 1
    rows = [_used_rows(one) if hasattr(one, "getDataArray") else 0 for one in arguments[:last]]
    taken = []
    for one, (height, used) in zip(arguments[:last], _rows_together(arguments[:last], rows)):
        if height:
            taken.append(_range_cells(one, used, height, null_date))
        elif isinstance(one, tuple):
            taken.append([[_blank(cell) for cell in row] for row in one])
        else:
            taken.append(_blank(one))
    return taken


def shown(cell: Any, null_date: Callable[[], int]) -> Any:
    """What LibreOffice takes for a cell of a result."""
    if cell is None or isinstance(cell, (float, str, bool)):
        return cell
    if isinstance(cell, ErrorCell):
        return error_value(cell.code)
    if isinstance(cell, datetime):
        seconds = cell.hour * 3600 + cell.minute * 60 + cell.second + cell.microsecond / 1e6
        return cell.toordinal() - null_date() + seconds / 86_400
    return float(cell)


def shown_rows(rows: Any, null_date: Callable[[], int]) -> tuple[tuple[Any, ...], ...]:
    """What LibreOffice takes for a result of several cells."""
    if not isinstance(rows, list):
        return ((shown(rows, null_date),),)
    plain = {float, str, type(None), bool}
    return tuple(
        tuple(cell if type(cell) in plain else shown(cell, null_date) for cell in row) for row in rows
    )


def error_value(code: str) -> float:
    """The number that LibreOffice shows as that error: not a number, with the error's own number in its low bits."""
    bits = 0x7FF8_0000_0000_0000 | _NUMBERS.get(code, _WRONG_VALUE)
    return struct.unpack("<d", struct.pack("<Q", bits))[0]


def read_range(cells: Any) -> list[list[Any]]:
    """The cells of a range (UNO) with None for blanks and `ErrorCell` for errors."""
    rows = [[_blank(cell) for cell in row] for row in cells.getDataArray()]
    _name_errors(rows, cells)
    return rows


def _used_rows(cells: Any) -> tuple[int, int]:
    """Height of a range, and how many of its rows lie in the part of the sheet that is in use."""
    address = cells.getRangeAddress()
    height = address.EndRow - address.StartRow + 1
    if height < TALL:
        return height, height
    cursor = cells.getSpreadsheet().createCursor()
    cursor.gotoEndOfUsedArea(False)
    return height, min(height, max(1, cursor.getRangeAddress().EndRow - address.StartRow + 1))


def _rows_together(arguments: Sequence[Any], rows: Sequence[Any]) -> Iterator[tuple[int, int]]:
    """Height and rows to read of each range: columns of one height stay of one height."""
    longest: dict[int, int] = {}
    for one in rows:
        if one:
            longest[one[0]] = max(longest.get(one[0], 0), one[1])
    return ((one[0], longest[one[0]]) if one else (0, 0) for one in rows)


def _range_cells(cells: Any, used: int, height: int, null_date: Callable[[], int]) -> Any:
    """One cell, or rows of cells."""
    if used < height:
        address = cells.getRangeAddress()
        cells = cells.getCellRangeByPosition(0, 0, address.EndColumn - address.StartColumn, used - 1)
    data = cells.getDataArray()
    rows: list[list[Any]] = [[None if cell == "" else cell for cell in row] for row in data]
    if any(None in row for row in data):
        _name_errors(rows, cells)
    if null_date() != NULL_DATE:
        _shift_dates(rows, cells, null_date() - NULL_DATE)
    return rows[0][0] if len(rows) == len(rows[0]) == 1 else rows


def _blank(cell: Any) -> Any:
    return None if cell == "" else cell


def _name_errors(rows: list[list[Any]], cells: Any) -> None:
    """Put the errors, which a range gives as nothing, in their places."""
    for at, row in enumerate(cells.getDataArray()):
        for place, cell in enumerate(row):
            if cell is None:
                number = cells.getCellByPosition(place, at).getError()
                rows[at][place] = ErrorCell(_ERRORS.get(number, "#VALUE!"))


def _shift_dates(rows: list[list[Any]], cells: Any, days: int) -> None:
    """Count the dates of a document with another day 0, as Excel's of 1904, from the usual one."""
    corner = cells.getRangeAddress()
    for part in cells.queryContentCells(_DATES).getRangeAddresses():
        for at in range(part.StartRow - corner.StartRow, part.EndRow - corner.StartRow + 1):
            row = rows[at]
            for place in range(part.StartColumn - corner.StartColumn, part.EndColumn - corner.StartColumn + 1):
                if isinstance(row[place], float):
                    row[place] += days
