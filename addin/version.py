"""The version installed here, which an add-in and its engine must share."""

from __future__ import annotations

from importlib.metadata import version as installed


def version() -> str:
    """Such as `0.1.0`."""
    return installed("tierbook")
