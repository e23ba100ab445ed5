"""Early warning and win back in a rule pack: what is read, and how mistakes are named."""

from __future__ import annotations

import pytest

from tests.tierbook.rulepack.packs import problems
from tierbook.needs import traced
from tierbook.rulepack.read import read_pack
from tierbook.shipped import shipped

FILE = shipped("rules") / "retail.yaml"
TEXT = FILE.read_text("utf-8")


def test_the_pack_reads_without_a_warning():
    pack = read_pack(FILE)
    assert pack.warnings == ()
    assert [level.name for level in pack.early_warning] == ["lost", "warning", "watch", "none"]
    assert pack.winback is not None
    assert [level.name for level in pack.winback.levels] == ["win_back", "let_go"]
    assert pack.churn is not None
    assert (pack.churn.lost_after_days, pack.churn.flagged) == (180, frozenset({"lost", "warning"}))


def test_names_are_traced_through_features_to_columns():
    assert traced(read_pack(FILE), ["lost_middle", "wallet_share", "lost_days"]) == {
        "days_since_last", "net_value", "spend_per_month", "budget"
    }  # fmt: skip


@pytest.mark.parametrize(
    "old, new, said",
    [
        ("  of: days_since_last", "  off: days_since_last", "winback.off: unknown key 'off'; did you mean 'of'?"),
        ("  spend_at_most: winback_months", "  spend_at_most: winback_month", "winback.spend_at_most: unknown feature 'winback_month'"),
        ("  of: days_since_last >= lost_days", "  of: days_since_last", "winback.of"),
        ("    - {name: let_go, otherwise", "    - {name: win_back, otherwise", "winback.levels[2].name: 'win_back' is defined already"),
        ("  - {name: watch, when: rfm_fall >= watch_fall", "  - {name: watch, when: rfm_falls >= watch_fall", "early_warning[3].when: unknown feature 'rfm_falls'"),
        ("  - {name: watch, when: rfm_fall >= watch_fall", "  - {name: watch, when: rfm_fall >= 4", "watch can never be reached"),
        ("  let_go: {en: Let go, zh: 放弃}\n", "", "words has no entry for let_go"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place(old, new, said):
    assert TEXT.count(old) == 1
    found = problems(TEXT.replace(old, new))
    assert any(said in sentence for sentence in found), found
