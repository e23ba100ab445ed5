"""The Behaviour page and the counts behind it: tiers by count, profit by tier, classes against each other."""

from __future__ import annotations

from datetime import date
from functools import cache
from math import fsum
from pathlib import Path

import numpy as np
import openpyxl
import pyarrow as pa
import pytest

from tierbook.language import label
from tierbook.rulepack.read import read_pack
from tierbook.run import Run
from tierbook.score import score
from tierbook.scorer import Scorer
from tierbook.shipped import shipped
from workbooks.reader import read
from workbooks.report import write_report
from workbooks.samples import sample_path

PACK = read_pack(shipped("rules") / "securities.yaml")


@cache
def run() -> Run:
    return score(read(sample_path("securities")).tables, PACK, today=date(2026, 11, 2))


def tiers(net_value: list[float], **columns: list[float]) -> list[str]:
    n = len(net_value)
    ids = np.array([f"{i:04d}" for i in range(n)], dtype=object)
    given = {
        "net_value": np.array(net_value, float),
        "assets": np.zeros(n),
        "orders": np.ones(n),
        "days_since_last": np.zeros(n),
        **{name: np.array(column, float) for name, column in columns.items()},
    }
    return Scorer(PACK, given, ids=ids).tier().tolist()


def test_of_fifty_customers_two_are_vip_and_eight_important():
    found = tiers([float(i) for i in range(1, 51)])
    assert (found.count("vip"), found.count("important"), found.count("general")) == (2, 8, 40)
    assert found[-2:] == ["vip", "vip"], "the best are the ones with the most net value"


@pytest.mark.parametrize("count, vip, important", [(1, 0, 0), (3, 0, 1), (12, 0, 2), (13, 1, 2), (25, 1, 4)])
def test_places_are_counted_half_up(count, vip, important):
    found = tiers([float(i) for i in range(1, count + 1)])
    assert (found.count("vip"), found.count("important")) == (vip, important)


def test_of_equal_customers_the_first_by_id_take_the_places():
    assert tiers([5.0] * 25) == ["vip"] + ["important"] * 4 + ["general"] * 20


def test_places_nobody_earns_stay_empty():
    found = tiers([3.0] + [-1.0] * 24)
    assert found == ["vip"] + ["no_value"] * 24


def test_dormant_accounts_with_profit_are_general_all_the_same():
    found = tiers([float(i) for i in range(1, 51)], days_since_last=[999.0] * 50, assets=[1e6] * 50)
    assert found[0] == "general"


def test_the_share_of_vips_may_follow_from_the_advisers_there_are(tmp_path):
    # Two advisers can look after three customers each; the top group of fifty customers has ten places.
    text = (shipped("rules") / "securities.yaml").read_text("utf-8")
    own = tmp_path / "securities.yaml"
    own.write_text(
        text.replace("vip_of_top:      {is: 0.20,", f"vip_of_top:      {{is: {2 * 3 / 10},"), "utf-8"
    )
    ids = np.array([f"{i:04d}" for i in range(50)], dtype=object)
    given = {"net_value": np.arange(1.0, 51), "assets": np.zeros(50), "orders": np.ones(50), "days_since_last": np.zeros(50)}  # fmt: skip
    found = Scorer(read_pack(own), given, ids=ids).tier().tolist()
    assert (found.count("vip"), found.count("important")) == (6, 4)


def test_the_product_is_that_of_the_turnover_not_of_the_commission():
    trades = pa.table({
        "customer_id": ["A", "A", "B", "B"], "date": pa.array([date(2026, 10, 1)] * 4), "category": ["bonds", "shares", "shares", "funds"],
        "turnover": [9_000.0, 1_000.0, 500.0, 500.0], "amount": [1.0, 50.0, 9.0, 1.0], "cost": [0.0] * 4,
    })  # fmt: skip
    found = score({"transactions": trades}, PACK).customers["class.product"].to_pylist()
    assert found == ["bonds", "funds"], "of two halves the first by name"


def test_leads_from_outside_are_potential_beside_the_table(tmp_path):
    leads = read(sample_path("securities")).tables["leads"].to_pylist()
    outside = [one for one in leads if one["customer_id"] is None and one["closed"] is None]
    assert 5 < len(outside) < len(leads) - 4
    path = write_report(run(), tmp_path / "report.xlsx")
    said = [
        cell for row in openpyxl.load_workbook(path)["Behaviour"].iter_rows(values_only=True) for cell in row
    ]
    assert (
        f"Potential beside the table: {len(outside)} open leads from outside, who are no customers yet."
        in said
    )


def test_profit_adds_up_to_that_of_the_customers():
    profits = run().table("profits").to_pylist()
    net_value = [one or 0.0 for one in run().customers["net_value"].to_pylist()]
    assert fsum(one["profit"] for one in profits) == pytest.approx(fsum(net_value), abs=0.005)
    assert fsum(one["revenue"] - one["cost"] for one in profits) == pytest.approx(fsum(net_value), abs=0.005)
    best = run().table("best_fifth").to_pylist()[0]
    assert best["customers"] == round(len(net_value) * 0.2)
    assert best["profit"] == pytest.approx(
        fsum(sorted(net_value, reverse=True)[: best["customers"]]), abs=0.005
    )


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_table_of_the_page_counts_everyone(language, tmp_path):
    path = write_report(run(), tmp_path / "report.xlsx", language=language)
    sheet = openpyxl.load_workbook(path)[label("page_behaviour", language)]
    totals = [
        [cell.value for cell in row] for row in sheet.iter_rows() if row[1].value == label("total", language)
    ]
    assert len(totals) == 7, "profit, loyalty, four groups of classes, and two of them crossed"
    everyone = run().customers.num_rows
    assert [row[2] for row in totals[:-1]] == [everyone] * 6
    assert everyone in totals[-1]


def test_a_pack_without_such_classes_has_no_such_page(tmp_path):
    tables = read(sample_path("retail")).tables
    other = score(tables, read_pack(shipped("rules") / "retail.yaml"), today=date(2026, 11, 2))
    path: Path = write_report(other, tmp_path / "report.xlsx", language="en")
    assert "Behaviour" not in openpyxl.load_workbook(path, read_only=True).sheetnames


def test_one_customer_is_a_report_too(tmp_path):
    tables = {
        "transactions": pa.table(
            {"customer_id": ["A"], "date": pa.array([date(2026, 1, 5)]), "amount": [10.0]}
        )
    }
    alone = score(tables, PACK, today=date(2026, 11, 2))
    assert alone.customers["tier"].to_pylist() == ["general"], "a fifth of one customer is nobody"
    write_report(alone, tmp_path / "report.xlsx", language="en")
