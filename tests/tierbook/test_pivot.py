"""A figure by two dimensions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tierbook.errors import DataError
from tierbook.pivot import pivot


def names(*texts: str | None) -> np.ndarray:
    return np.array(texts, dtype=object)


@pytest.mark.parametrize(
    ("aggregate", "cells", "total", "why"),
    [
        ("sum", [[3.0, np.nan], [np.nan, 4.0]], 7, "what nobody bought is blank, not 0"),
        ("count", [[2.0, 0.0], [0.0, 1.0]], 3, "nothing counted is 0"),
        ("mean", [[1.5, np.nan], [np.nan, 4.0]], 7 / 3, "the mean of all rows, not of means"),
        ("min", [[1.0, np.nan], [np.nan, 4.0]], 1, ""),
        ("max", [[2.0, np.nan], [np.nan, 4.0]], 4, ""),
        ("distinct", [[2.0, 0.0], [0.0, 1.0]], 3, ""),
    ],
)
def test_every_aggregate_has_its_own_totals(aggregate, cells, total, why):
    found = pivot(names("a", "a", "b"), names("x", "x", "y"), np.array([1.0, 2.0, 4.0]), aggregate=aggregate)
    assert np.array_equal(found.cells, cells, equal_nan=True), why
    assert found.total == pytest.approx(total), why


def test_unknown_values_have_a_place_of_their_own_after_the_others():
    found = pivot(names("b", None, "a"), names("x", "x", None), np.array([1.0, 2.0, 4.0]))
    assert (found.rows, found.columns) == (["a", "b", None], ["x", None])


def test_missing_figures_are_not_counted():
    found = pivot(names("a", "a"), names("x", "x"), np.array([1.0, np.nan]), aggregate="count")
    assert found.total == 1
    assert pivot(names("a"), names("x"), names(None), aggregate="distinct").total == 0


def test_no_rows_give_no_figures():
    found = pivot(names(), names(), np.array([]))
    assert (found.rows, found.columns, found.cells.shape) == ([], [], (0, 0))
    assert np.isnan(found.total)


def test_another_aggregate_is_refused():
    with pytest.raises(DataError, match="aggregate is one of sum, count"):
        pivot(names("a"), names("x"), np.array([1.0]), aggregate="median")


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz"), st.integers(-(10**15), 10**15))))
def test_sums_of_rows_and_columns_tie_out_exactly(table):
    rows, columns = (names(*(row[at] for row in table)) for at in (0, 1))
    found = pivot(rows, columns, np.array([row[2] / 100 for row in table], dtype=float))
    whole = 0.0 if np.isnan(found.total) else found.total
    assert np.nansum(found.of_rows) == pytest.approx(whole, rel=1e-12, abs=1e-2)
    assert np.nansum(found.of_columns) == pytest.approx(np.nansum(found.cells), rel=1e-12, abs=1e-2)
