"""A workbook's formulas computed by LibreOffice with the extension, and their results written into the workbook itself.

LibreOffice opens a copy; of what it finds only the results go back, so the workbook keeps everything LibreOffice does
not know.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from addin.calc.fix import fix
from addin.calc.functions import spelling
from addin.calc.office import private, run_job
from addin.calc.package import build_addin
from addin.engine_place import FOLDER
from tierbook.errors import HostError
from workbooks.cells import ErrorValue
from workbooks.gate.gate import gate
from workbooks.results import Results, put_results
from workbooks.sheet_cells import Area, Place, SheetCells
from workbooks.source import Source


class Recalculated(NamedTuple):
    """The file written; how many formula cells have a new result; how many kept theirs because of a function that
    LibreOffice does not have; how many show an error."""

    path: Path
    cells: int
    kept: int
    errors: int


def recalculate(book: Path, out: Path, *, patience: float) -> Recalculated:
    """Compute every formula of a workbook.

    Parameters
    ----------
    patience : float
        How long LibreOffice may take. [s]

    Raises
    ------
    DataError
        The workbook must not be changed.
    HostError
        LibreOffice is missing or fails; `out` is unchanged.
    """
    folder = Path(tempfile.mkdtemp(prefix="tierbook-"))
    try:
        copy = folder / f"copy{book.suffix.lower()}"
        fix(book, copy, "calc", keep_undo=False)
        with private(build_addin(folder)) as profile, _engine(folder / "home") as home:
            job = {"book": str(copy), "out": str(folder / "results.json"), "grow": _growing(book)}
            found = run_job(job, profile, home=home, patience=patience)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if not found["opened"]:
        raise HostError("LibreOffice cannot open {name}.", name=book.name)
    results, cells, kept, errors = {}, 0, 0, 0
    for sheet, blocks in found["sheets"].items():
        values, unknown = _values(blocks)
        areas = {Area.of(first).first: Area.of(ref) for first, ref in found["areas"].get(sheet, {}).items()}
        results[sheet] = Results(values, areas)
        cells, kept = cells + len(values), kept + unknown
        errors += sum(isinstance(value, ErrorValue) for value in values.values())
    return Recalculated(put_results(book, out, results), cells, kept, errors)


@contextmanager
def _engine(home: Path) -> Iterator[Path]:
    """An engine of its own, for the project of the folder the command runs in; it is gone afterwards."""
    environment = {**os.environ, FOLDER: str(home), "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-P", "-m", "addin", "serve"]
    nothing = subprocess.DEVNULL
    running = subprocess.Popen(
        command, stdin=nothing, stdout=subprocess.PIPE, stderr=nothing, env=environment
    )
    try:
        assert running.stdout is not None
        if not running.stdout.readline():  # it says so once it answers
            raise HostError("The engine does not start.", fix="Run this to see why: tierbook serve")
        yield home
    finally:
        running.terminate()
        running.communicate()


def _growing(book: Path) -> dict[str, list[str]]:
    """Array formulas whose size one of our functions decides: sheet -> first cells."""
    known, found = spelling(), {}
    package = gate(book, cells_of=())
    with book.open("rb") as file, zipfile.ZipFile(file) as archive:
        source = Source(file, archive)
        for sheet in package.sheets:
            if sheet.kind != "worksheet":
                continue
            cells = SheetCells(source.whole(source.named(sheet.part) or sheet.part))
            firsts = [
                Area(one.place, one.place).ref
                for one in cells.formulas()
                if one.kind == "array" and one.area.first == one.area.last and known.called(one.text)
            ]
            if firsts:
                found[sheet.name] = firsts
    return found


def _values(blocks: list[dict[str, Any]]) -> tuple[dict[Place, Any], int]:
    """Cells with their results, and how many are left out because LibreOffice could not compute them."""
    values: dict[Place, Any] = {}
    unknown = 0
    for block in blocks:
        left_out = {tuple(place) for place in block["unknown"]}
        unknown += len(left_out)
        for down, row in enumerate(block["cells"]):
            for right, cell in enumerate(row):
                if (down, right) not in left_out:
                    place = (block["row"] + down + 1, block["column"] + right + 1)
                    values[place] = ErrorValue(cell["error"]) if isinstance(cell, dict) else cell
    return values, unknown
