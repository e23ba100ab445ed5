"""The lists of a workbook that must mention a result: sheets, relations, content types, cell formats, calculation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from typing import NamedTuple
from xml.sax.saxutils import quoteattr

from tierbook.errors import DataError
from workbooks.gate.relations import relations_part, resolved
from workbooks.parts import XmlPart
from workbooks.sheet_xml import NUMBER_FORMAT, Format
from workbooks.source import SEPARATE, Source

_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_TABLE_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.table+xml"
RELATIONS = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "http://purl.oclc.org/ooxml/officeDocument/relationships",
)


class NewSheet(NamedTuple):
    """A sheet to be listed: its name, and the names of its part and, where it has a table, of the table's part."""

    name: str
    part: str
    table_part: str = ""


def cell_formats(source: Source, wanted: set[Format]) -> dict[Format, int]:
    """Cell format of the workbook for each number format, appended where it has none."""
    relations = source.relations(source.workbook).values()
    part = next((relation.target for relation in relations if relation.kind == "styles"), None)
    if part is None or source.named(part) is None:
        # A styles part of ours would give meaning to the style numbers of other sheets' cells: no formats then.
        return {}
    styles = source.part(part)
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


def list_sheets(source: Source, new: Sequence[NewSheet], *, strict: bool) -> None:
    """Mention new sheets in the workbook, its relations and the content types."""
    workbook = source.part(source.workbook)
    listed = workbook.first("sheets")
    relations = source.part(relations_part(source.workbook))
    types = source.part("[Content_Types].xml")
    if listed is None:
        raise DataError("The workbook lists no sheets.", fix=SEPARATE)
    sheets = workbook.all("sheet", "sheets")
    numbers = [int(node.attributes.get("sheetId", "0")) for node in sheets]
    used = {node.attributes.get("Id", "") for node in relations.all("Relationship")}
    space = RELATIONS[strict]
    prefix, declared = "tierbook", f' xmlns:tierbook="{space}"'
    for node in sheets:
        for key in node.attributes:
            parts = key.split(" ")
            if parts[0] == space and len(parts) == 3 and f"xmlns:{parts[2]}".encode() in _root_tag(workbook):
                prefix, declared = parts[2], ""
    overridden = {node.attributes.get("PartName", "").lower() for node in types.all("Override")}
    for number, sheet in enumerate(new, max(numbers, default=0) + 1):
        relation = next(name for name in map("rIdTierbook{}".format, count(1)) if name not in used)
        used.add(relation)
        workbook.append(
            listed,
            f'<{listed.prefix}sheet name={quoteattr(sheet.name)} sheetId="{number}" '
            f'{prefix}:id="{relation}"{declared}/>',
        )
        relations.append(
            relations.root,
            f'<{relations.root.prefix}Relationship Id="{relation}" Type="{space}/worksheet" Target="/{sheet.part}"/>',
        )
        for part, kind in ((sheet.part, _SHEET_TYPE), (sheet.table_part, _TABLE_TYPE)):
            if part and f"/{part}".lower() not in overridden:
                types.append(
                    types.root, f'<{types.root.prefix}Override PartName="/{part}" ContentType="{kind}"/>'
                )


def _root_tag(part: XmlPart) -> bytes:
    return part.data[part.root.start : part.tag_end(part.root.start)]


def forget_calculation(source: Source, replaced: set[str]) -> None:
    """Take the cells of replaced sheets out of the calculation chain: they hold no formulas."""
    _forget(source, replaced, lambda ref: True)


def forget_cells(source: Source, sheet: str, refs: set[str]) -> None:
    """Take cells of a sheet that lose their formulas out of the calculation chain."""
    _forget(source, {sheet}, lambda ref: ref in refs)


def _forget(source: Source, sheets: set[str], goes: Callable[[str], bool]) -> None:
    relations = source.relations(source.workbook).values()
    part = next((relation.target for relation in relations if relation.kind == "calcChain"), None)
    if part is None or source.named(part) is None:
        return
    listed = source.part(source.workbook).all("sheet", "sheets")
    ids = {node.attributes.get("sheetId", "") for node in listed if node.attributes.get("name") in sheets}
    chain = source.part(part)
    sheet, said, kept = "", "", 0
    for cell in chain.all("c"):
        own = cell.attributes.get("i")
        sheet = own or sheet
        if sheet in ids and goes(cell.attributes.get("r", "")):
            chain.remove(cell)
            continue
        if own is None and said != sheet:
            chain.set(cell, "i", sheet)  # it took its sheet from a cell that goes
        said, kept = sheet, kept + 1
    if not kept:
        _leave_out(source, part)


def _leave_out(source: Source, part: str) -> None:
    """A part that may not be empty goes, and whatever mentions it."""
    relations = source.part(relations_part(source.workbook))
    for node in relations.all("Relationship"):
        if resolved(source.workbook, node.attributes.get("Target", "")).lower() == part.lower():
            relations.remove(node)
    types = source.part("[Content_Types].xml")
    for node in types.all("Override"):
        if node.attributes.get("PartName", "").lower() == f"/{part}".lower():
            types.remove(node)
    source.left_out.add(source.named(part) or part)


def calculate_on_load(source: Source) -> None:
    """Formulas elsewhere may use the replaced results: ask for a calculation when the workbook is opened."""
    workbook = source.part(source.workbook)
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
