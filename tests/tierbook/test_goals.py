"""The goal tree, and options ranked by it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tierbook.errors import DataError
from tierbook.goals import chosen, effort, goal_tree, ranking, reach, scores_of

GOALS = ["loyalty", "repurchase", "advocacy", "sales", "service"]
PARENTS = [None, "loyalty", "loyalty", None, None]
WEIGHTS = [0.31, 0.2, 0.11, 0.35, 0.34]


def test_the_worked_example_totals_0_97():
    tree = goal_tree(GOALS, PARENTS, WEIGHTS)
    found = ranking(tree, [[np.nan, 2, 2, 1, 0]])
    assert found.total.tolist() == [0.97]
    assert found.contribution.round(9).tolist() == [[0.62, 0.35, 0]]
    assert found.missing.tolist() == [0]
    assert (found.rank.tolist(), found.priority.tolist()) == ([1], [1])


def test_the_tree_stands_each_goal_under_its_parent():
    tree = goal_tree(["b1", "a", "b", "a1"], ["b", None, None, "a"], [0.4, 0.6, 0.4, 0.6])
    assert tree.goal.tolist() == ["a", "a1", "b", "b1"]
    assert tree.level.tolist() == [0, 1, 0, 1]
    assert tree.leaf.tolist() == [False, True, False, True]
    assert tree.tops.tolist() == [0, 2]


@pytest.mark.parametrize(
    ("goal", "parent", "weight", "message"),
    [
        ([], [], [], "There is no goal"),
        (["a", "a"], [None, None], [0.5, 0.5], "The goal a is there twice"),
        (["a", "b"], [None, "c"], [1, 0], "The goal b belongs to c, which is no goal"),
        (["a", "b"], [None, None], [1, np.nan], "The goal b has no weight"),
        (["a", "b"], [None, None], [1.2, -0.2], "The goal b has no weight"),
        (["a", "b"], [None, None], [0.6, 0.3], "top goals add up to 90%, not 100%"),
        (["a", "b", "c"], [None, "a", "a"], [1, 0.5, 0.4], "under a add up to 90%, not to its 100%"),
        (["t", "a", "b"], [None, "b", "a"], [1, 0.5, 0.5], "circle: a → b → a"),
        (["t", "a"], [None, "a"], [1, 1], "circle: a → a"),
        (["a", "b", "c"], ["b", "c", "b"], [1, 1, 1], "circle: b → c → b"),
    ],
)
def test_a_tree_that_cannot_be_names_the_goal(goal, parent, weight, message):
    with pytest.raises(DataError, match=message):
        goal_tree(goal, parent, weight)


@pytest.mark.parametrize(("second", "fits"), [(0.401, True), (0.399, True), (0.4011, False), (0.3989, False)])
def test_weights_may_miss_by_a_tenth_of_a_percentage_point(second, fits):
    if fits:
        goal_tree(["a", "b"], [None, None], [0.6, second])
        return
    with pytest.raises(DataError, match="add up"):
        goal_tree(["a", "b"], [None, None], [0.6, second])


def test_a_missing_score_is_0_and_counted():
    found = ranking(goal_tree(GOALS, PARENTS, WEIGHTS), [[9, np.nan, np.nan, np.nan, 1]])
    assert found.total.tolist() == [0.34]  # a score of a goal with goals below it does not count
    assert found.missing.tolist() == [3]


def test_options_all_equal_share_the_first_rank_and_class():
    found = ranking(goal_tree(["a"], [None], [1]), [[1], [1], [1]])
    assert (found.rank.tolist(), found.priority.tolist()) == ([1, 1, 1], [1, 1, 1])


def test_the_upper_half_of_the_range_is_the_first_class():
    found = ranking(goal_tree(["a"], [None], [1]), [[0.0], [4.0], [2.0], [1.9]])
    assert found.priority.tolist() == [2, 1, 1, 2]
    assert found.rank.tolist() == [4, 1, 2, 3]


def test_no_options_rank_nothing():
    assert ranking(goal_tree(["a"], [None], [1]), np.empty((0, 1))).total.size == 0


def test_scores_of_nothing_known_are_left_out():
    tree = goal_tree(GOALS, PARENTS, WEIGHTS)
    table, left_out = scores_of(
        tree,
        ["x"],
        scored=["x", "y", "x", "x"],
        goal=["sales", "sales", "loyalty", "sales"],
        score=[1, 2, 3, 4],
    )
    assert np.nan_to_num(table).tolist() == [[0, 0, 0, 4, 0]]  # the later score counts
    assert left_out.tolist() == [1, 2]


def test_effort_is_unknown_where_time_or_money_is():
    assert effort(["little", "", "长"], ["Much ", "little", "高"]).tolist() == ["reform", None, "revolution"]


@given(
    st.lists(st.integers(1, 9), min_size=1, max_size=6), st.lists(st.floats(0, 10), min_size=6, max_size=6)
)
def test_contributions_add_up_to_the_total(parts, scores):
    weights = [part / sum(parts) for part in parts]
    names = [f"g{at}" for at in range(len(parts))]
    tree = goal_tree(names, [None] * len(parts), weights)
    found = ranking(tree, [scores[: len(parts)]])
    assert np.allclose(found.contribution.sum(axis=1), found.total, atol=1e-8)
    assert min(scores[: len(parts)]) - 1e-6 <= found.total[0] <= max(scores[: len(parts)]) + 1e-6


def test_the_option_that_is_marked_is_chosen_else_the_best_ranked():
    tree = goal_tree(["a", "b"], [None, None], [0.6, 0.4])
    score = [[1, 0], [2, 0], [2, 0]]
    assert chosen(tree, score) == 1, "of equals the first"
    assert chosen(tree, score, [False, False, True]) == 2
    assert chosen(tree, score, [False] * 3) == 1
    assert chosen(tree, np.empty((0, 2))) is None


def test_an_option_carries_a_goal_as_far_as_its_lowest_goals_by_weight():
    tree = goal_tree(["a", "a1", "a2", "b"], [None, "a", "a", None], [0.6, 0.4, 0.2, 0.4])
    found = reach(tree, [[np.nan, 2, np.nan, -1], [np.nan, 4, 4, 4]], 0)
    assert found == {"a": pytest.approx(1 / 3), "a1": 0.5, "a2": 0, "b": 0}
    assert set(reach(tree, np.full((1, 4), np.nan), 0).values()) == {0.0}, "nobody scored anything"
