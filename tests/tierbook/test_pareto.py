"""The 80/20 list."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tierbook.errors import DataError
from tierbook.pareto import pareto

money = st.one_of(st.decimals(-1000, 1000, places=2).map(float), st.just(math.nan))


@pytest.mark.parametrize(
    ("values", "expected", "why"),
    [
        ([80, 15, 5], "ABC", "each border is reached exactly, so the next class begins"),
        ([79, 15, 6], "AAB", "at 79 % the second row still belongs to the 80 %"),
        ([100], "A", "nothing stands before the first row"),
        ([50, -10, 50, 0], "ACAC", "values of 0 and less are C and leave the total alone"),
        ([0, -5], "CC", "without a positive value everything is C"),
        ([], "", "no rows, no classes"),
    ],
)
def test_classes_go_by_the_share_before_the_row(values, expected, why):
    rows = pareto(list("abcdefgh"[: len(values)]), values)
    assert "".join(rows.class_) == expected, why


def test_shares_and_ranks_of_a_list_worked_by_hand():
    rows = pareto(["d", "a", "c", "b"], [20, 40, 20, -5])
    assert rows.order.tolist() == [1, 2, 0, 3]  # 20 and 20: c before d
    assert rows.rank.tolist() == [2, 1, 2, 4]
    assert rows.share.tolist() == [0.25, 0.5, 0.25, 0]
    assert rows.cumulative_share.tolist() == [1, 0.5, 0.75, 1]


def test_a_missing_value_has_no_rank_share_or_class_and_comes_last():
    rows = pareto(["a", "b", None], [np.nan, 5, 5])
    assert rows.order.tolist() == [1, 2, 0]
    assert np.isnan([rows.rank[0], rows.share[0], rows.cumulative_share[0]]).all()
    assert rows.class_.tolist() == [None, "A", "A"]
    assert rows.share.tolist()[1:] == [0.5, 0.5]


def test_ten_dimes_make_a_whole():
    rows = pareto([f"{i:02}" for i in range(10)], [0.1] * 10)
    assert rows.cumulative_share[rows.order].tolist() == [i / 10 for i in range(1, 11)]
    assert "".join(rows.class_[rows.order]) == "AAAAAAAABB"


def test_sums_beyond_sixty_four_bits_stay_exact():
    rows = pareto(["a", "b"], [9e15, 9e15])
    assert rows.share.tolist() == [0.5, 0.5]


@pytest.mark.parametrize(("a", "b"), [(0, 0.5), (0.9, 0.8), (0.5, 1.2), (math.nan, 0.9)])
def test_borders_that_do_not_rise_are_refused(a, b):
    with pytest.raises(DataError, match="borders"):
        pareto(["x"], [1], a=a, b=b)


def test_ids_and_values_of_different_length_are_refused():
    with pytest.raises(DataError, match="2 ids for 1 values"):
        pareto(["x", "y"], [1])


@given(st.lists(money, max_size=40))
def test_shares_of_positive_values_add_to_one_and_classes_never_improve_down_the_list(values):
    rows = pareto(list(range(len(values))), values)
    known = [one for one in rows.class_[rows.order] if one is not None]
    assert known == sorted(known)
    if any(one > 0 for one in values):
        assert np.nansum(rows.share) == pytest.approx(1)
        assert "A" in known
    shares = [share for share in rows.cumulative_share[rows.order] if not math.isnan(share)]
    assert shares == sorted(shares)


@given(st.lists(money, max_size=20))
def test_equal_values_have_equal_ranks_and_shares(values):
    rows = pareto(list(range(len(values))), values)
    seen: dict[float, tuple[float, float]] = {}
    for value, rank, share in zip(values, rows.rank, rows.share, strict=True):
        if not math.isnan(value):
            assert seen.setdefault(value, (rank, share)) == (rank, share)
            assert rank == 1 + sum(other > value for other in values)
