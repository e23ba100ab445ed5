"""Cells as COM carries them between Excel and Python, and as `udfs.call` takes and gives them.

Excel hands over values (Value2): numbers as floats, blanks as None, dates as serial numbers (as dates from workbooks that
count from 1904), a range as a tuple of rows. An error is an integer, 0x800A0000 plus Excel's number of it; nothing else
is an integer in either direction, so the wrapper in VBA turns exactly the integers of a result into errors.
"""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import chain
from typing import Any

from udfs.cells import CellError

ERRORS = {
    2000: "#NULL!", 2007: "#DIV/0!", 2015: "#VALUE!", 2023: "#REF!", 2029: "#NAME?", 2036: "#NUM!", 2042: "#N/A",
    2043: "#GETTING_DATA", 2045: "#SPILL!", 2046: "#CONNECT!", 2047: "#BLOCKED!", 2048: "#UNKNOWN!", 2049: "#FIELD!",
    2050: "#CALC!",
}  # fmt: skip
ERROR_BASE = 0x800A0000 - 2**32
_NUMBERS = {code: number for number, code in ERRORS.items()}
_AS_THEY_ARE = {float, str, bool, type(None)}


def cells_from_com(value: Any) -> Any:
    """A cell or a list of rows, from what COM passes for an argument."""
    if not isinstance(value, tuple | list):
        return _from_com(value)
    # A row typed into a formula, {1,2,3}, comes without the second dimension.
    rows = value if value and isinstance(value[0], tuple | list) else (value,)
    if set(map(type, chain.from_iterable(rows))) <= _AS_THEY_ARE:
        return rows
    # Most rows have no error and no date in them.
    return [row if set(map(type, row)) <= _AS_THEY_ARE else list(map(_from_com, row)) for row in rows]


def cells_to_com(result: Any) -> list[list[Any]]:
    """Rows of cells as COM carries them; Excel shows nothing for an empty text, but 0 for an empty cell."""
    if not isinstance(result, list):
        return [[_to_com(result)]]
    kinds = set(map(type, chain.from_iterable(result)))
    if kinds <= {str} or (kinds <= {str, float} and all(map(_carried, chain.from_iterable(result)))):
        return result
    return [list(map(_to_com, row)) for row in result]


def _from_com(cell: Any) -> Any:
    if isinstance(cell, bool) or not isinstance(cell, int | date | Decimal):
        return cell
    if isinstance(cell, int):
        return CellError(ERRORS[cell - ERROR_BASE]) if cell - ERROR_BASE in ERRORS else cell
    if isinstance(cell, Decimal):  # a cell formatted as currency, from workbooks that count from 1904
        return float(cell)
    if isinstance(cell, datetime):  # pywintypes' dates claim to be UTC and mean the cell's own day
        return datetime(
            cell.year, cell.month, cell.day, cell.hour, cell.minute, cell.second, cell.microsecond
        )
    return datetime(cell.year, cell.month, cell.day)


def _carried(cell: Any) -> bool:
    """Whether COM carries a cell as it is."""
    return type(cell) is str or (type(cell) is float and math.isfinite(cell))


def _to_com(cell: Any) -> Any:
    if _carried(cell):
        return cell
    if cell is None or (isinstance(cell, float) and not math.isfinite(cell)):
        return ""
    if isinstance(cell, CellError):
        return ERROR_BASE + _NUMBERS.get(cell.code, 2042)
    if isinstance(cell, int) and not isinstance(cell, bool):
        return float(cell)
    if isinstance(cell, date):
        if cell != cell:  # pandas' NaT calls itself a date
            return ""
        if not isinstance(cell, datetime):
            cell = datetime(cell.year, cell.month, cell.day)
        # Without a time zone pywin32 would move it by the machine's own.
        return cell.replace(tzinfo=UTC)
    return cell
