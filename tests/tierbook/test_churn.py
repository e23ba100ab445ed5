"""Churn: points add up to at most 100, the strongest signal comes first."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tierbook import churn


@given(st.lists(st.tuples(st.integers(0, 100), st.booleans()), max_size=8))
def test_the_score_is_the_sum_of_points_up_to_100(signals):
    fired = [np.array([fires]) for _, fires in signals]
    score = churn.churn_score([points for points, _ in signals], fired, 1)
    assert score.tolist() == [min(100, sum(points for points, fires in signals if fires))]


def test_signals_are_named_by_strength_and_equal_ones_in_the_order_of_the_pack():
    assert churn.by_strength([40, 90, 40]) == [1, 0, 2]


def test_nobody_has_no_score():
    assert churn.churn_score([], [], 0).tolist() == []
