"""Where the files are that come with Tierbook: rule packs, the default settings, the samples."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent


def shipped(name: str) -> Path:
    """The path of a file or folder that comes with Tierbook: inside the wheel, or beside the packages in a checkout."""
    inside = _PACKAGE / "shipped" / name
    return inside if inside.exists() else _PACKAGE.parent / name
