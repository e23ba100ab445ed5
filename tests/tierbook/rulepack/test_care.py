"""Readings, registers, surveys, requests and the relationship in a rule pack: what is read, shown, and how mistakes are named."""

from __future__ import annotations

import numpy as np
import pytest

from tests.tierbook.rulepack.packs import GOOD, problems
from tierbook.rulepack.read import read_pack_text
from tierbook.rulepack.show import rules
from tierbook.scorer import Scorer

TEXT = (
    GOOD.replace("features:\n", "features:\n  has_meter: capacity is not null\n", 1)
    + """\
  close: {en: Close, zh: 亲近}
  far: {en: Far, zh: 疏远}
  ward: {en: Ward, zh: 病区}
  urgent: {en: Urgent, zh: 紧急}
  ordinary: {en: Ordinary, zh: 一般}
relation:
  - {name: close, when: satisfaction >= 80}
  - {name: far, when: satisfaction < 80}
readings: {load_over: 0.9, phases_apart: 0.15, silent_days: 3, metered: has_meter, ten_days: has_meter}
registers: {closed_when: "closed is not null or state = 'done'"}
survey: {satisfied_from: 75, sets: {ward: [Quiet, Meals]}}
service:
  of: type = 'complaint'
  terms:
    - {name: urgent, when: severity >= 3, within_days: 2}
    - {name: ordinary, otherwise: true, within_days: 5}
"""
)


def test_the_sections_are_read():
    pack = read_pack_text(TEXT.encode(), file="small.yaml")
    constant = pack.profile("default").constant
    assert pack.readings is not None and pack.survey is not None and pack.service is not None
    assert [constant(one) for one in (pack.readings.load_over, pack.readings.silent_days)] == [0.9, 3]
    assert (pack.readings.metered, pack.readings.ten_days) == ("has_meter", "has_meter")
    assert pack.survey.sets == {"ward": ("Quiet", "Meals")}
    assert [(term.name, constant(term.within_days)) for term in pack.service.terms] == [("urgent", 2), ("ordinary", 5)]  # fmt: skip


def test_without_them_there_are_none():
    pack = read_pack_text(GOOD.encode(), file="small.yaml")
    assert (pack.relation, pack.readings, pack.closed_when, pack.survey, pack.service) == (
        (),
        None,
        None,
        None,
        None,
    )


def test_who_was_never_asked_has_no_relationship():
    pack = read_pack_text(TEXT.encode(), file="small.yaml")
    assert Scorer(pack, {"satisfaction": np.array([80.0, 79.9, np.nan])}).relation().tolist() == [
        "close",
        "far",
        None,
    ]


@pytest.mark.parametrize("language, words", [
    ("en", {"severity >= 3, within 2 days", "all others, within 5 days", "Quiet, Meals"}),
    ("zh", {"severity >= 3，2 天内", "其余全部，5 天内", "Quiet, Meals"}),
])  # fmt: skip
def test_a_manager_reads_them_in_words(language, words):
    pack = read_pack_text(TEXT.encode(), file="small.yaml")
    assert words <= {rule.rule for rule in rules(pack, language)}


@pytest.mark.parametrize("old, new, said", [
    ("metered: has_meter", "metered: capacity", "capacity is not a yes/no feature"),
    ("load_over: 0.9", "load_over: limits", "readings.load_over"),
    ("state = 'done'", "stat = 'done'", "did you mean 'state'"),
    ("[Quiet, Meals]", "[Quiet, Quiet]", "Quiet is in the set ward already"),
    ("[Quiet, Meals]", "[A, B, C, D, E, F]", "survey.sets.ward"),
    ("otherwise: true, within_days: 5", "within_days: 5", "A term has a when or otherwise"),
    ("severity >= 3", "severty >= 3", "did you mean 'severity'"),
    ("{ward: [", "{yard: [", "words has no entry for yard"),
])  # fmt: skip
def test_a_mistake_is_named_with_its_place(old, new, said):
    assert TEXT.count(old) == 1
    found = problems(TEXT.replace(old, new))
    assert any(said in sentence for sentence in found), found
