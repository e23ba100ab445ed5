"""The package gate: what must be true of a workbook file before any reader opens it.

A workbook comes from anywhere. The gate looks at the file with the standard library (and NumPy for arithmetic over
cell addresses, see `workbooks.gate.scan`): the zip container, every XML part, and what the cells hold that a bulk reader
would pass over in silence. It inflates in bounded pieces, never by a size the file claims, runs nothing, fetches
nothing and follows no external link. ECMA-376 part 2 (Open Packaging Conventions) names the rules for part names.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, NamedTuple

from tierbook.errors import DataError
from workbooks.gate.cells import Book, OddCell, SheetFacts, whole
from workbooks.gate.container import Container, inflates_too_far
from workbooks.gate.guard import MAIN, Elements, Guard, Prolog, as_utf8, is_utf16
from workbooks.gate.kinds import archive_in, check_kind, opened
from workbooks.gate.scan import scan
from workbooks.gate.shapes import Keeper

MAX_RECODED = 64 << 20  # UTF-16 parts are rewritten in memory for the reader [bytes]
_SMALL = 1 << 20  # parts up to here are heard element by element [bytes]
_RELATIONS = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "http://purl.oclc.org/ooxml/officeDocument/relationships",
)
_SAVE_AGAIN = "Open the workbook in Excel, let it repair the file, and save it."


State = Literal["visible", "hidden", "veryHidden"]
_STATES: dict[str, State] = {"hidden": "hidden", "veryHidden": "veryHidden"}


@dataclass(frozen=True)
class SheetInfo:
    """A sheet as the workbook lists it; `kind` is `worksheet`, `chartsheet`, `dialogsheet` or `macrosheet`."""

    name: str
    part: str
    state: State = "visible"
    kind: str = "worksheet"


@dataclass(frozen=True)
class TableInfo:
    """An Excel table (ListObject): its name, sheet and range (`A1:D9`)."""

    name: str
    sheet: str
    ref: str
    header_row: bool = True
    totals_row: bool = False
    part: str = ""


@dataclass(frozen=True)
class DefinedName:
    """A name for a range or formula; `sheet` when it is known on one sheet only."""

    name: str
    text: str
    sheet: str | None = None
    hidden: bool = False


class NumberFormat(NamedTuple):
    """How a cell format shows numbers: a number of Excel's list, or a code of the workbook's own beside it."""

    number: int
    code: str | None


class Stamp(NamedTuple):
    """What tells whether somebody else changed a file; all None for a file that is not there."""

    modified: int | None = None
    size: int | None = None
    inode: int | None = None

    @classmethod
    def of(cls, path: Path) -> Stamp:
        """The file's stamp now."""
        try:
            found = path.stat()
        except FileNotFoundError:
            return cls()
        return cls(found.st_mtime_ns, found.st_size, found.st_ino)


