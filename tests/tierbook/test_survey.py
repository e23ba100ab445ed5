"""Net Promoter Score."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tierbook.errors import DataError
from tierbook.survey import nps, weighted_score


@pytest.mark.parametrize(
    ("scores", "expected", "why"),
    [
        ([9, 10, 3, 8], 25, "two promoters, one detractor, four answers"),
        ([10, 10], 100, "only promoters"),
        ([0, 6], -100, "six is still a detractor"),
        ([7, 8], 0, "seven and eight are neither"),
        ([9, math.nan, math.nan], 100, "blanks are not answers"),
        (9, 100, "one value"),
    ],
)
def test_promoters_minus_detractors_over_all_answers(scores, expected, why):
    assert nps(scores) == expected, why


@pytest.mark.parametrize("scores", [[], [math.nan]])
def test_without_an_answer_there_is_no_score(scores):
    assert math.isnan(nps(scores))


def test_ratings_off_the_scale_are_refused_with_their_rows():
    with pytest.raises(DataError, match="Rating 11 is outside 0 to 10") as refused:
        nps([9, 11, 5, -1])
    assert refused.value.rows == (1, 3)


@given(st.lists(st.integers(0, 10), min_size=1))
def test_the_score_stays_between_minus_and_plus_one_hundred(scores):
    assert -100 <= nps(scores) <= 100


@pytest.mark.parametrize(
    ("scores", "weights", "scale", "expected", "why"),
    [
        ([8, 10, 5], [2, 1, 1], 10, 77.5, "the first answer counts twice"),
        ([4, 5], [1, 1], 5, 90, "a scale of five"),
        ([8, math.nan], [1, 5], 10, 80, "no answer does not count, whatever its weight"),
        ([8, 2], [1, 0], 10, 80, "a weight of nothing"),
        (10, 1, 10, 100, "one answer"),
    ],
)
def test_answers_count_by_their_weight(scores, weights, scale, expected, why):
    assert weighted_score(scores, weights, scale=scale) == pytest.approx(expected), why


@pytest.mark.parametrize(("scores", "weights"), [([], []), ([math.nan], [1]), ([5], [0])])
def test_without_an_answer_that_counts_there_is_no_satisfaction(scores, weights):
    assert math.isnan(weighted_score(scores, weights))


@pytest.mark.parametrize(
    ("scores", "weights", "scale", "words"),
    [
        ([11], [1], 10, "Answer 11 is outside 0 to 10"),
        ([1], [-1], 10, "Weight -1 is negative"),
        ([1], [1], 0, "The scale must be above 0"),
    ],
)
def test_what_cannot_be_weighed_is_refused(scores, weights, scale, words):
    with pytest.raises(DataError, match=words):
        weighted_score(scores, weights, scale=scale)
