"""A figure by two dimensions in cells."""

from __future__ import annotations

import difflib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tierbook.errors import DataError
from tierbook.language import label
from tierbook.pivot import Pivot, pivot
from udfs.headed_range import HeadedRange, answers
from udfs.registry import Argument, Example, ExcelFunction, declare

_TEXTS = ("count", "distinct")


def _table(
    table: HeadedRange, *, rows: str, columns: str, measure: str, aggregate: str, language: str
) -> dict[str, NDArray]:
    # Who a row is may be counted here as anything else.
    table.notes.clear()
    down, across, figures = (_place(table, name) for name in (rows, columns, measure))
    measured = _cells(table, figures)
    numbers = answers(measured) if aggregate in _TEXTS else table.read(figures, "number")
    kept = table.rows.kept
    found = pivot(
        answers(_cells(table, down))[kept],
        answers(_cells(table, across))[kept],
        numbers[kept],
        aggregate=aggregate,
    )
    return _shown(found, table.headings[down], language)


def _place(table: HeadedRange, name: str) -> int:
    at = table.heading(name)
    if at is None:
        known = [one for one in table.headings if one]
        near = difflib.get_close_matches(name, known, n=1)
        raise DataError(
            "The table has no column {name}.",
            fix="Did you mean {near}?" if near else "Its columns are {known}.",
            name=name,
            near="".join(near),
            known=", ".join(known),
        )
    return at


def _cells(table: HeadedRange, at: int) -> list[Any]:
    return [row[at] for row in table.body]


def _shown(found: Pivot, corner: str, language: str) -> dict[str, NDArray]:
    """The corner names the rows."""
    total, unknown = label("total", language), label("unknown", language)
    names = np.empty(len(found.rows) + 1, dtype=object)
    names[:] = [*(name or unknown for name in found.rows), total]
    table = {corner: names}
    for at, name in enumerate(found.columns):
        table[_free(name or unknown, table)] = np.append(found.cells[:, at], found.of_columns[at])
    return table | {_free(total, table): np.append(found.of_rows, found.total)}


def _free(name: str, taken: dict[str, NDArray]) -> str:
    """A heading of its own, where a value is called like the rows or the total."""
    while name in taken:
        name += " "
    return name


PIVOT = declare(
    ExcelFunction(
        name="CRM_PIVOT",
        help="One figure of a table by two of its columns, with totals.",
        arguments=(
            Argument("table", "Any columns with a header row.", shape="headed"),
            Argument("rows", "Heading of the column whose values go down.", kind="text"),
            Argument("columns", "Heading of the column whose values go across.", kind="text"),
            Argument("measure", "Heading of the column that is put together.", kind="text"),
            Argument("aggregate", "sum, count, mean, min, max or distinct.", kind="text", default="sum"),
        ),
        returns="Table with a row and a column for each value and totals; a blank cell where there is nothing.",
        result="table",
        calculate=_table,
        given=("language",),
        example=Example(
            (
                [
                    ["region", "channel", "amount"],
                    ["North", "shop", 10],
                    ["North", "web", 5],
                    ["South", "shop", 7],
                ],
                "region",
                "channel",
                "amount",
            ),
            [
                ["region", "shop", "web", "Total"],
                ["North", 10, 5, 15],
                ["South", 7, None, 7],
                ["Total", 17, 5, 22],
            ],
        ),
    )
)
