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
BODY_TIME = 30.0  # for the body to follow [s]
LARGEST_HEAD = 16_384  # [bytes]
_CONTINUE = b"HTTP/1.1 100 "


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
            self._unproven.pop(oldest, None)
            oldest.transport.abort()
            if oldest is self:
                return
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
        if self.transport.is_closing():
            return
        # What has arrived of a head and is not over: what follows the head in one piece does not count.
        if self._in_head and self._head > LARGEST_HEAD:
            self.send_400_response("")
        elif not self._in_head and self._timer is None:
            self._timer = self.loop.call_later(BODY_TIME, self._too_slow)

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._fields += len(name) + len(value)
        if self._fields > LARGEST_HEAD:
            raise ValueError("the head is too large")  # the parser turns it into a refusal below

    def on_headers_complete(self) -> None:
        self._proven()
        self._in_head = False
        super().on_headers_complete()
        self.cycle.transport = _OneWrite(self.transport)  # type: ignore[assignment]

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._unset_timer()
        self._in_head, self._head, self._fields = True, 0, 0

    def send_400_response(self, msg: str) -> None:
        if max(self._head, self._fields) > LARGEST_HEAD and self._in_head:
            self._refuse(Refusal(431, "size", "The request has too many headers."))
        else:
            self._refuse(Refusal(400, "request", "The request is not HTTP."))

    def _too_slow(self) -> None:
        self._refuse(Refusal(408, "slow", "The request did not arrive in time."))

    def _refuse(self, refusal: Refusal) -> None:
        if self.transport.is_closing():
            return
        body = refusal.body("en")
        self.transport.write(
            b"HTTP/1.1 %d Refused\r\ncontent-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%b"
            % (refusal.status, len(body), body)
        )
        self.transport.close()

    def _wait_for_head(self) -> None:
        self._timer = self.loop.call_later(HEAD_TIME, self.transport.abort)

    def _proven(self) -> None:
        self._unproven.pop(self, None)
        self._unset_timer()

    def _unset_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class _OneWrite:
    """A transport that sends the head of an answer together with the first piece of its body: one system call less."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._head: bytes | None = None

    def write(self, data: bytes) -> None:
        if self._head is None and not data.startswith(_CONTINUE):
            self._head = data
        elif self._head:
            head, self._head = self._head, b""
            self._transport.writelines([head, data])
        else:
            self._transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


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
