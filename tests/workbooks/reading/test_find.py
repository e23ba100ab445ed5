"""Tables are found by name, mapping or columns, wherever they start."""

from __future__ import annotations

from datetime import date
from typing import Any

import xlsxwriter

from tests.workbooks.inputs import HEADERS, ROWS, levels, refusal, said, transactions, workbook
from workbooks.reader import Reading, read


def test_columns_have_their_agreed_types(tmp_path):
    source = read(transactions(tmp_path / "a.xlsx"))
    schema = source.tables["transactions"].schema
    assert [str(schema.field(name).type) for name in HEADERS] == ["string", "string", "date32[day]", "double"]
    assert source.problems == []


def test_chinese_names_of_sheets_and_columns_are_known(tmp_path):
    rows = [[row[1], row[2], row[3], "预付"] for row in ROWS]
    source = read(
        workbook(tmp_path / "账.xlsx", {"订单": [["客户编号", "交易日期", "金额", "结算方式"], *rows]})
    )
    table = source.tables["transactions"]
    assert table.column_names == ["customer_id", "date", "amount", "settlement"]
    assert table["settlement"][0].as_py() == "prepaid"


def test_an_excel_table_is_found_by_its_name_and_its_totals_row_is_no_data(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Sheet1")
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write(0, 0, "Report")
        columns = [{"header": header} for header in HEADERS]
        columns[2]["format"] = day
        columns[3] |= {"total_function": "sum"}
        sheet.add_table(
            3, 2, 4 + len(ROWS), 5, {"name": "orders", "columns": columns, "total_row": True, "data": ROWS}
        )
        sheet.write(3, 8, "customer_id")
        sheet.write(4, 8, "beside the table")
    source = read(path)
    assert source.tables["transactions"].num_rows == len(ROWS)
    assert source.tables["transactions"].column_names == HEADERS
    assert "warning" not in levels(source)


def test_two_excel_tables_on_one_sheet_are_told_apart(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Data")
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        columns = [{"header": header} for header in HEADERS]
        columns[2]["format"] = day
        sheet.add_table(0, 0, len(ROWS), 3, {"name": "transactions", "columns": columns, "data": ROWS})
        customers = [[f"C{at}", f"Name {at}"] for at in range(5)]
        sheet.add_table(
            0, 6, 5, 7, {"name": "customers", "columns": [{"header": "customer_id"}, {"header": "name"}], "data": customers}
        )  # fmt: skip
    source = read(path)
    assert source.tables["transactions"].num_rows == 24
    assert source.tables["customers"].to_pylist()[4] == {"customer_id": "C4", "name": "Name 4"}


def test_a_mapping_names_sheet_and_columns(tmp_path):
    path = workbook(
        tmp_path / "a.xlsx", {"Export 7": [["nr", "who", "when", "net"], *ROWS], "transactions": [["x"]]}
    )
    mapping = {
        "transactions": {
            "sheet": "Export 7",
            "columns": {"customer_id": "who", "date": "when", "amount": "net"},
        }
    }
    source = read(path, reading=Reading(mapping=mapping))
    assert source.tables["transactions"].column_names == ["nr", "customer_id", "date", "amount"]


def test_a_mapping_to_a_sheet_that_is_not_there_lists_the_sheets(tmp_path):
    error = refusal(transactions(tmp_path / "a.xlsx"), reading=Reading(mapping={"transactions": "Sales"}))
    assert '"Sales"' in said(error)
    assert "has transactions" in said(error)


def test_a_sheet_nobody_named_is_known_by_its_columns_and_that_is_said(tmp_path):
    source = read(workbook(tmp_path / "a.xlsx", {"Blatt 1": [HEADERS, *ROWS]}))
    assert source.tables["transactions"].num_rows == 24
    assert levels(source) == {"note"}


def test_two_sheets_that_look_like_one_table_are_refused(tmp_path):
    error = refusal(workbook(tmp_path / "a.xlsx", {"2023": [HEADERS, *ROWS], "2024": [HEADERS, *ROWS]}))
    assert "2023, 2024" in said(error)


def test_sheets_tierbook_wrote_are_no_inputs(tmp_path):
    path = workbook(tmp_path / "a.xlsx", {"Tierbook Scores": [HEADERS, *ROWS], "notes": [["x"]]})
    assert "Tierbook Scores, notes" in said(refusal(path))


def test_a_result_sheet_is_no_input_whatever_it_is_called_by_now(tmp_path):
    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(path) as book:
        ours = book.add_worksheet("客户")
        ours.add_table(
            0,
            0,
            2,
            1,
            {"name": "tierbook_scores", "columns": [{"header": "customer_id"}, {"header": "name"}]},
        )
        sheet = book.add_worksheet("transactions")
        for at, row in enumerate(
            [["customer_id", "date", "amount"], ["C1", "2024-01-31", 5], ["C2", "2024-02-01", 6]]
        ):
            sheet.write_row(at, 0, row)
    assert set(read(path).tables) == {"transactions"}


def test_a_workbook_without_any_table_names_its_sheets(tmp_path):
    assert "alpha, beta" in said(refusal(workbook(tmp_path / "a.xlsx", {"alpha": [["x"]], "beta": [[1]]})))


def test_a_table_may_start_anywhere_on_its_sheet(tmp_path):
    rows: list[list[Any]] = [["Sales"], [], *([None, None, *row] for row in [HEADERS, *ROWS])]
    source = read(workbook(tmp_path / "a.xlsx", {"transactions": rows}))
    assert source.tables["transactions"].num_rows == 24
    assert source.tables["transactions"]["amount"][0].as_py() == 10.5
    assert "row 3" in said(source)


def test_columns_nobody_knows_are_kept_with_the_type_found(tmp_path):
    rows = [[*row, "007", 2.0, date(2024, 5, 5), "5", True] for row in ROWS]
    headers = [*HEADERS, "Shop No", "Points", "Seen", "Grade", "Vip"]
    table = read(transactions(tmp_path / "a.xlsx", rows, headers)).tables["transactions"]
    assert [str(table.schema.field(name).type) for name in ("shop_no", "points", "seen", "grade", "vip")] == [
        "string", "double", "date32[day]", "double", "bool",
    ]  # fmt: skip
    assert table["shop_no"][0].as_py() == "007"
