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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import quoteattr

from tierbook.errors import DataError
from tierbook.quality import Problem
from workbooks.files import elsewhere, replace_file, unverified
from workbooks.gate.gate import gate
from workbooks.gate.guard import MAIN
from workbooks.gate.package import Package, SheetInfo
from workbooks.gate.relations import relations_part
from workbooks.lists import (
    RELATIONS,
    NewSheet,
    calculate_on_load,
    cell_formats,
    forget_calculation,
    list_sheets,
)
from workbooks.own import OWN, check_untouched, column_name, mark
from workbooks.parts import PackageWriter, Written, XmlPart
from workbooks.rewrite import Parts, check_written, copy_parts, rewrite
from workbooks.sheet_xml import Format, ResultSheet, check, headers, rows_xml, widths
from workbooks.source import MAX_PART, SEPARATE, Source

_PACKAGERELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_LOOKED_AT = 16 << 20  # largest result sheet whose cells are looked at once more [bytes]
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
    plan: list[_Plan] = []

    def change(source: Source, known: Package) -> Parts:
        plan[:] = [_plan(source, known, sheets)]
        return _all_parts(plan[0])

    written = rewrite(
        book,
        out,
        change,
        verify=lambda temporary: _verify(temporary, plan[0]),
        keep_undo=keep_undo,
    )
    note = elsewhere(out, written)
    return Patched(
        written,
        {placed.sheet.name: placed.name for placed in plan[0].placed},
        tuple(placed.name for placed in plan[0].placed if placed.old),
        (note,) if note else (),
    )


def put_sheets(out: str | Path, sheets: Sequence[ResultSheet]) -> Patched:
    """The results in the workbook of that name: beside what it holds when there is one, else in a new one.

    Raises
    ------
    DataError, HostError
        As `add_sheets`; the file is unchanged.
    """
    return add_sheets(out, out, sheets) if Path(out).exists() else write_book(out, sheets)


def write_book(out: str | Path, sheets: Sequence[ResultSheet]) -> Patched:
    """The results in a workbook of their own; an existing file is replaced whole."""
    for sheet in sheets:
        check(sheet)
    plan: list[_Plan] = []
    parts: dict[str, Written] = {}

    def write(temporary: Path) -> None:
        import io

        empty = io.BytesIO()
        with PackageWriter(empty) as writer:
            for name, text in _EMPTY_BOOK.items():
                writer.add(name, [(_XML + text).encode()])
        with zipfile.ZipFile(empty) as archive, temporary.open("r+b") as target:
            source = Source(empty, archive)
            plan[:] = [_plan(source, Package(temporary, ()), sheets)]
            with PackageWriter(target) as whole:
                copy_parts(source, _all_parts(plan[0]), whole)
            parts.update(whole.written)

    def verify(temporary: Path) -> None:
        check_written(temporary, parts)
        _verify(temporary, plan[0])

    written = replace_file(out, write, verify=verify)
    note = elsewhere(out, written)
    names = {placed.sheet.name: placed.name for placed in plan[0].placed}
    return Patched(written, names, (), (note,) if note else ())


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
    old: SheetInfo | None = None
    old_table: XmlPart | None = None


@dataclass
class _Plan:
    """Everything that will be written."""

    source: Source
    strict: bool
    date1904: bool
    formats: dict[Format, int] = field(default_factory=dict)
    placed: list[_Placed] = field(default_factory=list)


class _Names(NamedTuple):
    """What is taken in the workbook, case folded; `tables` besides tables it already has."""

    sheets: set[str]
    tables: set[str]


def _plan(source: Source, package: Package, sheets: Sequence[ResultSheet]) -> _Plan:
    """Decide where each result goes and edit the parts that list sheets."""
    plan = _Plan(source, package.strict, package.date1904)
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
    plan.formats = cell_formats(source, {form for sheet in sheets for form in sheet.formats})
    if new:
        list_sheets(
            source,
            [NewSheet(placed.name, placed.part, placed.table_part) for placed in new],
            strict=package.strict,
        )
    replaced = {placed.old.name for placed in plan.placed if placed.old}
    if replaced:
        forget_calculation(source, replaced)
        if any(facts.formulas for facts in package.facts.values()):
            calculate_on_load(source)
    return plan


def _table_ids(source: Source, package: Package) -> set[int]:
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
        check_untouched(plan.source, package, own, old, table, given)
        return _Placed(
            sheet,
            given,
            old.name,
            own.name,
            old.part,
            own.part,
            int(table.root.attributes["id"]),
            old,
            table,
        )
    folder = posixpath.dirname(plan.source.workbook)
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


def _all_parts(plan: _Plan) -> dict[str, Iterable[bytes | memoryview]]:
    """Every part of the results, by name."""
    return {part: pieces for placed in plan.placed for part, pieces in _parts(plan, placed)}


