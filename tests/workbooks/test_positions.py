"""The page Positions: flags, rungs and referrals are those of the customers, and nobody is lost between them."""

from __future__ import annotations

from math import fsum
from typing import Any

import openpyxl
import pyarrow as pa
import pytest

from tests.workbooks.test_pages_agree import one_table
from tests.workbooks.test_recalculated import run
from tierbook.language import LANGUAGES, label
from tierbook.rulepack.read import read_pack
from tierbook.score import score
from tierbook.shipped import shipped
from workbooks.report import all_sections, missing_needs, write_report

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported:UserWarning")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = write_report(run("hospitality"), tmp_path_factory.mktemp("positions") / "r.xlsx")
    return openpyxl.load_workbook(path)["Positions"]


def test_a_position_counts_whoever_carries_it(page):
    rows, _ = one_table(page, "Position", "Customers")
    words = run("hospitality").pack.word
    carried = [one.split("; ") for one in run("hospitality").customers["positions"].to_pylist()]
    for flag in run("hospitality").pack.positions:
        (row,) = [row for row in rows if row["Position"] == words(flag.name)]
        assert row["Customers"] == sum(flag.name in own for own in carried)
    assert rows[-1]["Customers"] == sum(own == [""] for own in carried)


def test_every_customer_stands_on_one_rung_and_the_lowest_comes_first(page):
    rows, total = one_table(page, "Ladder", "Customers")
    customers = run("hospitality").customers
    words = run("hospitality").pack.word
    assert [row["Ladder"] for row in rows] == ["Potential", "New", "Satisfied", "Retained", "Regular"]
    found = [words(one) for one in customers["ladder"].to_pylist()]
    assert {row["Ladder"]: row["Customers"] for row in rows} == {one: found.count(one) for one in set(found)}
    assert sum(row["Customers"] for row in rows) == total["Customers"] == customers.num_rows


def test_the_referred_and_the_others_are_everybody(page):
    rows, _ = one_table(page, "How they came", "Revenue")
    customers = run("hospitality").customers
    assert [row["Customers"] for row in rows] == [
        customers.num_rows - customers["referrer_id"].null_count,
        customers["referrer_id"].null_count,
    ]
    spend = fsum(one or 0.0 for one in customers["total_spend"].to_pylist())
    assert fsum(row["Revenue"] for row in rows) == pytest.approx(spend)
    best, _ = one_table(page, "Customer", "Referrals")
    assert [row["Spend of referred customers"] for row in best] == sorted(
        customers["referred_spend"].drop_null().to_pylist(), reverse=True
    )[: len(best)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_rules_without_positions_show_who_was_referred_and_nothing_else(tmp_path, language):
    customers = pa.table({"customer_id": ["A", "B", "C"], "referrer_id": [None, "A", "C"]})
    rows = [{"customer_id": one, "date": "2026-10-01", "amount": 5.0} for one in "AB"]
    tables = {"customers": customers, "transactions": pa.Table.from_pylist(rows)}
    tables["transactions"] = tables["transactions"].set_column(
        1, "date", tables["transactions"]["date"].cast(pa.timestamp("s")).cast(pa.date32())
    )
    found = score(tables, read_pack(shipped("rules/retail.yaml")))
    sheet = openpyxl.load_workbook(write_report(found, tmp_path / "r.xlsx", language=language))[
        label("page_positions", language)
    ]
    rows, _ = one_table(sheet, label("way_of_coming", language))
    # Nobody refers himself.
    assert [row[label("customers", language)] for row in rows] == [1, 2]
    (section,) = [one for one in all_sections() if one.name == "positions"]
    alone = score({"transactions": tables["transactions"]}, found.pack)
    assert missing_needs(section, found) == []
    assert missing_needs(section, alone)
