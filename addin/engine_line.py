"""One connection to the engine, kept open: HTTP by hand, because a cell is asked for in 0.1 ms and `http.client` takes more.

Standard library of Python 3.9 only, as `engine_client`, which asks through it.
"""

from __future__ import annotations

import os
import re
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from addin.engine_place import Place, local_socket

HEALTHY = 2.0  # how long an engine may take to say that it is there [s]

_END = "\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)


class Line:
    """One connection that is kept open."""

    def __init__(self, place: Place, folder: Path) -> None:
        self.place = place
        self._socket = _local(folder) or _loopback(place.port)
        self._open = (
            f" HTTP/1.1\r\nHost: 127.0.0.1:{place.port}\r\nContent-Type: application/json\r\nContent-Length: "
        )
        self._secret = f"\r\nAuthorization: Bearer {place.token}\r\n\r\n"

    def post(
        self,
        path: str,
        body: bytes,
        patience: float,
        *,
        secret: bool = True,
        healthy: Callable[[], bool] | None = None,
    ) -> tuple[int, bytes]:
        """Status and body of the answer.

        Parameters
        ----------
        patience : float
            How long the answer may take in all. [s]
        secret : bool
            Send the token.
        healthy : callable, optional
            Asked every two seconds whether it is worth while to go on waiting.

        Raises
        ------
        OSError
            The connection is gone; `TimeoutError` when there is no answer in time.
        """
        head = f"POST {path}{self._open}{len(body)}{self._secret if secret else _END}".encode("ascii")
        self._socket.settimeout(max(HEALTHY, len(body) / 1e6))
        if len(body) < 65_536:
            self._socket.sendall(head + body)
        else:
            self._socket.sendall(head)
            self._socket.sendall(body)
        deadline = time.monotonic() + patience
        self._socket.settimeout(HEALTHY)
        received = b""
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += self._receive(deadline, healthy)
        length = _LENGTH.search(received, 0, end)
        if length is None:
            raise ConnectionError("no length")
        parts = [received[end + 4 :]]
        left = int(length.group(1)) - len(parts[0])
        while left > 0:
            parts.append(self._receive(deadline, healthy))
            left -= len(parts[-1])
        return int(received[9:12]), b"".join(parts)

    def close(self) -> None:
        """Hang up."""
        with suppress(OSError):
            self._socket.close()

    def _receive(self, deadline: float, healthy: Callable[[], bool] | None) -> bytes:
        while True:
            try:
                received = self._socket.recv(1 << 18)
            except socket.timeout as error:  # noqa: UP041 - not TimeoutError before Python 3.10
                if healthy is None or time.monotonic() > deadline or not healthy():
                    raise TimeoutError from error
                continue
            if not received:
                raise ConnectionError("closed")
            return received


def _local(folder: Path) -> socket.socket | None:
    """A connection to the engine's socket in the file system; None where there is none."""
    path = local_socket(folder)
    if path is None or not path.exists():
        return None
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(HEALTHY)
    try:
        connection.connect(os.fspath(path))
    except OSError:  # left by an engine that was killed
        connection.close()
        return None
    return connection


def _loopback(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), HEALTHY)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection
