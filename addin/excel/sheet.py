"""The add-in's only sheet: its texts in columns A to C, and below each other the examples of the self-test."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from addin.excel.texts import texts
from udfs.cells import as_range
from udfs.registry import ExcelFunction, functions
from workbooks.gate.cells import letters

TESTS = 5
"""Column of the first cell of the self-test, counted from 0: name, formula, then the cells the formula refers to."""


@dataclass
class Sheet:
    """Cells by row and column, counted from 0, and what VBA is told about where things are."""

    cells: list[tuple[int, int, Any]] = field(default_factory=list)
    places: dict[str, str] = field(default_factory=dict)


def sheet() -> Sheet:
    """Texts and tests of the add-in."""
    found = Sheet()
    rows = texts()
    for row, text in enumerate(rows):
        found.cells += [(row, column, value) for column, value in enumerate(text)]
    below = 0
    for function in functions().values():
        below += _place_test(found, function, below)
    found.places = {
        "texts": f"A1:C{len(rows)}",
        "tests": f"{letters(TESTS + 1)}1:{letters(TESTS + 2)}{below}",
    }
    return found


def _place_test(found: Sheet, function: ExcelFunction, top: int) -> int:
    """Put a function's documented example on the sheet; the rows it takes."""
    parts, left, height = [], TESTS + 2, 1
    for given in function.example.cells:
        block = as_range(given)
        if block.single:
            parts.append(_literal(given))
            continue
        last = f"{letters(left + block.width)}{top + block.height}"
        parts.append(f"{letters(left + 1)}{top + 1}:{last}")
        for down, row in enumerate(block.rows):
            found.cells += [
                (top + down, left + right, cell) for right, cell in enumerate(row) if cell is not None
            ]
        left += block.width
        height = max(height, block.height)
    found.cells.append((top, TESTS, function.name))
    found.cells.append((top, TESTS + 1, f"{function.name}({','.join(parts)})"))
    return height


def _literal(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, datetime):
        return f"DATE({value.year},{value.month},{value.day})"
    return '"{}"'.format(value.replace('"', '""')) if isinstance(value, str) else f"{value!r}"
