"""Result sheets inside somebody's workbook: added or replaced in the package, everything else stays byte for byte.

A sheet of ours is known by its Excel table, whose name begins with `tierbook_` and whose comment holds a mark of its
columns and rows, so it is found again after Excel saved it, whatever it is called by then. It is replaced only while
nothing of the user's is on it. Macros, charts, pivots, comments, links and all other sheets are copied as compressed
bytes; only the lists that must mention a new sheet are edited, by insertion.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from typing import BinaryIO, NamedTuple
from xml.sax.saxutils import quoteattr

from tierbook.errors import DataError, HostError
from tierbook.quality import Problem
from workbooks.files import elsewhere, replace_file
from workbooks.package import Package, Relation, SheetInfo, Stamp, TableInfo, gate, relations_part, resolved
from workbooks.parts import Node, PackageWriter, XmlPart
from workbooks.scan import MAIN, Guard, position
from workbooks.sheet_xml import NUMBER_FORMAT, Format, ResultSheet, check, headers, rows_xml, widths

__all__ = ["OWN", "Patched", "ResultSheet", "add_sheets", "write_book"]

OWN = "tierbook_"
MAX_PART = 64 << 20  # largest part we take into memory to edit [bytes]
_SEPARATE = "Give the results a workbook of their own (--out)."
_RELATIONS = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "http://purl.oclc.org/ooxml/officeDocument/relationships",
)
_PACKAGE_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_TABLE_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.table+xml"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_TABLE_STYLE = (
    '<tableStyleInfo name="TableStyleMedium2" showFirstColumn="0" showLastColumn="0" showRowStripes="1"'
    ' showColumnStripes="0"/>'
)


@dataclass(frozen=True)
class Patched:
    """What was written: the file, each wanted sheet name with the name it has, and what to tell the reader."""

    path: Path
    sheets: Mapping[str, str]
    replaced: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


def add_sheets(
    book: str | Path,
    out: str | Path,
    sheets: Sequence[ResultSheet],
    *,
    package: Package | None = None,
    keep_undo: bool = True,
) -> Patched:
    """Put result sheets into a workbook, in place of our own earlier ones.

    Parameters
    ----------
    book : path
        An `.xlsx` or `.xlsm` workbook.
    out : path
        Where the workbook with the results goes; `book` itself to replace it.
    sheets : sequence of ResultSheet
        The results; new sheets go to the end, in this order.
    package : Package, optional
        What `gate` said about `book`, when the caller has just read it; saves looking again.
    keep_undo : bool
        Keep the replaced file for `workbooks.files.undo`.

    Raises
    ------
    DataError
        The workbook must not be changed: signed, protected, tracked, malformed, or the user added to our sheet.
    HostError
        The file system does not let us; `out` is unchanged.
    """
    book, out = Path(book), Path(out)
    if out.suffix.lower() != book.suffix.lower():
        raise DataError(
            "The workbook stays what it is, so the name of the result must end in {suffix}.",
            place=out.name,
            suffix=book.suffix,
        )
    for sheet in sheets:
        check(sheet)
    stamp = Stamp.of(book)
    known = package if package is not None and package.stamp == stamp else gate(book)
    _refuse(known, book)
    plan: list[_Plan] = []

    def write(temporary: Path) -> None:
        with book.open("rb") as source, zipfile.ZipFile(source) as archive, temporary.open("r+b") as target:
            plan[:] = [_plan(_Source(source, archive), known, sheets)]
            try:
                _write(plan[0], target)
            except DataError as error:
                raise error.at(error.place or book.name) from error
        if Stamp.of(book) != stamp:
            raise HostError(
                "{name} was changed by another program while the result was being written.",
                fix="Save and close it there, then run again.",
                name=book.name,
            )

    def verify(temporary: Path) -> None:
        _verify(temporary, plan[0])

    try:
        written = replace_file(out, write, verify=verify, keep_undo=keep_undo)
    except DataError as error:
        if error.place:
            raise
        raise error.at(book.name) from error
    note = elsewhere(out, written)
    return Patched(
        written,
        {placed.sheet.name: placed.name for placed in plan[0].placed},
        tuple(placed.name for placed in plan[0].placed if placed.old),
        (note,) if note else (),
    )


def write_book(out: str | Path, sheets: Sequence[ResultSheet], *, keep_undo: bool = False) -> Patched:
    """The results in a workbook of their own; an existing file is replaced whole."""
    for sheet in sheets:
        check(sheet)
    plan: list[_Plan] = []

    def write(temporary: Path) -> None:
        import io

        empty = io.BytesIO()
        with PackageWriter(empty) as writer:
            for name, text in _EMPTY_BOOK.items():
                writer.add(name, [(_XML + text).encode()])
        with zipfile.ZipFile(empty) as archive, temporary.open("r+b") as target:
            plan[:] = [_plan(_Source(empty, archive), Package(temporary, ()), sheets)]
            _write(plan[0], target)

    written = replace_file(
        out, write, verify=lambda temporary: _verify(temporary, plan[0]), keep_undo=keep_undo
    )
    note = elsewhere(out, written)
    names = {placed.sheet.name: placed.name for placed in plan[0].placed}
    return Patched(written, names, (), (note,) if note else ())


def _refuse(package: Package, book: Path) -> None:
    """What must not be changed at all."""
    if package.signed:
        raise DataError(
            "The workbook is digitally signed; a change would break the signature.",
            fix=_SEPARATE,
            place=book.name,
        )
    if package.tracked:
        raise DataError(
            "The workbook is shared with tracked changes, which only Excel may add to.",
            fix=_SEPARATE,
            place=book.name,
        )


class _Source:
    """The parts of the workbook as it is."""

    def __init__(self, file: BinaryIO, archive: zipfile.ZipFile) -> None:
        self.file, self.archive = file, archive
        self.entries = {entry.filename: entry for entry in archive.infolist()}
        self.folded = {name.lower(): name for name in self.entries}
        self.edited: dict[str, XmlPart] = {}

    def named(self, part: str) -> str | None:
        """The part's name as the archive spells it; None when it is not there."""
        return self.folded.get(part.lower())

    def read(self, part: str) -> bytes:
        """A part's bytes."""
        name = self.named(part)
        if name is None:
            raise DataError(
                "Part {part} is missing from the workbook.",
                fix="Open the workbook in Excel, let it repair the file, and save it.",
                part=part,
            )
        if self.entries[name].file_size > MAX_PART:
            raise DataError("Part {part} is too large to be added to.", fix=_SEPARATE, part=part)
        try:
            return self.archive.read(name)
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise DataError(
                "Part {part} of the workbook is damaged (checksum or compression error).",
                fix="Copy or download the file again.",
                part=part,
            ) from error

    def part(self, name: str) -> XmlPart:
        """A part open for changes."""
        real = self.named(name) or name
        if real not in self.edited:
            self.edited[real] = XmlPart(real, self.read(real))
        return self.edited[real]

    def relations(self, part: str) -> dict[str, Relation]:
        """Relations of a part by id."""
        name = relations_part(part)
        if self.named(name) is None:
            return {}
        found = {}
        for node in XmlPart(name, self.read(name)).all("Relationship"):
            external = node.attributes.get("TargetMode") == "External"
            target = node.attributes.get("Target", "")
            found[node.attributes.get("Id", "")] = Relation(
                node.attributes.get("Type", "").rpartition("/")[2],
                target if external else resolved(part, target),
                external,
            )
        return found

    def free(self, pattern: str, taken: set[str]) -> str:
        """A part name of that pattern nobody uses."""
        name = next(
            name for name in map(pattern.format, count(1)) if not self.named(name) and name not in taken
        )
        taken.add(name)
        return name


