"""A bare checkout becomes an environment, and every check of a test run is seen."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import dev

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def locked(packages: str) -> dict[str, str]:
    """Name -> version and marker, as one of the locks has it."""
    text = dev.LOCKS[packages].read_text("utf-8")
    return dict(re.findall(r"^([\w.-]+)==(.*?) \\$", text, re.MULTILINE))


def name_of(requirement: str) -> str:
    return re.split(r"[^\w-]", requirement)[0].lower()


@pytest.mark.parametrize("packages", ["core", "test"])
def test_a_lock_names_no_address_and_hashes_everything(packages):
    text = dev.LOCKS[packages].read_text("utf-8")
    pinned = re.compile(r"[\w.-]+==[\w.!]+( ; [^\\\n]+)?( \\\n    --hash=sha256:[0-9a-f]{64})+\n")
    assert not pinned.sub("", text)


def test_a_lock_holds_the_dependencies_and_the_build_backend():
    core = {
        name_of(each) for each in PROJECT["project"]["dependencies"] + PROJECT["build-system"]["requires"]
    }
    assert core <= set(locked("core"))
    extras = PROJECT["project"]["optional-dependencies"]
    named = re.search(r"\[(.*)\]", extras["test"][0])
    assert named, "the tests bring every other extra"
    assert set(named[1].split(",")) == set(extras) - {"test"}
    wanted = {name_of(each) for extra in extras.values() for each in extra if name_of(each) != "tierbook"}
    assert wanted <= set(locked("test"))


def test_users_and_tests_run_the_same_versions():
    core, tests = (
        {name: version.split(" ; ")[0] for name, version in locked(lock).items()} for lock in ("core", "test")
    )
    assert core.items() <= tests.items()


@pytest.fixture
def steps(tmp_path, monkeypatch):
    """What `prepare` would run, in an environment of its own that seems to work once it was made."""
    taken: list[str] = []
    locks = {name: tmp_path / path.name for name, path in dev.LOCKS.items()}
    for name, path in locks.items():
        path.write_text(name)
    monkeypatch.setattr(dev, "LOCKS", locks)
    monkeypatch.setattr(dev, "STAMP", tmp_path / "installed.txt")
    monkeypatch.setattr(dev, "step", lambda title, command: taken.append(title))
    monkeypatch.setattr(dev, "runs", lambda python: "Making .venv" in taken)
    monkeypatch.setattr(dev, "missing_for", lambda host: ["gcc"])
    return taken


def test_the_environment_is_made_once(steps):
    dev.prepare("core")
    assert steps == ["Making .venv", "Installing the locked packages (core)", "Installing tierbook"]
    dev.prepare("core")
    assert len(steps) == 3


def test_the_environment_of_the_tests_serves_the_demo_too(steps):
    dev.prepare("core")
    dev.prepare("test")
    assert steps[3:] == ["Installing the locked packages (test)", "Installing tierbook"]
    dev.prepare("core")
    assert len(steps) == 5


def test_a_driver_is_built_for_tests_where_there_is_a_compiler(steps, monkeypatch):
    monkeypatch.setattr(dev, "missing_for", lambda host: [])
    dev.prepare("core")
    assert "Building MariaDB's driver" not in steps
    dev.prepare("test")
    assert steps[-1] == "Building MariaDB's driver"


def test_a_changed_lock_is_installed_into_the_environment(steps):
    dev.prepare("test")
    dev.LOCKS["core"].write_text("newer")
    dev.prepare("core")
    assert steps[3:] == ["Installing the locked packages (core)", "Installing tierbook"]


def test_an_interrupted_installation_is_done_again(steps, monkeypatch):
    dev.prepare("core")
    dev.LOCKS["core"].write_text("newer")
    with monkeypatch.context() as patch:
        patch.setattr(dev, "step", lambda title, command: sys.exit("no network"))
        with pytest.raises(SystemExit):
            dev.prepare("core")
    dev.prepare("core")
    assert steps[3:] == ["Installing the locked packages (core)", "Installing tierbook"]


def test_a_failing_step_shows_what_the_command_said(capsys):
    with pytest.raises(SystemExit, match=r"(?s)disk is full.*This command failed: .*python"):
        dev.step("Filling", [sys.executable, "-c", "print('disk is full'); raise SystemExit(1)"])
    assert "Filling ... failed" in capsys.readouterr().err


def test_every_check_runs_although_the_first_one_fails(monkeypatch, capsys):
    ran = []

    def run(command, **_):
        ran.append(command[2])
        return subprocess.CompletedProcess(command, 1 if len(ran) == 1 else 0)

    monkeypatch.setattr(dev, "prepare", lambda packages: None)
    monkeypatch.setattr(dev, "install_system_packages", lambda: None)
    monkeypatch.setattr(dev.subprocess, "run", run)
    assert dev.test([]) == 1
    assert ran == ["ruff", "ruff", "mypy", "pytest"]
    assert re.search(r"ruff check +FAILED", capsys.readouterr().out)


def test_without_root_the_line_that_installs_the_programs_is_said(monkeypatch, capsys):
    monkeypatch.setattr(dev, "found", lambda package: None)
    monkeypatch.setattr(dev.shutil, "which", lambda name: "/usr/bin/apt-get")
    monkeypatch.setattr(dev.os, "geteuid", lambda: 1000, raising=False)
    dev.install_system_packages()
    names = " ".join(package.name for package in dev.SYSTEM_PACKAGES)
    assert f"sudo apt-get install {names}\n" in capsys.readouterr().err


def dev_py(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True)


def test_an_older_python_is_told_so_in_one_sentence():
    as_if = "import sys, runpy; sys.hexversion = 0x03090000; runpy.run_path('dev.py', run_name='__main__')"
    said = dev_py("-c", as_if)
    assert said.returncode == 1
    assert re.fullmatch(r"Tierbook needs Python 3\.11 or newer; this is [\d.]+\.\n", said.stderr)


@pytest.mark.parametrize("arguments, status", [(["help"], 0), ([], 2), (["tset"], 2)])
def test_commands_are_listed(arguments, status):
    said = dev_py("dev.py", *arguments)
    assert said.returncode == status
    assert "python3 dev.py demo" in said.stdout + said.stderr


@pytest.mark.parametrize("ci, closing", [("", "1 passed, 2 skipped"), ("true", "1 passed, 2 errors")])
def test_a_missing_program_skips_its_suite_and_fails_in_ci(tmp_path, ci, closing):
    shutil.copy(ROOT / "tests/conftest.py", tmp_path)
    (tmp_path / "dev.py").write_text("missing_for = lambda host: ['postgresql']\nprogram = None\n")
    (tmp_path / "test_it.py").write_text(
        "import pytest\n"
        "@pytest.mark.host('postgresql')\ndef test_marked(): pass\n"
        "def test_using(postgres): pass\n"
        "def test_other(): pass\n"
    )
    command = [sys.executable, "-m", "pytest", "-n", "1", "--rootdir", ".", "-p", "no:cacheprovider"]
    environment = {**os.environ, "CI": ci, "PYTHONPATH": str(tmp_path)}
    said = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True).stdout
    assert closing in said.splitlines()[-1]
    assert ("host suite postgresql skipped: not on this machine: postgresql (2 tests)" in said) == (not ci)


def test_a_program_is_found_by_name_and_by_pattern(tmp_path):
    (tmp_path / "15").mkdir()
    (tmp_path / "15/initdb").touch()
    pattern = f"{tmp_path.as_posix()}/*/initdb"
    assert (
        dev.found(dev.SystemPackage("x", "x", ("no-such-program", pattern)))
        == f"{tmp_path.as_posix()}/15/initdb"
    )
    assert dev.found(dev.SystemPackage("x", "x", ("no-such-program",))) is None


def test_the_wheel_carries_packages_rules_settings_and_samples(tmp_path):
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path], cwd=ROOT, check=True
    )
    names = zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist()
    assert {"tierbook/score.py", "udfs/call.py", "workbooks/report.py", "addin/cli.py"} <= set(names)
    assert "tierbook/shipped/config.yaml" in names
    assert any(name.startswith("tierbook/shipped/rules/") and name.endswith(".yaml") for name in names)
    assert any(
        name.startswith("tierbook/shipped/workbooks/samples/") and name.endswith(".xlsx") for name in names
    )
    assert not [name for name in names if name.startswith(("tests/", "benchmarks/")) or "__pycache__" in name]
    assert not [name for name in names if name.startswith("workbooks/samples/") and name.endswith(".xlsx")]


def test_ci_can_run_its_script():
    listed = subprocess.run(
        ["git", "ls-files", "--stage", ".ci/run"], cwd=ROOT, capture_output=True, text=True
    ).stdout
    assert listed.startswith("100755")


def test_the_wheel_carries_every_sample():
    from workbooks.samples import SAMPLES

    carried = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert {f"workbooks/samples/{name}.xlsx" for name in SAMPLES} <= set(carried)
