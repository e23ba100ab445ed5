"""Records of several sources become one customer each, in every table."""

from __future__ import annotations

from datetime import date, datetime

import pyarrow as pa
import pytest

from tierbook.duplicates import Decision, Key, find_duplicates, one_record_each
from tierbook.rulepack.read import read_pack
from tierbook.score import score
from tierbook.shipped import shipped

PACK = read_pack(shipped("rules") / "logistics.yaml")
RETAIL = read_pack(shipped("rules") / "retail.yaml")
FIELDS = (
    "customer_id", "source", "source_id", "kind", "name", "contact_name", "mobile", "phone", "address", "document_no", "tax_no",
)  # fmt: skip
PERSON = {
    "kind": "individual",
    "name": "林安然",
    "mobile": "13900000001",
    "address": "上海市浦东新区中山路12号",
}


def records(*rows: dict) -> pa.Table:
    table = pa.table({name: pa.array([row.get(name) for row in rows], pa.string()) for name in FIELDS})
    updated = [row.get("updated", datetime(2026, 1, 1)) for row in rows]
    return table.append_column("updated", pa.array(updated, pa.timestamp("us")))


def person(number: str, source: str = "crm", **other) -> dict:
    return {
        **PERSON,
        "customer_id": f"{source[0].upper()}{number}",
        "source": source,
        "source_id": number,
        **other,
    }


def decided(a: dict, b: dict, merge: bool) -> Decision:
    return Decision(Key(a["source"], a["source_id"]), Key(b["source"], b["source_id"]), merge)


def test_one_customer_stays_as_it_is():
    found = find_duplicates(records(person("1")), PACK)
    assert (found.customers, len(found.found.a), len(found.review), len(found.repeated)) == (1, 0, 0, 0)


def test_records_that_are_all_equal_are_one_customer():
    found = find_duplicates(records(*(person(str(i)) for i in range(30))), PACK)
    assert found.customers == 1
    assert len(found.repeated) == 30
    assert len(found.changes.record) == 0


def test_no_records_are_no_customers():
    found = find_duplicates(records(), PACK)
    assert (found.customers, len(found.repeated), found.problems()) == (0, 0, [])


def test_contradictory_document_numbers_are_for_a_person_to_decide():
    a, b = person("1", document_no="310101199001011234"), person("2", "web", document_no="310101199001019999")
    found = find_duplicates(records(a, b), PACK)
    assert found.customers == 2
    assert [found.why(pair) for pair in found.review] == ["same Mobile; but two document numbers"]
    assert found.why(found.review[0], "zh").endswith("；但证件号码不同")


def test_a_document_keeps_two_records_apart_that_a_third_would_join():
    a, b = person("1", document_no="310101199001011234"), person("2", document_no="310101199001019999")
    between = person("3", "web")
    found = find_duplicates(records(a, between, b), PACK)
    assert found.customers == 2
    assert found.group[0] != found.group[2]


@pytest.mark.parametrize("merge, customers", [(True, 1), (False, 2)])
def test_what_a_person_decided_holds_even_against_documents(merge, customers):
    a, b = person("1", document_no="310101199001011234"), person("2", "web", document_no="310101199001019999")
    found = find_duplicates(records(a, b), PACK, [decided(b, a, merge)])
    assert found.customers == customers
    assert len(found.review) == 0
    assert found.why(0).endswith("decided: one customer" if merge else "decided: two customers")


def test_two_records_kept_apart_are_not_joined_through_a_third():
    a, b, c = person("1"), person("2", "web"), person("3", "erp")
    found = find_duplicates(records(a, b, c), PACK, [decided(a, b, False)])
    assert found.customers == 2
    assert found.group[0] != found.group[1]


def test_the_last_decision_about_a_pair_holds():
    a, b = person("1"), person("2", "web")
    assert find_duplicates(records(a, b), PACK, [decided(a, b, False), decided(b, a, True)]).customers == 1


def test_decisions_that_contradict_each_other_are_said():
    a, b, c = person("1"), person("2", "web"), person("3", "erp")
    both = [decided(a, b, True), decided(b, c, True), decided(a, c, False)]
    found = find_duplicates(records(a, b, c), PACK, both)
    assert found.contradicted == 1
    assert any("contradict" in str(problem) for problem in found.problems())


def test_a_decision_about_a_record_that_is_gone_does_nothing():
    a, b = person("1"), person("2", "web")
    assert find_duplicates(records(a), PACK, [decided(a, b, True)]).customers == 1


