"""The single entrance for every host: cells in, cells out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tierbook.errors import DataError, TierbookError
from tierbook.language import say
from udfs import registry
from udfs.cells import (
    NOT_AVAILABLE,
    CellError,
    Range,
    Reason,
    Rows,
    as_range,
    blank_rows,
    cells_of,
    is_blank,
    read_column,
)
from udfs.context import DEFAULT, Context, Said, memo_key
from udfs.feature_range import FeatureRange
from udfs.registry import Argument, ExcelFunction
from udfs.table_range import TableRange

MOST_ROWS_SAID = 10


class FunctionError(TierbookError):
    """A wrong call. Its text is the sentence a user reads, in the language of the context."""

    def __init__(self, message: str, *, language: str = "en", **more: Any) -> None:
        super().__init__(message, **more)
        self.language = language

    def __str__(self) -> str:
        return self.text(self.language)


def call(name: str, *cells: Any, context: Context = DEFAULT) -> Any:
    """What a cell shows for a function.

    Parameters
    ----------
    name : str
        `CRM_NPS`; case and a dot instead of the underscore do not matter.
    cells : cell or list of rows
        One per argument. Blanks and arguments left out are None, dates `datetime`, errors `CellError`.
    context : Context
        Packs, language, today.

    Returns
    -------
    cell or list of rows
        In the same conventions: a row that cannot be computed is `CellError("#N/A")`, a blank row None.

    Raises
    ------
    FunctionError
        A wrong call.

    >>> call("CRM_NPS", [[9], [10], [3], [8]])
    25.0
    """
    try:
        function = registry.function(name)
    except DataError as error:
        raise _wrong_call(error, name, context) from error
    try:
        ranges = _ranges(function, cells)
        pack = _pack(function, ranges, context)
        key = None if "reasons" in function.given else memo_key(ranges)
        if key is None:
            return _calculated(function, ranges, pack, context)[0]
        memo = (function.name, pack and pack.hash, key[0])
        if (known := _known(memo, context)) is None:
            known = _calculated(function, ranges, pack, context)
            context.memo.put(memo, *known, cells=key[1])
        else:
            context.reasons.add(known[1])
        return _copy(known[0])
    except TierbookError as error:
        raise _wrong_call(error, function.name, context) from error


def _known(key: Any, context: Context) -> tuple[Any, tuple[Said, ...]] | None:
    try:
        return context.memo.get(key)
    except TypeError as error:  # a cell that cannot be a key, such as a list inside a row
        raise DataError("A cell holds more than one value.", fix="Give one rectangle of cells.") from error


def _copy(result: Any) -> Any:
    """Callers may change what they got; what is kept stays as it was."""
    return [list(row) for row in result] if isinstance(result, list) else result


def _wrong_call(error: TierbookError, name: str, context: Context) -> FunctionError:
    place = name
    if error.rows:
        place = say("{name} row {row}", context.language, name=name, row=error.rows[0] + 1)
    wrong = FunctionError(
        error.message, language=context.language, fix=error.fix, place=f"{place}: {error.place}" if error.place else place,
        rows=error.rows, problems=error.problems, **error.values,
    )  # fmt: skip
    context.reasons.add([Said(name, str(wrong).removeprefix(f"{name}: "))])
    return wrong


def _ranges(function: ExcelFunction, cells: Sequence[Any]) -> list[Range]:
    """One range per argument; blanks for those left out at the end."""
    declared = function.arguments
    pairs = bool(declared) and declared[-1].shape == "pairs"
    if len(cells) > len(declared) and not pairs:
        raise DataError(
            "{count} arguments are too many.",
            fix="It takes {names}.",
            count=len(cells),
            names=_signature(function),
        )
    missing = [argument.name for argument in declared[len(cells) :] if argument.required]
    if missing:
        raise DataError(
            "The argument {name} is missing.",
            fix="It takes {names}.",
            name=missing[0],
            names=_signature(function),
        )
    ranges = []
    for position, given in enumerate(cells):
        try:
            ranges.append(as_range(given))
        except DataError as error:
            raise error.at(declared[min(position, len(declared) - 1)].name) from error
    return ranges + [Range(((None,),), single=True)] * (len(declared) - len(cells))


def _signature(function: ExcelFunction) -> str:
    names = (argument.name if argument.required else f"[{argument.name}]" for argument in function.arguments)
    return ", ".join(names) or "-"


def _pack(function: ExcelFunction, ranges: Sequence[Range], context: Context) -> Any:
    for argument, given in zip(function.arguments, ranges, strict=False):
        if argument.shape == "pack":
            return context.rule_pack(_cell(argument, given))
    return None


def _calculated(
    function: ExcelFunction, ranges: Sequence[Range], pack: Any, context: Context
) -> tuple[Any, tuple[Said, ...]]:
    positional: list[Any] = []
    named: dict[str, Any] = {name: getattr(context, name) for name in function.given}
    columns = [
        (argument, given)
        for argument, given in zip(function.arguments, ranges, strict=False)
        if argument.shape == "column"
    ]
    rows, used, arrays, notes = _columns(columns, drop_refused=function.result in ("column", "columns"))
    features: FeatureRange | None = None
    headers = next(
        (
            given
            for argument, given in zip(function.arguments, ranges, strict=False)
            if argument.shape == "headers"
        ),
        None,
    )
    tables: list[TableRange] = []
    for position, argument in enumerate(function.arguments):
        given = ranges[position]
        if argument.shape == "column":
            positional.append(arrays.pop(0))
        elif argument.shape == "features":
            features = _features(argument, given, headers)
            positional.append(features)
        elif argument.shape == "table":
            if _absent(given) and not argument.required:
                positional.append(None)
            else:
                tables.append(TableRange(argument.table, given))
                positional.append(tables[-1])
        elif argument.shape == "pairs":
            pairs = _pairs(ranges[position:])
            tables += pairs
            positional.append(pairs)
        elif argument.shape == "pack":
            named[argument.name] = pack
        elif argument.shape == "cell":
            named[argument.name] = _cell(argument, given)
    try:
        result = function.calculate(*positional, **named)
    except DataError as error:
        if rows is None or not error.rows:
            raise
        at = [int(used[row]) for row in error.rows]
        raise type(error)(error.message, fix=error.fix, rows=at, **error.values) from error
    if features is not None:
        rows, notes = features.rows, features.notes
    single = (
        features.single
        if features is not None
        else bool(columns) and all(given.single for _, given in columns)
    )
    cells, unknown = _cells(function, result, rows, single=single)
    said = [*_row_reasons(rows, context), *(_sentence(note, context) for note in notes)]
    for table in tables:
        said += [*_row_reasons(table.rows, context), *(_sentence(note, context) for note in table.notes)]
    if unknown:
        why = say(function.missing, context.language)
        numbers = [rows.first + row for row in unknown] if rows and function.result != "cell" else []
        said.append(_rows_named(numbers, why, context) if numbers else why)
    reasons = tuple(Said(function.name, sentence) for sentence in said)
    context.reasons.add(reasons)
    return cells, reasons


def _absent(given: Range) -> bool:
    return given.single and is_blank(given.rows[0][0])


def _features(argument: Argument, given: Range, headers: Range | None) -> FeatureRange:
    if _absent(given) and not argument.either:
        raise DataError(
            "The argument {name} is missing.",
            fix="Give the features range with its header row.",
            name=argument.name,
        )
    return FeatureRange(
        given, None if headers is None or _absent(headers) else headers, either=argument.either
    )


def _pairs(given: Sequence[Range]) -> list[TableRange]:
    """Name and range, name and range …; a blank pair is left out."""
    given = [one for one in given if not _absent(one)]
    if len(given) % 2:
        raise DataError(
            "Further tables come in pairs, a name and a range.", fix='For instance "surveys", S!A:E.'
        )
    found = []
    for name, block in zip(given[::2], given[1::2], strict=True):
        text = name.rows[0][0]
        if name.height != 1 or name.width != 1 or not isinstance(text, str):
            raise DataError(
                "A further table has a range where its name should be.", fix='For instance "surveys", S!A:E.'
            )
        found.append(TableRange(text, block))
    return found


def _cell(argument: Argument, given: Range) -> Any:
    """One value of the argument's kind, its default when blank."""
    if given.height != 1 or given.width != 1:
        raise DataError(
            "{name} is one cell, not {height} rows of {width}.",
            name=argument.name,
            height=given.height,
            width=given.width,
        )
    cell = given.rows[0][0]
    if is_blank(cell):
        if argument.required:
            raise DataError("The argument {name} is missing.", name=argument.name)
        return argument.default
    if isinstance(cell, CellError):
        raise DataError("{name} holds the error {value}.", name=argument.name, value=cell.code)
    if argument.kind == "text":
        return str(cell).strip()
    column = read_column([cell], argument.kind)
    if column.refused:
        reason = column.refused[0]
        raise DataError(
            "{argument}: " + reason.message, fix=reason.fix, argument=argument.name, **reason.values
        )
    (value,) = cells_of(column.values, missing=None)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return argument.default if value is None and not argument.required else value


