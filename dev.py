"""Tierbook from a bare checkout: `python3 dev.py demo`, `python3 dev.py test`. Standard library only."""

from __future__ import annotations

import glob
import shutil
from typing import NamedTuple


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
    SystemPackage(
        "postgresql",
        "postgresql",
        ("/usr/lib/postgresql/*/bin/initdb", "/opt/homebrew/opt/postgresql*/bin/initdb", "initdb"),
    ),
)


def found(package: SystemPackage) -> str | None:
    """Path of what the package brings, or None when it is not on this machine."""
    for proof in package.proofs:
        files = sorted(glob.glob(proof, recursive=True)) if "/" in proof else [shutil.which(proof)]
        if files and files[-1]:
            return files[-1]
    return None


def missing_for(host: str) -> list[str]:
    """Debian packages the tests against that host need and this machine lacks."""
    return [package.name for package in SYSTEM_PACKAGES if package.host == host and not found(package)]


def program(name: str) -> str:
    """Path of what a Debian package of the table brings; ask `missing_for` first."""
    path = next(found(package) for package in SYSTEM_PACKAGES if package.name == name)
    if path is None:
        raise FileNotFoundError(f"{name} is not on this machine.")
    return path
