"""Credit, leads and records in a rule pack: what is read, what is shown, and how mistakes are named."""

from __future__ import annotations

import numpy as np
import pytest

from tests.tierbook.rulepack.packs import GOOD, problems
from tierbook.rulepack.read import read_pack_text
from tierbook.rulepack.show import rules
from tierbook.scorer import Scorer

TEXT = (
    GOOD
    + """\
  freeze: {en: Freeze, zh: 冻结}
  normal: {en: Normal, zh: 正常}
credit:
  ageing_days: [0, 30, 60]
  levels:
    - {name: freeze, when: credit_used > 1 or overdue_days > 30}
    - {name: normal, otherwise: true}
leads:
  tracks:
    - name: large
      when: expected_monthly_amount >= 10000
      steps: [{name: meet, done_when: visits >= 1, within_days: 14}, {name: quote}]
    - {name: small, otherwise: true, steps: [{name: call, within_days: 7}]}
matching:
  - of: kind = 'company'
    same_if_equal: [tax_no]
    compare: {name: {weight: 40, how: name}, phone: {weight: 10, how: exact}}
merge: {from: 92, review_from: 75}
survivor: {default: newest, name: most_complete, address: {source: [erp, crm]}}
"""
)


def test_sections_over_tables_of_their_own_are_read():
    pack = read_pack_text(TEXT.encode(), file="small.yaml")
    assert pack.credit is not None
    assert pack.credit.ageing_days == (0, 30, 60)
    assert [(track.name, [step.within_days for step in track.steps]) for track in pack.tracks] == [
        ("large", [14, None]),
        ("small", [7]),
    ]
    assert pack.matching[0].compare == {"name": (40, "name"), "phone": (10, "exact")}
    assert (pack.merge.start, pack.merge.review_from) == (92, 75)
    assert pack.survivor == {"default": "newest", "name": "most_complete", "address": ("erp", "crm")}


def test_without_them_two_scores_still_divide_records():
    pack = read_pack_text(GOOD.encode(), file="small.yaml")
    assert (pack.credit, pack.tracks, pack.matching) == (None, (), ())
    assert (pack.merge.start, pack.merge.review_from) == (90, 70)


@pytest.mark.parametrize("language, words", [
    ("en", {"of the first of erp, crm", "visits >= 1, within 14 days", "all others", "one customer from a score of 92"}),
    ("zh", {"取 erp, crm 中最先有值者", "visits >= 1，14 天内", "其余全部", "得分 92 起视为同一客户"}),
])  # fmt: skip
def test_a_manager_reads_them_in_words(language, words):
    pack = read_pack_text(TEXT.encode(), file="small.yaml")
    assert words <= {rule.rule for rule in rules(pack, language)}


def test_only_customers_with_receivables_have_a_credit_status():
    pack = read_pack_text(TEXT.encode(), file="small.yaml")
    columns = {
        "receivable": np.array([10.0, np.nan, 10.0, 10.0]),
        "credit_used": np.array([1.5, 1.5, np.nan, 0.2]),
        "overdue_days": np.array([0.0, 99.0, 31.0, np.nan]),
    }
    assert Scorer(pack, columns).credit().tolist() == ["freeze", "", "freeze", "normal"]


@pytest.mark.parametrize("old, new, said", [
    ("[0, 30, 60]", "[0, 60, 30]", "The days of the buckets must rise"),
    ("visits >= 1", "vists >= 1", "did you mean 'visits'"),
    ("otherwise: true, steps", "steps", "A track has a when or otherwise"),
    ("same_if_equal: [tax_no]", "same_if_equal: [tax]", "The customers have no column tax"),
    ("phone: {weight: 10", "phones: {weight: 10", "The customers have no column phones"),
    ("weight: 10", "weight: 0", "A weight is above 0"),
    ("how: exact", "how: fuzzy", "matching[1].compare.phone.how"),
    ("review_from: 75", "review_from: 95", "Review starts at or below merging"),
    ("newest, name", "oldest, name", "survivor.default"),
])  # fmt: skip
def test_a_mistake_is_named_with_its_place(old, new, said):
    assert TEXT.count(old) == 1
    found = problems(TEXT.replace(old, new))
    assert any(said in sentence for sentence in found), found
