"""Pages show what a pack and its input give, and no column, row or chart of what they do not."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from tests.workbooks.test_pages_agree import one_table
from tests.workbooks.test_recalculated import run
from workbooks.report import write_report
from workbooks.rows import in_course
from workbooks.style import short_number

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported:UserWarning")


@pytest.fixture(scope="module")
def sheet(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder: Path = tmp_path_factory.mktemp("fitting")

    @cache
    def book(pack: str) -> openpyxl.Workbook:
        return openpyxl.load_workbook(write_report(run(pack), folder / f"{pack}.xlsx"))

    return lambda pack, page: book(pack)[page]


def said(page: Worksheet) -> set[str]:
    return {cell.value for row in page.iter_rows() for cell in row if isinstance(cell.value, str)}


def test_without_stages_lists_show_orders_and_the_audit_says_nothing_of_stages(sheet):
    assert "Stage" not in said(sheet("securities", "Churn")) | said(sheet("securities", "Value and tiers"))
    watched, _ = one_table(sheet("securities", "Churn"), "Customer", "Churn level")
    assert all(isinstance(row["Orders"], int | float) for row in watched)


def test_without_tiers_the_action_list_names_customers_by_their_number(sheet):
    listed, _ = one_table(sheet("hospital", "Actions"), "Customer", "Due")
    known = set(run("hospital").customers["customer_id"].to_pylist())
    assert {row["Customer ID"] for row in listed} <= known


def test_who_sells_nothing_has_no_figures_of_sales_in_the_audit(sheet):
    assert not {"Revenue", "Active", "Customers with a purchase"} & said(sheet("hospital", "Audit"))
    assert {"Revenue", "Active", "Customers with a purchase"} <= said(sheet("securities", "Audit"))


def test_columns_of_benchmarks_are_there_when_there_is_one(sheet):
    heads = said(sheet("hospital", "Effect"))
    assert "Verdict" in heads
    assert "Benchmark" not in heads


def test_customers_of_editions_have_no_churn_rate_by_month(sheet):
    assert "Churn rate by month" not in said(sheet("exhibition", "Churn"))
    assert "Churn rate by month" in said(sheet("securities", "Churn"))


def test_whom_to_introduce_is_told_by_name_and_number(sheet):
    rows, _ = one_table(sheet("exhibition", "Supply and demand"), "Exhibitor", "Visitor")
    customers = run("exhibition").customers
    called = {
        f"{name} ({one})"
        for one, name in zip(customers["customer_id"].to_pylist(), customers["name"].to_pylist(), strict=True)
    }
    assert {row["Exhibitor"] for row in rows} <= called


def test_stages_stand_in_the_course_of_a_customers_life_whatever_the_order_of_the_rules():
    assert in_course(["prospect", "lost", "dormant", "first_steps", "regular"]) == [
        "prospect", "first_steps", "regular", "dormant", "lost",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "value, language, shown",
    [
        (9.5e8, "en", "950.00M"),
        (1.188e12, "en", "1,188.00B"),
        (1.5e8, "zh", "1.50亿"),
        (1.188e12, "zh", "1.188万亿"),
    ],
)
def test_large_figures_have_a_unit_that_keeps_them_short(value, language, shown):
    assert short_number(value, language) == shown
