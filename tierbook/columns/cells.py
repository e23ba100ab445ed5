"""Raw cells sorted by what they are: text, numbers, moments, yes/no and error cells of one column.

A typed Arrow column has one such part and is taken as it is; a list of Python cells may have all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Cells:
    """One column; every part has all rows, null where the cell is something else. `zone` names the time zone
    whose wall time `moment` holds; `errors` are (row, text) of error cells."""

    length: int
    text: pa.Array | None = None
    number: pa.Array | None = None
    moment: pa.Array | None = None
    truth: pa.Array | None = None
    zone: str = ""
    errors: list[tuple[int, str]] = field(default_factory=list)


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
    import pyarrow.compute as pc

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
    if pa.types.is_timestamp(kind):
        zone = kind.tz or ""
        wall = pc.local_timestamp(values) if zone else values
        return Cells(length, moment=wall.cast(pa.timestamp("us"), safe=False), zone=zone)
    if pa.types.is_date(kind):
        return Cells(length, moment=values.cast(pa.timestamp("us")))
    if exact and (pa.types.is_integer(kind) or (pa.types.is_decimal(kind) and kind.scale <= 0)):
        return Cells(length, text=values.cast(pa.string()))
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return Cells(length, number=values.cast(pa.float64(), safe=False))
    # What no table holds (a duration, a list, bytes) is shown cell by cell as what it is.
    return Cells(
        length,
        errors=[(row, str(value)) for row, value in enumerate(values.to_pylist()) if value is not None],
    )


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
