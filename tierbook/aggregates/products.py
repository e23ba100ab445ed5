"""What is bought most, by how many customers, and how many of them come back for it."""

from __future__ import annotations

from datetime import date, timedelta

from tierbook.aggregates.pieces import count_of, day_text, exact_sum


def products(as_of: date, window_days: int) -> tuple[tuple[str, ...], str]:
    """Steps and text of the aggregate `products`."""
    recent = f"day > {day_text(as_of - timedelta(days=window_days))}"
    bought = f"""bought AS (
    SELECT lines.customer_id, product, CAST(date AS DATE) AS day, CAST(amount AS DECIMAL(38, 6)) AS amount
    FROM tierbook_transactions AS lines JOIN people ON people.customer_id = lines.customer_id
    WHERE CAST(date AS DATE) <= {day_text(as_of)}
)"""
    buyers = f"""buyers AS (
    SELECT product, customer_id, COUNT(DISTINCT CASE WHEN amount >= 0 THEN day END) AS days,
        SUM(amount) AS amount, SUM(CASE WHEN {recent} THEN amount ELSE 0 END) AS amount_recent
    FROM bought GROUP BY product, customer_id
)"""
    return (
        (bought, buyers),
        f"""
SELECT product, {exact_sum("amount")} AS revenue, {exact_sum("amount_recent")} AS revenue_recent,
    {count_of("days > 0")} AS customers, {count_of("days > 1")} AS repeat_customers,
    CAST(SUM(days) AS INTEGER) AS purchase_days
FROM buyers GROUP BY product ORDER BY product""",
    )
