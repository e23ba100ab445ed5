"""k-means: known groups, the same whatever the order of the rows, and words for what cannot be parted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_iris

from tierbook.errors import DataError
from tierbook.mining import clusters as mined
from tierbook.mining.clusters import best_k, clusters, marks, silhouette, strength
from tierbook.mining.numbers import standardised

IRIS = load_iris().data


def test_the_iris_flowers_part_as_they_are_known_to():
    found = clusters(IRIS, k=3)
    scaled = standardised(IRIS)
    centres = np.array([scaled[found.number == number].mean(axis=0) for number in (1, 2, 3)])
    inertia = sum(((scaled[found.number == at + 1] - centre) ** 2).sum() for at, centre in enumerate(centres))
    # The least sum of squares known for three clusters of the standardised flowers; all setosa are together.
    assert inertia == pytest.approx(139.82, abs=0.005)
    assert set(found.number[:50]) == {3.0}
    assert sorted(found.rows.tolist()) == [47, 50, 53]
    assert silhouette(IRIS, found.number) == pytest.approx(0.4599, abs=0.001)


def test_clusters_are_numbered_by_the_mean_of_the_first_column():
    found = clusters(IRIS, k=3)
    means = [IRIS[found.number == number, 0].mean() for number in (1, 2, 3)]
    assert means == sorted(means, reverse=True)
    assert found.profile[:, 0] == pytest.approx(means)
    assert found.rows.sum() == len(IRIS)


@settings(max_examples=15)
@given(st.integers(0, 2**32 - 1), st.integers(2, 5))
def test_the_order_of_the_rows_changes_no_label(shuffle, k):
    chance = np.random.default_rng(shuffle)
    table = np.round(chance.normal(size=(60, 3)) * [1, 100, 0.01], 3)
    order = chance.permutation(60)
    first, again = clusters(table, k=k), clusters(table[order], k=k)
    np.testing.assert_array_equal(first.number[order], again.number)
    np.testing.assert_array_equal(first.profile, again.profile)
    assert silhouette(table, first.number) == silhouette(table[order], again.number)


def test_many_rows_go_on_from_the_best_start_of_some(monkeypatch):
    chance = np.random.default_rng(1)
    centres = np.array([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0]])
    place = chance.integers(0, 3, 500)
    table = centres[place] + chance.normal(size=(500, 2))
    monkeypatch.setattr(mined, "MOST_STARTED", 100)
    some = clusters(table, k=3)
    monkeypatch.setattr(mined, "MOST_STARTED", 500)
    np.testing.assert_array_equal(some.number, clusters(table, k=3).number)


def test_units_do_not_matter_and_the_largest_numbers_do_not_overflow():
    found = clusters(IRIS * [1e-9, 1.0, 1e9, 1e150], k=3)
    np.testing.assert_array_equal(found.number, clusters(IRIS, k=3).number)


def test_a_row_with_a_missing_number_is_in_no_cluster_and_changes_none():
    table = np.vstack([IRIS, [[5.0, np.nan, 1.0, 1.0]]])
    found = clusters(table, k=3)
    assert np.isnan(found.number[-1])
    np.testing.assert_array_equal(found.number[:-1], clusters(IRIS, k=3).number)


@pytest.mark.parametrize(
    "table, k, number, why",
    [
        ([[5.0]], 1, [1.0], "one row is one cluster"),
        ([5.0, 1.0], 2, [1.0, 2.0], "one column may be a plain array"),
        ([[7.0, 1.0], [7.0, 1.0], [7.0, 2.0]], 2, [2.0, 2.0, 1.0], "the next column orders where the first is the same"),
        ([[3.0, 3.0]] * 4, 1, [1.0] * 4, "equal rows are together"),
    ],
)  # fmt: skip
def test_small_tables_have_clusters_too(table, k, number, why):
    assert clusters(table, k=k).number.tolist() == number, why


@pytest.mark.parametrize(
    "table, k, seed, said",
    [
        ([[1.0], [1.0], [2.0]], 3, 1, "3 clusters are too many for 2 different rows. Ask for at most 2."),
        ([[1.0], [2.0]], 0, 1, "a whole number from 1, not 0"),
        ([[1.0], [2.0]], 1.5, 1, "a whole number from 1, not 1.5"),
        ([[np.nan], [np.nan]], 1, 1, "No row has a number in every column."),
        (np.empty((0, 2)), 1, 1, "No row has a number in every column."),
        (np.empty((3, 0)), 1, 1, "There is no column of numbers."),
        ([[1.0], [2.0]], 2, -1, "The seed is a whole number from 0"),
    ],
)
def test_what_cannot_be_parted_is_refused_in_words(table, k, seed, said):
    with pytest.raises(DataError) as refused:
        clusters(table, k=k, seed=seed)
    assert said in str(refused.value)


def test_the_silhouette_of_two_pairs_is_the_one_worked_by_hand():
    # One column 0, 1, 10, 11: a = 1, b = 10.5 and 9.5, so 1 - 1 / b on average.
    expected = np.mean([1 - 1 / 10.5, 1 - 1 / 9.5, 1 - 1 / 9.5, 1 - 1 / 10.5])
    assert silhouette([0.0, 1.0, 10.0, 11.0], [2, 2, 1, 1]) == pytest.approx(expected)
    assert np.isnan(silhouette([0.0, 1.0], [1, 1]))
    assert [strength(value) for value in (0.51, 0.5, 0.25, np.nan)] == ["clear", "weak", "none", "none"]


def test_as_many_groups_are_found_as_there_are():
    chance = np.random.default_rng(2)
    centres = chance.permutation(16).reshape(4, 4) * 9.0
    table = centres[chance.integers(0, 4, 400)] + chance.normal(size=(400, 4))
    assert best_k(table, among=range(2, 7)) == 4
    with pytest.raises(DataError, match="too many"):
        best_k([[1.0], [1.0]], among=(3, 4))


def test_groups_with_the_same_marks_are_told_apart_by_one_more():
    apart = np.array([[2.0, 1.0, 0.9], [2.0, 1.0, -0.8], [0.1, 0.2, 0.0]])
    assert marks(apart) == [((0, True), (1, True), (2, True)), ((0, True), (1, True), (2, False)), ()]
