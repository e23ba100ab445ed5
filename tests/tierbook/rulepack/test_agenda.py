"""Holidays, days ahead and actions of levels in a rule pack: what is read, shown, and how mistakes are named."""

from __future__ import annotations

import pytest

from tests.tierbook.rulepack.packs import GOOD, problems
from tierbook.rulepack.read import read_pack_text
from tierbook.rulepack.show import rules

TEXT = (
    GOOD
    + """\
  close: {en: Close, zh: 亲近}
  far: {en: Far, zh: 疏远}
  visit: {en: Pay a visit, zh: 登门拜访}
  new_year: {en: New Year, zh: 元旦}
relation:
  - {name: close, when: satisfaction >= 80}
  - {name: far, when: satisfaction < 80, action: visit}
actions:
  days_ahead: 14
  holidays:
    - {name: new_year, on: ["01-01", 2027-02-06]}
"""
)


def test_holidays_and_actions_of_levels_are_read_and_shown():
    pack = read_pack_text(TEXT.encode(), file="small.yaml")
    assert pack.days_ahead == 14
    assert [(one.name, one.every_year, [str(day) for day in one.days]) for one in pack.holidays] == [
        ("new_year", ((1, 1),), ["2027-02-06"])
    ]
    assert pack.level_actions == {"relation": {"far": "visit"}}
    shown = {(rule.section, rule.key): rule.rule for rule in rules(pack)}
    assert shown["actions", "new_year"] == "01-01, 2027-02-06"
    assert shown["actions", "days_ahead"] == "14"


def test_a_pack_without_the_section_looks_thirty_days_ahead_and_keeps_no_holidays():
    pack = read_pack_text(GOOD.encode(), file="small.yaml")
    assert (pack.days_ahead, pack.holidays, pack.level_actions) == (30, (), {})


@pytest.mark.parametrize("old, new, said", [
    ('"01-01"', "13-01", "13-01 is not a day."),
    ('"01-01"', "soon", "soon is not a day."),
    ("days_ahead: 14", "days_ahead: 400", "days_ahead is 0 to 366."),
    ("  new_year: {en: New Year, zh: 元旦}\n", "", "new_year"),
])  # fmt: skip
def test_mistakes_are_named_with_their_place(old, new, said):
    assert any(said in one for one in problems(TEXT.replace(old, new)))


def test_columns_the_report_tells_apart_are_read_and_unknown_ones_named():
    said = TEXT + "report: {breakdown: [region, satisfaction]}\n"
    assert read_pack_text(said.encode(), file="small.yaml").breakdown == ("region", "satisfaction")
    wrong = problems(said.replace("[region, satisfaction]", "[regoin]"))
    assert any("The customers have no column regoin." in one for one in wrong), wrong
