"""The package gate on a sheet of 1,000,000 rows and 8 columns, beside what inflating its XML alone costs.

Goal: at most 2 CPU-seconds over the inflating. Patching the same workbook with a small result is the third line.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import Result, cost

_INFLATE = """
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive:
    for entry in archive.infolist():
        with archive.open(entry) as stream:
            while stream.read(1 << 20):
                pass
"""
_WRITE = "import sys; from pathlib import Path; from benchmarks.gate import write; write(Path(sys.argv[1]))"
_GATE = "import sys; from workbooks.gate.gate import gate; gate(sys.argv[1])"
_PATCH = """
import sys
import pyarrow as pa
from workbooks.patch import add_sheets
from workbooks.sheet_xml import ResultSheet
table = pa.table({"customer_id": ["1"]})
add_sheets(sys.argv[1], sys.argv[1], [ResultSheet("R", "tierbook_r", table, ["customer_id"], ["text"])], keep_undo=False)
"""


def results() -> list[Result]:
    """Median of three runs each."""
    with tempfile.TemporaryDirectory() as folder:
        book = Path(folder) / "orders.xlsx"
        # In a process of its own: a child of a large process starts with its peak.
        subprocess.run([sys.executable, "-c", _WRITE, book], check=True)
        size = f"{book.stat().st_size / 1e6:.0f} MB"
        return [
            Result("inflating alone", cost([sys.executable, "-c", _INFLATE, book], runs=3), f"floor; {size}"),
            Result("the gate", cost([sys.executable, "-c", _GATE, book], runs=3), "goal: floor + 2.0"),
            Result("a small result added, gate included", cost([sys.executable, "-c", _PATCH, book], runs=3)),
        ]


def write(book: Path) -> None:
    """A million transactions, drawn with a fixed seed."""
    import numpy as np
    import pyarrow as pa

    from workbooks.patch import write_book
    from workbooks.sheet_xml import Format, ResultSheet

    rows = 1_000_000
    draw = np.random.default_rng(1)
    days = draw.integers(18_000, 20_000, rows).astype(np.int32)
    columns = {
        "transaction_id": pa.array(np.char.add("T", np.arange(rows).astype(str))),
        "customer_id": pa.array(np.char.add("C", draw.integers(0, 20_000, rows).astype(str))),
        "date": pa.array(days).cast(pa.date32()),
        "amount": pa.array(np.round(draw.gamma(2, 50, rows), 2)),
        "cost": pa.array(np.round(draw.gamma(2, 30, rows), 2)),
        "quantity": pa.array(draw.integers(1, 9, rows)),
        "product": pa.array(np.char.add("product ", draw.integers(0, 200, rows).astype(str))),
        "branch": pa.array(np.char.add("branch ", draw.integers(0, 50, rows).astype(str))),
    }
    formats: list[Format] = ["text", "text", "date", "amount", "amount", "integer", "text", "text"]
    write_book(book, [ResultSheet("transactions", "transactions", pa.table(columns), list(columns), formats)])
