"""Who looks after a customer, and which complaints wait for an answer; one row per customer or complaint."""

from __future__ import annotations

from datetime import date

from tierbook.aggregates.pieces import day_text


def owners(as_of: date) -> tuple[tuple[str, ...], str]:
    """Steps and text of the aggregate `owners`: who sold last, else who was in contact last."""
    sources = " UNION ALL ".join(
        f"""SELECT customer_id, owner, CAST(date AS DATE) AS day, {order} AS source
    FROM tierbook_{table} WHERE owner IS NOT NULL AND CAST(date AS DATE) <= {day_text(as_of)}"""
        for order, table in enumerate(("transactions", "interactions"))
    )
    placed = f"""placed AS (
    SELECT customer_id, owner,
        ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY source, day DESC, owner) AS place
    FROM ({sources}) AS named
)"""
    return (
        (placed,),
        """
SELECT placed.customer_id, owner FROM placed JOIN people ON people.customer_id = placed.customer_id
WHERE place = 1 ORDER BY placed.customer_id""",
    )


def open_complaints(as_of: date) -> tuple[tuple[str, ...], str]:
    """Steps and text of the aggregate `open_complaints`."""
    return (
        (),
        f"""
SELECT said.customer_id, CAST(date AS DATE) AS opened, COALESCE(severity, 1) AS severity, reason
FROM tierbook_interactions AS said JOIN people ON people.customer_id = said.customer_id
WHERE type = 'complaint' AND CAST(date AS DATE) <= {day_text(as_of)}
    AND (closed IS NULL OR CAST(closed AS DATE) > {day_text(as_of)})
ORDER BY said.customer_id, opened, severity, reason""",
    )