@dataclass
class _Placed:
    """One result with the names and parts it gets; `old` is our earlier sheet in its place."""

    sheet: ResultSheet
    headers: list[str]
    name: str
    table_name: str
    part: str
    table_part: str
    table_id: int
    relation: str = ""
    old: SheetInfo | None = None
    old_table: XmlPart | None = None


@dataclass
class _Plan:
    """Everything that will be written."""

    source: _Source
    workbook: str
    strict: bool
    date1904: bool
    styles: dict[Format, int] = field(default_factory=dict)
    placed: list[_Placed] = field(default_factory=list)


class _Names(NamedTuple):
    """What is taken in the workbook, case folded; `tables` besides tables it already has."""

    sheets: set[str]
    tables: set[str]


def _plan(source: _Source, package: Package, sheets: Sequence[ResultSheet]) -> _Plan:
    """Decide where each result goes and edit the parts that list sheets."""
    workbook = next(
        relation.target for relation in source.relations("").values() if relation.kind == "officeDocument"
    )
    workbook = source.named(workbook) or workbook
    plan = _Plan(source, workbook, package.strict, package.date1904)
    names = _Names(
        {sheet.name.casefold() for sheet in package.sheets},
        {name.name.casefold() for name in package.defined_names},
    )
    taken: set[str] = set()
    ids = _table_ids(source, package)
    for sheet in sheets:
        plan.placed.append(_place(plan, package, sheet, names, taken, ids))
    new = [placed for placed in plan.placed if placed.old is None]
    if new and package.structure_locked:
        raise DataError(
            "The structure of the workbook is protected, so no sheet may be added.",
            fix="Unprotect it under Review > Protect Workbook, or give the results a workbook of their own (--out).",
        )
    plan.styles = _styles(plan, {form for sheet in sheets for form in sheet.formats})
    if new:
        _list_sheets(plan, new)
    replaced = {placed.old.name for placed in plan.placed if placed.old}
    if replaced:
        _forget_calculation(plan, replaced)
        if any(facts.formulas for facts in package.facts.values()):
            _calculate_on_load(plan)
    return plan


