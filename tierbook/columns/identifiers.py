"""Columns of identifiers and of text: digits stay digits, `007` is not `7`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from tierbook.columns.cells import Cells
from tierbook.columns.typed import (
    BLANKS,
    Note,
    Typed,
    Unreadable,
    blank_to_null,
    error_cells,
    few,
    quoted,
    refusal,
    typed_of,
    where,
)

if TYPE_CHECKING:
    import pyarrow as pa

LARGE = 1e15
_MANGLED_ID = r"^[+-]?\d(?:[.,]\d+)?E\+\d{2,}$"
_DATE_IN_ID = r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$"
_LOST_DIGITS = Unreadable(
    "The number {value} has more than 15 digits and Excel has already lost some of them.",
    "Enter the identifier again as text.",
)


def id_column(cells: Cells) -> Typed:
    """A column of identifiers as texts: no number passes through a float, no spaces around them, blank is missing."""
    import pyarrow.compute as pc

    refused, notes = error_cells(cells), []
    parts = []
    if cells.text is not None:
        trimmed = blank_to_null(pc.utf8_trim(cells.text, characters=BLANKS))
        changed = where(pc.and_(pc.is_valid(trimmed), pc.not_equal(trimmed, cells.text)))
        if len(changed):
            notes.append(
                Note("warning", "Identifiers with spaces around them: {count}; the spaces are left out.", values={"count": len(changed)}, rows=few(changed))
            )  # fmt: skip
        mangled = _matching(trimmed, "E+", _MANGLED_ID)
        if len(mangled):
            notes.append(
                Note(
                    "warning",
                    "Identifiers such as {value}: {count}. Excel has turned long numbers into powers of ten and their digits are lost.",
                    "Enter them again as text.",
                    {"count": len(mangled), "value": quoted(trimmed[int(mangled[0])])},
                    few(mangled),
                )
            )  # fmt: skip
        notes += _dates_in_ids(trimmed, _matching(trimmed, ":", _DATE_IN_ID))
        parts.append(trimmed)
    if cells.number is not None:
        lost = pc.greater_equal(pc.abs(cells.number), LARGE)
        refused += [
            refusal(int(row), f"{cells.number[int(row)].as_py():.0f}", _LOST_DIGITS) for row in where(lost)
        ]
        parts.append(_digits(pc.if_else(lost, None, cells.number)))
    if cells.moment is not None:
        text = pc.strftime(cells.moment.cast("timestamp[s]"), format="%Y-%m-%d %H:%M:%S")
        notes += _dates_in_ids(text, where(pc.is_valid(text)))
        parts.append(text)
    if cells.truth is not None:
        parts.append(_truth_words(cells.truth))
    return typed_of(cells, parts, "string", refused, notes)


def _matching(text: pa.Array, hint: str, pattern: str) -> np.ndarray:
    """Rows that match a pattern; the pattern is tried only where its hint occurs at all."""
    import pyarrow.compute as pc

    if not pc.any(pc.match_substring(text, hint)).as_py():
        return np.array([], int)
    return where(pc.match_substring_regex(text, pattern))


def _dates_in_ids(text: pa.Array, rows: np.ndarray) -> list[Note]:
    if not len(rows):
        return []
    return [
        Note(
            "warning",
            "Identifiers that are dates, such as {value}: {count}. Excel may have turned text into a date.",
            "Enter them again as text.",
            {"count": len(rows), "value": quoted(text[int(rows[0])])},
            few(rows),
        )
    ]


def text_column(cells: Cells, choices: Mapping[str, str]) -> Typed:
    """A column of texts; `choices` names what people write for the words a column may hold."""
    import pyarrow as pa
    import pyarrow.compute as pc

    parts = []
    if cells.text is not None:
        blank = pc.equal(pc.utf8_trim_whitespace(cells.text), "")
        text = pc.if_else(blank, None, cells.text)
        if choices:
            known = {word.casefold(): name for word, name in choices.items()}
            encoded = text.dictionary_encode()
            words = [known.get(word.strip().casefold(), word) for word in encoded.dictionary.to_pylist()]
            text = pa.array(words, pa.string()).take(encoded.indices)
        parts.append(text)
    if cells.number is not None:
        parts.append(_digits(cells.number))
    if cells.moment is not None:
        text = pc.strftime(cells.moment.cast("timestamp[s]"), format="%Y-%m-%d %H:%M:%S")
        parts.append(pc.replace_substring(text, " 00:00:00", ""))
    if cells.truth is not None:
        parts.append(_truth_words(cells.truth))
    return typed_of(cells, parts, "string", error_cells(cells), [])


def _digits(number: pa.Array) -> pa.Array:
    """1001.0 -> `1001`, 2.5 -> `2.5`, NaN -> null."""
    import pyarrow.compute as pc

    number = pc.if_else(pc.is_finite(number), number, None)
    whole = pc.and_(pc.equal(pc.floor(number), number), pc.less(pc.abs(number), 9e15))
    text = pc.cast(pc.cast(pc.if_else(whole, number, None), "int64"), "string")
    return pc.coalesce(text, pc.cast(number, "string"))


def _truth_words(truth: pa.Array) -> pa.Array:
    import pyarrow.compute as pc

    return pc.if_else(truth, "TRUE", "FALSE")
