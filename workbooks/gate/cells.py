"""What a cell of a sheet part may hold, where it stands, and what is odd about it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from tierbook.errors import DataError

MAX_ROWS, MAX_COLUMNS = 1_048_576, 16_384
KEPT_WARNINGS = 1_000  # external, dde and style entries kept per sheet; the rest is only counted
Kind = Literal["error", "uncached", "not_a_number", "external", "dde"]


class OddCell(NamedTuple):
    """A cell whose value is not what it looks like.

    `error`: an error value (`text` is `#REF!`, `#N/A` ...); `uncached`: a formula never calculated (`text` is the
    formula); `not_a_number`: a numeric cell holding `NaN`, `INF` or words; `external`, `dde`: a formula that takes its
    value from another workbook or program (its cached value is read, nothing is opened).
    """

    ref: str
    kind: Kind
    text: str


@dataclass
class SheetFacts:
    """What one pass over a sheet found."""

    odd: list[OddCell] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    merged: list[str] = field(default_factory=list)
    hidden_rows: int = 0
    hidden_columns: int = 0
    style_out_of_range: list[str] = field(default_factory=list)
    last_row: int = 0
    last_column: int = 0
    formulas: int = 0

    def add(self, ref: str, kind: Kind | Literal["style"], text: str = "") -> None:
        count = self.counts[kind] = self.counts.get(kind, 0) + 1
        if kind == "style":
            if count <= KEPT_WARNINGS:
                self.style_out_of_range.append(ref)
        elif kind in ("error", "uncached", "not_a_number") or count <= KEPT_WARNINGS:
            self.odd.append(OddCell(ref, kind, text))


@dataclass(frozen=True)
class Book:
    """What a cell refers to outside its sheet. Counts of shared strings and cell formats; None for a part not there."""

    strings: int | None
    formats: int | None
    dde_links: frozenset[str] = frozenset()


def judge(facts: SheetFacts, book: Book, ref: str, kind: str, formula: str | None, value: str | None) -> None:
    """Note what is odd about one cell; raises when it points outside the shared strings."""
    if formula is not None:
        _judge_formula(facts, book, ref, formula)
        if (not value and kind in ("n", "b", "e", "d")) or (value is None and kind == "str"):
            facts.add(ref, "uncached", f"={formula[:80]}")
            return
    if value is None or value == "":
        return
    if kind == "e":
        facts.add(ref, "error", _ERRORS.setdefault(value, value) if len(_ERRORS) < 1_000 else value)
    elif kind == "s":
        check_string(book, ref, value)
    elif kind == "n":
        try:
            finite = abs(float(value)) < float("inf")
        except ValueError:
            finite = False
        if not finite:
            facts.add(ref, "not_a_number", value.strip()[:80])


_ERRORS: dict[str, str] = {}  # one string for a million cells that hold it
_EXTERNAL = re.compile(
    r"(?<![\w\])])\[(?!0\])([^\[\]]+)\][\w.]*!|'[^'\[]*\[(?!0\])([^\[\]]+)\](?:[^']|'')*'!"
)
_DDE = re.compile(r"[A-Za-z_][\w.]*\|'?[^!]*!")


def _judge_formula(facts: SheetFacts, book: Book, ref: str, formula: str) -> None:
    if "[" not in formula and "|" not in formula:
        return
    bare = re.sub(r'"[^"]*"', '""', formula)
    linked = _EXTERNAL.search(bare)
    if _DDE.search(bare) or (linked and (linked[1] or linked[2]) in book.dde_links):
        facts.add(ref, "dde", f"={formula[:80]}")
    elif linked:
        facts.add(ref, "external", f"={formula[:80]}")


def check_string(book: Book, ref: str, value: str) -> None:
    """Raises when a cell's number of a shared string is outside the table."""
    if book.strings is None:
        raise DataError(
            "Cell {cell} refers to the workbook's shared texts, but that part is missing.",
            fix="Open the workbook in Excel, let it repair the file, and save it.",
            cell=ref,
        )
    if not within(value, book.strings):
        raise DataError(
            "Cell {cell} refers to shared text number {number}, but the workbook has {count}.",
            fix="Open the workbook in Excel, let it repair the file, and save it.",
            cell=ref,
            number=value.strip()[:20],
            count=book.strings,
        )


def within(text: str, count: int) -> bool:
    text = text.strip()
    return text.isascii() and text.isdigit() and int(text[:20]) < count


def whole(text: str | None, otherwise: int) -> int:
    return (
        int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 10 else otherwise
    )


def position(ref: str) -> tuple[int, int]:
    """Row and column of a cell address, from 1."""
    match = re.fullmatch(r"([A-Za-z]{1,7})(\d{1,10})", ref, re.ASCII)
    if match is None:
        raise DataError(
            "{cell} is not a cell address.",
            fix="Open the workbook in Excel and save it again.",
            cell=repr(ref[:20]),
        )
    column = 0
    for letter in match[1].upper():
        column = column * 26 + ord(letter) - 64
    return int(match[2]), column


def letters(column: int) -> str:
    """Column letters: 1 is A, 28 is AB."""
    name = ""
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def beyond(ref: str) -> DataError:
    """The refusal of a cell outside the sheet."""
    return DataError(
        "Cell {cell} is beyond the last cell of a sheet, XFD1048576.",
        fix="Open the workbook in Excel, let it repair the file, and save it.",
        cell=ref,
    )


def out_of_order(ref: str, key: int, last: int) -> DataError:
    """The refusal of a cell that is defined twice or stands before its predecessor."""
    if key == last:
        return DataError(
            "Cell {cell} is defined twice, so programs disagree about its value.",
            fix="Open the workbook in Excel, check the cell, and save it.",
            cell=ref,
        )
    row, column = divmod(last - 1, MAX_COLUMNS)
    return DataError(
        "Cell {cell} comes after {other} in the file: cells are out of order or defined twice.",
        fix="Open the workbook in Excel, let it repair the file, and save it.",
        cell=ref,
        other=f"{letters(column + 1)}{row}",
    )