def _table_ids(source: _Source, package: Package) -> set[int]:
    """Ids of all tables; also of tables on sheets we did not look at, by the list of parts."""
    found = set()
    for name in {table.part for table in package.tables}:
        root = XmlPart(name, source.read(name)).root
        if root.attributes.get("id", "").isdigit():
            found.add(int(root.attributes["id"]))
    return found


def _place(
    plan: _Plan, package: Package, sheet: ResultSheet, names: _Names, taken: set[str], ids: set[int]
) -> _Placed:
    """Our earlier sheet of that table, or a new one."""
    wanted = sheet.table_name if sheet.table_name.startswith(OWN) else OWN + sheet.table_name
    for number in count(1):
        table_name = wanted if number == 1 else f"{wanted}_{number}"
        if table_name.casefold() not in names.tables:
            break
    given = headers(sheet.headers)
    names.tables.add(table_name.casefold())
    own = next((table for table in package.tables if table.name.casefold() == table_name.casefold()), None)
    if own is not None:
        old = next(info for info in package.sheets if info.name == own.sheet)
        table = plan.source.part(own.part)
        _check_untouched(plan, package, own, old, table, given)
        return _Placed(
            sheet,
            given,
            old.name,
            own.name,
            old.part,
            own.part,
            int(table.root.attributes["id"]),
            "",
            old,
            table,
        )
    folder = posixpath.dirname(plan.workbook)
    table_id = max(ids, default=0) + 1
    ids.add(table_id)
    return _Placed(
        sheet,
        given,
        _free_sheet_name(sheet.name, names.sheets),
        table_name,
        plan.source.free(posixpath.join(folder, "worksheets/tierbook{}.xml"), taken),
        plan.source.free(posixpath.join(folder, "tables/tierbook{}.xml"), taken),
        table_id,
    )


def _free_sheet_name(wanted: str, taken: set[str]) -> str:
    """A sheet name Excel accepts and nobody has: 31 UTF-16 units, none of []:*?/\\ and no outer apostrophe."""
    whole = wanted.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    clean = re.sub(r"[\[\]:*?/\\\x00-\x1f\ufffe\uffff]+", " ", whole).strip(" '") or "Tierbook"
    if clean.casefold() == "history":  # Excel keeps that name for itself
        clean += " 1"
    for number in count(1):
        ending = "" if number == 1 else f" ({number})"
        room = 2 * (31 - len(ending))
        name = clean.encode("utf-16-le")[:room].decode("utf-16-le", "ignore").rstrip(" '") + ending
        if name.casefold() not in taken:
            taken.add(name.casefold())
            return name
    raise AssertionError


