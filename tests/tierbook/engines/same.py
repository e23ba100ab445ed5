"""Whether two runs say the same: customers, the window before, and every small table, within floating-point tolerance."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from tierbook.aggregates.query import NAMES
from tierbook.rulepack.read import read_pack
from tierbook.run import Run
from tierbook.score import score
from workbooks.reader import read
from workbooks.samples import sample_path

ROOT = Path(__file__).parents[3]
PACKS = sorted(path.stem for path in (ROOT / "rules").glob("*.yaml") if ".cases" not in path.name)


def pack(name: str):
    return read_pack(ROOT / "rules" / f"{name}.yaml")


@cache
def tables() -> dict[str, pa.Table]:
    """The sample of a hotel, cleaned by the reader: what a warehouse would hold."""
    return read(sample_path("hospitality")).tables


@cache
def in_memory(name: str) -> Run:
    return score(tables(), pack(name))


def differences(one: pa.Table, other: pa.Table) -> list[tuple[Any, ...]]:
    if sorted(one.column_names) != sorted(other.column_names) or len(one) != len(other):
        return [("columns or rows", one.column_names, len(one), other.column_names, len(other))]
    return [
        (name, at, a, b)
        for name in one.column_names
        for at, (a, b) in enumerate(zip(one[name].to_pylist(), other[name].to_pylist(), strict=True))
        if a != b and not _close(a, b)
    ]


def _close(a: Any, b: Any) -> bool:
    numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in (a, b))
    return numbers and abs(a - b) <= 1e-9 * max(1.0, abs(a))


def runs_differ(one: Run, other: Run, names: tuple[str, ...] = NAMES) -> dict[str, list]:
    """What differs between two runs, by table."""
    found = {"customers": differences(one.customers, other.customers)}
    if one.previous is not None and other.previous is not None:
        found["before"] = differences(one.previous.customers, other.previous.customers)
    assert (one.previous is None) == (other.previous is None)
    for name in names:
        try:
            expected = one.table(name)
        except duckdb.Error:
            # A table about something this pack does not have.
            continue
        found[name] = differences(expected, other.table(name))
    return {name: some[:3] for name, some in found.items() if some}
