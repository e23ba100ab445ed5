"""Rows and tables hold together: repeated rows, customers, days."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.workbooks.inputs import ROWS, changed, levels, refusal, said, transactions, workbook
from workbooks.reader import Reading, read


def test_exact_duplicates_of_a_transaction_count_once_and_are_listed(tmp_path):
    rows = [*ROWS, ROWS[3], ROWS[3], [*ROWS[5][:3], 999.0]]
    source = read(transactions(tmp_path / "a.xlsx", rows))
    assert source.tables["transactions"].num_rows == 25
    assert [problem.cell for problem in source.problems] == ["A26", "A27"]
    assert "row 5" in said(source)


def test_a_row_is_set_aside_once_however_many_of_its_cells_are_bad(tmp_path):
    bad: list[list[Any]] = [
        ["T1", "C1", "2024-02-30", "much"],
        ["T2", "C2", "soon", 5.0],
        ROWS[3],
        ["T3", None, "never", 1.0],
    ]
    path = transactions(tmp_path / "a.xlsx", [*ROWS, *bad, ["Total", None, None, 3150.0]])
    source = read(path, reading=Reading(max_bad_share=0.2))
    assert source.tables["transactions"].num_rows == 24
    assert sum(problem.set_aside for problem in source.problems) == len(bad) + 1
    assert {problem.cell: problem.set_aside for problem in source.problems} == {
        "B29": 1, "C26": 1, "C27": 1, "C29": 0, "D26": 0, "A28": 1, "A30": 1,
    }  # fmt: skip


def test_rows_set_aside_beyond_those_listed_are_counted(tmp_path):
    rows = [["T1", "C1", None, 1.0]] * 1_200 + ROWS * 2
    source = read(transactions(tmp_path / "a.xlsx", rows), reading=Reading(max_bad_share=1.0))
    assert len(source.problems) < 1_100
    assert sum(problem.set_aside for problem in source.problems) == 1_200 + len(ROWS)


def test_equal_customers_count_once_and_different_ones_are_an_error(tmp_path):
    header, ada, bob = ["customer_id", "name"], ["C1", "Ada"], ["C2", "Bob"]
    source = read(workbook(tmp_path / "a.xlsx", {"customers": [header, ada, bob, ada]}))
    assert source.tables["customers"].num_rows == 2
    assert levels(source) == {"warning"}
    error = refusal(workbook(tmp_path / "b.xlsx", {"customers": [header, ada, bob, ["C1", "Eve"]]}))
    assert "A2 and A4" in said(error)


def test_records_of_several_sources_may_share_a_customer(tmp_path):
    rows = [
        ["customer_id", "name", "source", "source_id"],
        ["C1", "Ada", "crm", "1"],
        ["C1", "A. L.", "shop", "9"],
    ]
    assert read(workbook(tmp_path / "a.xlsx", {"customers": rows})).tables["customers"].num_rows == 2


def test_dates_after_today_and_before_1950_are_said(tmp_path):
    path = transactions(tmp_path / "a.xlsx", changed((0, 2, date(1949, 12, 31))))
    source = read(path, today=date(2024, 1, 20))
    assert source.tables["transactions"].num_rows == 24
    assert "1949-12-31" in said(source)
    assert "2024-01-21" in said(source)
    assert len(read(path).problems) == 1