def _columns(
    columns: Sequence[tuple[Argument, Range]], *, drop_refused: bool
) -> tuple[Rows | None, NDArray[np.intp], list[NDArray], list[Reason]]:
    """The rows of the column arguments, the positions that are used, and their arrays there: blank rows are left out.

    Rows that hold something unusable are left out where each row has its own result; elsewhere that one cell counts
    as missing.
    """
    if not columns:
        return None, np.empty(0, dtype=np.intp), [], []
    heights = {given.height for _, given in columns}
    if len(heights) > 1:
        first = columns[0]
        other = next(column for column in columns if column[1].height != first[1].height)
        raise DataError(
            "{first} has {height} rows and {other} has {others}.", fix="Give columns of the same height.",
            first=first[0].name, height=first[1].height, other=other[0].name, others=other[1].height,
        )  # fmt: skip
    wide = next(((argument, given) for argument, given in columns if given.width > 1), None)
    if wide:
        raise DataError("{name} is one column, not {columns}.", name=wide[0].name, columns=wide[1].width)
    (height,) = heights
    blank = np.logical_and.reduce([blank_rows(given.rows) for _, given in columns])
    rows = Rows(height, blank)
    notes: list[Reason] = []
    arrays = []
    for argument, given in columns:
        column = read_column([row[0] for row in given.rows], argument.kind)
        arrays.append(column.values)
        notes += column.notes
        for row, reason in column.refused.items():
            text = "{argument}: " + reason.message if len(columns) > 1 else reason.message
            rows.refused.setdefault(
                row, Reason(text, reason.fix, {"argument": argument.name, **reason.values})
            )
    used = rows.kept if drop_refused else np.flatnonzero(~blank)
    return rows, used, [array[used] for array in arrays], notes


