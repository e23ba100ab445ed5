"""Actions that a program with a user asks the engine for: what it may name, and the events that go back."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path, PurePath
from typing import Any

from addin.engine_guard import Refusal
from addin.engine_wire import dumps
from addin.events import Call, answer
from tierbook.language import say

SIGN = 1.0  # how often a running action says that it still is [s]
_BOOKS = (".xlsx", ".xlsm", ".csv", ".tsv", ".txt", ".parquet")


def action_call(given: Any, *, language: str) -> Call:
    """The call behind a request.

    The engine opens the copy it is told of, a file with its full path, and writes beside the workbook, in a folder that
    is there; it finds no path of its own and follows none that climbs.

    Raises
    ------
    Refusal
    """
    if not isinstance(given, dict):
        raise _malformed()
    for key in ("action", "book", "name", "path"):
        if not isinstance(given.get(key), str) and not (key == "path" and given.get(key) is None):
            raise _malformed()
    book, name = Path(given["book"]), given["name"]
    if not _plain(book) or book.suffix.lower() not in _BOOKS or not book.is_file():
        raise Refusal(400, "path", "{path} is not the full path of a workbook.", path=given["book"][:200])
    if not name or name in (".", "..") or any(sign in name for sign in "/\\:\0"):
        raise Refusal(400, "path", "{path} is not the name of a workbook.", path=name[:200])
    path = given.get("path")
    if path is not None and (not _plain(Path(path)) or not Path(path).parent.is_dir()):
        raise Refusal(400, "path", "{path} is not the full path of a workbook.", path=path[:200])
    try:
        return Call.of_json({**given, "language": language})
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _malformed() from error


class Running:
    """An action at work in a thread of its own."""

    def __init__(self, call: Call, *, project: Path, log: Callable[[BaseException], None]) -> None:
        self._call, self._project, self._log = call, project, log
        self._stop = threading.Event()
        self._loop = asyncio.get_running_loop()
        self._events: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()

    def stop(self) -> None:
        """Let it stop where it next says how far it is."""
        self._stop.set()

    async def lines(self, ended: Callable[[], None]) -> AsyncIterator[bytes]:
        """Its events as lines of JSON, an empty line a second while there is none; it stops when nobody reads on."""
        threading.Thread(target=self._work, args=(ended,), daemon=True).start()
        try:
            while True:
                try:
                    event = await asyncio.wait_for(self._events.get(), SIGN)
                except TimeoutError:
                    yield b"\n"
                    continue
                if event is None:
                    return
                yield dumps(event) + b"\n"
        finally:
            self.stop()

    def _work(self, ended: Callable[[], None]) -> None:
        try:
            answer(self._call, project=self._project, emit=self._emit, stop=self._stop.is_set)
        except Exception as error:  # noqa: BLE001 - the edge of the host: the action fails, the engine goes on
            self._log(error)
            text = say(
                "Tierbook met something it was not made for ({kind}).",
                self._call.language,
                kind=type(error).__name__,
            )
            self._emit({"event": "error", "text": text})
        finally:
            self._emit(None)
            with suppress(RuntimeError):  # the engine has stopped meanwhile
                self._loop.call_soon_threadsafe(ended)

    def _emit(self, event: dict[str, Any] | None) -> None:
        with suppress(RuntimeError):  # the engine has stopped meanwhile
            self._loop.call_soon_threadsafe(self._events.put_nowait, event)


def _plain(path: PurePath) -> bool:
    """A full path without steps upwards, and no device or other machine in disguise."""
    text = str(path)
    return (
        path.is_absolute()
        and ".." not in path.parts
        and "\0" not in text
        and not text.startswith(("\\\\?", "\\\\."))
    )


def _malformed() -> Refusal:
    return Refusal(400, "request", "The request is not one of Tierbook's.")
