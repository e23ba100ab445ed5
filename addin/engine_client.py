"""The host's side of the engine: find it, start it when it is not there, ask it to compute cells and run actions.

Standard library of Python 3.9 only, with `engine_line`, `engine_wire` and `engine_place` beside it: LibreOffice's own
Python runs these four files. What goes wrong is an `EngineError` whose sentence can be shown; `WORDS` holds the
translations where `tierbook.language` cannot be imported.
"""

from __future__ import annotations

import hmac
import http.client
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

from addin.engine_line import HEALTHY, Line
from addin.engine_place import NotPrivate, read_launch, read_place, user_folder
from addin.engine_wire import ErrorCell, dumps, loads, packed

WORDS: dict[str, dict[str, str]] = {}

STARTED = 15.0  # how long an engine may take to start [s]
NO_NEW_START = 30.0  # after a start that failed, cells are not made to wait for another [s]
PATIENCE = 300.0  # how long a call may take while the engine is healthy [s]
SILENCE = 10.0  # how long a running action may say nothing; the engine gives a sign every second [s]


class EngineError(Exception):
    """Why the engine gave no result, in a sentence.

    `code` is `function` for a wrong call, whose reason is about the cells; `missing`, `stopped`, `lost`, `slow`,
    `private`, `stranger`, `version`, `size` and others are about the engine.
    """

    def __init__(self, code: str, message: str, *, fix: str = "", **values: Any) -> None:
        super().__init__(message)
        self.code, self.message, self.fix, self.values = code, message, fix, values

    def text(self, language: str = "en") -> str:
        """The whole sentence in the reader's language."""
        known = WORDS.get(language, {})
        parts = [known.get(part, part) for part in (self.message, self.fix) if part]
        return ("" if language == "zh" else " ").join(part.format(**self.values) for part in parts)

    def __str__(self) -> str:
        return self.text()


