"""The list of actions: every system that can ask for something does, with its reason, owner, day and value at stake."""

from __future__ import annotations

from datetime import date, datetime

import numpy as np
import pyarrow as pa
import pytest

from tests.workbooks.test_report_care import block, pages, run, scored
from tierbook.actions import KINDS
from tierbook.language import LANGUAGES, label, say
from workbooks.matters import PARTS, matters, not_looked_at
from workbooks.next_actions import Reasons, action_words, every_action, listed, owners, reminders
from workbooks.other_matters import other_matters
from workbooks.report import write_report
from workbooks.standing import charts_of, figures, things_to_do
from workbooks.wording import Wording

AS_OF = date(2026, 10, 31)


def customers(*ids, **columns):
    return pa.table({"customer_id": list(ids), **columns})


def of(run, row, language="en"):
    """What is next for one customer: action, due day, owner and reason as the list prints them."""
    found, words = every_action(run), Wording(run, language)
    kind, due = found.kind[row], found.due[row].item()
    reasons = Reasons(words)
    owner = reasons.owner(kind, row) or owners(run, np.array([row])).get(row)
    said = reasons.why(kind, due, row, run.customers.slice(row, 1).to_pylist()[0])
    return action_words(words, found)[row].as_py(), due, owner, said


def test_every_kind_of_action_is_a_part_of_the_list_with_words_in_both_languages():
    assert set(PARTS) == set(KINDS)
    for kind in KINDS:
        for language in LANGUAGES:
            assert label(f"action_{kind}", language) != f"action_{kind}"


def interactions(*rows):
    names = ("customer_id", "date", "type", "severity", "closed", "owner", "reason")
    kinds = (
        pa.string(),
        pa.timestamp("s"),
        pa.string(),
        pa.float64(),
        pa.timestamp("s"),
        pa.string(),
        pa.string(),
    )
    columns = zip(*rows, strict=True)
    return pa.table(
        {name: pa.array(list(values), kind) for name, kind, values in zip(names, kinds, columns, strict=True)}
    )


def test_requests_past_the_term_of_the_pack_are_on_the_list_with_their_owner():
    found = scored("hospital", {"customers": customers("A", "B", "C"), "interactions": interactions(
        ("A", datetime(2026, 10, 20, 9), "suggestion", None, None, "Li", "signs"),
        ("B", datetime(2026, 10, 28, 9), "complaint", 3.0, None, "Bo", None),
        ("C", datetime(2026, 10, 28, 9), "claim", 1.0, None, "Bo", None),
    )}, as_of=AS_OF)  # fmt: skip
    assert every_action(found).kind.tolist() == ["request", "complaint", None], (
        "the pack gives an urgent one two days"
    )
    assert of(found, 0) == (
        "Answer the request",
        date(2026, 10, 25),
        "Li",
        "suggestion of 20 October 2026, not closed: signs",
    )
    assert of(found, 1)[1:3] == (date(2026, 10, 30), "Bo")
    assert of(found, 0, "zh")[3] == "2026年10月20日的建议，尚未办结：signs"


def test_alerts_of_meters_volumes_not_reported_and_registers_are_on_the_list():
    days = [datetime(2026, 10, 31, 9), datetime(2026, 10, 15), datetime(2026, 10, 31)]
    readings = pa.table({"customer_id": ["A", "B", "A"], "date": days, "measure": ["load", "volume", "volume"], "value": [99.0, 5.0, 7.0]})  # fmt: skip
    registers = pa.table({
        "item": ["Switchgear", "Drill", "Substation"], "kind": ["Hidden hazard", "Plan", "Hidden hazard"], "customer_id": ["C", "C", None],
        "due": [date(2026, 10, 1), date(2026, 12, 1), date(2026, 10, 5)], "state": ["open"] * 3, "owner": ["Wu", "Wu", "He"],
    })  # fmt: skip
    people = customers(
        "A",
        "B",
        "C",
        capacity=[100.0, None, None],
        lists=[None, "key_enterprises", None],
        owner=["Ma", "Ma", "Ma"],
    )
    found = scored("power", {"customers": people, "readings": readings, "registers": registers})
    assert every_action(found).kind.tolist() == ["load", "report", "register"]
    assert of(found, 0) == ("Inspect the supply", AS_OF, "Ma", "Load over the limit: 99%, the limit is 90%")
    assert (
        of(found, 1)[3]
        == "no volume reported for 21 October 2026 to 31 October 2026; the last is of 15 October 2026"
    )
    assert of(found, 2) == (
        "Close the open item",
        date(2026, 10, 1),
        "Wu",
        "Hidden hazard: Switchgear, due on 1 October 2026, not closed",
    )
    (other,) = other_matters(Wording(found, "en"))
    assert (other.subject, other.kind, other.owner, other.due) == (
        "Substation",
        "register",
        "He",
        date(2026, 10, 5),
    )


