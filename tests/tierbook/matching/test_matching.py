"""Which records are one customer, and what the joined record says."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tierbook.matching.block import NEIGHBOURS, SAME_KEY, candidates
from tierbook.matching.compare import Texts, similarity
from tierbook.matching.golden import changes, golden
from tierbook.matching.groups import groups
from tierbook.matching.normalise import normalised
from tierbook.matching.pairs import MERGE, REVIEW, Field, Matches, Rule, matches

COMPANY = Rule(
    ("source_id", "tax_no"),
    {
        "name": Field(40, "name"),
        "address": Field(20, "address"),
        "phone": Field(25, "exact"),
        "contact_name": Field(15, "name"),
    },
)
PERSON = Rule(
    ("source_id", "document_no", "mobile"),
    {"name": Field(40, "name"), "mobile": Field(40, "exact"), "address": Field(20, "address")},
)
FIELDS = (
    "source",
    "source_id",
    "name",
    "mobile",
    "phone",
    "contact_name",
    "address",
    "document_no",
    "tax_no",
)


def table(*records: dict[str, str]) -> pa.Table:
    return pa.table({name: pa.array([one.get(name) for one in records], pa.string()) for name in FIELDS})


def compared(*records: dict[str, str], rule: Rule = PERSON) -> Matches:
    return matches(table(*records), [rule], np.zeros(len(records), np.int64), merge_from=90, review_from=70)


def group_of(found: Matches, records: pa.Table) -> list[int]:
    merged = found.decision == MERGE
    documents = [
        np.array([-1 if text is None else hash(text) % 10**6 for text in records[name].to_pylist()], np.int64)
        for name in ("document_no", "tax_no")
    ]
    return groups(len(records), found.a[merged], found.b[merged], found.score[merged], documents).tolist()


@pytest.mark.parametrize("how, given_text, expected, why", [
    ("phone", "+86 138-0013-8000", "13800138000", "the code of China says nothing"),
    ("phone", "０１０ ８８８８ ６６６６", "1088886666", "full-width digits are digits"),
    ("phone", "n/a", None, "no digit is left"),
    ("name", "Müller & Söhne GmbH", "müller söhne", "a legal form is no name"),
    ("name", "上海盛达物流有限责任公司", "上海盛达物流", "nor is one in Chinese"),
    ("name", "Company Ltd", "company ltd", "a name made of legal forms stays"),
    ("name", "  ", None, "blank is missing"),
    ("exact", " 9111-0105 ma7 ", "91110105ma7", "hyphens and spaces are for reading"),
    ("address", "上海市浦东新区世纪大道100号8室", "上海市 浦东新区 世纪大道 100 号 8 室", "parts stand apart"),
])  # fmt: skip
def test_what_means_the_same_is_spelt_the_same(how, given_text, expected, why):
    assert normalised(pa.array([given_text, None]), how).to_pylist() == [expected, None], why


@pytest.mark.parametrize("a, b, score, reason, why", [
    ({"source": "erp", "source_id": "7"}, {"source": "erp", "source_id": "7"}, 100, "source_id", "one id of one system"),
    ({"document_no": "31010119900101"}, {"document_no": "3101 0119 900101"}, 98, "document_no", "one document"),
    ({"mobile": "13800138000"}, {"mobile": "+86 138 0013 8000"}, 95, "mobile", "one mobile"),
    ({"contact_name": "Li Na", "phone": "010-888"}, {"contact_name": "li na", "phone": "10888"}, 90, "contact_name + phone", "a contact at one landline"),
    ({"name": "Zhang San", "mobile": "1", "address": "Main St 5"}, {"name": "San Zhang", "mobile": "1", "address": "5 Main St"}, 100, "fields", "fields that all agree"),
])  # fmt: skip
def test_the_strongest_evidence_is_the_score(a, b, score, reason, why):
    rule = PERSON if reason != "fields" else Rule((), PERSON.compare)
    found = compared(a, b, rule=rule)
    assert found.score.tolist() == [score], why
    assert found.reasons[found.why[0]] == reason, why
    assert found.decision.tolist() == [MERGE], why


def test_an_id_of_another_system_is_another_id():
    found = compared(
        {"source": "erp", "source_id": "7", "name": "A"}, {"source": "crm", "source_id": "7", "name": "B"}
    )
    assert not len(found.a)


def test_a_name_alone_is_for_a_person_to_decide():
    found = compared({"name": "张伟"}, {"name": "张伟"})
    assert found.decision.tolist() == [REVIEW]
    assert found.score.tolist() == [89]


def test_what_both_leave_blank_agrees_with_nothing():
    assert not len(compared({}, {}, {"name": " "}, {"mobile": "-"}).a)


def test_two_documents_never_merge_whatever_else_agrees():
    twin = {"name": "Li Na", "mobile": "13800138000", "address": "Main St 5"}
    found = compared({**twin, "document_no": "A1"}, {**twin, "document_no": "B2"})
    assert found.decision.tolist() == [REVIEW]


def test_two_documents_never_merge_through_a_record_without_one():
    records = table(
        {"mobile": "1", "document_no": "A1", "name": "Li Na"},
        {"mobile": "1", "name": "Li Na"},
        {"mobile": "1", "document_no": "B2", "name": "Li N"},
    )
    found = matches(records, [PERSON], np.zeros(3, np.int64), merge_from=90, review_from=70)
    group = group_of(found, records)
    assert group[0] != group[2]
    assert group[1] in (group[0], group[2])


def test_records_of_two_rules_are_not_compared():
    records = table({"mobile": "1", "name": "A"}, {"mobile": "1", "name": "A"}, {"mobile": "1", "name": "A"})
    found = matches(records, [COMPANY, PERSON], np.array([0, 1, -1]), merge_from=90, review_from=70)
    assert found.compared == 0


def test_houses_with_two_numbers_are_two_places():
    a, b = (np.array([text], dtype=object) for text in ("main street 5", "main street 7"))
    assert similarity(a, b, "address").tolist() == [60]
    assert similarity(a, np.array(["main street 5 springfield"], dtype=object), "address").tolist() == [100]


def test_pairs_grow_like_the_records_even_when_all_are_equal():
    records = [{"name": "same", "mobile": "1", "address": "same 1"}] * 500
    found = compared(*records)
    assert found.compared <= 500 * (SAME_KEY * 2 + NEIGHBOURS * 4)
    assert set(group_of(found, table(*records))) == {0}


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_records_have_no_pairs(count):
    records = table(*[{"name": "A"}] * count)
    found = matches(records, [PERSON], np.zeros(count, np.int64), merge_from=90, review_from=70)
    assert (len(found.a), found.compared) == (0, 0)
    assert group_of(found, records) == [0] * count


@settings(max_examples=50, deadline=None)
@given(st.permutations(range(8)))
def test_groups_do_not_depend_on_the_order_of_the_records(order):
    people = [
        {"name": "Zhang San", "mobile": "1"}, {"name": "Zhang San", "mobile": "1"}, {"name": "Li Si", "mobile": "2"},
        {"name": "Lisi", "mobile": "2"}, {"name": "Wang Wu", "document_no": "X"}, {"name": "Wang Wu", "document_no": "Y"},
        {"name": "Zhao Liu"}, {"name": "Wang W.", "document_no": "X"},
    ]  # fmt: skip
    records = table(*(people[i] for i in order))
    group = group_of(
        matches(records, [PERSON], np.zeros(8, np.int64), merge_from=90, review_from=70), records
    )
    together = {frozenset(order[i] for i in range(8) if group[i] == one) for one in set(group)}
    assert together == {frozenset(s) for s in ({0, 1}, {2, 3}, {4, 7}, {5}, {6})}


def test_each_pair_is_found_once_and_in_order():
    pairs = candidates([np.array([1, 1, 1]), np.array([2, -1, 2])], [np.array([2, 0, 1])])
    assert list(zip(pairs.a.tolist(), pairs.b.tolist(), strict=True)) == [(0, 1), (0, 2), (1, 2)]


RECORDS = pa.table(
    {
        "source": ["web", "crm", "erp"],
        "name": ["Sheng Da Logistics", "Shengda", "Sheng Da"],
        "address": ["Web Rd 1", None, "Erp Rd 2"],
        "mobile": ["1", "2", None],
        "updated": pa.array([date(2026, 1, 1), date(2026, 5, 1), None], pa.date32()),
    }
)


def test_each_field_survives_by_its_own_rule():
    found = golden(
        RECORDS, np.zeros(3, np.int64), survivor={"name": "most_complete", "address": ["erp", "crm", "web"]}
    )
    assert found.table.to_pylist() == [
        {"source": "crm", "name": "Sheng Da Logistics", "address": "Erp Rd 2", "mobile": "2", "updated": date(2026, 5, 1)}
    ]  # fmt: skip
    assert found.taken["address"].tolist() == [2]


def test_a_value_survives_a_newer_blank():
    found = golden(RECORDS.slice(0, 2), np.zeros(2, np.int64), survivor={})
    assert found.table["address"].to_pylist() == ["Web Rd 1"]
    assert golden(RECORDS.slice(1, 1), np.zeros(1, np.int64), survivor={}).taken["address"].tolist() == [-1]


def test_every_source_is_told_what_its_record_lacks():
    group = np.zeros(3, np.int64)
    found = golden(RECORDS, group, survivor={"name": "most_complete"})
    log = changes(RECORDS, group, found, ["name", "mobile"])
    assert list(zip(log.record.tolist(), log.field.tolist(), log.before.to_pylist(), log.after.to_pylist(), strict=True)) == [
        (0, "mobile", "1", "2"),
        (1, "name", "Shengda", "Sheng Da Logistics"),
        (2, "name", "Sheng Da", "Sheng Da Logistics"),
        (2, "mobile", None, "2"),
    ]  # fmt: skip


TEXTS = st.lists(
    st.one_of(
        st.none(),
        st.text("abé 12盛达路号", min_size=1, max_size=12),
        st.sampled_from(
            ["main street 5", "5 main street", "上海市中山路 12 号", "12 号 3 室", "street 51 12"]
        ),
    ),
    min_size=2,
    max_size=12,
)


@pytest.mark.parametrize("how", ["exact", "name", "address"])
@settings(max_examples=60, deadline=None)
@given(TEXTS)
def test_what_is_ruled_out_without_comparing_texts_could_not_have_been_alike(how, given_texts):
    texts = Texts(normalised(pa.array(given_texts, pa.string()), how), how)
    a, b = (side.ravel() for side in np.indices((len(given_texts), len(given_texts))))
    most, alike = texts.most_alike(a, b), texts.alike(a, b)
    assert (np.isnan(most) == np.isnan(alike)).all()
    assert not (most < alike - 1e-9).any()


def test_a_pair_that_reaches_the_line_exactly_is_for_review():
    records = table({"name": "Ada Holm", "address": "x 1"}, {"name": "Ada Holmes", "address": "x 1"})
    rule, everyone = Rule((), PERSON.compare), np.zeros(2, np.int64)
    line = float(matches(records, [rule], everyone, merge_from=99, review_from=50).score[0])
    assert 50 < line < 98
    assert len(matches(records, [rule], everyone, merge_from=99, review_from=line).a) == 1
    assert not len(matches(records, [rule], everyone, merge_from=99, review_from=line + 0.001).a)


def test_what_a_number_settles_is_not_compared_by_its_fields():
    found = compared(
        {"mobile": "13800138000", "name": "Li Na", "address": "Main St 5"},
        {"mobile": "13800138000", "name": "Li Na", "address": "Main St 5"},
    )
    assert (found.score.tolist(), found.reasons[found.why[0]]) == ([95], "mobile")
    assert np.isnan(found.alike["name"]).all()
