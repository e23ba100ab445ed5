"""The questionnaire of opportunities and its gate."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tierbook.errors import DataError
from tierbook.questionnaire import gate

QUESTIONS = (
    ["budget", "need", "timing"],
    [50, 30, 20],
    ["none;asked for;granted", "low=0.1;high=1", "later、now"],
)


def asked(*answers, line=70.0, questions=QUESTIONS):
    opportunity, question, answer = (
        (list(one) for one in zip(*answers, strict=True)) if answers else ([],) * 3
    )
    return gate(*questions, opportunity=opportunity, asked=question, answer=answer, gate=line)


def test_total_is_weight_times_points_and_the_missing_points_are_named():
    found = asked(("A", "budget", "asked for"), ("A", "need", "HIGH "), ("A", "timing", "now"))
    assert found.total.tolist() == [75]
    assert found.lost.tolist() == [[25, 0, 0]]
    assert found.passes.tolist() == [True]
    assert found.short.tolist() == [0]


@pytest.mark.parametrize(("line", "passes"), [(75, True), (75.01, False)])
def test_reaching_the_gate_is_enough(line, passes):
    found = asked(("A", "budget", "asked for"), ("A", "need", "high"), ("A", "timing", "now"), line=line)
    assert found.passes.tolist() == [passes]


def test_a_questionnaire_nobody_answered_has_no_points_and_misses_all():
    found = asked(("A", "budget", None), ("A", "need", ""))
    assert found.total.tolist() == [0]
    assert found.lost.tolist() == [[50, 30, 20]]
    assert not found.answered.any()
    assert len(asked().opportunity) == 0


def test_the_worst_answer_is_an_answer():
    found = asked(("A", "need", "low"), ("A", "budget", "none"))
    assert found.total.tolist() == [3]
    assert found.answered.tolist() == [[True, True, False]]


def test_weights_count_relative_to_their_sum():
    found = asked(("A", "x", "yes"), questions=(["x", "y"], [3, 1], ["no;yes"] * 2))
    assert found.total.tolist() == [75]


def test_one_question_with_one_answer_gives_all_or_nothing():
    assert asked(("A", "x", "yes"), questions=(["x"], [1], ["yes"])).total.tolist() == [100]


def test_answers_that_are_not_allowed_and_questions_nobody_asks_are_listed():
    found = asked(("A", "budget", "perhaps"), ("A", "colour", "red"), ("A", "need", "high"))
    assert (found.refused.tolist(), found.unknown.tolist(), found.total.tolist()) == ([0], [1], [30])


@pytest.mark.parametrize(
    ("questions", "message"),
    [
        (([], [], []), "There is no question"),
        ((["a", "a"], [1, 1], ["n;y"] * 2), "The question a is there twice"),
        ((["a", "b"], [1, np.nan], ["n;y"] * 2), "The question b has no weight of 0 or more"),
        ((["a"], [-1], ["n;y"]), "The question a has no weight of 0 or more"),
        ((["a"], [0], ["n;y"]), "all 0"),
        ((["a"], [1], [" ; "]), "has no allowed answers"),
        ((["a"], [1], ["n=0;y"]), "allows y, which names no points"),
        ((["a"], [1], ["n=0;y=2"]), "allows y=2, which names no points"),
        ((["a"], [1], ["n=x;y=1"]), "allows n=x, which names no points"),
    ],
)
def test_a_questionnaire_that_cannot_be_is_refused_in_words(questions, message):
    with pytest.raises(DataError, match=message):
        asked(questions=questions)


@given(
    st.lists(
        st.tuples(
            st.sampled_from("ABC"),
            st.sampled_from(QUESTIONS[0]),
            st.sampled_from([None, "none", "granted", "low", "high", "later", "now"]),
        ),
        max_size=20,
    )
)
def test_what_is_reached_and_what_is_missing_make_100(answers):
    found = asked(*answers)
    assert np.allclose(found.total + found.lost.sum(axis=1), 100)
    assert ((found.total >= 70) == found.passes).all()
