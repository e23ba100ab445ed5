"""Workbooks that get result sheets, and what tells whether anything else of them changed."""

from __future__ import annotations

import datetime as dt
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import xlsxwriter

from workbooks.sheet_xml import ResultSheet

DAY = dt.date(2024, 2, 29)
# The parts that say which sheets there are.
LISTS = {"[Content_Types].xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"}
HOSTILE = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "＝1+1",
    "{=1+1}",
    "https://example.com",
    "#REF!",
    "'quoted",
    '=HYPERLINK("http://x","y")',
    "a\x00b\x07c\x0b\x1f",
    "_x0041_",
    "]]>",
    "<b>&amp;</b>",
    " two  spaces ",
    "line\nbreak\r\nend",
    "Zoë 李小龍 🚀",
    "\ufffe\uffff",
    "1e5",
    "007",
    "TRUE",
]


def result(
    name: str = "Customer tiers",
    table: str = "tierbook_customers",
    columns: dict[str, Any] | None = None,
    formats: list[Any] | None = None,
) -> ResultSheet:
    columns = columns or {
        "customer_id": ["007", "=1+1", None],
        "last purchase": [DAY, None, dt.date(2020, 1, 1)],
        "value": [1.5, -2.25, None],
        "orders": [3, None, 1],
    }
    return ResultSheet(
        name, table, pa.table(columns), list(columns), formats or ["text", "date", "amount", "integer"]
    )


def rich_book(path: Path, **options: Any) -> Path:
    """A workbook with much that must survive: chart, comment, picture of a table, names, links, formulas, formats."""
    with xlsxwriter.Workbook(path, options) as book:
        sheet = book.add_worksheet("sales")
        sheet.write_row(0, 0, ["customer_id", "amount"])
        for row in range(1, 6):
            sheet.write_row(row, 0, [f"C{row}", row * 10.5])
        sheet.add_table(
            0, 0, 5, 1, {"name": "transactions", "columns": [{"header": "customer_id"}, {"header": "amount"}]}
        )
        sheet.write_formula("D1", "=SUM(B2:B6)", None, 157.5)
        sheet.write_comment("A2", "a remark")
        sheet.write_url("A10", "https://example.com")
        chart = book.add_chart({"type": "column"})
        chart.add_series({"values": "=sales!$B$2:$B$6"})
        sheet.insert_chart("F2", chart)
        sheet.conditional_format("B2:B6", {"type": "data_bar"})
        book.add_worksheet("notes").write(0, 0, "x", book.add_format({"bold": True}))
        book.define_name("total", "=sales!$D$1")
    return path


def raw_parts(path: Path) -> dict[str, bytes]:
    """Compressed bytes of every part."""
    found = {}
    with path.open("rb") as file, zipfile.ZipFile(file) as archive:
        for entry in archive.infolist():
            file.seek(entry.header_offset + 26)
            name, extra = struct.unpack("<HH", file.read(4))
            file.seek(name + extra, 1)
            found[entry.filename] = file.read(entry.compress_size)
    return found


def changed_parts(before: dict[str, bytes], path: Path) -> set[str]:
    after = raw_parts(path)
    assert before.keys() <= after.keys()
    return {name for name in before if before[name] != after[name]}


def edited(tmp_path: Path, book: Path, edits: dict[str, Any], name: str = "edited.xlsx") -> Path:
    """The workbook with some parts changed by a function or given anew."""
    path = tmp_path / name
    with zipfile.ZipFile(book) as before, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as after:
        for entry in before.infolist():
            change = edits.pop(entry.filename, None)
            data = before.read(entry)
            after.writestr(entry.filename, change(data) if callable(change) else change or data)
        for part, data in edits.items():
            after.writestr(part, data)
    return path


def saved_by_openpyxl(book: Path, change: Callable[[Any], object]) -> None:
    loaded = openpyxl.load_workbook(book)
    change(loaded)
    loaded.save(book)
