"""Association rules: a textbook's baskets by hand, plain loops on random ones, and bounds that always hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tierbook.errors import DataError
from tierbook.mining import baskets as mined
from tierbook.mining.baskets import basket_rules

LINES = st.lists(st.tuples(st.integers(0, 7), st.sampled_from("abcde")), max_size=40)


def by_loops(lines, min_support):
    held: dict = {}
    for basket, item in lines:
        held.setdefault(basket, set()).add(item)
    found = {}
    for item in "abcde":
        for other in "abcde":
            both = sum({item, other} <= one for one in held.values())
            if item != other and both and both >= min_support * len(held) - 1e-9:
                first = sum(item in one for one in held.values())
                second = sum(other in one for one in held.values())
                total = len(held)
                found[item, other] = (both, both / total, both / first, both * total / (first * second))
    return found


def rules(lines, min_support):
    basket = np.array([one for one, _ in lines], dtype=np.int64)
    item = np.array([one for _, one in lines], dtype=object)
    found = basket_rules(basket, item, min_support=min_support)
    columns = zip(*(column.tolist() for column in found), strict=True)
    return {(row[0], row[1]): row[2:] for row in columns}


@given(LINES, st.sampled_from([0.01, 0.25, 0.5, 1.0]))
def test_rules_are_what_plain_loops_find(lines, min_support):
    found, expected = rules(lines, min_support), by_loops(lines, min_support)
    assert found.keys() == expected.keys()
    for pair, figures in expected.items():
        assert found[pair] == pytest.approx(figures)


@given(LINES)
def test_shares_are_bounded_and_the_lift_is_the_same_both_ways(lines):
    for (item, other), (baskets, support, confidence, lift) in (found := rules(lines, 0.01)).items():
        assert baskets >= 1
        assert 0 < support <= confidence <= 1
        assert lift == found[other, item][3]
        assert lift >= confidence


@given(LINES, st.randoms(use_true_random=False))
def test_the_order_of_the_lines_changes_nothing(lines, chance):
    shuffled = chance.sample(lines, len(lines))
    assert list(rules(lines, 0.2).items()) == list(rules(shuffled, 0.2).items())


def test_a_line_without_basket_or_item_is_left_out():
    found = basket_rules(
        np.array(["1", "1", None, "2"], dtype=object), np.array(["a", "b", "a", None], dtype=object)
    )
    assert found.baskets.tolist() == [1, 1]
    assert found.support.tolist() == [1.0, 1.0]


def test_the_product_is_held_a_piece_at_a_time(monkeypatch):
    chance = np.random.default_rng(3)
    basket, item = chance.integers(0, 50, 400), chance.integers(0, 30, 400)
    whole = basket_rules(basket, item, min_support=0.02)
    monkeypatch.setattr(mined, "_CELLS", 60)
    pieces = basket_rules(basket, item, min_support=0.02)
    assert [column.tolist() for column in pieces] == [column.tolist() for column in whole]
    monkeypatch.setattr(mined, "MOST_RULES", 100)
    with pytest.raises(DataError, match="rules are more than anyone can read"):
        basket_rules(basket, item, min_support=0.02)


@pytest.mark.parametrize("min_support", [0, -0.1, 1.01])
def test_a_support_that_is_no_share_is_refused(min_support):
    with pytest.raises(DataError, match="a share above 0 and at most 1"):
        basket_rules([1], ["a"], min_support=min_support)


def test_columns_belong_to_the_same_lines():
    with pytest.raises(DataError, match="2 baskets for 1 items"):
        basket_rules([1, 2], ["a"])