@dataclass(frozen=True)
class Package:
    """A workbook that passed the gate; `strings` is the part of its shared texts."""

    path: Path
    sheets: tuple[SheetInfo, ...]
    tables: tuple[TableInfo, ...] = ()
    defined_names: tuple[DefinedName, ...] = ()
    date1904: bool = False
    strict: bool = False
    signed: bool = False
    has_macros: bool = False
    has_styles: bool = False
    structure_locked: bool = False
    tracked: bool = False
    external_links: int = 0
    recoded: tuple[str, ...] = ()
    number_formats: tuple[NumberFormat, ...] = field(default=(), repr=False)
    strings: str | None = None
    facts: Mapping[str, SheetFacts] = field(default_factory=dict, repr=False)
    stamp: Stamp = field(default_factory=Stamp)

    def odd_cells(self, sheet: str) -> list[OddCell]:
        """Cells whose value is not what it looks like, in the order of the file (see `OddCell`)."""
        return self.facts[sheet].odd

    def odd_count(self, sheet: str, kind: str) -> int:
        """How many cells of that kind; of `external`, `dde` and `style` only the first thousand are kept."""
        return self.facts[sheet].counts.get(kind, 0)

    def merged(self, sheet: str) -> list[str]:
        """Merged ranges (`B2:B3`)."""
        return self.facts[sheet].merged

    def hidden_rows(self, sheet: str) -> int:
        """How many rows are hidden."""
        return self.facts[sheet].hidden_rows

    def hidden_columns(self, sheet: str) -> int:
        """How many columns are hidden, up to the last one with a cell."""
        return self.facts[sheet].hidden_columns

    def style_out_of_range(self, sheet: str) -> list[str]:
        """Cells that ask for a cell format the workbook does not have; they read as unformatted."""
        return self.facts[sheet].style_out_of_range

    def source(self) -> Path | io.BytesIO:
        """What to give a reader: the file, or a copy in memory whose UTF-16 parts are UTF-8."""
        if not self.recoded:
            return self.path
        copy = io.BytesIO()
        with zipfile.ZipFile(self.path) as archive, zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED) as out:
            for entry in archive.infolist():
                data = archive.read(entry)
                out.writestr(entry.filename, as_utf8(data) if entry.filename in self.recoded else data)
        copy.seek(0)
        return copy


def gate(
    path: str | Path,
    *,
    cells_of: Collection[str] | None = None,
    keep: Callable[[str], Keeper] | None = None,
) -> Package:
    """The workbook's structure and the oddities of its cells, once it is shown to be safe and complete.

    Parameters
    ----------
    path : path
        An `.xlsx` or `.xlsm` file; it is only read.
    cells_of : collection of str, optional
        Look at the cells of these sheets only and at no part the structure does not need, as a writer does.
    keep : callable, optional
        Gives, for the name of a sheet, who is to have the contents of its cells.

    Raises
    ------
    DataError
        What is wrong with the file, with the file (and sheet and cell) in `place`.
    """
    path = Path(path)
    try:
        stamp = Stamp.of(path)
        check_kind(path)
        with opened(path) as file, archive_in(file) as archive:
            return replace(_Gate(path, archive).package(cells_of, keep), stamp=stamp)
    except DataError as error:
        if error.place:
            raise
        raise error.at(path.name) from error


