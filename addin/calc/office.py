"""LibreOffice as a program: where it is, its extensions, and one that runs with a profile of its own."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from addin.calc.configuration import BATCH, IDENTIFIER
from addin.engine_place import FOLDER
from addin.install import ProgramMissing
from tierbook.errors import HostError

PLACES = (
    "/Applications/LibreOffice.app/Contents/MacOS",
    "C:/Program Files/LibreOffice/program",
    "/usr/lib/libreoffice/program",
    "/opt/libreoffice*/program",
)
INSTALLING = 120.0  # how long LibreOffice may take for an extension [s]
AGAIN = 81  # exit status of a LibreOffice that wants to be started once more, as after a new extension
_MOST_STARTS = 3
_VERSION = re.compile(rf"^Identifier: {re.escape(IDENTIFIER)}\s*\n\s*Version: (\S+)", re.M)


def program(name: str) -> str:
    """Path of `soffice` or `unopkg`.

    Raises
    ------
    ProgramMissing
        LibreOffice is not on this machine.
    """
    import glob

    found = shutil.which(name)
    for pattern in PLACES if found is None else ():
        for folder in sorted(glob.glob(pattern)):
            found = found or shutil.which(name, path=folder)
    if found is None:
        raise ProgramMissing(
            "LibreOffice was not found.", fix="Install LibreOffice, or put its programs on the PATH."
        )
    return found


def install(extension: Path, *, profile: Profile | None = None) -> None:
    """Add the extension to LibreOffice, in place of an earlier one.

    Raises
    ------
    HostError
        LibreOffice is not there, is running, or refuses.
    """
    _unopkg(["add", "-f", *_layer(profile), os.fspath(extension)], profile)


def uninstall(*, profile: Profile | None = None) -> bool:
    """Take the extension out of LibreOffice; False when it was not there.

    Raises
    ------
    HostError
        LibreOffice is not there, is running, or refuses.
    """
    if installed_version(profile=profile) is None:
        return False
    _unopkg(["remove", *_layer(profile), IDENTIFIER], profile)
    return True


def installed_version(*, profile: Profile | None = None) -> str | None:
    """Version of the extension this user's LibreOffice has; None when it has none.

    Raises
    ------
    HostError
        LibreOffice is not there.
    """
    found = _VERSION.search(_unopkg(["list", *_layer(profile)], profile))
    return found[1] if found else None


@dataclass(frozen=True)
class Profile:
    """A profile in a folder of its own, extensions included, apart from the user's."""

    folder: Path

    @property
    def words(self) -> list[str]:
        """What tells LibreOffice to use it."""
        shared = (self.folder / "shared").as_uri()
        return [
            f"-env:UserInstallation={(self.folder / 'profile').as_uri()}",
            f"-env:UNO_SHARED_PACKAGES={shared}",
            f"-env:UNO_SHARED_PACKAGES_CACHE={shared}",
        ]


@contextmanager
def private(extension: Path) -> Iterator[Profile]:
    """A profile that has the extension, for as long as it is needed."""
    folder = Path(tempfile.mkdtemp(prefix="tierbook-office-"))
    try:
        profile = Profile(folder)
        install(extension, profile=profile)
        yield profile
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run_job(job: Mapping[str, Any], profile: Profile, *, home: Path, patience: float) -> dict[str, Any]:
    """What a job wrote: LibreOffice starts, does it and ends.

    Parameters
    ----------
    job : mapping
        As `addin.calc.component.batch.compute` takes it.
    home : Path
        Where the file of the engine is that computes for it.
    patience : float
        How long it may take. [s]

    Raises
    ------
    HostError
    """
    asked = profile.folder / "job.json"
    asked.write_text(json.dumps(job), "utf-8")
    command = [program("soffice"), *profile.words, *HEADLESS, f"service:{BATCH}?{asked.as_uri()}"]
    for _ in range(_MOST_STARTS):
        if _ended(command, home, patience) != AGAIN:
            break
    out = Path(job["out"])
    if not out.exists():
        raise HostError("LibreOffice did not compute the workbook.", fix="Open it there once to see why.")
    return json.loads(out.read_text("utf-8"))


def surroundings(**more: str) -> dict[str, str]:
    """The environment LibreOffice is started in.

    Its Python looks for its own library beside the first `python3` on the PATH; another one's, such as that of an
    environment of ours, would break it. So the folder of LibreOffice's launcher comes first.
    """
    folders = [str(Path(program("soffice")).parent), os.environ.get("PATH", os.defpath)]
    return {**os.environ, "PATH": os.pathsep.join(folders), **more}


HEADLESS = ("--headless", "--norestore", "--nologo", "--nodefault", "--nolockcheck")


def _ended(command: Sequence[str], home: Path, patience: float) -> int:
    """Exit status of a LibreOffice that was waited for; its whole family of processes is gone afterwards."""
    nothing = subprocess.DEVNULL
    running = subprocess.Popen(
        command,
        stdin=nothing,
        stdout=nothing,
        stderr=nothing,
        env=surroundings(**{FOLDER: str(home)}),
        start_new_session=os.name == "posix",
    )
    try:
        return running.wait(patience)
    except subprocess.TimeoutExpired:
        stop(running)
        raise HostError(
            "LibreOffice took longer than {seconds:.0f} seconds.",
            fix="Allow more with --patience, or compute a smaller workbook.",
            seconds=patience,
        ) from None


def stop(running: subprocess.Popen[Any]) -> None:
    """End a LibreOffice and what it started; under POSIX it leads a session of its own."""
    if sys.platform == "win32":
        running.kill()
    else:
        with suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
    running.wait()


def _layer(profile: Profile | None) -> list[str]:
    """For whom: LibreOffice lets root add extensions for everybody only, which in a private profile is nobody else."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    return ["--shared"] if profile or root else []


def _unopkg(words: Sequence[str], profile: Profile | None) -> str:
    command = [program("unopkg"), *words, *(profile.words if profile else [])]
    try:
        for _ in range(_MOST_STARTS):
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=INSTALLING,
                env=surroundings(),
            )
            if done.returncode != AGAIN:
                break
    except subprocess.TimeoutExpired:
        raise HostError(
            "LibreOffice took longer than {seconds:.0f} seconds.", fix="Close LibreOffice and run again.", seconds=INSTALLING
        ) from None  # fmt: skip
    if done.returncode:
        said = " ".join((done.stderr or done.stdout).split())[-300:]
        raise HostError(
            "LibreOffice refused the extension: {reason}",
            fix="Close LibreOffice and run again.",
            reason=said or f"exit {done.returncode}",
        )
    return done.stdout
