"""Functions in cells: one cell, a column of 1,000,000 customers, and the arithmetic inside without cells.

Goals: one cell cold at most 1 ms, from the memo at most 100 µs; arrays inside at least 2 million rows a second for tier
and stage; whole calls, cells in and cells out, at least 0.4 million rows a second with 10 columns. The peer is pandas
with `apply(axis=1)` and the same rules by hand, in the same run; both say the same of every customer, or this fails.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from benchmarks.measure import Result, cost_here

CUSTOMERS, PEER_ROWS, SEED = 1_000_000, 20_000, 20261031
STAGE = ("days_since_last", "overdue_ratio", "orders", "spend_change", "tenure_months")
FURTHER = ("total_spend", "average_order", "active_months", "orders_recent", "mean_discount")


def results() -> list[Result]:
    """Medians of repeated calls; one cell over 200 different cells."""
    return [*_one_cell(), *_columns()]


def _one_cell() -> list[Result]:
    import udfs

    rows = [[float(day), 1.2, 5.0, 0.1, 30.0] for day in range(200)]

    def stage(context: Any) -> None:
        for row in rows:
            udfs.call("CRM_STAGE", [row], None, [list(STAGE)], context=context)

    def nps(context: Any) -> None:
        for row in rows:
            udfs.call("CRM_NPS", min(row[0], 10.0), context=context)

    udfs.call("CRM_STAGE", [rows[0]], None, [list(STAGE)])
    found = []
    for what, call in (("CRM_STAGE of one row with headers", stage), ("CRM_NPS of one cell", nps)):
        cold = cost_here(partial(_fresh, call), runs=5)
        warm = cost_here(partial(call, udfs.Context()), runs=5)
        for kind, cost, goal in (("cold", cold, 1000), ("from the memo", warm, 100)):
            each = cost.cpu / len(rows) * 1e6
            note = f"{each:.0f} µs each; goal: < {goal:,} µs, {_verdict(each < goal)}"
            found.append(Result(f"{what}, {kind}, {len(rows)} times", cost, note))
    return found


def _fresh(call: Callable[[Any], None]) -> None:
    """The calls with a memo that is empty."""
    import udfs

    call(udfs.Context())


def _columns() -> list[Result]:
    import pandas as pd

    import udfs
    from addin.excel.cells import cells_from_com, cells_to_com
    from tierbook.rulepack.shelf import Shelf
    from tierbook.scorer import Scorer
    from tierbook.shipped import shipped

    pack = Shelf(shipped("rules")).pack("hospitality")
    columns = _customers(CUSTOMERS)
    blank = [[None if one != one else one for one in column.tolist()] for column in columns.values()]
    cells = [[*columns], *map(list, zip(*blank, strict=True))]
    few = {name: column[:PEER_ROWS] for name, column in columns.items()}
    frame = pd.DataFrame(few)

    def apply() -> list[str]:
        return frame.apply(_stage_by_hand, axis=1).tolist()

    if apply() != Scorer(pack, few).stage().tolist():
        raise AssertionError("the two ways differ")
    peer = cost_here(apply, runs=3)
    per_row = peer.cpu / PEER_ROWS
    context = udfs.Context()
    value = columns["total_spend"]
    inside_stage = cost_here(lambda: Scorer(pack, dict(columns)).stage(), runs=5)
    inside_tier = cost_here(lambda: Scorer(pack, {"value": value, "net_value": value}).tier(), runs=5)
    whole_stage = cost_here(lambda: udfs.call("CRM_STAGE", cells, context=context), runs=3)
    carried = tuple(map(tuple, cells))
    by_com = cost_here(
        lambda: cells_to_com(udfs.call("CRM_STAGE", cells_from_com(carried), context=context)), runs=3
    )
    bare = [[one] for one in value.tolist()]
    whole_tier = cost_here(lambda: udfs.call("CRM_TIER", bare, context=context), runs=3)
    lines = [
        ("tier of 1,000,000, arrays", inside_tier, 2.0),
        ("stage of 1,000,000, arrays", inside_stage, 2.0),
        ("CRM_STAGE, 1,000,000 rows of 10 columns, cells in and out", whole_stage, 0.4),
        ("CRM_STAGE, the same as COM carries the cells of Excel", by_com, 0.4),
        ("CRM_TIER, one column of 1,000,000 cells", whole_tier, 0.4),
    ]
    found = []
    for what, one, goal in lines:
        reached = CUSTOMERS / one.cpu / 1e6
        note = f"{reached:.2f} million rows a CPU-second; goal: > {goal:g}, {_verdict(reached > goal)}"
        found.append(Result(what, one, note))
    ratio = per_row * CUSTOMERS / whole_stage.cpu
    return [
        *found,
        Result(
            f"pandas apply, the stages of {PEER_ROWS:,} rows by hand",
            peer,
            f"peer: {1 / per_row / 1e6:.3f} million rows a CPU-second; CRM_STAGE is {ratio:.0f} x as fast",
        ),
    ]


def _verdict(kept: bool) -> str:
    return "met" if kept else "MISSED"


def _customers(count: int) -> dict[str, np.ndarray]:
    random = np.random.default_rng(SEED)
    columns = {name: random.gamma(1.5, 60, count) for name in (*STAGE, *FURTHER)}
    columns["overdue_ratio"] = random.gamma(1.2, 1.0, count)
    columns["orders"] = np.floor(columns["orders"] / 10) + 1
    columns["spend_change"] = random.normal(0, 0.3, count)
    columns["tenure_months"] = np.floor(columns["tenure_months"] / 4)
    for name in ("overdue_ratio", "spend_change"):
        columns[name][random.random(count) < 0.05] = np.nan
    return columns


def _stage_by_hand(row: Any) -> str:
    """`stages` of rules/hospitality.yaml in Python; a comparison with NaN is no."""
    overdue, change = row.overdue_ratio, row.spend_change
    if row.days_since_last >= 180 and (overdue > 3 or overdue != overdue):
        return "departed"
    if row.orders == 0 or (row.orders == 1 and row.days_since_last <= 90):
        return "introduction"
    if change < -0.3 or overdue > 2:
        return "decline"
    if row.orders <= 3 or row.tenure_months < 6 or change > 0.2:
        return "growth"
    return "maturity"


if __name__ == "__main__":
    for result in results():
        print(
            result.what, f"{result.cost.cpu:.3f} CPU-s", f"{result.cost.wall:.3f} s", result.note, sep=" | "
        )
