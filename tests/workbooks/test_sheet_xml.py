"""Result sheets hold what was given: texts as texts, dates as dates, missing as blank."""

from __future__ import annotations

import datetime as dt
import decimal
import re
import zipfile

import fastexcel
import openpyxl
import pyarrow as pa
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from tests.workbooks.result_books import DAY, HOSTILE, result
from tierbook.errors import DataError
from workbooks import sheet_xml
from workbooks.gate.gate import gate
from workbooks.parts import XmlPart
from workbooks.patch import add_sheets, write_book
from workbooks.sheet_xml import LONGEST_TEXT, ResultSheet, headers, plain_text


def test_texts_are_never_formulas_and_come_back_as_they_were(tmp_path):
    out = tmp_path / "out.xlsx"
    write_book(out, [result(columns={"=evil": HOSTILE}, formats=["text"])])
    with zipfile.ZipFile(out) as archive:
        data = archive.read("xl/worksheets/tierbook1.xml")
    assert b"<f" not in data
    assert data.count(b' t="inlineStr"') == len(HOSTILE) + 1
    sheet = openpyxl.load_workbook(out)["Customer tiers"]
    for (cell,), text in zip(sheet.iter_rows(min_row=2), HOSTILE, strict=True):
        assert cell.data_type == "s"
        value = re.sub("_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), cell.value)
        assert value == text


@given(st.text(max_size=40))
def test_any_text_comes_back_from_its_xml(text):
    part = XmlPart("t", f"<t>{plain_text(text)}</t>".encode())
    inside = part.data[part.tag_end(0) : part.root.end].decode() if part.root.end else ""
    for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        inside = inside.replace(entity, character)
    back = re.sub("_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), inside)
    assert back == text


def test_a_text_too_long_for_a_cell_is_cut_with_a_mark(tmp_path):
    out = tmp_path / "out.xlsx"
    write_book(
        out,
        [
            result(
                columns={"a": ["x" * LONGEST_TEXT, "x" * (LONGEST_TEXT + 1), "🚀" * 20_000]}, formats=["text"]
            )
        ],
    )
    texts = [row[0] for row in openpyxl.load_workbook(out).active.iter_rows(min_row=2, values_only=True)]
    assert [len(text) for text in texts[:2]] == [LONGEST_TEXT, LONGEST_TEXT]
    assert texts[0].endswith("x")
    assert texts[1].endswith("x…")
    assert texts[2].endswith("🚀…")
    assert len(texts[2].encode("utf-16-le")) // 2 <= LONGEST_TEXT
    assert plain_text("a\ud800b") == "a�b", "half a character is replaced, not fatal"


@pytest.mark.parametrize("date1904", [False, True])
def test_dates_are_right_in_both_date_systems(tmp_path, date1904):
    book = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(book, {"date_1904": date1904}) as made:
        made.add_worksheet("a")
    days = [DAY, dt.date(1904, 1, 1), dt.date(1900, 3, 1), dt.date(1900, 2, 28), dt.date(1850, 1, 1)]
    moments = [dt.datetime(2024, 2, 29, 13, 30), None, None, None, None]
    add_sheets(book, book, [result(columns={"day": days, "moment": moments}, formats=["date", "time"])])
    rows = list(openpyxl.load_workbook(book)["Customer tiers"].iter_rows(min_row=2, values_only=True))
    assert rows[0] == (dt.datetime(2024, 2, 29), dt.datetime(2024, 2, 29, 13, 30))
    assert rows[4][0] == "1850-01-01"
    if date1904:
        assert [row[0] for row in rows[2:4]] == ["1900-03-01", "1900-02-28"]
    else:
        assert rows[2][0] == dt.datetime(1900, 3, 1)
        with zipfile.ZipFile(book) as archive:
            assert b"<v>59</v>" in archive.read("xl/worksheets/tierbook1.xml"), (
                "28 February 1900 is serial 59"
            )
    values = (
        fastexcel.read_excel(str(book)).load_sheet("Customer tiers").to_arrow().column("moment").to_pylist()
    )
    assert values[0] == dt.datetime(2024, 2, 29, 13, 30)


def test_missing_and_unusual_values_are_blank_or_exact(tmp_path):
    out = tmp_path / "out.xlsx"
    columns = {
        "nan": [float("nan"), float("inf"), 0.1 + 0.2],
        "money": [decimal.Decimal("10.10"), None, decimal.Decimal("-0.05")],
        "big": [12_345_678_901_234_567, None, 1],
        "yes": [True, False, None],
        "tier": pa.array(["vip", None, "vip"]).dictionary_encode(),
        "none": pa.nulls(3),
    }
    write_book(
        out, [result(columns=columns, formats=["amount", "amount", "integer", "text", "text", "text"])]
    )
    rows = list(openpyxl.load_workbook(out).active.iter_rows(min_row=2, values_only=True))
    assert rows == [
        (None, 10.1, "12345678901234567", True, "vip", None),
        (None, None, None, False, None, None),
        (0.1 + 0.2, -0.05, "1", None, "vip", None),
    ]


def test_headers_fit_an_excel_table(tmp_path):
    assert headers(["a", "A", "", "b\nc", "d\ud800", "z" * 300]) == [
        "a",
        "A 2",
        "Column 3",
        "b c",
        "d�",
        "z" * 255,
    ]
    out = tmp_path / "out.xlsx"
    odd = ["=1+1", '"<&>"', "客户编号", "_x0041_", "a'b[c]#"]
    columns = {f"c{at}": [at] for at in range(len(odd))}
    sheet = ResultSheet("R", "tierbook_r", pa.table(columns), odd, ["integer"] * len(odd))
    write_book(out, [sheet])
    loaded = openpyxl.load_workbook(out)["R"]
    assert [cell.data_type for cell in loaded[1]] == ["s"] * len(odd)
    assert write_book(out, [sheet]).path == out


def test_an_empty_result_is_an_empty_table(tmp_path):
    out = tmp_path / "out.xlsx"
    write_book(out, [result(columns={"a": pa.array([], pa.string())}, formats=["text"])])
    assert openpyxl.load_workbook(out).active.tables["tierbook_customers"].ref == "A1:A2"


def test_too_many_rows_are_refused_before_anything_is_written(tmp_path):
    with pytest.raises(DataError, match="1,048,576 rows and 1 columns"):
        write_book(tmp_path / "a.xlsx", [result(columns={"a": pa.nulls(1_048_576)}, formats=["text"])])
    assert list(tmp_path.iterdir()) == []


def test_rows_stand_under_their_own_numbers_wherever_a_long_table_is_cut(tmp_path, monkeypatch):
    monkeypatch.setattr(sheet_xml, "_CELLS_AT_ONCE", 24)
    columns = {
        "customer_id": [f"C{at}" if at % 5 else None for at in range(1_203)],
        "last purchase": [None] * 1_203,
        "value": [at / 4 for at in range(1_203)],
        "orders": [at if at % 3 else None for at in range(1_203)],
    }
    book = tmp_path / "book.xlsx"
    write_book(book, [result(columns=columns)])
    [sheet] = openpyxl.load_workbook(book).worksheets
    rows = [list(row) for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert rows == [list(row) for row in zip(*columns.values(), strict=True)]
    facts = gate(book).facts["Customer tiers"]
    assert (facts.last_row, facts.last_column, facts.odd) == (1_204, 4, [])
