"""A real LibreOffice with the extension, in a profile and a user folder of its own, driven through a pipe."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import Any

from addin.calc.office import AGAIN, HEADLESS, Profile, install, program, stop, surroundings
from addin.calc.package import build_addin
from addin.engine_client import Engine
from addin.engine_place import read_place
from addin.server import remember_launch
from addin.version import version

PYTHON = "/usr/bin/python3"  # the one Debian's python3-uno belongs to
PATIENCE = 120.0


class Calc:
    """LibreOffice as a test sees it: every method of `driver.Driver` by its name."""

    def __init__(self, home: Path, office: int, driver: subprocess.Popen[str]) -> None:
        self.home = home
        self.office = office  # the group of its processes
        self._driver = driver
        self._answers: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def ask(self, asked: str, **given: Any) -> Any:
        """The answer of the driver."""
        self.begin(asked, **given)
        return self.answer()

    def begin(self, asked: str, **given: Any) -> None:
        """Ask without waiting for the answer."""
        assert self._driver.stdin is not None
        self._driver.stdin.write(json.dumps([asked, given]) + "\n")
        self._driver.stdin.flush()

    def answer(self) -> Any:
        answer = json.loads(self._answers.get(timeout=PATIENCE))
        assert "error" not in answer, answer["error"]
        return answer["ok"]

    def engine(self, **given: Any) -> Engine:
        """A client of the engine LibreOffice talks to; it starts none."""
        return Engine(**{"version": version(), "host": "test", "folder": self.home, "start": False, **given})

    def engine_process(self) -> int | None:
        """Process of the engine that runs."""
        place = read_place(self.home)
        return place.pid if place else None

    def _listen(self) -> None:
        assert self._driver.stdout is not None
        for line in self._driver.stdout:
            self._answers.put(line)


@contextmanager
def display() -> Iterator[str]:
    """A screen that nobody sees, as `DISPLAY` names it; it stays when a program leaves it, as LibreOffice's launcher does."""
    screen = subprocess.Popen(
        ["Xvfb", "-displayfd", "1", "-noreset", "-screen", "0", "1280x800x24"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert screen.stdout is not None
        yield f":{int(screen.stdout.readline())}"
    finally:
        screen.terminate()
        screen.communicate()


@contextmanager
def calc(folder: Path, screen: str = "") -> Iterator[Calc]:
    """LibreOffice running, without windows where there is no screen; it, its driver and its engine are gone afterwards."""
    home = folder / "home"
    profile = Profile(folder)
    remember_launch(home)
    install(build_addin(folder), profile=profile)
    pipe = f"tierbook{token_hex(4)}"
    environment = surroundings(TIERBOOK_HOME=str(home), LC_ALL="C.UTF-8", DISPLAY=screen)
    office = _started(profile, pipe, environment)
    driver = subprocess.Popen(
        [PYTHON, str(Path(__file__).with_name("driver.py")), pipe],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={
            "PATH": environment["PATH"],
            "PYTHONPATH": str(Path(__file__).parents[3]),
            "TIERBOOK_HOME": str(home),
        },
    )
    try:
        found = Calc(home, office.pid, driver)
        found.answer()  # it says so once it is connected
        yield found
    finally:
        driver.kill()
        driver.communicate()
        stop(office)
        for process in processes_of(home):
            os.kill(process, signal.SIGKILL)


def processes_of(home: Path) -> Iterator[int]:
    """Engines of a user folder, also one that is only just starting and cannot be spoken to yet."""
    wanted = f"TIERBOOK_HOME={home}".encode()
    for known in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):  # it has ended, or is somebody else's
            if wanted in known.read_bytes().split(b"\0"):
                yield int(known.parent.name)


def _started(profile: Profile, pipe: str, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    words = [word for word in HEADLESS if word != "--headless" or not environment["DISPLAY"]]
    command = [program("soffice"), *profile.words, *words, f"--accept=pipe,name={pipe};urp;"]
    # After an extension was added, LibreOffice may end at once and ask to be started again.
    keeps_going = f'while "$@"; [ $? -eq {AGAIN} ]; do :; done'
    return subprocess.Popen(
        ["sh", "-c", keeps_going, "sh", *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
        start_new_session=True,
    )
