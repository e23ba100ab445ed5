"""A sheet of ours after somebody else had it: found again, and never overwritten where the user added to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import openpyxl
import pytest

from tests.workbooks.result_books import result, rich_book, saved_by_openpyxl
from tierbook.errors import DataError
from tierbook.language import say
from workbooks.own import ADDED
from workbooks.patch import add_sheets


def test_a_renamed_and_moved_sheet_is_found_by_its_table(tmp_path):
    book = rich_book(tmp_path / "book.xlsx")
    add_sheets(book, book, [result()])

    def rename(loaded: Any) -> None:
        loaded["Customer tiers"].title = "My tiers"
        loaded.move_sheet("My tiers", -2)
        loaded["My tiers"].column_dimensions["A"].width = 33

    saved_by_openpyxl(book, rename)
    done = add_sheets(
        book, book, [result(columns={"customer_id": ["1"], "value": [2.0]}, formats=["text", "amount"])]
    )
    assert done.sheets == {"Customer tiers": "My tiers"}
    loaded = openpyxl.load_workbook(book)
    assert loaded.sheetnames == ["My tiers", "sales", "notes"]
    assert list(loaded["My tiers"].values) == [("customer_id", "value"), ("1", 2.0)]
    assert loaded["My tiers"].column_dimensions["A"].width == 33
    assert loaded["My tiers"].tables["tierbook_customers"].ref == "A1:B2"


def add_chart(sheet: Any) -> None:
    sheet.add_chart(openpyxl.chart.BarChart(), "H2")


def add_rows(sheet: Any) -> None:
    sheet.append(["mine", None, 1.0, 1])
    sheet.tables["tierbook_customers"].ref = "A1:D5"


def add_column(sheet: Any) -> None:
    sheet["E1"], sheet["E2"] = "notes", "call back"
    table = sheet.tables["tierbook_customers"]
    table.ref = table.autoFilter.ref = "A1:E4"
    table.tableColumns.append(openpyxl.worksheet.table.TableColumn(id=5, name="notes"))


ADDITIONS: list[tuple[str, Callable[[Any], object]]] = [
    ("chart or picture", add_chart),
    ("omments", lambda sheet: setattr(sheet["A2"], "comment", openpyxl.comments.Comment("x", "y"))),
    ("Formulas", lambda sheet: sheet.__setitem__("F2", "=A2")),
    ("Formulas", lambda sheet: sheet.__setitem__("C2", "=1+1")),
    ("outside the table", lambda sheet: sheet.__setitem__("F2", "mine")),
    ("outside the table", lambda sheet: sheet.__setitem__("A9", 5)),
    ("merged", lambda sheet: sheet.merge_cells("F1:F2")),
    ("Links", lambda sheet: setattr(sheet["A2"], "hyperlink", "https://example.com")),
    ("Columns or rows", add_rows),
    ("Columns or rows", add_column),
]


@pytest.mark.parametrize("words, addition", ADDITIONS)
def test_a_sheet_the_user_added_to_is_never_overwritten(tmp_path, words, addition):
    book = rich_book(tmp_path / "book.xlsx")
    add_sheets(book, book, [result()])
    saved_by_openpyxl(book, lambda loaded: addition(loaded["Customer tiers"]))
    before = book.read_bytes()
    with pytest.raises(DataError, match=words) as refusal:
        add_sheets(book, book, [result()])
    assert refusal.value.place == "book.xlsx Customer tiers"
    assert "tierbook_customers" in refusal.value.text()
    assert book.read_bytes() == before


def test_formatting_alone_does_not_stop_a_replacement(tmp_path):
    book = rich_book(tmp_path / "book.xlsx")
    add_sheets(book, book, [result()])

    def decorate(loaded: Any) -> None:
        sheet = loaded["Customer tiers"]
        sheet["H9"].fill = openpyxl.styles.PatternFill("solid", "FF0000")
        sheet.auto_filter.ref = None
        sheet.page_setup.orientation = "landscape"

    saved_by_openpyxl(book, decorate)
    assert add_sheets(book, book, [result()]).replaced == ("Customer tiers",)


def test_a_column_that_formulas_elsewhere_use_does_not_disappear(tmp_path):
    book = rich_book(tmp_path / "book.xlsx")
    add_sheets(book, book, [result()])
    saved_by_openpyxl(
        book, lambda loaded: loaded["notes"].__setitem__("B1", "=SUM(tierbook_customers[value])")
    )
    fewer = result(columns={"customer_id": ["1"]}, formats=["text"])
    with pytest.raises(DataError, match="notes uses columns of table tierbook_customers"):
        add_sheets(book, book, [fewer])
    assert add_sheets(book, book, [result()]).replaced


def test_what_the_user_added_is_named_in_chinese_too():
    assert not [sentence for sentence in ADDED.values() if say(sentence, "zh") == sentence]
