"""The add-in in a user's Excel: its file, the entry by which Excel opens it at start, and how COM starts the engine.

All of it is the user's own, so nobody needs to be an administrator:

    %APPDATA%/Microsoft/AddIns/tierbook.xlam
    HKCU/Software/Microsoft/Office/<version>/Excel/Options: OPEN, OPEN1, OPEN2 .. (Excel stops at the first gap)
    HKCU/Software/Classes/Tierbook.Engine/CLSID, HKCU/Software/Classes/CLSID/<class>/LocalServer32 and PythonCOM
    HKCU/Software/Microsoft/Office/Excel/Addins/Tierbook.Engine: FriendlyName, Description, LoadBehavior
"""

from __future__ import annotations

import importlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from addin.excel.engine import CLASS, NAME, SERVED, command
from addin.excel.package import FILE
from addin.install import ProgramMissing
from addin.version import version
from tierbook.errors import HostError
from workbooks.files import replace_file

OFFICE = r"Software\Microsoft\Office"
CLASSES = r"Software\Classes"
SERVER = rf"{CLASSES}\CLSID\{CLASS}"
COM_ADDIN = rf"{OFFICE}\Excel\Addins\{NAME}"
SETTINGS = r"Software\VB and VBA Program Settings\Tierbook add-in"
"""Where a running engine notes that it is there (`addin.excel.note`)."""
ONLY_WHEN_ASKED = 0
"""LoadBehavior: Excel starts without the engine and connects to it when the add-in says so; the value stays as it is."""
OLDEST = 14  # Excel 2010, the first to read our ribbon
_OFFICE_VERSION = re.compile(r"(\d+)\.0")
_OPEN = re.compile(r"OPEN(\d*)", re.IGNORECASE)


class Registry:
    """A part of the registry, by default the user's own; keys are written with backslashes, "" is a key's default value."""

    def __init__(self, winreg: Any, root: str = "HKEY_CURRENT_USER") -> None:
        self._winreg, self._root = winreg, getattr(winreg, root)

    def keys(self, key: str) -> list[str]:
        """The names of the keys under a key."""
        try:
            with self._winreg.OpenKey(self._root, key) as found:
                return [self._winreg.EnumKey(found, at) for at in range(self._winreg.QueryInfoKey(found)[0])]
        except FileNotFoundError:
            return []

    def texts(self, key: str) -> dict[str, str]:
        """Its texts by name; empty where there is no such key."""
        return {name: value for name, value in self.values(key).items() if isinstance(value, str)}

    def values(self, key: str) -> dict[str, Any]:
        """What a key holds by name: texts, numbers, bytes; empty where there is no such key."""
        try:
            with self._winreg.OpenKey(self._root, key) as found:
                count = self._winreg.QueryInfoKey(found)[1]
                every = [self._winreg.EnumValue(found, at) for at in range(count)]
        except FileNotFoundError:
            return {}
        return {name: value for name, value, _ in every}

    def write(self, key: str, name: str, value: str | int) -> None:
        """Give a key a text or a number; the key is made if need be."""
        kind = self._winreg.REG_SZ if isinstance(value, str) else self._winreg.REG_DWORD
        with self._winreg.CreateKey(self._root, key) as found:
            self._winreg.SetValueEx(found, name, 0, kind, value)

    def remove(self, key: str, name: str) -> None:
        """Take a text out of a key."""
        with self._winreg.OpenKey(self._root, key, 0, self._winreg.KEY_SET_VALUE) as found:
            self._winreg.DeleteValue(found, name)

    def remove_key(self, key: str) -> None:
        """Take a key and all under it away, where it is there."""
        for name in self.keys(key):
            self.remove_key(rf"{key}\{name}")
        with suppress(FileNotFoundError):
            self._winreg.DeleteKey(self._root, key)


@dataclass(frozen=True)
class Computer:
    """What of a computer is looked at and changed; `classes` is what COM sees of this user and of all users."""

    addins: Path
    registry: Registry
    classes: Registry
    python: Path
    excel_runs: Callable[[], bool]


def this_computer() -> Computer:
    """The one this runs on.

    Raises
    ------
    ProgramMissing
        It has no Excel for Windows.
    """
    if sys.platform == "win32":
        winreg = importlib.import_module("winreg")
        found = Computer(
            addins=Path(os.environ["APPDATA"]) / "Microsoft" / "AddIns",
            registry=Registry(winreg),
            classes=Registry(winreg, "HKEY_CLASSES_ROOT"),
            # Without a console window of its own.
            python=Path(sys.executable).with_name("pythonw.exe"),
            excel_runs=_excel_runs,
        )
        options_of_excel(found.registry)
        return found
    raise ProgramMissing(
        "Excel for Windows is not on this computer.",
        fix="For LibreOffice run: tierbook addin install --host calc",
    )


