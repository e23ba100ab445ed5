from __future__ import annotations

import hashlib
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from tierbook.errors import DataError
from tierbook.language import LANGUAGES
from workbooks.reader import Reading, Source, read

HEADERS = ["transaction_id", "customer_id", "date", "amount"]
ROWS: list[list[Any]] = [[f"T{at}", f"C{at % 5}", date(2024, 1, 1 + at), 10.5 * at] for at in range(1, 25)]


def workbook(path: Path, sheets: dict[str, list[list]], *, date_1904: bool = False) -> Path:
    """A workbook of sheets given as rows; dates are date cells, `=…` is a formula with the value 1."""
    with xlsxwriter.Workbook(path, {"date_1904": date_1904}) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for at, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if isinstance(cell, date):
                        sheet.write_datetime(at, column, cell, day)
                    elif isinstance(cell, tuple):  # formula and saved value
                        sheet.write_formula(at, column, cell[0], None, cell[1])
                    elif isinstance(cell, str):
                        sheet.write_string(at, column, cell)
                    elif cell is not None:
                        sheet.write(at, column, cell)
    return path


def transactions(path: Path, rows: list[list] | None = None, headers: list[str] | None = None) -> Path:
    return workbook(path, {"transactions": [headers or HEADERS, *(ROWS if rows is None else rows)]})


def refusal(source: Path, **settings) -> DataError:
    with pytest.raises(DataError) as caught:
        read(source, **settings)
    return caught.value


def said(source: Source | DataError) -> str:
    return "\n".join(problem.text() for problem in source.problems)


def levels(source: Source) -> set[str]:
    return {problem.level for problem in source.problems}


def changed(*changes: tuple[int, int, object]) -> list[list]:
    """The rows with some cells changed: (row, column, cell)."""
    rows = [list(row) for row in ROWS]
    for row, column, cell in changes:
        rows[row][column] = cell
    return rows


# Finding tables


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


# Bad cells


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


# Layout


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


# Rows and tables together


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


# Text files, folders, Parquet


def csv_text(delimiter: str = ",", end: str = "\n") -> str:
    rows = [HEADERS, *([row[0], row[1], row[2].isoformat(), f"{row[3]:.2f}"] for row in ROWS)]
    return end.join(delimiter.join(row) for row in rows) + end


