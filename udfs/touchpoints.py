"""Touch points in cells."""

from __future__ import annotations

from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from tierbook.errors import DataError
from tierbook.touchpoints import touch_points
from udfs.registry import Argument, Example, ExcelFunction, declare
from udfs.table_range import TableRange

_SEGMENTS = ("segment", "tier", "stage")


def _table(interactions: TableRange, features: TableRange | None) -> dict[str, NDArray]:
    given = interactions.columns("customer_id", phase=None, channel=None, outcome=None)
    segment = _segments(given["customer_id"], features) if features else None
    found = touch_points(given["customer_id"], given["phase"], given["channel"], given["outcome"], segment)
    table: dict[str, NDArray] = {} if segment is None else {"segment": found.segment}
    return table | {
        "phase": found.phase, "channel": found.channel, "contacts": found.contacts, "customers": found.customers,
        "contacts_per_customer": found.per_customer, "with_outcome": found.with_outcome, "outcome_share": found.outcome_share,
    }  # fmt: skip


def _segments(customer: NDArray[np.object_], features: TableRange) -> NDArray[np.object_]:
    typed = features.typed()
    name = next((one for one in _SEGMENTS if one in typed.column_names), None)
    if name is None:
        raise DataError(
            "The features have no column that groups customers.",
            fix="Give one of {names}.",
            names=", ".join(_SEGMENTS),
        )
    of = dict(zip(typed["customer_id"].to_pylist(), typed[name].to_pylist(), strict=True))
    found = np.empty(len(customer), dtype=object)
    found[:] = [None if of.get(one) is None else str(of[one]) for one in customer.tolist()]
    return found


TOUCHPOINTS = declare(
    ExcelFunction(
        name="CRM_TOUCHPOINTS",
        help="Where customers are met: contacts by phase and channel, and how many of them had an outcome.",
        arguments=(
            Argument(
                "interactions",
                "customer_id, date, phase (presale, sale, aftersale), channel, outcome.",
                shape="table",
                table="interactions",
            ),
            Argument(
                "features",
                "Customers with a header row, for their segment: customer_id and segment, tier or stage.",
                shape="table",
                table="customers",
                default=None,
            ),
        ),
        returns="Table segment (with features), phase, channel, contacts, customers, contacts_per_customer, with_outcome, outcome_share.",
        result="table",
        calculate=_table,
        example=Example(
            (
                [
                    ["customer_id", "date", "phase", "channel", "outcome"],
                    ["C1", datetime(2026, 9, 1), "presale", "web", None],
                    ["C1", datetime(2026, 9, 3), "presale", "web", "answered"],
                    ["C2", datetime(2026, 9, 4), "sale", "dealer", "won"],
                ],
            ),
            [
                ["phase", "channel", "contacts", "customers", "contacts_per_customer", "with_outcome", "outcome_share"],
                ["presale", "web", 2, 1, 2, 1, 0.5],
                ["sale", "dealer", 1, 1, 1, 1, 1],
            ],
        ),
    )
)  # fmt: skip
