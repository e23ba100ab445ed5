"""The add-in built once, and xlwings' server with our functions behind it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from addin.excel.package import build_addin
from addin.excel.project import modules
from addin.excel.sheet import sheet
from tests.addin.excel.windows import BINDING, xlwings_on_windows


@pytest.fixture(scope="session")
def xlam(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_addin(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="session")
def sources() -> dict[str, str]:
    """The add-in's modules in VBA."""
    return modules(sheet().places)


@pytest.fixture(scope="package")
def server() -> Iterator[Callable[[str, str, tuple], Any]]:
    """`CallUDF` of xlwings' COM server without a workbook or a calling cell, as the add-in calls it."""
    with xlwings_on_windows() as com_server:
        served = com_server.XLPython()
        yield lambda script, name, arguments: served.CallUDF(script, name, arguments, None, None)


@pytest.fixture
def binding(server: object, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """Our binding behind that server, in a project of its own and with nothing remembered."""
    module = sys.modules[BINDING]
    monkeypatch.setattr(module, "engine", module.Engine())
    monkeypatch.setattr(module.engine, "project", tmp_path)
    return module