class _Gate:
    """One run of the gate over an open archive."""

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self.path, self.container = path, Container(archive)
        self.parts, self.named, self.pieces = (
            self.container.parts,
            self.container.named,
            self.container.pieces,
        )
        self.recoded: list[str] = []
        self.elements: dict[str, Elements] = {}

    def package(
        self, cells_of: Collection[str] | None, keep: Callable[[str], Keeper] | None = None
    ) -> Package:
        types = self._content_types()
        workbook = self._find_workbook()
        if self.named("[content_types].xml") is None:
            raise _missing("[Content_Types].xml")
        root = self._listened(workbook)
        strict = root.namespace == MAIN[1]
        relations = self.relations(workbook)
        if relations is None:
            raise _missing(relations_part(workbook))
        sheets = self._sheets(workbook, root, relations)
        styles = self._target(workbook, relations, "styles")
        strings = self._target(workbook, relations, "sharedStrings")
        book = Book(
            self._string_count(strings),
            self._format_count(styles),
            self._dde_links(workbook, root, relations),
        )
        seen = {workbook, strings, styles, *(sheet.part for sheet in sheets)}
        facts: dict[str, SheetFacts] = {}
        tables: list[TableInfo] = []
        for sheet in sheets:
            if sheet.kind != "worksheet":
                seen.remove(sheet.part)
                facts[sheet.name] = SheetFacts()
                continue
            if cells_of is None or sheet.name in cells_of:
                facts[sheet.name] = self._scan(sheet, book, keep(sheet.name) if keep else None)
            tables += self._tables(sheet)
        for name in self.parts if cells_of is None else ():
            if name not in seen and name not in self.elements:
                self._check_part(name, types)
        names = tuple(self.parts)
        properties = [attributes for local, attributes, _ in root.found if local == "workbookPr"]
        return Package(
            path=self.path,
            sheets=tuple(sheets),
            tables=tuple(tables),
            defined_names=_defined_names(root, sheets),
            date1904=any(_yes(found.get("date1904")) for found in properties),
            strict=strict,
            signed=any(name.lower().startswith("_xmlsignatures/") for name in names),
            has_macros=any(name.lower().endswith("vbaproject.bin") for name in names),
            has_styles=book.formats is not None,
            structure_locked=any(
                local == "workbookProtection" and _yes(attributes.get("lockStructure"))
                for local, attributes, _ in root.found
            ),
            tracked=any(re.search(r"/revisions/revisionheaders\.xml$", name, re.I) for name in names),
            external_links=sum(local == "externalReference" for local, _, _ in root.found),
            recoded=tuple(self.recoded),
            number_formats=self._number_formats(styles),
            strings=strings,
            facts=facts,
        )

    def _content_types(self) -> dict[str, str]:
        """Content type by part name and by `.extension`."""
        name = self.named("[content_types].xml")
        types: dict[str, str] = {}
        if name is None:
            return types
        for local, attributes, _ in self._listened(name).found:
            kind = attributes.get("ContentType", "").lower()
            if local == "Override":
                types[attributes.get("PartName", "").lstrip("/").lower()] = kind
            elif local == "Default":
                types["." + attributes.get("Extension", "").lower()] = kind
        return types

    def _find_workbook(self) -> str:
        relations = self.relations("")
        if relations is None and self.named("mimetype") and self.named("content.xml"):
            raise DataError(
                "This is an OpenDocument file.", fix="Open it in Excel or LibreOffice and save it as .xlsx."
            )
        if relations is None:
            raise _no_workbook()
        for relation in relations.values():
            if relation.kind == "officeDocument" and not relation.external:
                part = self.named(relation.target)
                if part is not None and part.lower().endswith(".bin"):
                    raise DataError(
                        "This is a binary workbook (.xlsb).",
                        fix="Open it in Excel and save it as .xlsx or .xlsm.",
                    )
                if part is None:
                    raise _no_workbook()
                if (
                    self._listened(part).root.rpartition(" ")[2] != "workbook"
                    or self.elements[part].namespace not in MAIN
                ):
                    raise _no_workbook()
                return part
        raise _no_workbook()

    def _listened(self, name: str) -> Elements:
        """The elements of a small part; read once."""
        if name not in self.elements:
            elements = Elements()
            try:
                for piece in self._hearable(name):
                    elements.feed(piece)
                    if len(elements.found) > 2_000_000:
                        raise inflates_too_far(name)
                elements.feed(b"", True)
            except DataError as error:
                raise error.at(error.place or f"{self.path.name} {name}") from error
            self.elements[name] = elements
        return self.elements[name]

    def _hearable(self, name: str) -> Iterator[bytes]:
        """The part's pieces, noting a part in UTF-16: bulk readers need it in UTF-8."""
        for at, piece in enumerate(self.pieces(name)):
            if at == 0 and is_utf16(piece):
                self.recoded.append(name)
                if self.parts[name].file_size > MAX_RECODED:
                    raise DataError(
                        "Part {part} is written in UTF-16 and too large to convert.",
                        fix="Open the workbook in Excel and save it again.",
                        part=name,
                    )
            yield piece

    def relations(self, part: str) -> dict[str, Relation] | None:
        """Relations of a part by id; None where it has no relations part."""
        name = self.named(relations_part(part))
        if name is None:
            return None
        found = {}
        for local, attributes, _ in self._listened(name).found:
            if local == "Relationship":
                external = attributes.get("TargetMode") == "External"
                target = attributes.get("Target", "")
                kind = attributes.get("Type", "")
                found[attributes.get("Id", "")] = Relation(
                    kind.rpartition("/")[2] if kind.startswith(_RELATIONS) else kind,
                    target if external else resolved(part, target),
                    external,
                )
        return found

    def _sheets(self, workbook: str, root: Elements, relations: dict[str, Relation]) -> list[SheetInfo]:
        sheets = []
        for local, attributes, parent in root.found:
            if local != "sheet" or parent != "sheets":
                continue
            name = attributes.get("name", "")
            relation = next(
                (relations.get(value) for key, value in attributes.items() if key in _RELATION_IDS), None
            )
            part = None if relation is None or relation.external else self.named(relation.target)
            if relation is None or part is None:
                raise DataError(
                    "Sheet {sheet} points to a part that is missing from the file.",
                    fix=_SAVE_AGAIN,
                    sheet=repr(name),
                )
            kind = (
                relation.kind if relation.kind in ("worksheet", "chartsheet", "dialogsheet") else "macrosheet"
            )
            sheets.append(SheetInfo(name, part, _STATES.get(attributes.get("state", ""), "visible"), kind))
        if not sheets:
            raise DataError("The workbook lists no sheets.", fix=_SAVE_AGAIN)
        folded = Counter(sheet.name.casefold() for sheet in sheets)
        for sheet in sheets:
            if folded[sheet.name.casefold()] > 1:
                raise DataError("Two sheets are called {sheet}.", fix=_SAVE_AGAIN, sheet=repr(sheet.name))
        return sheets

    def _target(self, workbook: str, relations: dict[str, Relation], kind: str) -> str | None:
        for relation in relations.values():
            if relation.kind == kind and not relation.external:
                return self.named(relation.target)
        return None

    def _string_count(self, part: str | None) -> int | None:
        if part is None:
            return None
        if self.parts[part].file_size < _SMALL:
            return sum(local == "si" and parent == "sst" for local, _, parent in self._listened(part).found)
        prolog, count, tail = Prolog(), 0, b""
        openings: tuple[bytes, ...] = ()
        try:
            for piece in self._hearable(part):
                if part in self.recoded:
                    return sum(local == "si" for local, _, _ in self._listened(part).found)
                if not openings:
                    prolog.feed_start(piece)
                    root = re.search(rb"<((?:[A-Za-z_][\w.-]*:)?)sst[\s>]", piece)
                    prefix = root[1] if root else b""
                    openings = tuple(
                        b"<" + prefix + b"si" + after for after in (b">", b" ", b"/", b"\n", b"\r", b"\t")
                    )
                window = tail + piece
                tail = window[-len(openings[0]) + 1 :]
                count += sum(window.count(opening) for opening in openings)
        except DataError as error:
            raise error.at(error.place or f"{self.path.name} {part}") from error
        return count

    def _format_count(self, part: str | None) -> int | None:
        if part is None:
            return None
        return sum(local == "xf" and parent == "cellXfs" for local, _, parent in self._listened(part).found)

    def _number_formats(self, part: str | None) -> tuple[NumberFormat, ...]:
        """How each cell format shows numbers."""
        found = [] if part is None else self._listened(part).found
        codes = {
            attributes.get("numFmtId"): attributes.get("formatCode")
            for local, attributes, parent in found
            if local == "numFmt" and parent == "numFmts"
        }
        numbers = (
            attributes.get("numFmtId")
            for local, attributes, parent in found
            if (local, parent) == ("xf", "cellXfs")
        )
        return tuple(NumberFormat(whole(number, 0), codes.get(number)) for number in numbers)

    def _dde_links(self, workbook: str, root: Elements, relations: dict[str, Relation]) -> frozenset[str]:
        """Numbers of the external references that are DDE or OLE links to a program."""
        found = set()
        order = [attributes for local, attributes, _ in root.found if local == "externalReference"]
        for number, attributes in enumerate(order, 1):
            relation = next(
                (relations.get(value) for key, value in attributes.items() if key in _RELATION_IDS), None
            )
            part = self.named(relation.target) if relation else None
            if part and any(local in ("ddeLink", "oleLink") for local, _, _ in self._listened(part).found):
                found.add(str(number))
        return frozenset(found)

    def _scan(self, sheet: SheetInfo, book: Book, keeper: Keeper | None) -> SheetFacts:
        size = self.parts[sheet.part].file_size
        try:
            return scan(lambda: self._hearable(sheet.part), book, size=size, keeper=keeper)
        except DataError as error:
            cell = error.values.get("cell")
            place = f"{sheet.name}!{cell}" if cell else sheet.name
            raise error.at(error.place or f"{self.path.name} {place}") from error

    def _tables(self, sheet: SheetInfo) -> Iterator[TableInfo]:
        for relation in (self.relations(sheet.part) or {}).values():
            part = None if relation.external or relation.kind != "table" else self.named(relation.target)
            if part is None:
                continue
            for local, attributes, parent in self._listened(part).found:
                if local == "table" and parent == "":
                    yield TableInfo(
                        attributes.get("displayName") or attributes.get("name", ""),
                        sheet.name,
                        attributes.get("ref", ""),
                        attributes.get("headerRowCount", "1") != "0",
                        attributes.get("totalsRowCount", "0") not in ("", "0"),
                        part,
                    )

    def _check_part(self, name: str, types: Mapping[str, str]) -> None:
        """Checksums every part; XML parts are heard (a large one up to its first element)."""
        suffix = posixpath.splitext(name)[1].lower()
        kind = types.get(name.lower(), types.get(suffix, ""))
        xml = suffix in (".xml", ".rels", ".vml") or (kind.endswith(("+xml", "/xml")) and "svg" not in kind)
        if not xml:
            for _ in self.pieces(name):
                continue
            return
        guard = Guard() if self.parts[name].file_size < _SMALL else Prolog()
        # Excel 2007 wrote VML that is not well-formed, and reads it; `._x.xml` is what macOS adds when it zips.
        lenient = suffix == ".vml" or posixpath.basename(name).startswith("._")
        damaged = False
        try:
            for piece in self.pieces(name):
                try:
                    if isinstance(guard, Prolog):
                        guard.feed_start(piece)
                    elif not damaged:
                        guard.feed(piece)
                except DataError as error:
                    if not (lenient and "reason" in error.values):
                        raise
                    damaged = True
            if not isinstance(guard, Prolog) and not lenient:
                guard.feed(b"", True)
        except DataError as error:
            raise error.at(error.place or f"{self.path.name} {name}") from error


