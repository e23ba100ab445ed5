"""Calls computed together give what each gives by itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

import udfs
from addin.engine_together import FEWEST, together
from tests.conformance.table import Entry, entries, same
from udfs import CellError, Context
from udfs.registry import functions

HEADER = ["days_since_last", "overdue_ratio", "orders", "spend_change", "tenure_months", "customer_id"]
PARAMS = [["name", "value"], ["model", "bg_nbd"], ["r", 0.243], ["alpha", 4.414], ["a", 0.793], ["b", 2.426]]
BY_ROW = [name for name, function in functions().items() if function.by_row]


def alone(call: tuple[str, list[Any]], context: Context) -> Any:
    try:
        return udfs.call(call[0], *call[1], context=context)
    except udfs.FunctionError as error:
        return error


def checked(calls: list[tuple[str, list[Any]]]) -> tuple[dict[int, Any], Context]:
    """What was computed together, after comparing it with each call by itself; and the context it was computed in."""
    context = Context()
    found = together(calls, context)
    for at, result in found.items():
        assert same(result, alone(calls[at], Context())), calls[at]
    return found, context


def simple(at: int) -> tuple[str, list[Any]]:
    return "CRM_CLV_SIMPLE", [100.0 + at, 0.8, 0.1, 12.0]


def stage(at: int, **other: Any) -> tuple[str, list[Any]]:
    row = {name: float(at * 7 % 400) for name in HEADER} | {"customer_id": f"C{at}"} | other
    return "CRM_STAGE", [[[row[name] for name in HEADER]], None, [HEADER]]


def test_numbers_of_like_calls_are_one_column():
    found, _ = checked([simple(at) for at in range(50)])
    assert len(found) == 50


def test_rows_of_features_are_one_table():
    found, _ = checked([stage(at) for at in range(50)])
    assert len(found) == 50
    assert all(isinstance(result, list) for result in found.values())


def test_ranges_of_one_cell_stay_ranges():
    found, _ = checked([("CRM_GROWTH", [[[100 + at]], [[90.0]]]) for at in range(20)])
    assert len(found) == 20
    assert all(isinstance(result, list) for result in found.values())


def test_customers_that_are_ranked_are_not_computed_together():
    """Of a column, one would be vip; each by itself cannot be ranked."""
    header = ["value", "net_value"]
    calls: list[tuple[str, list[Any]]] = [
        ("CRM_TIER", [[[float(at), 1.0]], None, [header]]) for at in range(50)
    ]
    assert together(calls, Context()) == {}


def test_scores_that_depend_on_the_others_are_not_computed_together():
    calls: list[tuple[str, list[Any]]] = [("CRM_RFM_SCORE", [float(at), 1.0 + at, 10.0]) for at in range(50)]
    assert together(calls, Context()) == {}


@pytest.mark.parametrize(
    "odd, why",
    [
        ([100.0, CellError("#N/A"), 0.1, 12.0], "an error cell has a reason of its own"),
        ([None, 0.8, 0.1, 12.0], "a blank cell has a reason of its own"),
        (["12,50", 0.8, 0.1, 12.0], "how a text is read depends on its column"),
        ([True, 0.8, 0.1, 12.0], "yes is no number"),
        ([[[1.0], [2.0]], 0.8, 0.1, 12.0], "two rows are no row"),
        ([100.0], "an argument is missing"),
        ([100.0, 5.0, 0.1, 12.0], "a retention above one is refused"),
        ([{"a": 1}, 0.8, 0.1, 12.0], "an object is no cell"),
    ],
)
def test_what_is_not_plain_is_left_to_itself(odd, why):
    calls = [simple(at) for at in range(20)]
    calls[7] = ("CRM_CLV_SIMPLE", odd)
    found, _ = checked(calls)
    assert sorted(found) == [at for at in range(20) if at != 7], why


def test_reasons_are_not_said_for_rows_that_were_only_tried():
    calls = [simple(at) for at in range(20)]
    calls[7] = ("CRM_CLV_SIMPLE", [100.0, 5.0, 0.1, 12.0])
    _, context = checked(calls)
    assert context.reasons() == []


def test_different_settings_are_different_columns():
    calls = [("CRM_EXPECTED", [2.0, 30.43, 38.86, PARAMS, 39 + at % 2]) for at in range(40)]
    found, _ = checked(calls)
    assert len(found) == 40


def test_different_headers_are_different_tables():
    calls = [stage(at) for at in range(20)]
    swapped = [HEADER[1], HEADER[0], *HEADER[2:]]
    calls += [("CRM_STAGE", [cells[0], None, [swapped]]) for _, cells in calls]
    found, _ = checked(calls)
    assert len(found) == 40


def test_features_may_hold_texts_and_dates_but_none_that_may_be_numbers():
    found, _ = checked([stage(at, customer_id="客户 A", tenure_months=12) for at in range(10)])
    assert len(found) == 10
    calls = [stage(at) for at in range(10)]
    calls[3] = stage(3, orders="12,5")
    calls[4] = stage(4, orders=datetime(2026, 1, 1))
    found, _ = checked(calls)
    assert 3 not in found


def test_a_few_calls_are_not_worth_while():
    assert together([simple(at) for at in range(FEWEST - 1)], Context()) == {}


def test_a_function_that_is_not_there_is_left_to_itself():
    assert together([("CRM_NOTHING", [1])] * 20, Context()) == {}


def columns(entry: Entry) -> bool:
    """Whether a call of the table has columns whose rows can be asked for one by one."""
    arguments = functions()[entry.function].arguments
    return not entry.error and all(
        not isinstance(cells, list) or argument.shape != "column" or all(len(row) == 1 for row in cells)
        for argument, cells in zip(arguments, entry.cells, strict=False)
    )


@pytest.mark.parametrize(
    "entry",
    [entry for entry in entries() if entry.function in BY_ROW and columns(entry)],
    ids=lambda entry: entry.name,
)
def test_a_function_said_to_go_row_by_row_gives_for_each_row_what_it_gives_for_the_column(entry):
    arguments = functions()[entry.function].arguments
    tall = [
        cells
        for argument, cells in zip(arguments, entry.cells, strict=False)
        if argument.shape == "column" and isinstance(cells, list)
    ]
    if not tall:
        return
    context = Context(**entry.context)
    whole = udfs.call(entry.function, *entry.cells, context=context)
    for row in range(len(tall[0])):
        own = [
            [cells[row]] if argument.shape == "column" and isinstance(cells, list) else cells
            for argument, cells in zip(arguments, entry.cells, strict=False)
        ]
        assert same(udfs.call(entry.function, *own, context=context), [whole[row]])


def test_every_function_of_columns_with_one_result_each_was_looked_at():
    by_columns = {
        name
        for name, function in functions().items()
        if function.result == "column" and any(argument.shape == "column" for argument in function.arguments)
    }
    assert by_columns - set(BY_ROW) <= {"CRM_RFM_SCORE", "CRM_WALLET"}
