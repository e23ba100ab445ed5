"""The add-in is put in and taken out of a user's Excel; the registry is a stand-in, folders and files are real."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from addin.excel.engine import CLASS
from addin.excel.install import (
    COM_ADDIN,
    OFFICE,
    SERVER,
    Computer,
    Registry,
    install,
    installed_version,
    uninstall,
)
from addin.excel.obstacles import INTERFACE, POLICIES, obstacles
from addin.version import version
from tests.addin.excel.winreg import Winreg
from tierbook.errors import HostError

OPTIONS = r"Software\Microsoft\Office\16.0\Excel\Options"


def computer(folder: Path, options: dict[str, object], *, runs: bool = False) -> tuple[Computer, Winreg]:
    registry = Winreg({OPTIONS: options, r"Software\Microsoft\Office\Common": {}})
    addins = folder / "用户" / "AddIns"
    # Office enters for all users how COM carries the calls of an add-in.
    classes = Registry(
        Winreg({INTERFACE: {"": "{00020424-0000-0000-C000-000000000046}"}}), "HKEY_CLASSES_ROOT"
    )
    python = folder / "pythonw.exe"
    python.touch()
    return Computer(addins, Registry(registry), classes, python, lambda: runs), registry


@pytest.fixture
def built(tmp_path: Path) -> Path:
    path = tmp_path / "dist" / "tierbook.xlam"
    path.parent.mkdir()
    import zipfile

    with zipfile.ZipFile(path, "w") as file:
        file.writestr("[Content_Types].xml", "<Types/>")
    return path


def test_excel_opens_the_add_in_after_the_install(built, tmp_path):
    here, registry = computer(tmp_path, {"Font": "Calibri"})
    target = install(built, project=tmp_path, computer=here)
    assert target.read_bytes() == built.read_bytes()
    assert registry.values(OPTIONS) == {"Font": "Calibri", "OPEN": f'"{target}"'}
    assert installed_version(computer=here) == version()


def test_com_knows_how_to_start_the_engine(built, tmp_path):
    here, registry = computer(tmp_path, {})
    install(built, project=tmp_path / "规则", computer=here)
    assert registry.values(r"Software\Classes\Tierbook.Engine\CLSID") == {"": CLASS}
    starting = registry.values(rf"{SERVER}\LocalServer32")[""]
    assert (
        starting == f'"{tmp_path / "pythonw.exe"}" -P -m addin.excel.engine --project "{tmp_path / "规则"}"'
    )


def test_excel_knows_the_engine_and_starts_without_it(built, tmp_path):
    here, registry = computer(tmp_path, {})
    install(built, project=tmp_path, computer=here)
    known = registry.values(r"Software\Microsoft\Office\Excel\Addins\Tierbook.Engine")
    assert set(known) == {"FriendlyName", "Description", "LoadBehavior"}
    assert known["LoadBehavior"] == 0
    assert registry.values(rf"{SERVER}\PythonCOM") == {"": "addin.excel.connection.Connection"}


@pytest.mark.parametrize(
    "before, after, why",
    [
        ({}, ["{ours}"], "the first has no number"),
        ({"OPEN": "a.xlam"}, ["a.xlam", "{ours}"], "after what others opened"),
        (
            {"OPEN": "a.xlam", "OPEN1": '/R "b.xll"', "OPEN2": "c"},
            ["a.xlam", '/R "b.xll"', "c", "{ours}"],
            "the next number",
        ),
        (
            {"OPEN": '"C:\\old\\TIERBOOK.XLAM"', "OPEN1": "b"},
            ["b", "{ours}"],
            "an earlier entry of ours goes",
        ),
        ({"OPEN": "tierbook.xlam", "OPEN1": "b"}, ["b", "{ours}"], "Excel itself writes the bare name"),
        ({"OPEN": "my tierbook.xlam"}, ["my tierbook.xlam", "{ours}"], "another file is not ours"),
        ({"OPEN": "a", "OPEN2": "c"}, ["a", "c", "{ours}"], "Excel stops at a gap, so there is none"),
        (
            {f"OPEN{n or ''}": str(n) for n in range(12)},
            [*map(str, range(12)), "{ours}"],
            "the tenth comes after the ninth, not after the first",
        ),
    ],
)
def test_entries_of_others_stay_in_their_order(before, after, why, built, tmp_path):
    here, registry = computer(tmp_path, before)
    target = install(built, project=tmp_path, computer=here)
    expected = [entry.replace("{ours}", f'"{target}"') for entry in after]
    found = registry.values(OPTIONS)
    assert [found[f"OPEN{n or ''}"] for n in range(len(expected))] == expected, why
    assert len(found) == len(expected), why


def test_uninstall_leaves_everything_as_it_was_before(built, tmp_path):
    here, registry = computer(tmp_path, {"OPEN": "a.xlam", "OPEN1": "b.xll", "Pos": 5})
    before = {key: dict(values) for key, values in registry.tree.items()}
    target = install(built, project=tmp_path, computer=here)
    # The note of an engine that runs.
    Registry(registry).write(r"Software\VB and VBA Program Settings\Tierbook add-in\Engine", "Running", "1")
    assert uninstall(computer=here)
    assert not target.exists()
    # Keys above ours that others may use meanwhile stay, empty.
    assert {key: values for key, values in registry.tree.items() if values} == {
        key: values for key, values in before.items() if values
    }
    assert installed_version(computer=here) is None


def test_uninstall_closes_the_gap(built, tmp_path):
    here, registry = computer(tmp_path, {"OPEN": "a.xlam"})
    install(built, project=tmp_path, computer=here)
    Registry(registry).write(OPTIONS, "OPEN2", "later.xll")
    assert uninstall(computer=here)
    assert registry.values(OPTIONS) == {"OPEN": "a.xlam", "OPEN1": "later.xll"}


def test_uninstall_where_nothing_was_installed_says_so(tmp_path):
    here, registry = computer(tmp_path, {"OPEN": "a.xlam"})
    assert not uninstall(computer=here)
    assert registry.values(OPTIONS) == {"OPEN": "a.xlam"}


def test_a_second_install_changes_nothing_but_the_file(built, tmp_path):
    here, registry = computer(tmp_path, {"OPEN": "a.xlam"})
    install(built, project=tmp_path, computer=here)
    before = {key: dict(values) for key, values in registry.tree.items()}
    install(built, project=tmp_path, computer=here)
    assert registry.tree == before


def test_every_excel_of_the_user_opens_it(built, tmp_path):
    here, registry = computer(tmp_path, {})
    older, oldest = OPTIONS.replace("16.0", "14.0"), OPTIONS.replace("16.0", "12.0")
    for options in (older, oldest):
        with registry.CreateKey(1, options):
            pass
    target = install(built, project=tmp_path, computer=here)
    assert registry.values(older) == {"OPEN": f'"{target}"'}
    assert registry.values(oldest) == {}, "Excel 2007 does not read the ribbon"


def test_the_mark_of_files_from_elsewhere_is_removed(built, tmp_path):
    here, _ = computer(tmp_path, {})
    here.addins.mkdir(parents=True)
    mark = Path(f"{here.addins / 'tierbook.xlam'}:Zone.Identifier")
    mark.write_text("[ZoneTransfer]\nZoneId=3\n", "utf-8")
    install(built, project=tmp_path, computer=here)
    assert os.listdir(here.addins) == ["tierbook.xlam"]


def test_an_open_excel_is_said_and_nothing_is_changed(built, tmp_path):
    here, registry = computer(tmp_path, {"OPEN": "a.xlam"}, runs=True)
    before = {key: dict(values) for key, values in registry.tree.items()}
    for change in (lambda: install(built, project=tmp_path, computer=here), lambda: uninstall(computer=here)):
        with pytest.raises(HostError, match="Excel is open. Close it"):
            change()
    assert registry.tree == before
    assert not here.addins.exists()


def test_a_computer_without_excel_is_said(built, tmp_path):
    here, registry = computer(tmp_path, {})
    registry.tree.clear()
    with pytest.raises(HostError, match="Excel was not found"):
        install(built, project=tmp_path, computer=here)
    assert not here.addins.exists()


def test_nothing_is_in_the_way_after_an_install(built, tmp_path):
    here, _ = computer(tmp_path, {})
    install(built, project=tmp_path, computer=here)
    assert obstacles(computer=here) == []


@pytest.mark.parametrize(
    "key, name, value, said, fix",
    [
        (rf"{SERVER}\PythonCOM", "", "somebody.Else", "PythonCOM is not as it should be", "install"),
        (
            rf"{SERVER}\LocalServer32",
            "",
            '"C:/gone/pythonw.exe" -P',
            "C:/gone/pythonw.exe, which is gone",
            "install",
        ),
        (COM_ADDIN, "LoadBehavior", 2, "LoadBehavior is 2, not 0", "install"),
        (COM_ADDIN, "LoadBehavior", 3, "LoadBehavior is 3, not 0", "install"),
        (rf"{OFFICE}\16.0\Excel\Security", "RequireAddinSig", 1, "signed add-ins only", "administrator"),
        (rf"{POLICIES}\16.0\Excel\Security", "RequireAddinSig", 1, "signed add-ins only", "administrator"),
        (rf"{POLICIES}\16.0\Excel\Security", "DisableAllAddins", 1, "load no add-ins", "administrator"),
        (rf"{POLICIES}\16.0\Excel\Resiliency", "RestrictToList", 1, "not among them", "administrator"),
        (
            rf"{POLICIES}\16.0\Excel\Resiliency\AddinList",
            "tierbook.engine",
            "0",
            "not among them",
            "administrator",
        ),
        (
            rf"{OFFICE}\16.0\Excel\Resiliency\DisabledItems",
            "A1B2",
            b"\x01\x00\x00\x00" + "c:\\addins\\tierbook.xlam\x00".encode("utf-16-le"),
            "disabled tierbook.xlam",
            "Disabled Items",
        ),
        (
            rf"{OFFICE}\16.0\Excel\Resiliency\DisabledItems",
            "A1B2",
            b"\x02\x00\x00\x00" + "Tierbook.Engine\x00".encode("utf-16-le"),
            "disabled Tierbook.Engine",
            "Disabled Items",
        ),
    ],
)
def test_what_keeps_excel_from_the_engine_is_said_with_what_to_do(
    key, name, value, said, fix, built, tmp_path
):
    here, registry = computer(tmp_path, {})
    install(built, project=tmp_path, computer=here)
    with registry.CreateKey(1, key) as found:
        registry.SetValueEx(found, name, 0, 1, value)
    (one,) = obstacles(computer=here)
    assert said in one.text()
    assert fix in one.text()
    if "install" in fix:
        install(built, project=tmp_path, computer=here)
        assert obstacles(computer=here) == []


def test_an_add_in_the_organisation_lists_is_allowed(built, tmp_path):
    here, registry = computer(tmp_path, {})
    install(built, project=tmp_path, computer=here)
    policy = Registry(registry)
    policy.write(rf"{POLICIES}\16.0\Excel\Resiliency", "RestrictToList", 1)
    policy.write(rf"{POLICIES}\16.0\Excel\Resiliency\AddinList", "Tierbook.Engine", "1")
    assert obstacles(computer=here) == []


@pytest.mark.parametrize("key", [rf"{SERVER}\PythonCOM", rf"{SERVER}\LocalServer32", COM_ADDIN])
def test_a_key_that_is_gone_is_found_and_another_install_brings_it_back(key, built, tmp_path):
    here, registry = computer(tmp_path, {})
    install(built, project=tmp_path, computer=here)
    Registry(registry).remove_key(key)
    (one,) = obstacles(computer=here)
    assert one.text().endswith("Run: tierbook addin install --host excel")
    install(built, project=tmp_path, computer=here)
    assert obstacles(computer=here) == []


def test_an_office_that_does_not_carry_calls_to_add_ins_is_to_be_repaired(built, tmp_path):
    here, _ = computer(tmp_path, {})
    install(built, project=tmp_path, computer=here)
    (one,) = obstacles(computer=replace(here, classes=Registry(Winreg({}), "HKEY_CLASSES_ROOT")))
    assert "Repair Office" in one.text()


@pytest.mark.skipif(sys.platform == "win32", reason="Excel may be there")
@pytest.mark.parametrize("verb", ["install", "uninstall"])
def test_a_system_without_excel_is_said_plainly(verb, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "addin", "addin", verb, "--host", "excel"],
        env={**os.environ, "TIERBOOK_HOME": str(tmp_path), "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Excel for Windows is not on this computer.")
    assert list(tmp_path.iterdir()) == []
