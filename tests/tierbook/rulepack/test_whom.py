"""Target lists, key accounts and the cost of a false alarm in a rule pack: read, shown, scored, mistakes named."""

from __future__ import annotations

import numpy as np
import pytest

from tests.tierbook.rulepack.packs import GOOD, problems
from tierbook.rulepack.explain import explain
from tierbook.rulepack.read import read_pack_text
from tierbook.rulepack.show import rules
from tierbook.scorer import Scorer

TEXT = (
    GOOD.replace(
        "otherwise: true}]\nwords",
        "otherwise: true}]\n  contact_cost: 2 * late\n  gain_of_keeping: 30\nwords",
    )
    + """\
  ask: {en: Ask, zh: 询问}
  thank: {en: Thank, zh: 感谢}
target_lists:
  - {name: ask, when: "churn_level = 'warning'", because: they went quiet}
  - {name: thank, when: orders >= 5}
key_accounts: {of: spend_per_month >= 100, review_after_days: 60}
points: {by: total_spend / 10}
"""
)


def pack():
    return read_pack_text(TEXT.encode(), file="small.yaml")


def scorer() -> Scorer:
    columns = {
        "overdue_ratio": np.array([3.0, 3.0, 3.0, 0.5]),
        "orders": np.array([9.0, 9.0, 1.0, 2.0]),
        "marketable": np.array([1.0, 0.0, 1.0, np.nan]),
        "spend_per_month": np.array([99.99, 100.0, np.nan, 500.0]),
        "days_since_last": np.array([1.0, 2.0, 3.0, 4.0]),
    }
    return Scorer(pack(), columns)


def test_only_who_is_marketable_is_on_a_list():
    assert scorer().target_lists().tolist() == ["ask; thank", "", "ask", ""]


def test_a_key_account_fits_the_condition_and_unknown_is_no():
    assert scorer().key_account().tolist() == [False, True, False, True]


def test_the_cost_of_a_false_alarm_follows_the_thresholds():
    assert pack().false_alarm_amounts() == (4, 30)
    assert read_pack_text(GOOD.encode(), file="small.yaml").false_alarm_amounts() is None


def test_points_are_earned_by_the_figure_the_pack_names():
    found = Scorer(pack(), {"total_spend": np.array([1e6])})
    numbers = (np.array([200.0]), np.array([2.0]), np.array([1.0]))
    assert found.points_value(np.array([0]), *numbers).tolist() == [20]


@pytest.mark.parametrize("language, words", [
    ("en", {"churn_level = 'warning'", "spend_per_month >= 100; a review 60 days after the last visit", "2 * late", "total_spend / 10"}),
    ("zh", {"spend_per_month >= 100；最近一次拜访后 60 天做业务回顾"}),
])  # fmt: skip
def test_a_manager_reads_them_in_words(language, words):
    assert words <= {rule.rule for rule in rules(pack(), language)}


def test_why_somebody_is_on_a_list_can_be_asked():
    steps = {
        step.key: step.cells("en")[-1]
        for step in explain(scorer(), 0, only="target_lists")
        if step.section == "target_lists"
    }
    assert steps == {"marketable": "yes", "ask": "yes", "thank": "yes"}


@pytest.mark.parametrize("old, new, said", [
    ("orders >= 5", "ordres >= 5", "did you mean 'orders'"),
    ("{name: thank", "{name: ask", "'ask' is defined already"),
    ("review_after_days: 60", "review_after_days: 0", "review_after_days is at least 1"),
    ("  gain_of_keeping: 30\n", "", "A false alarm needs both"),
    ("total_spend / 10", "name", "points.by"),
    ("  ask: {en: Ask, zh: 询问}\n", "", "words has no entry for ask"),
])  # fmt: skip
def test_a_mistake_is_named_with_its_place(old, new, said):
    assert TEXT.count(old) == 1
    found = problems(TEXT.replace(old, new))
    assert any(said in sentence for sentence in found), found
