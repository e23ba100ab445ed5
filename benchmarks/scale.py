"""1, 10 and 100 million purchases in Parquet files, scored by the pack `hospitality` where they lie: DuckDB with 1.2 GB of
memory and a spill folder, stage by stage, and how cost grows. The same figures per customer, without rules, by pandas and
Polars (in an environment of its own) at the sizes they can; Spark `local[2]` at 1 million, its start-up left out of the stages.

Goals: 100 million within 3 GB of resident memory; no stage grows faster than the purchases (exponent 1) by much. A size
for which the disk has no room is left out, and said.
"""

from __future__ import annotations

import json
import math
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.measure import Cost, Result

SIZES = (1_000_000, 10_000_000, 100_000_000)
# What the usual tools are asked to do: beyond this they need more memory than this machine has to spare.
PEER_SIZES = {"pandas": SIZES[:2], "polars": SIZES[:2]}
PEERS = {"polars": "polars==2.1.0"}
PER_CUSTOMER, SEED, CHUNK = 50, 20261122, 1_000_000
MEMORY, THREADS = "1200MB", 2
BYTES_A_ROW = 15  # of Parquet, as measured; the run needs several times as much again
_NONE = Cost(math.nan, math.nan, math.nan)


def results(sizes: tuple[int, ...] = SIZES) -> list[Result]:
    """Every engine on the same files."""
    found: list[Result] = []
    stages: dict[str, dict[int, float]] = {}
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        for rows in sizes:
            if shutil.disk_usage(home).free < 8 * BYTES_A_ROW * rows:
                found.append(Result(f"{rows:,} purchases", _NONE, "left out: the disk has no room"))
                continue
            folder = home / "data"
            _child(sys.executable, "write", rows, home)
            found += _of_engine("DuckDB", rows, _child(sys.executable, "duckdb", rows, home), stages)
            for peer, most in PEER_SIZES.items():
                if rows in most:
                    said = _child(_python(peer, home), peer, rows, home)
                    found.append(Result(f"{rows:,} purchases, {peer}", _cost(said), said["note"]))
            if rows == sizes[0]:
                found += _of_engine("Spark", rows, _child(sys.executable, "spark", rows, home), {})
            shutil.rmtree(folder)
    return [*found, *(Result(f"{stage}: growth", _NONE, _growth(costs)) for stage, costs in stages.items())]


def _of_engine(
    engine: str, rows: int, said: dict[str, Any], stages: dict[str, dict[int, float]]
) -> list[Result]:
    found = [Result(f"{rows:,} purchases, {engine}", _cost(said), said["note"])]
    for stage, (cpu, wall) in said["stages"].items():
        stages.setdefault(stage, {})[rows] = cpu
        found.append(Result(f"{rows:,}, {engine}: {stage}", Cost(cpu, wall, math.nan)))
    return found


def _cost(said: dict[str, Any]) -> Cost:
    return Cost(said["cpu"], said["wall"], said["peak"])


def _growth(costs: dict[int, float]) -> str:
    """The exponent of CPU-seconds over rows between neighbouring sizes, and those of a million more at the end."""
    points = sorted(costs.items())
    said = [
        f"exponent {math.log(b / a) / math.log(n / m):.2f} from {m:,} to {n:,}"
        for (m, a), (n, b) in pairwise(points)
        if a > 0 and b > 0
    ]
    if len(points) > 1:
        (m, a), (n, b) = points[-2:]
        said.append(f"{(b - a) / (n - m) * 1e6:.3f} CPU-seconds a million")
    return "; ".join(said)


def _python(peer: str, home: Path) -> str:
    if peer not in PEERS:
        return sys.executable
    python = home / peer / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", home / peer], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", PEERS[peer]], check=True)
    return str(python)


