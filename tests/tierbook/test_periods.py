"""Change from one period to the next."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tierbook.periods import growth


@pytest.mark.parametrize(
    ("current", "previous", "expected", "why"),
    [
        (120, 100, 0.2, "a fifth more"),
        (70, 100, -0.3, "three tenths less"),
        (0, 100, -1, "all of it lost"),
        (-20, 100, -1.2, "refunds may turn a period negative"),
        (100, 0, math.nan, "nothing to grow from"),
        (100, -50, math.nan, "a loss is no base"),
        (math.nan, 100, math.nan, "missing in, missing out"),
        (100, math.nan, math.nan, "missing in, missing out"),
    ],
)
def test_growth_is_the_change_as_a_share_of_the_previous_period(current, previous, expected, why):
    assert growth([current], [previous]).tolist() == pytest.approx([expected], nan_ok=True), why


def test_growth_of_a_list_and_of_nothing():
    np.testing.assert_allclose(growth([120, 5], [100, 0]), [0.2, np.nan])
    assert growth([], []).tolist() == []


@given(st.floats(0.01, 1e9), st.floats(-1, 10))
def test_growth_undoes_what_was_added(previous, change):
    assert growth([previous * (1 + change)], [previous])[0] == pytest.approx(change, abs=1e-9)
