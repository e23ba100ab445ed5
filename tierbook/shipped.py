"""Where the files are that come with Tierbook: rule packs, the default settings, the samples."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_PACKAGE = Path(__file__).parent


def shipped(name: str) -> Path:
    """The path of a file or folder that comes with Tierbook: inside the wheel, or beside the packages in a checkout."""
    inside = _PACKAGE / "shipped" / name
    return inside if inside.exists() else _PACKAGE.parent / name


def package() -> Path | Traversable:
    """The folder of this package, also where it is imported from a wheel as it is, as spark-submit does."""
    if _PACKAGE.is_dir():
        return _PACKAGE
    from importlib.resources import files

    return files(__package__)
