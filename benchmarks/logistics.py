"""Logistics: 200,000 customer records of three systems, 2,000,000 waybills, 100,000 invoices and 20,000 leads from Parquet.

One run, read and scored as `tierbook report` does it, and what its pages then ask of it: the time of each subject (the
modules of `spec/systems.md` D), taken inside that run. Shares are of CPU time; the clock stands beside them. Goal: no
subject above a third of the whole.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.matching import planted
from benchmarks.measure import Cost, Result, peak_here

if TYPE_CHECKING:
    import pyarrow as pa

RECORDS, ROWS, INVOICES, LEADS, SEED = 200_000, 2_000_000, 100_000, 20_000, 20261123
AS_OF = date(2026, 10, 31)


def results() -> list[Result]:
    """One line for each subject, the largest first, with its share of the whole."""
    from tierbook.arrow import arrays
    from tierbook.credit import ageing
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
        with _timed(spent, _WHOLE), _watched(spent):
            run = score(source.tables, pack, as_of=AS_OF)
        within = [
            spent[what] for what in {what for _, _, whats in _WITHIN for what in whats} if what in spent
        ]
        whole = spent.pop(_WHOLE)
        spent["putting the run together"] = Cost(
            whole.cpu - sum(one.cpu for one in within),
            whole.wall - sum(one.wall for one in within),
            whole.peak,
        )
        found = run.duplicates
        assert found is not None
        leads = pipeline(run)
        steps: list[tuple[str, Callable[[], Any]]] = [
            ("D1 review list, change log, notices", lambda: (found.review, found.changes, found.notices)),
            ("D3 ageing", lambda: ageing(*(arrays(source.tables["receivables"])[one] for one in ("due", "amount")), as_of=AS_OF)),
            ("D4 funnel, success, stays, age", lambda: (leads.funnel(0), leads.success("region", "industry", "channel", "visits"), leads.stays, leads.days_late, leads.done)),
            ("D4 leads that are in twice, or customers already", lambda: (leads.repeated, leads.customer)),
            ("D4 nearest branch and likeness", lambda: (leads.nearest, leads.likeness)),
            ("D5 receivers", lambda: receivers(source.tables["transactions"], as_of=AS_OF)),
            ("D6 backtest beside P(alive)", lambda: run.backtest),
            ("D7 campaigns", lambda: run.table("campaigns")),
            ("D8 groups and key accounts", lambda: run.table("accounts")),
            ("D9 points of members", lambda: run.ledger),
        ]  # fmt: skip
        for what, step in steps:
            with _timed(spent, what):
                step()
    total = Cost(sum(one.cpu for one in spent.values()), sum(one.wall for one in spent.values()), peak_here())
    merged = f"{len(found.records):,} records, {found.customers:,} customers, {found.found.compared:,} pairs compared"
    lines = [
        Result(
            what, one, f"{one.cpu / total.cpu:.0%} of the CPU time, {one.wall / total.wall:.0%} of the clock"
        )
        for what, one in sorted(spent.items(), key=lambda item: -item[1].cpu)
    ]
    return [*lines, Result("all subjects", total, merged)]


_WHOLE = "scoring"
# Module, function, and what its first call in a run is, its second and so on.
_WITHIN: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("tierbook.duplicates", "one_record_each", ("D1 records of one customer",)),
    ("tierbook.features", "load", ("loading",)),
    ("tierbook.score", "customer_table", ("D2 features of customers", "D6 features a window before")),
    ("tierbook.score", "scored", ("D2, D3, D6 rules", "D6 rules a window before")),
)


@contextmanager
def _watched(spent: dict[str, Cost]) -> Iterator[None]:
    """Time the parts of a run while it does them."""
    kept = []
    for place, name, whats in _WITHIN:
        module = import_module(place)
        kept.append((module, name, getattr(module, name)))
        setattr(module, name, _taken(spent, getattr(module, name), iter(whats)))
    try:
        yield
    finally:
        for module, name, function in kept:
            setattr(module, name, function)


def _taken(spent: dict[str, Cost], function: Callable[..., Any], whats: Iterator[str]) -> Callable[..., Any]:
    def called(*given: Any, **named: Any) -> Any:
        with _timed(spent, next(whats)):
            return function(*given, **named)

    return called


@contextmanager
def _timed(spent: dict[str, Cost], what: str) -> Iterator[None]:
    cpu, clock = time.process_time(), time.perf_counter()
    yield
    spent[what] = Cost(time.process_time() - cpu, time.perf_counter() - clock, peak_here())


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
    customers = customers.append_column("is_member", pa.array(random.random(RECORDS) < 0.3))
    customers = customers.append_column("joined", _days(random, RECORDS, 730))
    # Every twentieth customer belongs to a group of up to twenty.
    head = np.arange(RECORDS) // 400 * 400
    below = (np.arange(RECORDS) % 20 == 7) & (head != np.arange(RECORDS))
    customers = customers.append_column("parent_id", pa.array(ids[head], pa.string(), mask=~below))
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
        "campaigns": pa.table({
            "campaign_id": [f"K{i}" for i in range(20)], "name": [f"Campaign {i}" for i in range(20)],
            "start": _days(random, 20, 300), "cost": np.full(20, 5_000.0),
        }),
        "campaign_responses": pa.table({
            "campaign_id": _picked(random, [f"K{i}" for i in range(20)], RECORDS), "customer_id": pa.array(ids[random.integers(0, RECORDS, RECORDS)], pa.string()),
            "group": _picked(random, ["target", "target", "control"], RECORDS), "responded": random.random(RECORDS) < 0.2,
            "revenue": np.round(random.gamma(2.0, 60.0, RECORDS), 2),
        }),
        "redemptions": pa.table({
            "customer_id": pa.array(ids[random.integers(0, RECORDS, RECORDS)], pa.string()), "date": _days(random, RECORDS, 300),
            "points": random.integers(1, 20, RECORDS).astype(float),
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
