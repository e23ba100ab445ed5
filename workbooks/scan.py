"""One pass over the XML of a sheet: what its cells hold that a bulk reader would pass over in silence.

Two ways to the same facts. The exact way hears every element from expat. The fast way, for large sheets of
regular shape, looks at the bytes of the rows with NumPy and a few regular expressions (a million rows of eight
cells in about a second) and gives the head and tail of the part to expat; anything irregular (comments, CDATA,
cells without an address, single quotes, other encodings) sends the sheet the exact way.

Both guarantee: no DTD, nesting within `MAX_DEPTH`, every opened element closed, cell addresses inside the sheet
and strictly rising (so no cell is defined twice), shared string numbers inside the table. Only the exact way
also proves that end tags carry the right names and text is legal XML; for large sheets the reader's own parser
does, and a number too large for a double is left to the reader, who sees infinity.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple
from xml.parsers import expat

import numpy as np

from tierbook.errors import DataError

MAX_DEPTH = 256
MAX_ROWS, MAX_COLUMNS = 1_048_576, 16_384
KEPT_WARNINGS = 1_000  # external, dde and style entries kept per sheet; the rest is only counted
MAIN = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
)
_LONGEST_ROW = 64 << 20
_CHUNK = 1 << 20

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


def scan(
    pieces: Callable[[], Iterator[bytes]], book: Book, *, size: int, exact_below: int = 1 << 19
) -> SheetFacts:
    """What the cells of one sheet part hold.

    Parameters
    ----------
    pieces : callable
        Starts a fresh stream of the part's bytes; called again when a large sheet turns out irregular.
    size : int
        Size of the part as its directory claims; decides only which way is tried first. [bytes]

    Raises
    ------
    DataError
        With `cell` among its values where a cell is at fault; the caller adds file and sheet.
    """
    if size >= exact_below:
        try:
            return _fast(pieces(), book)
        except _IrregularError:
            pass
    listener = _Listener(book)
    for piece in pieces():
        listener.feed(piece)
    return listener.finish()


class _IrregularError(Exception):
    """The sheet is not of the shape the fast way knows."""


class Guard:
    """An expat parser that refuses DTDs, deep nesting and malformed XML; subclasses hear the elements."""

    def __init__(self) -> None:
        self.depth = 0
        self.root = ""
        self.parser = parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.buffer_text = True

    def feed(self, data: bytes, final: bool = False) -> None:
        try:
            self.parser.Parse(data, final)
        except expat.ExpatError as error:
            raise malformed(expat.ErrorString(error.code), error.lineno, error.offset + 1) from error
        except (LookupError, ValueError) as error:  # an encoding nobody knows, or one expat cannot use
            raise malformed(str(error), 1, 1) from error

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins; `name` is `namespace local`."""

    def end(self, name: str) -> None:
        """An element ends."""

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise DataError(
                "The XML is nested more than {depth} levels deep.",
                fix="Open the workbook in Excel and save it again.",
                depth=MAX_DEPTH,
            )
        if self.depth == 1:
            self.root = name
        self.start(name, attributes)

    def _end(self, name: str) -> None:
        self.depth -= 1
        self.end(name)

    def _doctype(self, *_: object) -> None:
        raise DataError(
            "The XML declares a DTD or entities, which no spreadsheet program writes.",
            fix="Do not open the file; ask its sender for a fresh copy.",
        )


def malformed(reason: str, line: int, column: int) -> DataError:
    """The refusal of XML that is not well-formed."""
    return DataError(
        "The XML is damaged at line {line}, column {column} ({reason}).",
        fix="Open the workbook in Excel, let it repair the file, and save it.",
        line=line,
        column=column,
        reason=reason,
    )


