"""Functions in cells of LibreOffice Calc: cell by cell, whole columns, opening a workbook written for Excel, the engine's start.

Goals: 5,000 cells a second for functions called cell by cell, 150,000 rows a second for functions that take whole columns,
both through the engine. The peer for cells is the same workbook with the formula written out in LibreOffice's own
arithmetic. CPU is that of LibreOffice and of the engine together. Needs LibreOffice and, to drive it, Debian's python3-uno.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.measure import Cost, Result
from tests.hosts.calc.program import Calc, calc

CELLS, ROWS = 10_000, 100_000


def results() -> list[Result]:
    """One run each; every call is new to the engine."""
    with tempfile.TemporaryDirectory(prefix="tbbench") as folder, calc(Path(folder)) as office:
        return [*_start(office), *_cell_by_cell(office), *_columns(office), *_opening(office, Path(folder))]


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
    office.ask("new", book="cells")
    office.ask("put", book="cells", address="A1", rows=[[1]])
    office.ask("fill_series", book="cells", address=f"A1:A{CELLS + 1}")
    office.ask("put", book="cells", address="C1", rows=[[5.0, 100.0, 24.0, 0.4]])
    found = []
    for what, address, formula, goal in (
        ("CRM_GROWTH of two cells", "G", "=CRM_GROWTH(A2;A1)", "; goal: 5,000"),
        (
            "CRM_CLV_HISTORY of one cell and three fixed ones",
            "H",
            "=CRM_CLV_HISTORY(A1;D$1;E$1;F$1)",
            "; goal: 5,000",
        ),
        ("the growth in LibreOffice's own arithmetic", "I", "=A2/A1-1", ""),
    ):
        area = f"{address}1:{address}{CELLS}"
        office.ask("fill_auto", book="cells", address=area, formula=formula)
        cost = _cost(office, lambda: office.ask("timed", book="cells"))
        office.ask("clear", book="cells", address=area)
        found.append(Result(f"{what}, {CELLS:,} cells", cost, f"{CELLS / cost.wall:,.0f} cells/s{goal}"))
    office.ask("close", book="cells")
    return found


def _columns(office: Calc) -> list[Result]:
    office.ask("new", book="columns")
    office.ask("put", book="columns", address="A1", rows=[[1]])
    office.ask("fill_series", book="columns", address=f"A1:A{ROWS + 1}")
    found = []
    for what, formula, columns in (
        ("CRM_GROWTH of two columns", f"=CRM_GROWTH(A2:A{ROWS + 1};A1:A{ROWS})", "C1:C"),
        ("CRM_CLV_SIMPLE of a column", f"=CRM_CLV_SIMPLE(A1:A{ROWS};F1;G1)", "D1:D"),
    ):
        office.ask("put", book="columns", address="F1", rows=[[0.8, 0.1]])
        office.ask("array", book="columns", address=f"{columns}{ROWS}", formula=formula)
        cost = _cost(office, lambda: office.ask("timed", book="columns"))
        office.ask("clear", book="columns", address=f"{columns}{ROWS}")
        found.append(Result(f"{what}, {ROWS:,} rows", cost, f"{ROWS / cost.wall:,.0f} rows/s; goal: 150,000"))
    office.ask("close", book="columns")
    return found


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
    return [Result(what, cost, f"{cost.wall:.2f} s")]


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
