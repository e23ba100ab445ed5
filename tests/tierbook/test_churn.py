"""Churn: points add up to at most 100, the strongest signal comes first; the churn rate of a period."""

from __future__ import annotations

import math
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tierbook import churn
from tierbook.churn import ChurnRate, churn_rate
from tierbook.errors import DataError
from workbooks.samples import cdnow


@given(st.lists(st.tuples(st.integers(0, 100), st.booleans()), max_size=8))
def test_the_score_is_the_sum_of_points_up_to_100(signals):
    fired = [np.array([fires]) for _, fires in signals]
    score = churn.churn_score([points for points, _ in signals], fired, 1)
    assert score.tolist() == [min(100, sum(points for points, fires in signals if fires))]


def test_signals_are_named_by_strength_and_equal_ones_in_the_order_of_the_pack():
    assert churn.by_strength([40, 90, 40]) == [1, 0, 2]


def test_nobody_has_no_score():
    assert churn.churn_score([], [], 0).tolist() == []


def test_the_churn_rate_is_lost_over_active_at_the_start():
    bought = {"a": (1, 31), "b": (3, 20), "c": (2, 10), "d": (5, 5)}
    customer = [*bought, "a"]
    day = [date(2025, month, one) for month, one in bought.values()] + [date(2025, 6, 1)]
    found = churn_rate(customer, day, start=date(2025, 3, 31), end=date(2025, 6, 30))
    assert found == ChurnRate(active=3, lost=2, rate=2 / 3)  # d came later and counts nowhere


@pytest.mark.parametrize(
    "ago, active, why",
    [
        (0, 1, "a purchase on the day itself counts"),
        (89, 1, "90 days with the day itself"),
        (90, 0, "the 91st day does not count"),
        (-1, 0, "tomorrow is not here yet"),
    ],
)
def test_active_is_who_bought_in_the_days_up_to_the_start(ago, active, why):
    start = date(2025, 3, 31)
    found = churn_rate(["a"], [start - timedelta(days=ago)], start=start, end=date(2026, 3, 31))
    assert found[:2] == (active, active), why


def test_nobody_active_means_no_rate():
    found = churn_rate([], [], start=date(2025, 1, 1), end=date(2025, 2, 1))
    assert found[:2] == (0, 0)
    assert math.isnan(found.rate)


@pytest.mark.parametrize(
    "end, days, said",
    [(date(2024, 12, 31), 90, "before it starts on 2025-01-01"), (date(2025, 2, 1), 0, "at least 1, not 0")],
)
def test_a_period_runs_forward_and_has_days(end, days, said):
    with pytest.raises(DataError, match=said):
        churn_rate(["a"], [date(2025, 1, 1)], start=date(2025, 1, 1), end=end, inactive_days=days)


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.integers(0, 200)), max_size=30), st.integers(1, 90))
def test_the_churn_rate_counts_as_plain_loops_do(rows, inactive_days):
    start = date(2025, 4, 1)
    end = start + timedelta(days=60)
    bought = [(one, date(2025, 1, 1) + timedelta(days=offset)) for one, offset in rows]
    at_start, at_end = (
        {one for one, day in bought if until - timedelta(days=inactive_days) < day <= until}
        for until in (start, end)
    )
    found = churn_rate(
        [one for one, _ in bought],
        [day for _, day in bought],
        start=start,
        end=end,
        inactive_days=inactive_days,
    )
    assert found[:2] == (len(at_start), len(at_start - at_end))


def test_everybody_of_the_published_cohort_was_active_when_it_was_formed():
    log = cdnow.purchases()
    found = churn_rate(
        [one.customer_id for one in log],
        [one.date for one in log],
        start=date(1997, 3, 31),
        end=date(1998, 6, 30),
    )
    assert found.active == 2_357  # Fader and Hardie's sample: first purchases from January to March 1997
    bought_last = {one.customer_id for one in log if one.date > date(1998, 4, 1)}
    assert found.lost == 2_357 - len(bought_last)
