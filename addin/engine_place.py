"""Where this user's engine is: a folder only the user can enter, in it the engine's socket and a file with port and token.

Standard library of Python 3.9 only: LibreOffice's own Python runs this file.
"""

from __future__ import annotations

import hmac
import json
import os
import socket
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

FOLDER = "TIERBOOK_HOME"
ENGINE = "engine.json"
LAUNCH = "engine-launch.json"
SOCKET = "engine.sock"  # beside the port, where the system has such
LONGEST = 100  # bytes of a socket's path that every system takes


class NotPrivate(Exception):
    """A file with a secret that somebody else could have written or can read."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self.path = path


class Place(NamedTuple):
    """How an engine is reached: its port on 127.0.0.1, the token it demands, its version and process."""

    port: int
    token: str
    version: str
    pid: int

    def proof(self, nonce: str) -> str:
        """What only an engine with this token at this port can answer to a nonce.

        A program that has taken the port of an engine long gone must not be given cells, nor the token.
        """
        said = f"tierbook engine {self.port} {nonce}"
        return hmac.new(self.token.encode(), said.encode(), "sha256").hexdigest()


class Launch(NamedTuple):
    """How an engine is started: the words of the command, and the folder with Tierbook's packages."""

    command: list[str]
    packages: str


def user_folder() -> Path:
    """Where Tierbook keeps what belongs to this user and machine; `TIERBOOK_HOME` names another."""
    if named := os.environ.get(FOLDER):
        return Path(named)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "Tierbook"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "Tierbook"
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "tierbook"


def local_socket(folder: Path) -> Path | None:
    """Where the engine's socket is in the file system; None where the system has none, or not at so long a path."""
    path = folder / SOCKET
    usable = hasattr(socket, "AF_UNIX") and os.name == "posix" and len(os.fsencode(path)) <= LONGEST
    return path if usable else None


def make_private(folder: Path) -> None:
    """Make the folder if need be, for nobody but this user; under Windows a user's profile already is."""
    folder.mkdir(parents=True, exist_ok=True)
    if os.name == "posix" and stat.S_IMODE(folder.stat().st_mode) & 0o077:
        folder.chmod(0o700)


def write_private(path: Path, content: dict[str, object]) -> None:
    """Write a file in one step that nobody but this user ever could read."""
    make_private(path.parent)
    temporary = path.with_name(f".{path.name}-{os.getpid()}")
    with suppress(FileNotFoundError):
        temporary.unlink()
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(content, file)
    os.replace(temporary, path)


def read_place(folder: Path) -> Place | None:
    """The engine of this folder, running or not; None when none has left its file.

    Raises
    ------
    NotPrivate
        Others can read or could have written the file.
    """
    found = _read_private(folder / ENGINE)
    try:
        return Place(int(found["port"]), str(found["token"]), str(found["version"]), int(found["pid"]))  # type: ignore[call-overload]
    except (KeyError, TypeError, ValueError):
        return None


def read_launch(folder: Path) -> Launch | None:
    """How to start an engine here; None when Tierbook was never set up for this user.

    Raises
    ------
    NotPrivate
        Others can read or could have written the file.
    """
    found = _read_private(folder / LAUNCH)
    command, packages = found.get("command"), found.get("packages")
    if not isinstance(command, list) or not command or not isinstance(packages, str):
        return None
    return Launch([str(word) for word in command], packages)


def _read_private(path: Path) -> dict[str, object]:
    try:
        with path.open(encoding="utf-8") as file:
            if os.name == "posix":
                found = os.fstat(file.fileno())
                if found.st_uid != os.getuid() or found.st_mode & 0o077:
                    raise NotPrivate(path)
            content = json.load(file)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
