"""The Customers page of the report, 100,000 customers x 25 columns with its Excel table, bars and shades: rows put into
the package as ready-made XML, and the same page written cell by cell by XlsxWriter alone. Times are those of drawing and
writing, without starting Python and making up the customers.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measure import Cost, Result, peak_here

if TYPE_CHECKING:
    from tierbook.run import Run

ROWS, COLUMNS, SEED = 100_000, 25, 20261031


def results() -> list[Result]:
    """Both ways on the same customers, the faster one three times, and the ratio of their CPU-seconds."""
    with tempfile.TemporaryDirectory() as folder:
        ready, size = _measured("ready", folder, runs=3)
        stock, stock_size = _measured("stock", folder, runs=1)
    return [
        Result("ready-made XML", ready, f"{stock.cpu / ready.cpu:.1f} x less CPU than stock, {size} MB"),
        Result("stock XlsxWriter", stock, f"{stock_size} MB"),
    ]


def _measured(way: str, folder: str, *, runs: int) -> tuple[Cost, str]:
    path = Path(folder) / f"{way}.xlsx"
    costs = []
    for _ in range(runs):
        command = [sys.executable, "-m", "benchmarks.customers_page", way, str(path)]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        costs.append(Cost(*map(float, said)))
    return sorted(costs)[len(costs) // 2], f"{path.stat().st_size / 1e6:.1f}"


def write_page(way: str, path: Path) -> Cost:
    """Cost of the page, drawn and written in this process."""
    import xlsxwriter

    from tierbook.arrow import use_plain_memory
    from workbooks import long_tables
    from workbooks.page import Page
    from workbooks.sections.customers import SECTION
    from workbooks.style import Style

    if way == "stock":
        long_tables.LONG = ROWS + 1
    use_plain_memory()  # as reading a workbook does
    run = _run()
    wall, cpu = time.monotonic(), time.process_time()
    drawn = io.BytesIO()
    book = xlsxwriter.Workbook(drawn, {"strings_to_formulas": False, "strings_to_urls": False})
    style, sheet = Style(book, "en"), book.add_worksheet("Customers")
    SECTION.draw(Page(sheet, SECTION, run, style, [(SECTION, "Customers")]), run)
    book.close()
    with path.open("wb") as file:
        long_tables.write_package(drawn, file, style.long_tables)
    used = time.process_time() - cpu, time.monotonic() - wall
    table = sheet.tables[0]
    if len(table["columns"]) != COLUMNS:
        raise AssertionError(f"the page has {len(table['columns'])} columns")
    return Cost(*used, peak_here())


def _run() -> Run:
    """Customers scored from three purchases each; the value has four more parts, so that the page has 25 columns."""
    import numpy as np
    import pyarrow as pa

    from tierbook.rulepack.read import read_pack
    from tierbook.score import score

    random = np.random.default_rng(SEED)
    number = np.arange(ROWS)
    customers = pa.table({
        "customer_id": [f"C{one:06d}" for one in number.tolist()],
        "name": [f"Customer & Sons {one}" for one in number.tolist()],
        "region": random.choice(["North", "South", "East", "West"], ROWS),
        "settlement": random.choice(["prepaid", "cash", "on_time", "on_account"], ROWS),
        "reputation": random.choice(["A", "B", "C"], ROWS), "budget": random.gamma(1.0, 8000.0, ROWS).round(2),
        "is_member": random.random(ROWS) < 0.3,
    })  # fmt: skip
    purchases = pa.table({
        "customer_id": customers["customer_id"].take(pa.array(np.tile(number, 3))),
        "date": pa.array(np.datetime64("2026-10-31") - random.integers(0, 900, 3 * ROWS)),
        "amount": random.gamma(2.0, 60.0, 3 * ROWS).round(2),
    })  # fmt: skip
    base = "  base: total_spend\n"
    rules = Path("rules/hospitality.yaml").read_text("utf-8")
    more = "".join(f"  more_{one}: 0.0{one} * total_spend\n" for one in range(1, 5))
    with tempfile.TemporaryDirectory() as folder:
        pack = Path(folder) / "hospitality.yaml"
        pack.write_text(rules.replace(base, base + more), "utf-8")
        return score({"customers": customers, "transactions": purchases}, read_pack(pack))


if __name__ == "__main__":
    print(*write_page(sys.argv[1], Path(sys.argv[2])))
