"""Backtest of churn warnings in cells."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tierbook.backtest import false_alarms, side_by_side
from tierbook.clv.outlook import likely_alive
from tierbook.errors import DataError
from udfs.cells import Reason
from udfs.feature_range import PACK
from udfs.features import customers_at
from udfs.registry import Argument, Example, ExcelFunction, declare
from udfs.table_range import CUSTOMERS, TableRange

if TYPE_CHECKING:
    import pyarrow as pa

    from tierbook.rulepack.pack import Pack

_COMPARED = ("recall", "precision", "lift", "lead_days")


def _table(
    transactions: TableRange,
    customers: TableRange | None,
    *,
    cutoff: datetime,
    horizon_days: float,
    pack: Pack,
    language: str,
) -> dict[str, NDArray]:
    import pyarrow.compute as pc

    if pack.churn is None:
        raise pack.no_section("churn")
    if horizon_days != int(horizon_days):
        raise DataError("{name} is a whole number, not {value}.", name="horizon_days", value=horizon_days)
    tables = {table.name: table.typed() for table in (transactions, customers) if table}
    purchases, day = tables["transactions"], cutoff.date()
    found, scorer = customers_at(tables, pack, as_of=day)
    result = side_by_side(
        scorer.churn_flagged(),
        likely_alive(found["frequency"], found["recency"], found["T"]),
        found["last_date"],
        _first_after(day, purchases, found["customer_id"]),
        cutoff=day,
        lost_after_days=pack.churn.lost_after_days,
        horizon_days=int(horizon_days),
    )
    end = day + timedelta(days=int(horizon_days))
    last = pc.max(purchases["date"]).as_py()
    if last is not None and last < end:
        transactions.notes.append(
            Reason(
                "The transactions end on {last}, before the horizon does on {end}: whoever bought nothing yet counts as lost.",
                "",
                {"last": last, "end": end},
            )
        )
    figures: list[tuple[str, Any]] = list(result.rules._asdict().items())
    amounts = pack.false_alarm_amounts()
    if amounts:
        money = dict(zip(("contact_cost", "gain_of_keeping"), amounts, strict=True))
        figures += false_alarms(result.rules, **money)._asdict().items()
    if result.alive:
        figures += [(f"p_alive_{name}", getattr(result.alive, name)) for name in _COMPARED]
        if amounts:
            gain = false_alarms(result.alive, **money).warning_gain
            figures.append(("p_alive_warning_gain", gain))
    elif result.unfitted:
        transactions.notes.append(
            Reason("P(alive) is not beside the rules: {why}", "", {"why": result.unfitted.text(language)})
        )
    names, values = (np.empty(len(figures), dtype=object) for _ in range(2))
    names[:] = [name for name, _ in figures]
    values[:] = [None if figure != figure else figure for _, figure in figures]
    return {"figure": names, "value": values}


def _first_after(day: date, purchases: pa.Table, customer_id: NDArray) -> NDArray:
    """The first purchase of each customer after a day; refunds are no purchases."""
    import pyarrow.compute as pc

    later = purchases.filter(
        pc.and_(pc.greater(purchases["date"], day), pc.greater_equal(purchases["amount"], 0))
    )
    first = later.group_by("customer_id").aggregate([("date", "min")])
    dates = dict(zip(first["customer_id"].to_pylist(), first["date_min"].to_pylist(), strict=True))
    return np.array([dates.get(customer) for customer in customer_id.tolist()], dtype="datetime64[D]")


BACKTEST = declare(
    ExcelFunction(
        name="CRM_BACKTEST",
        help="How many of the customers who left after a day in the past the rules had flagged by then, and how early.",
        arguments=(
            Argument(
                "transactions",
                "Purchases with a header row, those after the cut-off too.",
                shape="table",
                table="transactions",
            ),
            Argument("cutoff", "The day in the past; rules see nothing after it.", kind="date"),
            Argument(
                "horizon_days", "Lost is who buys nothing in so many days after the cut-off.", default=90
            ),
            PACK,
            CUSTOMERS,
        ),
        returns="Table figure, value: population (purchase in the 365 days before), flagged, lost, recall, precision, lift, "
        "lead_days; where the rule pack says what contacting costs and keeping brings, false_alarms, false_alarm_cost, warning_gain, worthwhile_precision; "
        "then the same with as many customers flagged by lowest P(alive), where a model can be fitted. A blank value has nobody to count.",
        result="table",
        calculate=_table,
        example=Example(
            (
                [
                    ["customer_id", "date", "amount"],
                    *([one, datetime(2024, 12, day), 100] for one in "AE" for day in (11, 21, 31)),
                    *([one, datetime(2025, 1, 10), 20] for one in "AE"),
                    *([one, datetime(2025, 3, day), 100] for one in "BD" for day in (1, 11, 21)),
                    ["C", datetime(2025, 3, 25), 100],
                    *([one, datetime(2025, 6, 29), 100] for one in "BDE"),
                ],
                datetime(2025, 3, 31),
            ),
            [
                ["figure", "value"],
                ["population", 5],
                ["flagged", 2],
                ["lost", 2],
                ["recall", 0.5],
                ["precision", 0.5],
                ["lift", 1.25],
                ["lead_days", 10],
            ],
        ),
        given=("language",),
    )
)
