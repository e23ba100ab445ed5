"""Like calls of one message computed together: a column of formulas is one column to compute.

Only calls whose result depends on their own cells alone, and whose cells need no reading: what a text stands for, or why
a row has no result, is settled call by call.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

import udfs
from tierbook.errors import DataError
from udfs import CellError, Context
from udfs.context import Reasons
from udfs.registry import Argument, ExcelFunction, function

FEWEST = 8  # calls for which it is worth while
_NUMBERS: set[type] = {int, float}
_KINDS: dict[str, set[type]] = {
    "number": _NUMBERS, "money": _NUMBERS, "share": _NUMBERS, "id": {str}, "text": {str}, "yes_no": {bool}, "date": {datetime},
}  # fmt: skip
_PLAIN = {int, float, bool, datetime, type(None)}

Call = tuple[str, list[Any]]


class _Alike(NamedTuple):
    """What calls computed together share, and the cells in which they differ, one piece for each argument that does."""

    shared: Hashable
    differing: tuple[Any, ...]


def together(calls: Sequence[Call], context: Context) -> dict[int, Any]:
    """Results of those calls that could be computed together, by their position; the others are for `udfs.call`."""
    groups: dict[Hashable, list[tuple[int, _Alike]]] = {}
    for at, (name, cells) in enumerate(calls):
        alike = _alike(name, cells)
        if alike is not None:
            groups.setdefault(alike.shared, []).append((at, alike))
    found: dict[int, Any] = {}
    for group in groups.values():
        if len(group) >= FEWEST:
            found.update(_computed(calls, group, context))
    return found


def _computed(
    calls: Sequence[Call], group: Sequence[tuple[int, _Alike]], context: Context
) -> Iterator[tuple[int, Any]]:
    first = group[0][0]
    name, cells = calls[first]
    try:
        # By itself, so that what is to be said is said; where a pack ranks customers, one of them cannot be computed.
        result = udfs.call(name, *cells, context=context)
        if _is_missing(_value(result)):
            return
        pieces = iter(zip(*(one.differing for _, one in group[1:]), strict=True))
        columns = [
            list(next(pieces)) if differs else one
            for one, differs in zip(cells, _differs(function(name), cells), strict=True)
        ]
        rows = udfs.call(name, *columns, context=replace(context, reasons=Reasons()))
    except udfs.FunctionError:
        return
    yield first, result
    single = not isinstance(result, list)
    for (at, _), row in zip(group[1:], rows, strict=True):
        if not _is_missing(row[0]):
            yield at, row[0] if single else [row]


def _alike(name: str, cells: list[Any]) -> _Alike | None:
    """How a call may be computed with others; None where it may not."""
    try:
        declared = function(name)
    except DataError:
        return None
    differs = _differs(declared, cells)
    if not any(differs):
        return None
    shared: list[Hashable] = [declared.name, len(cells)]
    differing = []
    for argument, one, apart in zip(declared.arguments, cells, differs, strict=False):
        if not apart:
            shared.append(_fingerprint(one))
            continue
        row = _row(argument, one)
        if row is None:
            return None
        # A cell gives a cell and a range of one row a range: the two are not mixed.
        shared.append((isinstance(one, list), len(row)))
        differing.append(row)
    try:
        hash(tuple(shared))
    except TypeError:
        return None
    return _Alike(tuple(shared), tuple(differing))


def _differs(declared: ExcelFunction, cells: Sequence[Any]) -> list[bool]:
    """Which arguments hold the cells of one row each; none where rows are not computed each by itself."""
    arguments = declared.arguments[: len(cells)]
    if declared.result != "column" or len(arguments) < len(cells):
        return [False] * len(cells)
    if declared.by_row:
        return [
            argument.shape == "column" and not (one is None and not argument.required)
            for argument, one in zip(arguments, cells, strict=True)
        ]
    headed = any(
        argument.shape == "headers" and one is not None
        for argument, one in zip(arguments, cells, strict=True)
    )
    return [headed and argument.shape == "features" for argument in arguments]


def _row(argument: Argument, cells: Any) -> tuple[Any, ...] | None:
    """The row an argument holds, where all its cells are plainly what they are."""
    if isinstance(cells, list):
        row = cells[0] if len(cells) == 1 else None
        if not isinstance(row, (list, tuple)):
            return None
    else:
        row = (cells,)
    if argument.shape == "features":
        return tuple(row) if isinstance(cells, list) and all(map(_is_plain, row)) else None
    return tuple(row) if len(row) == 1 and type(row[0]) in _KINDS.get(argument.kind, ()) else None


def _is_plain(cell: Any) -> bool:
    """No text that may stand for a number or a date: how such a one is read depends on the others of its column."""
    if isinstance(cell, str):
        return not any(map(str.isdigit, cell)) or (cell[0].isalpha() and cell.isalnum())
    return type(cell) in _PLAIN


def _fingerprint(cells: Any) -> Hashable:
    """Equal only where the cells are; 1, TRUE and "1" are not."""
    if isinstance(cells, (list, tuple)):
        return tuple(map(_fingerprint, cells))
    return type(cells), cells


def _value(result: Any) -> Any:
    return result[0][0] if isinstance(result, list) else result


def _is_missing(cell: Any) -> bool:
    return cell is None or isinstance(cell, CellError)
