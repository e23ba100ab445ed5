"""Calls of a column of like formulas, asked of the engine many at a time.

LibreOffice computes one cell after the other and waits for each, and a message to the engine costs several times what
a small call does. When two calls of a function have been for two rows under each other, those for the rows below are
asked for in the same message. Only cells without formulas are read for them, so no computing is set off by it, and a
result is used only for exactly the cells it was computed from.

Works on LibreOffice's objects (UNO). Standard library of Python 3.9 only: LibreOffice's own Python runs this file.
"""

from __future__ import annotations

import time
from collections.abc import Hashable, Sequence
from itertools import zip_longest
from typing import Any, NamedTuple

from addin.calc.component.cells import given_cells, is_range, read_range
from addin.engine_client import Engine, EngineError

FIRST, MOST = 32, 1024  # rows asked for ahead: at first, and at most
FEW = 200  # cells of a call that is small
FRESH = 5.0  # how long a result may wait for its cell [s]
_FORMULAS = 16  # com.sun.star.sheet.CellFlags.FORMULA

Place = tuple  # sheet, first column, first row, last column, last row


class _Last(NamedTuple):
    """The last call of a function: places of its ranges, its other arguments, how many rows to ask for next."""

    places: tuple[Any, ...]
    rows: int


class Ahead:
    """The engine as cells see it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._last: dict[str, _Last] = {}
        self._waiting: dict[Hashable, Any] = {}
        self._asked = 0.0

    def call(self, function: str, arguments: Sequence[Any], days: int, pack: str | None) -> Any:
        """What a cell shows for a function, by the rule pack its document names.

        Raises
        ------
        EngineError
        """
        cells = given_cells(arguments, days)
        if sum(len(one) * len(one[0]) if isinstance(one, (list, tuple)) else 1 for one in cells) > FEW:
            return self._engine.call(function, *cells, pack=pack)
        key = _key(function, pack, cells)
        if key not in self._waiting or time.monotonic() - self._asked > FRESH:
            more = self._below(function, arguments[: len(cells)], cells, days)
            if not more:
                return self._engine.call(function, *cells, pack=pack)
            calls = [cells, *more]
            results = self._engine.batch([(function, *one) for one in calls], pack=pack)
            self._waiting = {_key(function, pack, one): result for one, result in zip_longest(calls, results)}
            self._asked = time.monotonic()
        result = self._waiting[key]
        if isinstance(result, EngineError):
            raise result
        return result

    def _below(
        self, function: str, arguments: Sequence[Any], cells: Sequence[Any], days: int
    ) -> list[list[Any]]:
        """The cells of calls for the rows below; none where this call does not continue a column."""
        places = tuple(_place(one) if is_range(one) else cell for one, cell in zip_longest(arguments, cells))
        last = self._last.get(function)
        moving = _moving(last.places, places) if last else ()
        if not last or not moving:
            self._last[function] = _Last(places, FIRST)
            return []
        columns = [_column_below(arguments[at], last.rows, days) for at in moving]
        count = min(map(len, columns))
        calls = []
        for row in range(count):
            call = list(cells)
            for at, column in zip_longest(moving, columns):
                call[at] = column[row]
            calls.append(call)
        down = tuple(
            (*one[:2], one[2] + count, one[3], one[4] + count) if at in moving else one
            for at, one in enumerate(places)
        )
        self._last[function] = _Last(down, min(2 * last.rows, MOST))
        return calls


def _place(cells: Any) -> Place:
    at = cells.getRangeAddress()
    return at.Sheet, at.StartColumn, at.StartRow, at.EndColumn, at.EndRow


def _moving(before: tuple[Any, ...], now: tuple[Any, ...]) -> tuple[int, ...]:
    """Positions of the ranges that stand one row lower than in the call before; none where anything else differs."""
    if len(before) != len(now):
        return ()
    found = []
    for at, (one, other) in enumerate(zip_longest(before, now)):
        if one == other:
            continue
        if not isinstance(one, tuple) or not isinstance(other, tuple):
            return ()
        if other != (*one[:2], one[2] + 1, one[3], one[4] + 1):
            return ()
        found.append(at)
    return tuple(found)


def _column_below(cells: Any, rows: int, days: int) -> list[Any]:
    """What an argument is in the rows below, as far as those hold values and no formulas."""
    at = cells.getRangeAddress()
    sheet = cells.getSpreadsheet()
    cursor = sheet.createCursor()
    cursor.gotoEndOfUsedArea(False)
    last = min(at.EndRow + rows, cursor.getRangeAddress().EndRow)
    if last <= at.EndRow:
        return []
    block = sheet.getCellRangeByPosition(at.StartColumn, at.StartRow + 1, at.EndColumn, last)
    formulas = block.queryContentCells(_FORMULAS).getRangeAddresses()
    if formulas:
        last = min(one.StartRow for one in formulas) - 1
        if last <= at.EndRow:
            return []
        block = sheet.getCellRangeByPosition(at.StartColumn, at.StartRow + 1, at.EndColumn, last)
    found = read_range(block, days)
    height = at.EndRow - at.StartRow + 1
    if height == len(found[0]) == 1:
        return [row[0] for row in found]
    return [found[down : down + height] for down in range(len(found) - height + 1)]


def _key(function: str, pack: str | None, cells: Sequence[Any]) -> Hashable:
    """What tells one call from another."""
    return (
        function,
        pack,
        *(tuple(map(tuple, one)) if isinstance(one, (list, tuple)) else one for one in cells),
    )