class _Listener(Guard):
    """The exact way: hears every element of a sheet part."""

    def __init__(self, book: Book) -> None:
        super().__init__()
        self.book, self.facts = book, SheetFacts()
        self.main = ""
        self.row = self.column = 0
        self.last_key = 0
        self.in_data = self.seen_data = False
        self.cell: dict[str, str] | None = None
        self.ref = ""
        self.formula: str | None = None
        self.value: str | None = None
        self.text: list[str] | None = None
        self.parser.CharacterDataHandler = None
        self.hidden: list[tuple[int, int]] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if self.depth == 1:
            namespace, _, local = name.rpartition(" ")
            self.main = namespace + " "
            if namespace not in MAIN or local not in ("worksheet", "dialogsheet", "macrosheet"):
                raise DataError(
                    "The part is not a worksheet.", fix="Open the workbook in Excel and save it again."
                )
            return
        if not name.startswith(self.main):
            return
        local = name[len(self.main) :]
        if self.in_data:
            if local == "c" and self.depth == 4:
                self._begin_cell(attributes)
            elif local in ("v", "f") and self.cell is not None and self.depth == 5:
                self.text = []
                self.parser.CharacterDataHandler = self.text.append
            elif local == "row" and self.depth == 3:
                self.row = _whole(attributes.get("r"), self.row + 1)
                self.column = 0
                self.facts.hidden_rows += attributes.get("hidden") in ("1", "true")
        elif local == "mergeCell":
            self.facts.merged.append(attributes.get("ref", ""))
        elif local == "col" and attributes.get("hidden") in ("1", "true"):
            self.hidden.append((_whole(attributes.get("min"), 0), _whole(attributes.get("max"), 0)))
        elif local == "sheetData" and self.depth == 2:
            if self.seen_data:
                raise DataError(
                    "The sheet holds two lists of rows.", fix="Open the workbook in Excel and save it again."
                )
            self.in_data = self.seen_data = True

    def end(self, name: str) -> None:
        if not self.in_data or not name.startswith(self.main):
            return
        if self.depth == 4 and self.text is not None:
            self.parser.CharacterDataHandler = None
            text = "".join(self.text)
            self.text = None
            if name.endswith(" v"):
                self.value = text
            else:
                self.formula = text
        elif self.depth == 3 and self.cell is not None:
            self._end_cell(self.cell)
            self.cell = None
        elif self.depth == 1:
            self.in_data = False

    def finish(self) -> SheetFacts:
        self.feed(b"", True)
        last = self.facts.last_column
        self.facts.hidden_columns = len(
            {at for low, high in self.hidden for at in range(low, min(high, last) + 1)}
        )
        return self.facts

    def _begin_cell(self, attributes: dict[str, str]) -> None:
        self.cell, self.formula, self.value = attributes, None, None
        ref = attributes.get("r")
        if ref is None:
            self.column += 1
            self.ref = ref = f"{letters(self.column)}{max(self.row, 1)}"
        else:
            self.ref = ref
            self.row, self.column = position(ref)
        key = self.row * MAX_COLUMNS + self.column
        if self.row > MAX_ROWS or self.column > MAX_COLUMNS or self.row < 1:
            raise beyond(ref)
        if key <= self.last_key:
            raise out_of_order(ref, key, self.last_key)
        self.last_key = key
        facts = self.facts
        facts.last_row = self.row
        facts.last_column = max(facts.last_column, self.column)
        style = attributes.get("s")
        if style is not None and self.book.formats is not None and not _within(style, self.book.formats):
            facts.add(ref, "style")

    def _end_cell(self, cell: dict[str, str]) -> None:
        self.facts.formulas += self.formula is not None
        judge(self.facts, self.book, self.ref, cell.get("t", "n"), self.formula, self.value)


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
    if not _within(value, book.strings):
        raise DataError(
            "Cell {cell} refers to shared text number {number}, but the workbook has {count}.",
            fix="Open the workbook in Excel, let it repair the file, and save it.",
            cell=ref,
            number=value.strip()[:20],
            count=book.strings,
        )


def _within(text: str, count: int) -> bool:
    text = text.strip()
    return text.isascii() and text.isdigit() and int(text[:20]) < count


def _whole(text: str | None, otherwise: int) -> int:
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


def _fast(pieces: Iterator[bytes], book: Book) -> SheetFacts:
    """The fast way, for sheets as Excel, LibreOffice and the common libraries write them."""
    listener = _Listener(book)
    buffer = b""
    opened = None
    for piece in pieces:
        buffer += piece
        if not buffer.startswith((b"<", b"\xef\xbb\xbf<")) or re.match(
            rb"[^>]*encoding=.(?!utf-?8)", buffer, re.I
        ):
            raise _IrregularError
        opened = re.search(rb"<((?:[A-Za-z_][\w.-]*:)?)sheetData\s*>", buffer)
        if opened or len(buffer) > 8 << 20:
            break
    if opened is None:
        raise _IrregularError
    listener.feed(buffer[: opened.end()])
    if not listener.in_data or listener.depth != 2:
        raise _IrregularError
    rows = _Rows(opened[1], book, listener)
    rest = rows.read(buffer[opened.end() :], pieces)
    for piece in rest:
        listener.feed(piece)
    return listener.finish()


