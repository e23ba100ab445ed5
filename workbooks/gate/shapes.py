"""Rows of a large sheet by their shape: all that stands between the texts and numbers of a row.

Programs write the rows of a table alike, so a million rows come in a few shapes: the same tags, attributes and column
letters, only row numbers and contents differ. One row of a shape is read by regular expressions and judged; the others
are compared with it, byte for byte, by NumPy. What equals a sound row in every tag is as sound as it, so a shape proves
more than counting tags would (end tags carry the right names, addresses agree with their row) and costs less. It also
says where each content stands, so that a reader need not look for it again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import NamedTuple, Protocol

import numpy as np

from workbooks.gate.cells import MAX_COLUMNS, MAX_ROWS, Book, SheetFacts, position, within

_MOST_SHAPES = 64  # a sheet whose rows come in more of them is read another way
_MOST_FAILURES = 3  # pieces of a sheet with rows of no shape, after which no more are tried
_WIDE = 150  # tags of a row whose contents nobody wants
_LONGEST_ROW_TAG = 64  # `<row r="1048576"` and what is looked at after it [bytes]
_MOST_FORMATS = 65_490  # Excel's own limit, where the workbook does not list its formats
_ROW = re.compile(rb'<row r="([1-9]\d{0,6})"((?: [\w:.-]+="[^"<>&]*")*)>')
_CELL = re.compile(
    rb'<c r="([A-Z]{1,3})(\d{1,7})"((?: [st]="\w+")*)'
    rb'(?:/>|>(?:(<v>)[^<]+(</v>)|(<is><t(?: xml:space="preserve")?>)[^<]*(</t></is>))</c>)'
)
_ROW_END = re.compile(rb"</row>\s*")


class Cell(NamedTuple):
    """A cell of a shape: its column from 1, its type (`n`, `b`, `s` or `inlineStr`) and its cell format, if it has one."""

    column: int
    kind: str
    style: int | None


@dataclass(frozen=True)
class Shape:
    """What rows have in common.

    Parameters
    ----------
    pieces : sequence of sequences of bytes
        What stands before, between and after the contents; in each piece the row's number stands between its parts.
    ends : sequence of int
        Which tag of the row ends each content.
    cells : sequence of Cell
        The cells with a content, from left to right.
    tags, last_column : int
        How many tags a row has, and the column of its last cell, with a content or without; 0 where there is none.
    """

    pieces: tuple[tuple[bytes, ...], ...]
    ends: tuple[int, ...]
    cells: tuple[Cell, ...]
    tags: int
    last_column: int

    @cached_property
    def width(self) -> int:
        """An upper bound of a row's bytes without its contents."""
        return sum(len(part) + len(str(MAX_ROWS)) for piece in self.pieces for part in piece)


class Rows(NamedTuple):
    """Rows of one shape.

    Parameters
    ----------
    data : bytes
        What they are written in, with other bytes behind them.
    end : int
        Where the last of them ends.
    numbers : int array (n,)
        Row numbers, rising.
    places : int array (n, 2 * cells)
        Where each content begins and ends in the data, from left to right.
    """

    shape: Shape
    data: bytes
    end: int
    numbers: np.ndarray
    places: np.ndarray


class Keeper(Protocol):
    """What wants the contents of the cells, not only their soundness."""

    def take(self, rows: Rows) -> None: ...

    def give_up(self) -> None:
        """Some rows have no shape, so contents are missing."""


