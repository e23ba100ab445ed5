"""The single entrance for every host: cells in, cells out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tierbook.errors import DataError, TierbookError
from tierbook.language import say, together
from udfs import registry
from udfs.arguments import Arguments, pack_of, ranges_of, read_arguments
from udfs.cells import Range, Reason, Rows
from udfs.context import DEFAULT, Context, Said, memo_key
from udfs.registry import ExcelFunction
from udfs.results import result_cells

if TYPE_CHECKING:
    from tierbook.rulepack.pack import Pack

# What may differ from one call to the next although the cells are the same.
NEVER_KEPT = frozenset({"reasons", "shelf"})
MOST_REASONS_OF_ONE_CALL = 10
MOST_ROWS_NAMED = 10


class FunctionError(TierbookError):
    """A wrong call. Its text is the sentence a user reads, in the language of the context."""

    def __init__(self, function: str, sentence: str, *, rows: Sequence[int] = ()) -> None:
        super().__init__("{sentence}", place=function, rows=rows, sentence=sentence)


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
        ranges = ranges_of(function, cells)
        pack = pack_of(function, ranges, context)
        key = None if NEVER_KEPT & set(function.given) else memo_key(ranges)
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
    sentence = error.text(context.language)
    if error.rows:
        sentence = _rows_named([error.rows[0] + 1], sentence, context)
    context.reasons.add([Said(name, sentence)])
    return FunctionError(name, sentence, rows=error.rows)


def _calculated(
    function: ExcelFunction, ranges: Sequence[Range], pack: Pack | None, context: Context
) -> tuple[Any, tuple[Said, ...]]:
    arguments = read_arguments(function, ranges, pack, context)
    result = _result(function, arguments)
    cells, unknown = result_cells(function, result, arguments.rows, single=arguments.single)
    said = _row_reasons(arguments.rows, context)
    said += [_sentence(note, context) for note in arguments.notes]
    for table in arguments.tables:
        said += _row_reasons(table.rows, context)
        said += [_sentence(note, context) for note in table.notes]
    if unknown:
        why, rows = say(function.missing, context.language), arguments.rows
        if rows and function.result != "cell":
            why = _rows_named([rows.first + row for row in unknown], why, context)
        said.append(why)
    reasons = tuple(Said(function.name, sentence) for sentence in said)
    context.reasons.add(reasons)
    return cells, reasons


def _result(function: ExcelFunction, arguments: Arguments) -> Any:
    """The calculation; rows it refuses spoil themselves only, where each row has its own result."""
    while True:
        try:
            return function.calculate(*arguments.positional, **arguments.named)
        except DataError as error:
            if not error.rows or arguments.column_rows is None:
                raise
            if function.result != "column":
                rows = [int(arguments.used[row]) for row in error.rows]
                raise DataError(error.message, fix=error.fix, rows=rows, **error.values) from error
            arguments.leave_out(error)  # one kind of mistake at a time, each with its own reason


def _row_reasons(rows: Rows | None, context: Context) -> list[str]:
    """Why rows were left out; rows with one reason are named together."""
    if rows is None:
        return []
    found: dict[str, list[int]] = {}
    for row, reason in sorted(rows.refused.items()):
        found.setdefault(_sentence(reason, context), []).append(rows.first + row)
    said = [_rows_named(numbers, sentence, context) for sentence, numbers in found.items()]
    more = sum(map(len, list(found.values())[MOST_REASONS_OF_ONE_CALL:]))
    del said[MOST_REASONS_OF_ONE_CALL:]
    return [*said, say("… and {count} more rows.", context.language, count=more)] if more else said


def _rows_named(numbers: Sequence[int], sentence: str, context: Context) -> str:
    shown = ", ".join(map(str, numbers[:MOST_ROWS_NAMED])) + (" …" if len(numbers) > MOST_ROWS_NAMED else "")
    template = "row {rows}: {sentence}" if len(numbers) == 1 else "rows {rows}: {sentence}"
    return say(template, context.language, rows=shown, sentence=sentence)


def _sentence(reason: Reason, context: Context) -> str:
    said = together(
        (say(part, context.language, **reason.values) for part in (reason.message, reason.fix) if part),
        context.language,
    )
    return f"{reason.place}: {said}" if reason.place else said
