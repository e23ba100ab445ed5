"""Workbooks on their way through a real LibreOffice: opened, scored from the menu, saved, read back, computed by command."""

from __future__ import annotations

import re
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.formula import ArrayFormula

from addin.calc.fix import fix
from addin.calc.office import Profile, install, installed_version, uninstall
from addin.calc.package import build_addin
from addin.calc.recalculate import recalculate
from addin.settings import Settings
from addin.version import version
from tests.conformance.table import same
from tests.hosts.calc.program import Calc
from workbooks.samples import sample_path

OURS = "ORG.TIERBOOK.FUNCTIONS"
NOT_AVAILABLE = {"error": 32767}


@pytest.fixture
def excel_book(tmp_path: Path) -> Path:
    """A workbook as it comes from Excel: formulas LibreOffice does not know by these names, and results of long ago."""
    book = Workbook()
    sheet = book.active
    sheet.title = "Data"
    for row, value in enumerate((1, 2, 4, 8, 16), 1):
        sheet.cell(row, 1, value)
    for row in range(1, 5):
        sheet.cell(row, 2, f"=CRM_GROWTH(A{row + 1},A{row})")
        sheet.cell(row, 3, f'=IF(CRM.GROWTH(A{row + 1},A{row})>0.5,"CRM_GROWTH(x)","flat")')
    sheet["D1"] = "=CRM_GROWTH(120,100)"
    sheet["D2"] = "=_xldudf_CRM_GROWTH(A2,A1)+[1]!CRM_GROWTH(A3,A2)"
    sheet["E1"] = ArrayFormula("E1:E4", "=CRM_GROWTH(A2:A5,A1:A4)")
    sheet["G1"] = "=SUM(B1:B4)"
    path = tmp_path / "Excel 表.xlsx"
    book.save(path)
    return path


RESULTS = {
    "B1": 1.0, "B4": 1.0, "C1": "CRM_GROWTH(x)", "D1": 0.2, "D2": 2.0, "E1": 1.0, "E4": 1.0, "G1": 4.0,
}  # fmt: skip


def test_formulas_written_for_excel_live_and_the_document_is_not_modified(
    calc: Calc, excel_book: Path
) -> None:
    opened = calc.ask("open", book="excel", path=str(excel_book))
    try:
        assert opened == {"read_only": False, "modified": False}
        assert {cell: calc.ask("read", book="excel", address=cell)[0][0] for cell in RESULTS} == RESULTS
        assert (
            calc.ask("formulas", book="excel", address="E1:E4")
            == [[f"{{={OURS}.CRMGROWTH(A2:A5;A1:A4)}}"]] * 4
        )
        assert not calc.ask("state", book="excel")["undo"]
    finally:
        calc.ask("close", book="excel")


def test_a_workbook_saved_for_excel_has_the_names_excel_knows_and_opens_again(
    calc: Calc, excel_book: Path, tmp_path: Path
) -> None:
    path = tmp_path / "saved.xlsx"
    calc.ask("open", book="excel", path=str(excel_book))
    calc.ask("save_as", book="excel", path=str(path))
    calc.ask("put", book="excel", address="J1", rows=[[1]])
    calc.ask("save", book="excel")
    calc.ask("close", book="excel")
    sheet = load_workbook(path)["Data"]
    assert sheet["B1"].value == "=CRM_GROWTH(A2,A1)"
    assert sheet["D1"].value == "=CRM_GROWTH(120,100)"
    assert sheet["E1"].value.text == "=CRM_GROWTH(A2:A5,A1:A4)"
    shown = load_workbook(path, data_only=True)["Data"]
    assert {cell: shown[cell].value for cell in RESULTS} == RESULTS
    calc.ask("open", book="again", path=str(path))
    assert calc.ask("read", book="again", address="B1:B4") == [[1.0]] * 4
    calc.ask("close", book="again")


