"""What goes wrong in an engine, as one sentence each."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer
from types import GeneratorType
from typing import Any

from tierbook.engines.secrets import hidden
from tierbook.engines.stopping import stoppable
from tierbook.errors import HostError


class Watched:
    """An engine whose errors are sentences, and whose time is limited from the first statement to the last.

    Parameters
    ----------
    seconds : float
        What all its statements may take together, and what is done between them; 0 for no limit. [s]
    secret : str
        A password, which no sentence may show.
    """

    def __init__(self, engine: Any, *, seconds: float = 0, secret: str = "") -> None:
        self._engine, self._seconds, self._secret = engine, seconds, secret
        self._end = time.monotonic() + seconds

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._engine, name)
        # What ends a session is done when its time is over, too.
        if not callable(found) or name in ("close", "interrupt", "drop"):
            return found

        def asked(*given: Any, **named: Any) -> Any:
            with self._told():
                answer = found(*given, **named)
            return self._parts(answer) if isinstance(answer, GeneratorType) else answer

        return asked

    @contextmanager
    def _told(self) -> Iterator[None]:
        # An interrupt that comes between two statements is lost.
        if self._seconds and time.monotonic() >= self._end:
            raise _too_late(self._seconds)
        left = self._end - time.monotonic() if self._seconds else None
        with (
            stoppable(self._engine.interrupt),
            told(self._engine, seconds=left, limit=self._seconds, secret=self._secret),
        ):
            yield

    def _parts(self, parts: Iterator[Any]) -> Iterator[Any]:
        while True:
            with self._told():
                part = next(parts, None)
            if part is None:
                return
            yield part


@contextmanager
def told(
    engine: Any = None, *, seconds: float | None = None, limit: float = 0, secret: str = ""
) -> Iterator[None]:
    """What an engine raises becomes a sentence; what runs longer than a limit is stopped.

    Parameters
    ----------
    seconds : float, optional
        How much of the limit is left. [s]
    limit : float
        The limit, where that is more than what is left. [s]
    secret : str
        A password, which no sentence may show.

    Raises
    ------
    HostError
        Whatever the engine, its server or its disk does not do.
    """
    late = False

    def stop() -> None:
        nonlocal late
        late = True
        engine.interrupt()

    timer = Timer(seconds, stop) if seconds and engine is not None else None
    if timer:
        timer.daemon = True
        timer.start()
    try:
        yield
    except _raised_by_engines() as error:
        if late:
            raise _too_late(limit or seconds or 0) from None
        raise _sentence(error, secret) from None
    finally:
        if timer:
            timer.cancel()


def _too_late(seconds: float) -> HostError:
    return HostError(
        "The source did not answer within {seconds:g} seconds.",
        fix="Raise engine: time_limit in config.yaml, or look at what the view in the source does.",
        seconds=seconds,
    )


def _raised_by_engines() -> tuple[type[BaseException], ...]:
    """The errors of the engines that are in use; nobody else's can be raised."""
    loaded = ((sys.modules.get(module), name) for module, name in _ERRORS)
    return tuple(getattr(module, name) for module, name in loaded if hasattr(module, name))


_ERRORS = (
    ("duckdb", "Error"), ("psycopg", "Error"), ("pyspark.errors", "PySparkException"), ("py4j.protocol", "Py4JError"),
    ("MySQLdb", "Error"), ("pyodbc", "Error"), ("oracledb", "Error"), ("snowflake.connector.errors", "Error"),
    ("google.api_core.exceptions", "GoogleAPIError"), ("trino.exceptions", "Error"),
    ("clickhouse_connect.driver.exceptions", "ClickHouseError"), ("databricks.sql.exc", "Error"),
)  # fmt: skip

