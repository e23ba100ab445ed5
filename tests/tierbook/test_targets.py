"""Targets and milestones."""

from __future__ import annotations

import numpy as np
import pytest

from tierbook.targets import derived, targets


@pytest.mark.parametrize(
    ("target", "actual", "higher", "status", "why"),
    [
        (100, 100, 1, "met", "reaching it is enough"),
        (100, 90, 1, "within_10", "short by exactly 10 %"),
        (100, 89.99, 1, "missed", "short by more"),
        (10, 9, 0, "met", "less is better"),
        (10, 11, 0, "within_10", "a tenth too much"),
        (10, 11.5, 0, "missed", "more than a tenth too much"),
        (0, 0, 1, "met", "a target of 0 is met by 0"),
        (0, -1, 1, "missed", "nothing is within ten per cent of 0"),
        (-100, -105, 1, "within_10", "ten per cent of a loss are of its size"),
        (100, np.nan, 1, "open", "nothing reached yet"),
        (np.nan, 5, 1, None, "no target"),
        (np.nan, np.nan, 1, None, "neither"),
        (0.3, 0.27, np.nan, "within_10", "more is better where nobody said so, in decimals"),
    ],
)
def test_status_goes_by_the_gap(target, actual, higher, status, why):
    assert targets([target], [actual], [np.nan], [higher]).status.tolist() == [status], why


def test_gaps_are_actual_less_target_and_less_benchmark():
    found = targets([100, 5], [90, 6], [120, np.nan])
    assert found.gap.tolist() == [-10, 1]
    assert found.benchmark_gap[0] == -30
    assert np.isnan(found.benchmark_gap[1])


def test_no_targets_have_no_status():
    assert targets([], [], []).status.size == 0


MONTHS = ["2026-07-01", "2026-08-01", "2026-09-01", "2026-10-01"]
NO = float("nan")


@pytest.mark.parametrize("target, actual, benchmark, share, expected, why", [
    ([NO] * 4, [60, NO, NO, NO], [80] * 4, 1.0, [None, 66.74, 73.48, 80], "the best score goes all the way by the last month"),
    ([NO] * 4, [60, NO, NO, NO], [80] * 4, 0.5, [None, 63.37, 66.74, 70], "half a score goes half the way"),
    ([NO, 65, NO, NO], [60, 66, NO, NO], [80] * 4, 1.0, [None, 65, 73.11, 80], "what was given stays, and one starts from the last figure"),
    ([NO] * 4, [60, 70, 75, 79], [80] * 4, 1.0, [None, 66.74, 73.48, 80], "figures that came later do not move the milestones"),
    ([NO] * 4, [NO, NO, NO, NO], [80] * 4, 1.0, [None] * 4, "nothing was reached yet"),
    ([NO] * 4, [60, NO, NO, NO], [NO] * 4, 1.0, [None] * 4, "there is no benchmark"),
    ([NO] * 4, [12, NO, NO, NO], [4] * 4, 0.5, [None, 10.65, 9.3, 8], "less can be better"),
    ([NO] * 4, [60, NO, NO, NO], [80] * 4, 0.0, [None, 60, 60, 60], "an option that does nothing keeps things as they are"),
])  # fmt: skip
def test_blank_targets_follow_from_the_option_that_was_chosen(
    target, actual, benchmark, share, expected, why
):
    found = derived(["a"] * 4, MONTHS, target, actual, benchmark, reach={"a": share}).tolist()
    assert [None if np.isnan(one) else round(one, 2) for one in found] == expected, why


def test_goals_the_option_does_not_know_and_rows_without_a_month_get_no_target():
    found = derived(
        ["b", None, "a"],
        ["2026-07-01", "2026-08-01", "NaT"],
        [NO] * 3,
        [1, NO, NO],
        [2] * 3,
        reach={"a": 1.0},
    )
    assert np.isnan(found).all()
