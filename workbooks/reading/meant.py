"""Which headings of a sheet nobody knows are likely the customer, the day and the amount: an example to correct, never read so."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tierbook.columns.amounts import Unreadable, parse_amount
from tierbook.columns.dates import parse_date
from workbooks.reading.peek import Rows

_ROWS = 8
_CUSTOMER = re.compile(r"custom|client|buyer|member|account|guest|客户|顾客|会员|买家|用户", re.I)


def headings(rows: Rows) -> list[str]:
    """The texts of the first row that holds at least two and has cells below; empty where there is none."""
    return list(_header(rows)[1].values())


def columns_meant(rows: Rows) -> dict[str, str]:
    """Canonical name -> heading for the required columns of transactions; `…` where none looks like it."""
    row, header = _header(rows)
    below = [cells for number, cells in rows.items() if number > row][:_ROWS]
    cells = {column: [one[column] for one in below if one.get(column) not in (None, "")] for column in header}
    days = [column for column in header if _are_days(cells[column])]
    money = [column for column in header if column not in days and _are_amounts(cells[column])]
    rest = [column for column in header if column not in days and cells[column]]
    people = [column for column in rest if _CUSTOMER.search(header[column])] or [
        column for column in rest if column not in money
    ]
    money = [column for column in money if column not in people[:1]]
    broken = [column for column in money if any(isinstance(cell, float) for cell in cells[column])]
    chosen = {"customer_id": people[:1], "date": days[:1], "amount": (broken or money)[-1:]}
    return {name: header[columns[0]] if columns else "…" for name, columns in chosen.items()}


def _header(rows: Rows) -> tuple[int, dict[int, str]]:
    last = max(rows, default=0)
    for row, cells in rows.items():
        texts = {
            column: cell.strip() for column, cell in cells.items() if isinstance(cell, str) and cell.strip()
        }
        if len(texts) >= 2 and row < last:
            return row, texts
    return 0, {}


def _are_days(cells: Sequence[object]) -> bool:
    """Dates as text, or as the plain numbers they are inside a workbook."""
    return bool(cells) and all(
        isinstance(parse_amount(cell), Unreadable) and not isinstance(parse_date(cell), Unreadable)
        if isinstance(cell, str)
        else isinstance(cell, int | float) and 25_000 < cell < 75_000
        for cell in cells
    )


def _are_amounts(cells: Sequence[object]) -> bool:
    return bool(cells) and all(
        not isinstance(parse_amount(cell), Unreadable)
        if isinstance(cell, str)
        else isinstance(cell, int | float) and not isinstance(cell, bool)
        for cell in cells
    )
