"""Columns of a large plain sheet, taken while the gate looks at it.

The gate has proved that every row has one of a few shapes (`workbooks.gate.shapes`) and says where each content stands.
From there the contents become Arrow columns, exactly as the bulk reader would give them, at a third of its cost.
Whatever could read otherwise there (columns of mixed types, spaces at the ends of texts, escapes, durations, rarer
number formats) is left to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from workbooks.gate.package import NumberFormat
from workbooks.gate.shapes import Cell, Rows
from workbooks.reading.far import ROOM

if TYPE_CHECKING:
    import pyarrow as pa

_MOST_COLUMNS = 200
_ENTITY = re.compile(rb"&(?!(?:lt|gt|quot|apos|amp);)")
_SHARED = re.compile(rb'<si><t(?: xml:space="preserve")?>([^<]*)</t></si>')
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&"))
# Number formats whose cells everybody reads alike (ECMA-376 part 1, 18.8.30). Elapsed and bare times are not among them.
_NUMBERS = frozenset((*range(14), *range(37, 41), 48, 49))
_DATES = frozenset((14, 15, 16, 17, 22))
_NUMBER_CODE = re.compile(r'(?:General|[0#?.,%+\-$€£¥()_*;@ "]+)')
_DATE_CODE = re.compile(r"(?=.*[yd])[ymd]+(?:[-/. ][ymd]+)+(?: hh?:mm(?::ss)?)?(?:;@)?", re.I)
_FIRST, _LAST = 61, 2_958_465  # serials of 1900-03-01 and 9999-12-31; those before are a matter of their own
_EPOCH = 25_569  # serial of 1970-01-01
_DAY = 86_400_000  # [ms]

Kind = Literal["text", "yes_no", "number", "date"]


class _Piece(NamedTuple):
    """Cells of one column in rows of one shape."""

    cell: Cell
    numbers: np.ndarray
    cells: pa.Array


class PlainSheet:
    """What a sheet's rows hold, as long as all of it is plain."""

    def __init__(self) -> None:
        self.pieces: dict[int, list[_Piece]] = {}
        self.plain = True

    def give_up(self) -> None:
        self.plain = False
        self.pieces.clear()

    def take(self, rows: Rows) -> None:
        """Keep the contents of some rows."""
        if not self.plain:
            return
        if rows.shape.cells[-1].column > _MOST_COLUMNS or _odd(rows.data, rows.end):
            self.give_up()
            return
        texts = _texts(rows)
        bytes_, escaped = np.frombuffer(rows.data, np.uint8), b"&" in rows.data
        first, last = bytes_.take(rows.places[:, ::2]), bytes_.take(rows.places[:, 1::2] - 1)
        for at, cell in enumerate(rows.shape.cells):
            column = texts.slice(at * len(rows.numbers), len(rows.numbers))
            cells = _contents(cell.kind, column, first[:, at], last[:, at])
            if cell.kind == "inlineStr" and escaped and cells is not None:
                cells = _unescaped(cells)
            if cells is None:
                self.give_up()
                return
            self.pieces.setdefault(cell.column, []).append(_Piece(cell, rows.numbers, cells))

    def columns(
        self,
        header_row: int,
        formats: Sequence[NumberFormat],
        *,
        date1904: bool,
        shared: Callable[[], pa.Array | None] = lambda: None,
        last: bool = False,
    ) -> tuple[list[pa.Array], int] | None:
        """Columns below a header row and the sheet column of the first, as the bulk reader gives them; None when it must.

        Parameters
        ----------
        shared : callable
            Gives the workbook's shared texts, where they are plain; asked when a cell refers to one.
        last : bool
            Nobody will ask again: what is kept is let go, column by column.
        """
        import pyarrow as pa

        if not self.plain or not self.pieces:
            return None
        left, right = min(self.pieces), max(self.pieces)
        last_row = max(int(piece.numbers[-1]) for pieces in self.pieces.values() for piece in pieces)
        length = last_row - header_row
        if length < 1 or length * (right - left + 1) > ROOM:
            return None
        columns = []
        for column in range(left, right + 1):
            kept = (self.pieces.pop if last else self.pieces.get)(column, [])
            pieces = [below for piece in kept if (below := _below(piece, header_row)) is not None]
            kinds = {_kind(piece.cell, formats) for piece in pieces}
            if len(kinds) > 1 or None in kinds:
                return None
            if not pieces:
                columns.append(pa.nulls(length, pa.string()))
                continue
            texts = shared() if any(piece.cell.kind == "s" for piece in pieces) else pa.nulls(0, pa.string())
            if texts is None:
                return None
            cells = pa.concat_arrays([
                texts.take(piece.cells) if piece.cell.kind == "s" else piece.cells for piece in pieces
            ])  # fmt: skip
            if kinds == {"date"}:
                dates = None if date1904 else _dates(cells)
                if dates is None:
                    return None
                cells = dates
            columns.append(_laid_out(cells, pieces, header_row + 1, length))
        return columns, left


