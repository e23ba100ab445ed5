"""Texts a workbook keeps under a defined name, such as the rule pack it is scored by (`CRM_PACK`)."""

from __future__ import annotations

from pathlib import Path

from workbooks.gate.package import gate

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
