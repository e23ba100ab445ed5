"""Cells, formulas and names written into somebody's workbook: what is asked for is there, everything else as it was."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from tierbook.errors import DataError
from workbooks.book_cells import BookCells
from workbooks.cells import Block, ErrorValue, put_cells
from workbooks.defined import define, defined_text
from workbooks.files import undo
from workbooks.sheet_cells import Area, SheetCells, Written

EVERYTHING = re.compile("")


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(path) as made:
        sheet = made.add_worksheet("Data")
        sheet.write_row(0, 0, ["a", "b", "sum"])
        for row in range(1, 6):
            sheet.write_row(row, 0, [row, row * 10])
            sheet.write_formula(row, 2, f"=A{row + 1}+B{row + 1}", made.add_format({"bold": True}), row * 11)
        sheet.write_array_formula("E2:E6", "{=CRM_TIER(B2:B6)}", None, "general")
        for row in range(2, 6):
            sheet.write_string(row, 4, "general")
        made.add_worksheet("Other").write(0, 0, "kept")
    return path


def parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def edited(book: Path, path: Path, edits: dict[str, bytes]) -> Path:
    whole = parts(book) | edits
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in whole.items():
            archive.writestr(name, data)
    return path


def values(path: Path, sheet: str) -> list[list[object]]:
    found = openpyxl.load_workbook(path, data_only=True)[sheet]
    return [[cell.value for cell in row] for row in found.iter_rows()]


def test_values_of_every_kind_come_back(book):
    rows = [[1, 2.5, True, "=1+1", None, ErrorValue("#N/A")], [" x ", "a<b&c", "客户", False, -0.0, 1e300]]
    put_cells(book, book, [Block("Data", "H10", rows)])
    sheet = openpyxl.load_workbook(book)["Data"]
    shown = [[cell.value for cell in row] for row in sheet["H10:M11"]]
    assert shown == [[1, 2.5, True, "=1+1", None, "#N/A"], [" x ", "a<b&c", "客户", False, 0, 1e300]]
    assert sheet["K10"].data_type == "s", "a text is never a formula"


def test_only_the_sheet_written_to_changes(book):
    plain = parts(book)["xl/workbook.xml"].replace(b' fullCalcOnLoad="1"', b"")
    edited(book, book, {"xl/workbook.xml": plain})
    before = parts(book)
    put_cells(book, book, [Block("Data", "H1", [[1]])])
    after = parts(book)
    changed = {name for name in before if before[name] != after.get(name)}
    assert changed == {"xl/worksheets/sheet1.xml", "xl/workbook.xml"}
    assert b'fullCalcOnLoad="1"' in after["xl/workbook.xml"], "formulas elsewhere may look at the new cell"


def test_cells_around_keep_every_byte():
    row = b'<row r="2" spans="1:3" ht="30" x14ac:dyDescent="0.25"><c r="A2" s="4" t="s"><v>7</v></c><c r="C2"/></row>'
    data = b'<worksheet><dimension ref="A2:C2"/><sheetData>' + row + b"</sheetData><pageMargins/></worksheet>"
    changed = SheetCells(data).changed({(2, 2): Written(5), (9, 1): Written("x")})
    assert changed == (
        b'<worksheet><dimension ref="A2:C9"/><sheetData><row r="2" ht="30" x14ac:dyDescent="0.25">'
        b'<c r="A2" s="4" t="s"><v>7</v></c><c r="B2"><v>5</v></c><c r="C2"/></row>'
        b'<row r="9"><c r="A9" t="inlineStr"><is><t xml:space="preserve">x</t></is></c></row></sheetData>'
        b"<pageMargins/></worksheet>"
    )


def test_nothing_is_overwritten_unasked(book):
    before = book.read_bytes()
    with pytest.raises(DataError, match="2 cells of Data are not empty and would be overwritten: B2, B3"):
        put_cells(book, book, [Block("Data", "B2", [[1], [2]])])
    assert book.read_bytes() == before
    put_cells(book, book, [Block("Data", "B2", [[1], [2]])], replace=True)
    assert [row[1] for row in values(book, "Data")[:4]] == ["b", 1, 2, 30]


def test_undo_brings_the_workbook_back_byte_for_byte(book):
    before = book.read_bytes()
    put_cells(book, book, [Block("Data", "B2", [[1]])], replace=True)
    define(book, book, "CRM_PACK", "retail")
    undo(book)
    undo(book)
    assert book.read_bytes() == before


def test_a_formula_over_a_range_keeps_its_results(book):
    rows: list[list[Any]] = [["vip"], [None], [ErrorValue("#N/A")]]
    put_cells(book, book, [Block("Live", "B2", rows, "=CRM_TIER(Data!B2:B4)")])
    made = openpyxl.load_workbook(book)["Live"]["B2"].value
    assert (made.ref, made.text) == ("B2:B4", "=CRM_TIER(Data!B2:B4)")
    assert values(book, "Live")[1:] == [[None, "vip"], [None, None], [None, "#N/A"]]
    assert values(book, "Other") == [["kept"]]


def test_numbers_are_shown_as_asked_where_a_cell_has_no_looks(book):
    put_cells(book, book, [Block("Data", "C2", [[1.5], [2.5]], form="amount")], replace=True)
    put_cells(book, book, [Block("New", "A1", [[1.5]], form="amount")])
    opened = openpyxl.load_workbook(book)
    assert opened["New"]["A1"].number_format == "#,##0.00"
    assert opened["Data"]["C2"].font.bold, "a cell keeps its looks"


def test_formulas_become_values_and_leave_the_calculation_chain(book, tmp_path):
    chain = (
        '<calcChain xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        '<c r="C2" i="1"/><c r="C3"/><c r="E2"/></calcChain>'
    )
    whole = parts(book)
    relations = whole["xl/_rels/workbook.xml.rels"].replace(
        b"</Relationships>",
        b'<Relationship Id="rId99" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/calcChain"'
        b' Target="calcChain.xml"/></Relationships>',
    )
    types = whole["[Content_Types].xml"].replace(
        b"</Types>",
        b'<Override PartName="/xl/calcChain.xml" ContentType="application/vnd.openxmlformats-officedocument.'
        b'spreadsheetml.calcChain+xml"/></Types>',
    )
    added = {
        "xl/calcChain.xml": chain.encode(),
        "xl/_rels/workbook.xml.rels": relations,
        "[Content_Types].xml": types,
    }
    path = edited(book, tmp_path / "chain.xlsx", added)
    put_cells(path, path, [Block("Data", "C2", [[11]])], replace=True)
    assert b'<c r="C3" i="1"/><c r="E2"/>' in parts(path)["xl/calcChain.xml"]
    put_cells(
        path, path, [Block("Data", "C2", [[11], [22]]), Block("Data", "E2", [["general"]] * 5)], replace=True
    )
    assert "xl/calcChain.xml" not in parts(path), "an empty chain is no chain"
    assert b"calcChain" not in parts(path)["[Content_Types].xml"] + parts(path)["xl/_rels/workbook.xml.rels"]
    assert openpyxl.load_workbook(path)["Data"]["C4"].value == "=A4+B4"
    assert openpyxl.load_workbook(path)["Data"]["C2"].font.bold, "a cell keeps its looks"


def test_an_array_formula_changes_as_a_whole_or_not_at_all(book):
    with pytest.raises(DataError, match="E2:E6 of Data hold one array formula"):
        put_cells(book, book, [Block("Data", "E3", [["x"]])], replace=True)
    halves = [Block("Data", "E2", [["x"], ["y"]]), Block("Data", "E4", [["z"]] * 3)]
    put_cells(book, book, halves, replace=True)
    assert [row[4] for row in values(book, "Data")[1:]] == ["x", "y", "z", "z", "z"]


def test_cells_that_shared_a_formula_get_their_own(tmp_path, book):
    shared = (
        b'<row r="2"><c r="A2"><f t="shared" ref="A2:A4" si="0">B2*2</f><v>2</v></c></row>'
        b'<row r="3"><c r="A3"><f t="shared" si="0"/><v>4</v></c></row>'
        b'<row r="4"><c r="A4"><f t="shared" si="0"/><v>6</v></c></row>'
    )
    sheet = parts(book)["xl/worksheets/sheet2.xml"].replace(b"</sheetData>", shared + b"</sheetData>")
    path = edited(book, tmp_path / "shared.xlsx", {"xl/worksheets/sheet2.xml": sheet})
    found = [one.text for one in BookCells(path).formulas(EVERYTHING) if one.sheet == "Other"]
    assert found == ["=B2*2", "=B3*2", "=B4*2"]
    put_cells(path, path, [Block("Other", "A2", [[2]])], replace=True)
    sheet = openpyxl.load_workbook(path)["Other"]
    assert [sheet[ref].value for ref in ("A2", "A3", "A4")] == [2, "=B3*2", "=B4*2"]
    assert [row[0] for row in values(path, "Other")] == ["kept", 2, 4, 6]


def test_protected_and_irregular_sheets_are_refused(tmp_path, book):
    sheet = parts(book)["xl/worksheets/sheet2.xml"]
    locked = sheet.replace(b"</sheetData>", b'</sheetData><sheetProtection sheet="1"/>')
    path = edited(book, tmp_path / "locked.xlsx", {"xl/worksheets/sheet2.xml": locked})
    with pytest.raises(DataError, match="The sheet Other is protected"):
        put_cells(path, path, [Block("Other", "B1", [[1]])])
    odd = sheet.replace(b'<c r="A1"', b"<c")
    path = edited(book, tmp_path / "odd.xlsx", {"xl/worksheets/sheet2.xml": odd})
    with pytest.raises(DataError, match="cannot be changed one by one"):
        put_cells(path, path, [Block("Other", "B1", [[1]])])


def test_cells_are_read_by_address(book):
    cells = BookCells(book)
    assert cells.rows("data", Area.of("A1:C2")) == [["a", "b", "sum"], [1, 10, 11]]
    assert cells.area("Data", "A:C").ref == "A1:C6"
    assert cells.formula_at("Data", (4, 5)) == "=CRM_TIER(B2:B6)"
    assert cells.formula_at("Data", (2, 1)) == ""
    with pytest.raises(DataError, match="Its sheets are Data, Other"):
        cells.rows("Sheet1", Area.of("A1"))


def test_a_name_is_kept_changed_and_read(book):
    assert defined_text(book, "CRM_PACK") is None
    before = parts(book)
    define(book, book, "CRM_PACK", 'my "own"')
    assert defined_text(book, "crm_pack") == 'my "own"'
    define(book, book, "CRM_PACK", "retail")
    assert defined_text(book, "CRM_PACK") == "retail"
    assert {name for name, data in parts(book).items() if before.get(name) != data} == {"xl/workbook.xml"}
    assert openpyxl.load_workbook(book).defined_names["CRM_PACK"].value == '"retail"'


@pytest.mark.host("libreoffice")
def test_libreoffice_opens_what_was_written(book, office):
    put_cells(book, book, [Block("Live", "A1", [["客户", 1], ["b", True]]), Block("Data", "H1", [["x"]])])
    define(book, book, "CRM_PACK", "retail")
    saved = office.convert(book, "xlsx")
    assert values(saved, "Live") == [["客户", 1], ["b", True]]
