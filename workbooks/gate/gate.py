"""The package gate: what must be true of a workbook file before any reader opens it.

A workbook comes from anywhere. The gate looks at the file with the standard library (and NumPy for arithmetic over
cell addresses, see `workbooks.gate.scan`): the zip container, every XML part, and what the cells hold that a bulk reader
would pass over in silence. It inflates in bounded pieces, never by a size the file claims, runs nothing, fetches
nothing and follows no external link. ECMA-376 part 2 (Open Packaging Conventions) names the rules for part names.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from tierbook.errors import DataError
from workbooks.gate.cells import Book, SheetFacts, whole
from workbooks.gate.guard import MAIN, Elements
from workbooks.gate.kinds import archive_in, check_kind, opened
from workbooks.gate.package import DefinedName, NumberFormat, Package, SheetInfo, State, TableInfo
from workbooks.gate.parts import Parts
from workbooks.gate.relations import Relation, named_by, relations_part
from workbooks.gate.scan import scan
from workbooks.gate.shapes import Keeper

_SAVE_AGAIN = "Open the workbook in Excel, let it repair the file, and save it."
_STATES: dict[str, State] = {"hidden": "hidden", "veryHidden": "veryHidden"}


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
        check_kind(path)
        with opened(path) as file, archive_in(file) as archive:
            return _Gate(Parts(path, archive)).package(cells_of, keep)
    except DataError as error:
        if error.place:
            raise
        raise error.at(path.name) from error


class _Gate:
    """One run of the gate over the parts of an open archive."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts

    def package(
        self, cells_of: Collection[str] | None, keep: Callable[[str], Keeper] | None = None
    ) -> Package:
        types = self._content_types()
        workbook = self._find_workbook()
        if self.parts.named("[content_types].xml") is None:
            raise _missing("[Content_Types].xml")
        root = self.parts.heard(workbook)
        relations = self.parts.relations(workbook)
        if relations is None:
            raise _missing(relations_part(workbook))
        sheets = self._sheets(root, relations)
        styles = self._target(relations, "styles")
        strings = self._target(relations, "sharedStrings")
        book = Book(
            None if strings is None else self.parts.count_strings(strings),
            self._format_count(styles),
            self._dde_links(root, relations),
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
        for name in self.parts.entries if cells_of is None else ():
            if name not in seen and name not in self.parts.elements:
                self.parts.check(name, types)
        names = tuple(self.parts.entries)
        properties = [attributes for local, attributes, _ in root.found if local == "workbookPr"]
        return Package(
            path=self.parts.path,
            sheets=tuple(sheets),
            tables=tuple(tables),
            defined_names=_defined_names(root, sheets),
            date1904=any(_yes(found.get("date1904")) for found in properties),
            strict=root.namespace == MAIN[1],
            signed=any(name.lower().startswith("_xmlsignatures/") for name in names),
            structure_locked=any(
                local == "workbookProtection" and _yes(attributes.get("lockStructure"))
                for local, attributes, _ in root.found
            ),
            tracked=any(re.search(r"/revisions/revisionheaders\.xml$", name, re.I) for name in names),
            recoded=tuple(self.parts.recoded),
            number_formats=self._number_formats(styles),
            strings=strings,
            facts=facts,
        )

    def _content_types(self) -> dict[str, str]:
        """Content type by part name and by `.extension`."""
        name = self.parts.named("[content_types].xml")
        types: dict[str, str] = {}
        if name is None:
            return types
        for local, attributes, _ in self.parts.heard(name).found:
            kind = attributes.get("ContentType", "").lower()
            if local == "Override":
                types[attributes.get("PartName", "").lstrip("/").lower()] = kind
            elif local == "Default":
                types["." + attributes.get("Extension", "").lower()] = kind
        return types

    def _find_workbook(self) -> str:
        relations = self.parts.relations("")
        if relations is None and self.parts.named("mimetype") and self.parts.named("content.xml"):
            raise DataError(
                "This is an OpenDocument file.", fix="Open it in Excel or LibreOffice and save it as .xlsx."
            )
        if relations is None:
            raise _no_workbook()
        for relation in relations.values():
            if relation.kind == "officeDocument" and not relation.external:
                part = self.parts.named(relation.target)
                if part is not None and part.lower().endswith(".bin"):
                    raise DataError(
                        "This is a binary workbook (.xlsb).",
                        fix="Open it in Excel and save it as .xlsx or .xlsm.",
                    )
                if part is None:
                    raise _no_workbook()
                if (
                    self.parts.heard(part).root.rpartition(" ")[2] != "workbook"
                    or self.parts.elements[part].namespace not in MAIN
                ):
                    raise _no_workbook()
                return part
        raise _no_workbook()

    def _sheets(self, root: Elements, relations: dict[str, Relation]) -> list[SheetInfo]:
        sheets = []
        for local, attributes, parent in root.found:
            if local != "sheet" or parent != "sheets":
                continue
            name = attributes.get("name", "")
            relation = named_by(attributes, relations)
            part = None if relation is None or relation.external else self.parts.named(relation.target)
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

    def _target(self, relations: dict[str, Relation], kind: str) -> str | None:
        for relation in relations.values():
            if relation.kind == kind and not relation.external:
                return self.parts.named(relation.target)
        return None

    def _format_count(self, part: str | None) -> int | None:
        if part is None:
            return None
        return sum(local == "xf" and parent == "cellXfs" for local, _, parent in self.parts.heard(part).found)

    def _number_formats(self, part: str | None) -> tuple[NumberFormat, ...]:
        """How each cell format shows numbers."""
        found = [] if part is None else self.parts.heard(part).found
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

    def _dde_links(self, root: Elements, relations: dict[str, Relation]) -> frozenset[str]:
        """Numbers of the external references that are DDE or OLE links to a program."""
        found = set()
        order = [attributes for local, attributes, _ in root.found if local == "externalReference"]
        for number, attributes in enumerate(order, 1):
            relation = named_by(attributes, relations)
            part = self.parts.named(relation.target) if relation else None
            if part and any(local in ("ddeLink", "oleLink") for local, _, _ in self.parts.heard(part).found):
                found.add(str(number))
        return frozenset(found)

    def _scan(self, sheet: SheetInfo, book: Book, keeper: Keeper | None) -> SheetFacts:
        size = self.parts.entries[sheet.part].file_size
        try:
            return scan(lambda: self.parts.pieces(sheet.part), book, size=size, keeper=keeper)
        except DataError as error:
            cell = error.values.get("cell")
            place = f"{sheet.name}!{cell}" if cell else sheet.name
            raise error.at(error.place or f"{self.parts.path.name} {place}") from error

    def _tables(self, sheet: SheetInfo) -> Iterator[TableInfo]:
        for relation in (self.parts.relations(sheet.part) or {}).values():
            part = (
                None if relation.external or relation.kind != "table" else self.parts.named(relation.target)
            )
            if part is None:
                continue
            for local, attributes, parent in self.parts.heard(part).found:
                if local == "table" and parent == "":
                    yield TableInfo(
                        attributes.get("displayName") or attributes.get("name", ""),
                        sheet.name,
                        attributes.get("ref", ""),
                        attributes.get("headerRowCount", "1") != "0",
                        attributes.get("totalsRowCount", "0") not in ("", "0"),
                        part,
                    )


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
