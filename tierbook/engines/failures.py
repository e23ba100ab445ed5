"""What goes wrong in an engine, as one sentence each."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer
from typing import Any

from tierbook.errors import HostError

_SECRET = "•••"


@contextmanager
def told(engine: Any = None, *, seconds: float | None = None, secret: str = "") -> Iterator[None]:
    """What an engine raises becomes a sentence; what runs longer than a limit is stopped.

    Parameters
    ----------
    seconds : float, optional
        The limit. [s]
    secret : str
        A password, which no sentence may show.

    Raises
    ------
    HostError
        Whatever the engine, its server or its disk does not do.
    """
    late = False

    def stop() -> None:
        nonlocal late
        late = True
        engine.interrupt()

    timer = Timer(seconds, stop) if seconds and engine is not None else None
    if timer:
        timer.daemon = True
        timer.start()
    try:
        yield
    except _raised_by_engines() as error:
        if late:
            raise HostError(
                "The source did not answer within {seconds:g} seconds.",
                fix="Raise engine: time_limit in config.yaml, or look at what the view in the source does.",
                seconds=seconds,
            ) from None
        raise _sentence(error, secret) from None
    finally:
        if timer:
            timer.cancel()


def _raised_by_engines() -> tuple[type[BaseException], ...]:
    """The errors of the engines that are in use; nobody else's can be raised."""
    names = {
        "duckdb": ("Error",),
        "psycopg": ("Error",),
        "pyspark.errors": ("PySparkException",),
        "py4j.protocol": ("Py4JError",),
    }
    return tuple(
        getattr(sys.modules[module], name)
        for module, found in names.items()
        if module in sys.modules
        for name in found
    )


_SENTENCES = (
    (
        r"password authentication failed|no password supplied|authentication failed",
        "The database refuses the password or the user.",
        "Set TIERBOOK_PASSWORD, or keep the password in the system's keyring.",
    ),
    (
        r"[Cc]onnection refused|could not translate host|connection to server|Is the server running|timeout expired",
        "The database cannot be reached: {reason}.",
        "Look at the address in config.yaml, and whether the server runs.",
    ),
    (
        r"No space left|max_temp_directory_size|maximum swap|disk quota|could not write .*temporary file",
        "The folder for what does not fit into memory is full: {reason}.",
        "Give engine: spill a folder with more room, or more memory.",
    ),
    (
        r"Out of Memory|out of memory|OutOfMemory|could not allocate|failed to allocate",
        "The memory is not enough: {reason}.",
        "Raise engine: memory, or give engine: spill a folder.",
    ),
    (r"permission denied|not allowed to|InsufficientPrivilege|must be owner", "The database does not allow this: {reason}.", "Ask for the right to read the tables and to make temporary ones."),
    (
        r"lock on file|Conflicting lock",
        "Another run is at work on this source.",
        "Wait until it is done.",
    ),
    (
        r"statement timeout",
        "The source did not answer in time.",
        "Raise engine: time_limit in config.yaml, or look at what the view in the source does.",
    ),
    (
        r"does not exist|TABLE_OR_VIEW_NOT_FOUND|UNRESOLVED_COLUMN",
        "The source no longer has what the run needs: {reason}.",
        "Run check, and look at the views in the source.",
    ),
)  # fmt: skip


def _sentence(error: BaseException, secret: str) -> HostError:
    said = str(error)
    reason = shortened(said, secret)
    for pattern, message, fix in _SENTENCES:
        if re.search(pattern, said):
            return HostError(message, fix=fix, reason=reason)
    return HostError(
        "The engine could not finish: {reason}.",
        fix="Look at the source; nothing was written.",
        reason=reason,
    )


def shortened(said: str, secret: str = "") -> str:
    """The first line of what an engine says, short and without a password."""
    line = next((line.strip() for line in said.splitlines() if line.strip()), "")
    line = line.replace(secret, _SECRET) if secret else line
    line = re.sub(r"://([^:/@\s]+):[^@\s]*@", rf"://\1:{_SECRET}@", line)
    return (line if len(line) <= 200 else f"{line[:200]}…").rstrip(".")
