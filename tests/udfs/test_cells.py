"""Cells in, arrays out, and back."""

from __future__ import annotations

from datetime import date, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tierbook.columns import type_column
from tierbook.errors import DataError
from udfs.cells import CellError, Range, Rows, as_range, blank_rows, cells_of, is_missing, read_column

numbers = st.one_of(
    st.integers(-(10**20), 10**20), st.floats(allow_nan=False, allow_infinity=False), st.none(), st.just("")
)
days = st.one_of(
    st.dates(date(1950, 1, 1), date(2100, 1, 1)),
    st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1)),
    st.floats(61, 80_000),
    st.integers(61, 80_000),
    st.none(),
)
words = st.one_of(st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"])), st.none())
flags = st.one_of(st.booleans(), st.none(), st.just(" "))


def as_list(values: np.ndarray) -> list:
    return [None if gone else value for value, gone in zip(values.tolist(), is_missing(values), strict=True)]


@given(st.lists(numbers))
def test_plain_numbers_are_read_as_the_reader_of_workbooks_reads_them(cells):
    column, typed = read_column(cells, "number"), type_column(cells, "number")
    assert as_list(column.values) == typed.array.to_pylist()
    assert sorted(column.refused) == [refusal.row for refusal in typed.refused]


@given(st.lists(days))
def test_plain_dates_and_serials_are_read_as_the_reader_of_workbooks_reads_them(cells):
    assert as_list(read_column(cells, "date").values) == type_column(cells, "date").array.to_pylist()


@given(st.lists(words), st.sampled_from(["text", "id"]))
def test_plain_texts_are_read_as_the_reader_of_workbooks_reads_them(cells, kind):
    assert as_list(read_column(cells, kind).values) == type_column(cells, kind).array.to_pylist()


@given(st.lists(st.sampled_from(["现结", "Cash ", "cash", "credit card", None])))
def test_choices_are_read_as_the_reader_of_workbooks_reads_them(cells):
    choices = {"现结": "cash", "cash": "cash"}
    typed = type_column(cells, "text", choices=choices)
    assert as_list(read_column(cells, "text", choices=choices).values) == typed.array.to_pylist()


@given(st.lists(flags))
def test_plain_flags_are_read_as_the_reader_of_workbooks_reads_them(cells):
    assert as_list(read_column(cells, "yes_no").values) == type_column(cells, "yes_no").array.to_pylist()


@pytest.mark.parametrize(
    ("cells", "kind", "values", "refused", "why"),
    [
        ([1, 2.5, None], "number", [1, 2.5, None], [], "numbers as they are"),
        (["", "\u00a0", "-"], "number", [None, None, None], [], "blanks and a dash are missing"),
        ([CellError("#N/A"), CellError("#REF!")], "number", [None, None], [1], "not available is missing"),
        ([CellError("#N/A")], "text", [None], [0], "in a text every error is one"),
        ([True, 3], "number", [None, 3], [0], "TRUE is no number"),
        ([1e25, float("inf")], "number", [None, None], [0, 1], "too large to be exact"),
        ([10**400], "number", [None], [0], "beyond any double"),
        ([1001.0, "007", " A "], "id", ["1001", "007", "A"], [], "identifiers are text"),
        ([0], "date", [None], [0], "serial 0 is no day"),
        ([20240305], "date", [date(2024, 3, 5)], [], "eight digits are a date"),
        ([1, 0, "否"], "yes_no", [1, 0, 0], [], "yes and no as people write them"),
    ],
)
def test_cells_become_a_column(cells, kind, values, refused, why):
    column = read_column(cells, kind)
    assert as_list(column.values) == values, why
    assert sorted(column.refused) == refused, why


def test_a_column_of_dates_that_reads_both_ways_is_refused_whole():
    with pytest.raises(DataError, match="can be read day first or month first") as refused:
        read_column(["03/04/2024", "05/06/2024"], "date")
    assert refused.value.rows == (0,)


@pytest.mark.parametrize(
    ("values", "cells", "why"),
    [
        (np.array([1.5, np.nan]), [1.5, None], "NaN is missing"),
        (
            np.array(["2024-03-05", "NaT"], dtype="datetime64[D]"),
            [datetime(2024, 3, 5), None],
            "dates are datetimes",
        ),
        (np.array(["a", None], dtype=object), ["a", None], "None is missing"),
        (np.array([True, False]), [True, False], "flags stay flags"),
        (np.array([]), [], "nothing"),
    ],
)
def test_a_column_becomes_cells(values, cells, why):
    assert cells_of(values, missing=None) == cells, why


def test_ranges_come_as_one_cell_a_list_of_rows_or_a_list_of_cells():
    assert as_range(5) == Range(((5,),), single=True)
    assert as_range(((1, 2), (3, 4))).width == 2
    assert as_range([1, 2, 3]).height == 3
    with pytest.raises(DataError, match="different lengths"):
        as_range([[1, 2], [3]])
    with pytest.raises(DataError, match="different lengths"):
        as_range([[1], 2])


def test_blank_is_nothing_and_not_zero():
    assert blank_rows(
        [[None, ""], [" ", "\u3000"], [0, None], [None, False], [CellError("#N/A"), None]]
    ).tolist() == [
        True,
        True,
        False,
        False,
        False,
    ]


def test_rows_that_are_kept_are_neither_blank_nor_refused():
    rows = Rows(4, np.array([False, True, False, False]))
    rows.refused |= read_column(["x", 1, 2, "y"], "number").refused
    assert rows.kept.tolist() == [2]
