"""What is installed on this computer and what is missing: each finding with its fix."""

from __future__ import annotations

import importlib.util
import platform
import sys
from dataclasses import dataclass
from dataclasses import field as own
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any, Literal

from addin.version import version
from tierbook.errors import TierbookError
from tierbook.language import label, say, together

Level = Literal["ok", "warning", "error"]
OLDEST = (3, 11)
CORE = (
    "numpy",
    "pandas",
    "pyarrow",
    "duckdb",
    "pydantic",
    "yaml",
    "fastexcel",
    "openpyxl",
    "xlsxwriter",
    "scipy",
)
SERVER = ("starlette", "uvicorn", "httptools")
DISTRIBUTIONS = {"yaml": "PyYAML"}


@dataclass(frozen=True)
class Finding:
    """One thing looked at: `message` says what was found, `fix` what to do about it; both English templates."""

    subject: str
    level: Level
    message: str
    fix: str = ""
    values: dict[str, Any] = own(default_factory=dict)

    def text(self, language: str = "en") -> str:
        """The sentence a reader sees."""
        said = together(
            (say(part, language, **self.values) for part in (self.message, self.fix) if part), language
        )
        mark = {"ok": "✓", "warning": "!", "error": "✗"}[self.level]
        return f"{mark} " + label("colon", language).join((label(f"doctor_{self.subject}", language), said))

    def as_json(self, language: str = "en") -> dict[str, str]:
        """For `--json`."""
        return {
            "subject": self.subject,
            "level": self.level,
            "message": say(self.message, language, **self.values),
            "fix": say(self.fix, language, **self.values) if self.fix else "",
        }


def findings(project: Path) -> list[Finding]:
    """Python, packages, settings, the source, rule packs, engine and spreadsheet programs, in this order."""
    return [
        _python(), *_packages(), _settings(project), *_source(project), _rules(project), _engine(), *_addins(),
    ]  # fmt: skip


def _python() -> Finding:
    running = f"{platform.python_implementation()} {platform.python_version()} ({platform.machine()})"
    values = {"python": running, "tierbook": version(), "oldest": ".".join(map(str, OLDEST))}
    if sys.version_info < OLDEST:
        return Finding("python", "error", "{python} is too old.", "Install Python {oldest} or later.", values)
    return Finding("python", "ok", "{python} with Tierbook {tierbook}", values=values)


def _packages() -> list[Finding]:
    found = []
    for subject, names, fix in (
        ("packages", CORE, "Install Tierbook again: pip install --force-reinstall tierbook"),
        ("server_packages", SERVER, "Install Tierbook with its extra: pip install tierbook[server]"),
    ):
        missing = [name for name in names if importlib.util.find_spec(name) is None]
        if missing:
            level: Level = "error" if subject == "packages" else "warning"
            found.append(
                Finding(subject, level, "Not installed: {names}.", fix, {"names": ", ".join(missing)})
            )
        else:
            versions = ", ".join(f"{name} {installed(DISTRIBUTIONS.get(name, name))}" for name in names)
            found.append(Finding(subject, "ok", "{names}", values={"names": versions}))
    return found


def _settings(project: Path) -> Finding:
    from addin.settings import FILE, read_settings

    try:
        settings = read_settings(project)
    except TierbookError as error:
        return Finding("settings", "error", "{sentence}", values={"sentence": error.text()})
    own_file = project / FILE
    if own_file.is_file():
        return Finding(
            "settings", "ok", "{file}, rule pack {pack}", values={"file": own_file, "pack": settings.pack}
        )
    return Finding("settings", "ok", "those shipped, rule pack {pack}", values={"pack": settings.pack})


