"""Excel's side of the add-in without Excel: its VBA in pyOpenVBA's interpreter, against an engine in this process.

The engine is xlwings' own server with our functions. What crosses is converted as COM does it. Members of Excel that
pyOpenVBA lacks are added in the form the add-in uses them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

from pyopenvba.apps.excel import ExcelApplication
from pyopenvba.apps.excel._model import Application, Workbook, Worksheet
from pyopenvba.exceptions import VBARuntimeError
from pyopenvba.interpreter._intrinsics import intrinsic
from pyopenvba.interpreter._objects import MemberSpec, VBAObject, member, method, setter
from pyopenvba.interpreter._values import EMPTY, MISSING, NOTHING, VBAArray, VBADate, VBAErrorValue, VBAInt

from addin.excel.cells import ERROR_BASE, ERRORS
from tests.addin.excel import windows
from udfs import CellError

Serve = Callable[[str, str, tuple], Any]
PROGRAM = "Tierbook.Engine"
START = datetime(2026, 1, 5, 9)


def to_com(value: Any) -> Any:
    """A value of VBA as pywin32 hands it to Python."""
    if value is EMPTY or value is NOTHING:
        return None
    if value is MISSING:
        return windows.MISSING
    if isinstance(value, VBAErrorValue):
        return ERROR_BASE + value.number
    if isinstance(value, VBADate):
        return windows.Time.fromisoformat(value.to_datetime().isoformat())
    if isinstance(value, VBAObject):
        raise AssertionError(f"an object crosses to Python: {value!r}")
    if isinstance(value, VBAArray):
        spans = [range(low, high + 1) for low, high in value.bounds]
        if len(spans) == 1:
            return tuple(to_com(value.get([at])) for at in spans[0])
        return tuple(tuple(to_com(value.get([row, column])) for column in spans[1]) for row in spans[0])
    return int(value) if isinstance(value, VBAInt) else value


def to_vba(value: Any) -> Any:
    """What pywin32 makes of a result, as VBA sees it."""
    if value is None:
        return EMPTY
    if isinstance(value, list | tuple):
        if value and isinstance(value[0], list | tuple):
            bounds = [(0, len(value) - 1), (0, len(value[0]) - 1)]
            made = VBAArray(bounds)
            for row, column in product(range(len(value)), range(len(value[0]))):
                made.set([row, column], to_vba(value[row][column]))
            return made
        return VBAArray([(0, len(value) - 1)], items=[to_vba(one) for one in value])
    if isinstance(value, datetime):
        return VBADate.from_datetime(value.replace(tzinfo=None))
    if isinstance(value, int) and not isinstance(value, bool):
        return VBAInt(value, "Long")
    assert isinstance(value, str | float | bool), f"COM does not carry {value!r}"
    return value


class Engine(VBAObject):
    """What the add-in holds of the engine."""

    vba_type_name = "TierbookEngine"

    def __init__(self, excel: Excel) -> None:
        self.excel, self.gone = excel, False

    @method
    def CallUDF(self, script: Any, name: Any, args: Any, workbook: Any, caller: Any) -> Any:
        if self.gone:
            raise VBARuntimeError(462, "The remote server machine does not exist or is unavailable")
        assert workbook is NOTHING and caller is NOTHING
        self.excel.calls.append(name)
        self.excel.sent.append(to_com(args))
        return to_vba(self.excel.serve(script, name, self.excel.sent[-1]))


class AddIn(VBAObject):
    """The engine among Excel's COM add-ins: connected or not, and the object it has left."""

    vba_type_name = "COMAddIn"

    def __init__(self, excel: Excel) -> None:
        self.excel, self.holds, self.left = excel, False, NOTHING

    @member
    def Connect(self) -> Any:
        return self.holds

    @setter("Connect")
    def set_connect(self, value: Any) -> None:
        if bool(value) == self.holds:
            return
        self.holds, self.left = False, NOTHING
        if value:
            self.left, self.holds = self.excel.activated(), True

    @member
    def Object(self) -> Any:
        return self.left


class Commands(VBAObject):
    """The command bars, of which the add-in asks one button, and the languages of Office."""

    def __init__(self, excel: Excel) -> None:
        self.excel = excel

    @method
    def Controls(self, Index: Any) -> Any:
        return self

    @method
    def Name(self) -> Any:
        return "Standard"

    @method
    def Enabled(self) -> Any:
        return not self.excel.in_wizard

    @method
    def LanguageID(self, Id: Any) -> Any:
        return VBAInt(self.excel.language_id, "Long")


