"""The doctor finds what is wrong with an installation and says what to do."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from addin import doctor
from addin.engine_place import write_private
from addin.install import INSTALLERS, Installer, ProgramMissing
from addin.version import version
from tierbook.errors import HostError
from tierbook.language import LANGUAGES, label

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Neither this computer's engine nor its spreadsheet programs."""
    monkeypatch.setenv("TIERBOOK_HOME", str(tmp_path / "home"))
    for host in INSTALLERS:
        set_version(monkeypatch, host, version)
    return tmp_path / "home"


def set_version(monkeypatch: pytest.MonkeyPatch, host: str, found: Callable[[], str | None]) -> None:
    monkeypatch.setitem(INSTALLERS, host, INSTALLERS[host]._replace(version=found, obstacles=list))


def found(project: Path, subject: str) -> doctor.Finding:
    (one,) = [finding for finding in doctor.findings(project) if finding.subject == subject]
    return one


def test_every_subject_has_a_name_in_both_languages(tmp_path):
    for finding in doctor.findings(tmp_path):
        for language in LANGUAGES:
            name = f"doctor_{finding.subject}"
            assert label(name, language) != name.replace("_", " ").capitalize()
            assert "{" not in finding.text(language)


def test_packages_are_named_with_their_versions(tmp_path):
    import numpy

    assert f"numpy {numpy.__version__}" in found(tmp_path, "packages").text()
    assert "uvicorn" in found(tmp_path, "server_packages").text()


@pytest.mark.parametrize(
    "hidden, subject, level, fix",
    [
        ("openpyxl", "packages", "error", "Install Tierbook again"),
        ("uvicorn", "server_packages", "warning", "pip install tierbook[server]"),
    ],
)
def test_a_missing_package_is_named_with_its_fix(hidden, subject, level, fix, tmp_path, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == hidden else find(name))
    finding = found(tmp_path, subject)
    assert finding.level == level
    assert finding.text().endswith(finding.fix)
    assert hidden in finding.text()
    assert fix in finding.text()


def test_settings_that_cannot_be_used_are_quoted_with_their_line(tmp_path):
    (tmp_path / "config.yaml").write_text("pakc: retail\n", "utf-8")
    finding = found(tmp_path, "settings")
    assert finding.level == "error"
    assert "config.yaml:1" in finding.text()


@pytest.mark.parametrize(
    "text, level, said",
    [
        ("source: postgres://me@db/sales\n", "ok", "postgres://me@db/sales, worked on by PostgreSQL"),
        ("source: postgres://me@db/sales\nengine: duckdb\n", "ok", "whose tables come to DuckDB"),
        ("source: oracle://me@db/sales\n", "error", "pip install ibis-framework[oracle]"),
        ("source: db2://me@db/sales\n", "error", "cannot connect to db2://"),
        ("source: mysql://me@db/sales\nengine: spark\n", "error", "MySQL is no source for engine: spark."),
        ("source: postgres://me:hunter-22@db/sales\n", "error", "holds a password"),
        ("source: spark://\n", "ok", "worked on by Spark"),
        ("source: here\n", "ok", "worked on by DuckDB"),
        ("source: hotel.sqlite\n", "ok", "worked on by DuckDB"),
        ("source: book.xlsx\n", "ok", "read cell by cell"),
        ("source: gone.duckdb\n", "error", "There is no file or folder"),
    ],
)
def test_the_source_is_named_with_what_works_on_it(text, level, said, tmp_path):
    (tmp_path / "config.yaml").write_text(text, "utf-8")
    (tmp_path / "here").mkdir()
    for name in ("hotel.sqlite", "book.xlsx"):
        (tmp_path / name).touch()
    finding = found(tmp_path, "source")
    assert (finding.level, said in finding.text()) == (level, True), finding.text()
    assert "hunter-22" not in finding.text() + finding.text("zh")


def test_without_a_source_nothing_is_said_of_one(tmp_path):
    assert "source" not in {finding.subject for finding in doctor.findings(tmp_path)}


def test_a_pack_that_cannot_be_used_is_named(tmp_path):
    (tmp_path / "config.yaml").write_text("pack: retail\n", "utf-8")
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "broken.yaml").write_text("pack: broken\n", "utf-8")
    finding = found(tmp_path, "rules")
    assert finding.level == "error"
    assert "broken" in finding.text()


def test_an_engine_that_does_not_run_is_no_error(tmp_path):
    finding = found(tmp_path, "engine")
    assert (finding.level, "tierbook serve" in finding.text()) == ("warning", True)


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_a_token_that_others_can_read_is_an_error(tmp_path, home):
    write_private(home / "engine.json", {"port": 1, "token": "x", "version": version(), "pid": 1})
    (home / "engine.json").chmod(0o644)
    finding = found(tmp_path, "engine")
    assert finding.level == "error"
    assert "engine.json" in finding.text()


def raising(error: Exception) -> Callable[[], str | None]:
    def version() -> str | None:
        raise error

    return version


@pytest.mark.parametrize("host", INSTALLERS)
@pytest.mark.parametrize(
    "there, level, said",
    [
        (version, "ok", f"version {version()}"),
        (lambda: None, "warning", "not installed"),
        (lambda: "0.0.1", "error", "The add-in is version 0.0.1"),
        (raising(ProgramMissing("LibreOffice was not found.")), "ok", "was not found"),
        (raising(HostError("Excel is open.", fix="Close it and run this again.")), "warning", "Close it"),
    ],
    ids=["the same", "none", "another", "no program", "refused"],
)
def test_each_add_in_is_found_with_its_version(host, there, level, said, tmp_path, monkeypatch):
    set_version(monkeypatch, host, there)
    finding = found(tmp_path, f"addin_{host}")
    assert finding.level == level
    assert said in finding.text()
    if level == "error" or said == "not installed":
        assert finding.text().endswith(f"Run: tierbook addin install --host {host}")


def test_what_keeps_a_program_from_its_add_in_is_listed_with_its_fix(tmp_path, monkeypatch):
    def obstacles() -> list[HostError]:
        return [
            HostError(
                "Excel has disabled {name} after something went wrong.",
                fix="Enable it.",
                name="tierbook.xlam",
            )
        ]

    monkeypatch.setitem(INSTALLERS, "excel", INSTALLERS["excel"]._replace(obstacles=obstacles))
    there, broken = (one for one in doctor.findings(tmp_path) if one.subject == "addin_excel")
    assert (there.level, broken.level) == ("ok", "error")
    assert broken.text().endswith("Excel has disabled tierbook.xlam after something went wrong. Enable it.")


def test_every_program_an_add_in_is_built_for_can_get_it():
    from addin.build import HOSTS

    assert list(INSTALLERS) == list(HOSTS)
    assert all(isinstance(one, Installer) for one in INSTALLERS.values())


def tierbook(*arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "addin", *arguments],
        cwd=home.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TIERBOOK_HOME": str(home), "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


def test_the_command_speaks_json_and_its_exit_says_whether_all_is_well(home):
    done = tierbook("doctor", "--json", home=home)
    assert done.returncode == 0, done.stderr
    assert {"subject", "level", "message", "fix"} == set(json.loads(done.stdout)[0])
    (home.parent / "config.yaml").write_text("pakc: retail\n", "utf-8")
    assert tierbook("doctor", "--json", home=home).returncode == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Excel may be there")
def test_a_self_test_in_excel_says_plainly_where_there_is_none(home):
    done = tierbook("doctor", "--excel", home=home)
    assert done.returncode == 1
    assert done.stderr.startswith("Excel for Windows is not on this computer.")
