"""The first rows of a sheet, read without reading the sheet: where the header is costs nothing to find out."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import PurePosixPath

from workbooks.gate.guard import Guard, as_utf8, is_utf16
from workbooks.gate.package import Package, SheetInfo
from workbooks.gate.scan import position

_PIECE = 1 << 16

Rows = dict[int, dict[int, object]]


def first_rows(package: Package, sheet: SheetInfo, *, rows: int = 50) -> Rows:
    """Cells of the first rows that hold any.

    Returns
    -------
    dict
        Row -> column -> text, number, boolean; both from 1. Date cells are numbers here.
    """
    with zipfile.ZipFile(package.path) as archive:
        listener = _Cells(rows)
        for piece in _pieces(archive, sheet.part):
            listener.feed(piece)
            if listener.done:
                break
        wanted = {
            cell.index
            for row in listener.found.values()
            for cell in row.values()
            if isinstance(cell, _Shared)
        }
        texts = _shared_texts(archive, package, wanted) if wanted else {}
    return {
        row: {
            column: texts.get(cell.index, "") if isinstance(cell, _Shared) else cell
            for column, cell in cells.items()
        }
        for row, cells in listener.found.items()
        if cells
    }


class _Shared:
    """A cell that refers to a shared text."""

    def __init__(self, index: int) -> None:
        self.index = index


class _Cells(Guard):
    """Hears the cells of a sheet until it has seen enough rows."""

    def __init__(self, rows: int) -> None:
        super().__init__()
        self.rows, self.done = rows, False
        self.found: Rows = {}
        self.row = self.column = 0
        self.kind = "n"
        self.text: list[str] = []
        self.inside = ""
        self.parser.CharacterDataHandler = self._characters
        self.skip = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(" ")[2]
        if self.done or self.skip:
            self.skip += self.skip > 0
        elif local == "row":
            self.row = int(attributes.get("r") or self.row + 1)
            self.column = 0
            if len(self.found) >= self.rows:
                self.done = True
        elif local == "c":
            reference = attributes.get("r")
            self.row, self.column = position(reference) if reference else (self.row, self.column + 1)
            self.kind, self.text, self.inside = attributes.get("t", "n"), [], ""
        elif local in ("v", "t"):
            self.inside = local
        elif local in ("rPh", "f"):
            self.skip = 1

    def end(self, name: str) -> None:
        local = name.rpartition(" ")[2]
        if self.skip:
            self.skip -= 1
        elif local in ("v", "t"):
            self.inside = ""
        elif local == "c" and not self.done:
            value = _value(self.kind, "".join(self.text))
            if value is not None:
                self.found.setdefault(self.row, {})[self.column] = value
        elif local == "sheetData":
            self.done = True

    def _characters(self, text: str) -> None:
        if self.inside and not self.skip:
            self.text.append(text)


def _value(kind: str, text: str) -> object:
    if kind == "s":
        return _Shared(int(text)) if text.strip().isdigit() else None
    if not text:
        return None
    if kind == "b":
        return text.strip() == "1"
    if kind == "n":
        try:
            number = float(text)
        except ValueError:
            return text
        return int(number) if number.is_integer() else number
    return text


class _Texts(Guard):
    """Hears shared texts until it has the wanted ones."""

    def __init__(self, wanted: set[int]) -> None:
        super().__init__()
        self.wanted, self.last = wanted, max(wanted)
        self.texts: dict[int, str] = {}
        self.index = -1
        self.text: list[str] = []
        self.inside = self.phonetic = False
        self.parser.CharacterDataHandler = self._characters

    def start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(" ")[2]
        if local == "si":
            self.index += 1
            self.text = []
        elif local == "rPh":
            self.phonetic = True
        elif local == "t":
            self.inside = not self.phonetic

    def end(self, name: str) -> None:
        local = name.rpartition(" ")[2]
        if local == "rPh":
            self.phonetic = False
        elif local == "t":
            self.inside = False
        elif local == "si" and self.index in self.wanted:
            self.texts[self.index] = "".join(self.text)

    def _characters(self, text: str) -> None:
        if self.inside:
            self.text.append(text)


def _shared_texts(archive: zipfile.ZipFile, package: Package, wanted: set[int]) -> dict[int, str]:
    folders = {PurePosixPath(sheet.part).parent.parent for sheet in package.sheets}
    part = next(
        (
            name
            for name in archive.namelist()
            if PurePosixPath(name).name.lower() == "sharedstrings.xml"
            and PurePosixPath(name).parent in folders
        ),
        None,
    )
    if part is None:
        return {}
    listener = _Texts(wanted)
    for piece in _pieces(archive, part):
        listener.feed(piece)
        if listener.index > listener.last:
            break
    return listener.texts


def _pieces(archive: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    with archive.open(part) as stream:
        start = stream.read(_PIECE)
        if is_utf16(start):
            yield as_utf8(start + stream.read())
            return
        while start:
            yield start
            start = stream.read(_PIECE)