_SENTENCES = (
    (
        r"no password supplied|Access denied for user .*using password: NO",
        "The database asks for a password, and none is given.",
        "Set TIERBOOK_PASSWORD, or keep the password in the system's keyring.",
    ),
    (
        r"password authentication failed|authentication failed|Access denied for user",
        "The database refuses the password or the user.",
        "Set TIERBOOK_PASSWORD, or keep the password in the system's keyring.",
    ),
    (
        r'(?:database|role|user) ".*" does not exist|Unknown database',
        "The server is there, but {reason}.",
        "Look at the address in config.yaml.",
    ),
    (
        r"server closed the connection|terminating connection|connection is (?:closed|lost)|connection has been closed|shutting down|Lost connection|gone away|consuming input failed",
        "The database ended the connection while it was asked: {reason}.",
        "Look whether the server runs, and run again; nothing was written.",
    ),
    (
        r"[Cc]onnection refused|could not translate host|resolve host|connection to server|Is the server running|timeout expired|Can't connect to|Unknown (?:MySQL )?server host",
        "The database cannot be reached: {reason}.",
        "Look at the address in config.yaml, and whether the server runs.",
    ),
    (
        r"Failed to create directory .*tierbook-|Cannot open file .*tierbook-[0-9a-f]{16}.*No such file",
        "The folder for what does not fit into memory is gone: {reason}.",
        "Leave it there while a run is at work, and run again; nothing was written.",
    ),
    (
        r"No space left|max_temp_directory_size|maximum swap|[Dd]isk quota|could not write .*temporary file|File too large|could not extend file",
        "The folder for what does not fit into memory is full: {reason}.",
        "Give engine: spill a folder with more room, or more memory.",
    ),
    (
        r"Out of Memory|out of memory|OutOfMemory|could not allocate|failed to allocate",
        "The memory is not enough: {reason}.",
        "Raise engine: memory, or give engine: spill a folder.",
    ),
    (
        r"permission denied|not allowed to|InsufficientPrivilege|must be owner|command denied to user|no pg_hba.conf entry",
        "The database does not allow this: {reason}.",
        "Ask for the right to read the tables and to make temporary ones.",
    ),
    (
        r"tierbook-[0-9a-f]{16}\.duckdb.*Conflicting lock",
        "Another run is at work on this source.",
        "Wait until it is done.",
    ),
    (
        r"lock on file|Conflicting lock|unique file handle conflict|database is locked",
        "Another program has the file open: {reason}.",
        "Close it there, or wait until it is done, and run again.",
    ),
    (
        r"Permission denied|Read-only file system|read-only mode",
        "A file may not be opened or written: {reason}.",
        "Ask for the right to it, or name another place.",
    ),
    (
        r"statement timeout|maximum statement execution time exceeded",
        "The source did not answer in time.",
        "Raise engine: time_limit in config.yaml, or look at what the view in the source does.",
    ),
    (
        r"not a valid DuckDB database|file is not a database|Corrupt database file|version number|newer version of DuckDB|[Ss]torage version|older version of DuckDB",
        "The file is no database this version can read, or it is damaged: {reason}.",
        "Open it with the program that wrote it and export it anew, or write its tables to Parquet.",
    ),
    (
        r"Parquet|parquet|CSV Error|magic bytes|decod|Snappy|ZSTD|Thrift|TProtocol|don't know what type",
        "A file of the source is damaged: {reason}.",
        "Write the file anew, or take it out of the folder.",
    ),
    (
        r"does not exist|TABLE_OR_VIEW_NOT_FOUND|UNRESOLVED_COLUMN|doesn't exist",
        "The source no longer has what the run needs: {reason}.",
        "Run check, and look at the views in the source.",
    ),
    (
        r"Conversion Error|invalid input syntax|out of range|CAST_INVALID_INPUT|Mismatch Type Error|division by zero",
        "A value of the source cannot be read: {reason}.",
        "Correct it, or make a view of the table that leaves it out.",
    ),
)  # fmt: skip


def _sentence(error: BaseException, secret: str) -> HostError:
    # MySQL's errors are a number and a sentence.
    said = str(error.args[-1]) if len(error.args) == 2 and isinstance(error.args[0], int) else str(error)
    reason = shortened(said, secret)
    for pattern, message, fix in _SENTENCES:
        if re.search(pattern, said):
            return HostError(message, fix=fix, reason=reason)
    return HostError(
        "The engine could not finish: {reason}.",
        fix="Look at the source; nothing was written.",
        reason=reason,
    )


def shortened(said: str, secret: str = "") -> str:
    """The first line of what an engine says, short and without a password."""
    line = next((line.strip() for line in said.splitlines() if line.strip()), "")
    if line.startswith("An error occurred while calling"):
        # Java's error is one of errors; the last of its causes is what happened.
        causes = re.findall(r"^(?:Caused by)?: ?[\w.$]+: (.+)$", said, re.MULTILINE)
        line = causes[-1] if causes else line
    # Neither the kind of error nor the way to the server says anything to a reader, nor does an address on the web.
    line = re.sub(
        r"^(?:[A-Z]\w+ )+Error: |^connection failed: .*?FATAL:\s+|\.? See (?:also )?https?://\S+|\. However, you would be able.*",
        "",
        hidden(line, secret),
    )
    return (line if len(line) <= 200 else f"{line[:200]}…").rstrip(".!")
