"""Composite value: the published worked example, bands without gaps, missing parts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tierbook import value


def test_the_worked_example_of_the_specification_adds_up():
    parts = [[200.0], [1000.0], [1200.0], [240.0], [1500.0], [2000.0]]
    assert value.composite([24000.0], parts).tolist() == [30140.0]


def test_a_missing_part_counts_nothing_and_a_missing_base_leaves_no_value():
    assert value.composite([100.0], [[np.nan]]).tolist() == [100.0]
    assert np.isnan(value.composite([np.nan], [[5.0]])).all()


def test_a_text_nobody_listed_gives_otherwise():
    key = np.array(["cash", "barter", None], dtype=object)
    assert value.looked_up(key, {"cash": 0.05}, 0.0).tolist() == [0.05, 0.0, 0.0]


@pytest.mark.parametrize(
    ("wallet_share", "budget", "expected", "why"),
    [
        (0.2, 10_000, 1500, "a fifth is the second band: the worked example"),
        (0.199, 10_000, 3000, "just under a fifth is the first"),
        (0.5, 50_000, 500, "half is the last band"),
        (0.0, 1_999, 0, "a small budget has no potential"),
        (np.nan, 50_000, np.nan, "an unknown share gives nothing"),
        (-0.1, 50_000, np.nan, "below every band"),
    ],
)
def test_bands_start_at_their_from(wallet_share, budget, expected, why):
    gives = [[5000, 2500, 500], [3000, 1500, 300], [1000, 500, 100], [0, 0, 0]]
    found = value.two_way(
        [wallet_share],
        [budget],
        across_starts=[0, 0.2, 0.5],
        down_starts=[50_000, 10_000, 2_000, 0],
        gives=gives,
    )
    np.testing.assert_equal(found, [expected], why)


@given(st.lists(st.floats(0, 1e6), max_size=20), st.permutations([0.0, 10.0, 500.0, 2e5]))
def test_the_order_in_which_bands_are_written_does_not_matter(amount, starts):
    gives = [[start] for start in starts]
    found = value.two_way(np.zeros(len(amount)), amount, across_starts=[0], down_starts=starts, gives=gives)
    assert found.tolist() == [max(start for start in starts if start <= one) for one in amount]
