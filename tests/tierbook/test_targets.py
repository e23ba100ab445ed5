"""Targets and milestones."""

from __future__ import annotations

import numpy as np
import pytest

from tierbook.targets import targets


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
