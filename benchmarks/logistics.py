"""Logistics: 200,000 customer records of three systems, 2,000,000 waybills, 100,000 invoices and 20,000 leads from Parquet.

Each subject of the logistics system by itself, in one process, as a run does it. Goal: none above a third of the total.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.matching import planted
from benchmarks.measure import Cost, Result

if TYPE_CHECKING:
    import pyarrow as pa

RECORDS, ROWS, INVOICES, LEADS, SEED = 200_000, 2_000_000, 100_000, 20_000, 20261123
AS_OF = date(2026, 10, 31)


def results() -> list[Result]:
    """One line for each subject, the largest first, with its share of the whole."""
    from tierbook import features
    from tierbook.duplicates import one_record_each
    from tierbook.engines.duckdb import DuckDB
    from tierbook.pipeline import pipeline
    from tierbook.receivers import receivers
    from tierbook.rulepack.read import read_pack
    from tierbook.score import score
    from tierbook.shipped import shipped
    from workbooks.reader import read

    pack = read_pack(shipped("rules") / "logistics.yaml")
    spent: dict[str, Cost] = {}
    with tempfile.TemporaryDirectory() as name:
        write_tables(Path(name))
        with _timed(spent, "reading and checking"):
            source = read(Path(name))
        with _timed(spent, "D1 records of one customer"):
            tables, found = one_record_each(source.tables, pack)
        assert found is not None
        engine = DuckDB()
        with _timed(spent, "loading"):
            features.load(engine, tables)
        # Records are joined already: what is left is features, classes, churn, credit and the other rules, at two dates.
        plain = {**tables, "customers": tables["customers"].drop_columns(["source_id"])}
        with _timed(spent, "D2, D3, D6 features and rules at two dates"):
            run = score(plain, pack)
        leads = pipeline(run)
        steps: list[tuple[str, Callable[[], Any]]] = [
            ("D4 funnel, success, stays, age", lambda: (leads.funnel(0), leads.success("region", "industry", "channel", "visits"), leads.stays, leads.days_late, leads.done)),
            ("D4 leads that are in twice, or customers already", lambda: (leads.repeated, leads.customer)),
            ("D4 nearest branch and likeness", lambda: (leads.nearest, leads.likeness)),
            ("D5 receivers", lambda: receivers(tables["transactions"], as_of=AS_OF)),
            ("D6 backtest beside P(alive)", lambda: run.backtest),
        ]  # fmt: skip
        for what, step in steps:
            with _timed(spent, what):
                step()
    whole = sum(one.wall for one in spent.values())
    merged = f"{len(found.records):,} records, {found.customers:,} customers, {found.found.compared:,} pairs compared"
    total = Cost(sum(one.cpu for one in spent.values()), whole, _peak())
    lines = [
        Result(what, one, f"{one.wall / whole:.0%} of the time")
        for what, one in sorted(spent.items(), key=lambda item: -item[1].wall)
    ]
    return [*lines, Result("all subjects", total, merged)]


@contextmanager
def _timed(spent: dict[str, Cost], what: str) -> Iterator[None]:
    cpu, clock = time.process_time(), time.perf_counter()
    yield
    spent[what] = Cost(time.process_time() - cpu, time.perf_counter() - clock, _peak())


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def write_tables(folder: Path) -> None:
    """Customers with a fifth of planted duplicates, and what they send, owe and ask for, as Parquet files."""
    import pyarrow as pa
    from pyarrow import parquet

    random = np.random.default_rng(SEED)
    records, rule, _ = planted(RECORDS)
    ids = np.array([f"C{i:06d}" for i in range(RECORDS)], dtype=object)
    known = np.round(random.gamma(2, 6_000, RECORDS), 2)
    customers = records.append_column("customer_id", pa.array(ids, pa.string()))
    customers = customers.append_column("kind", pa.array(np.where(rule == 0, "company", "individual")))
    customers = customers.append_column("credit_limit", pa.array(known, mask=random.random(RECORDS) < 0.6))
    customers = customers.append_column(
        "region", _picked(random, ["East", "South", "North", "West"], RECORDS)
    )
    customers = customers.append_column(
        "industry", _picked(random, ["Food", "Textiles", "Machinery", "Electronics"], RECORDS)
    )
    customers = customers.append_column("updated", _days(random, RECORDS, 900))
    weight = random.pareto(1.2, RECORDS) + 0.2
    sender = random.choice(RECORDS, ROWS, p=weight / weight.sum())
    days = np.sort(random.integers(0, 730, ROWS))[::-1]
    amount = np.round(random.gamma(2.0, 60.0, ROWS), 2)
    tables: dict[str, pa.Table] = {
        "customers": customers,
        "transactions": pa.table({
            "transaction_id": pa.array([f"T{i:07d}" for i in range(ROWS)]), "customer_id": pa.array(ids[sender], pa.string()),
            "date": _back(days), "amount": amount, "cost": np.round(amount * 0.75, 2),
            "counterparty_id": pa.array(ids[random.integers(0, RECORDS, ROWS)], pa.string(), mask=random.random(ROWS) < 0.5),
        }),
        "receivables": pa.table({
            "customer_id": pa.array(ids[random.integers(0, RECORDS, INVOICES)], pa.string()), "due": _days(random, INVOICES, 150),
            "amount": np.round(random.gamma(2.0, 900.0, INVOICES), 2),
        }),
        "leads": _leads(random, customers),
        "lead_history": pa.table({
            "lead_id": pa.array([f"L{i:05d}" for i in random.integers(0, LEADS, 3 * LEADS)]), "changed": _days(random, 3 * LEADS, 300),
            "to_stage": _picked(random, ["confirm", "talk", "nurture", "deep_contact", "motive"], 3 * LEADS),
        }),
        "branches": pa.table({
            "branch": [f"Branch {i:03d}" for i in range(300)], "latitude": random.uniform(20, 45, 300), "longitude": random.uniform(80, 125, 300),
        }),
        "interactions": pa.table({
            "customer_id": pa.array(ids[random.integers(0, RECORDS, RECORDS)], pa.string()), "date": _days(random, RECORDS, 400),
            "type": _picked(random, ["call", "visit", "complaint"], RECORDS), "phase": _picked(random, ["sale", "aftersale"], RECORDS),
        }),
    }  # fmt: skip
    for name, table in tables.items():
        parquet.write_table(table, folder / f"{name}.parquet")


def _leads(random: np.random.Generator, customers: pa.Table) -> pa.Table:
    """New names, and one in twenty that is a customer already."""
    import pyarrow as pa

    others, _, _ = planted(LEADS)
    same = random.integers(0, RECORDS, LEADS)
    old = random.random(LEADS) < 0.05
    columns: dict[str, Any] = {"lead_id": [f"L{i:05d}" for i in range(LEADS)]}
    for name in ("name", "contact_name", "phone", "address"):
        theirs = customers[name].take(pa.array(same)).to_numpy(zero_copy_only=False)
        columns[name] = pa.array(
            np.where(old, theirs, others[name].to_numpy(zero_copy_only=False)), pa.string()
        )
    new = np.array([f"15{i:09d}" for i in range(LEADS)], dtype=object)
    mobile = customers["mobile"].take(pa.array(same)).to_numpy(zero_copy_only=False)
    columns["mobile"] = pa.array(np.where(old, mobile, new), pa.string())
    large = random.random(LEADS) < 0.4
    columns["expected_monthly_amount"] = np.where(large, 25_000.0, 900.0)
    columns["stage"] = pa.array(np.where(large, "motive", "talk"))
    columns["won"] = pa.array(random.random(LEADS) < 0.5, mask=random.random(LEADS) < 0.5)
    columns["visits"] = random.integers(0, 5, LEADS).astype(float)
    for name in ("region", "industry", "channel"):
        columns[name] = _picked(random, ["East", "South", "North", "West"], LEADS)
    columns["latitude"], columns["longitude"] = random.uniform(20, 45, LEADS), random.uniform(80, 125, LEADS)
    columns["created"] = _days(random, LEADS, 300)
    return pa.table(columns)


def _picked(random: np.random.Generator, words: list[str], count: int) -> pa.Array:
    import pyarrow as pa

    return pa.array(np.array(words, dtype=object)[random.integers(0, len(words), count)], pa.string())


def _days(random: np.random.Generator, count: int, most: int) -> pa.Array:
    return _back(random.integers(0, most, count))


def _back(days: np.ndarray) -> pa.Array:
    import pyarrow as pa

    return pa.array((np.datetime64(AS_OF) - days).astype("datetime64[D]"))