@dataclass(frozen=True)
class Relation:
    """A relation of one part to another; `kind` is the last word of its type (`worksheet`, `table` ...)."""

    kind: str
    target: str
    external: bool = False


_RELATION_IDS = tuple(f"{namespace} id" for namespace in _RELATIONS)


def relations_part(part: str) -> str:
    """Where a part's relations are kept."""
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def resolved(part: str, target: str) -> str:
    """The part a relation of `part` points to."""
    if target.startswith("/"):
        return target.lstrip("/")
    return posixpath.normpath(posixpath.join(posixpath.dirname(part), target))


def _defined_names(root: Elements, sheets: list[SheetInfo]) -> tuple[DefinedName, ...]:
    found = []
    for at, text in root.texts.items():
        attributes = root.found[at][1]
        local = attributes.get("localSheetId", "")
        scope = sheets[int(local)].name if local.isdigit() and int(local) < len(sheets) else None
        found.append(DefinedName(attributes.get("name", ""), text, scope, _yes(attributes.get("hidden"))))
    return tuple(found)


def _yes(text: str | None) -> bool:
    return text in ("1", "true", "on")


def _missing(part: str) -> DataError:
    return DataError("Part {part} is missing from the workbook.", fix=_SAVE_AGAIN, part=part)


def _no_workbook() -> DataError:
    return DataError("The file is a zip archive, but holds no Excel workbook.", fix="Name an .xlsx file.")