def test_a_copy_for_excel_has_the_names_excel_knows_too(calc: Calc, excel_book: Path, tmp_path: Path) -> None:
    stays = tmp_path / "of another program.xlsx"
    shutil.copy(excel_book, stays)
    before = stays.read_bytes()
    calc.ask("open", book="excel", path=str(excel_book))
    try:
        calc.ask("save_as", book="excel", path=str(tmp_path / "stored.xlsx"), copy=True)
        assert calc.ask(
            "dispatch", book="excel", command=".uno:ExportTo", path=str(tmp_path / "exported.xlsx")
        )
        assert calc.ask(
            "dispatch", book="excel", command=".uno:SaveAs", path=str(tmp_path / "copied.xlsx"), SaveTo=True
        )
        assert calc.ask("state", book="excel")["url"].endswith(".xlsx")
    finally:
        calc.ask("close", book="excel")
    for name in ("stored", "exported", "copied"):
        sheet = load_workbook(tmp_path / f"{name}.xlsx")["Data"]
        assert sheet["B1"].value == "=CRM_GROWTH(A2,A1)"
        assert sheet["E1"].value.text == "=CRM_GROWTH(A2:A5,A1:A4)"
        shown = load_workbook(tmp_path / f"{name}.xlsx", data_only=True)["Data"]
        assert {cell: shown[cell].value for cell in RESULTS} == RESULTS
    assert stays.read_bytes() == before
    assert not [path for path in tmp_path.iterdir() if "tierbook" in path.name]


def test_dynamic_array_formulas_of_excel_live_over_the_cells_they_spilled_into(
    calc: Calc, tmp_path: Path
) -> None:
    import xlsxwriter

    path, saved = tmp_path / "spilled.xlsx", tmp_path / "saved.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Data")
        sheet.write_column(0, 0, [1, 2, 4, 8, 16])
        sheet.write_dynamic_array_formula("C1:C4", "=CRM_GROWTH(A2:A5,A1:A4)")
        sheet.write_dynamic_array_formula("E1", "=SUM(CRM_GROWTH(A2:A5,A1:A4))")
    opened = calc.ask("open", book="spilled", path=str(path))
    try:
        assert not opened["modified"]
        assert calc.ask("read", book="spilled", address="C1:C4") == [[1.0]] * 4
        assert calc.ask("read", book="spilled", address="E1") == [[4.0]]
        calc.ask("put", book="spilled", address="A5", rows=[[24]])
        assert calc.ask("read", book="spilled", address="C4:E4") == [[2.0, None, None]]
        assert calc.ask("read", book="spilled", address="E1") == [[5.0]]
        calc.ask("save_as", book="spilled", path=str(saved))
    finally:
        calc.ask("close", book="spilled")
    sheet = load_workbook(saved)["Data"]
    assert (sheet["C1"].value.ref, sheet["C1"].value.text) == ("C1:C4", "=CRM_GROWTH(A2:A5,A1:A4)")
    assert sheet["E1"].value.text == "=SUM(CRM_GROWTH(A2:A5,A1:A4))"


def test_an_ods_document_keeps_living_formulas(calc: Calc, excel_book: Path, tmp_path: Path) -> None:
    path = tmp_path / "saved.ods"
    calc.ask("open", book="excel", path=str(excel_book))
    calc.ask("save_as", book="excel", path=str(path))
    calc.ask("close", book="excel")
    calc.ask("open", book="ods", path=str(path))
    calc.ask("put", book="ods", address="A5", rows=[[24]])
    assert calc.ask("read", book="ods", address="B4:B4") == [[2.0]]
    calc.ask("close", book="ods")


def test_formats_of_cells_stay_when_formulas_are_entered_again(calc: Calc, tmp_path: Path) -> None:
    from openpyxl.styles import PatternFill

    book = Workbook()
    for row in range(1, 41):
        book.active.cell(row, 1, row)
        cell = book.active.cell(row, 2, f'=CRM_GROWTH(A{row + 1},A{row})&"x{row}"')
        cell.fill = PatternFill("solid", fgColor="FFFF00" if row % 3 else "00FF00")
    path = tmp_path / "banded.xlsx"
    book.save(path)
    calc.ask("open", book="banded", path=str(path))
    try:
        found = calc.ask("read", book="banded", address="B1:B3")
        assert found == [["1x1"], ["0.5x2"], ["0.333333333333333x3"]]
        colours = calc.ask("colours", book="banded", address="B1:B40")
        assert colours == [0xFFFF00 if row % 3 else 0x00FF00 for row in range(1, 41)]
    finally:
        calc.ask("close", book="banded")


