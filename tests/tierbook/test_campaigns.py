"""What a campaign brought: the interval of the uplift against published limits, and campaigns with little to count."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tierbook.campaigns import indicators, score_interval, uplift

# Newcombe 1998, Table II, method 10: x1 / n1, x2 / n2, and the limits of the difference to four places.
NEWCOMBE = [
    (56, 70, 48, 80, 0.0524, 0.3339),
    (9, 10, 3, 10, 0.1705, 0.8090),
    (6, 7, 2, 7, 0.0582, 0.8062),
    (5, 56, 0, 29, -0.0381, 0.1926),
    (0, 10, 0, 20, -0.1611, 0.2775),
    (0, 10, 0, 10, -0.2775, 0.2775),
    (10, 10, 0, 20, 0.6791, 1.0000),
    (10, 10, 0, 10, 0.6075, 1.0000),
]


@pytest.mark.parametrize("x1, n1, x2, n2, low, high", NEWCOMBE)
def test_the_interval_is_the_one_newcombe_printed(x1, n1, x2, n2, low, high):
    found = uplift([x1], [n1], [x2], [n2])
    assert found.difference == pytest.approx(x1 / n1 - x2 / n2)
    assert (found.low[0], found.high[0]) == pytest.approx((low, high), abs=5e-5)


def test_the_interval_of_one_share_is_the_one_newcombe_printed():
    # Newcombe, Two-sided confidence intervals for the single proportion, Statistics in Medicine 17, 1998, Table I, method 3.
    low, high = score_interval([81, 15, 0, 1], [263, 148, 20, 29])
    assert low.round(4).tolist() == [0.2553, 0.0624, 0, 0.0061]
    assert high.round(4).tolist() == [0.3662, 0.1605, 0.1611, 0.1718]


@pytest.mark.parametrize("responded", [0, 10])
def test_a_share_at_its_end_has_exactly_that_limit(responded):
    low, high = score_interval([responded], [10])
    assert (low[0] == 0) == (responded == 0)
    assert (high[0] == 1) == (responded == 10)


def test_a_campaign_without_control_has_no_uplift_and_all_else():
    found = indicators([200], [30], [9_000], [1_500], [0], [0])
    assert found.response_rate[0] == 0.15
    assert found.cost_per_response[0] == 50
    assert found.roi[0] == 5
    assert np.isnan([found.control_rate[0], found.uplift[0], found.uplift_low[0], found.uplift_high[0]]).all()


def test_where_nobody_responded_a_response_has_no_cost_and_the_money_is_lost():
    found = indicators([50], [0], [0], [400], [50], [0])
    assert found.response_rate[0] == 0
    assert np.isnan(found.cost_per_response[0])
    assert found.roi[0] == -1
    assert found.uplift[0] == 0
    assert found.uplift_low[0] == pytest.approx(-found.uplift_high[0])


def test_a_campaign_that_cost_nothing_has_no_return():
    found = indicators([50], [5], [900], [0], [0], [0])
    assert found.cost_per_response[0] == 0
    assert np.isnan(found.roi[0])


def test_an_unknown_cost_leaves_what_rests_on_it_unknown():
    found = indicators([50], [5], [900], [np.nan], [10], [1])
    assert np.isnan([found.cost_per_response[0], found.roi[0]]).all()
    assert found.response_rate[0] == 0.1


def test_one_customer_and_equal_groups_have_an_uplift_within_its_bounds():
    one = indicators([1], [1], [10], [1], [1], [0])
    assert one.uplift[0] == 1
    assert one.uplift_low[0] < one.uplift[0] == one.uplift_high[0]
    equal = indicators([40], [4], [10], [1], [40], [4])
    assert equal.uplift[0] == 0
    assert equal.uplift_low[0] == pytest.approx(-equal.uplift_high[0])


def test_no_campaigns_have_no_indicators():
    assert all(len(one) == 0 for one in indicators([], [], [], [], [], []))


@given(st.integers(1, 400), st.integers(1, 400), st.data())
def test_the_uplift_lies_within_its_limits_and_they_within_what_is_possible(n1, n2, data):
    x1, x2 = data.draw(st.integers(0, n1)), data.draw(st.integers(0, n2))
    found = uplift([x1], [n1], [x2], [n2])
    assert -1 - 1e-12 <= found.low[0] <= found.difference[0] <= found.high[0] <= 1 + 1e-12


@given(st.integers(1, 400), st.integers(1, 400), st.data())
def test_exchanging_the_groups_turns_the_interval_round(n1, n2, data):
    x1, x2 = data.draw(st.integers(0, n1)), data.draw(st.integers(0, n2))
    found, turned = uplift([x1], [n1], [x2], [n2]), uplift([x2], [n2], [x1], [n1])
    assert found.low[0] == pytest.approx(-turned.high[0])
    assert found.high[0] == pytest.approx(-turned.low[0])