def shared_texts(data: bytes, count: int) -> pa.Array | None:
    """The texts of a part of shared texts; None when one is not plain.

    Parameters
    ----------
    data : bytes
        The part.
    count : int
        How many texts it holds.
    """
    import pyarrow as pa

    texts = _SHARED.findall(data)
    if (
        len(texts) != count
        or _odd(data, len(data))
        or any(text[:1] <= b" " or text[-1:] <= b" " for text in texts if text)
    ):
        return None
    return _unescaped(pa.array(texts, pa.string()))


def _odd(data: bytes, end: int) -> bool:
    """Whether some content before `end` may be written otherwise than it reads."""
    # One byte is found ten times as fast as two.
    if (
        data.find(b"\r", 0, end) >= 0
        or (data.find(b"_", 0, end) >= 0 and data.find(b"_x", 0, end) >= 0)
        or (data.find(b"&", 0, end) >= 0 and _ENTITY.search(data, 0, end))
    ):
        return True
    if data.isascii():
        return False
    try:
        str(memoryview(data)[:end], "utf-8")
    except UnicodeDecodeError:
        return True
    return False


def _texts(rows: Rows) -> pa.Array:
    """What stands in the cells, column after column."""
    import pyarrow as pa

    # All that stands between any two places is one text for Arrow, contents and tags by turns: nothing is copied yet.
    places = pa.py_buffer(np.ascontiguousarray(rows.places))
    texts = pa.StringArray.from_buffers(rows.places.size - 1, places, pa.py_buffer(rows.data))
    return texts.take(pa.array(np.arange(0, rows.places.size, 2).reshape(len(rows.places), -1).ravel("F")))


def _contents(kind: str, texts: pa.Array, first: np.ndarray, last: np.ndarray) -> pa.Array | None:
    """The contents of one column: texts as they are written, numbers or yes and no; None when one is not plain.

    Parameters
    ----------
    texts : Array
        What stands in the cells.
    first, last : uint8 array (n,)
        The bytes they begin and end with.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if kind == "inlineStr":
        return None if (first <= 32).any() or (last <= 32).any() else texts
    if kind == "b":
        known = pc.is_in(texts, value_set=pa.array(["0", "1"]))
        return pc.equal(texts, "1") if pc.all(known).as_py() else None
    if kind == "s":  # the gate has seen that they are numbers of shared texts
        return texts.cast(pa.int32())
    if ((last - np.uint8(48)) > 9).any():
        return None
    try:
        numbers = texts.cast(pa.float64())
    except pa.ArrowInvalid:
        return None
    return numbers if pc.all(pc.is_finite(numbers)).as_py() else None


def _unescaped(texts: pa.Array) -> pa.Array:
    import pyarrow.compute as pc

    if pc.any(pc.match_substring(texts, "&")).as_py():
        for entity, character in _ENTITIES:
            texts = pc.replace_substring(texts, entity, character)
    return texts


def _below(piece: _Piece, header_row: int) -> _Piece | None:
    """The cells below the header."""
    above = int(np.searchsorted(piece.numbers, header_row, "right"))
    if not above:
        return piece
    if above == len(piece.numbers):
        return None
    return _Piece(piece.cell, piece.numbers[above:], piece.cells.slice(above))


def _kind(cell: Cell, formats: Sequence[NumberFormat]) -> Kind | None:
    """What the bulk reader makes of a cell; None when that is not sure."""
    if cell.kind != "n":
        return "yes_no" if cell.kind == "b" else "text"
    if cell.style is None:
        return "number"
    if cell.style >= len(formats):
        return None
    number, code = formats[cell.style]
    if number in _NUMBERS or (code is not None and _NUMBER_CODE.fullmatch(code)):
        return "number"
    if number in _DATES or (code is not None and _DATE_CODE.fullmatch(code)):
        return "date"
    return None


def _dates(serials: pa.Array) -> pa.Array | None:
    """Serials as moments, to the millisecond; None when one is before March 1900 or after 9999."""
    import pyarrow as pa

    # Half a millisecond is rounded up, as the bulk reader does it.
    moments = np.floor(serials.to_numpy() * _DAY + 0.5)
    if moments.min() < _FIRST * _DAY or moments.max() >= (_LAST + 1) * _DAY:
        return None
    return pa.array(moments.astype(np.int64) - _EPOCH * _DAY).cast(pa.timestamp("ms"))


def _laid_out(cells: pa.Array, pieces: Sequence[_Piece], first: int, length: int) -> pa.Array:
    """The cells in the rows they belong to, missing where a row has none."""
    import pyarrow as pa

    if _follow(pieces, first, length):
        return cells
    rows = np.concatenate([piece.numbers for piece in pieces]) - first
    places = np.full(length, -1)
    places[rows] = np.arange(len(rows))
    return cells.take(pa.array(places, mask=places < 0))


def _follow(pieces: Sequence[_Piece], first: int, length: int) -> bool:
    """Whether the cells stand in every row, one piece after the other."""
    row = first
    for piece in pieces:
        if piece.numbers[0] != row or piece.numbers[-1] - row + 1 != len(piece.numbers):
            return False
        row += len(piece.numbers)
    return row == first + length
