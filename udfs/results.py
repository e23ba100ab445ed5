"""Results of a calculation as cells, and the rows that have none."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from udfs.cells import NOT_AVAILABLE, Rows, cells_of, is_missing
from udfs.registry import ExcelFunction


def result_cells(
    function: ExcelFunction, result: Any, rows: Rows | None, *, single: bool
) -> tuple[Any, list[int]]:
    """The cells a host shows.

    Parameters
    ----------
    result
        What the calculation gave: a value; an array with one element for each computed row; named arrays.
    rows : Rows
        The rows of the input, where there is one result for each of them.
    single : bool
        One cell in, one cell out.

    Returns
    -------
    cells, rows
        The rows (positions) that were computed and have no result.
    """
    with _collector_at_rest():
        return _as_cells(function, result, rows, single=single)


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Rows are made by the hundred thousand without a cycle in them, and Python would look for one again and again."""
    works = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if works:
            gc.enable()


def _as_cells(
    function: ExcelFunction, result: Any, rows: Rows | None, *, single: bool
) -> tuple[Any, list[int]]:
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
    unknown = kept[is_missing(values)].tolist()
    if len(kept) == rows.height:
        return computed, unknown
    cells: list[Any] = [None] * rows.height
    for row, cell in zip(kept.tolist(), computed, strict=True):
        cells[row] = cell
    for row in rows.refused:
        cells[row] = NOT_AVAILABLE
    return cells, unknown
