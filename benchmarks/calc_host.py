"""Functions in cells of LibreOffice Calc: cell by cell, whole columns, opening a workbook written for Excel, the engine's start.

Goals: 5,000 cells a second for functions called cell by cell, 150,000 rows a second for functions that take whole columns,
both through the engine. The peer for cells is the same workbook with the formula written out in LibreOffice's own
arithmetic. "In LibreOffice's process" is the same add-in whose client is replaced: it calls Tierbook's functions directly
in LibreOffice's Python, with this environment's packages, so the difference is what the engine costs. CPU is that of
LibreOffice and of the engine together; per CPU-second is what a machine that does nothing else would come to. Needs
LibreOffice and, to drive it, Debian's python3-uno.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from addin.calc import package
from benchmarks.measure import Cost, Result
from tests.hosts.calc.program import Calc, calc

CELLS, ROWS = 10_000, 100_000
PER_CELL, PER_ROW = 5_000, 150_000
GROWTH = "=CRM_GROWTH(A2;A1)"
# Put behind the add-in's client: the functions are called where it would ask the engine.
IN_PROCESS = """

import udfs
from udfs import CellError


class Engine(Engine):
    def call(self, function, *cells, pack=None):
        return _plain(udfs.call(function, *cells))

    def batch(self, calls, *, pack=None):
        return [self.call(*one) for one in calls]


def _plain(cell):
    if isinstance(cell, list):
        return [list(map(_plain, row)) for row in cell]
    return ErrorCell(cell.code) if isinstance(cell, CellError) else cell
