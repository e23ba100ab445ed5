"""Windows of the menu's actions in a LibreOffice with a screen: what they say, what is pressed, and that Cancel changes nothing."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import need
from tests.hosts.calc import program
from tests.hosts.calc.test_cells import wait_for
from workbooks.samples import sample_path

BOOK = "dialogs"


class Screen:
    """An open workbook, and the windows of Tierbook over it."""

    def __init__(self, calc: program.Calc, path: Path) -> None:
        self.calc, self.path = calc, path

    def press(self, name: str) -> None:
        """An entry of the menu, as a user gives it; comes back at once."""
        self.calc.ask("press", book=BOOK, name=name)

    def window(self) -> dict[str, Any]:
        """The window that is open now or will be: what it says, what can be pressed."""
        return self.calc.ask("window")

    def click(self, button: str) -> None:
        self.calc.ask("click", button=button)

    def closed(self) -> None:
        """Wait until no window is open."""
        wait_for(lambda: self.calc.ask("windows_open") == 0)

    def at_work(self) -> bool:
        """Whether the engine runs an action."""
        return self.calc.engine().status()["at_work"] > 0

    def sheets(self) -> list[str]:
        return self.calc.ask("sheets", book=BOOK)


@pytest.fixture(scope="module")
def screen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Screen]:
    """The sample, open in a LibreOffice of its own on a display of its own."""
    need("libreoffice")
    need("calc")
    path = tmp_path_factory.mktemp("dialogs") / "hospitality.xlsx"
    shutil.copy(sample_path("hospitality"), path)
    folder = Path(tempfile.mkdtemp(prefix="tbcalc"))
    try:
        with program.display() as shown, program.calc(folder, screen=shown) as calc:
            calc.ask("open", book=BOOK, path=str(path))
            yield Screen(calc, path)
            calc.ask("close", book=BOOK)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def test_a_message_says_what_was_done_and_is_closed(screen: Screen) -> None:
    before = screen.sheets()
    screen.press("score")
    shown = screen.window()
    assert "422 customers as of" in shown["text"][0]
    screen.click("OK")
    screen.closed()
    assert screen.sheets()[len(before)] == "Tierbook Scores"
    screen.calc.ask("command", book=BOOK, name="undo")
    assert screen.sheets() == before


def test_a_question_with_choices_is_answered_or_left(screen: Screen) -> None:
    before = screen.sheets()
    screen.press("pack")
    shown = screen.window()
    assert shown["text"] == ["Which rule pack is this workbook scored by?"]
    assert any(one.startswith("retail ") for one in shown["choices"])
    assert shown["buttons"] == ["OK", "Cancel"]
    screen.click("Cancel")
    screen.closed()
    screen.press("pack")
    screen.click(next(one for one in screen.window()["choices"] if one.startswith("retail ")))
    screen.click("OK")
    assert "is scored by retail" in screen.window()["text"][0]
    screen.click("OK")
    screen.closed()
    screen.calc.ask("command", book=BOOK, name="undo")
    assert screen.sheets() == before


def test_a_question_for_a_text_is_answered_in_its_field(screen: Screen) -> None:
    screen.press("explain")
    assert screen.window()["text"] == ["Which customer? Type the identifier."]
    screen.calc.ask("write", text="nobody")
    screen.click("OK")
    assert "There is no customer nobody in" in screen.window()["text"][0]
    screen.click("OK")
    screen.closed()


def test_cancel_stops_an_action_with_nothing_written_and_the_next_one_runs(screen: Screen) -> None:
    before = screen.sheets()
    screen.press("report")
    wait_for(screen.at_work)
    screen.press("check")
    assert screen.window()["text"] == ["Another action is still running."]
    screen.click("OK")
    screen.closed()
    screen.press("cancel")
    wait_for(lambda: not screen.at_work())
    assert not screen.path.with_name("hospitality-report.xlsx").exists()
    assert screen.sheets() == before
    screen.press("check")
    assert "5,769 rows of transactions" in screen.window()["text"][0]
    screen.click("OK")
    screen.closed()
    screen.calc.ask("command", book=BOOK, name="undo")
    assert screen.sheets() == before


def test_what_cannot_be_done_is_said_in_a_window(screen: Screen) -> None:
    screen.press("array")
    assert "holds no function of Tierbook" in screen.window()["text"][0]
    screen.click("OK")
    screen.closed()
