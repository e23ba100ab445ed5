"""Receiving customers in cells."""

from __future__ import annotations

from numpy.typing import NDArray

from tierbook.receivers import receivers
from udfs.registry import Example, ExcelFunction, declare
from udfs.table_range import TRANSACTIONS, TableRange


def _table(transactions: TableRange) -> dict[str, NDArray]:
    from tierbook.arrow import arrays

    return arrays(receivers(transactions.typed()))


RECEIVERS = declare(
    ExcelFunction(
        name="CRM_RECEIVERS",
        help="Who receives and never sends, as leads: most often first, then by value.",
        arguments=(TRANSACTIONS,),
        returns="Table rank, customer_id, received_orders, received_amount, senders, last_received, from the column counterparty_id.",
        result="table",
        calculate=_table,
        example=Example(
            (
                [
                    ["customer_id", "date", "amount", "counterparty_id"],
                    ["A", "2026-10-01", 100, "R1"],
                    ["B", "2026-10-02", 60, "R1"],
                    ["A", "2026-10-03", 900, "R2"],
                    ["A", "2026-10-04", 500, "B"],
                ],
            ),
            [
                ["rank", "customer_id", "received_orders", "received_amount", "senders"],
                [1, "R1", 2, 160, 2],
                [2, "R2", 1, 900, 1],
            ],
            ("rank", "customer_id", "received_orders", "received_amount", "senders"),
        ),
    )
)
