"""A pack applied to columns: what is missing, what is given, what ranks."""

import numpy as np
import pytest

from tests.tierbook.rulepack.packs import GOOD, pack
from tierbook.errors import DataError, RuleError
from tierbook.needs import needs, ranks_population
from tierbook.rulepack.read import read_pack
from tierbook.scorer import Scorer
from tierbook.shipped import shipped

HOSPITALITY = read_pack(shipped("rules") / "hospitality.yaml")


def texts(*values):
    return np.array(values, dtype=object)


def test_value_and_tier_follow_the_pack():
    columns = {"total_spend": np.array([480.0, 100.0, np.nan]), "settlement": texts("cash", None, "cash")}
    scorer = Scorer(pack(), columns)
    np.testing.assert_equal(scorer.value(), [504, 100, np.nan])
    assert scorer.tier().tolist() == ["gold", "plain", None]


def test_a_missing_column_is_named():
    with pytest.raises(DataError, match="The column settlement is missing. small needs it."):
        Scorer(pack(), {"total_spend": np.array([1.0])}).value()


def test_a_feature_of_the_pack_that_is_given_is_not_computed_again():
    columns = {
        "share_of_wallet": np.array([0.7]),
        "spend_per_month": np.array([1.0]),
        "budget": np.array([10.0]),
    }
    assert Scorer(pack(), columns)["share_of_wallet"].tolist() == [0.7]


def test_reasons_are_in_the_readers_words():
    columns = {"overdue_ratio": np.array([3.0, 1.0]), "days_since_last": np.array([61.0, 2.0])}
    scorer = Scorer(pack(), columns)
    assert scorer.churn_reasons("en").tolist() == ["61 days", ""]
    assert scorer.churn_reasons("zh").tolist() == ["61 天", ""]
    assert scorer.churn_flagged().tolist() == [True, False]


def test_a_section_the_pack_does_not_have_is_named():
    with pytest.raises(RuleError, match="small has no section called ladder"):
        Scorer(pack(), {"total_spend": np.array([1.0])}).ladder()
    with pytest.raises(RuleError, match="small has no profile called growth. Its profiles are default."):
        Scorer(pack(), {}, profile="growth")


def test_needs_trace_features_of_the_pack_back_to_what_they_are_made_of():
    assert needs(pack(), "value") == {"total_spend", "settlement"}
    assert needs(pack(), "tiers") == {"total_spend", "settlement"}
    assert needs(pack(), "churn") == {"overdue_ratio"}
    assert needs(pack(), "churn", language="en") == {"overdue_ratio", "days_since_last"}
    assert {"spend_per_month", "budget", "total_spend"} <= needs(HOSPITALITY, "value")
    assert "budget" in needs(HOSPITALITY, "value", given=["wallet_share"])
    assert "spend_top" in needs(HOSPITALITY, "positions", given=["spend_top"])


def test_a_section_that_compares_customers_is_known():
    assert ranks_population(HOSPITALITY, "tiers") and ranks_population(HOSPITALITY, "positions")
    assert not ranks_population(HOSPITALITY, "value") and not ranks_population(HOSPITALITY, "stages")
    everything = ["spend_top", "order_top", "average_top", "spend_middle", "order_middle"]
    assert not ranks_population(HOSPITALITY, "positions", given=everything)
    assert not ranks_population(pack(), "tiers")


def test_scores_are_sums_of_capped_parts():
    text = GOOD + (
        "scores:\n"
        "  devotion:\n"
        "    visits: {points: 75, by: orders, full_at: 10}\n"
        "    budget_known: {points: 25, by: budget / budget}\n"
        "    levels: [{name: gold, from: 70}, {name: plain, otherwise: true}]\n"
    )
    columns = {"orders": np.array([20.0, 5.0, -3.0]), "budget": np.array([np.nan, 10.0, 7.0])}
    scorer = Scorer(pack(text), columns)
    assert scorer.score("devotion").tolist() == [75.0, 62.5, 25.0]
    assert scorer.score_level("devotion").tolist() == ["gold", "plain", "plain"]


def test_nobody_gets_nothing():
    columns = {"total_spend": np.array([]), "settlement": texts()}
    assert Scorer(pack(), columns).tier().tolist() == []
