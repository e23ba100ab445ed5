"""Delimiters, encodings and line ends are found out, and a bad cell has its line and column."""

from __future__ import annotations

import pytest

from tests.workbooks.inputs import csv_text, refusal, said, write
from workbooks.reader import Reading, read


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
