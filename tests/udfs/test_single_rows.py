"""One row with the header row as the last argument shows what it shows within its range."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.table import Entry, entries, same
from tierbook.errors import DataError
from udfs import CellError, Context, FunctionError, call
from udfs.registry import functions

RANKED = "one customer cannot be ranked"


def headed(entry: Entry) -> bool:
    """Whether an entry gives a range of features with its header row, and a result for each of its rows."""
    function = functions().get(entry.function)
    if function is None:
        return False
    shapes = [argument.shape for argument in function.arguments]
    return (
        shapes[-1:] == ["headers"]
        and function.result in ("column", "columns")
        and isinstance(entry.gives, list)
        and len(entry.cells) < len(shapes)
        and isinstance(entry.cells[0][0], list)
        and all(isinstance(cell, str) for cell in entry.cells[0][0])
    )


ENTRIES = [entry for entry in entries() if headed(entry)]


def single(entry: Entry, row: list[Any], context: Context) -> Any:
    arguments = functions()[entry.function].arguments
    left_out = [None] * (len(arguments) - 1 - len(entry.cells))
    return call(entry.function, [row], *entry.cells[1:], *left_out, [entry.cells[0][0]], context=context)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_a_row_alone_shows_what_it_shows_in_its_range(entry: Entry) -> None:
    context = Context(**entry.context)
    whole = call(entry.function, *entry.cells, context=context)
    heads = whole[:1] if functions()[entry.function].result == "columns" else []
    for row, shown in zip(entry.cells[0][1:], whole[len(heads) :], strict=True):
        try:
            alone = single(entry, row, context)
        except FunctionError as error:
            if isinstance(error.__cause__, DataError) and RANKED in error.__cause__.message:
                continue
            raise
        assert same(alone, [*heads, shown]), row


def test_every_function_of_features_is_tried() -> None:
    wanted = {
        name
        for name, one in functions().items()
        if one.arguments and one.arguments[-1].shape == "headers" and one.result in ("column", "columns")
    }
    assert {entry.function for entry in ENTRIES} == wanted


def test_a_blank_and_an_error_alone_are_a_blank_and_an_error() -> None:
    heads = [["days_since_last", "overdue_ratio", "orders", "spend_change", "tenure_months"]]
    assert call("CRM_STAGE", [[None] * 5], None, heads) == [[None]]
    assert call("CRM_STAGE", [[20, CellError("#REF!"), 24, 0.05, 12]], None, heads) == [[CellError("#N/A")]]
