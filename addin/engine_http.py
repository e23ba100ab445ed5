"""uvicorn with limits: how many connections there are, how long a request may take to arrive, how large its head is."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from addin.engine_guard import Refusal

MOST_CONNECTIONS = 64
HEAD_TIME = 3.0  # for a request's head to arrive, from the connection or its first byte [s]
LARGEST_HEAD = 16_384  # [bytes]


class LimitedProtocol(HttpToolsProtocol):
    """uvicorn's protocol with limits; connections that have not yet sent a whole head make room for others."""

    # In the order in which they came.
    _unproven: ClassVar[dict[LimitedProtocol, None]] = {}

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._timer: asyncio.TimerHandle | None = None
        self._head = self._fields = 0  # bytes that have arrived of a head, and of its fields
        self._in_head = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            oldest = next(iter(self._unproven), self)
            oldest.transport.abort()
        self._unproven[self] = None
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._proven()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._in_head:
            if self._timer is None:
                self._wait_for_head()
            self._head += len(data)
        super().data_received(data)
        # What has arrived of a head and is not over: what follows the head in one piece does not count.
        if self._in_head and self._head > LARGEST_HEAD and not self.transport.is_closing():
            self.send_400_response("")

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._fields += len(name) + len(value)
        if self._fields > LARGEST_HEAD:
            raise ValueError("the head is too large")  # the parser turns it into a refusal below

    def on_headers_complete(self) -> None:
        self._proven()
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._in_head, self._head, self._fields = True, 0, 0

    def send_400_response(self, msg: str) -> None:
        if self.transport.is_closing():
            return
        if max(self._head, self._fields) > LARGEST_HEAD and self._in_head:
            status, said = (
                b"431 Request Header Fields Too Large",
                Refusal(431, "size", "The request has too many headers."),
            )
        else:
            status, said = b"400 Bad Request", Refusal(400, "request", "The request is not HTTP.")
        body = said.body("en")
        self.transport.write(
            b"HTTP/1.1 %b\r\ncontent-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%b"
            % (status, len(body), body)
        )
        self.transport.close()

    def _wait_for_head(self) -> None:
        self._timer = self.loop.call_later(HEAD_TIME, self.transport.abort)

    def _proven(self) -> None:
        self._unproven.pop(self, None)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class Server(uvicorn.Server):
    """uvicorn's server; a signal stops it, and then whoever runs it goes on."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        # uvicorn's own raises the signal again afterwards, which would end the process before the engine's file is gone.
        numbers = [signal.SIGINT, signal.SIGTERM]
        if sys.platform == "win32":
            numbers.append(signal.SIGBREAK)
        before = {number: signal.signal(number, self.handle_exit) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
