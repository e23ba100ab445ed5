"""Raw cells sorted by what they are: text, numbers, moments, yes/no and error cells of one column.

A typed Arrow column has one such part and is taken as it is; a list of Python cells may have all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from tierbook.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Cells:
    """One column; every part has all rows, null where the cell is something else. `zone` names the time zone
    whose wall time `moment` holds; `errors` are (row, text) of error cells, `beyond` of days no calendar has."""

    length: int
    text: pa.Array | None = None
    number: pa.Array | None = None
    moment: pa.Array | None = None
    truth: pa.Array | None = None
    zone: str = ""
    errors: list[tuple[int, str]] = field(default_factory=list)
    beyond: list[tuple[int, str]] = field(default_factory=list)


def split(values: Sequence[object] | pa.Array | pa.ChunkedArray, *, exact: bool) -> Cells:
    """The parts of a column.

    Parameters
    ----------
    exact : bool
        Whole numbers become text digit for digit instead of passing through a double; for identifiers.
    """
    import pyarrow as pa

    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if isinstance(values, pa.Array):
        return _of_arrow(values, exact)
    return _of_python(values, exact)


def _of_arrow(values: pa.Array, exact: bool) -> Cells:
    import pyarrow as pa

    kind, length = values.type, len(values)
    if pa.types.is_dictionary(kind):
        return _of_arrow(values.dictionary_decode(), exact)
    if pa.types.is_null(kind):
        return Cells(length)
    if pa.types.is_string(kind):
        return Cells(length, text=values)
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return Cells(length, text=values.cast(pa.string()))
    if pa.types.is_boolean(kind):
        return Cells(length, truth=values)
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        values, beyond = _within_calendar(values)
        zone = kind.tz or "" if pa.types.is_timestamp(kind) else ""
        wall = _wall_time(values, zone) if zone else values
        return Cells(length, moment=wall.cast(pa.timestamp("us"), safe=False), zone=zone, beyond=beyond)
    if exact and (pa.types.is_integer(kind) or (pa.types.is_decimal(kind) and kind.scale <= 0)):
        return Cells(length, text=values.cast(pa.string()))
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return Cells(length, number=values.cast(pa.float64(), safe=False))
    # What no table holds (a duration, a list, bytes) is shown cell by cell as what it is.
    return Cells(
        length,
        errors=[(row, str(value)) for row, value in enumerate(values.to_pylist()) if value is not None],
    )


def _wall_time(values: pa.Array, zone: str) -> pa.Array:
    """What the clocks of the time zone showed."""
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        return pc.local_timestamp(values)
    except pa.ArrowInvalid as error:
        raise DataError(
            "The time zone {zone} is not known on this computer.",
            fix="Export the dates without a time zone.",
            zone=zone,
        ) from error


def _within_calendar(values: pa.Array) -> tuple[pa.Array, list[tuple[int, str]]]:
    """Days and moments of the years 1 to 9999; Arrow and Excel know more, calendars and databases do not."""
    import pyarrow as pa
    import pyarrow.compute as pc

    days = pa.types.is_date32(values.type)
    unit = "ms" if pa.types.is_date64(values.type) else "" if days else values.type.unit
    per_day = 1 if days else 86_400 * {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    first, last = max(-719_162 * per_day, -(2**63)), min(2_932_897 * per_day - 1, 2**63 - 1)
    number = values.cast("int32").cast("int64") if days else values.cast("int64")
    outside = pc.fill_null(pc.or_(pc.less(number, first), pc.greater(number, last)), False)
    if not pc.any(outside).as_py():
        return values, []
    rows = np.flatnonzero(outside.to_numpy(zero_copy_only=False))
    numbers = number.to_numpy(zero_copy_only=False)[rows].astype(np.int64)
    texts = numbers.astype(f"datetime64[{'D' if days else unit}]").astype(str)
    beyond = [(int(row), str(text)) for row, text in zip(rows, texts, strict=True)]
    return pc.if_else(outside, None, values), beyond


def _of_python(values: Sequence[object], exact: bool) -> Cells:
    import pyarrow as pa

    length = len(values)
    text: list = [None] * length
    number: list = [None] * length
    moment: list = [None] * length
    truth: list = [None] * length
    errors: list[tuple[int, str]] = []
    for row, value in enumerate(values):
        if value is None:
            continue
        if isinstance(value, str):
            text[row] = value
        elif isinstance(value, bool):
            truth[row] = value
        elif isinstance(value, int) and exact:
            text[row] = str(value)
        elif isinstance(value, int | float | Decimal):
            number[row] = float(value)
        elif isinstance(value, datetime):
            moment[row] = value.replace(tzinfo=None)
        elif isinstance(value, date):
            moment[row] = datetime(value.year, value.month, value.day)
        else:
            errors.append((row, str(getattr(value, "error", value))))

    def part(cells: list, kind: pa.DataType) -> pa.Array | None:
        return pa.array(cells, kind) if any(cell is not None for cell in cells) else None

    return Cells(
        length,
        part(text, pa.string()),
        part(number, pa.float64()),
        part(moment, pa.timestamp("us")),
        part(truth, pa.bool_()),
        "",
        errors,
    )
