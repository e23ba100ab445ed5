"""New results for the formulas of somebody's workbook: what formulas show changes, every other byte stays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbooks.gate.gate import gate
from workbooks.gate.package import Package
from workbooks.rewrite import Parts, rewrite
from workbooks.sheet_cells import Area, Place, SheetCells, Written
from workbooks.source import Source


@dataclass(frozen=True)
class Results:
    """What the formulas of one sheet show.

    Parameters
    ----------
    values : mapping
        Cell -> None, number, text, yes or no, or an error (anything with a `code` such as "#N/A").
    areas : mapping
        First cell of an array formula -> the cells it fills now, where those are others than the workbook says.
    """

    values: Mapping[Place, Any]
    areas: Mapping[Place, Area] = field(default_factory=dict)


def put_results(book: Path, out: Path, results: Mapping[str, Results]) -> Path:
    """Write the results of formulas into a workbook; the file really written.

    Parameters
    ----------
    results : mapping
        Sheet -> its results. A cell that is not part of a formula of the workbook stays as it is.

    Raises
    ------
    DataError
        The workbook must not be changed, or a sheet is of irregular shape.
    HostError
        The file system does not let us; `out` is unchanged.
    """

    def change(source: Source, package: Package) -> Parts:
        parts = {}
        for sheet in package.sheets:
            found = results.get(sheet.name)
            if found is None or sheet.kind != "worksheet":
                continue
            part = source.named(sheet.part) or sheet.part
            cells = SheetCells(source.whole(part))
            parts[part] = [cells.changed(_written(cells, found))]
        return parts

    return rewrite(book, out, change, verify=lambda file: gate(file))


def _written(cells: SheetCells, found: Results) -> dict[Place, Written]:
    written = {}
    for formula in cells.formulas():
        area = found.areas.get(formula.place)
        for place in (area or formula.area).places():
            if place in found.values:
                first = area if place == formula.place else None
                written[place] = Written(found.values[place], area=first, kept=True)
    return written
