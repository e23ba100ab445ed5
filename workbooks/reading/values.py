"""Values of one raw column made ready for typing: merged keys filled down, numbers told from texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tierbook.columns import Typed, type_column
from tierbook.tables import Column
from workbooks.reading.raw import RawTable, Reading

if TYPE_CHECKING:
    import pyarrow as pa


def typed_column(
    raw: RawTable, values: pa.Array, at: int, column: Column, rows: np.ndarray, reading: Reading
) -> Typed:
    """The typed column.

    Where the bulk reader has made text of numbers and texts alike, and it matters (a long identifier, a point
    in a column whose decimal sign is a comma), the numbers are told apart first.

    Parameters
    ----------
    values : Arrow array (n,)
        Cells of the column at position `at`.
    rows : int array (n,)
        Raw row of each cell.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    settings: dict[str, Any] = {
        "decimal": reading.decimal,
        "day_first": reading.day_first,
        "date1904": raw.date1904,
        "choices": column.choices,
    }
    pattern = _doubtful(column, reading)
    if raw.numeric is None or pattern is None or not pa.types.is_string(values.type):
        return type_column(values, column.kind, **settings)
    doubtful = pc.fill_null(pc.match_substring_regex(values, pattern), False).to_numpy(zero_copy_only=False)
    if not doubtful.any():
        return type_column(values, column.kind, **settings)
    numbers = doubtful & raw.numeric(raw.positions[at])[rows]
    cells: list[Any] = values.to_pylist()
    for row in np.flatnonzero(numbers):
        cells[row] = float(cells[row])
    return type_column(cells, column.kind, **settings)


def _doubtful(column: Column, reading: Reading) -> str | None:
    """Texts that mean another thing when the cell was a number."""
    if column.kind == "id":
        return r"^-?\d{16,}$"
    if column.kind in ("number", "money", "share") and reading.decimal == ",":
        return r"^-?\d+\.\d+$"
    return None


def filled_down(
    raw: RawTable, values: pa.Array, at: int, rows: np.ndarray
) -> tuple[pa.Array, list[tuple[int, str]]]:
    """Merged keys: every row of a merged range gets the value of its first.

    Returns
    -------
    Arrow array (n,)
    list of (row, range)
        First row of each range that was filled, and its address.
    """
    import pyarrow as pa

    cells = values.to_pylist()
    numbers, position = raw.rows[rows], raw.positions[at]
    filled = []
    for top, left, bottom, right in raw.merged:
        inside = np.flatnonzero((numbers >= top) & (numbers <= bottom))
        if left <= position <= right and len(inside) > 1 and numbers[inside[0]] == top:
            for row in inside[1:]:
                cells[row] = cells[inside[0]]
            filled.append((int(inside[0]), raw.word_of_range(top, left, bottom, right)))
    return pa.array(cells, values.type), filled