def _child(python: str, what: str, rows: int, home: Path) -> dict[str, Any]:
    command = [python, "-m", "benchmarks.scale", what, str(rows), str(home)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


# --- In a process of its own


def _run(what: str, rows: int, home: Path) -> dict[str, Any]:
    run: dict[str, Callable[[int, Path], dict[str, Any]]] = {
        "write": _write, "duckdb": _duckdb, "spark": _spark, "pandas": _pandas, "polars": _polars,
    }  # fmt: skip
    begun = time.monotonic()
    said = run[what](rows, home)
    if "wall" not in said:
        own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        said |= {
            "cpu": sum(one.ru_utime + one.ru_stime for one in (own, children)),
            "wall": time.monotonic() - begun,
            "peak": max(own.ru_maxrss, children.ru_maxrss) / 1024,
        }
    return said


def _write(rows: int, home: Path) -> dict[str, Any]:
    """Purchases of heavy-tailed customers in four years, some refunds, a part of a million rows at a time."""
    import numpy as np
    import pyarrow as pa
    from pyarrow import parquet

    random = np.random.default_rng(SEED)
    folder = home / "data" / "transactions"
    folder.mkdir(parents=True)
    customers = max(rows // PER_CUSTOMER, 1)
    words = {
        "category": pa.array(["Rooms", "Restaurant", "Bar", "Events", "Spa"]),
        "channel": pa.array(["Direct", "Agency", "Web", "Phone"]),
        "product": pa.array([f"Product {number}" for number in range(200)]),
        "settlement": pa.array(["prepaid", "cash", "on_time", "on_account"]),
    }
    for first in range(0, rows, CHUNK):
        count = min(CHUNK, rows - first)
        customer = (customers * random.random(count) ** 2).astype(np.int64)
        day = np.datetime64("2022-11-01") + random.integers(0, 1_461, count)
        amount = np.round(random.gamma(2.0, 60.0, count), 2) * np.where(random.random(count) < 0.01, -1, 1)
        part = {
            "transaction_id": _numbered("T", first + np.arange(count), 10),
            "customer_id": _numbered("C", customer, 8),
            "date": pa.array(day),
            "amount": pa.array(amount),
            "cost": pa.array(np.round(0.6 * amount, 2)),
        }
        for name, known in words.items():
            part[name] = known.take(pa.array(random.integers(0, len(known), count)))
        parquet.write_table(pa.table(part), folder / f"part-{first // CHUNK:05d}.parquet", compression="zstd")
    size = sum(file.stat().st_size for file in folder.iterdir())
    return {"note": f"{size / 1e9:.2f} GB"}


def _numbered(letter: str, number: Any, digits: int) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    text = pc.utf8_lpad(pa.array(number).cast(pa.string()), digits, padding="0")
    return pc.binary_join_element_wise(pa.scalar(letter), text, pa.scalar(""))


def _pack() -> Any:
    from tierbook.rulepack.read import read_pack
    from tierbook.shipped import shipped

    return read_pack(shipped("rules") / "hospitality.yaml")


def _scored(
    opened: Any, home: Path, worked: Callable[[], float] = time.process_time
) -> tuple[Any, dict[str, tuple[float, float]]]:
    """A run and its report, with the CPU-seconds and the seconds of every stage."""
    from tierbook.engines.failures import told
    from tierbook.warehouse import score_in
    from workbooks.report import write_report

    seconds: dict[str, tuple[float, float]] = {}
    at, step = (worked(), time.monotonic()), "Opening"

    def progress(share: float, name: str) -> None:
        nonlocal at, step
        now = (worked(), time.monotonic())
        cpu, wall = seconds.get(step, (0.0, 0.0))
        seconds[step] = (cpu + now[0] - at[0], wall + now[1] - at[1])
        at, step = now, name

    with told(opened.engine):
        run = score_in(
            opened.engine, opened.tables, _pack(), name="scale", keep=opened.keep, progress=progress
        )
        progress(0.9, "Drawing the report")
        write_report(run, home / "report.xlsx")
        progress(1.0, "done")
    return run, seconds


def _duckdb(rows: int, home: Path) -> dict[str, Any]:
    from tierbook.engines.options import EngineOptions
    from tierbook.engines.sources import open_source

    spilled, stop = 0, threading.Event()

    def watch() -> None:
        nonlocal spilled
        while not stop.wait(1.0):
            spilled = max(spilled, _bytes(home / "spill"))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    options = EngineOptions(memory=MEMORY, threads=THREADS, spill=home / "spill")
    opened = open_source(str(home / "data"), options)
    run, seconds = _scored(opened, home)
    stop.set()
    opened.keep.clear()
    return {
        "stages": seconds,
        "note": f"{run.population:,} customers, report and all; {spilled / 1e9:.1f} GB in the spill folder",
    }


def _bytes(folder: Path) -> int:
    total = 0
    for file in folder.rglob("*"):
        try:
            total += file.stat().st_size
        except FileNotFoundError:
            continue
    return total


def _spark(rows: int, home: Path) -> dict[str, Any]:
    from pyspark.sql import SparkSession

    from tierbook.engines.options import EngineOptions
    from tierbook.engines.sources import open_source

    begun = time.monotonic()
    opened = open_source(str(home / "data"), EngineOptions(name="spark", master="local[2]"))
    session = SparkSession.getActiveSession()
    assert session is not None and session._jvm is not None
    java = session._jvm.java.lang.ProcessHandle.current()

    def worked() -> float:
        return time.process_time() + java.info().totalCpuDuration().get().toMillis() / 1000

    started, at_start = time.monotonic() - begun, worked()
    run, stages = _scored(opened, home, worked)
    said = {
        "stages": stages,
        "wall": time.monotonic() - begun,
        "cpu": worked(),
        "peak": _most_held(java.pid()) + _most_held(os.getpid()),
        "note": f"{run.population:,} customers, report and all; {at_start:.0f} CPU-seconds, {started:.0f} s to start",
    }
    session.stop()
    return said


def _most_held(process: int) -> float:
    """The most memory a process has held. [MiB]"""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def _pandas(rows: int, home: Path) -> dict[str, Any]:
    """What an analyst groups by customer; no rules, no earlier window, no report."""
    import pandas as pd

    sold = pd.read_parquet(home / "data" / "transactions")
    sold["date"] = pd.to_datetime(sold["date"])
    as_of = sold["date"].max()
    recent = sold["date"] > as_of - pd.Timedelta(days=90)
    grouped = sold.groupby("customer_id")
    found = grouped.agg(
        orders=("transaction_id", "nunique"), total_spend=("amount", "sum"), first_date=("date", "min"),
        last_date=("date", "max"), channels=("channel", "nunique"),
    )  # fmt: skip
    found["spend_recent"] = sold[recent].groupby("customer_id")["amount"].sum()
    days = sold[["customer_id", "date"]].drop_duplicates().sort_values(["customer_id", "date"])
    found["median_gap_days"] = (
        days.groupby("customer_id")["date"].diff().dt.days.groupby(days["customer_id"]).median()
    )
    best = sold.groupby(["customer_id", "category"])["amount"].sum().reset_index()
    best = best.sort_values("amount", ascending=False).drop_duplicates("customer_id").set_index("customer_id")
    found["top_category"] = best["category"]
    found["place"] = found["total_spend"].rank(ascending=False, pct=True)
    return {"note": f"{len(found):,} customers; eight figures, no rules"}


def _polars(rows: int, home: Path) -> dict[str, Any]:
    """The same eight figures, lazily and with the streaming engine."""
    import polars as pl

    sold = pl.scan_parquet(home / "data" / "transactions" / "*.parquet")
    as_of = sold.select(pl.col("date").max()).collect().item()
    recent = pl.col("date") > pl.lit(as_of) - pl.duration(days=90)
    found = sold.group_by("customer_id").agg(
        pl.col("transaction_id").n_unique().alias("orders"),
        pl.col("amount").sum().alias("total_spend"),
        pl.col("date").min().alias("first_date"),
        pl.col("date").max().alias("last_date"),
        pl.col("channel").n_unique().alias("channels"),
        pl.col("amount").filter(recent).sum().alias("spend_recent"),
        pl.col("date").unique().sort().diff().dt.total_days().median().alias("median_gap_days"),
    )
    best = (
        sold.group_by("customer_id", "category")
        .agg(pl.col("amount").sum())
        .group_by("customer_id")
        .agg(pl.col("category").sort_by("amount", descending=True).first().alias("top_category"))
    )
    ranked = found.join(best, on="customer_id").with_columns(
        pl.col("total_spend").rank(descending=True).alias("place")
    )
    return {"note": f"{len(ranked.collect(engine='streaming')):,} customers; eight figures, no rules"}


def _show(found: list[Result]) -> None:
    for what, cost, note in found:
        print(f"| {what} | {cost.cpu:.1f} | {cost.wall:.1f} | {cost.peak:.0f} | {note} |", flush=True)


if __name__ == "__main__":
    if len(sys.argv) == 4:
        print(json.dumps(_run(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))))
    else:
        _show(results(tuple(map(int, sys.argv[1:])) or SIZES))
