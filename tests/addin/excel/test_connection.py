"""The engine as a COM add-in: what it leaves with Excel, when it says that it is there, and how it ends."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from addin.excel import engine
from addin.excel.engine import CLASS, SERVED
from tests.addin.excel.windows import BINDING


class Windows:
    """What pywin32 is asked for, in order, and the part of the registry a note stands in."""

    def __init__(self) -> None:
        self.done: list[Any] = []
        self.noted: dict[str, str] = {}
        self.volatile = False
        self.meanwhile: Callable[[], None] = lambda: None

    def note(self, value: str | None) -> None:
        self.done.append("erases its note" if value is None else "notes that it runs")

    def RegCreateKeyEx(self, root: str, key: str, access: str, kind: None, options: str) -> tuple[str, int]:
        assert (root, key) == (
            "HKEY_CURRENT_USER",
            r"Software\VB and VBA Program Settings\Tierbook add-in\Engine",
        )
        self.volatile = options == "REG_OPTION_VOLATILE"
        return key, 1

    def RegSetValueEx(self, key: str, name: str, reserved: int, kind: str, value: str) -> None:
        self.noted[name] = value
        self.note(value)

    def RegQueryValueEx(self, key: str, name: str) -> tuple[str, int]:
        if name not in self.noted:
            raise OSError(2, "The system cannot find the file specified.")
        return self.noted[name], 1

    def RegDeleteValue(self, key: str, name: str) -> None:
        del self.noted[name]
        self.note(None)

    def RegisterInterfaces(self, library: str, language: int, major: int, minor: int, names: list) -> None:
        assert (library, major, minor) == ("{AC0714F2-3D04-11D1-AE7D-00A0C90F26F4}", 1, 0)
        self.done.append(*names)

    def RegisterClassFactories(self, classes: list[str]) -> list[str]:
        assert classes == [CLASS]
        self.done.append("registers its class")
        return classes

    def RevokeClassFactories(self, classes: list[str]) -> None:
        self.done.append("revokes its class")

    def CoResumeClassObjects(self) -> None:
        self.done.append("answers")

    def PumpMessages(self) -> None:
        self.meanwhile()

    def PostQuitMessage(self, code: int) -> None:
        self.done.append("ends")


@pytest.fixture
def windows(server: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[Windows]:
    made = Windows()
    for module, names in {
        "win32api": ("RegCreateKeyEx", "RegSetValueEx", "RegQueryValueEx", "RegDeleteValue"),
        "win32gui": ("PostQuitMessage",),
        "win32com.universal": ("RegisterInterfaces",),
        "win32com.server.factory": ("RegisterClassFactories", "RevokeClassFactories"),
        "pythoncom": ("CoResumeClassObjects", "PumpMessages"),
    }.items():
        for name in names:
            monkeypatch.setattr(sys.modules[module], name, getattr(made, name), raising=False)
    monkeypatch.setattr(sys.modules["win32api"], "error", OSError, raising=False)
    monkeypatch.setattr(sys.modules["pythoncom"], "DISPATCH_PROPERTYPUT", 4, raising=False)
    monkeypatch.setattr(
        sys.modules["win32com.server.util"], "wrap", lambda served: ("wrapped", served), raising=False
    )
    for name in ("HKEY_CURRENT_USER", "KEY_ALL_ACCESS", "REG_OPTION_VOLATILE", "REG_SZ"):
        monkeypatch.setattr(sys.modules["win32con"], name, name, raising=False)
    yield made
    for name in ("addin.excel.note", "addin.excel.connection"):
        sys.modules.pop(name, None)


@pytest.fixture
def connection(windows: Windows) -> ModuleType:
    return importlib.import_module("addin.excel.connection")


def served_by(name: str) -> Any:
    """The class pywin32 makes for a name of the registry, as it does it."""
    module, _, last = name.rpartition(".")
    return getattr(importlib.import_module(module), last)


class Held:
    """Excel's COMAddIn object as pywin32 gives it to a method: nothing but IDispatch."""

    def __init__(self) -> None:
        self.given: list[Any] = []

    def GetIDsOfNames(self, name: str) -> int:
        return {"Object": 5}[name]

    def Invoke(self, number: int, language: int, kind: int, wanted: bool, value: Any) -> None:
        assert (number, kind) == (5, 4)
        self.given.append(value)


def test_excel_gets_the_object_that_answers_for_functions(connection, binding):
    made, held = served_by(SERVED)(), Held()
    made.OnConnection(object(), 0, held, ())
    assert held.given == [("wrapped", made)]
    assert made.CallUDF(BINDING, "CRM_NPS", (((9.0,), (10.0,)),), None, None) == 100.0


def test_excel_can_call_functions_and_nothing_else_of_xlwings(connection):
    made = served_by(SERVED)()
    assert made._public_methods_ == ("CallUDF",)
    assert not hasattr(made, "Exec")
    assert made._com_interfaces_ == ("_IDTExtensibility2",)


def test_every_method_excel_calls_on_an_add_in_is_there(connection):
    made = served_by(SERVED)()
    made.OnStartupComplete(())
    made.OnAddInsUpdate(())
    made.OnBeginShutdown(())
    made.OnDisconnection(0, ())


def test_the_engine_notes_that_it_runs_once_it_answers(windows, binding):
    seen = []
    windows.meanwhile = lambda: seen.append(dict(windows.noted))
    engine.serve(Path("rules"))
    assert windows.done == [
        "_IDTExtensibility2",
        "registers its class",
        "answers",
        "notes that it runs",
        "erases its note",
        "revokes its class",
    ]
    assert windows.volatile, "a note that outlives its engine and the user's log-off is believed by a cell"
    assert [set(noted) for noted in seen] == [{"Running"}]
    assert binding.engine.project == Path("rules")


def test_an_engine_that_is_told_to_stop_takes_its_note_along_first(windows, binding):
    windows.meanwhile = lambda: binding.engine.stop()
    engine.serve(Path("rules"))
    assert windows.done[4:] == ["erases its note", "ends", "revokes its class"]


def test_the_note_of_another_engine_stays(windows, binding):
    windows.meanwhile = lambda: windows.noted.update(Running="another")
    engine.serve(Path("rules"))
    assert windows.noted == {"Running": "another"}


def test_no_two_engines_note_the_same(windows, binding):
    seen = []
    windows.meanwhile = lambda: seen.append(windows.noted["Running"])
    engine.serve(Path("rules"))
    engine.serve(Path("rules"))
    assert len(set(seen)) == 2


def test_an_engine_that_fails_at_its_work_takes_its_note_along(windows, binding):
    def fails() -> None:
        raise MemoryError

    windows.meanwhile = fails
    with pytest.raises(MemoryError):
        engine.serve(Path("rules"))
    assert windows.noted == {}
