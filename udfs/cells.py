"""What a host passes and gets back: cells, ranges of cells, and columns of one kind read from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tierbook.errors import DataError
from tierbook.tables import Kind

_ERROR = "The cell holds the error {value}."
_TOO_LARGE_FROM = 1e24  # as in tierbook.columns: beyond it an amount is a mistake
_PLAIN_NUMBERS = {int, float, type(None)}
_NEVER_BLANK = {int, float, bool, date, datetime}
_PLAIN_TEXTS = {str, type(None)}
_PLAIN_DATES = {datetime, date, int, float, type(None)}
_FIRST_SERIAL, _LAST_SERIAL = (
    61,
    2_958_466,
)  # from 1 March 1900, before which Excel's days are off by one, to 9999
_SERIAL_0 = np.datetime64("1899-12-30")
_PLAIN_FLAGS = {bool, type(None)}


@dataclass(frozen=True, slots=True)
class CellError:
    """An error in a cell, such as `CellError("#N/A")`."""

    code: str

    def __str__(self) -> str:
        return self.code


NOT_AVAILABLE = CellError("#N/A")


class Reason(NamedTuple):
    """Why a row is not computed, or what else to say: templates of `tierbook.language` with their values.

    `place` is the column or argument concerned, "" where there is only one.
    """

    message: str
    fix: str
    values: Mapping[str, Any]
    place: str = ""


class Column(NamedTuple):
    """A column of one kind, missing where blank; the rows that hold something else; what is said about it."""

    values: NDArray
    refused: dict[int, Reason]
    notes: list[Reason]


@dataclass(frozen=True)
class Range:
    """A rectangle of cells as a host passes it; `single` when it passed one cell and no list."""

    rows: Sequence[Sequence[Any]]
    single: bool = False

    @property
    def height(self) -> int:
        return len(self.rows)

    @property
    def width(self) -> int:
        return len(self.rows[0]) if self.rows else 0


@dataclass
class Rows:
    """The rows of a range that a function computes, and why it leaves the others out.

    `height` counts all rows, `blank` those with nothing in them, `first` is the number of the first row as a
    reader counts them in the range.
    """

    height: int
    blank: NDArray[np.bool_]
    refused: dict[int, Reason] = field(default_factory=dict)
    first: int = 1

    @property
    def kept(self) -> NDArray[np.intp]:
        """Positions of the rows that are computed."""
        keep = ~self.blank
        keep[list(self.refused)] = False
        return np.flatnonzero(keep)


def as_range(cells: Any) -> Range:
    """The range behind an argument: one cell, a list of rows, or a list of cells as one column.

    Raises
    ------
    DataError
        Rows of different length, or of none.
    """
    if not isinstance(cells, list | tuple):
        return Range(((cells,),), single=True)
    if cells and not isinstance(cells[0], list | tuple):
        return Range([(cell,) for cell in cells])
    if cells and not cells[0]:
        raise DataError("A range has no columns.", fix="Give one rectangle of cells.")
    rows_only = all(issubclass(kind, list | tuple) for kind in set(map(type, cells)))
    if not rows_only or len(set(map(len, cells))) > 1:
        raise DataError("The rows of a range have different lengths.", fix="Give one rectangle of cells.")
    return Range(cells)


def is_blank(cell: Any) -> bool:
    """Nothing in the cell: not 0, and not the text of a formula that shows something."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def blank_rows(rows: Sequence[Sequence[Any]]) -> NDArray[np.bool_]:
    """Which rows hold nothing at all."""
    blank = np.zeros(len(rows), dtype=bool)
    if not rows or not rows[0]:
        return blank
    nothing = (None,) * len(rows[0])
    # Most rows are settled by their first cell, most of the others are the million blank rows of a whole column.
    first = [row[0] for row in rows]
    if set(map(type, first)) <= _NEVER_BLANK:
        return blank
    open_rows = [at for at, cell in enumerate(first) if cell is None or is_blank(cell)]
    blank[[at for at in open_rows if tuple(rows[at]) == nothing or all(map(is_blank, rows[at]))]] = True
    return blank


def read_column(cells: Iterable[Any], kind: Kind, *, choices: Mapping[str, str] | None = None) -> Column:
    """Cells of one column as an array of that kind.

    Parameters
    ----------
    cells : iterable
        Numbers, texts, dates, None, `CellError`. `#N/A` is a missing number or date, any other error is refused.
    kind : Kind
        What `tierbook.tables` calls the type of a column.
    choices : mapping, optional
        What people write -> the name rules use.

    Returns
    -------
    Column
        number, money, share, yes_no: float64 (1 and 0 for yes and no); id, text: object; date: datetime64[D];
        time: datetime64[us].
    """
    plain = list(cells)
    refused = _take_out_errors(plain, missing=kind not in ("id", "text"))
    values = _plain_column(plain, kind, choices)
    return Column(values, refused, []) if values is not None else _read_column(plain, kind, choices, refused)


def is_missing(values: NDArray) -> NDArray[np.bool_]:
    """Which elements of an array are missing: NaN, NaT, None."""
    if values.dtype.kind == "f":
        return ~np.isfinite(values)
    if values.dtype.kind == "M":
        return np.isnat(values)
    return np.array([value is None for value in values.tolist()], dtype=bool)


