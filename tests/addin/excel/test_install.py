"""The add-in is put in and taken out of a user's Excel; the registry is a stand-in, folders and files are real."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from addin.excel.engine import CLASS
from addin.excel.install import Computer, Registry, install, installed_version, uninstall
from addin.version import version
from tests.addin.excel.winreg import Winreg
from tierbook.errors import HostError

OPTIONS = r"Software\Microsoft\Office\16.0\Excel\Options"
SERVER = rf"Software\Classes\CLSID\{CLASS}\LocalServer32"


def computer(folder: Path, options: dict[str, object], *, runs: bool = False) -> tuple[Computer, Winreg]:
    registry = Winreg({OPTIONS: options, r"Software\Microsoft\Office\Common": {}})
    addins = folder / "用户" / "AddIns"
    return Computer(addins, Registry(registry), Path("C:/Tools/pythonw.exe"), lambda: runs), registry


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
    starting = registry.values(SERVER)[""]
    assert starting == f'"C:/Tools/pythonw.exe" -P -m addin.excel.engine --project "{tmp_path / "规则"}"'


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
