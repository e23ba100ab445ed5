"""The arguments of one call: cells read into what the calculation of a function takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tierbook.errors import DataError
from udfs.cells import (
    CellError,
    Range,
    Reason,
    Rows,
    as_range,
    blank_rows,
    cells_of,
    is_blank,
    is_missing,
    read_column,
)
from udfs.context import Context
from udfs.feature_range import FeatureRange
from udfs.headed_range import HeadedRange
from udfs.registry import Argument, ExcelFunction
from udfs.table_range import TableRange

if TYPE_CHECKING:
    from tierbook.rulepack.pack import Pack

NOTHING = Range(((None,),), single=True)


@dataclass
class Arguments:
    """What a calculation is called with: columns, features and tables by position, all else by name.

    `columns` are the arrays at the head of `positional`; `used` says at which rows of the range their elements stand.
    """

    named: dict[str, Any]
    columns: list[NDArray] = field(default_factory=list)
    column_rows: Rows | None = None
    used: NDArray[np.intp] = field(default_factory=lambda: np.empty(0, dtype=np.intp))
    column_notes: list[Reason] = field(default_factory=list)
    features: FeatureRange | HeadedRange | None = None
    tables: list[TableRange] = field(default_factory=list)
    others: list[Any] = field(default_factory=list)
    single: bool = False

    @property
    def positional(self) -> list[Any]:
        """Columns first, then features and tables, as declared."""
        return [*self.columns, *self.others]

    @property
    def rows(self) -> Rows | None:
        """The rows a result belongs to."""
        return self.features.rows if self.features else self.column_rows

    @property
    def notes(self) -> list[Reason]:
        """What is said beside the result."""
        return [*self.column_notes, *(self.features.notes if self.features else [])]

    def leave_out(self, error: DataError) -> None:
        """Take rows that the calculation refused out of the columns."""
        assert self.column_rows is not None
        reason = Reason(error.message, error.fix, error.values)
        self.column_rows.refused |= {int(self.used[row]): reason for row in error.rows}
        kept = np.setdiff1d(np.arange(len(self.used)), error.rows)
        self.used, self.columns = self.used[kept], [column[kept] for column in self.columns]


def ranges_of(function: ExcelFunction, cells: Sequence[Any]) -> list[Range]:
    """One range per argument, a blank cell for each left out at the end; more only where pairs may follow."""
    declared = function.arguments
    takes = ", ".join(one.name if one.required else f"[{one.name}]" for one in declared) or "-"
    if len(cells) > len(declared) and not (declared and declared[-1].shape == "pairs"):
        raise DataError(
            "{count} arguments are too many.", fix="It takes {names}.", count=len(cells), names=takes
        )
    missing = [argument.name for argument in declared[len(cells) :] if argument.required]
    if missing:
        raise DataError(
            "The argument {name} is missing.", fix="It takes {names}.", name=missing[0], names=takes
        )
    ranges = []
    for position, given in enumerate(cells):
        try:
            ranges.append(as_range(given))
        except DataError as error:
            raise error.at(declared[min(position, len(declared) - 1)].name) from error
    return ranges + [NOTHING] * (len(declared) - len(cells))


def pack_of(function: ExcelFunction, ranges: Sequence[Range], context: Context) -> Pack | None:
    """The rule pack of the call, None for a function without one."""
    for argument, given in zip(function.arguments, ranges, strict=False):
        if argument.shape == "pack":
            return context.rule_pack(_cell(argument, given))
    return None


def read_arguments(
    function: ExcelFunction, ranges: Sequence[Range], pack: Pack | None, context: Context
) -> Arguments:
    """Every argument as the calculation takes it.

    Raises
    ------
    DataError
        A wrong call: columns of different height, a missing table column, a text for a number.
    """
    found = Arguments({name: getattr(context, name) for name in function.given})
    columns = []
    headers = _headers(function, ranges)
    for position, (argument, given) in enumerate(zip(function.arguments, ranges, strict=False)):
        if argument.shape == "column":
            if argument.required or not _absent(given):
                columns.append((argument, given))
        elif argument.shape == "features":
            found.features = _features(argument, given, headers)
            found.single = given.single
            found.others.append(found.features)
        elif argument.shape == "headed":
            found.features = HeadedRange(given)
            found.others.append(found.features)
        elif argument.shape == "table":
            table = None if _absent(given) and not argument.required else TableRange(argument.table, given)
            found.others.append(table)
            found.tables += [table] if table else []
        elif argument.shape == "range":
            found.others.append(given)
        elif argument.shape == "pairs":
            pairs = _pairs(ranges[position:])
            found.others.append(pairs)
            found.tables += pairs
        elif argument.shape == "pack":
            found.named[argument.name] = pack
        elif argument.shape == "cell":
            found.named[argument.name] = _cell(argument, given)
    if columns:
        found.single = all(given.single for _, given in columns)
        _read_columns(found, _repeated(columns), function)
    return found


def _absent(given: Range) -> bool:
    return given.single and is_blank(given.rows[0][0])


def _headers(function: ExcelFunction, ranges: Sequence[Range]) -> Range | None:
    for argument, given in zip(function.arguments, ranges, strict=False):
        if argument.shape == "headers" and not _absent(given):
            return given
    return None


def _features(argument: Argument, given: Range, headers: Range | None) -> FeatureRange:
    if _absent(given) and not argument.either:
        raise DataError(
            "The argument {name} is missing.",
            fix="Give the features range with its header row.",
            name=argument.name,
        )
    return FeatureRange(given, headers, either=argument.either)


def _pairs(given: Sequence[Range]) -> list[TableRange]:
    """Name and range, name and range …; blank cells are left out."""
    given = [one for one in given if not _absent(one)]
    if len(given) % 2:
        raise DataError(
            "Further tables come in pairs, a name and a range.", fix='For instance "surveys", S!A:E.'
        )
    found = []
    for name, block in zip(given[::2], given[1::2], strict=True):
        text = name.rows[0][0] if name.height == name.width == 1 else None
        if not isinstance(text, str):
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
            name=argument.name, height=given.height, width=given.width,
        )  # fmt: skip
    cell = given.rows[0][0]
    if isinstance(cell, CellError):
        raise DataError("{name} holds the error {value}.", name=argument.name, value=cell.code)
    value: Any = None if is_blank(cell) else _typed_cell(argument, cell)
    if value is None:
        if argument.required:
            raise DataError("The argument {name} is missing.", name=argument.name)
        return argument.default
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _typed_cell(argument: Argument, cell: Any) -> Any:
    if argument.kind == "text":
        # Spreadsheets pass every number as a double: customer 2 arrives as 2.0.
        whole = isinstance(cell, float) and cell.is_integer()
        return str(int(cell) if whole else cell).strip()
    column = read_column([cell], argument.kind)
    if column.refused:
        reason = column.refused[0]
        raise DataError(reason.message, fix=reason.fix, place=argument.name, **reason.values)
    return cells_of(column.values, missing=None)[0]


def _repeated(columns: Sequence[tuple[Argument, Range]]) -> list[tuple[Argument, Range]]:
    """Single cells that hold for all rows, as columns; blank where all the other columns are."""
    tall = [given for _, given in columns if not given.single]
    if not tall:
        return list(columns)
    blank = np.logical_and.reduce(
        [blank_rows(given.rows) for given in tall if given.height == tall[0].height]
    )
    return [
        (argument, Range([(None,) if nothing else given.rows[0] for nothing in blank.tolist()]))
        if argument.repeats and given.single
        else (argument, given)
        for argument, given in columns
    ]


def _read_columns(
    found: Arguments, columns: Sequence[tuple[Argument, Range]], function: ExcelFunction
) -> None:
    """The arrays of the column arguments.

    Blank rows are left out, and so are rows that hold something unusable where each row has its own result or only
    complete rows count; elsewhere that one cell counts as missing.
    """
    (first, given), *others = columns
    for argument, other in others:
        if other.height != given.height:
            raise DataError(
                "{first} has {height} rows and {other} has {others}.", fix="Give columns of the same height.",
                first=first.name, height=given.height, other=argument.name, others=other.height,
            )  # fmt: skip
    for argument, one in columns:
        if one.width > 1:
            raise DataError("{name} is one column, not {columns}.", name=argument.name, columns=one.width)
    blank = np.logical_and.reduce([blank_rows(one.rows) for _, one in columns])
    rows = Rows(given.height, blank)
    arrays = []
    for argument, one in columns:
        column = read_column([row[0] for row in one.rows], argument.kind)
        arrays.append(column.values)
        place = argument.name if others else ""
        found.column_notes += [note._replace(place=place) for note in column.notes]
        for row, reason in column.refused.items():
            rows.refused.setdefault(row, reason._replace(place=place))
        if function.complete:
            for row in np.flatnonzero(is_missing(column.values) & ~blank).tolist():
                rows.refused.setdefault(row, Reason("The cell is blank.", "", {}, place))
    each_by_itself = function.complete or function.result in ("column", "columns")
    found.used = rows.kept if each_by_itself else np.flatnonzero(~blank)
    found.columns = [array[found.used] for array in arrays]
    found.column_rows = rows
