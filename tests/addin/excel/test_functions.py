"""Formulas from Excel's side: each wrapper in VBA, over xlwings' server, to the registry and back."""

from __future__ import annotations

import pytest

from addin.excel.wrappers import arguments_of
from tests.addin.excel.interpreter import Excel
from tests.conformance.table import Entry, entries, same, shown
from udfs import CellError, Context
from udfs.registry import functions

# What Excel refuses itself while a formula is typed: an unknown name, or more arguments than the function has.
ENTRIES = [
    entry
    for entry in entries()
    if entry.function in functions() and len(entry.cells) <= len(arguments_of(functions()[entry.function]))
]


@pytest.fixture(scope="module")
def loaded(xlam, sources, server) -> Excel:
    excel = Excel(xlam, sources, server)
    excel.start()
    return excel


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_a_formula_shows_what_the_table_says(entry: Entry, loaded: Excel, binding, monkeypatch) -> None:
    context = Context(**entry.context)
    monkeypatch.setattr(binding.engine, "context", lambda: context)
    if entry.first:
        loaded.call(entry.first[0], *entry.first[1:])
    found = loaded.call(entry.function, *entry.cells)
    said = [row[1] for row in as_rows(loaded.call("CRM_WHY"))]
    if entry.error:
        assert found == CellError("#VALUE!")
        assert any(entry.error in sentence for sentence in said), said
    else:
        assert same(as_rows(shown(found, entry.columns)), as_rows(entry.gives)), found
        assert any(entry.says in sentence for sentence in said) or not entry.says, said


def test_every_function_is_tried() -> None:
    assert {entry.function for entry in ENTRIES} == set(functions())


def as_rows(result: object) -> list:
    """One cell is a table of one cell; an empty text shows as little as an empty cell."""
    rows = result if isinstance(result, list) else [[result]]
    return [[None if cell == "" else cell for cell in row] for row in rows]
