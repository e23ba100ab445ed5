"""Result sheets of ours in somebody's workbook: how they are known again, and what the user may have put on them."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from functools import partial

from tierbook.errors import DataError
from workbooks.gate.cells import position
from workbooks.gate.gate import gate
from workbooks.gate.guard import Guard
from workbooks.gate.package import Package, SheetInfo, TableInfo
from workbooks.parts import Node, XmlPart
from workbooks.source import Source

OWN = "tierbook_"


def check_untouched(
    source: Source, package: Package, own: TableInfo, old: SheetInfo, table: XmlPart, given: Sequence[str]
) -> None:
    """Raises when something on our earlier sheet is not ours; `given` are the headers it shall get."""

    def refusal(added: str) -> DataError:
        return DataError(
            ADDED[added],
            fix="Move the addition to a sheet of its own, or rename the table {table} to keep this sheet.",
            place=f"{package.path.name} {old.name}",
            sheet=repr(old.name),
            table=own.name,
        )

    relations = source.relations(old.part).values()
    if sum(relation.kind == "table" for relation in relations) > 1:
        raise refusal("table")
    others = sorted({relation.kind for relation in relations} - {"table", "printerSettings"})
    if others:
        raise refusal(others[0] if others[0] in ADDED else "other")
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
    if not inside and _filled_outside(source, old.part, rows, columns):
        raise refusal("cells")
    was = [column_name(node) for node in table.all("tableColumn")]
    gone = [name for name in was if name not in given]
    said = re.search(r"\[([0-9a-f]{8}) (\d+)\]", table.root.attributes.get("comment", ""))
    if (said and (said[1] != mark(was) or max(int(said[2]), 1) < rows - 1)) or (not said and gone):
        raise refusal("columns")
    if gone and (used := _mentioned(source, package, own, old)):
        raise DataError(
            "{part} uses columns of table {table} that the new results do not have: {columns}.",
            fix="Take those references out, or give the results a workbook of their own (--out).",
            place=f"{package.path.name} {old.name}",
            part=used,
            table=own.name,
            columns=", ".join(gone),
        )


# What the user may have put on a sheet of ours, by the kind of the relation it makes or by what was found.
ADDED = {
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


def mark(names: Sequence[str]) -> str:
    return f"{zlib.crc32(chr(10).join(names).encode('utf-8', 'replace')):08x}"


def column_name(node: Node) -> str:
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


def _filled_outside(source: Source, part: str, rows: int, columns: int) -> bool:
    listener = _Outside(rows, columns)
    with source.archive.open(part) as stream:
        for piece in iter(partial(stream.read, 1 << 20), b""):
            listener.feed(piece)
    return listener.found


def _mentioned(source: Source, package: Package, own: TableInfo, old: SheetInfo) -> str:
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


def _id(source: Source, own: TableInfo) -> int:
    return int(source.part(own.part).root.attributes["id"])