def write(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_delimiters_and_line_ends_are_found_out(tmp_path, delimiter, end):
    source = read(write(tmp_path / "transactions.csv", csv_text(delimiter, end)))
    assert source.summary()["tables"]["transactions"] == {"rows": 24, "total": {"amount": 3150.0}}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"])
def test_encodings_are_found_out(tmp_path, encoding):
    text = "客户编号,姓名,区域\nC1,李小龙,北京市\nC2,王五,上海浦东\n"
    source = read(write(tmp_path / "客户.csv", text.encode(encoding)))
    assert source.tables["customers"]["name"].to_pylist() == ["李小龙", "王五"]


def test_cp1252_that_happens_to_decode_as_gb18030_is_not_taken_for_chinese(tmp_path):
    error = refusal(
        write(tmp_path / "customers.csv", "customer_id,name\nC1,Söhne\nC2,Müller\n".encode("cp1252"))
    )
    assert "cp1252" in said(error)


def test_a_bad_cell_in_a_text_file_has_line_and_column(tmp_path):
    lines = csv_text().splitlines()
    lines[3] = 'T3,"C\n3",2024-01-04,31.50'  # a quoted line break shifts the lines below
    lines[7] = "T7,C2,2024-01-08,lots"
    lines[9] += ",extra"
    source = read(
        write(tmp_path / "transactions.csv", "\n".join(["", *lines])), reading=Reading(max_bad_share=0.2)
    )
    assert sorted(
        (problem.line, problem.column) for problem in source.problems if problem.level == "warning"
    ) == [
        (10, 4),
        (12, None),
    ]


def test_an_unclosed_quote_names_the_line_it_opens_on(tmp_path):
    lines = csv_text().splitlines()
    lines[5] = 'T5,"C0,2024-01-06,52.50'
    error = refusal(write(tmp_path / "transactions.csv", "\n".join(lines)))
    assert "transactions.csv:6" in said(error)


def test_a_nul_byte_names_its_line(tmp_path):
    error = refusal(write(tmp_path / "transactions.csv", csv_text().replace("T4", "T\0")))
    assert "transactions.csv:5" in said(error)


def test_unknown_columns_of_a_text_file_get_the_type_all_their_cells_have(tmp_path):
    text = "customer_id,name,points,seen,code\nC1,Ada,12.5,2024-01-05,007\nC2,Bob,,2024-02-05,8\n"
    table = read(write(tmp_path / "customers.csv", text)).tables["customers"]
    assert [str(kind) for kind in table.schema.types] == [
        "string",
        "string",
        "double",
        "date32[day]",
        "string",
    ]


def test_a_folder_holds_one_file_per_table(tmp_path):
    write(tmp_path / "orders.csv", csv_text())
    pq.write_table(
        pa.table({"customer_id": [f"C{at}" for at in range(5)], "name": list("abcde")}),
        tmp_path / "customers.parquet",
    )
    write(tmp_path / "notes.txt", "just a note")
    write(tmp_path / "~$orders.csv", b"")
    source = read(tmp_path)
    assert set(source.tables) == {"transactions", "customers"}
    assert levels(source) <= {"note"}


def test_every_file_read_is_fingerprinted(tmp_path):
    path = write(tmp_path / "transactions.csv", csv_text())
    (file,) = read(path).files
    assert (file.path, file.bytes) == (path, path.stat().st_size)
    assert file.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_two_files_of_one_table_are_refused(tmp_path):
    write(tmp_path / "orders.csv", csv_text())
    write(tmp_path / "transactions.csv", csv_text())
    assert "orders.csv and transactions.csv" in said(refusal(tmp_path))


def test_problems_of_all_files_come_at_once(tmp_path):
    write(tmp_path / "customers.csv", b"")
    write(tmp_path / "transactions.csv", csv_text().replace("amount", "amonut"))
    text = said(refusal(tmp_path))
    assert "customers.csv" in text
    assert "amonut" in text


@pytest.mark.parametrize(
    ("name", "words"),
    [("missing.xlsx", "no such file"), ("a.pdf", "not read (.pdf)"), ("~$a.xlsx", "lock file")],
)
def test_what_cannot_be_read_is_said_in_one_sentence(tmp_path, name, words):
    if name != "missing.xlsx":
        write(tmp_path / name, b"x")
    assert words in str(refusal(tmp_path / name))


def test_parquet_text_that_is_no_utf8_is_refused(tmp_path):
    ids = pa.StringArray.from_buffers(1, pa.py_buffer(b"\0\0\0\0\2\0\0\0"), pa.py_buffer(b"\xff\xfe"))
    pq.write_table(pa.table({"customer_id": ids, "name": ["Ada"]}), tmp_path / "customers.parquet")
    assert "damaged" in str(refusal(tmp_path / "customers.parquet"))


def test_a_time_zone_nobody_knows_is_refused_in_words(tmp_path):
    moments = pa.array([datetime(2024, 1, 1)], pa.timestamp("us", "Mars/Olympus"))
    table = pa.table({"customer_id": ["C1"], "date": moments, "amount": [1.0]})
    pq.write_table(table, tmp_path / "transactions.parquet")
    assert "Mars/Olympus" in str(refusal(tmp_path / "transactions.parquet"))


def test_an_empty_folder_is_refused(tmp_path):
    assert "no table" in str(refusal(tmp_path))


# What a host sees


def test_the_summary_is_what_check_prints(tmp_path):
    source = read(transactions(tmp_path / "a.xlsx", changed((3, 3, "lots"))))
    for language in LANGUAGES:
        summary = source.summary(language)
        assert json.loads(json.dumps(summary)) == summary
    assert source.summary()["status"] == "warning"
    assert source.summary()["tables"] == {"transactions": {"rows": 23, "total": {"amount": 3108.0}}}
    assert source.summary()["problems"][0]["cell"] == "D5"


def test_progress_runs_from_nothing_to_all(tmp_path):
    shares: list[float] = []
    read(transactions(tmp_path / "a.xlsx"), progress=lambda share, what: shares.append(share))
    assert shares[0] == 0
    assert shares[-1] == 1
    assert shares == sorted(shares)


def test_a_time_column_keeps_its_time_of_day(tmp_path):
    rows: list[list[Any]] = [["customer_id", "date", "type"], ["C1", datetime(2024, 1, 31, 8, 30), "call"]]
    table = read(workbook(tmp_path / "a.xlsx", {"interactions": rows})).tables["interactions"]
    assert table["date"].to_pylist() == [datetime(2024, 1, 31, 8, 30)]