def _check_untouched(
    plan: _Plan, package: Package, own: TableInfo, old: SheetInfo, table: XmlPart, given: Sequence[str]
) -> None:
    """Raises when something on our sheet is not ours."""

    def refusal(added: str) -> DataError:
        return DataError(
            _ADDED[added],
            fix="Move the addition to a sheet of its own, or rename the table {table} to keep this sheet.",
            place=f"{package.path.name} {old.name}",
            sheet=repr(old.name),
            table=own.name,
        )

    relations = plan.source.relations(old.part).values()
    if sum(relation.kind == "table" for relation in relations) > 1:
        raise refusal("table")
    others = sorted({relation.kind for relation in relations} - {"table", "printerSettings"})
    if others:
        raise refusal(others[0] if others[0] in _ADDED else "other")
    facts = package.facts.get(old.name) or gate(package.path, cells_of=[old.name]).facts[old.name]
    if facts.formulas or own.totals_row:
        raise refusal("formula")
    if facts.merged:
        raise refusal("merged")
    first, _, last = own.ref.partition(":")
    rows, columns = position(last or first)
    if position(first) != (1, 1):
        raise refusal("inserted")
    inside = facts.last_row <= rows and facts.last_column <= columns
    if not inside and _filled_outside(plan.source, old.part, rows, columns):
        raise refusal("cells")
    was = [_column_name(node) for node in table.all("tableColumn")]
    gone = [name for name in was if name not in given]
    mark = re.search(r"\[([0-9a-f]{8}) (\d+)\]", table.root.attributes.get("comment", ""))
    if (mark and (mark[1] != _mark(was) or max(int(mark[2]), 1) < rows - 1)) or (not mark and gone):
        raise refusal("columns")
    if gone and (used := _mentioned(plan.source, package, own, old)):
        raise DataError(
            "{part} uses columns of table {table} that the new results do not have: {columns}.",
            fix="Take those references out, or give the results a workbook of their own (--out).",
            place=f"{package.path.name} {old.name}",
            part=used,
            table=own.name,
            columns=", ".join(gone),
        )


# What the user may have put on a sheet of ours, by the kind of the relation it makes or by what was found.
_ADDED = {
    "drawing": "A chart or picture was added to the result sheet {sheet}, so it is not overwritten.",
    "comments": "Comments were added to the result sheet {sheet}, so it is not overwritten.",
    "threadedComment": "Comments were added to the result sheet {sheet}, so it is not overwritten.",
    "vmlDrawing": "Comments or controls were added to the result sheet {sheet}, so it is not overwritten.",
    "pivotTable": "A pivot table was added to the result sheet {sheet}, so it is not overwritten.",
    "slicer": "A slicer was added to the result sheet {sheet}, so it is not overwritten.",
    "hyperlink": "Links were added to the result sheet {sheet}, so it is not overwritten.",
    "other": "Something was added to the result sheet {sheet}, so it is not overwritten.",
    "table": "Another table was added to the result sheet {sheet}, so it is not overwritten.",
    "formula": "Formulas were added to the result sheet {sheet}, so it is not overwritten.",
    "merged": "Cells of the result sheet {sheet} were merged, so it is not overwritten.",
    "inserted": "Rows or columns were inserted before the table of the result sheet {sheet}, so it is not overwritten.",
    "cells": "Cells outside the table of the result sheet {sheet} were filled, so it is not overwritten.",
    "columns": "Columns or rows were added to the table of the result sheet {sheet}, or its headers were renamed, so it is not overwritten.",
}


def _mark(names: Sequence[str]) -> str:
    return f"{zlib.crc32(chr(10).join(names).encode('utf-8', 'replace')):08x}"


def _column_name(node: Node) -> str:
    """The name of a table column as its header cell shows it."""
    return re.sub(
        r"_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), node.attributes.get("name", "")
    )


class _Outside(Guard):
    """Whether a cell with content stands outside a range."""

    def __init__(self, rows: int, columns: int) -> None:
        super().__init__()
        self.rows, self.columns, self.found, self.outside = rows, columns, False, False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(" ")[2]
        if local == "c":
            row, column = position(attributes.get("r", "A1"))
            self.outside = row > self.rows or column > self.columns
        elif local in ("v", "is", "f") and self.outside:
            self.found = True


def _filled_outside(source: _Source, part: str, rows: int, columns: int) -> bool:
    listener = _Outside(rows, columns)
    with source.archive.open(part) as stream:
        for piece in iter(partial(stream.read, 1 << 20), b""):
            listener.feed(piece)
    return listener.found


def _mentioned(source: _Source, package: Package, own: TableInfo, old: SheetInfo) -> str:
    """The sheet or part that refers to columns of a table by name, if any does."""
    wanted = re.compile(re.escape(own.name.encode()) + rb"\s*\[|table[iI]d=.%d\D" % _id(source, own), re.I)
    names = {sheet.part: sheet.name for sheet in package.sheets}
    for entry in source.entries.values():
        ours = entry.filename in (old.part, own.part)
        if ours or not entry.filename.endswith(".xml") or entry.filename.startswith("docProps"):
            continue
        tail = b""
        with source.archive.open(entry) as stream:
            for piece in iter(partial(stream.read, 1 << 20), b""):
                if wanted.search(tail + piece):
                    return names.get(entry.filename, entry.filename)
                tail = piece[-300:]
    return ""


