"""The functions as xlwings knows them, made from the registry, and what else the add-in asks the engine.

Every function of this module is called by the add-in's VBA through xlwings' COM server, `CallUDF(module, name, ...)`.
Nothing is raised through COM: a wrong call is an error cell, its reason the answer of CRM_WHY.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date
from inspect import Parameter, Signature
from pathlib import Path
from typing import Any

import xlwings as xw
from xlwings.conversion import Converter, RawValueAccessor

import udfs
from addin.excel.acting import act
from addin.excel.cells import cells_from_com, cells_to_com
from addin.excel.self_test import SelfTest
from addin.excel.wrappers import arguments_of
from addin.settings import read_settings
from addin.version import version
from tierbook.errors import TierbookError
from tierbook.language import LANGUAGES, say
from udfs.context import Said
from udfs.registry import ExcelFunction, functions

CATEGORY = "Tierbook"
LEFT_OUT = object()
WRONG = udfs.CellError("#VALUE!")
_log = logging.getLogger(__name__)


class Cells(Converter):
    """Cells as `udfs.call` takes them, as a converter of xlwings."""

    base: Any = RawValueAccessor

    @staticmethod
    def read_value(value: Any, options: Any) -> Any:
        return cells_from_com(value)

    @staticmethod
    def write_value(value: Any, options: Any) -> list[list[Any]]:
        return cells_to_com(value)


class Engine:
    """What the engine keeps between calls; whoever serves the calls says where the project is and how to stop."""

    def __init__(self) -> None:
        self.project, self.language = Path.cwd(), "en"
        self.stop: Callable[[], None] = lambda: None
        self.self_test = SelfTest()
        self._context: udfs.Context | None = None

    def context(self) -> udfs.Context:
        """The packs, the language and today's date of the next call."""
        today = date.today()
        known = self._context
        if known is None or (known.today, known.language) != (today, self.language):
            settings = read_settings(self.project)
            self._context = known = udfs.Context(
                packs=settings.rules, pack=settings.pack, language=self.language, today=today
            )
        return known


engine = Engine()


def _declared(function: ExcelFunction) -> Any:
    """The function under its own name and arguments, with xlwings' declarations."""

    def answer(*cells: Any) -> Any:
        return _answer(function.name, cells)

    declared: Any = answer
    declared.__name__ = declared.__qualname__ = function.name
    declared.__doc__ = function.help
    declared.__annotations__ = {}
    arguments = arguments_of(function)
    # All may be left out: that a needed one is missing is a sentence of `udfs.call`, not a failure on the way there.
    declared.__signature__ = Signature(
        [Parameter(name, Parameter.POSITIONAL_OR_KEYWORD, default=LEFT_OUT) for name, _ in arguments]
    )
    for name, argument in arguments:
        declared = xw.arg(name, Cells, doc=argument.help)(declared)
    # Last, because every other declaration sets the category back.
    return xw.func(xw.ret(Cells)(declared), category=CATEGORY, call_in_wizard=False)


def _answer(name: str, cells: tuple[Any, ...]) -> Any:
    given = len(cells)
    while given and cells[given - 1] is LEFT_OUT:
        given -= 1
    context = engine.context()
    try:
        return udfs.call(
            name, *(None if cell is LEFT_OUT else cell for cell in cells[:given]), context=context
        )
    except udfs.FunctionError:
        return WRONG
    except Exception:  # noqa: BLE001 - the edge of the host: Excel shows an error cell, the log says more
        _log.exception(name)
        template = "Tierbook met something it was not made for; the engine's log says more."
        context.reasons.add([Said(name, say(template, context.language))])
        return WRONG


globals().update({name: _declared(function) for name, function in functions().items()})


@xw.func
@xw.ret(Cells)
def tierbook_hello(language: str) -> str:
    """The engine's version; the add-in says in which language its user reads."""
    if language in LANGUAGES:
        engine.language = language
    return version()


@xw.func
@xw.ret(Cells)
def tierbook_note(function: str, reason: str) -> None:
    """Keep a reason the add-in found by itself, for CRM_WHY."""
    engine.context().reasons.add([Said(function, reason)])


@xw.func
@xw.ret(Cells)
def tierbook_stop() -> None:
    """End the engine once this call has been answered."""
    engine.stop()


@xw.func
@xw.ret(Cells)
def tierbook_act(action: str, window: int, book: str) -> str:
    """Begin an action on a workbook of the Excel with that window; what to tell the user at once, else ""."""
    try:
        return act(action, int(window), book, project=engine.project, language=engine.language)
    except TierbookError as error:
        return error.text(engine.language)


@xw.func
@xw.ret(Cells)
def tierbook_test_begins() -> None:
    """Forget an earlier self-test."""
    engine.self_test = SelfTest()


@xw.func
@xw.arg("shown", Cells)
@xw.ret(Cells)
def tierbook_tested(function: str, shown: Any) -> None:
    """Judge what a cell shows for a function's documented example."""
    engine.self_test.judge(function, shown)


@xw.func
@xw.ret(Cells)
def tierbook_test_ends(excel: str, build: str, bits: float, calls: float, seconds: float) -> str:
    """Write the report of the self-test and say where it is."""
    about = {
        "excel": excel,
        "build": build,
        "bits": int(bits),
        "calls_per_second": round(calls / seconds) if seconds else None,
    }
    return engine.self_test.finish(about, engine.language)