def test_records_of_one_customer_id_are_one_customer_for_nobody_knows_whose_purchases_are_whose():
    a = person("1", name="林安然", mobile="1", address=None)
    b = person("9", "web", customer_id="C1", name="Otto Brand", mobile="2", address=None)
    found = find_duplicates(records(a, b), PACK)
    assert found.customers == 1
    assert find_duplicates(records(a, b), RETAIL).customers == 1


def test_a_record_without_a_kind_follows_no_rule_and_is_said():
    found = find_duplicates(records(person("1", kind=None), person("2", "web")), PACK)
    assert (found.customers, found.unruled) == (2, 1)
    assert "no matching rule" in str(found.problems()[0])


def test_the_golden_record_takes_each_field_as_the_pack_says():
    old = person("1", "erp", name="林安然", address="上海市浦东新区中山路12号", updated=datetime(2024, 1, 1))
    new = person(
        "2",
        "web",
        name="林安然 (Anna Lin)",
        address="上海市浦东新区世纪路99号",
        phone="010-1",
        updated=datetime(2026, 5, 1),
    )
    found = find_duplicates(records(new, old), PACK)
    (row,) = found.joined.table.to_pylist()
    assert (row["customer_id"], row["source"], row["source_id"]) == ("E1", "erp", "1"), "billing knows best"
    assert row["name"] == "林安然 (Anna Lin)", "the most complete"
    assert row["address"] == "上海市浦东新区中山路12号", "billing's"
    assert row["phone"] == "010-1", "the newest that is there"


def test_the_change_log_says_what_each_source_has_to_change_and_who_is_told():
    old = person("1", "erp", address=None, updated=datetime(2024, 1, 1))
    new = person("2", "web", phone="010-1", updated=datetime(2026, 5, 1))
    found = find_duplicates(records(old, new), PACK)
    log = found.changes
    told = {(int(log.record[i]), log.field[i]) for i in found.notices}
    assert {(0, "address"), (0, "phone")} == set(zip(log.record.tolist(), log.field.tolist(), strict=True))
    assert told == {(0, "address"), (0, "phone")}


def test_every_table_names_the_golden_customer():
    customers = records(
        person("1", "erp"),
        person("2", "web"),
        {**person("3"), "mobile": "7", "name": "Ada Holm", "address": "x 9"},
    )
    customers = customers.append_column("parent_id", pa.array([None, "E1", "W2"]))
    sold = pa.table({
        "customer_id": ["W2", "E1", "C3", "X9"], "date": [date(2026, 5, 1)] * 4, "amount": [1.0, 2.0, 4.0, 8.0],
        "counterparty_id": ["C3", None, "W2", "W2"], "guests": ["W2; C3", None, "", "W2"],
    })  # fmt: skip
    tables, found = one_record_each({"transactions": sold, "customers": customers}, PACK)
    assert found is not None
    assert list(tables) == ["transactions", "customers"]
    assert tables["transactions"]["customer_id"].to_pylist() == ["E1", "E1", "C3", "X9"]
    assert tables["transactions"]["counterparty_id"].to_pylist() == ["C3", None, "E1", "E1"]
    assert tables["transactions"]["guests"].to_pylist() == ["E1;C3", None, "", "E1"]
    parents = dict(
        zip(
            tables["customers"]["customer_id"].to_pylist(),
            tables["customers"]["parent_id"].to_pylist(),
            strict=True,
        )
    )
    assert parents == {"E1": None, "C3": "E1"}, "nobody is their own parent"


def test_a_run_scores_customers_not_records():
    sold = pa.table(
        {"customer_id": ["W2", "E1"], "date": [date(2026, 5, 1), date(2026, 6, 1)], "amount": [1.0, 2.0]}
    )
    tables = {"customers": records(person("1", "erp"), person("2", "web")), "transactions": sold}
    run = score(tables, PACK)
    assert run.customers.select(["customer_id", "orders", "total_spend"]).to_pylist() == [
        {"customer_id": "E1", "orders": 2, "total_spend": 3.0}
    ]
    assert run.duplicates is not None
    assert run.duplicates.customers == 1
    assert any("2 records" in str(problem) for problem in run.problems)


def test_customers_of_one_source_are_left_alone():
    plain = records(person("1")).drop_columns(["source", "source_id"])
    tables, found = one_record_each({"customers": plain}, PACK)
    assert found is None
    assert tables["customers"] is plain
