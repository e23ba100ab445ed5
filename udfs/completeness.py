"""How good a table is, in cells: what is filled, what is valid, what repeats."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tierbook import tables
from tierbook.errors import DataError
from tierbook.language import label
from udfs.cells import CellError, Range, blank_rows, is_blank, read_column
from udfs.registry import Argument, Example, ExcelFunction, declare

_HEADS = ("column", "rows", "filled", "completeness", "valid", "validity", "repeated")


def _quality(table: Range, *, language: str) -> dict[str, NDArray]:
    header, body = (*table.rows[:1], ())[0], table.rows[1:]
    if not any(isinstance(cell, str) and cell.strip() for cell in header):
        raise DataError("The first row holds no headings.", fix="Give the range with its header row.")
    rows = [row for row, blank in zip(body, blank_rows(body).tolist(), strict=True) if not blank]
    kinds = _kinds(header)
    lines: list[tuple[Any, ...]] = [
        (str(name).strip(), *_counted([row[at] for row in rows], kinds[at]))
        for at, name in enumerate(header)
        if not is_blank(name)
    ]
    whole = [tuple(None if is_blank(cell) else cell for cell in row) for row in rows]
    filled, valid = (sum(line[at] for line in lines) for at in (2, 3))
    cells = len(rows) * len(lines)
    lines.append((label("all_columns", language), cells, filled, valid, len(whole) - len(set(whole))))
    names, counts, there, right, again = (list(one) for one in zip(*lines, strict=True))
    columns = (
        names,
        counts,
        there,
        [_share(one, all_) for one, all_ in zip(there, counts, strict=True)],
        right,
        [_share(one, all_) for one, all_ in zip(right, there, strict=True)],
        again,
    )
    return {head: np.array(values, dtype=object) for head, values in zip(_HEADS, columns, strict=True)}


def _kinds(header: Any) -> list[tables.Column | None]:
    """What each column should hold, by the input table whose headings fit best."""
    best = max(tables.TABLES.values(), key=lambda one: tables.known_columns(one, header))
    names = tables.match_headers(best, header).names
    return [best.column(name) if name else None for name in names]


def _counted(cells: list[Any], known: tables.Column | None) -> tuple[int, int, int, int]:
    """Rows, cells filled, valid ones among them, and those that repeat an earlier one."""
    filled = [cell for cell in cells if not is_blank(cell)]
    if known is None:
        valid = sum(not isinstance(cell, CellError) for cell in filled)
    else:
        try:
            column = read_column(list(filled), known.kind, choices=known.choices)
            valid = len(filled) - len(column.refused)
        except DataError:  # nothing of the column can be told for sure, such as two orders of day and month
            valid = 0
    return len(cells), len(filled), valid, len(filled) - len(set(filled))


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


QUALITY = declare(
    ExcelFunction(
        name="CRM_QUALITY",
        help="How good a table is: for each column what is filled, what is valid, what repeats.",
        arguments=(
            Argument("table", "Any table with its header row; blank rows are no rows.", shape="range"),
        ),
        returns="Table column, rows, filled, completeness, valid, validity, repeated; the last row is the whole table, with the rows that repeat another.",
        result="table",
        calculate=_quality,
        given=("language",),
        example=Example(
            (
                [
                    ["customer_id", "email", "birthday"],
                    ["C1", "a@x.org", "1990-02-01"],
                    ["C2", None, "1990-02-31"],
                    ["C1", "a@x.org", "1990-02-01"],
                ],
            ),
            [
                list(_HEADS),
                ["customer_id", 3, 3, 1, 3, 1, 1],
                ["email", 3, 2, 2 / 3, 2, 1, 1],
                ["birthday", 3, 3, 1, 2, 2 / 3, 1],
                ["All columns", 9, 8, 8 / 9, 7, 7 / 8, 1],
            ],
        ),
    )
)
