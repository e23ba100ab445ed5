"""Whether two runs say the same: customers, the window before, and every small table, within floating-point tolerance."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from tierbook.aggregates import care, since_last, usage
from tierbook.aggregates.query import NAMES
from tierbook.engines.duckdb import DuckDB
from tierbook.rulepack import care_tables
from tierbook.rulepack.read import read_pack
from tierbook.run import Run, Snapshot
from tierbook.score import score
from tierbook.warehouse import score_in
from workbooks.reader import read
from workbooks.samples import sample_path

ROOT = Path(__file__).parents[3]
PACKS = sorted(path.stem for path in (ROOT / "rules").glob("*.yaml") if ".cases" not in path.name)

# Small tables that are asked for with a column or a day, as the pages ask; days are those of the samples.
ASKED = (
    "breakdown:tier/stage", "breakdown:customer_class", "channels:tier", "best_channels:tier",
    "histories:2026-01-31", "purchase_days:2026-01-31", "indicators:2026-08-02",
)  # fmt: skip
EVERY = (*NAMES, *care_tables.NAMES, *since_last.NAMES, *ASKED)
"""Every small table there is."""

WHOLE = ("hospitality", "logistics")
ALSO = {
    "exhibition": ("participations", "wants", "recruiting"),
    "hospital": care.NAMES,
    "power": (*usage.NAMES, "register_items"),
    "retail": ("early_warnings", "warnings_by_stage", "winbacks"),
}
"""Where an engine is slow: samples of which all is compared, and what only others have rows for."""


def pack(name: str):
    return read_pack(ROOT / "rules" / f"{name}.yaml")


@cache
def tables(sample: str = "hospitality") -> dict[str, pa.Table]:
    """A sample, cleaned by the reader: what a warehouse would hold."""
    found = read(sample_path(sample)).tables
    # Records of several sources are made one customer where they are in memory, and only there.
    if {"source", "source_id"} <= set(found["customers"].column_names):
        found["customers"] = found["customers"].drop_columns(["source"])
    return found


@cache
def in_memory(name: str, sample: str = "hospitality") -> Run:
    return score(tables(sample), pack(name))


def in_duckdb(given: dict[str, pa.Table], rules, engine: DuckDB | None = None, **asked):
    """A run over tables as an engine holds them."""
    engine = engine or DuckDB(threads=1)
    for name, table in given.items():
        engine.put(f"given by the test: {name}", table)
    return score_in(engine, {name: f'"given by the test: {name}"' for name in given}, rules, **asked)


def differences(one: pa.Table, other: pa.Table) -> list[tuple[Any, ...]]:
    if sorted(one.column_names) != sorted(other.column_names) or len(one) != len(other):
        return [("columns or rows", one.column_names, len(one), other.column_names, len(other))]
    return [
        (name, at, a, b)
        for name in one.column_names
        for at, (a, b) in enumerate(zip(one[name].to_pylist(), other[name].to_pylist(), strict=True))
        if a != b and not close(a, b)
    ]


def close(a: Any, b: Any) -> bool:
    numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in (a, b))
    return numbers and abs(a - b) <= 1e-9 * max(1.0, abs(a))


def runs_differ(one: Run, other: Run, names: Sequence[str] = NAMES) -> dict[str, list]:
    """What differs between two runs, by table."""
    found = {"customers": differences(one.customers, other.customers)}
    if one.previous is not None and other.previous is not None:
        found["before"] = differences(one.previous.customers, other.previous.customers)
    assert (one.previous is None) == (other.previous is None)
    for name in names:
        expected = table_of(one, name)
        if expected is not None:
            found[name] = differences(expected, other.table(name))
    return {name: some[:3] for name, some in found.items() if some}


def table_of(run: Run, name: str) -> pa.Table | None:
    """A small table of a run in memory; None where it is about something the pack does not have."""
    try:
        return run.table(name)
    except duckdb.BinderException:
        return None


def beside_before(run: Run) -> Run:
    """The run beside itself a window ago, as what the last run said; one without a past, beside itself."""
    before = run.previous or run
    said = before.customers.select(["customer_id", "value", "tier", "stage", "churn_level"])
    return run.since(Snapshot(before.as_of, "1", "", said))
