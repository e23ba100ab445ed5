"""Cells on the wire come back as they were."""

from __future__ import annotations

import ast
import math
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addin.engine_wire import PACKED_FROM, ErrorCell, dumps, loads, packed
from udfs import CellError

ADDIN = Path(__file__).parents[2] / "addin"
ALONE = ("engine_wire", "engine_place", "engine_line", "engine_client")

CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(),
    st.datetimes(),
    st.sampled_from(["#N/A", "#VALUE!", "#REF!", "#DIV/0!", "#NUM!", "#NAME?", "#NULL!"]).map(CellError),
)


def there_and_back(cells, error=CellError):
    return loads(dumps(packed(cells)), error)


def rows(cells):
    return [tuple(row) for row in cells]


def kinds(cells):
    return [[type(cell) for cell in row] for row in cells]


@given(CELLS)
def test_one_cell_comes_back_as_it_was(cell):
    found = there_and_back(cell)
    assert found == cell
    assert type(found) is type(cell)


@given(
    st.integers(1, 4).flatmap(lambda width: st.lists(st.tuples(*[CELLS] * width), min_size=1, max_size=20))
)
def test_a_range_comes_back_as_it_was_small_or_large(block):
    for large in (block, block * (PACKED_FROM // len(block) + 1)):
        found = there_and_back(large)
        assert rows(found) == rows(large)
        assert kinds(found) == kinds(large)


def test_columns_of_numbers_travel_packed_and_blanks_stay_blank():
    block = [(float(row), None if row % 3 else row / 7, "x") for row in range(PACKED_FROM)]
    sent = packed(block)
    assert [type(column) for column in sent["columns"]] == [dict, dict, list]
    assert rows(there_and_back(block)) == block


def test_whole_numbers_do_not_become_decimal_ones_on_the_way():
    block = [(row,) for row in range(PACKED_FROM)]
    assert kinds(there_and_back(block)) == kinds(block)


def test_a_million_rows_come_back():
    block = [(float(row), row / 3) for row in range(1_000_000)]
    assert there_and_back(block) == block


@pytest.mark.parametrize(
    "cell, expected, why",
    [
        (math.nan, None, "a missing number is a blank cell"),
        (math.inf, CellError("#NUM!"), "no cell holds an infinite number"),
        (-math.inf, CellError("#NUM!"), "no cell holds an infinite number"),
        (date(2026, 3, 31), datetime(2026, 3, 31), "a day is its midnight"),
    ],
)
def test_what_no_cell_can_hold_becomes_what_a_cell_shows(cell, expected, why):
    assert there_and_back(cell) == expected, why
    assert rows(there_and_back([(cell,)] * PACKED_FROM)) == [(expected,)] * PACKED_FROM, why


def test_huge_numbers_whose_sum_is_not_finite_come_back():
    block = [(1.7e308,)] * PACKED_FROM
    assert there_and_back(block) == block


def test_an_error_cell_is_known_without_our_packages():
    assert there_and_back([[CellError("#N/A")]], ErrorCell) == [[ErrorCell("#N/A")]]
    assert there_and_back([[ErrorCell("#N/A")]]) == [[CellError("#N/A")]]


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"[",
        b"[" * 200_000,
        b'{"date": "yesterday"}',
        b'{"date": "2026-03-31T00:00:00+02:00"}',
        b'{"date": 5}',
        b'{"numbers": "AAA"}',
        b'{"numbers": "\xc3\xa9"}',
        b'{"numbers": "AAAA"}',
        b'{"numbers": 5}',
        b'{"height": 2, "columns": [[1, 2], [3]]}',
        b'{"height": 1, "columns": []}',
        b'{"height": 1, "columns": [5]}',
        b'{"height": 1, "columns": 5}',
        b"\xff\xfe",
    ],
)
def test_what_this_module_does_not_write_is_refused(message):
    with pytest.raises(ValueError):
        loads(message)


def test_what_is_no_cell_is_refused():
    with pytest.raises(TypeError):
        dumps({"cells": [object()]})


@pytest.mark.parametrize("name", ALONE)
def test_what_libreoffice_embeds_is_written_for_python_3_9(name):
    tree = ast.parse((ADDIN / f"{name}.py").read_text("utf-8"), feature_version=(3, 9))
    for node in ast.walk(tree):
        assert not isinstance(node, ast.Match), f"match in line {node.lineno}"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id == "zip":
                assert not node.keywords, f"zip(strict=) in line {node.lineno}"
            if node.func.id == "isinstance":
                assert not isinstance(node.args[1], ast.BinOp), f"isinstance(a | b) in line {node.lineno}"


def test_what_libreoffice_embeds_needs_the_standard_library_only():
    # -S: no site packages; -I: nothing from the environment.
    code = f"import sys; sys.path.insert(0, {str(ADDIN.parent)!r}); import addin.engine_client"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
