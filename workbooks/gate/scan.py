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

import re
from collections.abc import Callable, Iterator

from tierbook.errors import DataError
from workbooks.gate.cells import (
    MAX_COLUMNS,
    MAX_ROWS,
    Book,
    SheetFacts,
    beyond,
    judge,
    letters,
    out_of_order,
    position,
    whole,
    within,
)
from workbooks.gate.guard import MAIN, Guard
from workbooks.gate.shapes import Keeper
from workbooks.gate.sheet_rows import IrregularError, Rows


def scan(
    pieces: Callable[[], Iterator[bytes]],
    book: Book,
    *,
    size: int,
    exact_below: int = 1 << 19,
    keeper: Keeper | None = None,
) -> SheetFacts:
    """What the cells of one sheet part hold.

    Parameters
    ----------
    pieces : callable
        Starts a fresh stream of the part's bytes; called again when a large sheet turns out irregular.
    size : int
        Size of the part as its directory claims; decides only which way is tried first. [bytes]
    keeper : Keeper, optional
        Is given the contents of a large sheet's cells, as far as its rows come in shapes.

    Raises
    ------
    DataError
        With `cell` among its values where a cell is at fault; the caller adds file and sheet.
    """
    if size >= exact_below:
        try:
            return _fast(pieces(), book, keeper)
        except IrregularError:
            pass
    if keeper is not None:
        keeper.give_up()
    listener = _Listener(book)
    for piece in pieces():
        listener.feed(piece)
    return listener.finish()


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
                self.row = whole(attributes.get("r"), self.row + 1)
                self.column = 0
                self.facts.hidden_rows += attributes.get("hidden") in ("1", "true")
        elif local == "mergeCell":
            self.facts.merged.append(attributes.get("ref", ""))
        elif local == "col" and attributes.get("hidden") in ("1", "true"):
            self.hidden.append((whole(attributes.get("min"), 0), whole(attributes.get("max"), 0)))
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
        if style is not None and self.book.formats is not None and not within(style, self.book.formats):
            facts.add(ref, "style")

    def _end_cell(self, cell: dict[str, str]) -> None:
        self.facts.formulas += self.formula is not None
        judge(self.facts, self.book, self.ref, cell.get("t", "n"), self.formula, self.value)


def _fast(pieces: Iterator[bytes], book: Book, keeper: Keeper | None) -> SheetFacts:
    """The fast way, for sheets as Excel, LibreOffice and the common libraries write them."""
    listener = _Listener(book)
    buffer = b""
    opened = None
    for piece in pieces:
        buffer += piece
        if not buffer.startswith((b"<", b"\xef\xbb\xbf<")) or re.match(
            rb"[^>]*encoding=.(?!utf-?8)", buffer, re.I
        ):
            raise IrregularError
        opened = re.search(rb"<((?:[A-Za-z_][\w.-]*:)?)sheetData\s*>", buffer)
        if opened or len(buffer) > 8 << 20:
            break
    if opened is None:
        raise IrregularError
    listener.feed(buffer[: opened.end()])
    if not listener.in_data or listener.depth != 2:
        raise IrregularError
    rows = Rows(opened[1], book, listener, keeper)
    rest = rows.read(buffer[opened.end() :], pieces)
    for piece in rest:
        listener.feed(piece)
    return listener.finish()
