"""Workbooks and texts to read: twenty-four transactions of five customers, whole or with something wrong."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from tierbook.errors import DataError
from workbooks.reader import Source, read

HEADERS = ["transaction_id", "customer_id", "date", "amount"]
ROWS: list[list[Any]] = [[f"T{at}", f"C{at % 5}", date(2024, 1, 1 + at), 10.5 * at] for at in range(1, 25)]


def workbook(path: Path, sheets: dict[str, list[list]], *, date_1904: bool = False) -> Path:
    """A workbook of sheets given as rows; dates are date cells, `=…` is a formula with the value 1."""
    with xlsxwriter.Workbook(path, {"date_1904": date_1904}) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for at, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if isinstance(cell, date):
                        sheet.write_datetime(at, column, cell, day)
                    elif isinstance(cell, tuple):  # formula and saved value
                        sheet.write_formula(at, column, cell[0], None, cell[1])
                    elif isinstance(cell, str):
                        sheet.write_string(at, column, cell)
                    elif cell is not None:
                        sheet.write(at, column, cell)
    return path


def transactions(path: Path, rows: list[list] | None = None, headers: list[str] | None = None) -> Path:
    return workbook(path, {"transactions": [headers or HEADERS, *(ROWS if rows is None else rows)]})


def refusal(source: Path, **settings) -> DataError:
    with pytest.raises(DataError) as caught:
        read(source, **settings)
    return caught.value


def said(source: Source | DataError) -> str:
    return "\n".join(problem.text() for problem in source.problems)


def levels(source: Source) -> set[str]:
    return {problem.level for problem in source.problems}


def changed(*changes: tuple[int, int, object]) -> list[list]:
    """The rows with some cells changed: (row, column, cell)."""
    rows = [list(row) for row in ROWS]
    for row, column, cell in changes:
        rows[row][column] = cell
    return rows


def csv_text(delimiter: str = ",", end: str = "\n") -> str:
    rows = [HEADERS, *([row[0], row[1], row[2].isoformat(), f"{row[3]:.2f}"] for row in ROWS)]
    return end.join(delimiter.join(row) for row in rows) + end


def write(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path
