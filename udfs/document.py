"""The reference of all functions as Markdown, made from their declarations.

`python -m udfs.document docs/functions.md` writes it, `python -m udfs.document docs/functions.zh.md zh` the Chinese one; a
test compares both with fresh ones.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from string import ascii_uppercase
from typing import Any

from tierbook.language import say
from udfs.cells import as_range
from udfs.registry import ExcelFunction, functions

_HEAD = {}
_HEAD["en"] = """\
# Functions in cells

[中文](functions.zh.md)

Names are those typed in Excel for Windows and LibreOffice; Excel on the web and on the Mac shows a dot
(`CRM.VALUE`). The same call works in Python, `udfs.call("CRM_NPS", [[9], [10], [3]])`, and on the command line.

- An argument may be one cell or a range; columns of one call have the same height, and results spill.
- `features` is a range with its header row. Columns are found by name, others are ignored. For a single row, give the
  header row as the last argument: `=CRM_VALUE(A7:G7,,,A1:G1)`.
- A blank row gives a blank row. A row that cannot be computed gives `#N/A` in that row only and counts in no ranking.
- A wrong call gives `#VALUE!`. `CRM_WHY()` says why, for wrong calls and for rows without a result.
- `pack` left out is the pack the workbook keeps under the defined name `CRM_PACK` (the action *Pack* sets it), else that of
  `config.yaml`. After defining the name by hand, calculate everything again.
- In LibreOffice some things differ: [libreoffice.md](libreoffice.md).

This page is made from the declarations in `udfs/`: `python -m udfs.document docs/functions.md`.
"""
_HEAD["zh"] = """\
# 单元格函数

[English](functions.md)

函数名是在 Windows 版 Excel 和 LibreOffice 中输入的写法；网页版和 Mac 版 Excel 中写成带点的形式（`CRM.VALUE`）。同样的调用也可用于 Python：
`udfs.call("CRM_NPS", [[9], [10], [3]])`，以及命令行。

- 参数可以是一个单元格，也可以是一个区域；同一次调用中各列高度相同，结果自动溢出。
- `features` 是带标题行的区域。按列名查找所需的列，其余忽略。只有一行时，把标题行作为最后一个参数：`=CRM_VALUE(A7:G7,,,A1:G1)`。
- 空行的结果也是空行。无法计算的行只在该行显示 `#N/A`，且不参与任何排名。
- 调用有误时显示 `#VALUE!`。`CRM_WHY()` 说明原因，包括调用错误和没有结果的行。
- 省略 `pack` 时，使用工作簿定义名称 `CRM_PACK` 中的规则包（由操作 *规则包* 设置），否则使用 `config.yaml` 中的规则包。手动定义该名称后，请全部重新计算。
- 在 LibreOffice 中有些地方不同：[libreoffice.zh.md](libreoffice.zh.md)。
- 结果的列名以英文显示，与单元格中一致。

本页由 `udfs/` 中的声明生成：`python -m udfs.document docs/functions.zh.md zh`。
"""
_WORDS = {
    "en": {
        "table": "| argument | meaning | if left out |", "required": "required", "result": "**Result.** ", "example": "Example: ",
        "columns": ", columns {}", "gives": "gives {}.", "gives_table": "gives{}:", "comma": ", ",
    },
    "zh": {
        "table": "| 参数 | 含义 | 省略时 |", "required": "必填", "result": "**结果：** ", "example": "示例：",
        "columns": "（{} 列）", "gives": "结果：{}。", "gives_table": "结果{}：", "comma": "、",
    },
}  # fmt: skip


def document(language: str = "en") -> str:
    """The whole page."""
    names = ", ".join(f"[{name}](#{name.lower()})" for name in functions())
    entries = (_entry(function, language) for function in functions().values())
    return "\n".join([_HEAD[language], names, "", *entries])


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


def _entry(function: ExcelFunction, language: str) -> str:
    words = _WORDS[language]
    takes = ", ".join(one.name if one.required else f"[{one.name}]" for one in function.arguments)
    lines = [f"## {function.name}", "", f"`{function.name}({takes})`", "", say(function.help, language), ""]
    if function.arguments:
        lines += [words["table"], "|---|---|---|"]
        lines += [
            f"| `{one.name}` | {say(one.help, language)} | {_default(one.default, one.required, language)} |"
            for one in function.arguments
        ]
        lines += [""]
    typed, sheet = formula(function)
    lines += [f"{words['result']}{say(function.returns, language)}", "", f"{words['example']}`{typed}`", ""]
    if sheet:
        lines += [*_grid(sheet, ascii_uppercase[: len(sheet[0])]), ""]
    named = words["comma"].join(function.example.columns or ())
    columns = words["columns"].format(named) if named else ""
    gives = as_range(function.example.gives)
    if gives.single:
        lines += [words["gives"].format(f"`{_shown(function.example.gives)}`"), ""]
    elif function.result in ("table", "columns"):
        lines += [
            words["gives_table"].format(columns), "",
            *_grid(gives.rows[1:], gives.rows[0], numbered=False), "",
        ]  # fmt: skip
    else:
        cells = words["comma"].join(f"`{_shown(row[0])}`" for row in gives.rows)
        lines += [words["gives"].format(cells), ""]
    return "\n".join(lines)


def _default(default: Any, required: bool, language: str) -> str:
    if required:
        return _WORDS[language]["required"]
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
    Path(sys.argv[1]).write_text(document(*sys.argv[2:]), "utf-8", newline="\n")
