"""How good the fields of customer records are: filled, valid, current (`spec/systems.md` D1)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from tierbook.tables import TABLES

if TYPE_CHECKING:
    import pyarrow as pa

CURRENT_DAYS = 365
"""A field is current where its record was looked at within so many days before `as_of`. [days]"""

_DIGITS = r"^[^0-9]*(?:[0-9][^0-9]*){7,15}$"
_LOOKS = {
    "mobile": _DIGITS,
    "phone": _DIGITS,
    "email": r"^[^@\s]+@[^@\s]+\.[^@\s]+$",
    "tax_no": r"^[0-9A-Za-z -]{8,24}$",
    "document_no": r"^[0-9A-Za-z -]{6,24}$",
}
_BETWEEN = {"latitude": (-90.0, 90.0), "longitude": (-180.0, 180.0)}
_NOT_NEGATIVE = ("credit_limit", "credit_days", "budget", "assets")
_PAST = ("birthday", "joined", "updated")


class FieldQuality(NamedTuple):
    """One field: records that have it, those where it can be right, and those looked at lately; `current` is None where
    no record says when it was updated."""

    field: str
    filled: int
    valid: int
    current: int | None


def field_quality(records: pa.Table, *, as_of: date) -> list[FieldQuality]:
    """The known fields of the records, in the order of the specification.

    A number of a telephone has 7 to 15 digits, an address of mail has one @, a coordinate is on earth, a limit is not
    negative, a birthday lies in the past, and a word is one of those rules know; any other value is valid.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    recent = None
    if "updated" in records.column_names and records["updated"].null_count < len(records):
        day = records["updated"].cast(pa.date32())
        recent = pc.fill_null(pc.greater(day, pa.scalar(as_of - timedelta(days=CURRENT_DAYS))), False)
    found = []
    for column in TABLES["customers"].columns:
        name = column.name
        if name not in records.column_names:
            continue
        there = records[name].is_valid()
        right = pc.fill_null(_valid(records[name], name, set(column.choices.values()), as_of), False)
        current = None if recent is None else _count(pc.and_(there, recent))
        found.append(FieldQuality(name, _count(there), _count(right), current))
    return found


def _valid(values: pa.ChunkedArray, name: str, choices: set[str], as_of: date) -> pa.ChunkedArray:
    import pyarrow as pa
    import pyarrow.compute as pc

    if name in _LOOKS:
        return pc.match_substring_regex(values.cast(pa.string()), _LOOKS[name])
    if name in _BETWEEN:
        low, high = _BETWEEN[name]
        return pc.and_(pc.greater_equal(values, low), pc.less_equal(values, high))
    if name in _NOT_NEGATIVE:
        return pc.greater_equal(values, 0)
    if name in _PAST:
        return pc.less_equal(values.cast(pa.date32()), pa.scalar(as_of))
    if choices:
        return pc.is_in(values.cast(pa.string()), value_set=pa.array(sorted(choices)))
    return values.is_valid()


def _count(mask: pa.ChunkedArray) -> int:
    import pyarrow.compute as pc

    return int(pc.sum(mask).as_py() or 0)