class Engine:
    """The engine of this user as one host sees it, with a connection that is made when first needed.

    Parameters
    ----------
    version : str
        Of the add-in; the engine refuses another than its own.
    host : str
        `calc` and the like, for the engine's log.
    language : str
        Of the sentences that come back, `en` or `zh`.
    pack : str, optional
        The rule pack of calls that name none; that of the project's `config.yaml` if left out.
    folder : path, optional
        Where the engine's file is; this user's folder if left out.
    start : bool
        Start an engine when there is none.
    error : callable
        Makes an error cell from its code.
    """

    def __init__(
        self,
        *,
        version: str,
        host: str = "",
        language: str = "en",
        pack: str | None = None,
        folder: Path | None = None,
        start: bool = True,
        error: Callable[[str], Any] = ErrorCell,
    ) -> None:
        self._introduction = {"version": version, "host": host, "language": language, "pack": pack}
        self._folder = folder or user_folder()
        self._start, self._error = start, error
        self._lock = Lock()
        self._line: Line | None = None
        self._session = ""
        self._largest = 0
        self._no_start_before = 0.0

    def call(self, function: str, *cells: Any, pack: str | None = None) -> Any:
        """What a cell shows for a function.

        Parameters
        ----------
        function : str
        cells : cell or rows of cells
            One per argument: None, number, text, bool, date, error cell.
        pack : str, optional
            The rule pack the workbook names, for a call that names none.

        Returns
        -------
        cell, or list of rows

        Raises
        ------
        EngineError
        """
        asked = {"function": function, "cells": [packed(one) for one in cells], "pack": pack}
        answer = self._ask("/call", asked)
        return _result(answer)

    def batch(self, calls: Iterable[Sequence[Any]], *, pack: str | None = None) -> list[Any]:
        """The results of many calls in one round trip: `[function, *cells]` each; an `EngineError` where one is wrong."""
        asked = [{"function": one[0], "cells": [packed(cells) for cells in one[1:]]} for one in calls]
        answers = self._ask("/batch", {"calls": asked, "pack": pack})["results"]
        results = []
        for answer in answers:
            try:
                results.append(_result(answer))
            except EngineError as error:
                results.append(error)
        return results

    def action(
        self, call: Mapping[str, Any], *, alive: Callable[[], None] = lambda: None
    ) -> Iterator[dict[str, Any]]:
        """The events of an action as they happen; leaving the loop early cancels it.

        Parameters
        ----------
        call : mapping
            action, book (a copy saved for this call), name, path, answers, selection: see `addin.events.Call`.
        alive : callable
            Called before every event, and each second while there is none; what it raises cancels the action.

        Yields
        ------
        dict
            See `addin.events`. After a `question`, call again with its answer.
        """
        with self._lock:
            line = self._connected()
        connection = http.client.HTTPConnection("127.0.0.1", line.place.port, timeout=SILENCE)
        headers = {"Authorization": f"Bearer {line.place.token}", "Content-Type": "application/json"}
        try:
            connection.request(
                "POST", "/action", dumps({"session": self._session, "call": dict(call)}), headers
            )
            answer = connection.getresponse()
            if answer.status != 200:
                raise _refusal(loads(answer.read(), self._error))
            for text in answer:
                alive()
                if text.strip():  # an empty line only says that the engine is still at it
                    yield loads(text, self._error)
        except (OSError, http.client.HTTPException) as error:
            raise EngineError("lost", _LOST, fix="Run it again.") from error
        finally:
            connection.close()

    def status(self) -> dict[str, Any]:
        """Version, process and how busy the engine is.

        Raises
        ------
        EngineError
        """
        return self._ask("/status", {})

    def stop(self) -> bool:
        """Ask the engine to stop; False when none is running."""
        with self._lock:
            start, self._start = self._start, False
            try:
                line = self._meet()
                line.post("/stop", b"{}", HEALTHY)
            except (EngineError, OSError):
                return False
            finally:
                self._start = start
                self._hang_up()
        return True

    def close(self) -> None:
        """Hang up; the engine goes on."""
        with self._lock:
            self._hang_up()

    def _ask(self, path: str, message: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            for last_try in (False, True):
                line = self._connected()
                body = dumps({"session": self._session, **message})
                if len(body) > self._largest:
                    raise EngineError(
                        "size",
                        "The cells take {size:.0f} MB and the engine takes {largest:.0f} MB at once.",
                        fix="Give fewer rows or columns.",
                        size=len(body) / 1e6,
                        largest=self._largest / 1e6,
                    )
                try:
                    status, said = line.post(path, body, PATIENCE, healthy=self._healthy)
                except OSError as error:
                    self._hang_up()
                    if last_try or isinstance(error, TimeoutError):
                        raise _lost(error) from error
                    continue
                answer = loads(said, self._error)
                if status == 200:
                    return answer
                refusal = _refusal(answer)
                # Another engine has taken over, or this one has forgotten us.
                if refusal.code in ("session", "token") and not last_try:
                    self._hang_up()
                    continue
                raise refusal
        raise AssertionError("the second try returns or raises")

    def _connected(self) -> Line:
        if self._line is None:
            line = self._meet_or_start()
            status, said = line.post("/session", dumps(self._introduction), HEALTHY)
            answer = loads(said, self._error)
            if status != 200:
                line.close()
                raise _refusal(answer)
            self._session, self._largest = answer["session"], answer["largest"]
            self._line = line
        return self._line

    def _meet_or_start(self) -> Line:
        try:
            return self._meet()
        except EngineError as error:
            if error.code != "stopped" or not self._start or time.monotonic() < self._no_start_before:
                raise
        try:
            return self._start_engine()
        except EngineError:
            self._no_start_before = time.monotonic() + NO_NEW_START
            raise

    def _meet(self) -> Line:
        """A line to the engine that has proved to be ours."""
        try:
            place = read_place(self._folder)
            if place is None:
                raise EngineError("stopped", _STOPPED, fix=_START)
            line = Line(place, self._folder)
        except NotPrivate as error:
            raise _not_private(error) from error
        except OSError as error:
            raise EngineError("stopped", _STOPPED, fix=_START) from error
        nonce = secrets.token_hex(16)
        try:
            _, said = line.post("/hello", dumps({"nonce": nonce}), HEALTHY, secret=False)
            proof = loads(said).get("proof")
            if isinstance(proof, str) and hmac.compare_digest(proof, place.proof(nonce)):
                return line
        except TimeoutError as error:
            line.close()
            raise EngineError(
                "slow", "The engine does not answer.", fix="Stop it, then start it again."
            ) from error
        except (OSError, ValueError, AttributeError):
            pass  # whatever answers there is not our engine
        line.close()
        raise EngineError("stopped", _STOPPED, fix=_START)

    def _start_engine(self) -> Line:
        started = launch_engine(self._folder)
        deadline = time.monotonic() + STARTED
        while True:
            # 0 is an engine that found another one at work already.
            failed = started.poll() not in (None, 0)
            try:
                return self._meet()
            except EngineError as error:
                if error.code != "stopped":
                    raise
                if failed or time.monotonic() > deadline:
                    raise EngineError(
                        "missing",
                        "The engine could not be started.",
                        fix="Run tierbook serve in a terminal; it says why.",
                    ) from error
            time.sleep(0.05)

    def _healthy(self) -> bool:
        try:
            self._meet().close()
        except EngineError:
            return False
        return True

    def _hang_up(self) -> None:
        if self._line is not None:
            self._line.close()
        self._line = None


def launch_engine(folder: Path) -> subprocess.Popen[bytes]:
    """Start an engine in a process of its own, which outlives this one.

    Raises
    ------
    EngineError
        Tierbook was never set up for this user, or its Python is gone.
    """
    try:
        launch = read_launch(folder)
    except NotPrivate as error:
        raise _not_private(error) from error
    if launch is None:
        raise EngineError("missing", "Tierbook is not set up for this user.", fix="Run once: tierbook serve")
    # A host brings a Python of its own, whose settings are not for ours.
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "LD_", "URE_"))
    }
    environment |= {"PYTHONPATH": launch.packages, "TIERBOOK_HOME": str(folder)}
    command = [*launch.command, "serve"]
    nothing = subprocess.DEVNULL
    try:
        if sys.platform == "win32":
            apart = subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
            return subprocess.Popen(
                command, stdin=nothing, stdout=nothing, stderr=nothing, cwd=folder, env=environment, creationflags=apart,
            )  # fmt: skip
        return subprocess.Popen(
            command, stdin=nothing, stdout=nothing, stderr=nothing, cwd=folder, env=environment, start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        raise EngineError(
            "missing",
            "{program} cannot be started: {reason}.",
            fix="Install Tierbook again, then run once: tierbook serve",
            program=command[0],
            reason=error.strerror or str(error),
        ) from error


_STOPPED = "The engine is not running."
_START = "Press Start engine, or run: tierbook serve"
_LOST = "The engine stopped while it was at work."


def _result(answer: dict[str, Any]) -> Any:
    if "result" in answer:
        return answer["result"]
    raise _refusal(answer)


def _refusal(answer: Any) -> EngineError:
    """The engine's own sentence, already in the reader's language."""
    said = answer.get("error") if isinstance(answer, dict) else None
    if not isinstance(said, dict):
        return EngineError("stranger", "What answers is not Tierbook's engine.", fix=_START)
    return EngineError(str(said.get("code")), "{reason}", reason=said.get("reason"))


def _not_private(error: NotPrivate) -> EngineError:
    return EngineError(
        "private",
        "Others can read or change {path}, so it is not trusted.",
        fix="Delete it and start the engine again.",
        path=error.path,
    )


def _lost(error: OSError) -> EngineError:
    if isinstance(error, TimeoutError):
        return EngineError("slow", "The engine does not answer.", fix="Stop it, then start it again.")
    return EngineError("lost", _LOST, fix="Calculate again.")
