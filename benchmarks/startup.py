"""Start-up: `tierbook check` on a small workbook.

Goal: under 0.5 CPU-seconds. The floors beside it are what Python and the libraries alone cost.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks.measure import Result, cost


def results() -> list[Result]:
    """`tierbook check` beside its floors, median of five runs each."""
    with tempfile.TemporaryDirectory() as folder:
        book = Path(folder) / "orders.xlsx"
        _write(book)
        python = Path(sys.executable)
        return [
            Result("`python -c pass`", cost([python, "-c", "pass"]), "floor"),
            Result(
                "`import numpy, pyarrow, duckdb`",
                cost([python, "-c", "import numpy, pyarrow, duckdb"]),
                "floor",
            ),
            Result(
                "`tierbook check orders.xlsx`",
                cost([python.with_name("tierbook"), "check", book]),
                "goal: < 0.5",
            ),
        ]


def _write(path: Path) -> None:
    """A workbook of 10 customers and 30 transactions."""
    from xlsxwriter import Workbook

    with Workbook(path) as book:
        customers = book.add_worksheet("Customers")
        customers.write_row(0, 0, ["customer_id", "name"])
        transactions = book.add_worksheet("Transactions")
        transactions.write_row(0, 0, ["customer_id", "date", "amount"])
        for row in range(1, 11):
            customers.write_row(row, 0, [f"C{row}", f"Customer {row}"])
        for row in range(1, 31):
            transactions.write_row(row, 0, [f"C{1 + row % 10}", f"2026-01-{row:02d}", 10.5 * row])
