"""What a command does while it works: says what on a terminal, scores, ends the session with the source, stops when asked."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from addin.actions.request import Request
from addin.host import Cancelled
from tierbook.errors import HostError
from tierbook.language import say

if TYPE_CHECKING:
    from tierbook.score import Run


@contextmanager
def working(request: Request) -> Iterator[Request]:
    """The same request, saying on a terminal what it is doing.

    Meanwhile Python looks for no cycles: a job leaves few, ends soon, and looking takes a tenth of its CPU time.

    Raises
    ------
    Cancelled
        The user pressed Ctrl+C.
    """
    gc.disable()
    try:
        with _progress(request) as request:
            yield request
    except KeyboardInterrupt:
        kept = request.lies and (request.settings.engine.spill or request.settings.engine.schema)
        raise Cancelled(
            "Stopped. What was not finished is not written.",
            fix="Finished stages are kept: the next run goes on there." if kept else "",
        ) from None
    except MemoryError:
        raise HostError(
            "The memory is not enough.", fix="Close other programs, or take a larger machine."
        ) from None
    finally:
        gc.enable()


@contextmanager
def scored(request: Request) -> Iterator[Run]:
    """Every customer scored, for as long as the source is open.

    Once all is done, what a source keeps for a break is given up; after an error it stays for the next run.
    """
    from addin import actions

    with working(request) as shown:
        run = actions.score(shown)
    yield run
    actions.finish(request, run)


@contextmanager
def _progress(request: Request) -> Iterator[Request]:
    """The step, its share and its seconds on one line, which moves as long as the process lives."""
    if not sys.stderr.isatty():
        yield request
        return

    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        line = shown.add_task("")

        def progress(share: float, step: str) -> None:
            said = say(step, request.language)
            # A step that begins counts its seconds from zero.
            shown.reset(line, description=f"{said} {share:.0%}" if share else said)

        yield replace(request, progress=progress)
