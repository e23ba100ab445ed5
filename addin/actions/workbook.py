"""Actions on the workbook itself."""

from __future__ import annotations

from addin.host import Host


def undo(host: Host) -> None:
    """Take back the last thing an action wrote."""
    host.say(host.undo())
