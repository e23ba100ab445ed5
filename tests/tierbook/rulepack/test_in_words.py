"""Rules as a manager reads them: no name of ours, no sign of a programmer, thresholds as their numbers."""

from __future__ import annotations

import re

import pytest

from tierbook.language import LANGUAGES
from tierbook.rulepack.in_words import in_words, rule_in_words
from tierbook.rulepack.read import read_pack
from tierbook.rulepack.show import rules
from tierbook.shipped import shipped

RETAIL = read_pack(shipped("rules") / "retail.yaml")


@pytest.mark.parametrize(
    ("written", "language", "said"),
    [
        ("days_since_last >= lost_days and overdue_ratio is null", "en", "Days since last purchase ≥ 180 days and Overdue ratio is missing"),
        ("days_since_last >= lost_days and overdue_ratio is not null", "zh", "距上次消费天数 ≥ 180 天 且 间隔倍数 已知"),
        ("spend_change < falling or orders <> 1", "en", "Change of spend < −30% or Orders ≠ 1"),
        ("spend_change > -0.5 * (value - 1)", "en", "Change of spend > −0.5 × (Value − 1)"),
        ("stage in ('decline', 'stability')", "en", "Stage is one of (Decline, Stability)"),
        ("greatest(orders, 1) / 2", "zh", "最大值 (订单数, 1) ÷ 2"),
        ("not is_member", "zh", "非 会员"),
    ],
)  # fmt: skip
def test_an_expression_reads_like_a_sentence(written, language, said):
    assert in_words(written, RETAIL, language) == said


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["hospitality", "retail"])
def test_no_rule_shows_a_name_of_the_machine(name, language):
    pack = read_pack(shipped("rules") / f"{name}.yaml")
    shown = (
        "value",
        "tiers",
        "positions",
        "stages",
        "ladder",
        "signals",
        "churn",
        "early_warning",
        "winback",
    )
    for rule in rules(pack, language):
        if rule.section in shown:
            said = rule_in_words(rule, pack, language)
            assert not re.search(r"\w_\w|>=|<=|<>", said), said
            if language == "zh":
                assert not re.search(r"[a-z]{2,}", said), said
