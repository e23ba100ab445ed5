"""Actions from the menu of a real LibreOffice: what they write, what they ask, what stays when the user changes their mind."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from addin.version import version
from tests.hosts.calc.program import Calc
from workbooks.samples import sample_path

BOOK = "menu"


class Menu:
    """An open workbook and its menu."""

    def __init__(self, calc: Calc, path: Path) -> None:
        self.calc, self.path = calc, path

    def __call__(self, name: str, **answers: str) -> str:
        """What was said when a command ended."""
        return self.calc.ask("command", book=BOOK, name=name, answers=answers)

    def sheets(self) -> list[str]:
        return self.calc.ask("sheets", book=BOOK)

    def rows(self, sheet: str) -> list[list[Any]]:
        """All cells of a sheet that are in use."""
        from addin.calc.component.sheets import column_letters

        height, width = self.calc.ask("used", book=BOOK, sheet=sheet)
        return self.calc.ask(
            "read", book=BOOK, sheet=sheet, address=f"A1:{column_letters(width - 1)}{height}"
        )

    def select(self, sheet: str, address: str) -> None:
        self.calc.ask("select", book=BOOK, sheet=sheet, address=address)


@pytest.fixture(scope="module")
def menu(calc: Calc, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Menu]:
    """The sample with its scores, open; every test leaves it as it was."""
    path = tmp_path_factory.mktemp("menu") / "酒店 hospitality.xlsx"
    shutil.copy(sample_path("hospitality"), path)
    calc.ask("open", book=BOOK, path=str(path))
    try:
        opened = Menu(calc, path)
        opened("score")
        yield opened
    finally:
        calc.ask("close", book=BOOK)


@pytest.fixture
def undone(menu: Menu) -> Iterator[Callable[[str], None]]:
    """Undo, from the menu, takes back what an action wrote."""
    before = menu.sheets()
    yield lambda added: check_undone(menu, before, added)
    assert menu.sheets() == before


def check_undone(menu: Menu, before: list[str], added: str) -> None:
    assert menu.sheets() == [*before, added]
    menu("undo")
    assert menu.sheets() == before


def test_check_lists_every_problem_with_its_cell(menu, undone):
    assert "5,769 rows of transactions" in menu("check")
    places = [row[1] for row in menu.rows("Tierbook Data check")[1:]]
    assert f"{menu.path.name} Transactions!C4643" in places
    undone("Tierbook Data check")


def test_explain_offers_the_customer_of_the_selected_row(menu, undone):
    menu.select("Tierbook Scores", "E9")
    heads, *rows = menu.rows("Tierbook Scores")
    said = menu("explain")
    assert f"tiers: {rows[7][heads.index('tier')]}".lower() in said.lower()
    undone("Tierbook Explanation")
    assert "There is no customer X in" in menu("explain", customer="X")


def test_the_watch_list_takes_the_place_of_the_last_one(menu, undone):
    assert menu("watch_list") == "93 of 422 customers are at risk."
    assert len(menu.rows("Tierbook Watch list")) == 94
    menu("undo")
    assert len(menu.rows("Tierbook Watch list")) == 94


def test_the_report_goes_beside_the_workbook_and_is_opened(menu, undone):
    menu("report")
    report = menu.path.with_name(f"{menu.path.stem}-report.xlsx")
    assert report.exists()
    assert menu.calc.ask("close_others") == [report.name]


def test_formulas_are_live_say_why_and_freeze_to_what_they_show(menu, undone):
    assert menu("live_formulas").startswith("5 columns of formulas")
    heads, *rows = menu.rows("Tierbook Live")
    assert len(rows) == 422
    for at in range(1, len(heads), 2):
        assert [row[at] for row in rows] == [row[at + 1] for row in rows], heads[at]
    assert [heads[3], heads[4]] == ["Tier", "Tier (live)"]
    (formula,) = menu.calc.ask("formulas", book=BOOK, sheet="Tierbook Live", address="E2:E2")[0]
    assert formula.startswith("{=ORG.TIERBOOK.FUNCTIONS.CRMTIER(")
    menu.select("Tierbook Live", "E7")
    assert menu("why") == "CRM_TIER gives 422 rows of 1, and has nothing to add."
    assert menu("freeze") == "1 formulas are values now."
    assert menu.calc.ask("formulas", book=BOOK, sheet="Tierbook Live", address="E2:E2") == [[rows[0][4]]]
    assert [row[4] for row in menu.rows("Tierbook Live")[1:]] == [row[4] for row in rows]
    menu.select("Tierbook Scores", "A1")
    assert menu("freeze", all="yes") == "4 formulas are values now."
    assert "There is no CRM_ formula" in menu("freeze")
    menu("undo")
    menu("undo")
    undone("Tierbook Live")


def test_the_pack_a_workbook_names_is_that_of_its_cells(menu, undone):
    place: dict[str, Any] = {"book": BOOK, "sheet": "Tierbook Scores", "address": "DA1:DC9"}
    menu.calc.ask("array", **place, formula="=CRM_RULES()")
    before = menu.calc.ask("read", **place)
    assert "is scored by retail" in menu("pack", pack="retail")
    retail = menu.calc.ask("read", **place)
    menu("undo")
    again = menu.calc.ask("read", **place)
    menu.calc.ask("clear", **place)
    assert "retail" not in str(before)
    assert before == again
    assert before != retail


def test_an_action_that_is_cancelled_writes_nothing(menu, undone):
    before = menu.rows("Tierbook Scores")
    assert menu.calc.ask("cancelled", book=BOOK, name="score", version=version()) == []
    assert menu.calc.ask("cancelled", book=BOOK, name="compare_rules", version=version(), at="question") == []
    assert menu.rows("Tierbook Scores") == before
    assert "customers as of" in menu("score"), "the engine takes the next action"
    menu("undo")
