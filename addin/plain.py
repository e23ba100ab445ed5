"""Cells and result sheets as plain data, for hosts in another process or behind a program's own interface."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from udfs.cells import CellError
from workbooks.sheet_xml import ResultSheet, headers, widths

EPOCH = 25_569  # serial number of 1970-01-01


def plain_sheet(sheet: ResultSheet) -> dict[str, Any]:
    """A result sheet as JSON takes it.

    Returns
    -------
    dict
        `name`, `table` (by which the sheet is found again), `headers`, `formats` (one a column: text, integer, amount,
        ratio, date, score, time), `widths` [characters] and `rows` under the headers; dates are serial numbers.
    """
    names = headers(sheet.headers)
    columns = [_plain_column(sheet.table.column(at)) for at in range(len(names))]
    return {
        "name": sheet.name,
        "table": sheet.table_name,
        "headers": names,
        "formats": list(sheet.formats),
        "widths": widths(sheet, names),
        "rows": list(map(list, zip(*columns, strict=True))),
    }


def plain_rows(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """Cells as JSON takes them: an error cell is `{"error": "#N/A"}`."""
    return [[{"error": cell.code} if isinstance(cell, CellError) else cell for cell in row] for row in rows]


def cells_of_plain(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """The cells behind `plain_rows`."""
    return [[CellError(cell["error"]) if isinstance(cell, dict) else cell for cell in row] for row in rows]


def _plain_column(column: Any) -> list[Any]:
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    if pa.types.is_date(kind):
        return pc.add(column.cast(pa.date32()).cast(pa.int32()), EPOCH).to_pylist()
    if pa.types.is_timestamp(kind):
        micro = column.cast(pa.timestamp("us"), safe=False).cast(pa.int64()).cast(pa.float64())
        return pc.add(pc.divide(micro, 86_400e6), float(EPOCH)).to_pylist()
    if pa.types.is_floating(kind):
        column = column.cast(pa.float64())
        return pc.if_else(pc.is_finite(column), column, pa.scalar(None, pa.float64())).to_pylist()
    if pa.types.is_decimal(kind):
        return column.cast(pa.float64()).to_pylist()
    if pa.types.is_integer(kind) or pa.types.is_boolean(kind):
        return column.to_pylist()
    return column.cast(pa.string()).to_pylist()
