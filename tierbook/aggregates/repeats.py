"""Repeat purchases up to a day and after it: what purchase models are fitted to, and what they are held against."""

from __future__ import annotations

from datetime import date

from tierbook.aggregates.pieces import count_of, day_text, exact_sum


def histories(as_of: date, until: date) -> tuple[tuple[str, ...], str]:
    """Steps and text of the aggregate `histories:<until>`; customers with the same history are one row."""
    each = f"""each_history AS (
    SELECT {count_of(f"date <= {day_text(until)}")} - 1 AS frequency,
        DATE_DIFF('day', MIN(date), MAX(CASE WHEN date <= {day_text(until)} THEN date END)) AS recency,
        DATE_DIFF('day', MIN(date), {day_text(until)}) AS age,
        {count_of(f"date > {day_text(until)}")} AS later
    FROM bought GROUP BY customer HAVING MIN(date) <= {day_text(until)}
)"""
    return (
        (_days(as_of), each),
        """
SELECT frequency, recency, age, later, COUNT(*) AS customers
FROM each_history GROUP BY frequency, recency, age, later ORDER BY frequency, recency, age, later""",
    )


def purchase_days(as_of: date, until: date) -> tuple[tuple[str, ...], str]:
    """Steps and text of the aggregate `purchase_days:<until>`: customers known by a day, counted on every day."""
    known = f"known AS (SELECT customer FROM bought GROUP BY customer HAVING MIN(date) <= {day_text(until)})"
    return (
        (_days(as_of), known),
        """
SELECT date, COUNT(*) AS customers
FROM bought JOIN known ON known.customer = bought.customer
GROUP BY date ORDER BY date""",
    )


def margin(as_of: date) -> tuple[tuple[str, ...], str]:
    """Steps and text of the aggregate `margin`: what the lines with a known cost brought and cost."""
    return (
        (),
        f"""
SELECT COUNT(*) AS lines, {exact_sum("amount")} AS revenue, {exact_sum("cost")} AS cost
FROM tierbook_transactions AS sold JOIN people ON people.customer_id = sold.customer_id
WHERE cost IS NOT NULL AND CAST(date AS DATE) <= {day_text(as_of)}""",
    )


def _days(as_of: date) -> str:
    return f"""bought AS (
    SELECT dated.customer, date
    FROM tierbook_purchase_days AS dated JOIN numbered ON numbered.customer = dated.customer
    WHERE date <= {day_text(as_of)}
)"""
