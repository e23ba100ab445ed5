"""The engine: how it is started, and that nothing a workbook brings along runs in place of ours."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from addin.excel.engine import command, trusted_path
from tests.addin.excel import gates
from tests.addin.test_cli import ROOT

STARTED = """
import json, sys
from addin.excel import engine
def serve(project):
    import addin, tierbook, udfs
    from addin.excel import binding
    files = [module.__file__ for module in (addin, tierbook, udfs, binding)]
    print(json.dumps({"files": files, "path": sys.path, "project": str(project)}))
engine.serve = serve
sys.argv[1:] = ["-Embedding", "--project", "rules here"]
engine.main()
"""
PLANTED = "raise SystemExit('a file from the workbook ran')"


@pytest.fixture
def received(tmp_path) -> Path:
    """The folder of a workbook somebody sent, with code beside it under every name that could be taken for ours."""
    for name in ("udfs.py", "tierbook.py", "orders.py", "xlwings.py", "workbooks.py"):
        (tmp_path / name).write_text(PLANTED)
    with zipfile.ZipFile(tmp_path / "orders.zip", "w") as archive:
        archive.writestr("udfs.py", PLANTED)
    (tmp_path / "orders.xlsm").write_bytes(b"")
    return tmp_path


@pytest.mark.parametrize("flags", [["-P"], []])
def test_code_beside_a_received_workbook_never_runs_in_place_of_ours(received, flags):
    if flags:
        (received / "addin").mkdir()
        (received / "addin/__init__.py").write_text(PLANTED)
    done = subprocess.run(
        [sys.executable, *flags, "-c", STARTED],
        cwd=received,
        capture_output=True,
        text=True,
        env=without_python_path(),
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert {Path(file).is_relative_to(ROOT) for file in said["files"]} == {True}
    assert not [
        one for one in said["path"] if not one or Path(one).resolve().is_relative_to(received.resolve())
    ]
    assert said["project"] == "rules here"


def test_the_planted_files_would_run_where_the_folder_leads_the_path(received):
    done = subprocess.run([sys.executable, "-c", "import udfs"], cwd=received, capture_output=True, text=True)
    assert "a file from the workbook ran" in done.stderr


def test_the_folder_of_the_program_itself_stays_on_the_path(monkeypatch):
    monkeypatch.chdir(ROOT)
    assert trusted_path(["", str(ROOT), "/somewhere"]) == [str(ROOT), "/somewhere"]


def test_the_line_that_starts_the_engine_keeps_the_folder_off_the_path():
    line = command(Path("C:/Users/李雷/tierbook env/pythonw.exe"), Path("D:/客户 数据"))
    assert line.startswith('"C:/Users/李雷/tierbook env/pythonw.exe" -P -m addin.excel.engine')
    assert '"D:/客户 数据"' in line.replace("\\", "/")


def test_the_add_in_holds_nothing_that_puts_a_workbook_on_the_path(xlam):
    sources = gates.sources_of(xlam)
    assert "xlwings" not in {name.lower() for name in sources}
    for source in sources.values():
        assert "prepare_sys_path" not in source
        assert "FullName" not in source
    calls = [line for source in sources.values() for line in source.splitlines() if "CallUDF(" in line]
    assert calls
    assert all(line.rstrip().endswith("Nothing, Nothing)") for line in calls)


def without_python_path() -> dict[str, str]:
    import os

    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
