"""RFM scores, their cut points and ties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tierbook.errors import DataError
from tierbook.rfm import METHODS, rfm_cuts, rfm_digits, rfm_score, rfm_score_at

DAYS = [10, 20, 30, 40, 50]
ORDERS = [5, 4, 3, 2, 1]
SPEND = [500, 400, 300, 200, 100]

customers = st.lists(
    st.tuples(
        st.one_of(st.integers(0, 30), st.just(float("nan"))),
        st.one_of(st.integers(0, 6), st.just(float("nan"))),
        st.one_of(st.integers(-50, 50), st.just(float("nan"))),
    ),
    max_size=60,
)


def columns(rows):
    return [np.array([row[part] for row in rows], dtype=float) for part in range(3)]


def test_the_best_fifth_in_everything_scores_555():
    assert rfm_score(DAYS, ORDERS, SPEND).tolist() == [555, 444, 333, 222, 111]


def test_cut_points_stand_at_the_rounded_up_fifths():
    spend = [7, 1, 5, 3, 2, 4, 6]  # N = 7: positions ceil(7k / 5) = 2, 3, 5, 6
    cuts = rfm_cuts([1] * 7, [1] * 7, spend)
    assert [part.part for part in cuts.parts] == ["days_since_last", "orders", "total_spend"]
    assert cuts.parts[2].cuts.tolist() == [2, 3, 5, 6]


def test_scores_count_the_cut_points_strictly_below():
    spend = [7, 1, 5, 3, 2, 4, 6]
    m = rfm_digits(rfm_score([1] * 7, [1] * 7, spend))[2]
    assert dict(zip(spend, m.tolist(), strict=True)) == {1: 1, 2: 1, 3: 2, 4: 3, 5: 3, 6: 4, 7: 5}


def test_equal_figures_stay_together_in_the_lower_bin_and_are_recent_together():
    score = rfm_score([3, 3, 3, 3, 9], [1, 1, 1, 1, 2], [10, 10, 10, 10, 10])
    # Orders: cut points 1 1 1 1, so one order scores 1 and two orders 5. Days: cut points 3 3 3 3.
    assert score.tolist() == [511, 511, 511, 511, 151]


def test_nested_scores_bin_orders_inside_recency_and_spend_inside_both():
    days = [1, 1, 1, 1, 9, 9, 9, 9]
    orders = [1, 1, 2, 2, 10, 10, 20, 20]
    spend = [5, 6, 1, 2, 700, 800, 100, 200]
    assert rfm_score(days, orders, spend, bins=2, method="nested").tolist() == [
        211,
        212,
        221,
        222,
        111,
        112,
        121,
        122,
    ]


def test_nested_cut_points_say_the_bins_they_hold_for():
    cuts = rfm_cuts([1, 1, 9, 9], [1, 2, 10, 20], [5, 6, 7, 8], bins=2, method="nested")
    assert [(part.part, part.r, part.f, part.customers, part.cuts.tolist()) for part in cuts.parts] == [
        ("days_since_last", None, None, 4, [1]),
        ("orders", 1, None, 2, [10]),
        ("total_spend", 1, 1, 1, [7]),
        ("total_spend", 1, 2, 1, [8]),
        ("orders", 2, None, 2, [1]),
        ("total_spend", 2, 1, 1, [5]),
        ("total_spend", 2, 2, 1, [6]),
    ]


def test_a_customer_without_a_purchase_has_no_score_and_moves_no_cut_point():
    with_stranger = rfm_score([*DAYS, np.nan], [*ORDERS, 0], [*SPEND, 0])
    assert with_stranger[:5].tolist() == rfm_score(DAYS, ORDERS, SPEND).tolist()
    assert np.isnan(with_stranger[5])


@pytest.mark.parametrize(
    ("days", "orders", "spend", "expected", "why"),
    [
        ([], [], [], [], "an empty column has no scores"),
        ([4], [2], [9.5], [511], "one customer: the single value is every cut point, none is below it"),
        ([4, np.nan], [2, 2], [9.5, 1], [511, None], "missing in, missing out"),
        ([np.nan], [1], [1], [None], "nothing known at all"),
    ],
)
@pytest.mark.parametrize("method", METHODS)
def test_edges(days, orders, spend, expected, why, method):
    score = rfm_score(days, orders, spend, method=method)
    assert [None if np.isnan(one) else one for one in score] == expected, why


@given(customers, st.integers(2, 9), st.sampled_from(METHODS))
def test_scores_have_three_digits_within_the_bins_and_ties_stay_together(rows, bins, method):
    score = rfm_score(*columns(rows), bins=bins, method=method)
    known = ~np.isnan(score)
    assert known.tolist() == [not any(np.isnan(part) for part in row) for row in rows]
    for digit in rfm_digits(score[known]):
        assert ((digit >= 1) & (digit <= bins)).all()
    by_row: dict[tuple, float] = {}
    for row, one in zip(rows, score, strict=True):
        if not np.isnan(one):
            assert by_row.setdefault(row, one) == one


@given(customers)
def test_more_is_never_a_lower_score(rows):
    days, orders, spend = columns(rows)
    score = rfm_score(days, orders, spend)
    known = ~np.isnan(score)
    r, f, m = rfm_digits(score[known])
    assert (np.diff(r[np.argsort(days[known], kind="stable")]) <= 0).all()
    assert (np.diff(f[np.argsort(orders[known], kind="stable")]) >= 0).all()
    assert (np.diff(m[np.argsort(spend[known], kind="stable")]) >= 0).all()


@given(customers, st.integers(2, 9), st.sampled_from(METHODS), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rows, bins, method, random):
    shuffled = list(range(len(rows)))
    random.shuffle(shuffled)
    score = rfm_score(*columns(rows), bins=bins, method=method)
    again = rfm_score(*columns([rows[i] for i in shuffled]), bins=bins, method=method)
    np.testing.assert_array_equal(score[shuffled], again)


@given(customers)
def test_independent_scores_follow_the_written_rule(rows):
    """The rule of the specification, one customer at a time."""
    complete = [row for row in rows if not any(np.isnan(part) for part in row)]

    def bin_of(part, value):
        ascending = sorted(row[part] for row in complete)
        cuts = [ascending[int(np.ceil(k * len(ascending) / 5)) - 1] for k in (1, 2, 3, 4)]
        return 1 + sum(cut < value for cut in cuts)

    expected = [
        100 * (6 - bin_of(0, row[0])) + 10 * bin_of(1, row[1]) + bin_of(2, row[2]) for row in complete
    ]
    score = rfm_score(*columns(rows))
    assert score[~np.isnan(score)].tolist() == expected


def test_scores_can_be_taken_on_cut_points_of_an_earlier_date():
    cuts = rfm_cuts(DAYS, ORDERS, SPEND)
    assert rfm_score_at([5, 45, 200], [9, 2, 0], [450, 450, 0], cuts=cuts).tolist() == [555, 125, 111]


def test_nested_cut_points_know_nothing_of_a_group_nobody_was_in():
    cuts = rfm_cuts([1, 1, 9, 9], [1, 2, 10, 10], [5, 6, 7, 8], bins=2, method="nested")
    assert np.isnan(rfm_score_at([9], [11], [7], cuts=cuts)).all()  # F 2 within R 1 was empty


@pytest.mark.parametrize("bins", [1, 10, 2.5, 0])
def test_bins_outside_two_to_nine_are_refused(bins):
    with pytest.raises(DataError, match="2 to 9"):
        rfm_score(DAYS, ORDERS, SPEND, bins=bins)


def test_an_unknown_method_and_uneven_columns_are_refused():
    with pytest.raises(DataError, match="independent or nested"):
        rfm_score(DAYS, ORDERS, SPEND, method="both")
    with pytest.raises(DataError, match="5, 1, 5 rows"):
        rfm_score(DAYS, [1], SPEND)


def test_digits_of_a_score_and_of_no_score():
    r, f, m = rfm_digits([543, np.nan])
    assert (r[0], f[0], m[0]) == (5, 4, 3)
    assert np.isnan([r[1], f[1], m[1]]).all()
    for wrong in (50, 5432, 505, 543.5, -543):
        with pytest.raises(DataError, match="not an RFM score") as refused:
            rfm_digits([555, wrong])
        assert refused.value.rows == (1,)
