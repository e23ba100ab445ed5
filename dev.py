"""Tierbook from a bare checkout, on Linux, macOS and Windows; needs nothing but Python 3.11.

python3 dev.py demo                 score the two sample workbooks and print where the results are
python3 dev.py run ARGS...          the `tierbook` command: dev.py run score orders.xlsx --out scored.xlsx
python3 dev.py test [PYTEST ARGS]   linter, type checker and all tests this machine can run
python3 dev.py bench [NAMES]        measure, and rewrite benchmarks/RESULTS.md
python3 dev.py lock [--upgrade]     write requirements.lock and requirements-test.lock anew
"""

from __future__ import annotations

import glob
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent
ENVIRONMENT = ROOT / ".venv"
STAMP = ENVIRONMENT / "installed.txt"
LOCKS = {"core": ROOT / "requirements.lock", "test": ROOT / "requirements-test.lock"}
# Of MariaDB's driver there is no wheel for Linux, and building it takes a compiler: not everyone who runs the tests has one.
DRIVER = ROOT / "requirements-mariadb.lock"
QUIETLY = ["--quiet", "--no-input", "--disable-pip-version-check"]
# Of PySpark there is no wheel; building one only packs its files.
LOCKED = ["--require-hashes", "--only-binary", ":all:", "--no-binary", "pyspark"]
UV = "uv==0.13.9"
# oletools needs win-unicode-console on Windows, which has no wheel; oletools is left out there.
COMPILE = """
    -m uv pip compile pyproject.toml requirements.in --quiet --no-config
    --universal --python-version 3.11 --fork-strategy fewest
    --only-binary :all: --no-binary win-unicode-console --no-binary pyspark
    --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header
""".split()


class SystemPackage(NamedTuple):
    """A program that pip cannot bring: its Debian package, what proves it is there, who needs it.

    `proofs` are names on the PATH or file patterns; one of them is enough.
    """

    name: str
    host: str
    proofs: tuple[str, ...]


SYSTEM_PACKAGES = (
    SystemPackage(
        "libreoffice-calc",
        "libreoffice",
        (
            "soffice",
            "/Applications/LibreOffice.app/Contents/MacOS/soffice",
            "C:/Program Files/LibreOffice/program/soffice.exe",
        ),
    ),
    SystemPackage("libreoffice-dev", "calc", ("/usr/lib/libreoffice/sdk/bin/unoidl-write",)),
    SystemPackage("python3-uno", "calc", ("/usr/lib/python3/dist-packages/uno.py",)),
    SystemPackage("xvfb", "calc", ("Xvfb",)),
    SystemPackage("poppler-utils", "libreoffice", ("pdftoppm",)),
    SystemPackage(
        "fonts-noto-cjk",
        "libreoffice",
        (
            "/usr/share/fonts/**/NotoSansCJK*",
            "/System/Library/Fonts/PingFang.ttc",
            "C:/Windows/Fonts/msyh.ttc",
        ),
    ),
    # LibreOffice draws columns as wide as Excel does only with letters as wide as Calibri's.
    SystemPackage(
        "fonts-crosextra-carlito",
        "libreoffice",
        ("/usr/share/fonts/**/Carlito-*", "C:/Windows/Fonts/calibri.ttf", "/Library/Fonts/Calibri.ttf"),
    ),
    SystemPackage("openjdk-17-jre-headless", "spark", ("java",)),
    SystemPackage(
        "postgresql",
        "postgresql",
        ("/usr/lib/postgresql/*/bin/initdb", "/opt/homebrew/opt/postgresql*/bin/initdb", "initdb"),
    ),
    SystemPackage(
        "mariadb-server",
        "mariadb",
        ("/usr/sbin/mariadbd", "/opt/homebrew/opt/mariadb/bin/mariadbd", "mariadbd"),
    ),
    # What its Python driver is built with.
    SystemPackage("libmariadb-dev", "mariadb", ("mariadb_config",)),
    SystemPackage("pkg-config", "mariadb", ("pkg-config",)),
    SystemPackage("gcc", "mariadb", ("gcc", "clang")),
    SystemPackage("gnome-keyring", "keyring", ("gnome-keyring-daemon",)),
    SystemPackage("dbus", "keyring", ("dbus-run-session",)),
)


def found(package: SystemPackage) -> str | None:
    """Path of what the package brings, or None when it is not on this machine."""
    for proof in package.proofs:
        paths = sorted(glob.glob(proof, recursive=True)) if "/" in proof else [shutil.which(proof)]
        if paths and paths[-1]:
            return paths[-1]
    return None


def missing_for(host: str) -> list[str]:
    """Debian packages that the tests against a host need and this machine lacks."""
    return [package.name for package in SYSTEM_PACKAGES if package.host == host and not found(package)]


def program(name: str) -> str:
    """Path of what a Debian package of the table brings; ask `missing_for` first."""
    path = next(found(package) for package in SYSTEM_PACKAGES if package.name == name)
    if path is None:
        raise FileNotFoundError(f"{name} is not on this machine.")
    return path


def main(arguments: list[str]) -> int:
    """Exit status of one of the commands above."""
    # Packages are not compiled when installed but when first imported; where that may not be kept, every start would
    # compile them again, at twice the cost.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    command, rest = (arguments[0], arguments[1:]) if arguments else ("", [])
    if command == "demo":
        prepare("core")
        return subprocess.run([executable("tierbook"), "demo", *rest], cwd=ROOT).returncode
    if command == "run":
        prepare("core")
        return subprocess.run([executable("tierbook"), *rest]).returncode
    if command == "bench":
        prepare("core")
        return subprocess.run([executable("python"), "-m", "benchmarks", *rest], cwd=ROOT).returncode
    if command == "test":
        return test(rest)
    if command == "lock":
        return lock(rest)
    print(__doc__, file=sys.stdout if command in ("help", "-h", "--help") else sys.stderr)
    return 0 if command in ("help", "-h", "--help") else 2