def _source(project: Path) -> list[Finding]:
    """What works on the source of the project, and what that lacks; nobody is asked for an answer."""
    from addin.settings import read_settings
    from addin.warehouse import lies
    from tierbook.engines.addresses import missing, stays, system_of
    from tierbook.engines.sources import SQLITE_FILES, is_address

    try:
        settings = read_settings(project)
    except TierbookError:
        return []
    if not settings.source:
        return []
    values = {"place": settings.source, "engine": "DuckDB", "what": Path(settings.source).name, "package": ""}
    sentence = "{place}, worked on by {engine}"
    try:
        place = lies(None, settings)
        if not place:
            sentence = "{place}, read cell by cell"
        elif settings.source.startswith("spark://") or (
            settings.engine.name == "spark" and Path(place).is_dir()
        ):
            values |= {"engine": "Spark", "what": "Spark"}
            values["package"] = _missing_of("tierbook[engines] pyspark", "ibis", "pyspark")
        elif is_address(place):
            system = system_of(place)
            values |= {"engine": system.name, "what": system.name, "package": missing(system)}
            if not stays(system, settings.engine.name):
                sentence = "{place}, whose tables come to DuckDB"
        elif Path(place).suffix.lower() in SQLITE_FILES:
            package = "duckdb-extension-sqlite-scanner"
            values["package"] = _missing_of(package, "duckdb_extension_sqlite_scanner")
    except TierbookError as error:
        return [Finding("source", "error", error.message, error.fix, error.values)]
    if values["package"]:
        fix = "Install them: pip install {package}."
        return [Finding("source", "error", "{what} needs packages that are not installed.", fix, values)]
    if not is_address(settings.source) and not Path(settings.source).exists():
        values = {"name": settings.source}
        fix = "Look at source: in config.yaml."
        return [Finding("source", "error", "There is no file or folder {name}.", fix, values)]
    return [Finding("source", "ok", sentence, values=values)]


def _missing_of(package: str, *modules: str) -> str:
    return "" if all(importlib.util.find_spec(module) for module in modules) else package


def _rules(project: Path) -> Finding:
    from addin.settings import read_settings

    try:
        shelf = read_settings(project).shelf()
    except TierbookError as error:
        return Finding("rules", "error", "{sentence}", values={"sentence": error.text()})
    broken = []
    for name in shelf.names():
        try:
            shelf.pack(name)
        except TierbookError:
            broken.append(name)
    if broken:
        fix = "Run tierbook rules check; it says what and where."
        return Finding("rules", "error", "Cannot be used: {names}.", fix, {"names": ", ".join(broken)})
    return Finding("rules", "ok", "{names}", values={"names": ", ".join(shelf.names())})


def _engine() -> Finding:
    from addin.engine_client import Engine, EngineError
    from addin.engine_place import user_folder

    engine = Engine(version=version(), host="doctor", folder=user_folder(), start=False)
    try:
        found = engine.status()
    except EngineError as error:
        if error.code == "stopped":
            return Finding(
                "engine",
                "warning",
                "The engine is not running.",
                "Press Start engine, or run: tierbook serve",
            )
        return Finding("engine", "error", "{sentence}", values={"sentence": error.text()})
    finally:
        engine.close()
    sentence = "version {version}, process {pid}, port {port}"
    return Finding(
        "engine", "ok", sentence, values={name: found[name] for name in ("version", "pid", "port")}
    )


def _addins() -> list[Finding]:
    from addin.install import INSTALLERS, OnlyFromHere, ProgramMissing

    found = []
    for host, installer in INSTALLERS.items():
        subject = f"addin_{host}"
        values = {"host": host, "tierbook": version()}
        fix = "Run: tierbook addin install --host {host}"
        try:
            there = installer.version()
        except ProgramMissing as error:
            # A program that is not there needs no add-in.
            found.append(Finding(subject, "ok", error.message, values=error.values))
            continue
        except TierbookError as error:
            found.append(Finding(subject, "warning", error.message, error.fix, error.values))
            continue
        if there is None:
            found.append(Finding(subject, "warning", "The add-in is not installed.", fix, values))
        elif there != version():
            sentence = "The add-in is version {addin} and Tierbook is version {tierbook}."
            found.append(Finding(subject, "error", sentence, fix, {**values, "addin": there}))
        else:
            found.append(Finding(subject, "ok", "version {tierbook}", values=values))
            for one in installer.obstacles():
                level: Level = "warning" if isinstance(one, OnlyFromHere) else "error"
                found.append(Finding(subject, level, one.message, one.fix, one.values))
    return found
