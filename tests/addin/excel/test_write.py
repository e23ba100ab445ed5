"""Writing into an open workbook, each step taken back; pyOpenVBA's workbook stands in for Excel's."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from pyopenvba.apps.excel import ExcelApplication

from addin.excel.write import Step, Writer
from addin.host import Block
from tests.addin.excel.com import Com
from tierbook.errors import DataError, HostError
from udfs import CellError

SCORES = {
    "name": "Scores",
    "table": "tierbook_scores",
    "headers": ["customer", "value", "tier"],
    "formats": ["text", "amount", "text"],
    "widths": [12, 14, 10],
    "rows": [["007", 1.5, "vip"], ["=1+1", 2, None], ["3-4", None, "general"]],
}


@pytest.fixture
def steps() -> list[Step]:
    return []


@pytest.fixture
def excel() -> SimpleNamespace:
    """What the test says about Excel."""
    return SimpleNamespace(from_1904=False)


@pytest.fixture
def writer(steps, excel) -> Writer:
    app = ExcelApplication()
    app.application.excel = excel
    return Writer(Com(app.add_workbook()), steps)


def shown(writer: Writer, sheet: str, address: str):
    return writer.book.Worksheets(sheet).Range(address).Value2


def names(writer: Writer) -> list[str]:
    return [sheet.Name for sheet in writer.book.Worksheets]


def test_a_result_sheet_is_a_table_of_its_own_and_texts_stay_texts(writer):
    writer.put_sheets([SCORES])
    assert names(writer) == ["Sheet1", "Scores"]
    assert shown(writer, "Scores", "A1:C4") == (
        ("customer", "value", "tier"),
        ("007", 1.5, "vip"),
        ("=1+1", 2.0, None),
        ("3-4", None, "general"),
    )
    (table,) = writer.book.Worksheets("Scores").ListObjects
    assert (table.Name, str(table.Range.Address)) == ("tierbook_scores", "$A$1:$C$4")
    assert writer.book.Worksheets("Scores").Range("B2").NumberFormat == "#,##0.00"
    assert writer.book.ActiveSheet.Name == "Sheet1"


def test_the_next_result_takes_the_place_of_the_last_and_undo_brings_that_back(writer):
    writer.put_sheets([SCORES])
    writer.put_sheets([{**SCORES, "rows": [["1", 9, "vip"]]}])
    assert names(writer) == ["Sheet1", "Scores"]
    assert str(writer.book.Worksheets("Scores").UsedRange.Address) == "$A$1:$C$2"
    assert shown(writer, "Scores", "A1:C2") == (("customer", "value", "tier"), ("1", 9.0, "vip"))
    writer.undo()
    assert shown(writer, "Scores", "A2:C4") == (
        ("007", 1.5, "vip"),
        ("=1+1", 2.0, None),
        ("3-4", None, "general"),
    )
    writer.undo()
    assert names(writer) == ["Sheet1"]


def test_a_result_without_rows_has_its_headers(writer):
    writer.put_sheets([{**SCORES, "rows": []}])
    assert shown(writer, "Scores", "A1:C2") == (("customer", "value", "tier"), (None, None, None))


def test_a_sheet_of_the_same_name_that_is_not_ours_is_left_alone(writer):
    writer.put_cells([Block("Scores", "A1", [["mine"]])], replace=False)
    writer.put_sheets([SCORES])
    assert names(writer) == ["Sheet1", "Scores", "Scores (2)"]
    assert shown(writer, "Scores", "A1") == "mine"


def test_a_result_sheet_the_user_has_added_to_is_not_overwritten(writer, steps):
    writer.put_sheets([SCORES])
    writer.book.Worksheets("Scores").Range("F9").Value2 = "call her"
    with pytest.raises(DataError, match="Cells outside the table of the result sheet Scores"):
        writer.put_sheets([SCORES])
    assert len(steps) == 1


def test_cells_that_are_not_empty_are_only_overwritten_when_asked(writer):
    block = Block("Sheet1", "B2", [["a", 1], [None, True], [CellError("#N/A"), -0.5]])
    writer.put_cells([block], replace=False)
    assert shown(writer, "Sheet1", "B2:C4") == (("a", 1.0), (None, True), (-2146826246, -0.5))
    with pytest.raises(DataError, match="Sheet1!C3"):
        writer.put_cells([Block("Sheet1", "C3", [[2]])], replace=False)
    writer.put_cells([Block("Sheet1", "C3", [[2]])], replace=True)
    assert shown(writer, "Sheet1", "C3") == 2
    writer.undo()
    assert shown(writer, "Sheet1", "C3") is True


def test_undo_brings_back_formulas_and_texts_that_look_like_numbers(writer):
    sheet = writer.book.Worksheets("Sheet1")
    writer.put_cells([Block("Sheet1", "A1", [["007", 2], ["=x", None]])], replace=False)
    sheet.Range("B2").Formula = "=B1*2"
    writer.put_cells([Block("Sheet1", "A1", [[1, 1], [1, 1]])], replace=True)
    writer.undo()
    assert shown(writer, "Sheet1", "A1:B2") == (("007", 2.0), ("=x", 4.0))
    assert sheet.Range("B2").Formula == "=B1*2"


def test_a_formula_spills_from_its_first_cell(writer):
    writer.put_cells([Block("Sheet1", "A1", [[1], [2]])], replace=False)
    writer.put_cells([Block("Sheet1", "C1", [[2], [4]], "=A1:A2*2")], replace=False)
    assert writer.book.Worksheets("Sheet1").Range("C1").Formula2 == "=A1:A2*2"


def test_all_blocks_are_one_step(writer, steps):
    writer.put_cells([Block("Sheet1", "A1", [[1]]), Block("New", "A1", [[2]])], replace=False)
    assert (len(steps), names(writer)) == (1, ["Sheet1", "New"])
    writer.undo()
    assert names(writer) == ["Sheet1"]
    assert shown(writer, "Sheet1", "A1") is None


def test_what_was_changed_since_is_not_taken_back(writer):
    writer.put_cells([Block("Sheet1", "A1", [[1]])], replace=False)
    writer.book.Worksheets("Sheet1").Range("A1").Value2 = 5.0
    with pytest.raises(HostError, match="changed since"):
        writer.undo()
    assert shown(writer, "Sheet1", "A1") == 5


def test_without_a_step_there_is_nothing_to_undo(writer):
    with pytest.raises(HostError, match="nothing to undo for Book1"):
        writer.undo()


def test_a_text_is_kept_under_a_name_and_taken_back(writer):
    assert writer.defined("CRM_PACK") is None
    writer.define("CRM_PACK", 'the "big" one')
    writer.define("CRM_PACK", "retail")
    assert writer.defined("CRM_PACK") == "retail"
    writer.undo()
    assert writer.defined("CRM_PACK") == 'the "big" one'
    writer.undo()
    assert writer.defined("CRM_PACK") is None


def test_dates_are_counted_as_the_workbook_counts_them(writer, excel):
    dated = {
        **SCORES,
        "headers": ["day", "value", "tier"],
        "formats": ["date", "amount", "text"],
        "rows": [[45000, 1, "x"]],
    }
    excel.from_1904 = True
    writer.put_sheets([dated])
    assert shown(writer, "Scores", "A2") == 45000 - 1462