class Shapes:
    """The shapes of one sheet, found as its rows are read."""

    def __init__(self, book: Book, facts: SheetFacts, keeper: Keeper | None) -> None:
        self.book, self.facts, self.keeper = book, facts, keeper
        self.known: list[Shape] = []
        self.usual = 0  # tags of the rows seen last
        self.failures = 0

    def judge(self, rows: bytes, end: int, last_key: int) -> int | None:
        """The key of the last cell before `end` when all rows up to there have a shape and none is odd; else None."""
        # Of wide rows few fit into a piece, and comparing them cell by cell costs more than counting their tags.
        wide = self.keeper is None and bool(self.known) and self.known[0].tags > _WIDE
        if wide or self.failures >= _MOST_FAILURES:
            return None
        found = self._found(rows, end, (last_key - 1) // MAX_COLUMNS)
        if found is None:
            self.failures += 1
            if self.keeper is not None:
                self.keeper.give_up()
                self.keeper = None
            return None
        for group in found:
            shape, last_row = group.shape, int(group.numbers[-1])
            if self.keeper is not None and shape.cells:
                self.keeper.take(group)
            if shape.last_column:
                last_key = max(last_key, last_row * MAX_COLUMNS + shape.last_column)
                self.facts.last_row = max(self.facts.last_row, last_row)
                self.facts.last_column = max(self.facts.last_column, shape.last_column)
        return last_key

    def _found(self, rows: bytes, end: int, last_row: int) -> list[Rows] | None:
        """The rows by shape, or None when they are not all sound rows of a shape."""
        if rows.find(b"]", 0, end) >= 0 and rows.find(b"]]>", 0, end) >= 0:
            return None
        # Comparing looks past the end of a row that is shorter than its shape, so something must follow the last one.
        margin = max((shape.width for shape in self.known), default=0) + _LONGEST_ROW_TAG
        data = rows if len(rows) >= end + margin else rows[:end] + bytes(margin)
        bytes_ = np.frombuffer(data, np.uint8)
        tags = _tags(bytes_[:end])
        first = self._row_tags(bytes_, tags)
        if not len(first) or first[0] != 0 or tags[0] != 0:
            return None
        numbers, digits = _row_numbers(bytes_, tags[first])
        if not digits.all() or numbers[0] <= last_row or (numbers[1:] <= numbers[:-1]).any():
            return None
        counts, ends = np.diff(first, append=len(tags)), np.append(tags[first[1:]], end)
        groups: list[Rows] = []
        left = np.arange(len(first))
        for at in count():
            if at == len(self.known):
                shape = _shape(rows[tags[first[left[0]]] : ends[left[0]]], self.book)
                if shape is None or at == _MOST_SHAPES:
                    return None
                self.known.append(shape)
                if shape.width + _LONGEST_ROW_TAG > margin:
                    return self._found(rows, end, last_row)
            shape = self.known[at]
            alike = left[counts[left] == shape.tags]
            matched = np.zeros(len(first), bool)
            for length in set(digits[alike].tolist()):
                chosen = alike[digits[alike] == length]
                same, places = _compared(data, tags, first[chosen], ends[chosen], length, shape)
                if len(same):
                    groups.append(Rows(shape, data, end, numbers[chosen[same]], places))
                    matched[chosen[same]] = True
                    self.usual = shape.tags
            left = left[~matched[left]]
            if not len(left):
                return groups if all(self._plain(bytes_, group) for group in groups) else None
        return None

    def _row_tags(self, bytes_: np.ndarray, tags: np.ndarray) -> np.ndarray:
        """Which tags begin a row."""
        # In most tables all rows but the first have one shape, and a row begins every so many tags. Whether that is
        # true here is seen when they are compared.
        if self.usual and len(tags) % self.usual == 0:
            guess = np.arange(0, len(tags), self.usual)
            if (bytes_[tags[guess] + 1] == 114).all():
                return guess
        return np.flatnonzero((bytes_[tags + 1] == 114) & (bytes_[tags + 2] == 111))

    def _plain(self, bytes_: np.ndarray, rows: Rows) -> bool:
        """Whether every number begins like one, and every number of a shared text is one there is."""
        for at, cell in enumerate(rows.shape.cells):
            starts, ends = rows.places[:, 2 * at], rows.places[:, 2 * at + 1]
            if cell.kind == "s":
                if not _below(bytes_, starts, ends, self.book.strings or 0):
                    return False
            elif cell.kind != "inlineStr":
                lead = bytes_[starts]
                if not ((lead - np.uint8(48)) < 10).all():
                    lead = np.where((lead == 45) | (lead == 43) | (lead == 46), bytes_[starts + 1], lead)
                    if not ((lead - np.uint8(48)) < 10).all():
                        return False
        return True


def _tags(bytes_: np.ndarray) -> np.ndarray:
    """Where tags begin."""
    found = bytes_ == 60
    words = found[: len(found) & ~3].view(np.uint32)
    # Tags of plain cells stand four bytes apart or more, so in four bytes there is one or none: a quarter to look at.
    at = np.flatnonzero(words != 0)
    rest = np.flatnonzero(found[4 * len(words) :])
    if len(at) + len(rest) != np.count_nonzero(found):
        return np.flatnonzero(found)
    # Of four bytes 0 or 1, as a number, this leaves which of them is the 1 (of the low byte first, as on any machine
    # NumPy has packages for).
    places = (words.take(at) * np.uint32(0x00_01_02_03)) >> np.uint32(24)
    at <<= 2
    at += places
    return np.append(at, rest + 4 * len(words)) if len(rest) else at


def _shape(row: bytes, book: Book) -> Shape | None:
    """The shape of a row; None when it holds anything but plain cells."""
    opened = _ROW.match(row)
    if opened is None or b"hidden" in opened[2]:
        return None
    pieces, ends, cells = [], [], []
    parts, text = [b'<row r="'], b'"' + opened[2] + b">"
    at, tags, last = opened.end(), 1, 0
    while cell := _CELL.match(row, at):
        column = position(cell[1].decode() + "1")[1]
        attributes = dict(re.findall(r'([st])="(\w+)"', cell[3].decode()))
        style, kind = attributes.get("s"), attributes.get("t", "n")
        opening, closing = cell[4] or cell[6], cell[5] or cell[7]
        if cell[2] != opened[1] or not last < column <= MAX_COLUMNS:
            return None
        if len(attributes) != cell[3].count(b"="):
            return None
        if style is not None and not within(style, _MOST_FORMATS if book.formats is None else book.formats):
            return None
        if opening and kind not in (("inlineStr",) if cell[6] else ("n", "b", "s")):
            return None
        last, at = column, cell.end()
        parts.append(text + b'<c r="' + cell[1])
        text, tags = b'"' + cell[3] + b"/>", tags + 1
        if opening:
            pieces.append((*parts, text[:-2] + b">" + opening))
            parts, text = [], closing + b"</c>"
            ends.append(tags + opening.count(b"<"))
            tags += opening.count(b"<") + text.count(b"<")
            cells.append(Cell(column, kind, None if style is None else int(style)))
    closed = _ROW_END.fullmatch(row, at)
    if closed is None:
        return None
    pieces.append((*parts, text + closed[0]))
    return Shape(tuple(pieces), tuple(ends), tuple(cells), tags + 1, last)


def _row_numbers(bytes_: np.ndarray, starts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The number each row gives itself, and of how many digits it is: none where it is no row of a sheet."""
    numbers = np.zeros(len(starts), np.int64)
    digits = np.zeros(len(starts), np.int64)
    at = starts + len(b'<row r="')
    for _ in range(len(str(MAX_ROWS))):
        digit = bytes_[at] - np.uint8(48)
        going = digit < 10
        if going.all():
            numbers = numbers * 10 + digit
            digits += 1
            at = at + 1
        elif going.any():
            numbers = np.where(going, numbers * 10 + digit, numbers)
            digits += going
            at = at + going
        else:
            break
    digits[(bytes_[at] != 34) | (numbers > MAX_ROWS)] = 0
    return numbers, digits


def _compared(
    data: bytes, tags: np.ndarray, first: np.ndarray, ends: np.ndarray, digits: int, shape: Shape
) -> tuple[np.ndarray, np.ndarray]:
    """Which of some rows have a shape, and where the contents of these begin and end.

    Parameters
    ----------
    first, ends : int array (n,)
        The first tag of each row, as position among `tags`, and where the row ends.
    digits : int
        How many digits their row numbers have.
    """
    rows, at = np.arange(len(first)), tags[first]
    places = np.empty((len(first), 2 * len(shape.cells)), np.int32)
    number = _bytes(data, at + len(shape.pieces[0][0]), digits)
    for cell, parts in enumerate(shape.pieces):
        wanted = (b"\0" * digits).join(parts)
        same = _equal(_bytes(data, at, len(wanted)), wanted, number)
        at = at + len(wanted)
        if cell < len(shape.ends):
            places[:, 2 * cell] = at
            end = tags[first + shape.ends[cell]]
            same &= at <= end
            places[:, 2 * cell + 1] = at = end
        else:
            same &= at == ends
        if not same.all():
            rows, first, ends, at = rows[same], first[same], ends[same], at[same]
            number, places = number[same], places[same]
            if not len(rows):
                break
    return rows, places


def _bytes(data: bytes, at: np.ndarray, length: int) -> np.ndarray:
    """So many bytes from each place on (n, length)."""
    # As one NumPy string per place: to take these costs a few nanoseconds each, whatever their length.
    texts = np.ndarray((len(data) - length + 1,), f"S{length}", data, strides=(1,))
    return texts[at].view(np.uint8).reshape(len(at), length)


def _equal(there: np.ndarray, text: bytes, number: np.ndarray) -> np.ndarray:
    """Which rows of bytes are a text, the row's number in the place of its zero bytes."""
    wanted = np.empty_like(there)
    wanted[:] = np.frombuffer(text, np.uint8)
    for found in re.finditer(b"\0+", text):
        wanted[:, found.start() : found.end()] = number
    # Almost always all are, and that is quicker seen in one row.
    if np.array_equal(there.ravel(), wanted.ravel()):
        return np.ones(len(there), bool)
    return (there == wanted).all(axis=1)


def _below(bytes_: np.ndarray, starts: np.ndarray, ends: np.ndarray, count: int) -> bool:
    """Whether every content is a whole number below a count."""
    length = ends - starts
    longest = int(length.max())
    if longest > 9 or length.min() < 1:
        return False
    numbers = np.zeros(len(starts), np.int64)
    for at in range(longest):
        digit = bytes_[starts + at] - np.uint8(48)
        inside = at < length
        if (inside & (digit > 9)).any():
            return False
        numbers = np.where(inside, numbers * 10 + digit, numbers)
    return bool((numbers < count).all())
