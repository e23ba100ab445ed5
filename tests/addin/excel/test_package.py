"""The add-in as a file: built alike each time, and through every gate; each gate can fail."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from addin.excel import ribbon
from addin.excel.package import addin, package
from addin.excel.project import NAME, modules, project
from addin.excel.sheet import sheet
from tests.addin.excel import gates
from tests.addin.excel.images import IMAGES
from tests.addin.test_cli import ROOT, tierbook


def built(folder: Path, sources: dict[str, str], ui: str | None = None) -> Path:
    """An add-in with other modules or another ribbon."""
    path = folder / "changed.xlam"
    path.write_bytes(package(sheet(), project(sources), ui or ribbon.ribbon()))
    return path


def test_the_command_writes_the_same_bytes_each_time(tmp_path, xlam):
    done = tierbook("addin", "build", "--host", "excel", "--to", str(tmp_path / "new"), cwd=tmp_path)
    assert (done.returncode, done.stdout.strip()) == (0, str(tmp_path / "new/tierbook.xlam")), done.stderr
    assert Path(done.stdout.strip()).read_bytes() == xlam.read_bytes() == addin()


def test_a_program_without_an_add_in_is_refused_in_words(tmp_path):
    done = tierbook("addin", "build", "--host", "visicalc", cwd=tmp_path)
    assert done.returncode == 2
    assert "There is no add-in for visicalc" in done.stderr


def test_without_pyopenvba_the_command_says_what_to_install(tmp_path):
    code = "import sys; sys.modules['pyopenvba'] = None; sys.argv[1:] = ['addin', 'build', '--host', 'excel']; from addin.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, env=None
    )
    assert done.returncode == 1
    assert "Run pip install pyOpenVBA" in done.stderr
    assert "Traceback" not in done.stderr
    assert ROOT.is_dir()


def test_the_project_has_a_name_of_its_own_and_all_modules(xlam, sources):
    from pyopenvba import ExcelFile

    with ExcelFile(xlam) as file:
        assert file.vba_project().name == NAME
        assert file.validate() == []
    assert set(gates.sources_of(xlam)) == set(sources)
    assert all(name.startswith("tierbook") for name in sources)


def test_the_sources_fit_the_code_page_of_the_project(sources):
    for source in sources.values():
        source.encode("cp1252")


def test_every_function_says_in_the_project_what_it_does(xlam):
    from udfs.registry import functions

    source = gates.sources_of(xlam)["tierbookFunctions"]
    for name in functions():
        assert f'Attribute {name}.VB_Description = "' in source


def test_the_linter_finds_no_error_in_the_project(xlam):
    assert gates.lint(xlam) == []


def test_the_linter_finds_an_undefined_name(tmp_path, sources):
    broken = sources["tierbookRibbon"].replace("tierbookAct tier", "tierbookAkt tier")
    assert broken != sources["tierbookRibbon"]
    assert any(
        "tierbookAkt" in found for found in gates.lint(built(tmp_path, {**sources, "tierbookRibbon": broken}))
    )


def test_every_module_parses_by_itself(xlam):
    assert gates.unparsed(gates.sources_of(xlam)) == []


@pytest.mark.parametrize("module", sorted(modules({})))
def test_the_parser_finds_a_missing_end_in_any_module(module, sources):
    ends = "End Function\n" if "End Function\n" in sources[module] else "End Sub\n"
    head, _, tail = sources[module].rpartition(ends)
    assert gates.unparsed({module: head + tail})


def test_every_callback_of_the_ribbon_exists(xlam):
    assert gates.missing_callbacks(ribbon.ribbon(), gates.sources_of(xlam)) == []


@pytest.mark.parametrize(
    "before, after",
    [
        ("Sub tierbookPress(", "Sub tierbookPush("),
        ("Public Sub tierbookLabel(", "Private Sub tierbookLabel("),
        (
            "tierbookSupertip(control As IRibbonControl, ByRef returnedVal)",
            "tierbookSupertip(control As IRibbonControl)",
        ),
        ("Option Explicit", "Option Private Module"),
    ],
)
def test_a_callback_that_is_missing_or_takes_something_else_is_found(before, after, sources):
    broken = sources["tierbookRibbon"].replace(before, after)
    assert broken != sources["tierbookRibbon"]
    assert gates.missing_callbacks(ribbon.ribbon(), {**sources, "tierbookRibbon": broken})


def test_the_ribbon_is_as_excel_expects_it():
    assert gates.ribbon_faults(ribbon.ribbon(), IMAGES) == []


# The buttons that were asked for, in this order.
BUTTONS = (
    "check", "score", "undo", "live_formulas", "freeze", "explain", "why", "watch_list", "report", "pack", "check_rules",
    "compare_rules", "edit_rules", "functions", "start_engine", "stop_engine", "diagnose", "about",
)  # fmt: skip


def test_every_button_stands_in_its_group_in_the_order_asked_for():
    groups = ribbon.members()
    there = [action.name for actions in groups.values() for action in actions]
    assert set(BUTTONS) <= set(there)
    assert list(groups) == ["Customers", "Cells", "Reports", "Rules", "Engine"]
    for actions in groups.values():
        names = [action.name for action in actions]
        assert [name for name in names if name in BUTTONS] == [name for name in BUTTONS if name in names]


def test_no_two_buttons_have_the_same_picture():
    pictures = [action.icon for actions in ribbon.members().values() for action in actions]
    assert [one for one in set(pictures) if pictures.count(one) > 1] == []


@pytest.mark.parametrize(
    "before, after, finding",
    [
        ("tierbook_start_engine", "tierbook_stop_engine", "id tierbook_stop_engine twice"),
        ('id="tierbook_score"', 'id="score"', "id score"),
        ('size="large"', 'size="huge"', "size=huge"),
        (
            'imageMso="MacroPlay"',
            'imageMso="MacroPlai"',
            "imageMso=MacroPlai: not a picture known to be in Excel",
        ),
        ("<button ", "<knob ", "knob: not an element we use"),
        ("insertAfterMso", "insertAfter", "tab: attribute insertAfter"),
        ('onAction="tierbookPress"', "", "button: no onAction"),
        ("2009/07", "2006/01", "the root is {http://schemas.microsoft.com/office/2006/01/customui}customUI"),
    ],
)
def test_a_fault_of_the_ribbon_is_found(before, after, finding):
    assert before in ribbon.ribbon()
    assert finding in gates.ribbon_faults(ribbon.ribbon().replace(before, after), IMAGES)


def test_the_file_is_a_sound_package(xlam):
    assert gates.package_faults(xlam) == []


def test_a_ribbon_related_to_nothing_is_found(tmp_path, xlam):
    import zipfile

    path = tmp_path / "dangling.xlam"
    with zipfile.ZipFile(xlam) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            if name != ribbon.PART:
                new.writestr(name, old.read(name))
    assert any("customUI14" in found for found in gates.package_faults(path))


def test_a_virus_scanner_sees_nothing_to_point_out(xlam):
    assert gates.suspicious(gates.sources_of(xlam)) == []


def test_in_the_whole_file_a_scanner_notes_only_identifiers_excel_gives_every_workbook(xlam):
    VBA_Parser = pytest.importorskip("oletools.olevba").VBA_Parser  # on Windows it cannot be installed
    noted = VBA_Parser(str(xlam)).analyze_macros(show_decoded_strings=True)
    assert [keyword for kind, keyword, _ in noted if kind == "Suspicious"] == ["Hex Strings"]
    # Parts of VB_Base of the modules ThisWorkbook and Sheet1.
    assert {text for kind, _, text in noted if kind != "Suspicious"} == {
        "00020819",
        "00020820",
        "000000000046",
    }


@pytest.mark.parametrize(
    "line, word",
    [
        ('Shell "cmd"', "Shell"),
        ('Set mEngine = CreateObject("Tierbook.Engine")', "CreateObject"),
        ('Set mEngine = GetObject(, "Tierbook.Engine")', "GetObject"),
    ],
)
def test_a_scanner_would_see_what_starts_or_makes_something(line, word, sources):
    broken = sources["tierbookRuntime"] + f"Public Sub worse()\n    {line}\nEnd Sub\n"
    assert gates.suspicious({"tierbookRuntime": broken}) == [f"tierbookRuntime: {word}"]
