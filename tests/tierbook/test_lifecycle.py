"""Movement between lifecycle stages."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from tierbook.lifecycle import stage_matrix

moves = st.lists(
    st.tuples(*[st.one_of(st.none(), st.sampled_from(["growth", "maturity", "decline", "衰退"]))] * 2),
    max_size=40,
)


def test_rows_are_the_stages_before_and_columns_those_after():
    found = stage_matrix(["growth", "growth", "maturity"], ["maturity", "growth", "decline"])
    assert found.stages == ("decline", "growth", "maturity")
    assert found.counts.tolist() == [[0, 0, 0], [0, 1, 1], [1, 0, 0]]


def test_nobody_moves_nowhere():
    found = stage_matrix([], [])
    assert (found.stages, found.counts.shape) == ((), (0, 0))
    assert stage_matrix([None, "growth"], ["growth", None]).stages == ()


def test_one_customer_is_enough():
    assert stage_matrix("growth", "decline").counts.tolist() == [[0, 0], [1, 0]]


@given(moves)
def test_every_customer_known_on_both_dates_is_counted_once(pairs):
    before, after = [one for one, _ in pairs], [other for _, other in pairs]
    found = stage_matrix(before, after)
    expected = Counter(pair for pair in pairs if None not in pair)
    assert {
        (one, other): int(found.counts[i, j])
        for i, one in enumerate(found.stages)
        for j, other in enumerate(found.stages)
        if found.counts[i, j]
    } == expected