def install(addin: Path, *, project: Path, computer: Computer) -> Path:
    """Put the add-in where this user's Excel opens it at every start.

    Parameters
    ----------
    addin : Path
        The file as it was built.
    project : Path
        The folder whose `config.yaml` and packs hold for Excel.

    Returns
    -------
    Path
        Where the add-in is now.

    Raises
    ------
    HostError
        Excel is open, is not there, or a folder may not be written to.
    """
    every = options_of_excel(computer.registry)
    _closed(computer)
    target = computer.addins / FILE
    target.parent.mkdir(parents=True, exist_ok=True)
    written = replace_file(target, lambda path: shutil.copyfile(addin, path))
    if written != Path(os.path.realpath(target)):
        written.unlink()
        raise _still_open()
    _trust(target)
    for options in every:
        _renumber(computer.registry, options, [*_others(computer.registry, options), f'"{target}"'])
    for key, name, value in _entries_of_the_engine(command(computer.python, project)):
        computer.registry.write(key, name, value)
    return target


def uninstall(*, computer: Computer) -> bool:
    """Take the add-in out of this user's Excel; False when it was not there.

    Raises
    ------
    HostError
        Excel is open, or is not there.
    """
    every = options_of_excel(computer.registry)
    _closed(computer)
    target = computer.addins / FILE
    there = target.exists() or installed_version(computer=computer) is not None
    for options in every:
        others = _others(computer.registry, options)
        there = there or len(others) < len(_entries(computer.registry, options))
        _renumber(computer.registry, options, others)
    for key in (rf"{CLASSES}\{NAME}", SERVER, COM_ADDIN, SETTINGS):
        computer.registry.remove_key(key)
    target.unlink(missing_ok=True)
    return there


def installed_version(*, computer: Computer) -> str | None:
    """Version of the add-in this user's Excel opens; None for none."""
    said = computer.registry.texts(rf"{CLASSES}\{NAME}").get("", "")
    opened = all(
        any(_ours(entry) for entry in _entries(computer.registry, options).values())
        for options in options_of_excel(computer.registry)
    )
    there = opened and (computer.addins / FILE).exists()
    return said.removeprefix("Tierbook ") if there and said else None


def _entries_of_the_engine(starting: str) -> list[tuple[str, str, str | int]]:
    """Key, name and value of all by which COM and Excel know the engine."""
    return [
        (rf"{CLASSES}\{NAME}", "", f"Tierbook {version()}"),
        (rf"{CLASSES}\{NAME}\CLSID", "", CLASS),
        (SERVER, "", NAME),
        (rf"{SERVER}\ProgID", "", NAME),
        (rf"{SERVER}\LocalServer32", "", starting),
        (rf"{SERVER}\PythonCOM", "", SERVED),
        (COM_ADDIN, "FriendlyName", "Tierbook engine"),
        (COM_ADDIN, "Description", "Calculates the CRM functions of the Tierbook add-in."),
        (COM_ADDIN, "LoadBehavior", ONLY_WHEN_ASKED),
    ]


def options_of_excel(registry: Registry) -> list[str]:
    """The options of every Excel this user has."""
    found = []
    for name in registry.keys(OFFICE):
        number = _OFFICE_VERSION.fullmatch(name)
        if number and int(number[1]) >= OLDEST and "Excel" in registry.keys(rf"{OFFICE}\{name}"):
            found.append(rf"{OFFICE}\{name}\Excel\Options")
    if not found:
        raise ProgramMissing(
            "Excel was not found on this computer.", fix="Start Excel once, close it, and run this again."
        )
    return found


def _entries(registry: Registry, options: str) -> dict[str, str]:
    """What Excel opens at start, in its order."""
    found = {name: text for name, text in registry.texts(options).items() if _OPEN.fullmatch(name)}
    return dict(sorted(found.items(), key=lambda one: int(one[0][len("OPEN") :] or 0)))


def _others(registry: Registry, options: str) -> list[str]:
    return [entry for entry in _entries(registry, options).values() if not _ours(entry)]


def _ours(entry: str) -> bool:
    r"""Whether an entry such as `"C:\..\tierbook.xlam"` or `/R "tierbook.xlam"` opens the add-in."""
    return re.split(r'[\\/"]', entry.rstrip().rstrip('"'))[-1].lower() == FILE


def _renumber(registry: Registry, options: str, entries: list[str]) -> None:
    """Make the entries the ones Excel opens, without a gap."""
    names = [f"OPEN{number or ''}" for number in range(len(entries))]
    before = _entries(registry, options)
    for name, entry in zip(names, entries, strict=True):
        if before.get(name) != entry:
            registry.write(options, name, entry)
    for name in before:
        if name.upper() not in names:
            registry.remove(options, name)


def _closed(computer: Computer) -> None:
    if computer.excel_runs():
        # At its end Excel writes its options as it knows them, and what was added meanwhile is lost.
        raise _still_open()


def _still_open() -> HostError:
    return HostError("Excel is open.", fix="Close it and run this again.")


def _trust(path: Path) -> None:
    """Remove the mark that Windows puts on files from elsewhere: Excel opens no add-in with it."""
    with suppress(OSError):
        os.remove(f"{path}:Zone.Identifier")


def _excel_runs() -> bool:
    asked = ["tasklist", "/FI", "IMAGENAME eq EXCEL.EXE", "/NH"]
    return "EXCEL.EXE" in subprocess.run(asked, capture_output=True, text=True).stdout.upper()
