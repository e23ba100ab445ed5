"""Actions asked for in Excel: each runs beside Excel, in a thread of the engine, so that Excel is not kept waiting."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any

from addin.actions import action as known_action
from addin.host import Cancelled
from tierbook.errors import HostError, TierbookError
from tierbook.language import say

if TYPE_CHECKING:
    from addin.excel.host import ExcelHost
    from addin.excel.write import Step

_log = logging.getLogger(__name__)
_running = Lock()
_steps: dict[tuple[int, str], list[Step]] = {}


def act(name: str, window: int, book: str, *, project: Path, language: str) -> str:
    """Begin an action; "" when it has begun, else the sentence why not.

    Parameters
    ----------
    window : int
        The handle of Excel's window, by which one Excel of several is known.
    book : str
        The workbook's name in that Excel; "" when none is open.
    """
    wanted = known_action(name)
    if not book:
        return say("Open a workbook first.", language)
    if not _running.acquire(blocking=False):
        return say("Another action is still running.", language)

    def host() -> ExcelHost:
        return _host(window, book, project=project, language=language)

    Thread(target=_act, args=(wanted.run, host, language), daemon=True).start()
    return ""


def _act(run: Callable[[Any], None], host_of: Callable[[], ExcelHost], language: str) -> None:
    try:
        host = host_of()
        try:
            run(host)
        except Cancelled:
            pass
        except TierbookError as error:
            host.say("\n".join(problem.text(language) for problem in error.problems) or error.text(language))
        except Exception:  # noqa: BLE001 - the edge of the host: the user is told, the log says more
            _log.exception("an action failed")
            host.say(say("Tierbook met something it was not made for; the engine's log says more.", language))
        finally:
            host.close()
    finally:
        _running.release()


def _host(window: int, book: str, *, project: Path, language: str) -> ExcelHost:
    import pythoncom  # a thread of its own needs COM of its own
    import xlwings as xw

    from addin.excel.dialogs import WindowsDialogs
    from addin.excel.host import ExcelHost

    pythoncom.CoInitialize()
    for app in xw.apps:
        if app.hwnd == window:
            steps = _steps.setdefault((window, book), [])
            return ExcelHost(
                app.books[book],
                project=project,
                language=language,
                steps=steps,
                dialogs=WindowsDialogs(window),
            )
    raise HostError("The Excel that asked for this is no longer there.")
