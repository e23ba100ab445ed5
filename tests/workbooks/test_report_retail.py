"""What the retail pack adds to the report: early warning, backtest and win back tie out with every other page."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from functools import cache

import openpyxl
import pytest

from tests.udfs.test_retail import cells
from tests.workbooks.report_books import added_up, table
from tierbook.language import LANGUAGES, label
from tierbook.rulepack.read import read_pack
from tierbook.run import Run
from tierbook.score import score
from tierbook.shipped import shipped
from udfs import Context, call
from workbooks.reader import read
from workbooks.report import write_report
from workbooks.samples import sample_path

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported:UserWarning")


@cache
def source():
    return read(sample_path("retail"))


@cache
def run() -> Run:
    return score(source().tables, read_pack(shipped("rules") / "retail.yaml"))


@pytest.fixture(scope="module", params=LANGUAGES)
def book(request, tmp_path_factory):
    language = request.param
    path = write_report(run(), tmp_path_factory.mktemp("retail") / "report.xlsx", language=language)
    sheets = openpyxl.load_workbook(path)
    return lambda page: sheets[label(f"page_{page}", language)], lambda name: label(name, language)


def test_early_warning_counts_everybody_once(book):
    sheet, word = book
    rows = table(sheet("churn"), word("level"))
    (totals,) = run().table("totals").to_pylist()
    assert set(added_up(rows, word("customers"))) == {totals["customers"]}
    assert {round(one, 2) for one in added_up(rows, word("value"))} == {round(totals["value"], 2)}
    reasons = run().customers["early_warning_reason"].to_pylist()
    for part in "RFM":
        assert set(added_up(rows, word(part))) == {reasons.count(part)}


def test_the_churn_rate_of_a_month_is_that_in_a_cell(book):
    sheet, word = book
    months = table(sheet("churn"), word("month_end"), word("active"))
    paid = source().tables["transactions"].to_pylist()
    bought = [
        (row["customer_id"], datetime.combine(row["date"], time())) for row in paid if row["amount"] >= 0
    ]
    ids, days = ([[one] for one in column] for column in zip(*bought, strict=True))
    assert len(months) == 12
    last, before = months[-1], months[-2]
    rate = call("CRM_CHURN_RATE", ids, days, before[word("month_end")], last[word("month_end")], 90)
    assert last[word("churn_rate")] == pytest.approx(rate)


def test_the_backtest_on_the_page_is_that_in_a_cell(book):
    sheet, word = book
    rows = {row[word("flagged_by")]: row for row in table(sheet("churn"), word("flagged_by"))}
    tables = {name: cells(one) for name, one in source().tables.items()}
    cutoff = datetime.combine(run().as_of, time()) - timedelta(days=90)
    found = dict(
        row[:2]
        for row in call(
            "CRM_BACKTEST",
            tables["transactions"],
            cutoff,
            90,
            None,
            tables["customers"],
            context=Context(pack="retail"),
        )[1:]
    )
    shown = rows[word("by_rules")]
    for heading, figure in (
        ("population", "population"), ("flagged_count", "flagged"), ("lost_count", "lost"), ("recall", "recall"),
        ("precision", "precision"), ("lift", "lift"),
    ):  # fmt: skip
        assert shown[word(heading)] == pytest.approx(found[figure])


def test_win_back_ties_out_with_churn_and_with_the_customers(book):
    sheet, word = book
    decided = table(sheet("actions"), word("winback"), word("customers"))
    lost = [row for row in run().customers.to_pylist() if row["winback"] != ""]
    assert set(added_up(decided, word("customers"))) == {len(lost)}
    assert {round(one, 2) for one in added_up(decided, word("value"))} == {
        round(sum(row["value"] for row in lost), 2)
    }
    spend = sum(row["winback_spend"] or 0 for row in lost)
    assert {round(one, 2) for one in added_up(decided, word("winback_spend"))} == {round(spend, 2)}
    levels = table(sheet("churn"), word("tier"))[-1]
    assert levels[run().word("lost", "zh" if word("tier") == "等级" else "en")] == len(lost)


def test_a_reminder_fires_in_the_list_and_in_the_actions(book):
    sheet, word = book
    listed = table(sheet("actions"), word("customer"), word("tier"), word("occasion"))
    assert listed
    assert [row[word("day")] for row in listed] == sorted(row[word("day")] for row in listed)
    kinds = {row[word("action")]: row for row in table(sheet("actions"), word("action"), word("customers"))}
    assert kinds[word("action_birthday")][word("customers")] > 0


def test_both_pages_name_the_same_next_action(book):
    sheet, word = book
    of_customer = {
        row[word("name")]: row[word("action")] for row in table(sheet("customers"), word("customer_id"))
    }
    names = [row[word("name")] for row in table(sheet("customers"), word("customer_id"))]
    for row in table(sheet("actions"), word("customer"), word("tier"), word("action")):
        if names.count(row[word("customer")]) == 1:
            assert of_customer[row[word("customer")]] == row[word("action")]
