"""Writing files so that nothing is ever half there: every writer goes through `replace_file`.

The new content grows in a temporary file beside the target, reaches the disk, is opened again to verify it, and takes
the target's place in one step. Until that step the target is as it was; after it, it is complete. Concurrent runs
queue at a lock beside the target. `undo` brings back, byte for byte, what the last write replaced.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import secrets
import shutil
import stat
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal, NamedTuple

from tierbook.errors import HostError, TierbookError
from tierbook.quality import Problem
from workbooks.gate.container import damage, unpacked
from workbooks.gate.kinds import is_open_elsewhere
from workbooks.locks import PREFIX, key, locked

KEPT = 5  # writes that can be undone, per file


class Undone(NamedTuple):
    """What an undo did to which file."""

    path: Path
    action: Literal["restored", "removed"]


class Stamp(NamedTuple):
    """What tells whether somebody else changed a file; all None for a file that is not there."""

    modified: int | None = None
    size: int | None = None
    inode: int | None = None

    @classmethod
    def of(cls, path: Path) -> Stamp:
        """The file's stamp now."""
        try:
            found = path.stat()
        except FileNotFoundError:
            return cls()
        return cls(found.st_mtime_ns, found.st_size, found.st_ino)


def replace_file(
    target: str | Path,
    write: Callable[[Path], object],
    *,
    verify: Callable[[Path], object] | None = None,
    keep_undo: bool = False,
) -> Path:
    """Give a file new content in one step, or leave it as it is.

    Parameters
    ----------
    target : path
        File to create or replace; a symbolic link is followed.
    write : callable
        Writes the whole content to the path it is given: an empty temporary file beside the target, of the same suffix.
    verify : callable, optional
        Raises when the written file (same path) is not sound. Workbooks are at least opened and checksummed.
    keep_undo : bool
        Keep what is replaced, so that `undo` can bring it back.

    Returns
    -------
    Path
        The file really written: a numbered sibling, `name (2).xlsx`, when the target is open in another program
        (see `elsewhere` for the sentence about it).

    Raises
    ------
    HostError
        The folder, disk or file does not let us; the target is unchanged and no temporary file is left.
    """
    target = Path(os.path.realpath(target))
    with _sentences(target), locked(target):
        _clean(target)
        _writable(target)
        before = Stamp.of(target)
        temporary = _temporary(target)
        try:
            write(temporary)
            _to_disk(temporary)
            (verify or _verify)(temporary)
            if Stamp.of(target) != before:
                raise HostError(
                    "{name} was changed by another program while the result was being written.",
                    fix="Save and close it there, then run again.",
                    name=target.name,
                )
            _copy_permissions(target, temporary)
            written = _place(temporary, target, keep_undo=keep_undo)
        finally:
            temporary.unlink(missing_ok=True)
        _folder_to_disk(target.parent)
        return written


def elsewhere(target: str | Path, written: Path) -> Problem | None:
    """The sentence about a result that went to a sibling because its target is open; None when it did not."""
    if Path(os.path.realpath(target)) == written:
        return None
    return Problem(
        "warning",
        "{name} is open in another program, so the result is in {other}.",
        fix="Close {name} before the next run.",
        values={"name": Path(target).name, "other": written.name},
        file=str(written),
    )


def undo(target: str | Path) -> Undone:
    """Bring back what the last kept write to this file replaced, or remove the file that write created.

    Raises
    ------
    HostError
        Nothing is kept, or the file was changed since: undoing would lose that change.
    """
    target = Path(os.path.realpath(target))
    with _sentences(target), locked(target):
        for entry in reversed(_entries(target)):
            kept = json.loads(entry.read_text("utf-8"))
            path = target.parent / kept["name"]
            now = _sha256(path)
            if now == kept["before"] != kept["after"]:  # the write never happened, or was undone by hand
                _forget(entry)
                continue
            if now != kept["after"]:
                raise HostError(
                    "{name} was changed after Tierbook wrote it; undoing would lose that change.",
                    fix="Save your version under another name first.",
                    name=path.name,
                )
            if is_open_elsewhere(path):
                raise _open_now(path)
            try:
                if kept["before"] is None:
                    path.unlink()
                else:
                    _put_back(entry.with_suffix(".kept"), path)
            except PermissionError as error:
                raise _open_now(path) from error
            _folder_to_disk(path.parent)
            _forget(entry)
            return Undone(path, "removed" if kept["before"] is None else "restored")
    raise HostError("There is nothing to undo for {name}.", name=target.name)


def _put_back(content: Path, path: Path) -> None:
    temporary = _temporary(path)
    try:
        shutil.copyfile(content, temporary)
        _to_disk(temporary)
        _copy_permissions(path, temporary)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def undo_folder(target: Path) -> Path:
    """Where replaced versions of a file are kept: `orders.xlsx.tierbook/undo`."""
    name = target.name if len(os.fsencode(target.name)) < 240 else key(target)
    return target.parent / f"{name}.tierbook" / "undo"


def _temporary(target: Path) -> Path:
    path = target.parent / f"{PREFIX}{key(target)}-{secrets.token_hex(4)}{target.suffix[:12]}"
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
    return path


def _clean(target: Path) -> None:
    """Remove what killed runs left; the lock is ours, so nobody is using it."""
    for left in target.parent.glob(f"{PREFIX}{key(target)}-*"):
        with suppress(OSError):
            left.unlink()


