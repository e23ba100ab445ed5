"""Cells between a spreadsheet and the engine: JSON, in which a large range travels column by column.

A cell is null, a number, a text, true or false, `{"error": "#N/A"}` or `{"date": "2026-03-31T00:00:00"}`. A range is a
list of rows or, from `PACKED_FROM` cells on, `{"height": 3, "columns": [..]}`; a column of plain numbers is then
`{"numbers": ".."}`: float64, little-endian, in base64, a blank cell as NaN. Infinity is `#NUM!`.

Standard library of Python 3.9 only: LibreOffice's own Python runs this file.
"""

from __future__ import annotations

import json
import math
import sys
from array import array
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Callable, Sequence
from datetime import date, datetime
from itertools import chain
from typing import Any

PACKED_FROM = 512
_NUMBERS = {float, type(None)}


class ErrorCell:
    """An error in a cell, such as `ErrorCell("#N/A")`, where `udfs.CellError` cannot be imported."""

    __slots__ = ("code",)

    def __init__(self, code: str) -> None:
        self.code = code

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ErrorCell) and other.code == self.code

    def __hash__(self) -> int:
        return hash(self.code)

    def __repr__(self) -> str:
        return f"ErrorCell({self.code!r})"


def packed(cells: Any) -> Any:
    """An argument or a result as it travels: a large range column by column, all else as it is."""
    if not isinstance(cells, (list, tuple)) or not cells or not isinstance(cells[0], (list, tuple)):
        return cells
    width = len(cells[0])
    if len(cells) * width < PACKED_FROM or set(map(len, cells)) != {width}:
        return cells
    flat = list(chain.from_iterable(cells))  # several times faster than zip(*cells)
    return {"height": len(cells), "columns": [_packed_column(flat[at::width]) for at in range(width)]}


def dumps(message: Any) -> bytes:
    """A message as JSON.

    Raises
    ------
    TypeError
        A cell of a kind that no spreadsheet has.
    """
    return json.dumps(message, default=_as_json, separators=(",", ":")).encode("ascii")


def loads(message: bytes | bytearray, error: Callable[[str], Any] = ErrorCell) -> Any:
    """The message behind JSON; `error` makes an error cell from its code, a date is a `datetime`.

    Raises
    ------
    ValueError
        It is no JSON, or not as this module writes it.
    """

    def read(found: dict[str, Any]) -> Any:
        if len(found) == 1:
            ((key, value),) = found.items()
            if key == "error" and isinstance(value, str):
                return error(value)
            if key == "date":
                return _date(value)
            if key == "numbers":
                return _numbers(value, error)
        elif len(found) == 2 and "columns" in found and "height" in found:
            return _rows(found["height"], found["columns"])
        return found

    def not_finite(name: str) -> Any:
        return None if name == "NaN" else error("#NUM!")

    try:
        return json.loads(message, object_hook=read, parse_constant=not_finite)
    except RecursionError as deep:
        raise ValueError("nested too deeply") from deep


def _packed_column(column: Sequence[Any]) -> Any:
    kinds = set(map(type, column))
    if float not in kinds or not kinds <= _NUMBERS:
        return column
    if type(None) in kinds:
        column = [math.nan if cell is None else cell for cell in column]
    values = array("d", column)
    if sys.byteorder == "big":
        values.byteswap()
    return {"numbers": b64encode(values.tobytes()).decode("ascii")}


def _as_json(cell: Any) -> Any:
    if isinstance(cell, date):  # a datetime is one
        return {"date": cell.isoformat()}
    code = getattr(cell, "code", None)
    if isinstance(code, str):
        return {"error": code}
    raise TypeError(f"no cell of a spreadsheet: {type(cell).__name__}")


def _date(text: Any) -> datetime:
    if not isinstance(text, str):
        raise ValueError("a date is a text")
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is not None:
        raise ValueError("a date of a cell has no time zone")
    return moment


def _numbers(text: Any, error: Callable[[str], Any]) -> list[Any]:
    values = array("d")
    try:
        values.frombytes(b64decode(text, validate=True))
    except (TypeError, Base64Error) as wrong:
        raise ValueError("numbers are not base64") from wrong
    if sys.byteorder == "big":
        values.byteswap()
    cells: list[Any] = values.tolist()
    # The sum of finite numbers is finite but where they are huge, which the slow way settles.
    if not math.isfinite(sum(cells)):
        for at, cell in enumerate(cells):
            if not math.isfinite(cell):
                cells[at] = None if math.isnan(cell) else error("#NUM!")
    return cells


def _rows(height: Any, columns: Any) -> list[tuple[Any, ...]]:
    if not isinstance(columns, list) or not columns or any(not isinstance(one, list) for one in columns):
        raise ValueError("columns are lists")
    if any(len(column) != height for column in columns):
        raise ValueError("columns are not of the height given")
    return list(zip(*columns))  # noqa: B905 - no strict= before Python 3.10
