"""The conformance table through cells of a real LibreOffice, every function entered as a formula."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

import udfs
from addin.calc.component.sheets import column_letters
from addin.calc.functions import spelling
from addin.engine_client import EngineError
from tests.conformance.table import Entry, entries, same
from tests.hosts.calc.program import Calc
from udfs import CellError
from udfs.registry import functions

# Formulas that give an error, and the number LibreOffice has for it.
ERRORS = {
    "#N/A": ("=NA()", 32767),
    "#VALUE!": ('=VALUE("x")', 519),
    "#REF!": ("=#REF!", 524),
    "#DIV/0!": ("=1/0", 532),
    "#NUM!": ("=10^1000", 503),
    "#NAME?": ("=NOSUCHNAME", 525),
}
# What LibreOffice cannot tell apart, so an entry about the difference says nothing there.
ALIKE = {
    "CRM_CLV_SIMPLE: a range of one row is not a cell that holds for all": "a cell is a range of one row",
    "CRM_WALLET: columns of one call have the same height": "a cell is a range of one row",
    "CRM_TREE: one column tells who left; rows that cannot be read stand aside": "yes and no are 1 and 0",
    "CRM_PACKS: it takes one name": "a blank argument at the end is none",
}
MOST_TRIES = 10
WIDEST = 120  # columns that a result may have; the arguments stand behind them
SHEET_0 = datetime(1899, 12, 30)
# Another language is another session: see test_words.
ENTRIES = [
    entry
    for entry in entries()
    if not entry.context and entry.function in functions() and entry.name not in ALIKE
]


@pytest.fixture(scope="module")
def table(calc: Calc) -> Iterator[Calc]:
    warm_up(calc)
    calc.ask("new", book="table")
    yield calc
    calc.ask("close", book="table")


def warm_up(calc: Calc) -> None:
    """Every module of the engine is imported: on a busy machine that takes longer than a cell waits."""
    client = calc.engine(start=True)
    for function in functions().values():
        for _ in range(MOST_TRIES):
            try:
                client.call(function.name, *function.example.cells)
                break
            except EngineError as error:
                if error.code == "function":
                    break


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_a_formula_shows_what_the_table_says(entry: Entry, table: Calc) -> None:
    table.ask("clear", book="table", address="A1:GZ200")
    if entry.first:
        enter(table, entry.first[0], entry.first[1:], 1, 1)
        table.ask("clear", book="table", address="A1:GZ200")
    expected = entry.gives if isinstance(entry.gives, list) else [[entry.gives]]
    if entry.error:
        found = enter(table, entry.function, entry.cells, 1, 1)
        assert isinstance(found[0][0], dict)
        if found[0][0]["error"] == 519:
            assert entry.error in latest_reasons(table)
        return
    if entry.function == "CRM_WHY":
        # Other entries have had their reasons before.
        found = enter(table, entry.function, entry.cells, 3, 2)
        assert found[: len(expected)] == expected
        return
    found = enter(
        table, entry.function, entry.cells, len(expected) + 1, 0 if entry.columns else len(expected[0])
    )
    if len(expected) > 1:
        assert found.pop() == [{"error": 32767}] * len(found[0])  # the result ends where the table says
    else:
        found = found[:1]
    if entry.columns:
        places = [found[0].index(name) for name in entry.columns]
        found = [[row[place] for place in places] for row in found]
    assert same(as_cells(found), as_cells(expected)), (as_cells(found), as_cells(expected))
    if entry.says:
        assert entry.says in latest_reasons(table)


@pytest.mark.parametrize(
    "name, at",
    [
        (name, at)
        for name, function in functions().items()
        for at, one in enumerate(function.arguments)
        if not one.required and one.shape not in ("cell", "pack")
    ],
)
def test_an_error_in_a_range_that_may_be_left_out_spoils_no_more_than_elsewhere(
    name: str, at: int, table: Calc
) -> None:
    table.ask("clear", book="table", address="A1:GZ200")
    cells = with_error(name, at)
    try:
        expected = udfs.call(name, *cells)
    except udfs.FunctionError as error:
        reason = error.text("en").removeprefix(f"{name}: ")
    else:
        reason = ""
    if reason:
        assert as_cells(enter(table, name, cells, 1, 1)) == [["error 519"]]
        assert reason in latest_reasons(table)
        return
    rows = expected if isinstance(expected, list) else [[expected]]
    found = enter(table, name, cells, len(rows), len(rows[0]))
    assert same(as_cells(found), as_cells([list(row) for row in rows]))


def with_error(name: str, at: int) -> list[Any]:
    """A call of a function whose optional range at that position is given and ends with an error."""
    function = functions()[name]
    place = at + 1 if function.arguments[at].shape == "pairs" else at
    known = [entry.cells for entry in ENTRIES if entry.function == name and not entry.error]
    calls = [[*cells] for cells in known if len(cells) > place and isinstance(cells[place], list)]
    cells = calls[0] if calls else [*function.example.cells]
    if not calls:
        cells += [None] * (place + 1 - len(cells))
        if function.arguments[at].shape == "headers":
            features = next(n for n, one in enumerate(function.arguments) if one.shape == "features")
            heads, *rows = cells[features]
            cells[place], cells[features] = [[*heads, "more"]], [[*row, 1] for row in rows]
        else:
            cells[place] = [[cells[0][row][0]] for row in range(len(cells[0]))]
    rows = [[*row] for row in cells[place]]
    rows[-1][-1] = CellError("#DIV/0!")
    cells[place] = rows
    return cells


def enter(table: Calc, function: str, cells: list[Any], rows: int, columns: int) -> list[list[Any]]:
    """What an array formula over that many cells shows, with 0 columns over as many as its result has.

    Its arguments stand side by side to the right of it.
    """
    parts, column = [], WIDEST
    for given in cells:
        block = given if isinstance(given, list) else [[given]]
        if block == [[None]] and not isinstance(given, list):
            parts.append("")
            continue
        ref = f"{column_letters(column)}1"
        table.ask("put", book="table", address=ref, rows=[[typed(cell) for cell in row] for row in block])
        parts.append(
            f"{ref}:{column_letters(column + len(block[0]) - 1)}{len(block)}"
            if len(block) * len(block[0]) > 1
            else ref
        )
        column += len(block[0])
    formula = spelling().convert(f"={function}({';'.join(parts).rstrip(';')})", "calc")
    if not columns:
        table.ask("formula", book="table", address="A1", formula=f"=COLUMNS({formula[1:]})")
        columns = int(table.ask("read", book="table", address="A1")[0][0])
    target = f"A1:{column_letters(columns - 1)}{rows}"
    table.ask("array", book="table", address=target, formula=formula)
    return table.ask("read", book="table", address=target)


def typed(cell: Any) -> Any:
    if isinstance(cell, CellError):
        return {"formula": ERRORS[cell.code][0]}
    if isinstance(cell, datetime):
        return {"date": (cell - SHEET_0).total_seconds() / 86_400}
    return cell


def as_cells(rows: list[list[Any]]) -> list[list[Any]]:
    """Cells as LibreOffice has them: dates, yes and no are numbers, errors have one."""
    return [[as_cell(cell) for cell in row] for row in rows]


def as_cell(cell: Any) -> Any:
    if isinstance(cell, CellError):
        return f"error {ERRORS[cell.code][1]}"
    if isinstance(cell, dict):
        return f"error {cell['error']}"
    if isinstance(cell, datetime):
        return (cell - SHEET_0).total_seconds() / 86_400
    if cell == "":
        return None
    return float(cell) if isinstance(cell, bool | int) else cell


def latest_reasons(table: Calc) -> str:
    table.ask("array", book="table", address="A150:B199", formula="=ORG.TIERBOOK.FUNCTIONS.CRMWHY()")
    rows = table.ask("read", book="table", address="A151:B199")
    table.ask("clear", book="table", address="A150:B199")
    return "\n".join(str(row[1]) for row in rows if isinstance(row[1], str))


def test_every_entry_left_out_is_there() -> None:
    assert ALIKE.keys() <= {entry.name for entry in entries()}
