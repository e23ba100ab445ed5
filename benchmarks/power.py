"""The power pack on 10,000,000 readings from Parquet, and both packs of systems G and H on 100,000 customers.

Ten million readings are those of 20,000 customers over the last 35 days and two years of months. The process reads the
folder, scores the customers and computes the tables behind the page Usage; time and memory without making the files.
Each subject of a pack is computed once on 100,000 customers, medians of three runs.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import Result, cost, cost_here

READINGS, METERED, CUSTOMERS, SEED = 10_000_000, 20_000, 100_000, 20261031
AS_OF = date(2026, 10, 31)
TABLES = ("usage_months", "usage_customers", "load_alerts", "ten_days", "ten_days_open")


def results() -> list[Result]:
    """The readings in a process of their own, then the subjects."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # In a process of its own: the peak of a child counts what its parent held when it began.
        subprocess.run([sys.executable, "-m", "benchmarks.power", "make", folder], check=True)
        size = sum(file.stat().st_size for file in folder.iterdir()) / 1e6
        once = cost([sys.executable, "-m", "benchmarks.power", "run", folder], runs=3, warm_up=False)
    note = f"{READINGS:,} readings of {METERED:,} customers, {size:.0f} MB of Parquet"
    return [Result("power: read, score, tables of the page Usage", once, note), *_subjects()]


def make(folder: Path) -> None:
    """Parquet files of customers and readings."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table(_customers(METERED)), folder / "customers.parquet")
    random = np.random.default_rng(SEED)
    months = METERED * 22 * 2
    rows = READINGS - months
    number = random.integers(0, METERED, rows)
    # Five-minute steps of the last 35 days, all seven measures.
    moment = np.datetime64("2026-11-01T00:00", "m") - 5 * random.integers(1, 35 * 288, rows)
    kind = random.integers(0, 7, rows)
    value = np.where(kind == 0, random.uniform(100, 1000, rows), random.uniform(215, 225, rows))
    monthly = np.repeat(np.arange(METERED), 44)
    day = np.array([np.datetime64(f"{y}-{m:02d}-15", "m") for y in (2025, 2026) for m in range(1, 13)][:22])
    measures = np.array(["load", "voltage_a", "voltage_b", "voltage_c", "current_a", "current_b", "current_c", "volume", "fee"], dtype=object)  # fmt: skip
    ids = _ids(METERED)
    table = pa.table({
        "customer_id": pa.DictionaryArray.from_arrays(np.concatenate([number, monthly]).astype(np.int32), pa.array(ids)).cast(pa.string()),
        "date": pa.array(np.concatenate([moment, np.tile(np.repeat(day, 2), METERED)]).astype("datetime64[us]")),
        "measure": pa.DictionaryArray.from_arrays(
            np.concatenate([kind, np.tile([7, 8], METERED * 22)]).astype(np.int32), pa.array(measures)
        ).cast(pa.string()),
        "value": np.concatenate([value, random.gamma(2.0, 50_000, months)]).round(3),
    })  # fmt: skip
    pq.write_table(table, folder / "readings.parquet")


def run(folder: Path) -> None:
    """What is measured."""
    from tierbook.score import score
    from workbooks.reader import read

    scored = score(read(folder).tables, _pack("power"), as_of=AS_OF)
    for name in TABLES:
        scored.table(name)


def _pack(name: str) -> Any:
    from tierbook.rulepack.read import read_pack
    from tierbook.shipped import shipped

    return read_pack(shipped("rules") / f"{name}.yaml")


def _ids(count: int) -> list[str]:
    return [f"E{number:06d}" for number in range(count)]


def _customers(count: int) -> dict[str, Any]:
    random = np.random.default_rng(SEED)
    lists = np.array(["大客户", "百户重点企业", "百户高成长; 全省百强", "全省百强", None], dtype=object)
    return {
        "customer_id": _ids(count),
        "lists": lists[random.integers(0, 5, count)].tolist(),
        "capacity": random.uniform(500, 1100, count).round(0),
    }


def _subjects() -> list[Result]:
    """Time of each subject of both packs on 100,000 customers, arrays in and out."""
    from tierbook.scorer import Scorer
    from tierbook.service_level import service_levels

    random = np.random.default_rng(SEED)
    power, hospital = _pack("power"), _pack("hospital")
    lists = np.array(_customers(CUSTOMERS)["lists"], dtype=object)
    utility = {
        "lists": lists, "capacity": random.uniform(500, 1100, CUSTOMERS), "peak_load": random.uniform(200, 1100, CUSTOMERS),
        "volume_year": random.gamma(2, 1e5, CUSTOMERS), "fee_year": random.gamma(2, 6e4, CUSTOMERS),
    }  # fmt: skip
    patients = {
        "satisfaction": random.uniform(40, 100, CUSTOMERS), "referrals": random.integers(0, 3, CUSTOMERS).astype(float),
        "open_complaints": random.integers(0, 2, CUSTOMERS).astype(float), "worst_severity": random.integers(1, 4, CUSTOMERS).astype(float),
        "suggestions": random.integers(0, 2, CUSTOMERS).astype(float), "discharges": random.integers(0, 2, CUSTOMERS).astype(float),
        "reached_calls": random.integers(0, 2, CUSTOMERS).astype(float),
    }  # fmt: skip
    opened = np.datetime64("2026-10-31") - random.integers(0, 90, CUSTOMERS)
    closed = opened + random.integers(0, 9, CUSTOMERS)
    within = np.where(random.random(CUSTOMERS) < 0.2, 2.0, 5.0)
    work: dict[str, Callable[[], Any]] = {
        "power: value": lambda: Scorer(power, dict(utility)).value(),
        "power: tiers from lists": lambda: Scorer(power, dict(utility)).tier(),
        "power: class of load": lambda: Scorer(power, dict(utility)).class_of("load"),
        "hospital: relationship": lambda: Scorer(hospital, dict(patients)).relation(),
        "hospital: positions": lambda: Scorer(hospital, dict(patients)).positions(),
        "hospital: class of call-back": lambda: Scorer(hospital, dict(patients)).class_of("call_back"),
        "hospital: service level": lambda: service_levels(opened, closed, within, as_of=AS_OF),
    }
    return [Result(f"{what}, {CUSTOMERS:,}", cost_here(one, runs=3)) for what, one in work.items()]


if __name__ == "__main__":
    if len(sys.argv) == 3:
        {"make": make, "run": run}[sys.argv[1]](Path(sys.argv[2]))
    else:
        for result in results():
            print(result.what, f"{result.cost.cpu:.3f} CPU-s", f"{result.cost.wall:.3f} s", f"{result.cost.peak:.0f} MiB", result.note, sep=" | ")  # fmt: skip