class Control(VBAObject):
    """A button of the ribbon, as its callbacks get it."""

    vba_type_name = "IRibbonControl"

    def __init__(self, identifier: str) -> None:
        self.identifier = identifier

    @method
    def Id(self) -> Any:
        return self.identifier


class Excel:
    """The add-in loaded, with a workbook open beside it."""

    def __init__(self, addin: Path, modules: Mapping[str, str], serve: Serve) -> None:
        self.serve = serve
        self.calls: list[str] = []
        self.sent: list[tuple] = []
        self.can_launch, self.launches, self.looks = False, 0, 0
        self.described: dict[str, tuple[str, list[str]]] = {}
        self.later: list[str] = []
        self.running: Engine | None = None
        self.noted, self.notes = "", 0
        self.addin = AddIn(self)
        self.in_wizard, self.language_id, self.from_1904, self.recalculated = False, 1033, False, 0
        self.app = ExcelApplication.open(addin, with_vba=False)
        self.book = self.app.add_workbook()
        self.clock = START
        self.app.freeze_clock(START)
        self.app.application.excel = self
        self.app.interpreter.host.excel = self
        for name, source in modules.items():
            # The interpreter does not know the attributes of a procedure.
            source = re.sub(r"(?m)^Attribute \w+\.VB_.*\n", "", source)
            self.app.add_module(source, name=name)
        # A callback answers in an argument, which only another procedure can read.
        asking = (
            "Public Function ask_{0}(control)\nDim found\n{0} control, found\nask_{0} = found\nEnd Function\n"
        )
        for callback in ("tierbookLabel", "tierbookScreentip", "tierbookSupertip"):
            self.app.add_module(asking.format(callback), name=f"ask_{callback}_module")

    def start(self) -> Engine:
        """An engine that runs already, and has noted so."""
        self.running = Engine(self)
        self.notes += 1
        self.noted = f"run {self.notes}"
        return self.running

    def stop(self) -> None:
        """The engine ends as it is told to, and takes its note along."""
        if self.running is not None:
            self.running.gone, self.noted = True, ""

    def activated(self) -> Engine:
        """The engine COM finds for its class, or starts."""
        if self.running is None or self.running.gone:
            if not self.can_launch:
                raise VBARuntimeError(429, "ActiveX component can't create object")
            self.launches += 1
            return self.start()
        return self.running

    def wait(self, seconds: int) -> None:
        """Let time pass."""
        self.clock += timedelta(seconds=seconds)
        self.app.freeze_clock(self.clock)

    def call(self, name: str, *cells: Any) -> Any:
        """What a cell shows for a function; None is an argument left out."""
        return _seen(self.app.interpreter.run(name, [_given(cell) for cell in cells]))

    def name(self, name: str, text: str) -> None:
        """Give the workbook a defined name that holds a text."""
        self.book.vba_get("Names").vba_call("Add", [name, f'="{text}"'])

    def range(self, address: str) -> Any:
        """Cells of the workbook beside the add-in."""
        return self.book.sheets_[0].vba_get("Range", [address])

    def press(self, identifier: str) -> None:
        """Press a button of the ribbon."""
        self.app.interpreter.run("tierbookPress", [Control(identifier)])

    def text(self, callback: str, identifier: str) -> Any:
        """What a callback such as getLabel's gives a control."""
        return self.app.interpreter.run(f"ask_{callback}", [Control(identifier)])


def excel_of(thing: Any) -> Excel:
    """The Excel an object of it belongs to."""
    book = getattr(thing, "book", thing)
    return getattr(book, "application", book).excel


def _describe(app: Any, macro: Any, text: Any, category: Any, arguments: Any) -> Any:
    excel_of(app).described[macro] = (text, arguments.items)
    return EMPTY


def _on_time(app: Any, when: Any, macro: Any) -> Any:
    excel_of(app).later.append(macro)
    return EMPTY


def _recalculate(app: Any) -> Any:
    excel_of(app).recalculated += 1
    return EMPTY


