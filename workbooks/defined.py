"""Texts a workbook keeps under a defined name, such as the rule pack it is scored by (`CRM_PACK`)."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from tierbook.errors import DataError
from workbooks.gate.gate import gate
from workbooks.gate.package import Package
from workbooks.rewrite import Parts, rewrite
from workbooks.source import SEPARATE, Source

WORKBOOKS = (".xlsx", ".xlsm")


def defined_text(book: Path, name: str) -> str | None:
    """The text behind a defined name; None where the workbook has none, or a file is no workbook."""
    if book.suffix.lower() not in WORKBOOKS or not book.is_file():
        return None
    known = gate(book, cells_of=()).defined_names
    found = next(
        (one.text for one in known if one.name.casefold() == name.casefold() and one.sheet is None), ""
    )
    quoted = found.removeprefix("=").strip()
    return quoted[1:-1].replace('""', '"') if quoted[:1] == quoted[-1:] == '"' and len(quoted) > 2 else None


def define(book: Path, out: Path, name: str, text: str) -> Path:
    """Keep a text in a workbook under a defined name; the file really written.

    Raises
    ------
    DataError, HostError
        As `workbooks.rewrite.rewrite`; `out` is unchanged.
    """

    def change(source: Source, package: Package) -> Parts:
        workbook = source.part(source.workbook)
        p = workbook.root.prefix
        doubled = text.replace('"', '""')
        content = escape(f'"{doubled}"')
        own = f"<{p}definedName name={quoteattr(name)}>{content}</{p}definedName>"
        names = workbook.first("definedNames")
        if names is None:
            place = next(
                (
                    workbook.first(one)
                    for one in ("externalReferences", "functionGroups", "sheets")
                    if workbook.first(one)
                ),
                None,
            )
            if place is None:
                raise DataError("The workbook lists no sheets.", fix=SEPARATE)
            at = workbook.after(place)
            workbook.replace(at, at, f"<{p}definedNames>{own}</{p}definedNames>".encode())
            return {}
        for node in workbook.all("definedName", "definedNames"):
            said = node.attributes
            if said.get("name", "").casefold() == name.casefold() and "localSheetId" not in said:
                workbook.replace(node.start, workbook.after(node), own.encode())
                return {}
        workbook.append(names, own)
        return {}

    return rewrite(book, out, change, verify=lambda file: gate(file, cells_of=()))
