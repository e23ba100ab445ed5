from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tierbook.clv.equity import equity
from tierbook.errors import DataError


def test_segments_are_ordered_by_what_they_are_worth():
    found = equity(["a", "b", "b", None], [100, 70, 80, 50], [40, 50, np.nan, np.nan])
    assert found.segment.tolist() == ["b", "a", None]
    assert found.customers.tolist() == [2, 1, 4]
    assert found.equity.tolist() == [150, 100, 300]
    assert found.mean_clv.tolist() == [75, 100, 75]
    assert found.share.tolist() == [0.5, pytest.approx(1 / 3), 1]
    assert found.acquisition_cost.tolist() == [50, 40, 45]
    assert found.return_on_acquisition.tolist() == [1.5, 2.5, pytest.approx(75 / 45)]


def test_without_cost_there_is_no_return():
    found = equity(["a"], [10])
    assert np.isnan(found.acquisition_cost).all()
    assert np.isnan(found.return_on_acquisition).all()


def test_unknown_values_are_left_out():
    assert equity(["a", "a"], [10, np.nan]).customers.tolist() == [1, 1]
    with pytest.raises(DataError, match="No customer has a lifetime value"):
        equity(["a"], [np.nan])
    with pytest.raises(DataError, match="2, 1, 1 rows"):
        equity(["a", "b"], [1])


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 1e6)), min_size=1, max_size=40))
def test_the_total_is_the_sum_of_the_segments(rows):
    found = equity([name for name, _ in rows], [value for _, value in rows])
    assert math.fsum(found.equity[:-1]) == pytest.approx(found.equity[-1])
    assert found.customers[:-1].sum() == found.customers[-1] == len(rows)
