from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tierbook.clv.simple import clv_history, clv_simple
from tierbook.errors import DataError


@pytest.mark.parametrize(
    "m, r, d, expected, why",
    [
        (100, 0.8, 0.1, 100 * 0.8 / 0.3, "m r / (1 + d - r)"),
        (100, 0, 0.1, 0, "nobody stays"),
        (100, 1, 0, np.nan, "no limit where r = 1 + d"),
        (100, 0.95, -0.1, np.nan, "no limit where r > 1 + d"),
        (np.nan, 0.8, 0.1, np.nan, "unknown margin"),
        (-50, 0.5, 0, -50, "a loss is a loss"),
    ],
)
def test_a_customer_kept_for_ever_is_worth_the_limit_of_the_sum(m, r, d, expected, why):
    assert clv_simple(m, r, d) == pytest.approx(expected, nan_ok=True), why


@given(st.floats(0, 1), st.floats(-0.5, 1), st.integers(0, 60))
def test_some_periods_are_the_sum_of_their_terms(r, d, periods):
    terms = sum(50 * r**t / (1 + d) ** t for t in range(1, periods + 1))
    assert clv_simple(50, r, d, periods) == pytest.approx(terms, rel=1e-6, abs=1e-9)


def test_many_periods_come_to_the_limit():
    assert clv_simple(100, 0.8, 0.1, 1000) == pytest.approx(clv_simple(100, 0.8, 0.1))


def test_columns_single_values_and_nothing():
    assert clv_simple([100, 200], 0.8, [0.1, 0.1]).round(2).tolist() == [266.67, 533.33]
    assert clv_simple([], [], []).size == 0
    assert clv_history([2, np.nan], 50, 36, 0.4).tolist()[0] == 1440
    assert np.isnan(clv_history([2, np.nan], 50, 36)[1])


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        ((100, 80, 0.1), "Retention rate 80 is outside 0 to 1"),
        ((100, 0.8, -1), "Discount rate -1 is not above -1"),
        ((100, 0.8, 0.1, 2.5), "Periods are a whole number from 0, not 2.5"),
    ],
)
def test_rates_that_cannot_be_are_refused(arguments, sentence):
    with pytest.raises(DataError, match=sentence) as wrong:
        clv_simple(*arguments)
    assert wrong.value.rows == (0,)