def test_the_menu_scores_a_workbook_as_the_command_line_does(calc: Calc, tmp_path: Path) -> None:
    from addin.plain import plain_sheet
    from tierbook.score import score
    from workbooks.reader import read
    from workbooks.writer import result_sheets

    book = tmp_path / "hospitality.xlsx"
    shutil.copy(sample_path("hospitality"), book)
    calc.ask("open", book="scored", path=str(book))
    try:
        before = calc.ask("sheets", book="scored")
        said = calc.ask("command", book="scored", name="score")
        assert "customers as of" in said, said
        added = calc.ask("sheets", book="scored")[len(before) :]
        rows, columns = calc.ask("used", book="scored", sheet=added[0])
        found = calc.ask("read", book="scored", sheet=added[0], address=f"A1:{letters(columns)}{rows}")
        run = score(read(book).tables, Settings().shelf().pack("hospitality"))
        expected = plain_sheet(result_sheets(run, "en")[0])
        assert found[0] == expected["headers"]
        wanted = [[as_shown(cell) for cell in row] for row in expected["rows"]]
        assert len(found) - 1 == len(wanted)
        differing = [
            (head, one, other)
            for row, want in zip(found[1:], wanted, strict=True)
            for head, one, other in zip(found[0], row, want, strict=True)
            if not same(one, other)
        ]
        assert differing[:5] == []
        for form in ("xlsx", "ods"):
            path = tmp_path / f"out.{form}"
            calc.ask("save_as", book="scored", path=str(path))
            calc.ask("open", book="out", path=str(path), hidden=True)
            again = calc.ask("read", book="out", sheet=added[0], address=f"A1:{letters(columns)}{rows}")
            calc.ask("close", book="out")
            assert same(again, found)  # a file holds fifteen digits
        calc.ask("command", book="scored", name="score")
        assert calc.ask("sheets", book="scored") == before + added  # our own sheets were replaced
        calc.ask("undo", book="scored")
        calc.ask("undo", book="scored")
        assert calc.ask("sheets", book="scored") == before
    finally:
        calc.ask("close", book="scored")


def test_a_result_sheet_with_additions_of_the_user_is_left_alone(calc: Calc, tmp_path: Path) -> None:
    book = tmp_path / "hospitality.xlsx"
    shutil.copy(sample_path("hospitality"), book)
    calc.ask("open", book="scored", path=str(book))
    try:
        before = calc.ask("sheets", book="scored")
        calc.ask("command", book="scored", name="score")
        added = calc.ask("sheets", book="scored")[len(before) :]
        calc.ask("put", book="scored", sheet=added[0], address="CZ1", rows=[["mine"]])
        said = calc.ask("command", book="scored", name="score")
        assert "Cells outside the table of the result sheet" in said
        assert calc.ask("read", book="scored", sheet=added[0], address="CZ1") == [["mine"]]
    finally:
        calc.ask("close", book="scored")


def test_a_document_open_read_only_is_scored_nowhere_and_says_so(calc: Calc, tmp_path: Path) -> None:
    book = tmp_path / "hospitality.xlsx"
    shutil.copy(sample_path("hospitality"), book)
    calc.ask("open", book="locked", path=str(book), read_only=True)
    try:
        sheets = calc.ask("sheets", book="locked")
        assert "read-only" in calc.ask("command", book="locked", name="score")
        assert "read-only" in calc.ask("command", book="locked", name="calculate")
        assert calc.ask("sheets", book="locked") == sheets
    finally:
        calc.ask("close", book="locked")


def test_a_table_function_is_entered_over_as_many_cells_as_it_needs(calc: Calc) -> None:
    calc.ask("new", book="array", hidden=False)
    try:
        calc.ask(
            "put", book="array", address="A1", rows=[["a", {"date": 45300}, 5], ["b", {"date": 45310}, 7]]
        )
        calc.ask("formula", book="array", address="F2", formula="=CRM_RFM(A1:A2;B1:B2;C1:C2)")
        calc.ask("select", book="array", address="F2")
        assert calc.ask("command", book="array", name="array") == ""
        heads, *rows = calc.ask("read", book="array", address="F2:L4")
        assert heads[0] == "customer_id"
        assert [row[0] for row in rows] == ["a", "b"]
        calc.ask("put", book="array", address="F20", rows=[[None, "in the way"]])
        calc.ask("formula", book="array", address="F19", formula="=CRM_RFM(A1:A2;B1:B2;C1:C2)")
        calc.ask("select", book="array", address="F19")
        assert "some of them are not empty" in calc.ask("command", book="array", name="array")
        calc.ask("select", book="array", address="A1")
        assert "holds no function of Tierbook" in calc.ask("command", book="array", name="array")
    finally:
        calc.ask("close", book="array")


