"""A report of 1,000,000 customers with three purchases each, and LibreOffice opening it.

The pages are the same as for ten customers; the Customers page holds all million rows. Times of the first line are those
of scoring and of drawing and writing the report, without making up the purchases. LibreOffice reads the report and
writes its first sheet as text, within an hour.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measure import Cost, Result, cost, peak_here

if TYPE_CHECKING:
    import pyarrow as pa

CUSTOMERS, PURCHASES, SEED = 1_000_000, 3, 20261031
LONGEST = 3_600  # that LibreOffice may take [s]


def results() -> list[Result]:
    """One run of each."""
    with tempfile.TemporaryDirectory() as name:
        report = Path(name) / "report.xlsx"
        command = [sys.executable, "-m", "benchmarks.million_customers", str(report)]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
        scored, drawn = (Cost(*map(float, line.split())) for line in said)
        found = [
            Result("scoring", scored, f"{CUSTOMERS:,} customers, {CUSTOMERS * PURCHASES:,} purchases"),
            Result("the report, peak with scoring", drawn, f"{report.stat().st_size / 1e6:.0f} MB"),
        ]
        if office := shutil.which("soffice"):
            opened = _opened(office, report)
            found.append(Result("LibreOffice opens it", opened, "all pages, first one written as text"))
    return found


def _opened(office: str, report: Path) -> Cost:
    """Cost of LibreOffice reading a workbook.

    Raises
    ------
    AssertionError
        It said nothing of the first page, or took too long.
    """
    folder = report.parent
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command: list[str | Path] = [
        "timeout", str(LONGEST), office, profile, "--headless", "--convert-to", "csv", "--outdir", folder, report,
    ]  # fmt: skip
    spent = cost(command, runs=1, warm_up=False)
    if not report.with_suffix(".csv").stat().st_size:
        raise AssertionError("LibreOffice wrote an empty page")
    return spent


def write_report(path: Path) -> list[Cost]:
    """Costs of scoring and of the report, in this process."""
    from tierbook.rulepack.read import read_pack
    from tierbook.score import score
    from workbooks.report import write_report as write

    tables, costs = _tables(), []
    before = time.process_time(), time.monotonic()
    run = score(tables, read_pack(Path("rules/hospitality.yaml")))
    costs.append(_spent(*before))
    before = time.process_time(), time.monotonic()
    write(run, path)
    costs.append(_spent(*before))
    return costs


def _spent(cpu: float, wall: float) -> Cost:
    return Cost(time.process_time() - cpu, time.monotonic() - wall, peak_here())


def _tables() -> dict[str, pa.Table]:
    """Customers with a name and a region, and their purchases in three years."""
    import numpy as np
    import pyarrow as pa

    random = np.random.default_rng(SEED)
    number = np.arange(CUSTOMERS)
    ids = pa.array([f"C{one:07d}" for one in number.tolist()])
    customers = pa.table({
        "customer_id": ids,
        "name": [f"Customer & Sons {one}" for one in number.tolist()],
        "region": random.choice(["North", "South", "East", "West"], CUSTOMERS),
    })  # fmt: skip
    rows = CUSTOMERS * PURCHASES
    purchases = pa.table({
        "customer_id": ids.take(pa.array(np.tile(number, PURCHASES))),
        "date": np.datetime64("2026-10-31") - random.integers(0, 1_096, rows),
        "amount": random.gamma(2.0, 60.0, rows).round(2),
    })  # fmt: skip
    return {"customers": customers, "transactions": purchases}


if __name__ == "__main__":
    for one in write_report(Path(sys.argv[1])):
        print(*one)
