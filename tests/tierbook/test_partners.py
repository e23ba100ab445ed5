"""Whom to introduce to whom."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tierbook.errors import DataError
from tierbook.partners import balance, partners

categories = st.lists(st.sampled_from("abcd"), max_size=3).map(lambda names: ";".join(names) or None)
people = st.lists(
    st.tuples(categories, st.one_of(st.sampled_from([1.0, 2.0]), st.just(math.nan))), max_size=12
)


def by_hand(shown, visitors, ids, most):
    """Every pair looked at."""
    found = []
    for exhibitor, shows in enumerate(shown):
        matches = []
        for at, (wants, value) in enumerate(visitors):
            common = len(set((shows or "").split(";")) & set((wants or "").split(";")) - {""})
            if common:
                matches.append((-common, math.inf if math.isnan(value) else -value, ids[at], at))
        found += [(exhibitor, at, -common) for common, _, _, at in sorted(matches)[:most]]
    return found


@given(st.lists(categories, max_size=5), people, st.integers(1, 4))
def test_the_best_visitors_are_those_found_by_looking_at_every_pair(shown, visitors, most):
    ids = [f"V{at:02}" for at in range(len(visitors))]
    wanted = [wants for wants, _ in visitors]
    found = partners(shown, wanted, ids=ids, value=np.array([value for _, value in visitors]), most=most)
    pairs = list(zip(found.exhibitor.tolist(), found.visitor.tolist(), found.common.tolist(), strict=True))
    assert pairs == by_hand(shown, visitors, ids, most)


def test_common_categories_come_first_then_value_then_id():
    found = partners(
        ["pumps; valves"],
        ["valves", "pumps;valves", "valves", "valves", "glass"],
        ids=["d", "e", "c", "b", "a"],
        value=np.array([5.0, 1.0, 9.0, 9.0, 99.0]),
    )
    assert [["d", "e", "c", "b", "a"][at] for at in found.visitor] == ["e", "b", "c", "d"]
    assert found.rank.tolist() == [1, 2, 3, 4]


def test_all_equal_visitors_go_by_id():
    found = partners(["a"], ["a"] * 4, ids=["z", "x", "y", "w"], value=np.ones(4))
    assert found.visitor.tolist() == [3, 1, 2, 0]


def test_one_exhibitor_without_visitors_has_no_partner():
    assert partners(["a"], [], ids=[]).visitor.tolist() == []
    assert partners([], ["a"], ids=["x"]).visitor.tolist() == []
    assert partners([None], ["a"], ids=["x"]).visitor.tolist() == []


def test_chinese_separators_and_spaces_do_not_count():
    assert partners(["泵；阀门"], [" 阀门 ;玻璃"], ids=["x"]).common.tolist() == [1]


def test_fewer_than_one_visitor_cannot_be_asked_for():
    with pytest.raises(DataError, match="most is 1 or more, not 0"):
        partners(["a"], ["a"], ids=["x"], most=0)


def test_a_category_twice_in_a_cell_counts_once():
    found = balance(["a;a;b"], ["b", "b", None])
    assert found.category.tolist() == ["a", "b"]
    assert found.showing.tolist() == [1, 1]
    assert found.wanting.tolist() == [0, 2]


def test_an_exhibitor_of_everything_meets_as_many_visitors_as_asked_for():
    wanted = [f"c{at % 500};c{at % 7}" for at in range(50_000)]
    everything = ";".join(f"c{at}" for at in range(500))
    found = partners([everything] * 3, wanted, ids=[f"{at:06}" for at in range(50_000)], most=5)
    assert found.exhibitor.tolist() == [0] * 5 + [1] * 5 + [2] * 5
    assert set(found.common.tolist()) == {2}
