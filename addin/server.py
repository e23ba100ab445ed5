"""The local engine: one process for each user that computes cells and runs actions for the spreadsheet programs beside it.

It listens on 127.0.0.1 only, on a port the system picks; port and token stand in a file that only the user can read
(`addin.engine_place`). Who may ask is in `engine_guard` and `engine_limits`, what is answered in `engine_app`; what is
logged is when and what kind, never a cell, a name or a path of the user.

Where the system has Unix sockets there is one in the user's folder too, with the same guard: a cell costs about a tenth less CPU
over it than over the port (benchmarks/engine.py).
"""

from __future__ import annotations

import asyncio
import gc
import importlib.util
import logging
import logging.handlers
import os
import secrets
import socket
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from addin.engine_place import ENGINE, LAUNCH, Place, local_socket, make_private, read_place, write_private
from tierbook.errors import HostError
from workbooks.locks import try_lock

if TYPE_CHECKING:
    from addin.engine_app import Engine

NEEDED = ("starlette", "uvicorn", "httptools")
LOCK = "engine.lock"
LOG = "engine.log"
IDLE = 60.0  # after how long without a request an engine stops, unless told otherwise [minutes]
KEPT_OPEN = 3600  # how long a host's connection may stay open without a request [s]
GRACE = 5  # how long requests may take to end when the engine stops [s]

_log = logging.getLogger("tierbook.engine")


class AlreadyRunning(HostError):
    """This user's engine runs already."""


def serve(
    folder: Path, *, project: Path, version: str, idle: float = IDLE, started: Callable[[Place], None]
) -> None:
    """Be this user's engine until somebody says stop, or nobody asks for a long time.

    Parameters
    ----------
    folder : Path
        Where the engine's file goes; see `engine_place.user_folder`.
    project : Path
        The folder whose `config.yaml` and packs hold.
    version : str
    idle : float
        Stop after so long without a request; 0 for never. [minutes]
    started : callable
        Told the place once the engine answers.

    Raises
    ------
    AlreadyRunning
    HostError
        A package is missing, or `config.yaml` cannot be used.
    """
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise HostError(
            "The engine needs {packages}.",
            fix="Install Tierbook with its extra: pip install tierbook[server]",
            packages=", ".join(missing),
        )
    make_private(folder)
    with _only_one(folder), _logged(folder):
        listener = _listener()
        local = _local_listener(folder)
        place = Place(listener.getsockname()[1], secrets.token_urlsafe(32), version, os.getpid())
        remember_launch(folder)
        try:
            engine = asyncio.run(_serve([listener, *local], place, folder, project, idle, started))
        finally:
            _forget(folder, place)
            if local and (path := local_socket(folder)):
                path.unlink(missing_ok=True)
        _log.info("stopped")
        if engine.at_work:
            # A calculation cannot be interrupted, and it has nobody to answer any more.
            logging.shutdown()
            os._exit(0)


def remember_launch(folder: Path) -> None:
    """Keep how this engine is started, so that a spreadsheet program can start the next one."""
    packages = str(Path(__file__).parents[1])
    # -P: a file in the folder it is started from must not run in place of a package.
    write_private(folder / LAUNCH, {"command": [sys.executable, "-P", "-m", "addin"], "packages": packages})


async def _serve(
    listeners: list[socket.socket],
    place: Place,
    folder: Path,
    project: Path,
    idle: float,
    started: Callable[[Place], None],
) -> Engine:
    import uvicorn

    from addin.engine_app import Engine
    from addin.engine_http import LimitedProtocol, Server
    from addin.engine_project import Project

    def stop() -> None:
        server.should_exit = True

    engine = Engine(
        Project(project, today=date.today), place, stop=stop, log=log_without_data, note=_log.info
    )
    config = uvicorn.Config(
        engine.app(),
        http=LimitedProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=KEPT_OPEN,
        timeout_graceful_shutdown=GRACE,
    )
    server = Server(config)
    serving = asyncio.create_task(server.serve(sockets=listeners))
    try:
        while not server.started and not serving.done():
            await asyncio.sleep(0.005)
        # What is there now stays, so no collection among the cells of a large call need look at it.
        gc.freeze()
        write_private(folder / ENGINE, {**place._asdict()})
        _log.info("started, version %s", place.version)
        started(place)
        while not server.should_exit and not serving.done():
            if idle and engine.idle > idle * 60:
                _log.info("nobody has asked for %g minutes", idle)
                stop()
            await asyncio.sleep(0.1)
    finally:
        stop()
        engine.stop_work()
        await serving
    return engine


def _listener() -> socket.socket:
    # With the protocol named, asyncio sends small answers at once; else each waits 40 ms for the system.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if sys.platform == "win32":
        # There, another program could otherwise listen on the same port and get the requests.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    listener.bind(("127.0.0.1", 0))
    return listener


def _local_listener(folder: Path) -> list[socket.socket]:
    """A Unix socket that only the user can open, in a list; an empty one where there is none to be had."""
    path = local_socket(folder)
    if path is None:
        return []
    path.unlink(missing_ok=True)  # left by an engine that was killed: this one holds the lock
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(os.fspath(path))
    path.chmod(0o600)
    return [listener]


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """Hold what only one engine of a user can hold; the system lets go of it however the engine ends."""
    handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not try_lock(handle):
            raise AlreadyRunning("The engine is running already.", fix="Stop it with: tierbook serve --stop")
        yield
    finally:
        os.close(handle)


def _forget(folder: Path, place: Place) -> None:
    if read_place(folder) == place:
        (folder / ENGINE).unlink(missing_ok=True)


@contextmanager
def _logged(folder: Path) -> Iterator[None]:
    handler = logging.handlers.RotatingFileHandler(
        folder / LOG, maxBytes=200_000, backupCount=1, encoding="utf-8"
    )
    handler.setFormatter(logging.Formatter("%(asctime)s %(process)d %(message)s"))
    _log.addHandler(handler)
    _log.setLevel(logging.INFO)
    _log.propagate = False
    # What uvicorn says of an error holds what the error says, and so perhaps a cell.
    logging.getLogger("uvicorn").addHandler(logging.NullHandler())
    logging.getLogger("uvicorn").propagate = False
    try:
        yield
    finally:
        _log.removeHandler(handler)
        handler.close()


def log_without_data(error: BaseException) -> None:
    """Log what kind of error it was and where in the code, but not what it says: that may quote a cell."""
    frames = traceback.extract_tb(error.__traceback__)
    where = " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames[-6:]))
    _log.error("%s at %s", type(error).__name__, where)
