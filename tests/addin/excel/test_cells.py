"""What COM passes and takes, cell by cell."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from addin.excel.cells import ERROR_BASE, ERRORS, cells_from_com, cells_to_com
from tests.addin.excel.windows import Time
from udfs import CellError


@pytest.mark.parametrize(
    "passed, cells, why",
    [
        (None, None, "a blank cell"),
        (1.5, 1.5, "a number"),
        (True, True, "yes is not 1"),
        ("", "", "the text of a formula that shows nothing"),
        (-2146826246, CellError("#N/A"), "an error is an integer"),
        (-2146826259, CellError("#NAME?"), "each error has its own"),
        (-2146826243, CellError("#SPILL!"), "errors of newer Excels too"),
        (7, 7, "VBA may pass a whole number"),
        (Time(2025, 3, 1, 12, tzinfo=UTC), datetime(2025, 3, 1, 12), "a date means the cell's own day"),
        (date(2025, 3, 1), datetime(2025, 3, 1), "a day is its midnight"),
        (Decimal("12.50"), 12.5, "a cell formatted as currency"),
        (((1.0, None), ("a", -2146826246)), [[1.0, None], ["a", CellError("#N/A")]], "a range is rows"),
        ((1.0, 2.0), [[1.0, 2.0]], "a row typed into the formula has one dimension"),
        (((1.0,),), [[1.0]], "a range of one cell stays a range"),
    ],
)
def test_a_value_from_excel_becomes_cells(passed, cells, why):
    found = cells_from_com(passed)
    assert (as_lists(found), type(found) is tuple or type(found) is type(cells)) == (cells, True), why


@pytest.mark.parametrize(
    "result, passed, why",
    [
        (25, [[25.0]], "numbers are doubles, for integers are errors"),
        (True, [[True]], "yes stays yes"),
        (None, [[""]], "an empty cell would show 0"),
        (float("nan"), [[""]], "Excel has no NaN"),
        (np.float64("inf"), [[""]], "nor infinity"),
        (pd.NaT, [[""]], "nor NaT"),
        (CellError("#N/A"), [[-2146826246]], "an error is its number"),
        (CellError("#VALUE!"), [[-2146826273]], "each its own"),
        (CellError("Err:504"), [[-2146826246]], "what Excel does not know is not available"),
        (
            datetime(2025, 3, 1, 6),
            [[datetime(2025, 3, 1, 6, tzinfo=UTC)]],
            "pywin32 moves a date without a time zone",
        ),
        (date(2025, 3, 1), [[datetime(2025, 3, 1, tzinfo=UTC)]], "a day"),
        ([["a", None], [1, CellError("#NUM!")]], [["a", ""], [1.0, -2146826252]], "rows stay rows"),
    ],
)
def test_a_result_becomes_what_com_carries(result, passed, why):
    found = cells_to_com(result)
    assert found == passed, why
    assert [[type(cell) for cell in row] for row in found] == [
        [type(cell) for cell in row] for row in passed
    ], why


@pytest.mark.parametrize("number, code", ERRORS.items())
def test_an_error_survives_the_way_there_and_back(number, code):
    assert cells_to_com(cells_from_com(ERROR_BASE + number)) == [[ERROR_BASE + number]]
    assert cells_from_com(ERROR_BASE + number) == CellError(code)


def as_lists(found: object) -> object:
    if isinstance(found, tuple | list):
        return [as_lists(one) for one in found]
    return found