def _id(source: _Source, own: TableInfo) -> int:
    return int(source.part(own.part).root.attributes["id"])


def _styles(plan: _Plan, wanted: set[Format]) -> dict[Format, int]:
    """Cell format of the workbook for each number format, appended where it has none."""
    relations = plan.source.relations(plan.workbook).values()
    part = next((relation.target for relation in relations if relation.kind == "styles"), None)
    if part is None or plan.source.named(part) is None:
        # A styles part of ours would give meaning to the style numbers of other sheets' cells: no formats then.
        return {}
    styles = plan.source.part(part)
    formats = styles.first("cellXfs")
    if formats is None:
        return {}
    known = styles.all("xf", "cellXfs")
    with_children = {id(node.parent) for node in styles.nodes}
    based = ' xfId="0"' if styles.first("xf", "cellStyleXfs") else ""
    found: dict[Format, int] = {}
    added = 0
    for form, number in sorted(NUMBER_FORMAT.items()):
        if form not in wanted:
            continue
        for at, node in enumerate(known):
            plain = all(
                node.attributes.get(key, "0") == "0" for key in ("fontId", "fillId", "borderId", "xfId")
            )
            odd = node.attributes.keys() & {"quotePrefix", "pivotButton", "applyAlignment", "applyProtection"}
            if (
                node.attributes.get("numFmtId") == str(number)
                and plain
                and not odd
                and id(node) not in with_children
            ):
                found[form] = at
                break
        else:
            if len(known) + added >= 64_000:  # Excel's own limit is a little higher
                continue
            found[form] = len(known) + added
            added += 1
            styles.append(
                formats,
                f'<{formats.prefix}xf numFmtId="{number}" fontId="0" fillId="0" borderId="0"{based} applyNumberFormat="1"/>',
            )
    if added:
        styles.set(formats, "count", str(len(known) + added))
    return found


def _list_sheets(plan: _Plan, new: Sequence[_Placed]) -> None:
    """Mention new sheets in the workbook, its relations and the content types."""
    source, strict = plan.source, plan.strict
    workbook = source.part(plan.workbook)
    listed = workbook.first("sheets")
    relations = source.part(relations_part(plan.workbook))
    types = source.part("[Content_Types].xml")
    if listed is None:
        raise DataError("The workbook lists no sheets.", fix=_SEPARATE)
    sheets = workbook.all("sheet", "sheets")
    numbers = [int(node.attributes.get("sheetId", "0")) for node in sheets]
    used = {node.attributes.get("Id", "") for node in relations.all("Relationship")}
    space = _RELATIONS[strict]
    prefix, declared = "tierbook", f' xmlns:tierbook="{space}"'
    for node in sheets:
        for key in node.attributes:
            parts = key.split(" ")
            if parts[0] == space and len(parts) == 3 and f"xmlns:{parts[2]}".encode() in _root_tag(workbook):
                prefix, declared = parts[2], ""
    overridden = {node.attributes.get("PartName", "").lower() for node in types.all("Override")}
    for number, placed in enumerate(new, max(numbers, default=0) + 1):
        placed.relation = next(name for name in map("rIdTierbook{}".format, count(1)) if name not in used)
        used.add(placed.relation)
        workbook.append(
            listed,
            f'<{listed.prefix}sheet name={quoteattr(placed.name)} sheetId="{number}" '
            f'{prefix}:id="{placed.relation}"{declared}/>',
        )
        relations.append(
            relations.root,
            f'<{relations.root.prefix}Relationship Id="{placed.relation}" Type="{space}/worksheet" Target="/{placed.part}"/>',
        )
        for part, kind in ((placed.part, _SHEET_TYPE), (placed.table_part, _TABLE_TYPE)):
            if f"/{part}".lower() not in overridden:
                types.append(
                    types.root, f'<{types.root.prefix}Override PartName="/{part}" ContentType="{kind}"/>'
                )


def _root_tag(part: XmlPart) -> bytes:
    return part.data[part.root.start : part.tag_end(part.root.start)]


