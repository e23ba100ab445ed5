"""Segment potential and the few to focus on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tierbook.errors import DataError
from tierbook.potential import potential


def of(values, focus=0.8):
    """Potentials of given size."""
    return potential(values, np.ones(len(values)), np.ones(len(values)), np.zeros(len(values)), focus=focus)


@pytest.mark.parametrize(
    ("values", "focus", "why"),
    [
        ([80, 20], [True, False], "80 % is reached exactly by the first"),
        ([79, 21], [True, True], "79 % is not enough"),
        ([5], [True], "one segment is its own focus"),
        ([1, 1, 1, 1, 1], [True, True, True, True, False], "all equal: four of five, the first ones"),
        ([-1, 0], [False, False], "nothing positive, nothing to focus on"),
        ([50, -500, 50], [True, False, True], "a loss leaves the sum alone"),
        ([], [], "no segments"),
    ],
)
def test_focus_is_the_smallest_set_that_reaches_80_per_cent(values, focus, why):
    assert of(values).focus.tolist() == focus, why


def test_zero_cost_and_unknown_cost_cost_nothing_but_an_unknown_margin_is_unknown():
    found = potential([10, 10, 10], [1, 1, 1], [1, 1, np.nan], [0, np.nan, 1])
    assert found.potential[:2].tolist() == [10, 10]
    assert np.isnan(found.potential[2])
    assert found.order.tolist() == [0, 1, 2]
    assert found.rank[:2].tolist() == [1, 1]


def test_a_share_beyond_everything_is_refused():
    with pytest.raises(DataError, match="focus is above 0 and up to 1, not 1.5"):
        of([1], focus=1.5)


@given(st.lists(st.integers(-50, 50), max_size=12), st.sampled_from([0.2, 0.5, 0.8, 1.0]))
def test_no_smaller_set_reaches_the_share(values, focus):
    found = of(values, focus=focus)
    positive = sorted((value for value in values if value > 0), reverse=True)
    chosen = int(found.focus.sum())
    if positive:
        assert sum(positive[:chosen]) >= focus * sum(positive) - 1e-6
        assert sum(positive[: chosen - 1]) < focus * sum(positive)
    else:
        assert chosen == 0
