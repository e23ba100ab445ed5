"""Every answer about a customer can be read rule by rule, and ends where the scorer ends."""

import numpy as np
import pytest

from tests.tierbook.rulepack.customers import AS_OF, customers
from tests.tierbook.rulepack.packs import GOOD, pack
from tests.tierbook.rulepack.test_show import RICH
from tierbook.rulepack.explain import explain
from tierbook.rulepack.read import read_pack
from tierbook.rulepack.trial import Trial
from tierbook.scorer import Scorer
from tierbook.shipped import shipped


def scorer(one=None, **columns) -> Scorer:
    given = {
        "total_spend": [800.0, 100.0, np.nan], "settlement": ["cash", None, "cash"],
        "overdue_ratio": [1.0, 3.0, np.nan], "spend_per_month": [1.0, 1.0, 1.0], "budget": [2.0, np.nan, 0.0],
    }  # fmt: skip
    arrays = {
        name: np.array(values, dtype=object if name == "settlement" else float)
        for name, values in {**given, **columns}.items()
    }
    return Scorer(one or pack(), arrays)


def said(row: int, language: str = "en", of: Scorer | None = None) -> list[str]:
    return [" | ".join(step.cells(language)) for step in explain(of or scorer(), row, language)]


def test_each_part_and_condition_stands_with_what_met_it():
    assert said(0) == [
        "Features | share_of_wallet | spend_per_month / budget | budget = 2, spend_per_month = 1 | 0.5",
        "Value | Spend | total_spend | total_spend = 800 | 800",
        "Value | Credit | by settlement: cash 0.05, on 1; otherwise 0; times total_spend | settlement = cash, total_spend = 800 | 40",
        "Value | Value | all parts added up |  | 840",
        "Tiers | Ranked by | value | value = 840 | 840",
        "Tiers | Gold | from 500 | 840 | yes",
        "Stages | Quiet | overdue_ratio > late | late = 2, overdue_ratio = 1 | no",
        "Stages | Lively | everyone left |  | yes",
        "Churn signals | Slow | 100 points when overdue_ratio > late | late = 2, overdue_ratio = 1 | no",
        "Churn levels | Churn score | the points of the signs that hold, 100 at most |  | 0",
        "Churn levels | Warning | from 60 | 0 | no",
        "Churn levels | Fine | everyone left |  | yes",
    ]


def test_levels_below_the_one_that_fits_are_not_asked():
    assert not [line for line in said(0) if line.startswith("Tiers | Plain")]


def test_a_customer_without_value_has_no_tier_and_the_missing_figure_is_named():
    lines = said(2)
    assert "Tiers | Ranked by | value | value = missing | missing" in lines
    assert not [line for line in lines if line.startswith(("Tiers | Gold", "Tiers | Plain"))]


def test_chinese_readers_are_told_in_chinese():
    assert "等级 | 金 | 从 500 起 | 840 | 是" in said(0, "zh")


@pytest.mark.parametrize("text", [GOOD, RICH], ids=["plain", "rich"])
def test_the_explanation_ends_where_the_scorer_ends(text):
    one = pack(text)
    check_all(one)


PACKS = [file for file in sorted(shipped("rules").glob("*.yaml")) if not file.stem.endswith(".cases")]


@pytest.mark.parametrize("file", PACKS, ids=lambda file: file.stem)
def test_the_shipped_packs_are_explained_as_they_score(file):
    check_all(read_pack(file))


def test_rfm_segments_are_explained_by_the_scores():
    one = pack(GOOD + "rfm: {segments: [{name: best, when: r >= 4}, {name: rest, otherwise: true}]}\n")
    found = scorer(one, rfm_r=[5, 1, np.nan], rfm_f=[1, 1, 1], rfm_m=[1, 1, 1])
    assert "RFM segments | Best | r >= 4 | r = 5 | yes" in said(0, of=found)
    assert "RFM segments | Rest | everyone left |  | yes" in said(1, of=found)
    assert not [line for line in said(2, of=found) if line.startswith("RFM")]


def check_all(one):
    columns = Trial.of(customers(), one, as_of=AS_OF).columns(one)
    whole = Scorer(one, columns, ids=columns["customer_id"])
    answers = {
        "tiers": whole.tier() if one.tiers else None,
        "stages": whole.stage() if one.stages else None,
        "churn": whole.churn_level() if one.churn else None,
        "early_warning": whole.early_warning() if one.early_warning else None,
        "winback": whole.winback() if one.winback else None,
        "groups": whole.retention_group() if one.groups else None,
        **{f"class.{group}": whole.class_of(group) for group in one.classes},
        **{f"score.{name}": whole.score_level(name) for name in one.scores},
    }
    positions = whole.positions() if one.positions else np.full(whole.length, "", dtype=object)
    for row in range(0, whole.length, 7):
        steps = explain(whole, row)
        decided = {step.section: step.key for step in steps if step.decides}
        for section, found in answers.items():
            if found is not None and found[row]:
                assert decided[section] == found[row], (section, row)
        held = [step.key for step in steps if step.section == "positions" and step.answer == "yes"]
        assert "; ".join(held) == positions[row]
