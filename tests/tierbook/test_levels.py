"""Levels and flags: the first that fits wins, shares count half up, ties go by id."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tierbook import levels


@pytest.mark.parametrize(
    ("total", "share", "expected", "why"),
    [
        (50, 0.2, 10, "a fifth of fifty"),
        (50, 0.2 * 0.2, 2, "the product of two shares is not exact in binary and still 4 %"),
        (20, 0.125, 3, "2.5 places round up"),
        (10, 0.25, 3, "2.5 again"),
        (10, 0.24, 2, "2.4 places round down"),
        (30, 0.15, 5, "4.5 places round up although 30 x 0.15 is 4.4999... in binary"),
        (0, 0.2, 0, "nobody"),
    ],
)
def test_places_round_half_up_in_decimals(total, share, expected, why):
    assert levels.places(total, share) == expected, why


def test_of_fifty_customers_two_are_vip_and_ten_in_the_top_group():
    value = np.arange(50, 0, -1.0)
    assert levels.within_top(value, 0.2 * 0.2).sum() == 2
    assert levels.within_top(value, 0.2).sum() == 10


def test_equal_values_at_the_border_go_by_id():
    inside = levels.within_top([5, 5, 5, 9], 0.5, ids=np.array(["c", "a", "b", "z"], dtype=object))
    assert inside.tolist() == [False, True, False, True]


def test_unknown_values_are_neither_ranked_nor_counted():
    assert levels.within_top([np.nan, 3, 2, np.nan], 0.5).tolist() == [False, True, False, False]


@given(st.lists(st.one_of(st.floats(-1e6, 1e6), st.just(np.nan)), max_size=60), st.floats(0, 1))
def test_exactly_the_places_of_the_share_are_given_and_to_the_best(value, share):
    inside = levels.within_top(value, share)
    known = [v for v in value if v == v]
    assert inside.sum() == levels.places(len(known), share)
    if inside.any() and not inside.all():
        left = [v for v, taken in zip(value, inside, strict=True) if not taken and v == v]
        assert not left or np.asarray(value)[inside].min() >= max(left)


@pytest.mark.parametrize(
    ("value", "share", "expected", "why"),
    [
        (
            [50, 30, 15, 5],
            0.8,
            [True, True, False, False],
            "a row belongs while the share before it is below 80 %",
        ),
        ([80, 20], 0.8, [True, False], "at exactly 80 % the list is full"),
        (
            [100, -50, 0, np.nan],
            0.8,
            [True, False, False, False],
            "nothing and less neither belong nor count",
        ),
        ([], 0.8, [], "no customers"),
    ],
)
def test_the_top_of_value_is_the_smallest_list_that_reaches_the_share(value, share, expected, why):
    assert levels.within_top_of_value(value, share).tolist() == expected, why


def test_the_first_condition_that_holds_wins():
    conditions = [np.array([False, True, False]), np.array([True, True, False])]
    found = levels.first_that_fits(conditions, 3)
    assert levels.names_at(["vip", "general"], found).tolist() == ["general", "vip", None]


@given(st.lists(st.lists(st.booleans(), min_size=4, max_size=4), min_size=1, max_size=5))
def test_every_flag_that_holds_is_listed_in_order(rows):
    names = [f"flag{i}" for i in range(len(rows))]
    said = levels.every_that_fits(names, [np.array(row) for row in rows], 4)
    expected = ["; ".join(name for name, row in zip(names, rows, strict=True) if row[i]) for i in range(4)]
    assert said.tolist() == expected
