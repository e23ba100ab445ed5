"""Rows of a run as pages need them: small aggregates as records, customers in a reader's order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import fsum
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa

    from tierbook.rulepack.pack import CompiledFlag, CompiledLevel
    from tierbook.run import Run

# The course of a customer's life; a pack lists its stages in the order in which they are tried.
_COURSE = (
    "prospect", "introduction", "exploration", "first_steps", "growth", "formation", "maturity", "stability", "regular",
    "decline", "dormant", "departed", "lost",
)  # fmt: skip


def records(table: pa.Table) -> list[dict[str, Any]]:
    """The rows of a small table."""
    return table.to_pylist()


def keyed(rows: Iterable[Mapping[str, Any]], key: str, order: Sequence[str]) -> list[dict[str, Any]]:
    """Rows in the pack's order; names the pack does not know follow, the missing one comes last."""
    places = {name: position for position, name in enumerate(order)}
    return sorted(
        (dict(row) for row in rows),
        key=lambda row: (row[key] is None, places.get(row[key], len(places)), str(row[key])),
    )


def tier_names(run: Run) -> list[str]:
    """The pack's tiers, best first."""
    return _names(run.pack.tiers.levels if run.pack.tiers else ())


def churn_names(run: Run) -> list[str]:
    """The pack's churn levels, worst first."""
    return _names(run.pack.churn.levels if run.pack.churn else ())


def signals(run: Run) -> dict[str, CompiledFlag]:
    """The pack's churn signals by name."""
    return {signal.name: signal for signal in (run.pack.churn.signals if run.pack.churn else ())}


def _names(levels: Sequence[CompiledLevel]) -> list[str]:
    # A level named by a column (`name_from`) has no name of its own: its names follow those of the pack.
    return [level.name for level in levels if level.name]


def tiers(run: Run) -> list[dict[str, Any]]:
    """The aggregate `tiers`, best tier first."""
    return keyed(records(run.table("tiers")), "tier", tier_names(run))


def stages(run: Run) -> list[dict[str, Any]]:
    """The aggregate `stages`, in the course of a customer's life."""
    rows = keyed(records(run.table("stages")), "stage", _names(run.pack.stages))
    return sorted(rows, key=lambda row: _place(row["stage"]))


def in_course(names: Sequence[str]) -> list[str]:
    """Stages in the course of a customer's life; those we do not know follow as they stand."""
    return sorted(names, key=_place)


def _place(stage: str | None) -> int:
    return _COURSE.index(stage) if stage in _COURSE else len(_COURSE)


def totals(rows: Sequence[Mapping[str, Any]], *names: str) -> dict[str, float]:
    """Sums of some columns, the same to the last bit whatever the order of the rows."""
    return {name: fsum(row[name] for row in rows) for name in names}


def share_of(part: float, whole: float) -> float | None:
    """A share; missing where there is no whole."""
    return part / whole if whole else None


def names_of(run: Run, ids: Sequence[str | None]) -> dict[str | None, str | None]:
    """The names of a few customers by id; nothing for those who are not there or masked."""
    import pyarrow as pa
    import pyarrow.compute as pc

    customers = run.customers
    if "name" not in customers.column_names or not ids:
        return {}
    found = customers.filter(pc.is_in(customers["customer_id"], value_set=pa.array(ids, pa.string())))
    return dict(zip(found["customer_id"].to_pylist(), found["name"].to_pylist(), strict=True))


def by_value(customers: pa.Table) -> NDArray[np.int64]:
    """Row numbers, highest value first, equal values by id; unknown values last."""
    return _ranked(customers, "value")


def by_revenue(customers: pa.Table) -> NDArray[np.int64]:
    """Row numbers, most revenue first, equal revenues by id; unknown revenues last."""
    return _ranked(customers, "total_spend")


def _ranked(customers: pa.Table, column: str) -> NDArray[np.int64]:
    figures = customers[column].to_numpy().astype(float)
    # Customers are ordered by id, and a stable sort keeps that order among equals; NaN sorts last.
    return np.argsort(-figures, kind="stable")


def watched(run: Run) -> NDArray[np.int64]:
    """Row numbers of the customers at risk, highest value first."""
    order = by_value(run.customers)
    flagged = run.customers["churn_flagged"].to_numpy().astype(bool)
    return order[flagged[order]]