def executable(name: str) -> str:
    """Path of a program in the project's environment."""
    return str(ENVIRONMENT / (f"Scripts/{name}.exe" if os.name == "nt" else f"bin/{name}"))


def prepare(packages: str) -> None:
    """Make the environment hold the locked packages, `core` or `test` (which includes core)."""
    wanted = fingerprint()
    known = STAMP.read_text("utf-8").split() if STAMP.exists() else []
    usable = runs(executable("python"))
    if usable and known in (["test", wanted], [packages, wanted]):
        return
    if not usable:
        step("Making .venv", [sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)])
    STAMP.unlink(missing_ok=True)
    # Not compiled here: Python does that for the tenth of the modules that is ever imported, in half the time.
    pip = [executable("python"), "-m", "pip", "install", "--no-compile", *QUIETLY]
    step(f"Installing the locked packages ({packages})", [*pip, *LOCKED, "-r", str(LOCKS[packages])])
    step("Installing tierbook", [*pip, "--no-deps", "--no-build-isolation", "--editable", str(ROOT)])
    if packages == "test" and not missing_for("mariadb"):
        step("Building MariaDB's driver", [*pip, "--require-hashes", "--no-deps", "-r", str(DRIVER)])
    STAMP.write_text(f"{packages} {wanted}\n", "utf-8")


def fingerprint() -> str:
    """Changes when an environment made before no longer fits."""
    parts = [path.read_bytes() for path in (*LOCKS.values(), DRIVER, ROOT / "pyproject.toml")]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def runs(python: str) -> bool:
    """Whether that interpreter still starts: its base may have been updated or removed."""
    return Path(python).exists() and subprocess.run([python, "-c", ""], capture_output=True).returncode == 0


def step(title: str, command: list[str]) -> None:
    """Run a command quietly; when it fails, show what it said and stop."""
    tell(f"{title} ... ", end="")
    begun = time.monotonic()
    done = subprocess.run(
        command,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    tell("failed" if done.returncode else f"{time.monotonic() - begun:.0f} s")
    if done.returncode:
        sys.exit(f"{done.stdout}\nThis command failed: {' '.join(command)}")


def tell(text: str, *, end: str = "\n") -> None:
    """Say something on stderr: stdout belongs to the results of the command that follows."""
    print(text, end=end, file=sys.stderr, flush=True)


def test(pytest_arguments: list[str]) -> int:
    """Exit status of linter, type checker and tests; every one of them runs, whatever the others say."""
    install_system_packages()
    prepare("test")
    python = executable("python")
    checks = {
        "ruff check": ["ruff", "check", "--quiet", "."],
        "ruff format": ["ruff", "format", "--check", "--output-format", "concise", "."],
        "mypy": ["mypy", "--no-error-summary"],
        # By file: the private PostgreSQL and LibreOffice of a worker are used again.
        "pytest": ["pytest", "-n", "2", "--dist", "loadfile", *pytest_arguments],
    }
    lines = []
    failed = 0
    for name, command in checks.items():
        print(f"--- {name}", flush=True)
        begun = time.monotonic()
        status = subprocess.run([python, "-m", *command], cwd=ROOT, stdin=subprocess.DEVNULL).returncode
        lines.append(f"{name:<12} {'FAILED' if status else 'ok':<6} {time.monotonic() - begun:6.1f} s")
        failed |= status
    print("---", *lines, sep="\n", flush=True)
    return 1 if failed else 0


def install_system_packages() -> None:
    """Bring the programs the host suites need where we may, else say what does."""
    names = [package.name for package in SYSTEM_PACKAGES if not found(package)]
    if not names:
        return
    apt = shutil.which("apt-get")
    if apt and os.geteuid() == 0:
        os.environ["DEBIAN_FRONTEND"] = "noninteractive"
        install = [apt, "install", "-q", "-y", "--no-install-recommends", *names]
        step("Reading Debian's package lists", [apt, "update", "-q"])
        step(f"Installing {', '.join(names)}", install)
        return
    line = "install LibreOffice, poppler, Java 17, PostgreSQL and MariaDB"
    if apt:
        line = f"sudo apt-get install {' '.join(names)}"
    elif sys.platform == "darwin":
        line = "brew install libreoffice poppler openjdk@17 postgresql mariadb pkg-config"
    tell(f"Some tests will be skipped. To run them too: {line}")


def lock(uv_arguments: list[str]) -> int:
    """Write both locks; versions that still fit stay, unless `--upgrade` is given."""
    with tempfile.TemporaryDirectory() as folder:
        step("Making an environment for uv", [sys.executable, "-m", "venv", folder])
        python = str(Path(folder) / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
        step(f"Installing {UV}", [python, "-m", "pip", "install", *QUIETLY, UV])
        core, tests = LOCKS["core"].name, LOCKS["test"].name
        command = [python, *COMPILE, *uv_arguments]
        step("Locking the core", [*command, "--output-file", core])
        # The core lock constrains, so that both environments hold the same versions.
        step("Locking the tests", [*command, "--extra", "test", "-c", core, "--output-file", tests])
    return 0


if __name__ == "__main__":
    if sys.hexversion < 0x030B0000:
        sys.exit(f"Tierbook needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
    sys.exit(main(sys.argv[1:]))
