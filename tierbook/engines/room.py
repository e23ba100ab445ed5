"""Room on the disk for what a run keeps and for what does not fit into memory."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tierbook.errors import HostError

# Of the room a source takes, how much a run may need beside it: kept tables, and what does not fit into memory.
_ROOM = 2.5


def room(folder: Path, size: float, name: str) -> None:
    """Refuse before work starts where the folder cannot take what the run may need.

    Parameters
    ----------
    size : float
        What the source takes. [bytes]
    name : str
        The source, for the sentence.

    Raises
    ------
    HostError
        The folder cannot be used, or has too little room.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free
        writable = os.access(folder, os.W_OK)
    except OSError as error:
        raise HostError(
            "The folder {folder} cannot be used: {reason}.",
            fix="Give engine: spill another folder in config.yaml.",
            folder=str(folder),
            reason=error.strerror or str(error),
        ) from None
    if not writable:
        raise HostError(
            "The folder {folder} cannot be used: {reason}.",
            fix="Give engine: spill another folder in config.yaml.",
            folder=str(folder),
            reason="Permission denied",
        )
    needed = _ROOM * size
    if free < needed:
        raise HostError(
            "The folder {folder} has {free:.1f} GB left; the run over {name} may need {needed:.1f} GB.",
            fix="Give engine: spill a folder with more room.",
            folder=str(folder),
            free=free / 1e9,
            needed=needed / 1e9,
            name=name,
        )
