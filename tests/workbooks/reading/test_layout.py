"""What stands around a table is not part of it, and does not decide memory."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import xlsxwriter

from tests.workbooks.inputs import HEADERS, ROWS, levels, refusal, said, transactions, workbook
from workbooks.reader import read


@pytest.mark.parametrize(
    "last",
    [
        ["Total", None, None, 3150.0],
        [None, None, None, 3150.0],
        ["合计", None, None, 3150.0],
        ["Source: SAP export", None, None, None],
        [None, "Grand total", None, 3150.0],
        ["* without tax", None, None, None],
    ],
)
def test_a_last_row_without_keys_is_left_out_and_said(tmp_path, last):
    source = read(transactions(tmp_path / "a.xlsx", [*ROWS, last]))
    assert source.tables["transactions"].num_rows == 24
    assert [(problem.level, problem.cell) for problem in source.problems] == [("warning", "A26")]


def test_a_last_purchase_without_customer_is_a_bad_row_and_no_footnote(tmp_path):
    source = read(transactions(tmp_path / "a.xlsx", [*ROWS, ["T99", None, date(2024, 1, 1), 5.0]]))
    assert [problem.cell for problem in source.problems] == ["B26"]
    assert "missing" in said(source)


def test_a_single_customer_is_no_footnote(tmp_path):
    path = workbook(
        tmp_path / "a.xlsx", {"customers": [["customer_id", "name"], ["C1", "Ada"], ["C2", None]]}
    )
    assert read(path).tables["customers"].num_rows == 2


def test_hidden_rows_are_read_and_said(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("transactions")
        rows: list[list[Any]] = [HEADERS, *([*row[:2], "2024-01-05", row[3]] for row in ROWS)]
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)
        sheet.set_row(4, None, None, {"hidden": True})
    source = read(path)
    assert source.tables["transactions"].num_rows == 24
    assert levels(source) == {"note"}
    assert "Hidden" in said(source)


@pytest.mark.parametrize(
    ("row", "column", "why"), [(1_048_575, 16_383, "the last cell"), (200_000, 300, "far off")]
)
def test_a_cell_far_beside_the_table_does_not_decide_memory(tmp_path, monkeypatch, row, column, why):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet("transactions")
        rows: list[list[Any]] = [HEADERS, *ROWS]
        for at, cells in enumerate(rows):
            sheet.write_row(at, 0, cells)
        sheet.write(row, column, "x")
    source = read(path)
    assert source.tables["transactions"].num_rows == 24, why
    assert "far beside" in said(source)


def test_a_table_that_spans_far_more_than_it_holds_is_refused(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("transactions")
        sheet.write_row(0, 0, HEADERS)
        sheet.write(0, 16_383, "last")
        sheet.write(1_048_575, 0, "T1")
    assert "holds only" in said(refusal(path))
