"""The local engine: its start, cells one by one and in batches, whole columns, beside the same calls in the process.

Goals: 5,000 cells a second through the engine for functions that are called cell by cell, 150,000 rows a second for
functions that take whole columns, as LibreOffice gives them (tuples of floats). CPU is that of engine and client. Clients
use the socket in the user's folder; "over the port" is what Windows has.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import udfs
from addin.engine_client import Engine
from addin.engine_place import ENGINE, write_private
from addin.engine_wire import dumps, loads, packed
from addin.server import remember_launch
from addin.version import version
from benchmarks.measure import Cost, Result

CELLS, BATCH = 20_000, 200
ROWS = 1_000_000
PER_CELL, PER_ROW = 5_000, 150_000  # goals [1/s]
FEATURES = (
    "orders", "total_spend", "days_since_last", "overdue_ratio", "spend_change", "tenure_months", "net_value",
    "recent_spend", "previous_spend", "median_gap_days",
)  # fmt: skip
Call = tuple[Any, ...]


def results() -> list[Result]:
    """One run each: the engine keeps what it computed, so every call is new unless said otherwise."""
    with tempfile.TemporaryDirectory() as folder:
        remember_launch(Path(folder))
        client = Engine(version=version(), host="benchmark", folder=Path(folder))
        try:
            return [
                *_starting(client),
                *_cells(client),
                *_over_the_port(client, Path(folder)),
                *_columns(client),
                *_wire(),
            ]
        finally:
            client.stop()


def _over_the_port(client: Engine, folder: Path) -> list[Result]:
    """What the way there costs: values computed before, asked in turns by the client and one that finds no socket."""
    with tempfile.TemporaryDirectory() as other:
        write_private(Path(other) / ENGINE, json.loads((folder / ENGINE).read_text("utf-8")))
        port = Engine(version=version(), host="benchmark", folder=Path(other), start=False)
        calls = _margins(3, CELLS)
        _one_by_one(client, calls)
        found = [
            _rate(f"CRM_CLV_SIMPLE, one by one, computed before, {name}", CELLS, partial(_one_by_one, way, calls), client, "cells")
            for name, way in [("over the port", port), ("over the socket", client)] * 2
        ]  # fmt: skip
        port.close()
    return found


def _starting(client: Engine) -> list[Result]:
    """From nothing to the first value; then again from another program."""
    begun = time.monotonic()
    client.call("CRM_NPS", [[9.0], [3.0]])
    wall = time.monotonic() - begun
    cpu = client.status()["cpu"]
    return [Result("start the engine, meet it, first cell", Cost(cpu, wall, 0.0), f"{wall * 1000:.0f} ms")]


def _cells(client: Engine) -> list[Result]:
    found = []
    for name, calls in (
        ("CRM_CLV_SIMPLE, 4 numbers", _margins),
        ("CRM_CHURN_SCORE, a row of 10 features", _rows),
    ):
        for call in calls(0, 50):  # packs are read, modules imported
            client.call(*call)
            udfs.call(*call)
        new, kept = calls(1, CELLS), calls(1, CELLS)
        batches = calls(2, CELLS)
        parts = [batches[at : at + BATCH] for at in range(0, CELLS, BATCH)]
        own = udfs.Context()
        for what, goal, run in (
            ("one by one", 0, lambda new=new: [client.call(*call) for call in new]),
            ("one by one, computed before", 0, lambda kept=kept: [client.call(*call) for call in kept]),
            (
                f"in batches of {BATCH}, as hosts ask for columns of cells",
                PER_CELL,
                lambda parts=parts: [client.batch(part) for part in parts],
            ),
            ("in this process", 0, lambda new=new, own=own: [udfs.call(*call, context=own) for call in new]),
        ):
            found.append(_rate(f"{name}, {what}", CELLS, run, client, "cells", goal))
    return found


def _one_by_one(client: Engine, calls: Sequence[Call]) -> None:
    for one in calls:
        client.call(*one)


def _columns(client: Engine) -> list[Result]:
    value = [(float(row % 9973),) for row in range(ROWS)]
    table = _features(ROWS // 5)
    return [
        _rate("CRM_TIER, a column", ROWS, lambda: client.call("CRM_TIER", value), client, "rows", PER_ROW),
        _rate("CRM_TIER in this process", ROWS, lambda: udfs.call("CRM_TIER", value), client, "rows"),
        _rate(
            "CRM_CHURN_FLAG, 10 columns",
            ROWS // 5,
            lambda: client.call("CRM_CHURN_FLAG", table),
            client,
            "rows",
            PER_ROW,
        ),
        _rate(
            "CRM_CHURN_FLAG in this process",
            ROWS // 5,
            lambda: udfs.call("CRM_CHURN_FLAG", table),
            client,
            "rows",
        ),
    ]


def _wire() -> list[Result]:
    """What the packed columns save: 10 columns of numbers there, as rows of JSON and packed."""
    table = _features(ROWS // 5)[1:]
    plain = _timed(lambda: json.loads(json.dumps(table)))
    ours = _timed(lambda: loads(dumps(packed(table))))
    count = len(table)
    return [
        Result("200,000 rows of 10 numbers as plain JSON, there", plain, f"{count / plain.wall:,.0f} rows/s"),
        Result("the same in packed columns", ours, f"{count / ours.wall:,.0f} rows/s"),
    ]


def _margins(seed: int, count: int) -> list[Call]:
    return [("CRM_CLV_SIMPLE", 100.0 + at / 7 + seed * 1e6, 0.8, 0.1, 12.0) for at in range(count)]


def _rows(seed: int, count: int) -> list[Call]:
    return [
        ("CRM_CHURN_SCORE", [row], None, [FEATURES])
        for row in (
            tuple(float(at % (7 + i)) + at + seed * 1e6 for i in range(len(FEATURES))) for at in range(count)
        )
    ]


def _features(count: int) -> list[Sequence[Any]]:
    return [
        FEATURES,
        *(tuple((at * (7 + i)) % 99_991 / 100 for i in range(len(FEATURES))) for at in range(count)),
    ]


def _rate(what: str, count: int, run: Callable[[], object], client: Engine, of: str, goal: int = 0) -> Result:
    before = client.status()["cpu"]
    cost = _timed(run)
    cost = cost._replace(cpu=cost.cpu + client.status()["cpu"] - before)
    note = f"{count / cost.wall:,.0f} {of}/s, {count / cost.cpu:,.0f} per CPU-second"
    if goal:
        note += f"; goal: {goal:,}, {'reached' if count / cost.wall >= goal else 'missed'}"
    return Result(f"{count:,} {of}: {what}", cost, note)


def _timed(run: Callable[[], object]) -> Cost:
    cpu, wall = time.process_time(), time.monotonic()
    run()
    return Cost(time.process_time() - cpu, time.monotonic() - wall, 0.0)
