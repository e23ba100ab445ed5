"""Receiving customers: who receives and does not send, as leads (`spec/systems.md` D5)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

COLUMNS = ("rank", "customer_id", "received_orders", "received_amount", "senders", "last_received")


def receivers(transactions: pa.Table, *, as_of: date | None = None) -> pa.Table:
    """Everyone who received and never sent, most often first, then by value, then by customer_id.

    Parameters
    ----------
    transactions : Table
        `customer_id` (the sender), `counterparty_id` (the receiver), `date`, `amount`, `transaction_id` where known. A
        negative amount is a refund: it lowers the value and is no delivery.
    as_of : date, optional
        Later rows do not count.

    Returns
    -------
    Table
        `COLUMNS`; equal frequency and value share a rank. [senders: customers who sent something; amounts in currency]
    """
    import duckdb

    if "counterparty_id" not in transactions.column_names:
        transactions = transactions.append_column("counterparty_id", _nobody(len(transactions)))
    number = "transaction_id" if "transaction_id" in transactions.column_names else "NULL"
    until = f"WHERE date <= DATE '{as_of.isoformat()}'" if as_of else ""
    with duckdb.connect(":memory:") as connection:
        connection.register("sold", transactions)
        return connection.sql(f"""
            WITH sent AS (
                SELECT customer_id, counterparty_id, CAST(date AS DATE) AS date, CAST({number} AS VARCHAR) AS number,
                    CAST(amount AS DECIMAL(38, 6)) AS amount
                FROM sold {until}
            ),
            received AS (
                SELECT counterparty_id AS customer_id,
                    COUNT(DISTINCT number) FILTER (WHERE amount >= 0)
                        + COUNT(*) FILTER (WHERE amount >= 0 AND number IS NULL) AS received_orders,
                    CAST(SUM(amount) AS DOUBLE) AS received_amount,
                    COUNT(DISTINCT customer_id) AS senders,
                    MAX(date) FILTER (WHERE amount >= 0) AS last_received
                FROM sent
                WHERE counterparty_id IS NOT NULL
                    AND counterparty_id NOT IN (SELECT customer_id FROM sent WHERE customer_id IS NOT NULL)
                GROUP BY counterparty_id
            )
            SELECT RANK() OVER (ORDER BY received_orders DESC, received_amount DESC) AS rank,
                customer_id, received_orders, received_amount, senders, last_received
            FROM received
            WHERE received_orders > 0
            ORDER BY rank, customer_id
        """).to_arrow_table()


def _nobody(count: int) -> pa.Array:
    import pyarrow as pa

    return pa.nulls(count, pa.string())
