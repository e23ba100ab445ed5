"""Result tables as the XML of a sheet, rendered column by column with Arrow: no Python step per cell.

Data is data: texts are inline strings and never formulas, whatever they begin with; characters XML cannot hold are
written as Excel writes them (`_x0007_`); a blank cell is left out. Dates are serials of the workbook's date system;
those a serial cannot express are ISO text (ECMA-376 part 1, 18.17.4.1; serial 60 is the day Lotus 1-2-3 invented).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from xml.sax.saxutils import escape

import numpy as np

from tierbook.errors import DataError
from workbooks.gate.scan import MAX_COLUMNS, MAX_ROWS, letters

if TYPE_CHECKING:
    import pyarrow as pa

Format = Literal["text", "integer", "amount", "ratio", "date", "score", "time"]
# Built-in number formats, which follow the reader's own locale (ECMA-376 part 1, 18.8.30).
NUMBER_FORMAT: dict[Format, int] = {
    "text": 49,
    "integer": 3,
    "amount": 4,
    "ratio": 10,
    "date": 14,
    "score": 2,
    "time": 22,
}
LONGEST_TEXT = 32_767  # UTF-16 units in a cell
CUT_MARK = "…"
_ROWS_AT_ONCE, _CELLS_AT_ONCE = 10_000, 1_000_000
_NUMBER = "\0"  # where a row's number goes
_SAMPLE, _REPEATED = 500, 4  # rows looked at, and how often a value comes in them to be worth writing once
_UNIX_EPOCH = 25_569  # serial of 1970-01-01 in the 1900 system
_LATER_IN_1904 = 1_462
# What a text may not hold as it is: control characters, what would be read as an escape, and two non-characters.
_ODD_TEXT = r"[\x00-\x08\x0b-\x1f]|_x[0-9A-Fa-f]{4}_|\x{FFFE}|\x{FFFF}"
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]")


@dataclass(frozen=True)
class ResultSheet:
    """A table on its way into a workbook.

    Parameters
    ----------
    name : str
        Name of the sheet, as the reader shall see it.
    table_name : str
        Name of the Excel table, `tierbook_…`: by it the sheet is found again, whatever it is called by then.
    table : Table
        The rows.
    headers : sequence of str
        What the reader sees above each column.
    formats : sequence of Format
        How numbers and dates of each column are shown.
    """

    name: str
    table_name: str
    table: pa.Table
    headers: Sequence[str]
    formats: Sequence[Format]

    @property
    def ref(self) -> str:
        """The range of the Excel table; one has at least one row under its headers."""
        return f"A1:{letters(len(self.headers))}{max(self.table.num_rows, 1) + 1}"


def check(sheet: ResultSheet) -> None:
    """Raises when a result does not fit a sheet."""
    if sheet.table.num_rows >= MAX_ROWS or len(sheet.headers) > MAX_COLUMNS:
        raise DataError(
            "The result has {row_count} rows and {column_count} columns; a sheet holds 1,048,575 rows under the headers and 16,384 columns.",
            fix="Write it to a CSV or Parquet file.",
            row_count=f"{sheet.table.num_rows:,}",
            column_count=f"{len(sheet.headers):,}",
        )


def headers(wanted: Sequence[str]) -> list[str]:
    """Headers as an Excel table wants them: not blank, one line, unlike each other ignoring case, 255 characters."""
    given: list[str] = []
    taken: set[str] = set()
    for position, header in enumerate(wanted, 1):
        one_line = " ".join(_CONTROLS.sub(" ", _whole_characters(str(header))).split())
        base = name = _cut(one_line, 255, "") or f"Column {position}"
        number = 2
        while name.casefold() in taken:
            name = f"{_cut(base, 250, '')} {number}"
            number += 1
        taken.add(name.casefold())
        given.append(name)
    return given


def plain_text(text: str) -> str:
    """The text as the content of an XML element: cut to what a cell holds, nothing left that XML cannot hold."""
    return escape(_escaped(text))


def rows_xml(
    sheet: ResultSheet,
    names: Sequence[str],
    styles: Mapping[Format, int],
    *,
    date1904: bool = False,
    prefix: str = "",
) -> Iterator[bytes | memoryview]:
    """The rows of a result sheet, headers first, in pieces.

    Parameters
    ----------
    names : sequence of str
        The headers, as `headers` gives them.
    styles : mapping
        Cell format of the workbook for each number format; one that is missing is left out.
    prefix : str
        Prefix of the main namespace in the sheet's part (`x:`), or nothing.
    """
    p = prefix
    cells = "".join(
        f'<{p}c r="{letters(at)}1" t="inlineStr"><{p}is><{p}t>{plain_text(name)}</{p}t></{p}is></{p}c>'
        for at, name in enumerate(names, 1)
    )
    yield f'<{p}row r="1">{cells}</{p}row>'.encode()
    opened = [
        (letters(at), f' s="{styles[form]}"' if form in styles else "")
        for at, form in enumerate(sheet.formats, 1)
    ]
    looks = _Looks("date" in styles, date1904, p=p)
    for start, count in _blocks(sheet.table, 2):
        yield _rows(sheet.table.slice(start, count), start + 2, opened, looks)


def widths(sheet: ResultSheet, names: Sequence[str]) -> list[float]:
    """Column widths in characters that show the headers and the first rows."""
    usual = {"date": 11.0, "time": 16.0, "amount": 14.0, "integer": 10.0, "ratio": 9.0, "score": 9.0}
    first = sheet.table.slice(0, 200)
    found = []
    for at, (name, form) in enumerate(zip(names, sheet.formats, strict=True)):
        width = max(usual.get(form, 8.0), shown_width(name) + 3.0)
        if form == "text":
            width = max(
                [
                    width,
                    *(
                        shown_width(str(value)[:80]) + 1.0
                        for value in first.column(at).to_pylist()
                        if value is not None
                    ),
                ]
            )
        found.append(min(width, 60.0))
    return found


def styled_rows_xml(table: pa.Table, styles: Sequence[int], *, row: int, left: int) -> Iterator[memoryview]:
    """The rows of a table for a sheet drawn by somebody else, in pieces; a blank cell keeps its column's style.

    Parameters
    ----------
    table : Table
    styles : sequence of int
        Cell format of each column in the workbook.
    row, left : int
        Row and column of the first cell, counted from 1.
    """
    opened = [(letters(left + at), f' s="{style}"') for at, style in enumerate(styles)]
    for start, count in _blocks(table, row):
        yield _rows(table.slice(start, count), row + start, opened, _Looks(blanks=True))


@dataclass(frozen=True)
class _Looks:
    """What all cells of a sheet have in common: its dates, blank cells that are written, the prefix of its tags."""

    has_dates: bool = True
    date1904: bool = False
    blanks: bool = False
    p: str = ""


def _blocks(table: pa.Table, first: int) -> Iterator[tuple[int, int]]:
    """Where to cut a table whose first row has this number: positions and lengths, numbers of as many digits in each."""
    start, most = 0, min(_ROWS_AT_ONCE, max(1, _CELLS_AT_ONCE // max(table.num_columns, 1)))
    while start < table.num_rows:
        number = first + start
        count = min(table.num_rows - start, most, 10 ** len(str(number)) - number)
        yield start, count
        start += count


def _rows(table: pa.Table, first: int, opened: Sequence[tuple[str, str]], looks: _Looks) -> memoryview:
    """Rows of a table, whose numbers have as many digits; `opened` is the column's letters and its style attribute."""
    import pyarrow as pa

    p, line = looks.p, _Line(first, table.num_rows)
    line.add(f'<{p}row r="{_NUMBER}">')
    for at, (letter, style) in enumerate(opened):
        column = table.column(at).combine_chunks()
        if isinstance(column, pa.ChunkedArray):
            column = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
        opening = f'<{p}c r="{letter}{_NUMBER}"{style}'
        if column.null_count < len(column):
            line.add_cells(opening, _repeated(column, looks) or _cells(column, looks), blanks=looks.blanks)
        elif looks.blanks:
            line.add(f"{opening}/>")
    line.add(f"</{p}row>")
    rows = line.joined()
    ends = np.frombuffer(rows.buffers()[1], np.int32, rows.offset + len(rows) + 1)[rows.offset :]
    return memoryview(rows.buffers()[2])[ends[0] : ends[-1]]


