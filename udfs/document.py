"""The reference of all functions as Markdown, made from their declarations.

`python -m udfs.document docs/functions.md` writes it; a test compares the file with a fresh one.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from string import ascii_uppercase
from typing import Any

from udfs.cells import as_range
from udfs.registry import ExcelFunction, functions

_HEAD = """\
# Functions in cells

Names are those typed in Excel for Windows and LibreOffice; Excel on the web and on the Mac shows a dot
(`CRM.VALUE`). The same call works in Python, `udfs.call("CRM_NPS", [[9], [10], [3]])`, and on the command line.

- An argument may be one cell or a range; columns of one call have the same height, and results spill.
- `features` is a range with its header row. Columns are found by name, others are ignored. For a single row, give the
  header row as the last argument: `=CRM_VALUE(A7:G7,,,A1:G1)`.
- A blank row gives a blank row. A row that cannot be computed gives `#N/A` in that row only and counts in no ranking.
- A wrong call gives `#VALUE!`. `CRM_WHY()` says why, for wrong calls and for rows without a result.
- `pack` left out is the pack the workbook keeps under the defined name `CRM_PACK` (the action *Pack* sets it), else that of
  `config.yaml`. After defining the name by hand, calculate everything again.
- In LibreOffice some things differ: [libreoffice.md](libreoffice.md) ([中文](libreoffice.zh.md)).

This page is made from the declarations in `udfs/`: `python -m udfs.document docs/functions.md`.
"""


def document() -> str:
    """The whole page."""
    names = ", ".join(f"[{name}](#{name.lower()})" for name in functions())
    return "\n".join([_HEAD, names, "", *(_entry(function) for function in functions().values())])


def formula(function: ExcelFunction) -> tuple[str, list[list[Any]]]:
    """The example as one types it, and the sheet it refers to: its ranges side by side, one-cell arguments inline."""
    sheet: list[list[Any]] = []
    parts, width = [], 0
    for given in function.example.cells:
        block = as_range(given)
        if block.single:
            parts.append(_literal(given))
            continue
        corner = f"{ascii_uppercase[width]}1:{ascii_uppercase[width + block.width - 1]}{block.height}"
        parts.append(corner)
        sheet += [[None] * width for _ in range(block.height - len(sheet))]
        for at, row in enumerate(sheet):
            row += block.rows[at] if at < block.height else [None] * block.width
        width += block.width
    return f"={function.name}({', '.join(parts)})", sheet


def _entry(function: ExcelFunction) -> str:
    takes = ", ".join(one.name if one.required else f"[{one.name}]" for one in function.arguments)
    lines = [f"## {function.name}", "", f"`{function.name}({takes})`", "", function.help, ""]
    if function.arguments:
        lines += ["| argument | meaning | if left out |", "|---|---|---|"]
        lines += [
            f"| `{one.name}` | {one.help} | {_default(one.default, one.required)} |"
            for one in function.arguments
        ]
        lines += [""]
    typed, sheet = formula(function)
    lines += [f"**Result.** {function.returns}", "", f"Example: `{typed}`", ""]
    if sheet:
        lines += [*_grid(sheet, ascii_uppercase[: len(sheet[0])]), ""]
    columns = f", columns {', '.join(function.example.columns)}" if function.example.columns else ""
    gives = as_range(function.example.gives)
    if gives.single:
        lines += [f"gives `{_shown(function.example.gives)}`.", ""]
    elif function.result in ("table", "columns"):
        lines += [f"gives{columns}:", "", *_grid(gives.rows[1:], gives.rows[0], numbered=False), ""]
    else:
        lines += [f"gives {', '.join(f'`{_shown(row[0])}`' for row in gives.rows)}.", ""]
    return "\n".join(lines)


def _default(default: Any, required: bool) -> str:
    if required:
        return "required"
    return "" if default is None else f"`{_shown(default)}`"


def _grid(rows: Sequence[Sequence[Any]], head: Sequence[Any], *, numbered: bool = True) -> list[str]:
    def line(cells: Sequence[Any]) -> str:
        return f"| {' | '.join(_shown(cell) for cell in cells)} |"

    first = ["", *head] if numbered else list(head)
    body = [[number, *row] if numbered else list(row) for number, row in enumerate(rows, 1)]
    return [line(first), f"|{'---|' * len(first)}", *map(line, body)]


def _literal(cell: Any) -> str:
    if isinstance(cell, datetime):
        return f"DATE({cell.year},{cell.month},{cell.day})"
    return f'"{cell}"' if isinstance(cell, str) else _shown(cell)


def _shown(cell: Any) -> str:
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d}"
    return "" if cell is None else str(cell)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(document(), "utf-8", newline="\n")
