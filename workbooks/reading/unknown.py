"""Columns no table knows: kept with the type found, so that rules and breakdowns can use them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tierbook.columns import Note, type_column
from workbooks.reading.raw import Reading

if TYPE_CHECKING:
    import pyarrow as pa

_DATE = r"^\s*(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{4} ?年 ?\d{1,2} ?月 ?\d{1,2} ?日?|\d{1,2}\.\d{1,2}\.\d{4})(?:[T ].*)?\s*$"
_NUMBER = {
    ".": r"^\s*-?(?:0|[1-9]\d{0,14})(?:\.\d+)?\s*$",
    ",": r"^\s*-?(?:0|[1-9]\d{0,14})(?:,\d+)?\s*$",
}


def type_unknown(values: pa.Array, reading: Reading, date1904: bool) -> tuple[pa.Array, list[Note]]:
    """The column as dates, numbers, yes/no or text, whatever all its cells are.

    A text column becomes dates or numbers only when every cell that is not blank is one: `007` stays text.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = values.type
    if pa.types.is_dictionary(kind):
        values, kind = values.dictionary_decode(), kind.value_type
    settings: dict[str, Any] = {
        "decimal": reading.decimal,
        "day_first": reading.day_first,
        "date1904": date1904,
    }
    if pa.types.is_boolean(kind):
        return values, []
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return _dates(type_column(values, "time", **settings).array), []
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return values.cast(pa.float64(), safe=False), []
    text = type_column(values, "text").array
    if text.null_count == len(text):
        return text, []
    if pc.all(pc.match_substring_regex(text, _DATE)).as_py():
        typed = type_column(text, "time", **settings)
        if not typed.refused and not any(note.level == "error" for note in typed.notes):
            return _dates(typed.array), typed.notes
    if pc.all(pc.match_substring_regex(text, _NUMBER[reading.decimal])).as_py():
        return type_column(text, "number", **settings).array, []
    return text, []


def _dates(moments: pa.Array) -> pa.Array:
    """Days where no cell has a time of day."""
    import pyarrow as pa
    import pyarrow.compute as pc

    days = moments.cast(pa.date32(), safe=False)
    return days if pc.all(pc.equal(days.cast(moments.type), moments)).as_py() is not False else moments
