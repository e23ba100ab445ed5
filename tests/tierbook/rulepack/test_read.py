"""Every mistake in a pack is named with file, line and column, and all of them at once."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tierbook.rulepack.customers import AS_OF, customers
from tests.tierbook.rulepack.packs import GOOD, broken, pack, problems
from tierbook.errors import RuleError
from tierbook.rulepack.pack import CompiledLookup
from tierbook.rulepack.read import read_pack, read_pack_text
from tierbook.rulepack.shelf import Shelf
from tierbook.score import score
from tierbook.shipped import shipped


def test_a_good_pack_has_nothing_to_complain_about():
    assert problems(GOOD) == []
    assert pack().value_parts == ["base", "credit"]


def test_keys_that_yaml_takes_for_yes_and_no_stay_words():
    credit = pack().parts["credit"]
    assert isinstance(credit, CompiledLookup)
    assert "on" in credit.gives


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("overdue_ratio > late}\n  - {name: lively", "overdue_ration > late}\n  - {name: lively", "rules/small.yaml:16:25: stages[1].when: unknown feature 'overdue_ration'; did you mean 'overdue_ratio'?"),
        ("when: overdue_ratio > late}\n  - {name: lively", "wehn: overdue_ratio > late}\n  - {name: lively", "rules/small.yaml:16:19: stages[1].wehn: unknown key 'wehn'; did you mean 'when'?"),
        ('version: "1"', "version: 2026.10", 'rules/small.yaml:2:10: version: The version is not in quotes. Write version: "2026.10".'),
        ("is: 2,", "is: 1_000,", 'rules/small.yaml:4:14: thresholds.late.is: "1_000" is not a number here. Write digits with a decimal point.'),
        ("is: 2,", "is: .nan,", 'rules/small.yaml:4:14: thresholds.late.is: ".nan" is not a number here. Write digits with a decimal point.'),
        ("is: 2,", "is: 1:30,", 'rules/small.yaml:4:14: thresholds.late.is: "1:30" is not a number here. Write digits with a decimal point.'),
        ("otherwise: true}\nstages", "otherwise: yes}\nstages", 'rules/small.yaml:14:32: tiers.levels[2].otherwise: "yes" is neither true nor false. Write true or false.'),
        ("  base: total_spend\n", "", "rules/small.yaml:1:1: value has no base. Name the part that every customer must have, such as base: total_spend."),
        ("base: total_spend", "base: settlement", "rules/small.yaml:8:9: value.base: "),
        ("rank_by: value", "rank_by: value > 3", "rules/small.yaml:11:12: tiers.rank_by: it needs a number, found yes/no."),
        ("per: settlement", "per: budget", "rules/small.yaml:9:17: value.credit.per: budget is not a text column."),
        ("pack: small", "pack: small\npack: large", "rules/small.yaml:2:1: pack stands here a second time"),
        ("features:", "features: &x", "rules/small.yaml:5:11: Anchors and aliases"),
        ("name: gold", "name: !!python/name:os.system", "rules/small.yaml:13:14: Tags such as"),
        ("pack: small", "pack: small\n<<: {a: 1}", "rules/small.yaml:2:1: Merge keys"),
        ("words:", "---\nwords:", "rules/small.yaml:22:1: A second document starts here"),
        ("  rank_by: value", "\trank_by: value", "rules/small.yaml:11:1: A tab is used here"),
        ("base: total_spend", "base: total: spend", "rules/small.yaml:8:14: There is a colon inside an unquoted text."),
        ("base: total_spend", "base: *spend", "rules/small.yaml:8:9: Anchors and aliases"),
        ("base: total_spend", "base: %spend", "rules/small.yaml:8:9: A value cannot start with this character."),
        ("base: total_spend", "base: total_spend >", "rules/small.yaml:8:"),
        ("base: total_spend", "base: total_spend # * 2 +", ""),
        ("from: 500", "from: 500, top: 2 * gold", "rules/small.yaml:13:40: tiers.levels[1].top: unknown feature 'gold'"),
        ("name: plain", "name: gold", "rules/small.yaml:14:14: tiers.levels[2].name: 'gold' is defined already, on line 13."),
        ("points: 100", "points: 50", "rules/small.yaml:21:34: churn.levels[1].from: Nobody can reach warning: it starts at 60 and all points together make 50."),
        ("  fine: {en: Fine, zh: 正常}\n", "", "words has no entry for fine"),
        ("{days_since_last:0} days", "{days:.1f} days", "rules/small.yaml:27:15: words.slow.en: There is no feature called days."),
        ("{days_since_last:0} days", "{days_since_last:.1f} days", ".1f is not a number format Tierbook writes."),
        ("  - {name: quiet, when: overdue_ratio > late}\n  - {name: lively, otherwise: true}", "  - {name: lively, otherwise: true}\n  - {name: quiet, when: overdue_ratio > late}", "rules/small.yaml:16:5: stages[1]: No level below lively can be reached"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place(old, new, said):
    found = problems(broken(old, new))
    assert any(said in sentence for sentence in found) if said else not found, found


def test_all_mistakes_are_named_at_once():
    text = broken("overdue_ratio > late}\n  - {name: lively", "overdue > late}\n  - {name: lively")
    text = text.replace("total_spend", "total_spent").replace("budget", "bugdet")
    assert len(problems(text)) == 4


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "A rule file starts with keys"),
        (b"# only a comment\n", "A rule file starts with keys"),
        (b"- a\n- b\n", "A rule file starts with keys"),
        (b"\xff\x00\x41", "UTF-8"),
        (b"pack: \xe9t\xe9", "Line 1 is not UTF-8 text."),
        ("pack: a\u2028b".encode(), "U+2028"),
        (b"a: " + b"[" * 20_000, "Nested deeper than 50 levels."),
        (b"a: &b [*b]", "Anchors and aliases"),
        (b"pack: \x00", "NUL"),
        (b"x" * 500_001, "at most 500,000 bytes"),
    ],
)
def test_what_is_not_a_rule_file_is_refused_in_words(data, said):
    with pytest.raises(RuleError) as error:
        read_pack_text(data, file="rules/small.yaml")
    assert said in str(error.value) or any(said in str(problem) for problem in error.value.problems)


def test_utf_16_with_a_mark_and_windows_line_ends_are_read_and_do_not_change_the_hash():
    assert read_pack_text(GOOD.encode("utf-16"), file="small.yaml").hash == pack().hash
    assert pack(GOOD.replace("\n", "\r\n")).hash == pack().hash
    assert pack(GOOD.replace("500", "501")).hash != pack().hash


@settings(max_examples=150)
@given(st.integers(0, len(GOOD) - 1), st.text(max_size=3), st.integers(0, 4))
def test_a_mutilated_pack_is_read_or_refused_in_sentences(position, inserted, removed):
    text = GOOD[:position] + inserted + GOOD[position + removed :]
    assert all(
        sentence and "Traceback" not in sentence for sentence in problems(text.encode("utf-8", "replace"))
    )


def test_an_unknown_pack_names_those_there_are():
    shelf = Shelf(shipped("rules"))
    with pytest.raises(
        RuleError, match="There is no rule pack called hospitallity. Did you mean hospitality"
    ):
        shelf.pack("hospitallity")
    with pytest.raises(RuleError, match="The packs are"):
        shelf.pack("../config")


def test_a_pack_is_read_again_when_its_file_changes(tmp_path):
    file = tmp_path / "small.yaml"
    file.write_text(GOOD, "utf-8")
    shelf = Shelf(tmp_path)
    first = shelf.pack("small")
    assert shelf.pack("small") is first
    file.write_text(GOOD + "\n# changed", "utf-8")
    assert shelf.pack("small").hash != first.hash


def edited(file, text):
    """Written with a later time than before, however quick the test is."""
    later = file.stat().st_mtime_ns + 10_000_000 if file.exists() else None
    file.write_text(text, "utf-8")
    if later:
        os.utime(file, ns=(later, later))


def test_a_broken_edit_keeps_the_last_good_pack_and_says_so(tmp_path):
    file = tmp_path / "small.yaml"
    file.write_text(GOOD, "utf-8")
    shelf = Shelf(tmp_path)
    good = shelf.pack("small")
    assert shelf.complaint("small") is None
    edited(file, broken("is: 2,", "is: two,"))
    kept = shelf.pack("small")
    assert kept.hash == good.hash
    (warning,) = kept.warnings
    assert str(warning).endswith(
        "small.yaml:4:14: The newest edit cannot be used; small 1 as it was before stays in use. Run: tierbook rules check small."
    )
    assert shelf.complaint("small") == warning
    assert shelf.pack("small") is kept
    edited(file, "")
    assert len(shelf.pack("small").warnings) == 1
    edited(file, broken("is: 2,", "is: 3,"))
    assert shelf.pack("small").thresholds["late"].value == 3
    assert shelf.complaint("small") is None


def test_a_pack_that_never_could_be_used_is_refused(tmp_path):
    (tmp_path / "small.yaml").write_text(broken("is: 2,", "is: two,"), "utf-8")
    with pytest.raises(RuleError, match="two"):
        Shelf(tmp_path).pack("small")


def test_a_run_carries_the_warnings_of_its_pack(tmp_path):
    file = tmp_path / "small.yaml"
    file.write_text(GOOD, "utf-8")
    shelf = Shelf(tmp_path)
    shelf.pack("small")
    edited(file, "pack: small")
    run = score(customers(), shelf.pack("small"), as_of=AS_OF)
    assert [problem for problem in run.problems if "stays in use" in str(problem)]


def test_a_missing_file_is_a_sentence(tmp_path):
    with pytest.raises(RuleError, match="There is no such file. Check the name and the folder."):
        read_pack(tmp_path / "none.yaml")
