"""Cells between LibreOffice and the engine: ranges, values and errors.

LibreOffice has errors as numbers, a blank cell of a range as "", dates as days since a day of the document's choice.

Standard library of Python 3.9 only: LibreOffice's own Python runs this file.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from datetime import date, datetime
from itertools import chain, zip_longest
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


def given_cells(arguments: Sequence[Any], days: int) -> list[Any]:
    """The arguments of a call as the engine takes them; those left out at the end are gone.

    Parameters
    ----------
    arguments : sequence
        Cell ranges (UNO), rows of values, values; None where one was left out.
    days : int
        The ordinal of the document's day 0.
    """
    last = len(arguments)
    while last and arguments[last - 1] is None:
        last -= 1
    heights = [_heights(one) if is_range(one) else (0, 0) for one in arguments[:last]]
    longest: dict[int, int] = {}
    for height, used in heights:
        longest[height] = max(longest.get(height, 0), used)
    taken: list[Any] = []
    for one, (height, _) in zip_longest(arguments[:last], heights):
        if height:
            # Columns of one height stay of one height.
            taken.append(_one_or_rows(_used_range(one, longest[height], height), days))
        elif isinstance(one, tuple):
            taken.append([[_blank(cell) for cell in row] for row in one])
        else:
            taken.append(_blank(one))
    return taken


def is_range(argument: Any) -> bool:
    """Whether an argument is a range of cells."""
    return hasattr(argument, "getDataArray")


def shown(cell: Any, days: int) -> Any:
    """What LibreOffice takes for a cell of a result: a blank is an empty text, for an empty cell would count as 0."""
    if cell is None:
        return ""
    if isinstance(cell, (float, str)):
        return cell
    if isinstance(cell, ErrorCell):
        return error_value(cell.code)
    if isinstance(cell, datetime):
        seconds = cell.hour * 3600 + cell.minute * 60 + cell.second + cell.microsecond / 1e6
        return cell.toordinal() - days + seconds / 86_400
    # A number or a yes/no: in a table LibreOffice takes any yes/no for yes, so it gets 1 or 0.
    return float(cell)


def shown_rows(rows: Any, days: int) -> tuple[tuple[Any, ...], ...]:
    """What LibreOffice takes for a result of several cells."""
    if not isinstance(rows, list):
        return ((shown(rows, days),),)
    plain = {float, str}
    if set(map(type, chain.from_iterable(rows))) <= plain:
        return tuple(map(tuple, rows))
    return tuple(tuple(cell if type(cell) in plain else shown(cell, days) for cell in row) for row in rows)


def error_value(code: str) -> float:
    """The number that LibreOffice shows as that error: not a number, with the error's own number in its low bits."""
    bits = 0x7FF8_0000_0000_0000 | _NUMBERS.get(code, _WRONG_VALUE)
    return struct.unpack("<d", struct.pack("<Q", bits))[0]


def read_range(cells: Any, days: int = NULL_DATE) -> Sequence[Sequence[Any]]:
    """The cells of a range (UNO) with None for blanks and `ErrorCell` for errors."""
    data = cells.getDataArray()
    kinds = set(map(type, chain.from_iterable(data)))
    if kinds == {float} and days == NULL_DATE:
        return data
    rows: list[list[Any]] = [[None if cell == "" else cell for cell in row] for row in data]
    if type(None) in kinds:
        _name_errors(data, rows, cells)
    if days != NULL_DATE:
        _shift_dates(rows, cells, days - NULL_DATE)
    return rows


def _heights(cells: Any) -> tuple[int, int]:
    """Height of a range, and how many of its rows lie in the part of the sheet that is in use."""
    address = cells.getRangeAddress()
    height = address.EndRow - address.StartRow + 1
    if height < TALL:
        return height, height
    cursor = cells.getSpreadsheet().createCursor()
    cursor.gotoEndOfUsedArea(False)
    return height, min(height, max(1, cursor.getRangeAddress().EndRow - address.StartRow + 1))


def _used_range(cells: Any, used: int, height: int) -> Any:
    if used == height:
        return cells
    address = cells.getRangeAddress()
    return cells.getCellRangeByPosition(0, 0, address.EndColumn - address.StartColumn, used - 1)


def _one_or_rows(cells: Any, days: int) -> Any:
    rows = read_range(cells, days)
    return rows[0][0] if len(rows) == len(rows[0]) == 1 else rows


def _blank(cell: Any) -> Any:
    return None if cell == "" else cell


def _name_errors(data: Any, rows: list[list[Any]], cells: Any) -> None:
    """Put the errors, which a range gives as nothing, in their places."""
    for at, row in enumerate(data):
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
            for place in range(
                part.StartColumn - corner.StartColumn, part.EndColumn - corner.StartColumn + 1
            ):
                if isinstance(row[place], float):
                    row[place] += days
