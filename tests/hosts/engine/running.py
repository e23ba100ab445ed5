"""An engine in a process of its own, as `tierbook serve` starts it, with a folder of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from addin.engine_client import Engine
from addin.engine_place import Place, read_place
from addin.version import version
from udfs import CellError

ROOT = Path(__file__).parents[3]


class Running(NamedTuple):
    """The engine's folder, place and process."""

    folder: Path
    place: Place
    process: subprocess.Popen[str]

    def client(self, **named: Any) -> Engine:
        """A client that speaks in the cells of `udfs` and starts nothing."""
        given = {"version": version(), "folder": self.folder, "start": False, "error": CellError, **named}
        return Engine(**given)

    def raw(self, request: bytes, *, patience: float = 10.0) -> bytes:
        """All that comes back for these bytes until the answer is whole or the connection closed."""
        with socket.create_connection(("127.0.0.1", self.place.port), patience) as line:
            line.sendall(request)
            said = b""
            while b"\r\n\r\n" not in said and (part := line.recv(65_536)):
                said += part
            return said

    def log(self) -> str:
        return (self.folder / "engine.log").read_text("utf-8")


def environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "TIERBOOK_HOME": str(folder), "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}


def serve(folder: Path, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """One run of the command that ends by itself."""
    return subprocess.run(
        [sys.executable, "-P", "-m", "addin", "serve", *arguments],
        env=environment(folder),
        cwd=cwd or folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
    )


@contextmanager
def engine(folder: Path, *arguments: str, cwd: Path | None = None) -> Iterator[Running]:
    """An engine that has answered; killed at the end where it still runs."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "addin", "serve", "--json", *arguments],
        env=environment(folder),
        cwd=cwd or folder,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    try:
        assert process.stdout is not None
        said = ""
        while not said.endswith("}\n"):
            line = process.stdout.readline()
            assert line, f"the engine did not start: {said}"
            said += line
        place = read_place(folder)
        assert place is not None
        assert json.loads(said)["port"] == place.port
        yield Running(folder, place, process)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def until(true: Callable[[], bool], *, patience: float = 20.0) -> bool:
    """Whether it becomes true."""
    deadline = time.monotonic() + patience
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
