"""Formulas of workbook files in the spelling of another program."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from addin.calc.functions import spelling
from addin.calc.parts import convert_part, may_hold_formulas
from workbooks.gate.gate import gate
from workbooks.gate.package import Package
from workbooks.rewrite import Parts, rewrite
from workbooks.source import Source


class Fixed(NamedTuple):
    """The file written, and how many of its parts had formulas that changed."""

    path: Path
    parts: int


def fix(book: Path, out: Path, to: str, *, keep_undo: bool = True) -> Fixed:
    """Write the functions in a workbook's formulas as another program knows them.

    Parameters
    ----------
    to : {"excel", "office", "calc"}
        `CRM_VALUE`, `CRM.VALUE` or `ORG.TIERBOOK.FUNCTIONS.CRMVALUE`.

    Returns
    -------
    Fixed
        Values that formulas show stay, so does every part without such a formula, byte for byte.

    Raises
    ------
    DataError
        The workbook must not be changed: signed, shared with tracked changes, malformed.
    HostError
        The file system does not let us; `out` is unchanged.
    """
    known = spelling()
    changed: list[str] = []

    def change(source: Source, package: Package) -> Parts:
        parts = {}
        for name in source.entries:
            if may_hold_formulas(name):
                data = source.whole(name)
                converted = convert_part(data, known, to)
                if converted != data:
                    parts[name] = [converted]
        changed[:] = parts
        return parts

    path = rewrite(book, out, change, verify=lambda file: gate(file, cells_of=()), keep_undo=keep_undo)
    return Fixed(path, len(changed))
