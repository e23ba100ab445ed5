"""The tree in sentences: true to the word, tested on rows it never saw, and honest where it knows nothing."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_iris

from tierbook.errors import DataError
from tierbook.mining.tree import Condition, roundest, tree, words

IRIS = load_iris()
NAN = np.nan


def texts(values):
    found = np.empty(len(values), dtype=object)
    found[:] = values
    return found


def flowers():
    columns = {
        name: IRIS.data[:, at] for at, name in enumerate(("sepal length", "sepal width", "length", "width"))
    }
    return columns, texts([str(IRIS.target_names[one]) for one in IRIS.target])


def holds(condition, columns):
    values = columns[condition.column]
    if condition.text is not None:
        return (values == condition.text) != condition.is_not
    inside = (values > condition.low) & (values <= condition.high)
    return np.where(np.isnan(values), bool(condition.missing), inside)


def test_the_iris_flowers_are_told_apart_by_their_petals():
    found = tree(*flowers(), depth=2)
    said = {words(leaf.conditions): (leaf.answer, leaf.rows) for leaf in found.leaves}
    # The first cut of the textbook lies between petals of 1.9 and 3.0 cm, or 0.6 and 1.0 cm wide.
    assert [rows for answer, rows in said.values() if answer == "setosa"] == [50]
    assert any(
        text in ("length is at most 2", "width is at most 0.6", "width is at most 0.7") for text in said
    )
    assert (found.rows, found.held_out) == (150, 45)
    assert found.baseline == pytest.approx(1 / 3)
    assert found.accuracy > 0.9


def random_customers(seed):
    chance = np.random.default_rng(seed)
    days = np.round(chance.exponential(60, 300))
    spend = np.where(chance.random(300) < 0.2, NAN, np.round(chance.lognormal(5, 1, 300), 2))
    region = texts([None if one > 0.9 else "NSEW"[int(one * 4)] for one in chance.random(300).tolist()])
    gone = (days > 80) ^ (chance.random(300) < 0.1) | (region == "W")
    return {"days": days, "spend": spend, "region": region}, texts(np.where(gone, "gone", "here").tolist())


@pytest.mark.parametrize("seed", range(4))
def test_each_row_meets_exactly_one_sentence_and_the_counts_are_true(seed):
    columns, target = random_customers(seed)
    found = tree(columns, target, depth=4)
    met = np.array(
        [np.logical_and.reduce([holds(one, columns) for one in leaf.conditions]) for leaf in found.leaves]
    )
    assert (met.sum(axis=0) == 1).all()
    for inside, leaf in zip(met, found.leaves, strict=True):
        assert inside.sum() == leaf.rows
        assert (target[inside] == leaf.answer).mean() == pytest.approx(leaf.shares[leaf.answer])
    assert found.accuracy > found.baseline


@pytest.mark.parametrize("seed", range(4))
def test_the_order_of_the_rows_changes_nothing(seed):
    columns, target = random_customers(seed)
    order = np.random.default_rng(seed).permutation(300)
    assert tree({name: column[order] for name, column in columns.items()}, target[order]) == tree(
        columns, target
    )


def test_noise_is_told_no_better_than_by_the_plainest_guess():
    chance = np.random.default_rng(9)
    found = tree(
        {"noise": chance.normal(size=400)}, texts(np.where(chance.random(400) < 0.8, "a", "b").tolist())
    )
    assert found.usual == "a"
    assert found.accuracy <= found.baseline + 0.02


def test_whether_a_number_is_known_can_be_the_sign():
    number = np.where(np.arange(40) < 20, NAN, 5.0)
    found = tree({"visits": number}, texts(["new"] * 20 + ["old"] * 20))
    assert {words(leaf.conditions): leaf.answer for leaf in found.leaves} == {
        "visits is missing": "new", "visits is known": "old",
    }  # fmt: skip


def test_a_column_that_groups_nobody_is_left_out_and_named():
    names = texts([f"customer {number}" for number in range(40)])
    same = np.full(40, 3.0)
    days = np.arange(40.0)
    found = tree({"name": names, "same": same, "days": days}, texts(["a"] * 20 + ["b"] * 20))
    assert found.left_out == ("name", "same")
    with pytest.raises(DataError, match="No column tells the rows apart"):
        tree({"name": names, "same": same}, texts(["a"] * 20 + ["b"] * 20))


@pytest.mark.parametrize(
    "target, depth, said",
    [
        (["a"] * 9, 1, "Only 9 rows have an answer to explain; a tree needs 10."),
        (["a"] * 12, 1, "All rows have the answer a"),
        ([None] * 12, 1, "Only 0 rows"),
        ([f"{number}" for number in range(30)], 1, "The target has 30 different answers"),
        ([f"{number}" for number in range(12)], 1, "none can be held out"),
        (["a", "b"] * 6, 0, "The depth is a whole number from 1 to 6, not 0."),
        (["a", "b"] * 6, 2.5, "not 2.5"),
    ],
)
def test_what_cannot_be_explained_is_refused_in_words(target, depth, said):
    with pytest.raises(DataError) as refused:
        tree({"days": np.arange(len(target), dtype=float)}, texts(target), depth=depth)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    "condition, english",
    [
        (Condition("a", high=1234.5), "a is at most 1,234.5"),
        (Condition("a", low=2, missing=True), "a is above 2 or missing"),
        (Condition("a", low=2, high=7), "a is above 2 and at most 7"),
        (Condition("a", low=2, high=7, missing=True), "a is above 2 and at most 7, or missing"),
        (Condition("a", low=7, high=-math.inf, missing=True), "a is missing"),
        (Condition("a", text="N"), "a is N"),
        (Condition("a", text="N", is_not=True), "a is not N"),
    ],
)
def test_a_condition_in_words(condition, english):
    assert words([condition]) == english


def test_without_a_condition_the_sentence_always_holds():
    assert (words([]), words([], "zh")) == ("always", "总是")


@given(st.floats(-1e12, 1e12), st.floats(1e-6, 1e6))
def test_the_roundest_number_lies_between(low, apart):
    high = low + apart
    if low < high:
        assert low <= roundest(low, high) < high