def purchases(*rows):
    columns = zip(*rows, strict=True)
    return pa.table(dict(zip(("customer_id", "date", "amount", "cost"), map(list, columns), strict=True)))


def test_what_a_level_of_the_rules_asks_for_is_on_the_list():
    surveys = pa.table(
        {"customer_id": ["A", "B"], "date": [AS_OF, AS_OF], "item": ["Quiet"] * 2, "score": [3.0, 9.0]}
    )
    found = scored("hospital", {"customers": customers("A", "B"), "surveys": surveys}, as_of=AS_OF)
    assert every_action(found).kind.tolist() == ["level", None]
    assert of(found, 0) == ("Apologise in person", date(2027, 1, 29), None, "Seeks a replacement")
    assert of(found, 0, "zh")[0] == "当面致歉"


def test_credit_on_watch_and_key_accounts_to_be_reviewed_are_on_the_list():
    bought = purchases(
        *(("A", date(2026, 10, day), 60_000.0, 1.0) for day in (5, 12, 19, 26)), ("B", AS_OF, 5000.0, 1.0)
    )
    owed = pa.table({"customer_id": ["B"], "due": [date(2026, 10, 25)], "amount": [900.0]})
    people = customers("A", "B", credit_limit=[None, 1000.0], marketable=[False, False])
    found = scored(
        "logistics", {"customers": people, "transactions": bought, "receivables": owed}, as_of=AS_OF
    )
    watched, reviewed = matters(found)["credit_watch"], matters(found)["review"]
    assert (~np.isnat(watched.due)).tolist() == [False, True]
    assert watched.why(Wording(found, "en"), 1) == "900 is owed; 6 days past due; 90% of the limit"
    assert (~np.isnat(reviewed.due)).tolist() == [True, False]
    assert reviewed.why(Wording(found, "en"), 0).endswith("never visited")


def test_contracts_of_their_own_table_are_renewed_whoever_may_be_contacted():
    contracts = pa.table({
        "customer_id": ["A", "A", "B", "C"], "start": [date(2025, 1, 1)] * 3 + [date(2026, 11, 5)],
        "end": [date(2026, 9, 1), date(2026, 11, 10), date(2026, 11, 10), date(2026, 11, 20)],
    })  # fmt: skip
    people = customers("A", "B", "C", marketable=[True, False, True])
    found = scored("power", {"customers": people, "contracts": contracts}, as_of=AS_OF)
    assert every_action(found).kind.tolist() == ["contract", None, None], (
        "one may not be contacted, one has not begun"
    )
    assert of(found, 0)[1:] == (date(2026, 11, 10), None, "the contract ends on 10 November 2026")


def test_holidays_of_the_pack_are_kept_for_whoever_may_be_contacted():
    people = customers("A", "B", marketable=[True, False])
    found = scored("hospital", {"customers": people}, as_of=date(2027, 5, 1))
    assert every_action(found).kind.tolist() == ["holiday", None]
    assert of(found, 0)[3] == "Nurses' Day on 12 May 2027"
    assert reminders(found).name.tolist() == ["nurses_day"]
    later = scored("hospital", {"customers": people}, as_of=date(2027, 4, 1))
    assert every_action(later).kind.tolist() == [None, None], "the pack looks fourteen days ahead"


def test_without_a_column_that_says_so_everybody_may_be_contacted():
    found = scored("hospital", {"customers": customers("A", birthday=[date(1980, 11, 3)])}, as_of=AS_OF)
    assert every_action(found).kind.tolist() == ["birthday"]


def test_leads_goals_and_opportunities_stand_beyond_the_customers():
    found = [one for one in other_matters(Wording(run("b2b"), "en")) if one.kind == "opportunity"]
    assert found and all("short of the gate" in one.why and "+" in one.why for one in found)
    shorts = [float(one.why.partition("points, ")[2].partition(" short")[0]) for one in found]
    assert shorts == sorted(shorts), "the nearest to the gate first"
    goals = [one for one in other_matters(Wording(run("automotive"), "en")) if one.kind == "goal"]
    assert goals and all(one.due is not None and one.due <= run("automotive").as_of for one in goals)
    leads = [one for one in other_matters(Wording(run("logistics"), "en")) if one.kind == "lead"]
    assert leads and [one.stake or 0 for one in leads] == sorted(
        (one.stake or 0 for one in leads), reverse=True
    )
    assert all("too long" in one.why and one.owner for one in leads)


def test_the_list_is_sorted_by_value_at_stake_and_then_by_urgency():
    for pack in ("power", "b2b", "logistics"):
        found = listed(run(pack))
        assert (np.diff(found.stake) <= 0).all()
    found = listed(run("hospital"))
    assert [KINDS.index(kind) for kind in found.kind.tolist()] == sorted(
        KINDS.index(kind) for kind in found.kind.tolist()
    )


def test_tables_that_are_not_there_are_named_with_what_they_would_bring(tmp_path):
    assert not_looked_at(run("power")) == {
        "complaint": ["interactions"], "expected": ["transactions"], "birthday": ["customers.birthday"],
        "contract": ["customers.contract_end|contracts"],
    }  # fmt: skip
    drawn = pages(write_report(run("power"), tmp_path / "power.xlsx"))["Actions"]
    (said,) = [row[1] for row in drawn if row[1] and row[1].startswith("More actions appear")]
    assert (
        "Interactions (Answer the complaint)" in said
        and "Contract end or Contracts (Renew the contract)" in said
    )


def test_the_kinds_add_up_to_the_list(tmp_path):
    for pack in ("power", "hospital"):
        rows = pages(write_report(run(pack), tmp_path / f"{pack}.xlsx"))["Actions"]
        *parts, total = block(rows, "Next action")
        assert total["Customers"] == sum(one["Customers"] for one in parts) == len(listed(run(pack)).row)


@pytest.mark.parametrize("pack", ["power", "hospital"])
def test_the_overview_of_who_sells_nothing_has_figures_charts_and_things_to_do(pack):
    words = Wording(run(pack), "en")
    shown = {one.name: one.now for one in figures(words)}
    assert len(shown) == 6 and shown["customers"] == run(pack).population
    assert shown["to_do"] == len(listed(run(pack)).row)
    assert len(charts_of(words)) == 4 and all(one.rows for one in charts_of(words))
    assert 0 < len(things_to_do(words)) <= 5
    if pack == "power":
        assert shown["not_reported"] == run(pack).table("ten_days_open").num_rows
        volume = run(pack).engine.sql(
            "SELECT SUM(value) AS v FROM tierbook_readings WHERE measure = 'volume' AND date >= DATE '2026-10-01'"
        )
        assert shown["volume"] == pytest.approx(volume["v"][0].as_py())
    else:
        assert shown["requests_overdue"] >= sum(
            kind in ("complaint", "request") for kind in every_action(run(pack)).kind.tolist()
        )


def test_the_overview_of_one_customer_without_a_reading_of_this_month_is_drawn(tmp_path):
    readings = pa.table(
        {"customer_id": ["A"], "date": [datetime(2026, 10, 9)], "measure": ["volume"], "value": [5.0]}
    )
    drawn = pages(
        write_report(
            scored("power", {"customers": customers("A"), "readings": readings}), tmp_path / "one.xlsx"
        )
    )
    assert any(
        row[1] == say("Input rows set aside: {aside} (page {page}).", aside="0", page="Data quality")
        for row in drawn["Overview"]
    )


def test_breakdown_and_equity_follow_the_columns_the_pack_names(tmp_path):
    for language, side, segment in (("en", "Segment", "Owner with service"), ("zh", "细分市场", "忠诚车主")):
        drawn = pages(write_report(run("automotive"), tmp_path / f"{language}.xlsx", language=language))
        rows = block(drawn[label("page_breakdown", language)], side)
        customers = label("customers", language)
        *parts, total = rows
        assert {one[side] for one in parts} > {segment}
        assert total[customers] == sum(one[customers] for one in parts) == run("automotive").population
        equity = block(drawn[label("page_equity", language)], side)
        worth = label("equity", language)
        assert equity[-1][worth] == pytest.approx(sum(one[worth] for one in equity[:-1]))