def _forget_calculation(plan: _Plan, replaced: set[str]) -> None:
    """Take the cells of replaced sheets out of the calculation chain: they hold no formulas."""
    relations = plan.source.relations(plan.workbook).values()
    part = next((relation.target for relation in relations if relation.kind == "calcChain"), None)
    if part is None or plan.source.named(part) is None:
        return
    sheets = plan.source.part(plan.workbook).all("sheet", "sheets")
    ids = {node.attributes.get("sheetId", "") for node in sheets if node.attributes.get("name") in replaced}
    chain = plan.source.part(part)
    sheet, removed_last = "", False
    for cell in chain.all("c"):
        own = cell.attributes.get("i")
        sheet = own or sheet
        if sheet in ids:
            chain.remove(cell)
        elif own is None and removed_last:
            chain.set(cell, "i", sheet)  # it took its sheet from a cell that goes
        removed_last = sheet in ids


def _calculate_on_load(plan: _Plan) -> None:
    """Formulas elsewhere may use the replaced results: ask for a calculation when the workbook is opened."""
    workbook = plan.source.part(plan.workbook)
    settings = workbook.first("calcPr")
    if settings is not None:
        workbook.set(settings, "fullCalcOnLoad", "1")
        return
    later = {"oleSize", "customWorkbookViews", "pivotCaches", "smartTagPr", "smartTagTypes", "webPublishing"}
    later |= {"fileRecoveryPr", "webPublishObjects", "extLst"}
    before = next(
        (node for node in workbook.nodes if node.parent is workbook.root and node.name in later), None
    )
    text = f'<{workbook.root.prefix}calcPr fullCalcOnLoad="1"/>'
    if before is not None:
        workbook.insert_before(before, text)
    else:
        workbook.append(workbook.root, text)


def _write(plan: _Plan, target: BinaryIO) -> None:
    """The whole package: untouched entries as they are, edited parts, our sheets."""
    source = plan.source
    ours = {part: pieces for placed in plan.placed for part, pieces in _parts(plan, placed)}
    with PackageWriter(target, source.archive.comment) as writer:
        for entry in source.archive.infolist():
            name = entry.filename
            if name in ours:
                writer.add(name, ours.pop(name), entry)
            elif name in source.edited and (data := source.edited[name].edited()) != source.edited[name].data:
                writer.add(name, [data], entry)
            else:
                writer.copy(source.file, entry)
        for name, pieces in ours.items():
            writer.add(name, pieces)


def _parts(plan: _Plan, placed: _Placed) -> Iterator[tuple[str, Iterator[bytes]]]:
    """The parts of one result: sheet, table, and for a new sheet its relations."""
    space = _RELATIONS[plan.strict]
    if placed.old is None:
        yield placed.part, _new_sheet(plan, placed)
        relations = (
            f'<Relationships xmlns="{_PACKAGE_RELATIONS}">'
            f'<Relationship Id="rId1" Type="{space}/table" Target="/{placed.table_part}"/></Relationships>'
        )
        yield relations_part(placed.part), iter([(_XML + relations).encode()])
    else:
        yield placed.part, _replaced_sheet(plan, placed)
    yield placed.table_part, iter([_table(plan, placed)])


def _new_sheet(plan: _Plan, placed: _Placed) -> Iterator[bytes]:
    sheet = placed.sheet
    columns = "".join(
        f'<col min="{at}" max="{at}" width="{width:g}" customWidth="1"/>'
        for at, width in enumerate(widths(sheet, placed.headers), 1)
    )
    yield (
        f'{_XML}<worksheet xmlns="{MAIN[plan.strict]}" xmlns:r="{_RELATIONS[plan.strict]}"><dimension ref="{sheet.ref}"/>'
        '<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft"'
        f' state="frozen"/></sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/>'
        f"<cols>{columns}</cols><sheetData>"
    ).encode()
    yield from rows_xml(sheet, placed.headers, plan.styles, date1904=plan.date1904)
    # Identifiers are text on purpose: no green corners.
    ignored = f'<ignoredErrors><ignoredError sqref="{sheet.ref}" numberStoredAsText="1"/></ignoredErrors>'
    parts = '<tableParts count="1"><tablePart r:id="rId1"/></tableParts>'
    yield f"</sheetData>{ignored}{parts}</worksheet>".encode()


