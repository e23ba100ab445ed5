"""Who looks after a customer, and which complaints wait for an answer; one row per customer or complaint."""

from __future__ import annotations

from datetime import date

from tierbook.aggregates.pieces import count_of, day_text, exact_sum, month_ends


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


def contract_ends(as_of: date) -> tuple[tuple[str, ...], str]:
    """Steps and text of the aggregate `contract_ends`."""
    return (
        (),
        f"""
SELECT agreed.customer_id, MIN("end") AS contract_end
FROM tierbook_contracts AS agreed JOIN people ON people.customer_id = agreed.customer_id
WHERE "end" >= {day_text(as_of)} AND (start IS NULL OR start <= {day_text(as_of)})
GROUP BY agreed.customer_id ORDER BY agreed.customer_id""",
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


def complaint_reasons(as_of: date) -> tuple[tuple[str, ...], str]:
    """Steps and text of the aggregate `complaint_reasons`: the last twelve months, by the reason that was written down."""
    said = f"""said AS (
    SELECT contact.customer_id, reason,
        CASE WHEN closed IS NULL OR CAST(closed AS DATE) > {day_text(as_of)} THEN 1 ELSE 0 END AS still_open
    FROM tierbook_interactions AS contact JOIN people ON people.customer_id = contact.customer_id
    WHERE type = 'complaint' AND CAST(date AS DATE) > {day_text(month_ends(as_of)[0])} AND CAST(date AS DATE) <= {day_text(as_of)}
)"""
    told = "told AS (SELECT reason, COUNT(*) AS complaints, SUM(still_open) AS still_open FROM said GROUP BY reason)"
    # A customer who complained twice about one thing counts once.
    who = f"""who AS (
    SELECT reason, COUNT(*) AS customers, {count_of("churn_flagged")} AS flagged, {exact_sum("value")} AS value
    FROM (SELECT DISTINCT reason, customer_id FROM said) AS once JOIN people ON people.customer_id = once.customer_id
    GROUP BY reason
)"""
    return (
        (said, told, who),
        """
SELECT told.reason, complaints, CAST(still_open AS INTEGER) AS still_open, customers, flagged, value
FROM told JOIN who ON who.reason IS NOT DISTINCT FROM told.reason ORDER BY told.reason""",
    )
