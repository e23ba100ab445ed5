"""A pack is shown as people read it, and what changed between two versions is said rule by rule."""

import pytest

from tests.tierbook.rulepack.packs import GOOD, broken, pack
from tierbook.rulepack.history import changes
from tierbook.rulepack.read import read_pack
from tierbook.rulepack.show import key_words, rules, section_words
from tierbook.shipped import shipped

RICH = (
    GOOD
    + """\
positions: [{name: member, when: is_member, because: they asked for it}]
classes: {size: [{name: large, when: orders > 9}, {name: small, otherwise: true}]}
scores:
  loyalty:
    tenure: {points: 60, by: tenure_months, full_at: 24}
    visits: {points: 40, by: orders, full_at: 10}
    levels: [{name: loyal, from: 50}, {name: loose, otherwise: true}]
profiles: {mild: {late: 3, credit: 0}}
"""
)


def lines(text: str, language: str = "en") -> list[str]:
    one = pack(text)
    return [
        f"{section_words(rule.section, language)} | {key_words(one, rule, language)} | {rule.rule}"
        for rule in rules(one, language)
    ]


def test_every_rule_is_one_line_in_words():
    shown = lines(RICH)
    assert "Thresholds | late | 2 gaps" in shown
    assert "Value | Credit | by settlement: cash 0.05, on 1; otherwise 0; times total_spend" in shown
    assert "Tiers | Gold | from 500" in shown
    assert "Tiers | Plain | everyone left" in shown
    assert "Churn signals | Slow | 100 points when overdue_ratio > late" in shown
    assert "Class: Size | Large | orders > 9" in shown
    assert "Score: Loyalty | Tenure | up to 60 points by tenure_months, all of them at 24" in shown
    assert "Profile: Mild | late | 3 gaps" in shown
    assert "Profile: Mild | credit | 0" in shown


def test_chinese_readers_get_their_own_words():
    shown = lines(RICH, "zh")
    assert "等级 | 金 | 从 500 起" in shown
    assert "等级 | 普通 | 其余所有人" in shown


PACKS = [file for file in sorted(shipped("rules").glob("*.yaml")) if not file.stem.endswith(".cases")]


@pytest.mark.parametrize("file", PACKS, ids=lambda file: file.stem)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_rule_of_a_shipped_pack_is_without_words(file, language):
    one = read_pack(file)
    for rule in rules(one, language):
        assert rule.rule, rule
        assert section_words(rule.section, language)
        assert not section_words(rule.section, language).startswith("Rules ")


@pytest.mark.parametrize(
    ("new", "said"),
    [
        (GOOD, []),
        (broken("is: 2,", "is: 3,"), ["Thresholds, late: was 2 gaps; is 3 gaps"]),
        (broken("gaps}", "gaps, because: two is late}"), ["Thresholds, late: the same number or rule for another reason: was –; is two is late"]),
        (broken("from: 500", "from: 400"), ["Tiers, Gold: was from 500; is from 400"]),
        (broken("    - {name: plain", "    - {name: silver, from: 100}\n    - {name: plain"), ["Tiers, Silver: new: from 100"]),
        (broken("    - {name: gold, from: 500}\n", ""), ["Tiers, Gold: gone; it was: from 500"]),
        (broken("zh: 金", "zh: 金卡"), ["Words, gold: was Gold / 金; is Gold / 金卡"]),
        (broken("pack: small", "pack: small\nwindow_days: 60"), ["Pack, Window [days]: was 90; is 60"]),
    ],
)  # fmt: skip
def test_what_changed_is_said_in_words(new, said):
    assert [change.text() for change in changes(pack(), pack(new))] == said


def test_a_level_that_moved_is_said_once():
    three = broken("    - {name: plain", "    - {name: key, when: orders > 9}\n    - {name: plain")
    gold, key = "    - {name: gold, from: 500}\n", "    - {name: key, when: orders > 9}\n"
    moved = three.replace(gold + key, key + gold)
    found = [change.text() for change in changes(pack(three), pack(moved))]
    assert len(found) == 1
    assert found[0].endswith("has another place in the order")
