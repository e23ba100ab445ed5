"""`udfs.call` against the conformance table, which every host runs too."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from tests.conformance.table import Entry, entries, same, shown
from udfs import CellError, Context, FunctionError, call
from udfs.registry import functions

ENTRIES = entries()


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_a_call_gives_what_the_table_says(entry: Entry) -> None:
    context = Context(**entry.context)
    if entry.first:
        try_call(entry.first, context)
    if entry.error:
        with pytest.raises(FunctionError) as wrong:
            call(entry.function, *entry.cells, context=context)
        assert entry.error in str(wrong.value)
        return
    found = call(entry.function, *entry.cells, context=context)
    assert same(shown(found, entry.columns), entry.gives), found
    said = [row[1] for row in call("CRM_WHY", context=context)[1:]]
    assert any(entry.says in sentence for sentence in said) or not entry.says, said


@pytest.mark.parametrize("name", functions())
def test_every_function_has_a_normal_a_blank_an_error_cell_and_a_wrong_call(name: str) -> None:
    own = [entry for entry in ENTRIES if entry.function == name]
    assert len(own) >= 4
    assert any(entry.error for entry in own)
    assert any(entry.gives is not None for entry in own)
    given = [cells for entry in own for cells in entry.cells + entry.first]
    if any(argument.shape not in ("cell", "pack") for argument in functions()[name].arguments):
        # A blank argument is one left out; blank cells and errors are those among others in a range.
        given = [cells for cells in given if isinstance(cells, list)]
    assert holds(given, None)
    assert holds(given, CellError)


def test_every_entry_says_why_once() -> None:
    names = [entry.name for entry in ENTRIES]
    assert len(names) == len(set(names))
    assert all(entry.why for entry in ENTRIES)


def try_call(first: list[Any], context: Context) -> None:
    with suppress(FunctionError):
        call(first[0], *first[1:], context=context)


def holds(cells: Any, wanted: Any) -> bool:
    if isinstance(cells, list):
        return any(holds(cell, wanted) for cell in cells)
    return cells is None if wanted is None else isinstance(cells, wanted)
