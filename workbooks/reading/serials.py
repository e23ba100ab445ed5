"""Date cells of a workbook that are no dates: serials 0, 60, negative, and beyond the year 9999.

The bulk reader makes dates of them all: 0 becomes 31 December 1899, 60 (a 29 February 1900 that never was) becomes
28 February, as 59 does. Nobody's data has that day, so it is taken for the 60 it almost always is.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from tierbook.columns import Refusal, quoted

if TYPE_CHECKING:
    import pyarrow as pa

_FEBRUARY = date(1900, 2, 28)


def impossible_dates(values: pa.Array, *, date1904: bool) -> dict[int, Refusal]:
    """Cells of a sheet's date column that are no dates, by row.

    Parameters
    ----------
    values : Arrow array (n,)
        Date cells as timestamps, or as text where a column holds both: `1899-12-31 00:00:00`.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    found: dict[int, Refusal] = {}
    if pa.types.is_timestamp(values.type):
        bounds = pc.min_max(values.cast("timestamp[ms]").cast("int64")).as_py()
        first, last = (
            (datetime(1904, 1, 1) if date1904 else datetime(1900, 3, 1)),
            datetime(9999, 12, 31, 23, 59, 59),
        )
        if bounds["min"] is None or (_milli(first) <= bounds["min"] and bounds["max"] <= _milli(last)):
            return {}
        numbers = values.cast("timestamp[ms]").to_numpy(zero_copy_only=False)
        for row in np.flatnonzero((numbers < np.datetime64(first)) | (numbers > np.datetime64(last))):
            text = str(numbers[row]).replace("T", " ").removesuffix(".000")
            if refusal := _refusal(int(row), text, date1904):
                found[int(row)] = refusal
    elif pa.types.is_string(values.type):
        shape = pc.match_substring_regex(
            values, r"^(?:\+\d{5}|0\d{3}|1[0-8]\d{2}|190[0-3])-\d{2}-\d{2} \d{2}:\d{2}:\d{2}"
        )
        for row in np.flatnonzero(pc.fill_null(shape, False).to_numpy(zero_copy_only=False)):
            if refusal := _refusal(int(row), values[int(row)].as_py(), date1904):
                found[int(row)] = refusal
    return found


def _refusal(row: int, text: str, date1904: bool) -> Refusal | None:
    day = text[:10]
    if not text[0].isdigit() or len(text.split("-")[0]) > 4:
        return _said(row, text, "{value} is beyond the year 9999.", {"value": quoted(text)})
    first = "1904-01-01" if date1904 else "1900-01-01"
    if day < first:
        return _said(
            row, text, "The cell holds a date before the first day Excel knows, {first}.", {"first": first}
        )
    if not date1904 and day == _FEBRUARY.isoformat():
        return _said(
            row,
            text,
            "The cell holds serial 60: the day {value}, which does not exist.",
            {"value": "1900-02-29"},
        )
    return None


def _said(row: int, text: str, message: str, values: dict[str, Any]) -> Refusal:
    return Refusal(row, text, message, "Enter a date such as 2024-01-31.", values)


def _milli(moment: datetime) -> int:
    return int((moment - datetime(1970, 1, 1)).total_seconds() * 1000)
