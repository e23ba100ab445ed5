"""Slips of the hand in a rule file, each answered with the place of the slip and what to write instead."""

from __future__ import annotations

import pytest

from tests.tierbook.rulepack.packs import GOOD, broken, problems

FILE = "rules/small.yaml"
SLIPS = [
    ("a full-width colon", broken("pack: small", "pack：small"), "1:5: ： is a full-width sign, which YAML takes for text. Write \": \"."),
    ("a full-width comma", broken("is: 2, unit", "is: 2， unit"), "4:15: ， is a full-width sign"),
    ("a full-width comma in brackets", broken("{en: Gold, zh", "{en: Gold， zh"), "23:18: ， is a full-width sign"),
    ("a missing colon", broken("  late: {is: 2, unit: gaps}", "  late {is: 2, unit: gaps}"), "4:"),
    ("a missing colon before a value", GOOD.replace("  base: total_spend\n  credit: {per: settlement, gives: {cash: 0.05, on: 1}, otherwise: 0, times: total_spend}", "  base total_spend"), "8:3: value: Here should be a group of keys. A colon and a space may be missing; write base: total_spend"),
    ("a quote never closed", broken('slow: {en: "{days_since_last:0} days", zh', 'slow: {en: "{days_since_last:0} days, zh'), "27:45: The text ends at this quotation mark."),
    ("double quotes inside double quotes", broken("when: overdue_ratio > late}\n  - {name: lively", 'when: "settlement = "cash""}\n  - {name: lively'), "16:39: The text ends at this quotation mark. Close a text where it ends"),
    ("one space too many", broken("  rank_by: value", "   rank_by: value").replace("  levels:\n    - {name: gold", "  levels:\n    - {name: gold"), "12:3: The line is indented by 2 spaces and the one above by 3"),
    ("no space after a dash", broken("  - {name: quiet, when", "  -{name: quiet, when"), "16:3: A space is missing after the dash."),
    ("an expression that begins with >", broken("base: total_spend", "base: > 100"), "A value cannot start with this character. Put the whole text in quotes."),
    ("a percent sign", broken("is: 2,", "is: 20%,"), '4:14: thresholds.late.is: "20%" is not a number here. Write 0.2.'),
    ("a negative share in percent", broken("is: 2,", "is: -12.5 %,"), "Write -0.125."),
    ("a comma between thousands, in quotes", broken("is: 2,", "is: '1,500',"), "Write 1500."),
    ("a comma between thousands", broken("is: 2,", "is: 1,500,"), "4:16: thresholds.late.500: unknown key '500'. Write a number without a comma"),
    ("features that use each other", broken("  share_of_wallet: spend_per_month / budget", "  one: other + 1\n  other: one + 1"), "6:8: features.one: other stands further down; a feature uses only those above it. Move other up"),
    ("and in Chinese", broken("when: overdue_ratio > late}\n  - {name: lively", "when: overdue_ratio > late 且 orders > 1}\n  - {name: lively"), "16:46: stages[1].when: 且 is not part of the rule language. Write and."),
    ("a number in quotes", broken("when: overdue_ratio > late}\n  - {name: lively", "when: overdue_ratio > '2'}\n  - {name: lively"), "number compared with text. Write numbers without quotes and texts in single quotes."),
    ("a name misspelt in words", broken('zh: "{days_since_last:0} 天"', 'zh: "{days_since_lst:0} 天"'), "There is no feature called days_since_lst. Did you mean days_since_last?"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said"), [row[1:] for row in SLIPS], ids=[row[0] for row in SLIPS])
def test_a_slip_is_told_where_it_is_and_what_to_write(text, said):
    found = problems(text)
    assert any(said in sentence for sentence in found), found


def test_a_file_in_another_encoding_has_its_line_and_column():
    assert problems(GOOD.encode("gb18030")) == [
        f"{FILE}:23:24: Line 23 is not UTF-8 text. Save the file as UTF-8."
    ]


def test_full_width_signs_in_quotes_and_comments_are_text():
    text = broken("{en: Gold, zh: 金}", '{en: Gold, zh: "金：一，二"}  # 注：价值最高，最先联系')
    assert problems(text) == problems(GOOD)
    assert "full-width" not in "".join(problems(text.replace("  late:", "\tlate:")))


def test_wrong_shapes_and_wrong_names_are_said_in_one_go():
    text = (
        broken("is: 2,", "is: 20%,")
        .replace("spend_per_month / budget", "spend_per_mnth / budget")
        .replace("  base: total_spend", "  base: totl_spend")
        .replace("name: gold, from: 500", "name: gold, from: 500, wehn: orders > 1")
        .replace("{name: lively, otherwise: true}", "{name: lively, otherwise: yes}")
    )
    said = [sentence.split(": ")[0] for sentence in problems(text)]
    assert said == [f"{FILE}:{place}" for place in ("4:14", "6:20", "8:9", "13:31", "17:31")]


def test_a_section_misspelt_does_not_make_all_its_names_unknown():
    said = problems(broken("thresholds:", "threshold:"))
    assert len(said) == 1
    assert "unknown key 'threshold'; did you mean 'thresholds'?" in said[0]