def _cells(function: ExcelFunction, result: Any, rows: Rows | None, *, single: bool) -> tuple[Any, list[int]]:
    """The result as cells, and the rows that were computed and have none."""
    if function.result == "cell":
        value = result.item() if isinstance(result, np.generic) else result
        there = value is not None and not (isinstance(value, float) and not np.isfinite(value))
        return (value, []) if there else (NOT_AVAILABLE, [0])
    if function.result == "table":
        columns = [cells_of(np.asarray(values), missing=None) for values in result.values()]
        return [list(result), *map(list, zip(*columns, strict=True))], []
    assert rows is not None
    if function.result == "column":
        cells, unknown = _spread(np.asarray(result), rows)
        return (cells[0] if single else [[cell] for cell in cells]), unknown
    spread = [_spread(np.asarray(values), rows) for values in result.values()]
    return [list(result), *map(list, zip(*(cells for cells, _ in spread), strict=True))], spread[-1][1]


def _spread(values: NDArray, rows: Rows) -> tuple[list[Any], list[int]]:
    """Results of the computed rows put back among all rows."""
    computed = cells_of(values, missing=NOT_AVAILABLE)
    kept = rows.kept
    unknown = [row for row, cell in zip(kept.tolist(), computed, strict=True) if cell is NOT_AVAILABLE]
    if len(kept) == rows.height:
        return computed, unknown
    cells: list[Any] = [None] * rows.height
    for row, cell in zip(kept.tolist(), computed, strict=True):
        cells[row] = cell
    for row in rows.refused:
        cells[row] = NOT_AVAILABLE
    return cells, unknown


def _row_reasons(rows: Rows | None, context: Context) -> list[str]:
    """Why rows were left out, the first rows one by one."""
    if rows is None:
        return []
    refused = sorted(rows.refused.items())
    said = [
        _rows_named([rows.first + row], _sentence(reason, context), context)
        for row, reason in refused[:MOST_ROWS_SAID]
    ]
    if len(refused) > MOST_ROWS_SAID:
        said.append(say("… and {count} more rows.", context.language, count=len(refused) - MOST_ROWS_SAID))
    return said


def _rows_named(numbers: Sequence[int], sentence: str, context: Context) -> str:
    shown = ", ".join(str(number) for number in numbers[:MOST_ROWS_SAID]) + (
        " …" if len(numbers) > MOST_ROWS_SAID else ""
    )
    return say(
        "row {rows}: {sentence}" if len(numbers) == 1 else "rows {rows}: {sentence}",
        context.language,
        rows=shown,
        sentence=sentence,
    )


def _sentence(reason: Reason, context: Context) -> str:
    values: Mapping[str, Any] = reason.values
    return " ".join(say(part, context.language, **values) for part in (reason.message, reason.fix) if part)
