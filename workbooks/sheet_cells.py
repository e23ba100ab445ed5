"""The XML of a sheet, changed cell by cell: rows and cells nobody asked to change keep every byte.

Only sheets of regular shape are changed, as spreadsheet programs write them: every row and cell says where it stands,
no comments and no CDATA among them. ECMA-376 part 1, 18.3.1.4 (c), 18.3.1.40 (f) and 18.3.1.73 (row).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any, NamedTuple

from tierbook.errors import DataError
from workbooks.gate.cells import letters, position
from workbooks.sheet_xml import plain_text

Place = tuple[int, int]
"""Row and column, from 1."""

_ATTRIBUTE = re.compile(rb"""([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_MADE_FOR_FORMULAS = (b"cm", b"vm")  # metadata of dynamic arrays and rich values
_TAG_END = rb"""((?:[^>"']|"[^"]*"|'[^']*')*?)"""


class Area(NamedTuple):
    """A rectangle of cells, both corners included."""

    first: Place
    last: Place

    @classmethod
    def of(cls, ref: str) -> Area:
        """`B2:D9` or `B2`."""
        first, _, last = ref.replace("$", "").partition(":")
        return cls(position(first), position(last or first))

    @property
    def ref(self) -> str:
        corners = [f"{letters(column)}{row}" for row, column in self]
        return corners[0] if self.first == self.last else ":".join(corners)

    def __contains__(self, place: object) -> bool:
        (top, left), (bottom, right) = self
        return (
            isinstance(place, tuple)
            and len(place) == 2
            and top <= place[0] <= bottom
            and left <= place[1] <= right
        )

    def touches(self, other: Area) -> bool:
        return (
            self.first[0] <= other.last[0]
            and other.first[0] <= self.last[0]
            and self.first[1] <= other.last[1]
            and other.first[1] <= self.last[1]
        )

    def holds(self, other: Area) -> bool:
        return other.first in self and other.last in self

    def places(self) -> Iterator[Place]:
        """Every cell, row by row."""
        (top, left), (bottom, right) = self
        return ((row, column) for row in range(top, bottom + 1) for column in range(left, right + 1))


class FormulaCell(NamedTuple):
    """A cell with a formula; `kind` is `array`, `shared` or "", `group` the number of a shared one."""

    place: Place
    text: str
    kind: str
    area: Area
    group: str


@dataclass(frozen=True)
class Written:
    """What a cell shall hold: a value, and a formula (without `=`) over `area` in its first cell.

    With `kept`, the formula that stands there stays as it is written, but for the cells an array fills (`area`).
    `style` is the cell format of a cell that has none yet.
    """

    value: Any = None
    formula: str = ""
    area: Area | None = None
    kept: bool = False
    style: int | None = None


class SheetCells:
    """The cells of one sheet part.

    Raises
    ------
    DataError
        A sheet of irregular shape.
    """

    def __init__(self, data: bytes) -> None:
        found = re.search(rb"<((?:[A-Za-z_][\w.-]*:)?)sheetData\s*(/?)>", data)
        if found is None or b"<![CDATA[" in data or b"<!--" in data:
            raise _irregular()
        self._prefix = found[1]
        self._open, self._start = found.start(), found.end()
        if found[2]:
            self._end, self._after = found.end(), found.end()
        else:
            closing = data.find(b"</" + self._prefix + b"sheetData", found.end())
            if closing < 0:
                raise _irregular()
            self._end, self._after = closing, data.index(b">", closing) + 1
        self._data = data
        p = re.escape(self._prefix)
        self._row = re.compile(rb"<%brow(?=[\s/>])%b(?:/>|>(.*?)</%brow\s*>)" % (p, _TAG_END, p), re.DOTALL)
        self._cell = re.compile(rb"<%bc(?=[\s/>])%b(?:/>|>(.*?)</%bc\s*>)" % (p, _TAG_END, p), re.DOTALL)
        self._formula = re.compile(rb"<%bf(?=[\s/>])%b(?:/>|>(.*?)</%bf\s*>)" % (p, _TAG_END, p), re.DOTALL)

    @property
    def protected(self) -> bool:
        """Whether the sheet may only be changed by somebody who takes its protection off."""
        found = re.search(
            rb"<%bsheetProtection\s([^>]*)>" % re.escape(self._prefix), self._data[self._after :]
        )
        return found is not None and _attributes(found[1]).get(b"sheet") in (b"1", b"true")

    def formulas(self) -> list[FormulaCell]:
        """Every cell with a formula, in the order of the file; one of a shared group may have no text of its own."""
        if b"<" + self._prefix + b"f" not in self._data[self._start : self._end]:
            return []
        found = []
        for _, cells in self._rows():
            if cells is None or b"<" + self._prefix + b"f" not in cells:
                continue
            for place, _, inner in self._cells(cells):
                if inner and (formula := self._formula.search(inner)):
                    said = _attributes(formula[1])
                    kind = said.get(b"t", b"").decode()
                    ref = said.get(b"ref", b"").decode()
                    found.append(
                        FormulaCell(
                            place,
                            unescape((formula[2] or b"").decode()),
                            kind if kind in ("array", "shared") else "",
                            Area.of(ref) if ref and kind == "array" else Area(place, place),
                            said.get(b"si", b"").decode() if kind == "shared" else "",
                        )
                    )
        return found

    def values(self, wanted: Area) -> dict[Place, tuple[str, str]]:
        """Type (`n`, `s`, `str`, `inlineStr`, `b`, `e`) and text of the cells in an area that hold something."""
        p = re.escape(self._prefix)
        value = re.compile(rb"<%bv(?:\s[^>]*)?>(.*?)</%bv\s*>" % (p, p), re.DOTALL)
        text = re.compile(rb"<%bt(?:\s[^>]*)?>(.*?)</%bt\s*>" % (p, p), re.DOTALL)
        found = {}
        for number, cells in self._rows():
            if cells is None or not wanted.first[0] <= number <= wanted.last[0]:
                continue
            for place, attributes, inner in self._cells(cells):
                if place in wanted and inner:
                    kind = _attributes(attributes).get(b"t", b"n").decode()
                    if kind == "inlineStr":
                        found[place] = kind, _read(b"".join(text.findall(inner)))
                    elif (shown := value.search(inner)) or self._formula.search(inner):
                        found[place] = kind, _read(shown[1] if shown else b"")
        return found

    def changed(self, cells: Mapping[Place, Written]) -> bytes:
        """The part with other cells; styles stay, formulas and values are those given."""
        by_row: dict[int, dict[int, Written]] = {}
        for (row, column), written in cells.items():
            by_row.setdefault(row, {})[column] = written
        waiting = sorted(by_row)
        p = self._prefix
        pieces = [self._data[: self._open], b"<" + p + b"sheetData>"]
        at, next_row = self._start, 0
        for found in self._row.finditer(self._data, self._start, self._end):
            number = _number(found[1])
            while next_row < len(waiting) and waiting[next_row] < number:
                pieces += [self._data[at : found.start()], self._new_row(waiting[next_row], by_row)]
                at, next_row = found.start(), next_row + 1
            if next_row < len(waiting) and waiting[next_row] == number:
                pieces += [self._data[at : found.start()], self._same_row(found, by_row[number])]
                at, next_row = found.end(), next_row + 1
        pieces.append(self._data[at : self._end])
        pieces += [self._new_row(row, by_row) for row in waiting[next_row:]]
        pieces += [b"</" + p + b"sheetData>", self._data[self._after :]]
        return self._with_dimension(b"".join(pieces), cells)

    def _rows(self) -> Iterator[tuple[int, bytes | None]]:
        for found in self._row.finditer(self._data, self._start, self._end):
            yield _number(found[1]), found[2]

    def _cells(self, row: bytes) -> Iterator[tuple[Place, bytes, bytes | None]]:
        for found in self._cell.finditer(row):
            ref = _attributes(found[1]).get(b"r")
            if ref is None:
                raise _irregular()
            yield position(ref.decode()), found[1], found[2]

    def _new_row(self, row: int, by_row: Mapping[int, Mapping[int, Written]]) -> bytes:
        cells = b"".join(self._made((row, column), one, b"") for column, one in sorted(by_row[row].items()))
        return b'<%brow r="%d">%b</%brow>' % (self._prefix, row, cells, self._prefix)

    def _same_row(self, found: re.Match[bytes], written: Mapping[int, Written]) -> bytes:
        """A row with some other cells; its span is only a hint and goes, since it may have become too narrow."""
        row, inner, p = _number(found[1]), found[2] or b"", self._prefix
        waiting = sorted(written)
        pieces, at, next_column = [], 0, 0
        for cell in self._cell.finditer(inner):
            attributes = _attributes(cell[1])
            if b"r" not in attributes:
                raise _irregular()
            column = position(attributes[b"r"].decode())[1]
            pieces.append(inner[at : cell.start()])
            while next_column < len(waiting) and waiting[next_column] < column:
                one = waiting[next_column]
                pieces.append(self._made((row, one), written[one], b""))
                next_column += 1
            if next_column < len(waiting) and waiting[next_column] == column:
                one_there = self._formula.search(cell[2] or b"") if written[column].kept else None
                if one_there:
                    pieces.append(self._with_result(cell[1], one_there[0], written[column]))
                else:
                    style = attributes.get(b"s", b"")
                    pieces.append(self._made((row, column), written[column], style))
                next_column += 1
            else:
                pieces.append(cell[0])
            at = cell.end()
        pieces += [self._made((row, one), written[one], b"") for one in waiting[next_column:]]
        pieces.append(inner[at:])
        tag = re.sub(rb"""\sspans\s*=\s*(?:"[^"]*"|'[^']*')""", b"", found[1]).rstrip()
        return b"<%brow%b>%b</%brow>" % (p, tag, b"".join(pieces), p)

    def _with_result(self, attributes: bytes, formula: bytes, written: Written) -> bytes:
        """A cell whose formula stays, with another result."""
        plain = re.sub(rb"""\st\s*=\s*(?:"[^"]*"|'[^']*')""", b"", attributes).rstrip()
        if written.area:
            area = written.area.ref.encode()
            formula = re.sub(
                rb"""(\sref\s*=\s*)(?:"[^"]*"|'[^']*')""", lambda found: found[1] + b'"' + area + b'"', formula, count=1
            )  # fmt: skip
        opened = b"<" + self._prefix + b"c" + plain
        return self._shown(opened.decode(), formula.decode(), written.value, result=True, styled=True)

    def _made(self, place: Place, written: Written, style: bytes) -> bytes:
        """One cell; nothing where it shall be blank and has no style."""
        p = self._prefix.decode()
        if written.style is not None and style in (b"", b"0"):
            style = str(written.style).encode()
        opened = f'<{p}c r="{letters(place[1])}{place[0]}"' + (f' s="{style.decode()}"' if style else "")
        formula = ""
        if written.formula:
            over = f' t="array" ref="{written.area.ref}"' if written.area else ""
            formula = f"<{p}f{over}>{plain_text(written.formula)}</{p}f>"
        result = bool(formula or written.area or written.kept)
        return self._shown(opened, formula, written.value, result=result, styled=bool(style))

    def _shown(self, opened: str, formula: str, value: Any, *, result: bool, styled: bool) -> bytes:
        """A cell that begins like that, with a value; the text of a result stands in it another way than a typed one."""
        p = self._prefix.decode()
        code = getattr(value, "code", None)
        if value is None or (isinstance(value, float) and not math.isfinite(value)):
            shown = f"{opened}>{formula}</{p}c>" if formula else f"{opened}/>" if styled else ""
        elif code is not None:
            shown = f'{opened} t="e">{formula}<{p}v>{plain_text(code)}</{p}v></{p}c>'
        elif isinstance(value, bool):
            shown = f'{opened} t="b">{formula}<{p}v>{value:d}</{p}v></{p}c>'
        elif isinstance(value, int | float):
            shown = f"{opened}>{formula}<{p}v>{value!r}</{p}v></{p}c>"
        elif result:
            shown = f'{opened} t="str">{formula}<{p}v>{plain_text(str(value))}</{p}v></{p}c>'
        else:
            text = plain_text(str(value))
            shown = f'{opened} t="inlineStr"><{p}is><{p}t xml:space="preserve">{text}</{p}t></{p}is></{p}c>'
        return shown.encode()

    def _with_dimension(self, data: bytes, cells: Mapping[Place, Written]) -> bytes:
        """The used range as the part says it, widened to the cells written."""
        found = re.search(
            rb"(<%bdimension\s[^>]*?ref\s*=\s*[\"'])([^\"']*)" % re.escape(self._prefix), data[: self._open]
        )
        if found is None or not cells:
            return data
        known = Area.of(found[2].decode())
        rows = [known.first[0], known.last[0], *(row for row, _ in cells)]
        columns = [known.first[1], known.last[1], *(column for _, column in cells)]
        whole = Area((min(rows), min(columns)), (max(rows), max(columns)))
        return data[: found.start(2)] + whole.ref.encode() + data[found.end(2) :]


def _attributes(tag: bytes) -> dict[bytes, bytes]:
    return {found[1]: found[2] or found[3] or b"" for found in _ATTRIBUTE.finditer(tag)}


def _number(tag: bytes) -> int:
    said = _attributes(tag).get(b"r")
    if said is None or not said.isdigit():
        raise _irregular()
    return int(said)


def _read(text: bytes) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), unescape(text.decode()))


def _irregular() -> DataError:
    return DataError(
        "The sheet is written in a way its cells cannot be changed one by one.",
        fix="Open the workbook in Excel and save it again.",
    )
