"""The effect between two periods, the upper tiers, and benchmarks from the table of targets."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tierbook.indicators import BY_NAME, INDICATORS, Measured, directions, effect, figure, high_value, targets
from tierbook.language import labels


@pytest.mark.parametrize(
    ("before", "after", "upward", "verdict", "why"),
    [
        (0.2, 0.1, 0, "better", "less churn is better"),
        (0.2, 0.3, 0, "worse", "more of it is worse"),
        (-0.5, 0.1, 1, "better", "from a loss to a return is better"),
        (0.1 + 0.2, 0.3, 1, "same", "what rounding makes is no change"),
        (0, 0, 1, "same", "nothing stays nothing"),
        (np.nan, 3, 1, None, "nothing was measured before"),
        (2, 3, np.nan, None, "nobody said which way is better"),
        (3, 3, np.nan, "same", "the same is the same whichever way is better"),
    ],
)
def test_a_verdict_goes_by_the_direction_of_the_indicator(before, after, upward, verdict, why):
    assert effect([before], [after], [upward]).verdict.tolist() == [verdict], why


numbers = st.floats(-1e9, 1e9, allow_nan=False)


@given(numbers, numbers)
def test_the_opposite_change_or_direction_turns_the_verdict(a, b):
    turned = {"better": "worse", "worse": "better", "same": "same"}
    verdict = effect([a], [b], [1]).verdict[0]
    assert effect([b], [a], [1]).verdict[0] == turned[verdict]
    assert effect([a], [b], [0]).verdict[0] == turned[verdict]


def test_a_change_has_no_share_of_nothing():
    found = effect([0.0, -4.0], [5.0, -2.0], [1, 1])
    assert np.isnan(found.relative[0])
    assert found.relative[1] == 0.5, "measured by the size of the figure before"


def test_no_indicator_is_no_effect():
    assert effect([], [], []).verdict.tolist() == []


def test_a_whole_of_nothing_has_no_figure():
    assert figure(0, 0) is None
    assert figure(0, 5) == 0


@pytest.mark.parametrize(
    ("customers", "tiers", "expected", "why"),
    [
        ({"a": 1, "b": 3}, ["a", "b"], 0.25, "one of two tiers"),
        ({"a": 1, "b": 1, "c": 1, "d": 1, "e": 1}, ["a", "b", "c", "d", "e"], 0.4, "two of five"),
        ({"only": 3}, ["only"], 1.0, "all are equal"),
        ({None: 7}, ["a", "b"], None, "nobody has a tier"),
        ({"b": 1}, ["a", "b"], 0.0, "one customer, not of high value"),
        ({}, [], None, "a pack without tiers"),
    ],
)
def test_high_value_is_the_upper_half_of_the_tiers(customers, tiers, expected, why):
    assert high_value(customers, tiers).figure == expected, why
    assert isinstance(high_value(customers, tiers), Measured)


def test_the_latest_benchmark_up_to_the_day_holds():
    rows: list[dict[str, Any]] = [
        {"goal": "Churn rate", "month": date(2026, 2, 28), "benchmark": 0.12, "higher_is_better": False},
        {"goal": "客户流失率", "month": date(2026, 1, 31), "benchmark": 0.10},
        {"goal": "churn_rate", "month": date(2026, 5, 31), "benchmark": 0.5},
        {"goal": "nps", "month": None, "benchmark": 40},
        {"goal": "retention_rate", "month": None, "benchmark": None},
        {"goal": "new showroom", "month": None, "benchmark": 1},
    ]
    found = targets(rows, date(2026, 3, 31))
    assert {name: one.benchmark for name, one in found.items()} == {"churn_rate": 0.12, "nps": 40.0}
    assert found["churn_rate"].higher_is_better is False


def test_every_indicator_has_a_name_in_both_languages_and_is_found_by_it():
    for one in INDICATORS:
        words = labels()[f"indicator_{one.name}"]
        assert (
            directions(np.array([one.name, *words.values()], object)).tolist()
            == [float(one.higher_is_better)] * 3
        )
    assert len(BY_NAME) == len(INDICATORS) == 21
