"""Add-ins for spreadsheet programs, built from text on any system: one build function for each program."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path


def _excel(folder: Path) -> Path:
    from addin.excel.package import build_addin

    return build_addin(folder)


def _calc(folder: Path) -> Path:
    from addin.calc.package import build_addin

    return build_addin(folder)


HOSTS: dict[str, Callable[[Path], Path]] = {"excel": _excel, "calc": _calc}
"""Program -> what builds its add-in into a folder and says under which name."""
