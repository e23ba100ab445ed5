"""One LibreOffice for all tests of this folder."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import need
from tests.hosts.calc import program

# LibreOffice's Python runs it, not this one: there is no `uno` here to import it with for its examples.
collect_ignore = ["driver.py"]


@pytest.fixture(scope="session")
def calc() -> Iterator[program.Calc]:
    """LibreOffice with the extension; each xdist worker has its own."""
    need("libreoffice")
    need("calc")
    # Not pytest's tmp_path: paths inside a profile become long.
    folder = Path(tempfile.mkdtemp(prefix="tbcalc"))
    try:
        with program.calc(folder) as found:
            yield found
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def sheet(calc: program.Calc) -> Iterator[program.Calc]:
    """LibreOffice with a new spreadsheet called `book`."""
    calc.ask("new", book="book")
    yield calc
    calc.ask("close", book="book")
