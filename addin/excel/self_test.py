"""The self-test: what Excel shows for every documented example, and a report of it as JSON."""

from __future__ import annotations

import json
import math
import platform
from datetime import date, datetime
from pathlib import Path
from typing import Any

from addin.version import version
from tierbook.errors import HostError
from tierbook.language import say
from udfs.cells import CellError, as_range
from udfs.registry import function

REPORT = "tierbook-self-test.json"
_SERIAL_0 = datetime(1899, 12, 30)


class SelfTest:
    """The results so far."""

    def __init__(self) -> None:
        self.results: list[dict[str, Any]] = []

    def judge(self, name: str, shown: Any) -> None:
        """Compare what cells show with the documented result."""
        declared = function(name)
        example = declared.example
        found, wanted = _plain(shown), _plain(example.gives)
        if "reasons" in declared.given:  # the examples before it have given reasons
            found = found[: len(wanted)]
        if example.columns:
            places = [found[0].index(column) if column in found[0] else -1 for column in example.columns]
            found = [[row[place] if place >= 0 else None for place in places] for row in found]
        result: dict[str, Any] = {"function": name, "passed": _same(found, wanted)}
        if not result["passed"]:
            result |= {"shown": found, "expected": wanted}
        self.results.append(result)

    def finish(self, about: dict[str, Any], language: str) -> str:
        """Write the report to the user's home folder; a sentence with the outcome and its place."""
        path = Path.home() / REPORT
        passed = sum(result["passed"] for result in self.results)
        report = {
            "tierbook": version(),
            "python": platform.python_version(),
            "system": platform.platform(),
            **about,
            "passed": passed,
            "failed": len(self.results) - passed,
            "functions": self.results,
        }
        path.write_text(json.dumps(report, ensure_ascii=False, indent=2, default=str), "utf-8")
        sentence = "{passed} of {all} functions give their documented result. The report is {path}."
        return say(sentence, language, passed=passed, all=len(self.results), path=path)


def self_test_in_excel() -> Path:
    """Open Excel with the add-in of this user, let it test itself, and say where the report is.

    Raises
    ------
    HostError
        Excel is not on this computer, or the add-in is not installed in it.
    """
    from addin.excel.install import installed_version, this_computer
    from addin.excel.package import FILE

    computer = this_computer()
    if installed_version(computer=computer) is None:
        raise HostError(
            "The add-in is not installed.", fix="Run: tierbook addin install --host {host}", host="excel"
        )
    import xlwings

    # An Excel that a program starts opens no add-ins by itself.
    app = xlwings.App(visible=True, add_book=True)
    app.books.open(computer.addins / FILE)
    app.macro(f"{FILE}!tierbookSelfTest")()
    return Path.home() / REPORT


def _plain(cells: Any) -> list[list[Any]]:
    """Rows of what one sees: dates are serial numbers, errors their codes, blanks None."""
    return [[_seen(cell) for cell in row] for row in as_range(cells).rows]


def _seen(cell: Any) -> Any:
    if cell is None or cell == "":
        return None
    if isinstance(cell, CellError):
        return cell.code
    if isinstance(cell, datetime):
        return (cell - _SERIAL_0).total_seconds() / 86_400
    if isinstance(cell, date):
        return float((datetime(cell.year, cell.month, cell.day) - _SERIAL_0).days)
    return cell


def _same(found: Any, wanted: Any) -> bool:
    """Whether two results show the same, numbers to six digits: the documentation rounds."""
    if isinstance(wanted, list):
        return (
            isinstance(found, list)
            and len(found) == len(wanted)
            and all(_same(one, other) for one, other in zip(found, wanted, strict=True))
        )
    if isinstance(wanted, int | float) and not isinstance(wanted, bool):
        number = isinstance(found, int | float) and not isinstance(found, bool)
        return number and math.isclose(found, wanted, rel_tol=1e-6, abs_tol=1e-9)
    return bool(found == wanted)
