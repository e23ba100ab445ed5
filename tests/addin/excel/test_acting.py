"""An action from its button to the cells: VBA, xlwings' server, a thread of its own, and back into the workbook."""

from __future__ import annotations

import shutil
import tempfile
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from pyopenvba.apps.excel._model import Workbook
from pyopenvba.interpreter._objects import MemberSpec
from pyopenvba.interpreter._values import EMPTY

from addin.excel import acting
from addin.excel.host import ExcelHost
from addin.host import Cancelled, Option
from tests.addin.excel.com import Com
from tests.addin.excel.interpreter import Excel
from tierbook.errors import HostError
from workbooks.samples import sample_path


class Dialogs:
    """A user who reads and answers."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.yes: bool | None = True

    def tell(self, text: str) -> None:
        self.told.append(text)

    def yes_or_no(self, question: str) -> bool | None:
        self.told.append(question)
        return self.yes


@pytest.fixture
def dialogs() -> Dialogs:
    return Dialogs()


@pytest.fixture
def excel(xlam, sources, server, binding) -> Excel:
    loaded = Excel(xlam, sources, server)
    loaded.start()
    return loaded


@pytest.fixture
def host(excel, dialogs, monkeypatch, tmp_path) -> ExcelHost:
    """The port over the sample workbook, open beside the add-in."""
    path = tmp_path / "客户 hospitality.xlsx"
    shutil.copy(sample_path("hospitality"), path)
    book = excel.app.open_workbook(path)
    book.vba_get("Activate")

    def copy(book, name):
        shutil.copy(path, name)
        return EMPTY

    spec = MemberSpec(name="SaveCopyAs", kind="method", getter=copy, parameters=("Filename",))
    monkeypatch.setitem(Workbook._vba_members, "savecopyas", spec)
    xw_book = SimpleNamespace(api=Com(book), app=SimpleNamespace(api=Com(excel.app.application)))
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    made = ExcelHost(xw_book, project=tmp_path, language="en", steps=[], dialogs=dialogs)
    monkeypatch.setattr(acting, "_host", lambda *given, **project: made)
    return made


def finish() -> None:
    """Wait for the action to end."""
    for thread in threading.enumerate():
        if thread is not threading.main_thread() and thread.daemon and "_act" in thread.name:
            thread.join(60)


def test_the_button_score_writes_result_sheets_and_undo_takes_them_back(excel, host, dialogs):
    before = [sheet.Name for sheet in host.api.Worksheets]
    excel.press("tierbook_score")
    finish()
    after = [sheet.Name for sheet in host.api.Worksheets]
    assert len(after) > len(before)
    assert "customers as of" in dialogs.told[-1]
    assert excel.app.dialogs == []
    excel.press("tierbook_undo")
    finish()
    assert [sheet.Name for sheet in host.api.Worksheets] == before
    assert dialogs.told[-1] == "The last step was taken back."
    assert not list(Path(tempfile.gettempdir()).iterdir())


def test_an_action_that_cannot_be_done_says_why(excel, host, dialogs):
    excel.press("tierbook_undo")
    finish()
    assert "nothing to undo" in dialogs.told[-1]


def test_one_action_at_a_time(host, monkeypatch):
    assert acting._running.acquire(blocking=False)
    try:
        assert (
            acting.act("score", 1, "a.xlsx", project=Path(), language="en")
            == "Another action is still running."
        )
        assert acting.act("score", 1, "a.xlsx", project=Path(), language="zh") == "另一个操作仍在运行。"
    finally:
        acting._running.release()


def test_a_fault_of_ours_is_told_and_lets_the_next_action_run(excel, host, dialogs, monkeypatch):
    monkeypatch.setattr(host._writer, "undo", lambda: 1 / 0)
    excel.press("tierbook_undo")
    finish()
    assert "engine's log" in dialogs.told[-1]
    assert not acting._running.locked()


def test_the_selection_is_what_is_selected_on_the_used_part_of_the_sheet(host):
    sheet = host.api.Worksheets(1)
    sheet.Activate()
    sheet.Range("A1:A2").Select()
    chosen = host.selection()
    assert (chosen.sheet, chosen.address, chosen.formula) == (sheet.Name, "A1:A2", "")
    assert len(chosen.rows) == 2
    sheet.Range("Z1").Formula = "=1+1"
    sheet.Range("Z1").Select()
    assert (host.selection().address, host.selection().formula, host.selection().rows) == (
        "Z1",
        "=1+1",
        [[2.0]],
    )


def test_a_workbook_on_the_web_has_no_folder_beside_it(host, monkeypatch):
    assert host.path is not None and host.path.name == host.name
    host.api = SimpleNamespace(FullName="https://example.com/orders.xlsx", Path="https://example.com")
    assert host.path is None


def test_a_copy_keeps_the_name_of_the_workbook(host):
    assert host.book().name == host.name
    assert host.book().read_bytes() == host.path.read_bytes()
    folder = host.book().parent
    host.close()
    assert not folder.exists()


@pytest.mark.parametrize("typed, value", [("2", "retail"), ("hospitality", "hospitality")])
def test_a_list_is_answered_by_number_or_by_name(host, monkeypatch, typed, value):
    monkeypatch.setattr(host, "ask", lambda key, question, default="": typed)
    options = [Option("hospitality", "Hospitality"), Option("retail", "Retail"), Option("b2b", "B2B")]
    assert host.choose("pack", "Which pack?", options, "hospitality") == value


def test_yes_and_no_are_buttons_and_cancel_ends_the_action(host, dialogs):
    options = [Option("yes", "Yes"), Option("no", "No")]
    assert host.choose("sure", "Sure?", options) == "yes"
    dialogs.yes = False
    assert host.choose("sure", "Sure?", options) == "no"
    dialogs.yes = None
    with pytest.raises(Cancelled):
        host.choose("sure", "Sure?", options)


def test_a_copy_that_was_not_written_is_said(host, monkeypatch):
    spec = MemberSpec(
        name="SaveCopyAs", kind="method", getter=lambda book, name: EMPTY, parameters=("Filename",)
    )
    monkeypatch.setitem(Workbook._vba_members, "savecopyas", spec)
    with pytest.raises(HostError, match="could not be saved"):
        host.book()