def cells_of(values: NDArray, *, missing: CellError | None) -> list[Any]:
    """An array as cells: dates as `datetime`, missing values as `missing`."""
    if values.dtype.kind == "f":
        cells = values.tolist()
        for position in np.flatnonzero(~np.isfinite(values)).tolist():
            cells[position] = missing
        return cells
    if values.dtype.kind == "M":
        cells = values.astype("datetime64[us]").tolist()
        return [missing if cell is None else cell for cell in cells] if np.isnat(values).any() else cells
    if values.dtype.kind == "O":
        return [missing if cell is None else cell for cell in values.tolist()]
    return values.tolist()


def _take_out_errors(cells: list[Any], *, missing: bool) -> dict[int, Reason]:
    """Error cells become None; all are refused but `#N/A` where it stands for a missing value."""
    refused: dict[int, Reason] = {}
    if CellError in set(map(type, cells)):
        for position, cell in enumerate(cells):
            if isinstance(cell, CellError):
                cells[position] = None
                if not (missing and cell == NOT_AVAILABLE):
                    refused[position] = Reason(
                        _ERROR, "Correct the formula or leave the cell blank.", {"value": cell.code}
                    )
    return refused


def _plain_column(cells: list[Any], kind: Kind, choices: Mapping[str, str] | None) -> NDArray | None:
    """The array of a column that needs no reading: every cell is already what it should be."""
    kinds = set(map(type, cells))
    if kind not in ("id", "text") and str in kinds:
        cells[:] = [None if isinstance(cell, str) and not cell.strip() else cell for cell in cells]
        kinds = set(map(type, cells))
    if kind in ("number", "money", "share") and kinds <= _PLAIN_NUMBERS:
        try:
            values = np.array(cells, dtype=float)
        except OverflowError:  # a whole number beyond any double is refused as what it is, a row of digits
            cells[:] = [
                str(cell) if isinstance(cell, int) and abs(cell) > _TOO_LARGE_FROM else cell for cell in cells
            ]
            return None
        with np.errstate(invalid="ignore"):
            plain = np.count_nonzero(np.abs(values) < _TOO_LARGE_FROM) + cells.count(None) == len(cells)
        return values if plain else None
    if kind == "id" and kinds <= _PLAIN_TEXTS:
        return _objects([cell.strip() or None if cell else None for cell in cells])
    if kind == "text" and kinds <= _PLAIN_TEXTS:
        known = {word.casefold(): name for word, name in (choices or {}).items()}
        # Texts of a column repeat, so each distinct one is looked at once.
        meant = {
            text: None if is_blank(text) else known.get(text.strip().casefold(), text) for text in set(cells)
        }
        return _objects([meant[text] for text in cells])
    if kind == "yes_no" and kinds <= _PLAIN_FLAGS:
        return np.array(cells, dtype=float)
    if kind == "date" and kinds <= _PLAIN_DATES:
        return _plain_dates(cells)
    return None


def _plain_dates(cells: Sequence[Any]) -> NDArray | None:
    """Days of dates and of serial numbers, which is how most hosts pass a date."""
    numbers = [cell for cell in cells if isinstance(cell, int | float)]
    if not all(_FIRST_SERIAL <= number < _LAST_SERIAL for number in numbers):
        return None
    if not numbers:
        return np.array(
            [None if cell is None else cell.isoformat()[:10] for cell in cells], dtype="datetime64[D]"
        )
    # Whole microseconds first, as tierbook.columns does: 45321.999999999996 is midnight of the next day.
    days = np.array([cell if isinstance(cell, int | float) else np.nan for cell in cells], dtype=float)
    known = ~np.isnan(days)
    values = np.full(len(cells), np.datetime64("NaT"), dtype="datetime64[D]")
    whole = np.floor_divide(np.rint(days[known] * 86_400_000_000), 86_400_000_000).astype(np.int64)
    values[known] = _SERIAL_0 + whole
    for position, cell in enumerate(cells):
        if isinstance(cell, date):
            values[position] = cell.isoformat()[:10]
    return values


def _read_column(
    cells: list[Any], kind: Kind, choices: Mapping[str, str] | None, refused: dict[int, Reason]
) -> Column:
    from tierbook.columns import type_column

    typed = type_column(cells, kind, choices=choices)
    for refusal in typed.refused:
        refused[refusal.row] = Reason(refusal.message, refusal.fix, refusal.values)
    for note in typed.notes:
        if note.level == "error":
            raise DataError(note.message, fix=note.fix, rows=note.rows, **note.values)
    notes = [Reason(note.message, note.fix, note.values) for note in typed.notes if note.level == "warning"]
    if kind in ("id", "text"):
        values = _objects(typed.array.to_pylist())
    elif kind == "yes_no":
        values = np.array(typed.array.to_pylist(), dtype=float)
    else:
        values = typed.array.to_numpy(zero_copy_only=False)
    return Column(values, refused, notes)


def _objects(values: list[Any]) -> NDArray[np.object_]:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array