class _Rows:
    """The rows of a sheet as bytes."""

    def __init__(self, prefix: bytes, book: Book, listener: _Listener) -> None:
        p = re.escape(prefix)
        self.prefix, self.book, self.listener, self.facts = prefix, book, listener, listener.facts
        self.row_start, self.close = b"<" + prefix + b"row", b"</" + prefix + b"sheetData"
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
        source = iter(pieces)
        while True:
            end = buffer.rfind(self.close)
            if end >= 0:
                self._judge(buffer[:end])
                if self.listener.depth != 2:
                    raise _IrregularError
                yield buffer[end:]
                break
            if len(buffer) >= _CHUNK:
                cut = buffer.rfind(self.row_start)
                if cut > 0:
                    self._judge(buffer[:cut])
                    buffer = buffer[cut:]
                elif len(buffer) > _LONGEST_ROW:
                    raise _IrregularError
            piece = next(source, None)
            if piece is None:
                raise malformed("no element found", 1, 1)
            buffer += piece
        yield from source

    def _judge(self, rows: bytes) -> None:
        if not rows:
            return
        suspect = (rows.find(b"'") >= 0 and rows.find(b"='") >= 0) or rows.find(b"\n") >= 0
        if suspect and self.unusual.search(rows):
            raise _IrregularError
        if (first := self.first_cell.search(rows)) and not first[0].endswith(b"r"):
            # Old writers put the address last; the bytes are judged with it in front.
            rows = self.late_address.sub(rb'\1 r="\3"\2', rows)
        bytes_ = np.frombuffer(rows + b"\0" * 32, np.uint8)
        starts = np.flatnonzero(bytes_ == 60)
        first_bytes = bytes_[starts + 1]
        self._structure(bytes_, starts, first_bytes)
        names = starts + (1 + len(self.prefix))
        letter = bytes_[names] if self.prefix else first_bytes
        self._addresses(bytes_, names[letter == 99])
        if self.bad_style is not None:
            for match in self.bad_style.finditer(rows):
                self._style(rows, match.start())
        for match in self.bad_string.finditer(rows):
            self._string(rows, match.start(), match.end())
        odd = self._odd_values(bytes_, starts, letter)
        if (letter == 102).any():
            odd |= self._odd_formulas(bytes_, starts, first_bytes, rows)
        for start in sorted(odd):
            self._odd(rows, start)
        if rows.rfind(b' hidden="') >= 0:
            self.facts.hidden_rows += len(self.hidden.findall(rows))

    def _structure(self, bytes_: np.ndarray, starts: np.ndarray, first: np.ndarray) -> None:
        """Tags are plain elements, as many begin as end, and they balance."""
        if not len(starts) or np.count_nonzero(bytes_ == 62) != len(starts):
            raise _IrregularError
        if ((first == 33) | (first == 63)).any():
            raise _IrregularError
        closing = first == 47
        for at, byte in enumerate(self.prefix):
            if (bytes_[starts + 1 + at + closing] != byte).any():
                raise _IrregularError
        step = np.where(closing, np.int8(-1), np.int8(1))
        if ((bytes_[:-1] == 47) & (bytes_[1:] == 62)).any():
            ends = np.flatnonzero(bytes_ == 62)
            if (starts > ends).any() or (ends[:-1] > starts[1:]).any():
                raise _IrregularError
            step[bytes_[ends - 1] == 47] = 0
        depth = np.cumsum(step, dtype=np.int32)
        if depth[-1] != 0 or depth.min() < 0 or depth.max() > MAX_DEPTH:
            raise _IrregularError  # the exact way finds the words for it

    def _addresses(self, bytes_: np.ndarray, cells: np.ndarray) -> None:
        """Cell addresses are read and must rise strictly; `cells` is where names beginning with c stand."""
        after = bytes_[cells + 1]
        if (after != 32).any():
            cells = cells[(after == 32) | (after == 62) | (after == 47) | (after < 32)]
            if (bytes_[cells + 1] != 32).any():
                raise _IrregularError
        if not len(cells):
            return
        for offset, byte in enumerate(b'r="', 2):
            if (bytes_[cells + offset] != byte).any():
                raise _IrregularError
        at = cells + 5
        letter = bytes_[at] - np.uint8(65)
        if (letter > 25).any():
            raise _IrregularError
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
            raise _IrregularError
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
        self, bytes_: np.ndarray, starts: np.ndarray, first: np.ndarray, rows: bytes
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
        if rows.find(b"[") >= 0 or rows.find(b"|") >= 0:
            odd.update(rows.rfind(opening, 0, match.start()) for match in self.linked.finditer(rows))
        return odd

    def _style(self, rows: bytes, at: int) -> None:
        tag = rows[rows.rfind(b"<", 0, at) : rows.find(b">", at)]
        cell = re.match(rb"<" + re.escape(self.prefix) + rb'c r="([A-Z]+\d+)"', tag)
        style = re.match(rb'[^"]*"([^"]*)', rows[at : at + 40])
        if cell and style and not _within(style[1].decode("ascii", "replace"), self.book.formats or 0):
            self.facts.add(cell[1].decode(), "style")

    def _string(self, rows: bytes, at: int, value_at: int) -> None:
        start = rows.rfind(b"<", 0, at)
        cell = self.cell.match(rows, start)
        if cell is None:
            raise _IrregularError
        check_string(
            self.book, cell[1].decode(), rows[value_at : rows.find(b"<", value_at)].decode("utf-8", "replace")
        )

    def _odd(self, rows: bytes, start: int) -> None:
        """Judges the cell that starts there."""
        cell = self.cell.match(rows, start) if start >= 0 else None
        if cell is None:
            raise _IrregularError
        kind = re.search(rb'\bt="(\w+)"', cell[2] or b"")
        formula = (
            cell[3] if cell[3] is not None else b"" if _second_tag(cell[0], self.prefix) == b"f" else None
        )
        judge(
            self.facts,
            self.book,
            cell[1].decode(),
            kind[1].decode() if kind else "n",
            None if formula is None else html.unescape(formula.decode("utf-8", "replace")),
            None if cell[4] is None else html.unescape(cell[4].decode("utf-8", "replace")),
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
