"""Long tables: rows put into the package as ready-made XML are, cell by cell, what XlsxWriter would have written."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pytest
import xlsxwriter
from openpyxl.worksheet.worksheet import Worksheet

from workbooks import long_tables, sheet_xml
from workbooks.long_tables import write_package, write_rows
from workbooks.style import Style

HOSTILE = [
    "=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "{=1}", "http://example.com", "a\x07\x0bb", "_x0041_", "好" * 40_000,
    "😀" * 20_000, "<b>&amp;</b>", "  spaced  ", "two\nlines", "tab\there", "\x00", "", None, "\ufffe", "0001", "1e5", "TRUE",
    "\rreturn", 'quoted "text"',
]  # fmt: skip
SHORT = [text for text in HOSTILE if text is None or len(text) < 100]
NUMBERS = [0.0, -0.0, 0.1 + 0.2, 1e-300, 1e300, float("nan"), float("inf"), None, 1 / 3, 123456789.125, -1.5]
DAYS = [date(1900, 1, 1), date(1900, 2, 28), date(1900, 3, 1), date(2026, 10, 31), None, date(1899, 12, 31)]


def nasty(rows: int) -> pa.Table:
    """Every kind of column, with what has broken writers before."""
    return pa.table({
        "text": pa.array([HOSTILE[row] if row < len(HOSTILE) else SHORT[row % len(SHORT)] for row in range(rows)], pa.string()),
        "number": pa.array([NUMBERS[row % len(NUMBERS)] for row in range(rows)], pa.float64()),
        "whole": pa.array([None if row % 7 == 3 else row for row in range(rows)], pa.int64()),
        "day": pa.array([DAYS[row % len(DAYS)] for row in range(rows)], pa.date32()),
        "nothing": pa.nulls(rows, pa.string()),
        "full": pa.array([f"C{row}" for row in range(rows)], pa.string()),
    })  # fmt: skip


def written(path: Path, table: pa.Table, *, row: int = 6, left: int = 1) -> Path:
    """A workbook with the table on its second sheet, under a head, with everything a page puts around it."""
    drawn = io.BytesIO()
    book = xlsxwriter.Workbook(drawn, {"strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"created": datetime(2026, 10, 31)})
    style = Style(book, "en")
    book.add_worksheet("Before").write_string(0, 0, "before")
    sheet = book.add_worksheet("Long")
    book.add_worksheet("After").write_formula(0, 0, "=SUM(Long!C:C)", None, 1)
    kinds = ["text", "cents", "count", "date", "text", "text"]
    last = row + table.num_rows - 1
    sheet.write_row(row - 1, left, table.column_names)
    sheet.write_url(0, 0, "internal:'Before'!A1", None, "back")
    sheet.conditional_format(row, left + 1, last, left + 1, {"type": "data_bar"})
    sheet.autofilter(row - 1, left, last, left + 5)
    sheet.print_area(0, 0, last, left + 5)
    write_rows(style, sheet, row, left, table, [style.of("line", "cell", kind) for kind in kinds])
    book.close()
    with path.open("wb") as file:
        write_package(drawn, file, style.long_tables)
    return path


@pytest.fixture(params=[1_500, 60_000])
def both(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Path, Path]:
    """The same workbook by XlsxWriter alone, and with its long table put in, in three pieces or in one."""
    table = nasty(600)
    monkeypatch.setattr(sheet_xml, "_CELLS_AT_ONCE", request.param)
    fast = written(tmp_path / "fast.xlsx", table)
    monkeypatch.setattr(long_tables, "LONG", 601)
    return written(tmp_path / "stock.xlsx", table), fast


def cells(sheet: Worksheet) -> list[tuple[Any, ...]]:
    return [
        (cell.coordinate, cell.data_type, cell.value, cell.number_format, cell.style_id)
        for row in sheet.iter_rows() for cell in row
    ]  # fmt: skip


def test_every_cell_has_the_value_type_and_looks_xlsxwriter_gives_it(both):
    stock, fast = (openpyxl.load_workbook(path) for path in both)
    assert fast.sheetnames == stock.sheetnames
    for name in stock.sheetnames:
        for ours, theirs in zip(cells(fast[name]), cells(stock[name]), strict=True):
            # XlsxWriter writes 16 digits of a number, we write all that tell it from its neighbours.
            if isinstance(theirs[2], float):
                assert ours[2] == pytest.approx(theirs[2], rel=1e-15)
            else:
                # openpyxl takes back the escape of an escape only in texts of the shared list.
                shown = ours[2].replace("x005F_", "") if isinstance(ours[2], str) else ours[2]
                assert shown == theirs[2]
            assert ours[:2] + ours[3:] == theirs[:2] + theirs[3:]


def test_everything_around_the_rows_is_as_xlsxwriter_wrote_it(both):
    def around(path: Path) -> dict[str, bytes]:
        with zipfile.ZipFile(path) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        long = parts["xl/worksheets/sheet2.xml"]
        # The rows aside; and XlsxWriter notes in every row which columns it fills.
        parts["xl/worksheets/sheet2.xml"] = re.sub(
            rb' spans="[\d:]+"', b"", re.sub(rb'<row r="7".*</row>', b"", long, flags=re.S)
        )
        del parts["xl/sharedStrings.xml"]
        return parts

    stock, fast = (around(path) for path in both)
    assert fast == stock


def test_a_number_keeps_its_last_bit(tmp_path):
    table = nasty(600)
    sheet = openpyxl.load_workbook(written(tmp_path / "book.xlsx", table))["Long"]
    found = [sheet.cell(7 + row, 3).value for row in range(len(NUMBERS))]
    assert [number for number in NUMBERS if number is not None and abs(number) <= 1e300] == [
        one for one in found if one is not None
    ]


def test_columns_beyond_z_and_the_last_row_of_a_sheet_are_named_right(tmp_path):
    path = written(tmp_path / "book.xlsx", nasty(600), row=1_048_576 - 600, left=24)
    with zipfile.ZipFile(path) as archive:
        sheet = archive.read("xl/worksheets/sheet2.xml")
    assert b'<dimension ref="A1:AD1048576"/>' in sheet
    assert re.search(
        rb'<c r="AD1048576" s="\d+" t="inlineStr"><is><t>C599</t></is></c></row></sheetData>', sheet
    )


def test_a_sheet_with_something_below_its_long_table_is_a_mistake_in_the_page(tmp_path):
    drawn = io.BytesIO()
    book = xlsxwriter.Workbook(drawn)
    style, sheet = Style(book, "en"), book.add_worksheet()
    write_rows(style, sheet, 6, 1, nasty(600).select(["text"]), [style.of("text")])
    sheet.write_string(700, 0, "below")
    book.close()
    with pytest.raises(AssertionError):
        write_package(drawn, io.BytesIO(), style.long_tables)


@pytest.mark.host("libreoffice")
def test_libreoffice_reads_every_row(office, tmp_path):
    book = office.convert(written(tmp_path / "book.xlsx", nasty(2_000)), "xlsx")
    sheet = openpyxl.load_workbook(book)["Long"]
    assert [sheet.cell(7 + row, 7).value for row in range(2_000)] == [f"C{row}" for row in range(2_000)]
    assert [sheet.cell(7 + row, 2).value for row in range(6)] == HOSTILE[:6]
