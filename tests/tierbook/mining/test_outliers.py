"""Outliers: the robust z of the source, worked by hand, and a forest that does not look at the order of rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tierbook.mining.outliers import FAR, isolation, outliers, robust_z

NAN = np.nan
NUMBERS = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30)


@pytest.mark.parametrize(
    "value, expected, why",
    [
        ([2, 3, 4, 5, 90], [-1.349, -0.6745, 0, 0.6745, 58.007], "median 4, MAD 1"),
        ([5, 5, 5, 9], [0, 0, 0, 4 / 1.2533], "MAD 0: the mean distance 1 takes its place"),
        ([7, 7, 7], [0, 0, 0], "nobody stands out where all are equal"),
        ([7], [0], "nor alone"),
        ([1, NAN, 3], [-0.6745, NAN, 0.6745], "what is missing has no distance"),
        ([NAN, NAN], [NAN, NAN], "nothing is known"),
        ([], [], "nobody"),
    ],
)
def test_the_robust_z_is_that_of_iglewicz_and_hoaglin(value, expected, why):
    assert robust_z(value) == pytest.approx(expected, nan_ok=True), why


@given(NUMBERS, st.floats(1e-3, 1e3), st.floats(-1e3, 1e3))
def test_units_do_not_matter(value, factor, shift):
    value = np.round(value, 3)
    assert robust_z(value * 4.0) == pytest.approx(robust_z(value))
    assert robust_z(-value) == pytest.approx(-robust_z(value))


def test_a_row_is_judged_by_the_column_in_which_it_is_farthest():
    found = outliers([[1, 5, NAN], [2, 5, NAN], [3, 5, NAN], [2, 99, NAN], [NAN, NAN, NAN]])
    assert found.column.tolist() == [0, 0, 0, 1, -1]
    assert np.isnan(found.z[4])
    assert abs(outliers([[1.0], [2.0], [3.0], [40.0]]).z[3]) > FAR


def test_the_forest_finds_who_is_alone_whatever_the_order_of_the_rows():
    chance = np.random.default_rng(4)
    table = np.vstack([chance.normal(size=(200, 3)), [[9.0, -9.0, 9.0], [NAN, NAN, NAN]]])
    score = isolation(table)
    order = chance.permutation(len(table))
    np.testing.assert_array_equal(isolation(table[order]), score[order])
    assert score.argmax() == 200
    assert score[201] < np.median(score)
    np.testing.assert_array_equal(isolation(table, rows=[200, 5]), score[[200, 5]])
    assert isolation(np.empty((0, 2))).tolist() == []
