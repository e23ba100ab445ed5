"""Tests against real programs: a private PostgreSQL server, a headless LibreOffice, and what is said when one is missing.

A test that uses `postgres` or `office`, or is marked `@pytest.mark.host("libreoffice")`, skips with a reason where
the program is missing. With CI=true that is a failure: there, `dev.py` has installed everything.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from dev import missing_for, program

# No test is timed: the machine may be busy. In CI the examples are the same in every run.
settings.register_profile(
    "tierbook",
    deadline=None,
    derandomize=os.environ.get("CI") == "true",
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("tierbook")

SKIPPED = "host suite {host} skipped: not on this machine: {packages}"


def need(host: str, *modules: str) -> None:
    """Skip the test, or fail it in CI, when the host's programs are missing, or modules that are built for it."""
    packages = missing_for(host) + [module for module in modules if find_spec(module) is None]
    if packages and os.environ.get("CI") == "true":
        pytest.fail(
            f"CI must run host suite {host}, but these are missing: {', '.join(packages)}", pytrace=False
        )
    if packages:
        pytest.skip(SKIPPED.format(host=host, packages=", ".join(packages)))


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "host(name): needs a program; see SYSTEM_PACKAGES in dev.py")


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers("host"):
        need(mark.args[0])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    prefix = SKIPPED.split("{")[0]
    reasons = [
        str(report.longrepr[2]).removeprefix("Skipped: ")
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple)
    ]
    skipped = [reason for reason in reasons if reason.startswith(prefix)]
    if skipped:
        terminalreporter.section("host suites skipped")
        for reason in sorted(set(skipped)):
            terminalreporter.write_line(f"{reason} ({skipped.count(reason)} tests)")


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Connection string of a private, empty PostgreSQL server; each xdist worker has its own."""
    need("postgresql")
    binaries = Path(program("postgresql")).parent
    # Not pytest's tmp_path: a socket's path may have 100 characters at most.
    folder = Path(tempfile.mkdtemp(prefix="tbpg"))
    as_user: list[str] = []
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        # PostgreSQL refuses to run as root.
        shutil.chown(folder, "postgres")
        as_user = ["runuser", "-u", "postgres", "--"]

    def run(name: str, *arguments: str) -> None:
        # Into a file: the server would keep a pipe open for as long as it lives.
        with (folder.parent / f"{folder.name}.log").open("w+") as log:
            command = [*as_user, str(binaries / name), *arguments]
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder)
            log.seek(0)
            assert done.returncode == 0, log.read()

    data = str(folder / "data")
    settings = f"-k {folder} -c listen_addresses='' -c fsync=off -c synchronous_commit=off"
    try:
        run("initdb", "-D", data, "-U", "tierbook", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        run("pg_ctl", "-D", data, "-w", "-o", settings, "start")
        yield f"host={folder} user=tierbook dbname=postgres"
    finally:
        if Path(data, "postmaster.pid").exists():
            run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder)
        (folder.parent / f"{folder.name}.log").unlink()


@dataclass(frozen=True)
class Office:
    """A headless LibreOffice with a profile of its own."""

    program: str
    folder: Path

    def convert(self, path: Path | str, to: str) -> Path:
        """The file saved by LibreOffice as `pdf`, `xlsx` or `csv` (its first sheet, UTF-8), in a new folder."""
        (outcome,) = self.convert_all([path], to)
        return outcome

    def convert_all(self, paths: Sequence[Path | str], to: str) -> list[Path]:
        """As `convert`, of several files by one LibreOffice: starting it costs as much as a file."""
        sources = [Path(path).resolve() for path in paths]
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        form = "csv:Text - txt - csv (StarCalc):44,34,76,1" if to == "csv" else to
        profile = f"-env:UserInstallation={(self.folder / 'profile').as_uri()}"
        said = subprocess.run(
            [self.program, profile, "--headless", "--convert-to", form, "--outdir", folder, *sources],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=180,
        ).stdout
        outcomes = [folder / f"{source.stem}.{to}" for source in sources]
        # LibreOffice exits 0 even when it could not load or save.
        missing = [outcome.name for outcome in outcomes if not outcome.exists()]
        assert not missing, f"LibreOffice did not make {', '.join(missing)}: {said}"
        return outcomes

    def pages(self, pdf: Path | str, *, dpi: int = 70) -> list[Path]:
        """One PNG per page of a PDF, in order."""
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        subprocess.run(["pdftoppm", "-png", "-r", str(dpi), str(pdf), str(folder / "page")], check=True)
        return sorted(folder.glob("page-*.png"))


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """A headless LibreOffice; each xdist worker has its own profile."""
    need("libreoffice")
    return Office(program("libreoffice-calc"), tmp_path_factory.mktemp("office"))