def _replaced_sheet(plan: _Plan, placed: _Placed) -> Iterator[bytes]:
    """Our earlier sheet with other rows; widths, views, page setup and formats stay as the user set them."""
    head, prefix, tail = _around_rows(plan.source, placed.part)
    dimension = rb"(<%bdimension\s[^>]*?ref\s*=\s*)(?:\"[^\"]*\"|'[^']*')" % prefix
    ref = placed.sheet.ref.encode()
    yield re.sub(dimension, lambda match: match[1] + b'"' + ref + b'"', head, count=1)
    yield b"<" + prefix + b"sheetData>"
    yield from rows_xml(
        placed.sheet, placed.headers, plan.styles, date1904=plan.date1904, prefix=prefix.decode()
    )
    yield b"</" + prefix + b"sheetData>" + tail


def _around_rows(source: _Source, part: str) -> tuple[bytes, bytes, bytes]:
    """What stands before the rows of a sheet, the prefix of its elements, and what follows; read in pieces."""
    before, rows, after = b"", b"", b""
    opening = closing = None
    with source.archive.open(part) as stream:
        for piece in iter(partial(stream.read, 1 << 20), b""):
            if closing is not None:
                after += piece
                continue
            if opening is None:
                before += piece
                opening = re.search(rb"<((?:[A-Za-z_][\w.-]*:)?)sheetData\s*(/?)>", before)
                if opening is None:
                    continue
                piece, before = before[opening.end() :], before[: opening.start()]
                if opening[2]:
                    closing, after = opening, piece
                    continue
                end = re.compile(rb"</" + opening[1] + rb"sheetData\s*>")
            rows = rows[-64:] + piece
            closing = end.search(rows)
            if closing is not None:
                after = rows[closing.end() :]
    if opening is None or closing is None or len(before) + len(after) > MAX_PART:
        raise DataError("The part is not a worksheet.", fix=_SEPARATE)
    return before, opening[1], after


def _table(plan: _Plan, placed: _Placed) -> bytes:
    """The part of the Excel table; columns of the same name keep their id, so slicers still find them."""
    old, style = placed.old_table, _TABLE_STYLE
    ids: dict[str, int] = {}
    if old is not None:
        ids = {_column_name(node): int(node.attributes.get("id", "0")) for node in old.all("tableColumn")}
        info = old.first("tableStyleInfo")
        if info is not None and not info.prefix:
            style = old.data[info.start : old.after(info)].decode()
    fresh = count(max(ids.values(), default=0) + 1)
    columns = "".join(
        f'<tableColumn id="{ids[name] if name in ids else next(fresh)}" name={quoteattr(_escaped_name(name))}/>'
        for name in placed.headers
    )
    ref = placed.sheet.ref
    comment = f"Tierbook [{_mark(placed.headers)} {placed.sheet.table.num_rows}]"
    return (
        f'{_XML}<table xmlns="{MAIN[plan.strict]}" id="{placed.table_id}" name="{placed.table_name}"'
        f' displayName="{placed.table_name}" comment="{comment}" ref="{ref}" totalsRowShown="0">'
        f'<autoFilter ref="{ref}"/><tableColumns count="{len(placed.headers)}">{columns}</tableColumns>{style}</table>'
    ).encode()


def _escaped_name(name: str) -> str:
    return re.sub(r"_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", name)


def _verify(temporary: Path, plan: _Plan) -> None:
    """Raises unless the written workbook opens and holds every result."""
    names = [placed.name for placed in plan.placed]
    found = gate(temporary, cells_of=names)
    tables = {(table.name, table.sheet, table.ref) for table in found.tables}
    for placed in plan.placed:
        if (placed.table_name, placed.name, placed.sheet.ref) not in tables or found.facts[placed.name].odd:
            raise HostError("The written file could not be read back.", fix="Check the disk and run again.")


_EMPTY_BOOK = {
    "[Content_Types].xml": (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
        '<Override PartName="/xl/styles.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_PACKAGE_RELATIONS}"><Relationship Id="rId1" Type="{_RELATIONS[0]}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": f'<workbook xmlns="{MAIN[0]}" xmlns:r="{_RELATIONS[0]}"><sheets></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{_PACKAGE_RELATIONS}"><Relationship Id="rId1" Type="{_RELATIONS[0]}/styles" '
        'Target="styles.xml"/></Relationships>'
    ),
    "xl/styles.xml": (
        f'<styleSheet xmlns="{MAIN[0]}"><fonts count="1"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font>'
        '</fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/>'
        '</fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="1">'
        '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs><cellStyles count="1">'
        '<cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    ),
}
