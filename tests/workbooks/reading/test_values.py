"""A cell that is not what its column holds is said with its place, and only its row is set aside."""

from __future__ import annotations

from datetime import date

import pytest
import xlsxwriter

from tests.workbooks.inputs import HEADERS, ROWS, changed, refusal, said, transactions, workbook
from workbooks.reader import Reading, read


def test_a_bad_cell_sets_its_row_aside_and_keeps_its_place(tmp_path):
    path = transactions(tmp_path / "a.xlsx", changed((3, 3, "lots")))
    source = read(path)
    assert source.tables["transactions"].num_rows == 23
    (problem,) = source.problems
    assert (problem.level, problem.sheet, problem.cell, problem.table) == (
        "warning",
        "transactions",
        "D5",
        "transactions",
    )
    assert '"lots"' in problem.text()
    assert problem.text("zh") != problem.text()


def test_more_bad_rows_than_allowed_stop_the_run_and_all_are_listed(tmp_path):
    path = transactions(tmp_path / "a.xlsx", changed((0, 3, "lots"), (5, 2, "someday"), (9, 1, None)))
    error = refusal(path)
    assert {problem.cell for problem in error.problems} == {"D2", "C7", "B11", ""}
    assert "3 of 24" in said(error)
    assert read(path, reading=Reading(max_bad_share=0.2)).tables["transactions"].num_rows == 21


def test_two_bad_cells_of_a_row_are_two_problems_and_one_row(tmp_path):
    source = read(transactions(tmp_path / "a.xlsx", changed((4, 2, "x"), (4, 3, "y"))))
    assert source.tables["transactions"].num_rows == 23
    assert [problem.cell for problem in source.problems] == ["C6", "D6"]


def test_error_cells_are_problems_and_never_zeros(tmp_path):
    path = transactions(tmp_path / "a.xlsx", changed((4, 3, ("=1/0", "#DIV/0!"))))
    source = read(path)
    assert source.tables["transactions"].num_rows == 23
    assert [(problem.cell, "#DIV/0!" in problem.text()) for problem in source.problems] == [("D6", True)]


def test_not_available_is_missing_in_a_number_column(tmp_path):
    rows = [[*row, 1.0] for row in ROWS]
    rows[4][4] = ("=NA()", "#N/A")
    table = read(transactions(tmp_path / "a.xlsx", rows, [*HEADERS, "cost"])).tables["transactions"]
    assert table.num_rows == 24
    assert table["cost"][4].as_py() is None


def test_an_error_in_a_column_nobody_knows_keeps_its_row_and_is_said(tmp_path):
    rows = [[*row, "a"] for row in ROWS]
    rows[4][4] = ("=#REF!", "#REF!")
    source = read(transactions(tmp_path / "a.xlsx", rows, [*HEADERS, "remark"]))
    assert source.tables["transactions"].num_rows == 24
    assert [problem.cell for problem in source.problems] == ["E6"]


def test_text_late_in_a_number_column_is_found(tmp_path):
    rows = [[f"T{at}", "C1", date(2024, 1, 1), 1.0] for at in range(3000)]
    rows[2500][3] = "oops"
    source = read(transactions(tmp_path / "a.xlsx", rows))
    assert [problem.cell for problem in source.problems] == ["D2502"]


def test_numbers_and_texts_in_one_column_are_told_apart_where_the_decimal_sign_is_a_comma(tmp_path):
    path = transactions(tmp_path / "a.xlsx", changed((0, 3, 1.234), (1, 3, "1.234,5"), (2, 3, 12.5)))
    amounts = read(path, reading=Reading(decimal=",")).tables["transactions"]["amount"].to_pylist()
    assert amounts[:3] == [1.234, 1234.5, 12.5]


def test_a_long_numeric_identifier_among_texts_is_refused_and_a_long_text_is_not(tmp_path):
    path = transactions(
        tmp_path / "a.xlsx", changed((0, 1, 1234567890123456.0), (1, 1, "110101199003078515"))
    )
    source = read(path)
    assert [problem.cell for problem in source.problems if problem.level == "warning"] == ["B2"]
    assert source.tables["transactions"]["customer_id"][0].as_py() == "110101199003078515"


def test_a_yes_or_no_among_long_identifiers_stays_what_it_is(tmp_path):
    path = transactions(tmp_path / "a.xlsx", changed((0, 1, True), (1, 1, "110101199003078515")))
    assert read(path).tables["transactions"]["customer_id"].to_pylist()[:2] == ["true", "110101199003078515"]


def test_a_thousand_bad_cells_are_listed_and_the_rest_is_said(tmp_path):
    rows = [[f"T{at}", "C1", date(2024, 1, 1), None] for at in range(1500)]
    error = refusal(transactions(tmp_path / "a.xlsx", rows))
    assert sum(problem.message == "{name} is missing." for problem in error.problems) == 1000
    assert "more cells like these" in said(error)
    assert "1500 of 1500" in said(error)


def test_numeric_identifiers_read_without_a_fraction(tmp_path):
    rows = [[1000 + at, 7, date(2024, 1, 1), 1.0] for at in range(5)]
    table = read(transactions(tmp_path / "a.xlsx", rows)).tables["transactions"]
    assert table["transaction_id"].to_pylist() == ["1000", "1001", "1002", "1003", "1004"]


def test_a_workbook_of_1904_gives_the_same_days(tmp_path):
    rows = [*ROWS, ["T99", "C1", 43860, 1.0]]
    path = workbook(tmp_path / "a.xlsx", {"transactions": [HEADERS, *rows]}, date_1904=True)
    assert read(path).tables["transactions"]["date"].to_pylist()[0] == date(2024, 1, 2)
    unstyled = [[row[0], row[1], 43860, row[3]] for row in ROWS]
    path = workbook(tmp_path / "b.xlsx", {"transactions": [HEADERS, *unstyled]}, date_1904=True)
    source = read(path)
    assert source.tables["transactions"]["date"].to_pylist()[0] == date(2024, 1, 31)
    assert "1904" in said(source)


@pytest.mark.parametrize("serial", [0, -3, 60, 0.5])
def test_date_cells_that_are_no_days_are_refused(tmp_path, serial):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet, day = book.add_worksheet("transactions"), book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, HEADERS)
        for at, row in enumerate(ROWS, start=1):
            sheet.write_row(at, 0, row[:2])
            sheet.write_number(at, 2, serial if at == 3 else 45322, day)
            sheet.write_number(at, 3, row[3])
    source = read(path)
    assert [problem.cell for problem in source.problems] == ["C4"]
    assert source.tables["transactions"].num_rows == 23
