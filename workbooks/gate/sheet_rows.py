"""The rows of a large sheet judged as bytes, with NumPy and a few regular expressions instead of an XML parser."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from typing import Protocol

import numpy as np

from workbooks.gate.cells import (
    MAX_COLUMNS,
    MAX_ROWS,
    Book,
    SheetFacts,
    beyond,
    check_string,
    judge,
    letters,
    out_of_order,
    within,
)
from workbooks.gate.guard import MAX_DEPTH, malformed
from workbooks.gate.shapes import Keeper, Shapes

_LONGEST_ROW = 64 << 20
_CHUNK = 1 << 20
_MARGIN = 32  # bytes that must follow the last tag looked at
_AFTER = 4 << 10  # left behind the rows that are judged, to be looked past without copying them [bytes]


class IrregularError(Exception):
    """The sheet is not of the shape the fast way knows."""


class Around(Protocol):
    """What hears the head and tail of the sheet's part."""

    facts: SheetFacts
    depth: int
    last_key: int


class Rows:
    """The rows of a sheet as bytes."""

    def __init__(self, prefix: bytes, book: Book, listener: Around, keeper: Keeper | None = None) -> None:
        p = re.escape(prefix)
        self.shapes = Shapes(book, listener.facts, keeper)
        self.prefix, self.book, self.listener, self.facts = prefix, book, listener, listener.facts
        self.row_starts = (b"<" + prefix + b"row ", b"<" + prefix + b"row>")
        self.close = b"</" + prefix + b"sheetData"
        self.bad_string = re.compile(
            rb' t="s"[^>]*>\s*<' + p + rb"v>(?!" + _below(book.strings or 0) + rb"</)"
        )
        self.bad_style = (
            re.compile(rb' s="(?!' + _below(book.formats or 0) + rb'")') if book.formats else None
        )
        self.hidden = re.compile(rb"<" + p + rb'row [^>]*\bhidden="(?:1|true)"')
        self.cell = re.compile(
            rb'<%bc r="([A-Z]+\d+)"([^>]*[^>/])?>\s*(?:<%bf(?:\s[^>]*)?(?:/>|>([^<]*)</%bf>)\s*)?'
            rb"(?:<%bv(?:\s[^<>]*[^<>/])?>([^<]*)</%bv>|<%bv/>)?".replace(b"%b", p)
        )
        self.unusual = re.compile(rb"<" + p + rb"(?:c|row)\s[^<>]*(?:='|[\n\r\t])")
        self.first_cell = re.compile(rb"<" + p + rb"c\s.")
        self.late_address = re.compile(rb"(<" + p + rb'c)( [^<>]*?) r="([A-Z]+\d+)"')
        self.linked = re.compile(rb"<" + p + rb"f(?:\s[^>]*[^>/])?>[^<]*[\[|]")

    def read(self, buffer: bytes, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Judges the rows; yields what follows them."""
        # glibc hands freed memory back at once, and getting it again page by page would cost as much as all that is
        # done with it. It stops that once a large block was freed, even one nobody touched (mallopt(3)).
        np.empty(30 << 20, np.uint8)
        source = iter(pieces)
        seen = 0
        while True:
            cut = self._last_row(buffer) if len(buffer) >= _CHUNK else -1
            # No row stands behind the end of the rows, so it need not be looked for before the last of them.
            end = buffer.find(self.close, max(cut, seen))
            if end >= 0:
                self._judge(buffer, end)
                if self.listener.depth != 2:
                    raise IrregularError
                yield buffer[end:]
                break
            if cut > 0:
                self._judge(buffer, cut)
                buffer = buffer[cut:]
            elif len(buffer) > _LONGEST_ROW:
                raise IrregularError
            piece = next(source, None)
            if piece is None:
                raise malformed("no element found", 1, 1)
            seen = max(0, len(buffer) - len(self.close))
            buffer += piece
        yield from source

    def _last_row(self, buffer: bytes) -> int:
        """Where the last row begins that leaves enough behind it; -1 where there is none."""
        starts = (buffer.rfind(start, 0, max(0, len(buffer) - _AFTER)) for start in self.row_starts)
        return next((start for start in starts if start >= 0), -1)

    def _judge(self, rows: bytes, end: int) -> None:
        """Judges the whole rows that stand before `end`; what follows is only there to be looked past."""
        if not end:
            return
        last_key = self.shapes.judge(rows, end, self.listener.last_key)
        if last_key is not None:
            self.listener.last_key = last_key
            return
        suspect = (rows.find(b"'", 0, end) >= 0 and rows.find(b"='", 0, end) >= 0) or rows.find(
            b"\n", 0, end
        ) >= 0
        if suspect and self.unusual.search(rows, 0, end):
            raise IrregularError
        first = self.first_cell.search(rows, 0, end)
        if first and not first[0].endswith(b"r"):
            # Old writers put the address last; the bytes are judged with it in front.
            rows = self.late_address.sub(rb'\1 r="\3"\2', rows[:end])
            end = len(rows)
        if len(rows) < end + _MARGIN:
            rows = rows[:end] + bytes(_MARGIN)
        bytes_ = np.frombuffer(rows, np.uint8)
        starts = np.flatnonzero(bytes_[:end] == 60)
        first_bytes = bytes_[1:].take(starts)
        self._structure(bytes_, starts, first_bytes, end)
        names = starts + (1 + len(self.prefix))
        letter = bytes_[names] if self.prefix else first_bytes
        self._addresses(bytes_, names[letter == 99])
        if self.bad_style is not None:
            for match in self.bad_style.finditer(rows, 0, end):
                self._style(rows, match.start())
        for match in self.bad_string.finditer(rows, 0, end):
            self._string(rows, match.start(), match.end())
        odd = self._odd_values(bytes_, starts, letter)
        if (letter == 102).any():
            odd |= self._odd_formulas(bytes_, starts, first_bytes, rows, end)
        for start in sorted(odd):
            self._odd(rows, start)
        if rows.rfind(b' hidden="', 0, end) >= 0:
            self.facts.hidden_rows += sum(1 for _ in self.hidden.finditer(rows, 0, end))

    def _structure(self, bytes_: np.ndarray, starts: np.ndarray, first: np.ndarray, end: int) -> None:
        """Tags are plain elements, as many begin as end, and they balance."""
        closes = bytes_[:end] == 62
        if not len(starts) or np.count_nonzero(closes) != len(starts):
            raise IrregularError
        if ((first == 33) | (first == 63)).any():
            raise IrregularError
        closing = first == 47
        for at, byte in enumerate(self.prefix):
            if (bytes_[starts + 1 + at + closing] != byte).any():
                raise IrregularError
        step = np.where(closing, np.int8(-1), np.int8(1))
        if (closes[1:] & (bytes_[: end - 1] == 47)).any():
            ends = np.flatnonzero(closes)
            if (starts > ends).any() or (ends[:-1] > starts[1:]).any():
                raise IrregularError
            step[bytes_[ends - 1] == 47] = 0
        depth = np.cumsum(step, dtype=np.int32)
        if depth[-1] != 0 or depth.min() < 0 or depth.max() > MAX_DEPTH:
            raise IrregularError  # the exact way finds the words for it

    def _addresses(self, bytes_: np.ndarray, cells: np.ndarray) -> None:
        """Cell addresses are read and must rise strictly; `cells` is where names beginning with c stand."""
        after = bytes_[cells + 1]
        if (after != 32).any():
            cells = cells[(after == 32) | (after == 62) | (after == 47) | (after < 32)]
            if (bytes_[cells + 1] != 32).any():
                raise IrregularError
        if not len(cells):
            return
        for offset, byte in enumerate(b'r="', 2):
            if (bytes_[cells + offset] != byte).any():
                raise IrregularError
        at = cells + 5
        letter = bytes_[at] - np.uint8(65)
        if (letter > 25).any():
            raise IrregularError
        column = letter.astype(np.int64) + 1
        at += 1
        for _ in range(3):
            letter = bytes_[at] - np.uint8(65)
            more = letter < 26
            if not more.any():
                break
            column = np.where(more, column * 26 + letter + 1, column)
            at += more
        row = np.zeros(len(cells), np.int64)
        for _ in range(8):
            digit = bytes_[at] - np.uint8(48)
            more = digit < 10
            if more.all():
                row *= 10
                row += digit
                at += 1
            elif more.any():
                row = np.where(more, row * 10 + digit, row)
                at += more
            else:
                break
        if (bytes_[at] != 34).any() or (row < 1).any():
            raise IrregularError
        outside = (row > MAX_ROWS) | (column > MAX_COLUMNS)
        if outside.any():
            where = int(np.argmax(outside))
            raise beyond(f"{letters(int(column[where]))}{row[where]}")
        keys = row * MAX_COLUMNS + column
        before = np.empty_like(keys)
        before[0], before[1:] = self.listener.last_key, keys[:-1]
        unordered = keys <= before
        if unordered.any():
            where = int(np.argmax(unordered))
            ref = f"{letters(int(column[where]))}{row[where]}"
            raise out_of_order(ref, int(keys[where]), int(before[where]))
        self.listener.last_key = int(keys[-1])
        self.facts.last_row = int(row[-1])
        self.facts.last_column = max(self.facts.last_column, int(column.max()))

    def _odd_values(self, bytes_: np.ndarray, starts: np.ndarray, letter: np.ndarray) -> set[int]:
        """Where the cells start whose value does not begin like a number: error values, words, NaN."""
        values = starts[letter == 118] + (2 + len(self.prefix))
        values = values[bytes_[values] == 62] + 1
        lead = bytes_[values]
        plain = (lead - np.uint8(48)) < 10
        if plain.all():
            return set()
        values = values[~plain]
        lead = bytes_[values]
        lead = np.where((lead == 45) | (lead == 43) | (lead == 46), bytes_[values + 1], lead)
        values = values[((lead - np.uint8(48)) >= 10) & (lead != 60)]
        if not len(values):
            return set()
        # Text results of formulas begin like anything: their cell's tag ends in t="str".
        cells = starts[letter == 99]
        cells = cells[np.searchsorted(cells, values) - 1]
        inside = starts[np.minimum(np.searchsorted(starts, cells) + 1, len(starts) - 1)]
        is_text = np.ones(len(values), bool)
        for at, byte in enumerate(b'"str">'):
            is_text &= bytes_[inside - 6 + at] == byte
        return {int(at) for at in cells[~is_text]}

    def _odd_formulas(
        self, bytes_: np.ndarray, starts: np.ndarray, first: np.ndarray, rows: bytes, end: int
    ) -> set[int]:
        """Where the cells start whose formula has no cached value or refers outside the workbook."""
        names = starts + (1 + len(self.prefix))
        after = bytes_[names + 1]
        formulas = np.flatnonzero(
            (bytes_[names] == 102) & (first != 47) & ((after == 62) | (after == 32) | (after == 47))
        )
        self.facts.formulas += len(formulas)
        if not len(formulas):
            return set()
        opening = b"<" + self.prefix + b"c "
        following = np.append(starts, [starts[-1]] * 2)
        value = formulas + 1
        value = value + (bytes_[following[value] + 1] == 47)
        at = following[value] + 1 + len(self.prefix)
        cached = (bytes_[at] == 118) & (bytes_[at + 1] == 62) & (bytes_[at + 2] != 60)
        odd = {rows.rfind(opening, 0, int(start)) for start in starts[formulas[~cached]]}
        if rows.find(b"[", 0, end) >= 0 or rows.find(b"|", 0, end) >= 0:
            linked = self.linked.finditer(rows, 0, end)
            odd.update(rows.rfind(opening, 0, match.start()) for match in linked)
        return odd

    def _style(self, rows: bytes, at: int) -> None:
        tag = rows[rows.rfind(b"<", 0, at) : rows.find(b">", at)]
        cell = re.match(rb"<" + re.escape(self.prefix) + rb'c r="([A-Z]+\d+)"', tag)
        style = re.match(rb'[^"]*"([^"]*)', rows[at : at + 40])
        if cell and style and not within(style[1].decode("ascii", "replace"), self.book.formats or 0):
            self.facts.add(cell[1].decode(), "style")

    def _string(self, rows: bytes, at: int, value_at: int) -> None:
        start = rows.rfind(b"<", 0, at)
        cell = self.cell.match(rows, start)
        if cell is None:
            raise IrregularError
        check_string(
            self.book, cell[1].decode(), rows[value_at : rows.find(b"<", value_at)].decode("utf-8", "replace")
        )

    def _odd(self, rows: bytes, start: int) -> None:
        """Judges the cell that starts there."""
        cell = self.cell.match(rows, start) if start >= 0 else None
        if cell is None:
            raise IrregularError
        kind = re.search(rb'\bt="(\w+)"', cell[2] or b"")
        formula = (
            cell[3] if cell[3] is not None else b"" if _second_tag(cell[0], self.prefix) == b"f" else None
        )
        value = cell[4]
        if value is None and cell[0].endswith(b"<" + self.prefix + b"v/>"):
            value = b""
        judge(
            self.facts,
            self.book,
            cell[1].decode(),
            kind[1].decode() if kind else "n",
            None if formula is None else html.unescape(formula.decode("utf-8", "replace")),
            None if value is None else html.unescape(value.decode("utf-8", "replace")),
        )


def _second_tag(cell: bytes, prefix: bytes) -> bytes:
    """Name of the first element inside a cell."""
    inside = cell.find(b"<", 1)
    return cell[inside + 1 + len(prefix) : inside + 2 + len(prefix)] if inside > 0 else b""


def _below(count: int) -> bytes:
    """A pattern for the whole numbers under `count`, without leading zeros."""
    if count <= 0:
        return rb"(?!)"
    top = str(count - 1)
    choices = [top] if len(top) == 1 else [top, rf"\d{{1,{len(top) - 1}}}"]
    for at, digit in enumerate(top):
        if digit > "0":
            rest = len(top) - at - 1
            choices.append(top[:at] + f"[0-{int(digit) - 1}]" + (rf"\d{{{rest}}}" if rest else ""))
    return b"(?:" + "|".join(choices).encode() + b")"
