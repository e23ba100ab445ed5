"""What typing a column gives back, and the tools every kind of column shares."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tierbook.columns.cells import Cells
from tierbook.quality import Level

if TYPE_CHECKING:
    import pyarrow as pa

# Blank in number and date columns; in text columns only blank is blank: a customer may be called NA.
MISSING_WORDS = ("", "-", "--", "–", "—", "n/a", "na", "#n/a", "null", "无")
BLANKS = " \t\r\n\v\f\u00a0\u2007\u202f\u3000\ufeff"


class Unreadable(NamedTuple):
    """Why a value is none of its kind, as templates."""

    message: str
    fix: str = ""


_BEYOND = Unreadable("{value} is outside the years 1 to 9999.", "Enter a date such as 2024-01-31.")


@dataclass(frozen=True)
class Refusal:
    """A cell that is no value of its column's kind: position, what it holds, and why, as templates."""

    row: int
    value: str
    message: str
    fix: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Note:
    """Something said about a whole column.

    `rows` are the cells to show; where the message has a `{cells}`, the caller puts their places in. Level
    `error` means that the column cannot be used at all.
    """

    level: Level
    message: str
    fix: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    rows: tuple[int, ...] = ()


@dataclass(frozen=True)
class Typed:
    """A typed column; refused cells are null in `array`."""

    array: pa.Array
    refused: list[Refusal]
    notes: list[Note]


# Control characters, line separators, and marks that reverse what follows.
_STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def quoted(value: object) -> str:
    """A cell's content inside a sentence; signs that steer a terminal or turn the line round are written out."""
    text = _STEERING.sub(lambda sign: sign[0].encode("unicode_escape").decode(), str(value))
    return f'"{text if len(text) <= 60 else text[:57] + "…"}"'


class Distinct:
    """Distinct values of a column and where they stand: each is examined once, however often it repeats."""

    def __init__(self, array: pa.Array) -> None:
        import pyarrow.compute as pc

        encoded = array.dictionary_encode()
        self.words: list = encoded.dictionary.to_pylist()
        self._indices = encoded.indices
        self.codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)

    def spread(self, values: pa.Array) -> pa.Array:
        """One value per distinct word, laid out over the rows."""
        return values.take(self._indices)

    def first(self, position: int) -> int:
        """First row of a distinct word."""
        return int(np.argmax(self.codes == position))

    def rows(self, wanted: Callable[[Any], object], outcomes: list) -> np.ndarray:
        """Rows whose outcome is wanted."""
        chosen = [at for at, outcome in enumerate(outcomes) if wanted(outcome)]
        return np.flatnonzero(np.isin(self.codes, chosen)) if chosen else np.array([], int)

    def refusals(self, outcomes: list) -> list[Refusal]:
        """One refusal per row of every unreadable word."""
        rows = self.rows(lambda outcome: isinstance(outcome, Unreadable), outcomes)
        return [
            refusal(int(row), shown(self.words[self.codes[row]]), outcomes[self.codes[row]]) for row in rows
        ]


def is_missing(word: str) -> bool:
    """Whether a text in a number or date column says that there is nothing."""
    return word.strip(BLANKS).casefold() in MISSING_WORDS


def missing_words(distinct: Distinct, outcomes: list) -> list[Note]:
    """What is said where words such as `none` were read as missing."""
    words = [
        word
        for word, outcome in zip(distinct.words, outcomes, strict=True)
        if outcome is None and word.strip(BLANKS)
    ]
    if not words:
        return []
    rows = np.flatnonzero(np.isin(distinct.codes, [distinct.words.index(word) for word in words]))
    return [
        Note(
            "note",
            "Cells that say {words}: {count}. Read as missing.",
            values={"count": len(rows), "words": ", ".join(quoted(word) for word in words[:5])},
            rows=few(rows),
        )
    ]


def shown(word: object) -> str:
    """A cell as a message quotes it: whole numbers without a fraction."""
    return f"{word:g}" if isinstance(word, float) and abs(word) < 1e6 else str(word)


def error_cells(cells: Cells, missing: tuple[str, ...] = ()) -> list[Refusal]:
    """Refusals of error cells, but for those that only say that there is nothing, and of days no calendar has."""
    errors = [
        Refusal(
            row,
            text,
            "The cell holds the error {value}.",
            "Correct the formula or leave the cell blank.",
            {"value": text},
        )
        for row, text in cells.errors
        if text not in missing
    ]
    return errors + [refusal(row, text, _BEYOND) for row, text in cells.beyond]


def refusal(row: int, value: str, why: object) -> Refusal:
    """The refusal of a cell that came out `Unreadable`."""
    assert isinstance(why, Unreadable)
    return Refusal(row, value, why.message, why.fix, {"value": quoted(value)})


def typed_of(cells: Cells, parts: list, arrow: str, refused: list[Refusal], notes: list[Note]) -> Typed:
    """The parts of a column put together; a column without any is all missing."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not parts:
        array = pa.nulls(cells.length, arrow)
    else:
        parts = [part.cast(arrow) for part in parts]
        array = parts[0] if len(parts) == 1 else pc.coalesce(*parts)
    return Typed(array, sorted(refused, key=lambda refusal: refusal.row), notes)


def blank_to_null(text: pa.Array) -> pa.Array:
    """Texts with the empty ones missing."""
    import pyarrow.compute as pc

    return pc.if_else(pc.equal(text, ""), None, text)


def where(mask: pa.Array) -> np.ndarray:
    """Rows where a condition holds; a missing one does not."""
    import pyarrow.compute as pc

    return np.flatnonzero(pc.fill_null(mask, False).to_numpy(zero_copy_only=False))


def few(rows: np.ndarray) -> tuple[int, ...]:
    """The first rows, as many as a message names."""
    return tuple(int(row) for row in rows[:3])
