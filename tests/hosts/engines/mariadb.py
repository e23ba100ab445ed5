"""A private MariaDB server."""

from __future__ import annotations

import getpass
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dev import program


@contextmanager
def private_server() -> Iterator[int]:
    """The port of an empty server, where `root` needs no password and the clock stands in Shanghai."""
    folder = Path(tempfile.mkdtemp(prefix="tbmy"))
    data, as_user = folder / "data", f"--user={getpass.getuser()}"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    made = [
        "mariadb-install-db", "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal",
        "--skip-test-db", as_user,
    ]  # fmt: skip
    begun = [
        program("mariadb-server"), "--no-defaults", f"--datadir={data}", f"--socket={folder / 'socket'}",
        "--bind-address=127.0.0.1", f"--port={port}", "--innodb-flush-log-at-trx-commit=0",
        "--default-time-zone=+08:00", as_user,
    ]  # fmt: skip
    # Into a file: nobody reads a pipe while the server lives.
    with (folder / "log").open("w+") as log:
        done = subprocess.run(made, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        assert done.returncode == 0, (folder / "log").read_text()
        server = subprocess.Popen(begun, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            while not (folder / "socket").exists():
                assert server.poll() is None, (folder / "log").read_text()
                time.sleep(0.1)
            yield port
        finally:
            server.terminate()
            server.wait()
    shutil.rmtree(folder)
