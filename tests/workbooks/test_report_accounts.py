"""Campaigns, key accounts and members in the report of the logistics sample: figures tie out with the cells and each other."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import openpyxl
import pyarrow as pa
import pytest

from tests.udfs.test_retail import cells
from tests.workbooks.report_books import added_up, table
from tierbook.hierarchy import Level
from tierbook.language import LANGUAGES, label
from tierbook.quality import Problem
from tierbook.rulepack.read import read_pack
from tierbook.run import Run
from tierbook.score import score
from tierbook.shipped import shipped
from udfs import Context, call
from workbooks.reader import read
from workbooks.report import all_sections, missing_needs, write_report
from workbooks.samples import sample_path

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported:UserWarning")
PAGES = ("campaigns", "key_accounts", "members")


@cache
def source():
    return read(sample_path("logistics"))


def pack():
    return read_pack(shipped("rules") / "logistics.yaml")


@cache
def run(level: Level = "customer") -> Run:
    return score(source().tables, pack(), level=level)


@pytest.fixture(scope="module", params=LANGUAGES)
def book(request, tmp_path_factory):
    language = request.param
    path = write_report(run(), tmp_path_factory.mktemp("logistics") / "report.xlsx", language=language)
    sheets = openpyxl.load_workbook(path)
    return lambda page: sheets[label(f"page_{page}", language)], lambda name: label(name, language)


def test_a_campaign_on_the_page_is_that_in_a_cell(book):
    sheet, word = book
    shown = {
        row[word("campaign")]: row
        for row in table(sheet("campaigns"), word("campaign"), word("campaign_start"))
    }
    uplifts = {
        row[word("campaign")]: row
        for row in table(sheet("campaigns"), word("campaign"), word("campaign_addressed"))
    }
    for one in source().tables["campaigns"].to_pylist():
        answers = cells(source().tables["campaign_responses"])
        found = dict(call("CRM_CAMPAIGN", answers, one["cost"], one["campaign_id"])[1:])
        row = shown[one["name"]] | uplifts[one["name"]]
        for name, figure in (("campaign_addressed", "customers"), ("campaign_responded", "responded"), ("revenue", "revenue"),
                             ("response_rate", "response_rate"), ("cost_per_response", "cost_per_response"), ("campaign_roi", "roi"),
                             ("uplift", "uplift"), ("uplift_low", "uplift_low"), ("uplift_high", "uplift_high")):  # fmt: skip
            wanted = found[figure]
            assert row[word(name)] == (None if wanted is None else pytest.approx(wanted)), (one["name"], name)


def test_target_lists_hold_nobody_who_must_not_be_written_to(book):
    sheet, word = book
    rows = {
        row[word("target_list")]: row[word("customers")]
        for row in table(sheet("campaigns"), word("target_list"), word("customers"))
    }
    customers = run().customers.select(["target_lists", "marketable"]).to_pylist()
    assert len(rows) == len(pack().target_lists)
    for one, count in zip(pack().target_lists, rows.values(), strict=True):
        on = [row for row in customers if one.name in row["target_lists"].split("; ")]
        assert count == len(on) > 0
        assert all(row["marketable"] for row in on)


def test_key_accounts_add_up_and_are_what_the_groups_say(book):
    sheet, word = book
    rows = table(sheet("key_accounts"), word("account"), word("customers"))
    assert set(added_up(rows, word("customers"))) == {
        sum(row["customers"] for row in run().table("accounts").to_pylist())
    }
    money, total = added_up(rows, word("revenue"))
    assert money == pytest.approx(total)
    shares = added_up(rows, word("share_of_revenue"))
    assert shares[0] == pytest.approx(shares[1])
    year = {row["account"]: row["revenue_year"] for row in run().table("accounts").to_pylist()}
    spent = {row["customer_id"]: 0.0 for row in run("group").customers.to_pylist()}
    for row in run("group").table("accounts").to_pylist():
        spent[row["account"]] = row["revenue_year"]
    assert {name: spent[name] for name in year if spent[name]} == pytest.approx(
        {name: year[name] for name in year if spent[name]}
    )


def test_rolling_up_keeps_every_total():
    of_customers, of_groups = (run(level).table("totals").to_pylist()[0] for level in ("customer", "group"))
    assert of_groups["customers"] < of_customers["customers"]
    for name in ("revenue", "revenue_year", "revenue_recent"):
        assert of_groups[name] == pytest.approx(of_customers[name], abs=1e-6)


def test_points_of_members_are_those_in_a_cell(book):
    sheet, word = book
    months = table(sheet("members"), word("month"), word("members"))
    (record,) = [row for row in run().customers.to_pylist() if row["customer_id"] == _most_points()]
    paid = source().tables["transactions"].to_pylist()
    mine = [row for row in paid if row["customer_id"] == record["customer_id"]]
    found = call(
        "CRM_POINTS",
        cells(pa.Table.from_pylist(mine)),
        [["customer_id", "joined", "is_member"], [record["customer_id"], _day(record["joined"]), True]],
        cells(
            source()
            .tables["redemptions"]
            .filter(pa.compute.equal(source().tables["redemptions"]["customer_id"], record["customer_id"]))
        ),
        _day(run().as_of),
        "logistics",
        context=Context(),
    )
    ledger = run().ledger
    assert ledger is not None
    at = run().customers["customer_id"].to_pylist().index(record["customer_id"])
    assert [row[-1] for row in found[1:]] == ledger.balance[ledger.customer == at].tolist()
    assert months[-1][word("balance")] == pytest.approx(
        ledger.balance[ledger.month == ledger.month.max()].sum()
    )


def _most_points() -> str:
    """The member with most points among those with one record only."""
    ledger, ids = run().ledger, run().customers["customer_id"].to_pylist()
    assert ledger is not None
    sold = {row["customer_id"]: 0.0 for row in run().customers.to_pylist()}
    for row in source().tables["transactions"].to_pylist():
        if row["customer_id"] in sold:
            sold[row["customer_id"]] += row["amount"]
    spend = dict(zip(ids, run().customers["total_spend"].to_pylist(), strict=True))
    alone = {one for one in ids if abs(sold[one] - (spend[one] or 0)) < 1e-6}
    last = ledger.month == ledger.month.max()
    order = np.argsort(-ledger.balance[last], kind="stable")
    return next(ids[at] for at in ledger.customer[last][order].tolist() if ids[at] in alone)


def _day(day):
    from datetime import datetime, time

    return datetime.combine(day, time())


def test_a_cycle_takes_the_page_of_key_accounts_away_and_says_so():
    rows = [{"customer_id": one, "parent_id": above} for one, above in (("A", "B"), ("B", "C"), ("C", "A"))]
    tables = {
        "customers": pa.Table.from_pylist(
            rows, schema=pa.schema([("customer_id", pa.string()), ("parent_id", pa.string())])
        ),
        "transactions": pa.table({"customer_id": ["A"], "date": [run().as_of], "amount": [1e6]}),
    }
    found = score(tables, pack())
    (section,) = [one for one in all_sections() if one.name == "key_accounts"]
    (problem,) = missing_needs(section, found)
    assert isinstance(problem, Problem)
    assert "A → B → C → A" in problem.text("en")


@pytest.mark.parametrize("page", PAGES)
def test_a_pack_or_input_without_the_subject_says_what_would_switch_the_page_on(page):
    retail = read_pack(shipped("rules") / "retail.yaml")
    found = score(read(sample_path("retail")).tables, retail)
    (section,) = [one for one in all_sections() if one.name == page]
    assert missing_needs(section, found)


def test_one_customer_who_joined_later_and_a_contract_that_ended_are_drawn(tmp_path):
    day = run().as_of
    tables = {
        "customers": pa.table({
            "customer_id": ["A"], "is_member": [True], "joined": [day.replace(year=day.year + 1)], "marketable": [True],
            "contract_end": [day.replace(year=day.year - 1)],
        }),
        "transactions": pa.table({"customer_id": ["A"], "date": [day], "amount": [1e6]}),
        "campaigns": pa.table({"campaign_id": ["K"], "cost": [0.0]}),
        "campaign_responses": pa.table({"campaign_id": ["K"], "customer_id": ["A"], "responded": [False]}),
    }  # fmt: skip
    found = score(tables, pack())
    path = write_report(found, tmp_path / "one.xlsx")
    book = openpyxl.load_workbook(path)
    assert "Members" not in book.sheetnames, "who joined after as_of has no points yet"
    (row,) = [one for one in table(book["Key accounts"], "Account", "Customers") if one["Account"] == "A"]
    assert "contract has ended" in row["What is due"]
    (answer,) = [one for one in table(book["Campaigns"], "Campaign", "Began") if one["Campaign"] == "K"]
    assert (answer["Response rate"], answer["Cost per response"], answer["Return"]) == (0, None, None)


def test_a_masked_report_shows_the_same_accounts_without_names(tmp_path):
    path = write_report(replace(run()).masked(), tmp_path / "masked.xlsx")
    book = openpyxl.load_workbook(path)
    names = {row["name"] for row in source().tables["customers"].to_pylist()} - {None}
    for page in ("Campaigns", "Key accounts", "Members"):
        texts = {
            cell for row in book[page].iter_rows(values_only=True) for cell in row if isinstance(cell, str)
        }
        assert not texts & names
