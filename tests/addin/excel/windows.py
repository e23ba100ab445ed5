"""xlwings as it is on Windows, on any system: its own server and converters, with nothing of Windows below them.

The modules of pywin32 are empty but for what xlwings touches before a call reaches our functions.
"""

from __future__ import annotations

import atexit
import ctypes
import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from types import ModuleType
from typing import Any
from unittest.mock import MagicMock

import pytest

MISSING = -2147352572  # DISP_E_PARAMNOTFOUND, which is how COM passes an argument left out
BINDING = "addin.excel.binding"


class Time(datetime):
    """A date as pywin32 hands it over."""


def _unwrap(value: Any) -> Any:
    raise TypeError("The Python instance can not be converted to a COM object")


def _pywin32() -> dict[str, ModuleType]:
    names = (
        "pythoncom", "pywintypes", "win32api", "win32con", "win32event", "win32gui", "win32process", "win32timezone",
        "win32com", "win32com.client", "win32com.server", "win32com.server.dispatcher", "win32com.server.factory",
        "win32com.server.policy", "win32com.server.util", "win32com.universal",
    )  # fmt: skip
    found: dict[str, Any] = {name: ModuleType(name) for name in names}
    found["pythoncom"].TypeIIDs = {"IDispatch": type("PyIDispatch", (), {})}
    found["pythoncom"].IID_IDispatch = "IDispatch"
    found["pythoncom"].CoInitialize, found["pythoncom"].__file__ = lambda: None, "pythoncom.dll"
    found["pywintypes"].TimeType = Time
    found["pywintypes"].com_error = type("com_error", (Exception,), {})
    for name in ("CDispatch", "CoClassBaseClass", "Dispatch", "DispatchBaseClass", "DispatchEx"):
        setattr(found["win32com.client"], name, type(name, (), {}))
    found["win32com.server.util"].unwrap = _unwrap
    for name, module in found.items():
        package, _, last = name.rpartition(".")
        if package:
            setattr(found[package], last, module)
    return found


@contextmanager
def xlwings_on_windows() -> Iterator[Any]:
    """xlwings' COM server, `CallUDF` and all, with our functions declared through its own decorators."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in sys.modules if name.split(".")[0] == "xlwings" or name == BINDING]:
            patch.delitem(sys.modules, name)
        for name, module in _pywin32().items():
            patch.setitem(sys.modules, name, module)
        for name in ("windll", "oledll"):
            patch.setattr(ctypes, name, MagicMock(), raising=False)
        patch.setattr(ctypes, "PyDLL", MagicMock())
        xlwings = importlib.import_module("xlwings")
        windows = importlib.import_module("xlwings._xlwindows")
        atexit.unregister(windows.cleanup)
        xlwings.engines.add(xlwings.main.Engine(impl=windows.engine))
        udf = importlib.import_module("xlwings.udfs")
        for ours, theirs in {"func": "xlfunc", "arg": "xlarg", "ret": "xlret"}.items():
            patch.setattr(xlwings, ours, getattr(udf, theirs))
        server = importlib.import_module("xlwings.com_server")
        importlib.import_module(BINDING)
        yield server
        for name in [name for name in sys.modules if name.split(".")[0] == "xlwings" or name == BINDING]:
            del sys.modules[name]