class _Line:
    """The pieces of rows, from left to right: arrays with a text per row, and text that is the same in all but the number.

    Parameters
    ----------
    first, count : int
        Number of the first row, and how many there are; all numbers have as many digits.
    """

    def __init__(self, first: int, count: int) -> None:
        powers = 10 ** np.arange(len(str(first)))[::-1]
        self.digits = (np.arange(first, first + count)[:, None] // powers % 10 + ord("0")).astype(np.uint8)
        self.pieces: list[Any] = []
        self.text = ""

    def add(self, piece: Any) -> None:
        """A text, `_NUMBER` in the place of the row's number, or an array, whose missing texts are none."""
        if isinstance(piece, str):
            self.text += piece
            return
        if self.text:
            self.pieces.append(self.numbered(self.text))
            self.text = ""
        self.pieces.append(piece)

    def add_cells(self, opening: str, ways: Sequence[tuple[list[Any], pa.Array]], *, blanks: bool) -> None:
        """Cells as `_cells` ends them; where some are blank or written another way, ends or cells are joined before."""
        import pyarrow.compute as pc

        pieces, content = ways[0]
        if not content.null_count:
            for piece in (opening, *pieces):
                self.add(piece)
        elif blanks:
            self.add(opening)
            self.add(pc.coalesce(*(_joined(pieces) for pieces, _ in ways), "/>"))
        else:
            cells = []
            for pieces, _ in ways:
                lead = opening + (pieces[0] if isinstance(pieces[0], str) else "")
                cells.append(_joined([self.numbered(lead), *pieces[isinstance(pieces[0], str) :]]))
            self.add(cells[0] if len(cells) == 1 else pc.coalesce(*cells))

    def numbered(self, text: str) -> Any:
        """The text in every row, with its number."""
        import pyarrow as pa

        count, width = self.digits.shape
        places = [found.start() for found in re.finditer(_NUMBER.encode(), text.encode())]
        if not places:
            return text
        row = np.frombuffer(text.encode().replace(_NUMBER.encode(), bytes(width)), np.uint8)
        texts = np.empty((count, len(row)), np.uint8)
        texts[:] = row
        for at, place in enumerate(places):
            left = place + at * (width - 1)
            texts[:, left : left + width] = self.digits
        ends = np.arange(0, texts.size + 1, len(row), dtype=np.int32)
        return pa.StringArray.from_buffers(count, pa.py_buffer(ends), pa.py_buffer(texts))

    def joined(self) -> pa.Array:
        """The rows."""
        return _joined([*self.pieces, self.text], null_handling="skip")


def _repeated(column: pa.Array, looks: _Looks) -> list[tuple[list[Any], pa.Array]]:
    """The cells of a column with few different values, each written once; nothing for any other column."""
    import pyarrow.compute as pc

    if len(column) < _SAMPLE or len(column.slice(0, _SAMPLE).unique()) * _REPEATED > _SAMPLE:
        return []
    values = column.dictionary_encode()
    once = pc.coalesce(*(_joined(pieces) for pieces, _ in _cells(values.dictionary, looks)))
    cells = once.take(values.indices)
    return [([cells], cells)]


def _cells(column: pa.Array, looks: _Looks) -> list[tuple[list[Any], pa.Array]]:
    """Ways to end the cells of a column: pieces to join (texts, and arrays with a text per row), and their content.

    Where the content of one is missing, the next is written; where all are, the cell is blank.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    kind, p = column.type, looks.p
    before, after = f"><{p}v>", f"</{p}v></{p}c>"
    if pa.types.is_dictionary(kind) or pa.types.is_null(kind):
        column = column.cast(pa.string())
        kind = column.type
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        if not looks.has_dates:
            return [_text_cells(_iso(column), p)]
        serials, as_text = _serials(column, looks.date1904)
        numbers = ([before, serials, after], serials)
        if not pc.any(as_text).as_py():
            return [numbers]
        return [numbers, _text_cells(pc.if_else(as_text, _iso(column), None), p)]
    if pa.types.is_boolean(kind):
        column = column.cast(pa.int8()).cast(pa.string())
        return [([' t="b"', before, column, after], column)]
    if pa.types.is_floating(kind):
        column = column.cast(pa.float64())
        column = pc.if_else(pc.is_finite(column), column, pa.scalar(None, pa.float64()))
    elif pa.types.is_integer(kind):
        # A cell is a double and shows 15 digits; a longer number keeps its digits as text.
        if (
            len(column)
            and pc.any(pc.greater_equal(pc.abs(column.cast(pa.float64(), safe=False)), 1e15)).as_py()
        ):
            return [_text_cells(column.cast(pa.string()), p)]
    elif not pa.types.is_decimal(kind):
        return [_text_cells(column.cast(pa.string()), p)]
    column = column.cast(pa.string())
    return [([before, column, after], column)]


def _text_cells(column: pa.Array, p: str) -> tuple[list[Any], pa.Array]:
    import pyarrow.compute as pc

    column = _safe(column)
    edges = pc.any(pc.match_substring_regex(column, r"^\s|\s$|\n")).as_py()
    space = ' xml:space="preserve"' if edges else ""
    return [f' t="inlineStr"><{p}is><{p}t{space}>', column, f"</{p}t></{p}is></{p}c>"], column


def _safe(column: pa.Array) -> pa.Array:
    """Texts escaped for XML; only the few odd ones are looked at one by one."""
    import pyarrow as pa
    import pyarrow.compute as pc

    odd = pc.or_(
        pc.match_substring_regex(column, _ODD_TEXT), pc.greater(pc.binary_length(column), LONGEST_TEXT)
    )
    if pc.any(odd).as_py():
        odd = pc.fill_null(odd, False)
        better = [_escaped(text) for text in column.filter(odd).to_pylist()]
        column = pc.replace_with_mask(column, odd, pa.array(better, pa.string()))
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        if pc.any(pc.match_substring(column, character)).as_py():
            column = pc.replace_substring(column, character, entity)
    return column


def _escaped(text: str) -> str:
    text = re.sub(r"_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", _cut(_whole_characters(text), LONGEST_TEXT, CUT_MARK))
    return _CONTROLS.sub(lambda found: f"_x{ord(found[0]):04X}_", text)


def _whole_characters(text: str) -> str:
    """Half a character (a lone surrogate) cannot be written; it becomes the replacement character."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _cut(text: str, longest: int, mark: str) -> str:
    """At most `longest` UTF-16 units, as Excel counts, without half a character at the end."""
    code = text.encode("utf-16-le")
    if len(code) <= 2 * longest:
        return text
    return code[: 2 * (longest - len(mark))].decode("utf-16-le", "ignore") + mark


def _serials(column: pa.Array, date1904: bool) -> tuple[pa.Array, pa.Array]:
    """Serials as texts, and which rows have a date that no serial expresses."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_date(column.type):
        days = column.cast(pa.date32()).cast(pa.int32()).cast(pa.int64())
        serial = pc.add(days, _UNIX_EPOCH)
    else:
        micro = pc.local_timestamp(column) if column.type.tz else column
        micro = micro.cast(pa.timestamp("us"), safe=False).cast(pa.int64())
        serial = pc.add(pc.divide(micro.cast(pa.float64()), 86_400e6), float(_UNIX_EPOCH))
    if date1904:
        serial = pc.subtract(serial, _LATER_IN_1904)
        lowest = 0
    else:
        # Excel counts a 29 February 1900; days before 1 March 1900 stand one lower.
        serial = pc.if_else(pc.less(serial, 61), pc.subtract(serial, 1), serial)
        lowest = 1
    too_early = pc.fill_null(pc.less(serial, lowest), False)
    return pc.if_else(too_early, pa.scalar(None, serial.type), serial).cast(pa.string()), too_early


def _iso(column: pa.Array) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_timestamp(column.type):
        column = pc.local_timestamp(column) if column.type.tz else column
        column = column.cast(pa.timestamp("s"), safe=False)
    return column.cast(pa.string())


def _joined(parts: list[Any], null_handling: Literal["emit_null", "skip"] = "emit_null") -> pa.Array:
    """Texts joined row by row; where a part is missing, the row is missing or does without it."""
    import pyarrow as pa
    import pyarrow.compute as pc

    pieces: list[Any] = []
    for part in parts:
        if isinstance(part, str) and pieces and isinstance(pieces[-1], str):
            pieces[-1] += part
        else:
            pieces.append(part)
    pieces = [pa.scalar(piece) if isinstance(piece, str) else piece for piece in pieces]
    return pc.binary_join_element_wise(*pieces, "", null_handling=null_handling)


def shown_width(text: str) -> int:
    """Width in characters; Chinese characters count twice."""
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
