"""The main job: a workbook of 1,000,000 purchases x 8 columns (50,000 customers) in; every customer scored, a scored
workbook and a report out. The peer reads the same file with pandas and openpyxl, groups by customer and writes
a table of 44 columns with `to_excel` (ours has 84); it draws no report and knows no rules.

Goal: at least 15 x less CPU than the peer, under 1 GB. The first line is an installation without extras, whose report
has no page of mining; the second has that page too. The floors are what unzipping alone costs, and what reading the
sheet costs with the quickest library that gives it to Python.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import Result, cost

ROWS, CUSTOMERS, SEED = 1_000_000, 50_000, 20261031
# A run that finds the results of the one before reads them first, to replace them.
_JOB = """
import sys
from pathlib import Path
for written in (sys.argv[4], sys.argv[6]):
    Path(written).unlink(missing_ok=True)
from addin.cli import main
main()
"""
# scikit-learn is there when the benchmarks run, but not in an installation without extras.
_CORE = """
import importlib.util as util
find_spec = util.find_spec
util.find_spec = lambda name, *package: None if name == "sklearn" else find_spec(name, *package)
"""
_UNZIP = """
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive:
    for entry in archive.infolist():
        with archive.open(entry) as stream:
            while stream.read(1 << 20):
                pass
"""
_PARSE = "import fastexcel, sys; fastexcel.read_excel(sys.argv[1]).load_sheet(0)"
_WRITE = "import sys; from pathlib import Path; from benchmarks.pipeline import write_purchases; write_purchases(Path(sys.argv[1]))"


def results() -> list[Result]:
    """Both pipelines on the same file, one run each, and the ratio of their CPU-seconds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        book = folder / "purchases.xlsx"
        python = Path(sys.executable)
        # In a process of its own: a child of a large process starts with its peak.
        subprocess.run([python, "-c", _WRITE, book], check=True)
        job: list[str | Path] = [
            "score",
            book,
            "--out",
            folder / "scored.xlsx",
            "--report",
            folder / "report.xlsx",
        ]
        core = cost([python, "-c", _CORE + _JOB, *job], runs=3)
        mining = cost([python, "-c", _JOB, *job], runs=3)
        peer = cost([python, "-m", "benchmarks.pipeline", book, folder / "peer.xlsx"], runs=1, warm_up=False)
        unzip, parse = (cost([python, "-c", code, book], runs=3) for code in (_UNZIP, _PARSE))
    return [
        Result("`tierbook score --report`", core, f"{peer.cpu / core.cpu:.1f} x less CPU than the peer"),
        Result("the same with the page of mining", mining, f"{peer.cpu / mining.cpu:.1f} x"),
        Result("pandas + openpyxl, groupby, `to_excel`", peer, "peer"),
        Result("unzip", unzip, "floor"),
        Result("unzip and parse with fastexcel", parse, "floor of reading without our own reader"),
    ]


def write_purchases(path: Path, rows: int = ROWS, customers: int = CUSTOMERS) -> None:
    """A workbook of random purchases: heavy-tailed customers, three years, some refunds."""
    import numpy as np
    from xlsxwriter import Workbook

    random = np.random.default_rng(SEED)
    weight = random.pareto(1.2, customers) + 0.2
    customer = random.choice(customers, rows, p=weight / weight.sum())
    # Excel counts days from 1899-12-30: 45,231 is 2023-11-01.
    day = 45_231 + random.integers(0, 1_096, rows)
    amount = np.round(random.gamma(2.0, 60.0, rows), 2) * np.where(random.random(rows) < 0.01, -1, 1)
    names = {
        "product": [f"Product {n}" for n in range(200)],
        "category": ["Rooms", "Restaurant", "Bar", "Events", "Spa"],
        "channel": ["Direct", "Agency", "Web", "Phone"],
        "branch": [f"Branch {n}" for n in range(30)],
    }
    columns = [
        [f"C{number:06d}" for number in customer.tolist()],
        day.tolist(),
        amount.tolist(),
        [f"T{number:07d}" for number in range(rows)],
        *([words[i] for i in random.integers(0, len(words), rows).tolist()] for words in names.values()),
    ]
    with Workbook(path, {"constant_memory": True, "strings_to_numbers": False}) as book:
        sheet, date = book.add_worksheet("transactions"), book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, ["customer_id", "date", "amount", "transaction_id", *names])
        for row, cells in enumerate(zip(*columns, strict=True), 1):
            sheet.write_string(row, 0, cells[0])
            sheet.write_number(row, 1, cells[1], date)
            sheet.write_number(row, 2, cells[2])
            for column in range(3, 8):
                sheet.write_string(row, column, cells[column])


def usual_pipeline(book: str, out: str) -> None:
    """What an analyst writes without Tierbook."""
    import pandas as pd

    purchases = pd.read_excel(book, dtype={"customer_id": str, "transaction_id": str}, engine="openpyxl")
    as_of = purchases["date"].max()
    recent = purchases["date"] > as_of - pd.Timedelta(days=90)
    grouped = purchases.groupby("customer_id")
    scored = grouped.agg(
        orders=("transaction_id", "nunique"),
        total_spend=("amount", "sum"),
        first_date=("date", "min"),
        last_date=("date", "max"),
        channels=("channel", "nunique"),
    )
    scored["spend_recent"] = purchases[recent].groupby("customer_id")["amount"].sum()
    scored["days_since_last"] = (as_of - scored["last_date"]).dt.days
    scored["tenure_months"] = (as_of - scored["first_date"]).dt.days / 30.4375
    scored["orders_per_month"] = scored["orders"] / scored["tenure_months"].clip(lower=1)
    scored["spend_per_month"] = scored["total_spend"] / scored["tenure_months"].clip(lower=1)
    scored["value"] = (
        scored["total_spend"] + 100 * scored["orders_per_month"] + 0.5 * scored["spend_per_month"]
    )
    rank = scored["value"].rank(ascending=False, pct=True)
    scored["tier"] = pd.cut(rank, [0, 0.04, 0.2, 1], labels=["vip", "important", "general"])
    scored["departed"] = scored["days_since_last"] >= 180
    for name, smaller_is_better in {"days_since_last": True, "orders": False, "total_spend": False}.items():
        place = scored[name].rank(method="first", ascending=not smaller_is_better)
        scored[f"score_{name}"] = pd.qcut(place, 5, labels=False) + 1
    for name in ("category", "channel"):
        amounts = purchases.groupby(["customer_id", name])["amount"]
        for what, table in {
            "spend": amounts.sum(),
            "orders": amounts.count(),
            "largest": amounts.max(),
        }.items():
            scored = scored.join(table.unstack().add_prefix(f"{what} "))
    scored.reset_index().to_excel(out, index=False)


if __name__ == "__main__":
    usual_pipeline(sys.argv[1], sys.argv[2])