"""


def results() -> list[Result]:
    """One run each; every call is new to the engine."""
    with tempfile.TemporaryDirectory(prefix="tbbench") as folder:
        with calc(Path(folder)) as office:
            found = [
                *_start(office),
                *_cell_by_cell(office),
                *_columns(office),
                *_opening(office, Path(folder)),
            ]
        with _without_engine(), calc(Path(folder) / "direct") as office:
            return [*found, *_in_process(office)]


@contextmanager
def _without_engine() -> Iterator[None]:
    """The extension is built with a client that calls functions itself, and LibreOffice's Python finds them."""
    name = f"pythonpath/{package.PACKAGE}/engine_client.py"
    built, path = package.parts, os.environ.get("PYTHONPATH")

    def parts() -> dict[str, bytes]:
        found = built()
        return {**found, name: found[name] + IN_PROCESS.encode()}

    package.parts = parts
    os.environ["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])
    try:
        yield
    finally:
        package.parts = built
        if path is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = path


def _start(office: Calc) -> list[Result]:
    office.ask("new", book="start")
    office.ask("put", book="start", address="A1", rows=[[9], [3]])
    begun = time.monotonic()
    office.ask("formula", book="start", address="B1", formula="=CRM_NPS(A1:A2)")
    assert office.ask("read", book="start", address="B1") == [[0.0]]
    wall = time.monotonic() - begun
    cpu = office.engine().status()["cpu"]
    office.ask("close", book="start")
    return [Result("first cell, which starts the engine", Cost(cpu, wall, 0.0), f"{wall * 1000:.0f} ms")]


def _cell_by_cell(office: Calc) -> list[Result]:
    _numbers(office, "cells", CELLS)
    office.ask("put", book="cells", address="C1", rows=[[5.0, 100.0, 24.0, 0.4]])
    found = []
    for what, formula, goal in (
        ("CRM_GROWTH of two cells", GROWTH, PER_CELL),
        ("CRM_CLV_HISTORY of one cell and three fixed ones", "=CRM_CLV_HISTORY(A1;D$1;E$1;F$1)", PER_CELL),
        ("the growth in LibreOffice's own arithmetic", "=A2/A1-1", 0),
    ):
        filled, computed = _filled_and_computed(office, formula)
        found += [
            _rate(f"{what}, {CELLS:,} cells filled down", filled, CELLS, "cells", goal),
            _rate("the same computed again", computed, CELLS, "cells", goal),
        ]
    # Every cell has another one to its left, so no column of like calls can be asked for ahead.
    area = f"H1:H{CELLS // 5}"
    formulas = [
        f"=CRM_GROWTH(A{1 + at * 7919 % CELLS};A{1 + at * 104729 % CELLS})" for at in range(CELLS // 5)
    ]
    office.ask("fill_down", book="cells", address=area, formulas=formulas)
    cost = _cost(office, lambda: office.ask("timed", book="cells"))
    found.append(
        _rate(f"CRM_GROWTH of cells here and there, {CELLS // 5:,} cells", cost, CELLS // 5, "cells", 0)
    )
    office.ask("close", book="cells")
    return found


def _filled_and_computed(office: Calc, formula: str) -> tuple[Cost, Cost]:
    area = f"H1:H{CELLS}"
    filled = _cost(office, lambda: _fill(office, area, formula))
    computed = _cost(office, lambda: office.ask("timed", book="cells"))
    office.ask("clear", book="cells", address=area)
    return filled, computed


def _fill(office: Calc, area: str, formula: str) -> None:
    office.ask("fill_auto", book="cells", address=area, formula=formula)
    shown = office.ask("read", book="cells", address=f"H{CELLS}")
    assert isinstance(shown[0][0], float), shown


def _columns(office: Calc) -> list[Result]:
    _numbers(office, "columns", ROWS)
    office.ask("put", book="columns", address="F1", rows=[[0.8, 0.1]])
    found = []
    for what, formula in (
        ("CRM_GROWTH of two columns", f"=CRM_GROWTH(A2:A{ROWS + 1};A1:A{ROWS})"),
        ("CRM_CLV_SIMPLE of a column", f"=CRM_CLV_SIMPLE(A1:A{ROWS};F1;G1)"),
    ):
        cost = _array(office, formula)
        found.append(_rate(f"{what}, {ROWS:,} rows", cost, ROWS, "rows", PER_ROW))
    office.ask("close", book="columns")
    return found


def _array(office: Calc, formula: str) -> Cost:
    office.ask("array", book="columns", address=f"C1:C{ROWS}", formula=formula)
    cost = _cost(office, lambda: office.ask("timed", book="columns"))
    office.ask("clear", book="columns", address=f"C1:C{ROWS}")
    return cost


def _in_process(office: Calc) -> list[Result]:
    _numbers(office, "cells", CELLS)
    _numbers(office, "columns", ROWS)
    _filled_and_computed(office, GROWTH)  # modules are imported
    filled, computed = _filled_and_computed(office, GROWTH)
    array = _array(office, f"=CRM_GROWTH(A2:A{ROWS + 1};A1:A{ROWS})")
    assert office.engine_process() is None, "an engine was asked"
    for book in ("cells", "columns"):
        office.ask("close", book=book)
    return [
        _rate(
            f"in LibreOffice's process: CRM_GROWTH, {CELLS:,} cells filled down", filled, CELLS, "cells", 0
        ),
        _rate("the same computed again, as far as results are not kept", computed, CELLS, "cells", 0),
        _rate(f"in LibreOffice's process: CRM_GROWTH of two columns, {ROWS:,} rows", array, ROWS, "rows", 0),
    ]


def _numbers(office: Calc, book: str, count: int) -> None:
    """A document with 1, 2, 3 … in column A."""
    office.ask("new", book=book)
    office.ask("put", book=book, address="A1", rows=[[1]])
    office.ask("fill_series", book=book, address=f"A1:A{count + 1}")


def _rate(what: str, cost: Cost, count: int, of: str, goal: int) -> Result:
    reached = count / cost.wall
    note = (
        f"{reached:,.0f} {of}/s, {count / cost.cpu:,.0f} per CPU-second"
        if cost.cpu
        else f"{reached:,.0f} {of}/s"
    )
    verdict = "reached" if reached >= goal else "missed"
    return Result(what, cost, f"{note}; goal: {goal:,}, {verdict}" if goal else note)


def _opening(office: Calc, folder: Path) -> list[Result]:
    import xlsxwriter

    path = folder / "opened.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_column(0, 0, range(1, CELLS + 2))
        for row in range(CELLS):
            sheet.write_formula(row, 1, f"=CRM_GROWTH(A{row + 2},A{row + 1})", None, 0)

    def opened() -> None:
        office.ask("open", book="opened", path=str(path))
        shown = office.ask("read", book="opened", address=f"B{CELLS}")
        assert abs(shown[0][0] - 1 / CELLS) < 1e-9, shown

    cost = _cost(office, opened)
    office.ask("close", book="opened")
    what = f"open a workbook with {CELLS:,} CRM_GROWTH formulas from Excel, to the last value"
    return [_rate(what, cost, CELLS, "cells", PER_CELL)]


def _cost(office: Calc, work: Callable[[], Any]) -> Cost:
    before, begun = _cpu(office), time.monotonic()
    work()
    return Cost(_cpu(office) - before, time.monotonic() - begun, 0.0)


def _cpu(office: Calc) -> float:
    """What LibreOffice's processes and the engine have used so far. [CPU-seconds]"""
    used = 0.0
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        if int(fields[2]) == office.office or int(status.parent.name) == office.engine_process():
            used += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return used
