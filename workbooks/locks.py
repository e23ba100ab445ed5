"""One run at a time works on a file: a lock beside it, which the system lets go of when a run is killed."""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tierbook.errors import HostError

LOCK_WAIT = 600.0  # how long a run waits for another run on the same file [s]
PREFIX = ".tierbook-"  # of every file that is there for as long as a run writes


@contextmanager
def locked(target: Path) -> Iterator[None]:
    """Only one run at a time works on a file; others wait."""
    path = target.parent / f"{PREFIX}{key(target)}.lock"
    deadline = time.monotonic() + LOCK_WAIT
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        # A lock file that was removed while we waited for it protects nobody.
        if try_lock(handle) and _same(path, handle):
            break
        os.close(handle)
        if time.monotonic() > deadline:
            raise HostError(
                "Another Tierbook run has been writing {name} for {minutes:.0f} minutes.",
                fix="Wait for it to end, or end it, and run again.",
                name=target.name,
                minutes=LOCK_WAIT / 60,
            )
        time.sleep(0.02)
    try:
        yield
    finally:
        if sys.platform != "win32":
            path.unlink(missing_ok=True)
        os.close(handle)
        if sys.platform == "win32":
            with suppress(OSError):  # the next run in the queue has it open already
                path.unlink()


if sys.platform == "win32":
    import msvcrt

    def try_lock(handle: int) -> bool:
        """Whether the open file is ours alone from now on, until it is closed or the process ends."""
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def try_lock(handle: int) -> bool:
        """Whether the open file is ours alone from now on, until it is closed or the process ends."""
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def _same(path: Path, handle: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False


def key(target: Path) -> str:
    """What files that are only there for a while are called after: the target, in a few letters."""
    # A name of fixed length: the target's own may already be as long as the file system allows.
    return hashlib.sha256(os.path.normcase(target.name).encode("utf-8", "surrogateescape")).hexdigest()[:12]
