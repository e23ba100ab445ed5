"""The pages that calculate: what they show at first is what LibreOffice makes of their formulas, and they follow a change."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from tierbook.language import LANGUAGES
from tierbook.rulepack.read import read_pack
from tierbook.run import Run
from tierbook.score import score
from tierbook.shipped import shipped
from workbooks.reader import read
from workbooks.report import all_sections, sheet_name, write_report

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*extension is not supported:UserWarning"),
    pytest.mark.host("libreoffice"),
]
CALCULATED = ("customer_360", "what_if")


@cache
def run() -> Run:
    source = read(shipped("workbooks/samples/hospitality.xlsx"))
    return score(source.tables, read_pack(shipped("rules/hospitality.yaml")))


@cache
def name_of(section: str, language: str = "en") -> str:
    return next(sheet_name(one, language) for one in all_sections() if one.name == section)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(run(), tmp_path_factory.mktemp("formulas") / "report.xlsx")


@pytest.fixture
def recalculated(office: Any, tmp_path: Path) -> Callable[..., Any]:
    """A report as LibreOffice calculates it, some cells changed before: openpyxl keeps no cached value."""

    def calculate(path: Path, section: str, changes: dict[str, Any], language: str = "en") -> Worksheet:
        book = openpyxl.load_workbook(path)
        for cell, value in changes.items():
            book[name_of(section, language)][cell] = value
        changed = tmp_path / "changed.xlsx"
        book.save(changed)
        return openpyxl.load_workbook(office.convert(changed, "xlsx"), data_only=True)[
            name_of(section, language)
        ]

    return calculate


def formulas(path: Path, section: str, language: str) -> dict[str, Any]:
    """Cached value of every formula of a page by its cell."""
    written, cached = (
        openpyxl.load_workbook(path, data_only=data_only)[name_of(section, language)]
        for data_only in (False, True)
    )
    return {
        cell.coordinate: cached[cell.coordinate].value
        for row in written.iter_rows()
        for cell in row
        if cell.data_type == "f"
    }


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("section", [one.name for one in all_sections() if one.name in CALCULATED])
def test_what_is_shown_at_first_is_what_libreoffice_calculates(recalculated, tmp_path, section, language):
    path = write_report(run(), tmp_path / "report.xlsx", language=language)
    shown = formulas(path, section, language)
    sheet = recalculated(path, section, {}, language)
    assert len(shown) > 20
    for cell, value in shown.items():
        found = sheet[cell].value
        if hasattr(value, "date"):
            assert found == value, cell
        elif isinstance(value, int | float):
            assert found == pytest.approx(value, rel=1e-9, abs=1e-6), cell
        else:
            assert (found or "") == (value or ""), cell


@pytest.mark.parametrize("section", [one.name for one in all_sections() if one.name in CALCULATED])
def test_only_the_cells_to_change_are_unlocked(report, section):
    sheet = openpyxl.load_workbook(report)[name_of(section)]
    assert sheet.protection.sheet
    assert not sheet.protection.password
    assert all(cell.protection.locked for row in sheet.iter_rows() for cell in row if cell.data_type == "f")
    assert any(not cell.protection.locked for row in sheet.iter_rows() for cell in row)


def beside(sheet: Worksheet, text: str) -> Any:
    """What stands right of the cell with this text."""
    cell = next(cell for row in sheet.iter_rows() for cell in row if cell.value == text)
    return sheet.cell(cell.row, cell.column + 1).value


def test_another_customer_is_looked_up_with_all_that_is_known(report, recalculated):
    customers = run().customers
    row = customers["tier"].to_pylist().index("important")
    one = {name: customers[name][row].as_py() for name in customers.column_names}
    sheet = recalculated(report, "customer_360", {"C7": one["customer_id"]})
    assert beside(sheet, "Name") == one["name"]
    assert beside(sheet, "Tier") == "Important"
    assert beside(sheet, "Value") == pytest.approx(one["value"])
    assert beside(sheet, "Orders") == one["orders"]
    assert beside(sheet, "Last purchase").date() == one["last_date"]
    alike = [
        other["value"]
        for other in customers.select(["tier", "value"]).to_pylist()
        if other["tier"] == "important"
    ]
    cell = next(cell for line in sheet.iter_rows() for cell in line if cell.value == "Value")
    assert sheet.cell(cell.row, cell.column + 2).value == pytest.approx(sum(alike) / len(alike))


@pytest.mark.parametrize("typed", ["nobody", "C0*", "C019?", None])
def test_an_id_nobody_has_shows_no_customer(report, recalculated, typed):
    sheet = recalculated(report, "customer_360", {"C7": typed})
    assert sheet["E7"].value == "No customer of this report has this ID."
    assert not beside(sheet, "Name")
    assert not beside(sheet, "Value")


def test_the_list_offers_the_best_customers_and_takes_any_id(report):
    sheet = openpyxl.load_workbook(report)[name_of("customer_360")]
    (choice,) = sheet.data_validations.dataValidation
    assert choice.formula1 == f"'Customers'!$B$7:$B${6 + run().customers.num_rows}"
    assert not choice.showErrorMessage


def cell_of(sheet: Worksheet, text: str, right: int) -> str:
    """The address so many columns right of the cell with this text."""
    cell = next(cell for row in sheet.iter_rows() for cell in row if cell.value == text)
    return sheet.cell(cell.row, cell.column + right).coordinate


def counts(scored: Run, table: str, key: str) -> dict[str, tuple[int, float]]:
    return {
        scored.word(row[key]): (row["customers"], row["revenue"]) for row in scored.table(table).to_pylist()
    }


def test_now_is_what_the_other_pages_count(report):
    sheet = openpyxl.load_workbook(report, data_only=True)[name_of("what_if")]
    found = counts(run(), "tiers", "tier") | counts(run(), "churn_levels", "churn_level")
    for name, (customers, revenue) in found.items():
        assert sheet[cell_of(sheet, name, 3)].value == sheet[cell_of(sheet, name, 4)].value == customers
        assert sheet[cell_of(sheet, name, 6)].value == pytest.approx(revenue)


# Text of the pack -> the same with the figure moved; label of its row on the page, and the figure.
MOVED = [
    ("top: 0.04", "top: 0.10", "VIP", 0.1),
    ("top: 0.20", "top: 0.33", "Important", 0.33),
    ("departed_days:   {is: 180", "departed_days:   {is: 120", "Days until departed", 120),
    ("falling:         {is: -0.3", "falling:         {is: -0.05", "Falling spend", -0.05),
    ("overdue:         {is: 2", "overdue:         {is: 1.25", "Overdue", 1.25),
    ("name: watch, from: 30", "name: watch, from: 45", "Watch", 45),
    ("spend_drop, points: 40", "spend_drop, points: 50", "Points: Spend fell", 50),
]


def test_figures_that_are_moved_count_as_if_the_rules_had_them(report, recalculated, tmp_path):
    rules = shipped("rules/hospitality.yaml").read_text("utf-8")
    written = openpyxl.load_workbook(report)[name_of("what_if")]
    changes = {}
    for old, new, name, figure in MOVED:
        assert old in rules
        rules = rules.replace(old, new)
        (cell,) = [
            cell
            for row in written.iter_rows(max_row=60)
            for cell in row
            if isinstance(cell.value, str) and cell.value.startswith(name)
        ]
        changes[written.cell(cell.row, cell.column + 2).coordinate] = figure
    (tmp_path / "hospitality.yaml").write_text(rules, "utf-8")
    source = read(shipped("workbooks/samples/hospitality.xlsx"))
    moved = score(source.tables, read_pack(tmp_path / "hospitality.yaml"))
    sheet = recalculated(report, "what_if", changes)
    found = counts(moved, "tiers", "tier") | counts(moved, "churn_levels", "churn_level")
    assert found != counts(run(), "tiers", "tier") | counts(run(), "churn_levels", "churn_level")
    for name, (customers, revenue) in found.items():
        assert sheet[cell_of(sheet, name, 4)].value == customers, name
        assert sheet[cell_of(sheet, name, 7)].value == pytest.approx(revenue), name