def _parts(plan: _Plan, placed: _Placed) -> Iterator[tuple[str, Iterator[bytes | memoryview]]]:
    """The parts of one result: sheet, table, and for a new sheet its relations."""
    space = RELATIONS[plan.strict]
    if placed.old is None:
        yield placed.part, _new_sheet(plan, placed)
        relations = (
            f'<Relationships xmlns="{_PACKAGERELATIONS}">'
            f'<Relationship Id="rId1" Type="{space}/table" Target="/{placed.table_part}"/></Relationships>'
        )
        yield relations_part(placed.part), iter([(_XML + relations).encode()])
    else:
        yield placed.part, _replaced_sheet(plan, placed)
    yield placed.table_part, iter([_table(plan, placed)])


def _new_sheet(plan: _Plan, placed: _Placed) -> Iterator[bytes | memoryview]:
    sheet = placed.sheet
    columns = "".join(
        f'<col min="{at}" max="{at}" width="{width:g}" customWidth="1"/>'
        for at, width in enumerate(widths(sheet, placed.headers), 1)
    )
    yield (
        f'{_XML}<worksheet xmlns="{MAIN[plan.strict]}" xmlns:r="{RELATIONS[plan.strict]}"><dimension ref="{sheet.ref}"/>'
        '<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft"'
        f' state="frozen"/></sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/>'
        f"<cols>{columns}</cols><sheetData>"
    ).encode()
    yield from rows_xml(sheet, placed.headers, plan.formats, date1904=plan.date1904)
    # Identifiers are text on purpose: no green corners.
    ignored = f'<ignoredErrors><ignoredError sqref="{sheet.ref}" numberStoredAsText="1"/></ignoredErrors>'
    parts = '<tableParts count="1"><tablePart r:id="rId1"/></tableParts>'
    yield f"</sheetData>{ignored}{parts}</worksheet>".encode()


def _replaced_sheet(plan: _Plan, placed: _Placed) -> Iterator[bytes | memoryview]:
    """Our earlier sheet with other rows; widths, views, page setup and formats stay as the user set them."""
    head, prefix, tail = _around_rows(plan.source, placed.part)
    dimension = rb"(<%bdimension\s[^>]*?ref\s*=\s*)(?:\"[^\"]*\"|'[^']*')" % prefix
    ref = placed.sheet.ref.encode()
    yield re.sub(dimension, lambda match: match[1] + b'"' + ref + b'"', head, count=1)
    yield b"<" + prefix + b"sheetData>"
    yield from rows_xml(
        placed.sheet, placed.headers, plan.formats, date1904=plan.date1904, prefix=prefix.decode()
    )
    yield b"</" + prefix + b"sheetData>" + tail


def _around_rows(source: Source, part: str) -> tuple[bytes, bytes, bytes]:
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
        raise DataError("The part is not a worksheet.", fix=SEPARATE)
    return before, opening[1], after


def _table(plan: _Plan, placed: _Placed) -> bytes:
    """The part of the Excel table; columns of the same name keep their id, so slicers still find them."""
    old, style = placed.old_table, _TABLE_STYLE
    ids: dict[str, int] = {}
    if old is not None:
        ids = {column_name(node): int(node.attributes.get("id", "0")) for node in old.all("tableColumn")}
        info = old.first("tableStyleInfo")
        if info is not None and not info.prefix:
            style = old.data[info.start : old.after(info)].decode()
    fresh = count(max(ids.values(), default=0) + 1)
    columns = "".join(
        f'<tableColumn id="{ids[name] if name in ids else next(fresh)}" name={quoteattr(_escaped_name(name))}/>'
        for name in placed.headers
    )
    ref = placed.sheet.ref
    comment = f"Tierbook [{mark(placed.headers)} {placed.sheet.table.num_rows}]"
    return (
        f'{_XML}<table xmlns="{MAIN[plan.strict]}" id="{placed.table_id}" name="{placed.table_name}"'
        f' displayName="{placed.table_name}" comment="{comment}" ref="{ref}" totalsRowShown="0">'
        f'<autoFilter ref="{ref}"/><tableColumns count="{len(placed.headers)}">{columns}</tableColumns>{style}</table>'
    ).encode()


def _escaped_name(name: str) -> str:
    return re.sub(r"_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", name)


def _verify(temporary: Path, plan: _Plan) -> None:
    """Raises unless the written workbook opens and holds every result.

    Of a long sheet it is enough that the file holds the bytes that were rendered: its cells are all made alike.
    """
    with zipfile.ZipFile(temporary) as archive:
        names = [
            placed.name for placed in plan.placed if archive.getinfo(placed.part).file_size <= _LOOKED_AT
        ]
    found = gate(temporary, cells_of=names)
    tables = {(table.name, table.sheet, table.ref) for table in found.tables}
    for placed in plan.placed:
        if (placed.table_name, placed.name, placed.sheet.ref) not in tables:
            raise unverified()
    if any(found.facts[name].odd for name in names):
        raise unverified()


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
        f'<Relationships xmlns="{_PACKAGERELATIONS}"><Relationship Id="rId1" Type="{RELATIONS[0]}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": f'<workbook xmlns="{MAIN[0]}" xmlns:r="{RELATIONS[0]}"><sheets></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{_PACKAGERELATIONS}"><Relationship Id="rId1" Type="{RELATIONS[0]}/styles" '
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