def _evaluate(sheet: Any, text: Any) -> Any:
    # Formulas of the interpreter never come to VBA, so ours are taken apart here.
    call = re.fullmatch(r"(CRM_\w+)\((.*)\)", text)
    if not call:
        return _OWN_EVALUATE(sheet, text)
    parts = re.findall(r'"[^"]*"|DATE\([^)]*\)|[^,]+|(?<=,)(?=,)', call[2])
    return excel_of(sheet).app.interpreter.run(call[1], [_argument(sheet, part) for part in parts])


def _com_addin(app: Any, which: Any) -> Any:
    if which != PROGRAM:
        raise VBARuntimeError(9, "Subscript out of range")
    return excel_of(app).addin


@intrinsic("GetSetting", "AppName", "Section", "Key", "Default", minimum=3)
def _setting(interpreter: Any, *asked: Any) -> Any:
    assert asked[:3] == ("Tierbook add-in", "Engine", "Running"), asked
    interpreter.host.excel.looks += 1
    return interpreter.host.excel.noted


_OWN_EVALUATE: Any = Worksheet._vba_members["evaluate"].getter
# Members pyOpenVBA does not have: of what, name, what it gives, the names of its arguments.
_MEMBERS: tuple[tuple[type[VBAObject], str, Callable, tuple[str, ...]], ...] = (
    (Application, "CommandBars", lambda app, which=None: Commands(excel_of(app)), ("Index",)),
    (Application, "COMAddIns", _com_addin, ("Index",)),
    (Application, "LanguageSettings", lambda app: Commands(excel_of(app)), ()),
    (Application, "Caller", lambda app: excel_of(app).range("Z99"), ()),
    (Application, "Hwnd", lambda app: VBAInt(4711, "Long"), ()),
    (Application, "MacroOptions", _describe, ("Macro", "Description", "Category", "ArgumentDescriptions")),
    (Application, "OnTime", _on_time, ("EarliestTime", "Procedure")),
    (Application, "CalculateFull", _recalculate, ()),
    (Workbook, "Date1904", lambda book: excel_of(book).from_1904, ()),
    (Worksheet, "Evaluate", _evaluate, ("Name",)),
)
for _kind, _name, _get, _parameters in _MEMBERS:
    _kind._vba_members[_name.lower()] = MemberSpec(
        name=_name, kind="method" if _parameters else "property", getter=_get, parameters=_parameters
    )


def _argument(sheet: Worksheet, text: str) -> Any:
    """An argument as it stands in a formula."""
    if not text:
        return MISSING
    if text.startswith('"'):
        return text[1:-1].replace('""', '"')
    if text.startswith("DATE("):
        year, month, day = map(int, text[5:-1].split(","))
        return VBADate.from_datetime(datetime(year, month, day)).serial
    return sheet.vba_get("Range", [text]) if re.match("[A-Z]", text) else float(text)


def _given(cell: Any) -> Any:
    """An argument of a call as Excel passes it: an array for a range."""
    if cell is None:
        return MISSING
    if not isinstance(cell, list):
        return cell if isinstance(cell, VBAObject) else _value(cell)
    rows = [row if isinstance(row, list) else [row] for row in cell]
    values = VBAArray([(1, len(rows)), (1, max(map(len, rows), default=0))])
    for down, row in enumerate(rows, 1):
        for right, one in enumerate(row, 1):
            values.set([down, right], _value(one))
    return values


def _value(cell: Any) -> Any:
    """A cell as Value2 gives it."""
    if cell is None:
        return EMPTY
    if isinstance(cell, CellError):
        return VBAErrorValue(next(number for number, code in ERRORS.items() if code == cell.code))
    if isinstance(cell, datetime):
        return VBADate.from_datetime(cell).serial
    return float(cell) if isinstance(cell, int) and not isinstance(cell, bool) else cell


def _seen(value: Any) -> Any:
    """What a formula shows, as the conformance table writes it; an empty text shows as little as nothing."""
    if isinstance(value, VBAArray):
        spans = [range(low, high + 1) for low, high in value.bounds]
        if len(spans) == 1:
            return [[_seen(value.get([at])) for at in spans[0]]]
        return [[_seen(value.get([row, column])) for column in spans[1]] for row in spans[0]]
    if value is EMPTY or value == "":
        return None
    if isinstance(value, VBADate):
        return value.to_datetime()
    return CellError(ERRORS[value.number]) if isinstance(value, VBAErrorValue) else value