@pytest.mark.parametrize("to", ["excel", "office", "calc"])
def test_fix_changes_names_in_formulas_and_no_other_byte(excel_book: Path, tmp_path: Path, to: str) -> None:
    out = tmp_path / "fixed.xlsx"
    fix(excel_book, out, to)
    with zipfile.ZipFile(excel_book) as before, zipfile.ZipFile(out) as after:
        assert before.namelist() == after.namelist()
        for name in before.namelist():
            if name != "xl/worksheets/sheet1.xml":
                assert before.read(name) == after.read(name)
        text = after.read("xl/worksheets/sheet1.xml").decode()
        formulas = re.findall(r"<f[^>]*>([^<]*)</f>", text)
        original = re.findall(r"<f[^>]*>[^<]*</f>", before.read("xl/worksheets/sheet1.xml").decode())
        assert len(formulas) == len(original)
    name = {"excel": "CRM_GROWTH", "office": "CRM.GROWTH", "calc": f"{OURS}.CRMGROWTH"}[to]
    assert formulas[0] == f"{name}(A2,A1)"
    assert f'IF({name}(A2,A1)&gt;0.5,"CRM_GROWTH(x)","flat")' in formulas
    assert f"{name}(A3,A2)+{name}(A4,A3)" not in formulas
    assert f"{name}(A2,A1)+{name}(A3,A2)" in formulas
    fix(out, tmp_path / "back.xlsx", "excel")
    fix(excel_book, tmp_path / "excel.xlsx", "excel")
    same = [
        zipfile.ZipFile(tmp_path / one).read("xl/worksheets/sheet1.xml")
        for one in ("back.xlsx", "excel.xlsx")
    ]
    assert same[0] == same[1]


def test_a_workbook_is_computed_by_command_and_keeps_every_other_byte(
    office: Any, excel_book: Path, tmp_path: Path
) -> None:
    grown = load_workbook(excel_book)
    grown["Data"]["J1"] = ArrayFormula("J1", "=CRM_PARETO(A1:A5,A1:A5)")
    grown["Data"]["Q1"] = "=LET(x,1,x)"
    grown.save(excel_book)
    out = tmp_path / "computed.xlsx"
    done = recalculate(excel_book, out, patience=120)
    shown = load_workbook(out, data_only=True)["Data"]
    assert {cell: shown[cell].value for cell in RESULTS} == RESULTS
    array = load_workbook(out)["Data"]["J1"].value
    assert array.ref == "J1:O6"
    assert [shown["J1"].value, shown["J2"].value, shown["K2"].value] == ["rank", 1, "16"]
    assert (done.errors, done.kept) == (0, 1)
    assert load_workbook(out)["Data"]["C1"].value == load_workbook(excel_book)["Data"]["C1"].value
    with zipfile.ZipFile(excel_book) as before, zipfile.ZipFile(out) as after:
        changed = [name for name in before.namelist() if before.read(name) != after.read(name)]
    assert changed == ["xl/worksheets/sheet1.xml"]


def test_the_extension_is_installed_found_with_its_version_and_taken_out_again(
    office: Any, tmp_path: Path
) -> None:
    profile = Profile(tmp_path / "profile")
    assert installed_version(profile=profile) is None
    install(build_addin(tmp_path), profile=profile)
    install(build_addin(tmp_path), profile=profile)
    assert installed_version(profile=profile) == version()
    assert uninstall(profile=profile)
    assert installed_version(profile=profile) is None
    assert not uninstall(profile=profile)


def as_shown(cell: Any) -> Any:
    """What LibreOffice gives for a cell: whole numbers are numbers, an empty text is a blank."""
    if cell == "":
        return None
    return float(cell) if isinstance(cell, bool | int) else cell


def letters(columns: int) -> str:
    from addin.calc.component.sheets import column_letters

    return column_letters(columns - 1)