def _writable(target: Path) -> None:
    if target.is_dir():
        raise HostError("{name} is a folder, not a file.", name=target.name)
    if target.exists() and not target.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH):
        raise HostError(
            "{name} is marked read-only.",
            fix="Remove that mark, or give the result another name.",
            name=target.name,
        )


def _to_disk(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _folder_to_disk(folder: Path) -> None:
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            with suppress(OSError):  # network folders do not know how; the file itself is safe
                os.fsync(handle)
        finally:
            os.close(handle)


def _verify(path: Path) -> None:
    """A workbook must open and hold what its checksums say."""
    if path.suffix.lower() in (".xlsx", ".xlsm", ".zip", ".oxt", ".xlam"):
        try:
            with zipfile.ZipFile(path) as archive:
                for entry in archive.infolist():
                    for _ in unpacked(archive, entry):
                        continue
        except damage() as error:
            raise unverified() from error


def unverified() -> HostError:
    """The refusal of a file that does not hold what was written."""
    return HostError("The written file could not be read back.", fix="Check the disk and run again.")


def _copy_permissions(target: Path, temporary: Path) -> None:
    if not target.exists():
        return
    found = target.stat()
    temporary.chmod(stat.S_IMODE(found.st_mode))
    if hasattr(os, "chown"):
        with suppress(PermissionError):  # only the superuser may give a file away
            os.chown(temporary, found.st_uid, found.st_gid)


def _place(temporary: Path, target: Path, *, keep_undo: bool) -> Path:
    """The step that makes the new content visible."""
    if not is_open_elsewhere(target):
        entry = _keep(target, target, temporary) if keep_undo else None
        try:
            os.replace(temporary, target)
            return target
        except PermissionError:
            if entry:
                _forget(entry)
            # Windows: a program holds the file open without an owner file of its own beside it.
            if os.name != "nt":
                raise
    number = 2
    while True:
        sibling = target.with_name(f"{target.stem} ({number}){target.suffix}")
        entry = _keep(target, sibling, temporary) if keep_undo and not sibling.exists() else None
        try:
            _move_to_new(temporary, sibling)
            return sibling
        except FileExistsError:
            if entry:
                _forget(entry)
            number += 1


def _move_to_new(temporary: Path, path: Path) -> None:
    """Rename, but never over an existing file."""
    if sys.platform == "win32":
        os.rename(temporary, path)
        return
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links: the check is all there is
        if path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
        os.rename(temporary, path)


def _keep(target: Path, path: Path, temporary: Path) -> Path:
    """Keep what is about to be replaced at `path`; returns the entry that describes it."""
    folder = undo_folder(target)
    folder.mkdir(parents=True, exist_ok=True)
    entries = _entries(target)
    number = int(entries[-1].stem) + 1 if entries else 1
    entry = folder / f"{number:06d}.json"
    try:
        if path.exists():
            shutil.copyfile(path, entry.with_suffix(".kept"))
            _to_disk(entry.with_suffix(".kept"))
        before = _sha256(entry.with_suffix(".kept"))
        described = {"name": path.name, "before": before, "after": _sha256(temporary)}
        part = entry.with_suffix(".part")
        part.write_text(json.dumps(described), "utf-8")
        _to_disk(part)
        os.replace(part, entry)
    except OSError:
        _forget(entry)
        raise
    _folder_to_disk(folder)
    for old in entries[: max(0, len(entries) + 1 - KEPT)]:
        _forget(old)
    return entry


def _entries(target: Path) -> list[Path]:
    return sorted(undo_folder(target).glob("[0-9]*.json"))


def _forget(entry: Path) -> None:
    for suffix in (".json", ".kept", ".part"):
        entry.with_suffix(suffix).unlink(missing_ok=True)
    with suppress(OSError):  # not empty yet
        entry.parent.rmdir()
        entry.parent.parent.rmdir()


def _sha256(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return None


@contextmanager
def _sentences(target: Path) -> Iterator[None]:
    """Errors of the system as sentences."""
    try:
        yield
    except TierbookError:
        raise
    except Exception as error:
        cause = _system_error(error)
        if cause is None:
            raise
        raise _sentence(cause, target) from error


def _system_error(error: BaseException | None) -> OSError | None:
    """The system's error behind an error; XlsxWriter wraps it in one of its own."""
    while error is not None:
        if isinstance(error, OSError):
            return error
        inner = next((one for one in error.args if isinstance(one, OSError)), None)
        error = inner or error.__cause__
    return None


def _sentence(error: OSError, target: Path) -> HostError:
    folder = str(target.parent)
    if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", None)):
        return HostError(
            "The disk is full, so {name} was not written.", fix="Make room and run again.", name=target.name
        )
    if error.errno == errno.EFBIG:
        return HostError(
            "{name} would be larger than this system lets a file be, so it was not written.",
            fix="Write to another disk, or ask for a higher limit.",
            name=target.name,
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return HostError(
            "The folder {folder} may not be written to, so {name} was not written.",
            fix="Give the result another place.",
            folder=folder,
            name=target.name,
        )
    if isinstance(error, FileNotFoundError) and not target.parent.is_dir():
        return HostError("There is no folder {folder}.", fix="Make it, or correct its name.", folder=folder)
    return HostError(
        "{name} was not written: {reason}.",
        fix="Give the result another place.",
        name=target.name,
        reason=error.strerror or str(error),
    )


def _open_now(path: Path) -> HostError:
    return HostError(
        "{name} is open in another program.", fix="Close it there and run again.", name=path.name
    )
