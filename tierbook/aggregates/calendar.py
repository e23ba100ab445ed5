"""Purchases by calendar month: what each month brought, who came back when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise

from tierbook.aggregates.pieces import count_of, day_text, exact_sum

# Months after the first purchase at which the repeat-purchase curve is read; a month is 30 days here. [days]
HORIZONS = tuple(range(30, 361, 30))

_MONTH = "CAST(DATE_TRUNC('month', date) AS DATE)"


def calendar_months(as_of: date) -> tuple[tuple[str, ...], str]:
    """Steps and text of the aggregate `calendar_months`."""
    return (
        (),
        f"""
SELECT {_MONTH} AS month, {exact_sum("amount")} AS revenue,
    COUNT(DISTINCT CASE WHEN amount >= 0 THEN dated.customer_id END) AS active
FROM transactions_ AS dated JOIN people ON people.customer_id = dated.customer_id
WHERE date <= {day_text(as_of)} GROUP BY {_MONTH} ORDER BY {_MONTH}""",
    )


def churn_months(edges: Sequence[date], window_days: int) -> tuple[tuple[str, ...], str]:
    """Steps and text of the aggregate `churn_months`; a month is (edge, next edge].

    The churn rate of spec/systems.md F for each month: lost of those active when it began.
    """
    months = " UNION ALL ".join(
        f"""SELECT {day_text(end)} AS month_end, {day_text(start)} AS month_start,
        {day_text(start - timedelta(days=window_days))} AS active_from, {day_text(end - timedelta(days=window_days))} AS still_from"""
        for start, end in pairwise(edges)
    )
    seen = f"""seen AS (
    SELECT month_end, dated.customer_id,
        MAX(CASE WHEN date > active_from AND date <= month_start THEN 1 ELSE 0 END) AS was_active,
        MAX(CASE WHEN date > still_from THEN 1 ELSE 0 END) AS is_active
    FROM edges JOIN (
        SELECT DISTINCT customer_id, date FROM transactions_
        WHERE amount >= 0 AND date > {day_text(edges[0] - timedelta(days=window_days))}
    ) AS dated ON dated.date > active_from AND dated.date <= month_end
    JOIN people ON people.customer_id = dated.customer_id
    GROUP BY month_end, dated.customer_id
)"""
    return (
        (f"edges AS ({months})", seen),
        f"""
SELECT edges.month_end, {count_of("was_active = 1")} AS customers, {count_of("was_active = 1 AND is_active = 0")} AS lost
FROM edges LEFT JOIN seen ON seen.month_end = edges.month_end
GROUP BY edges.month_end ORDER BY edges.month_end""",
    )


def cohorts(as_of: date) -> tuple[tuple[str, ...], str]:
    """Steps and text of the aggregate `cohorts`."""
    bought = f"""bought AS (
    SELECT DISTINCT dated.customer_id, {_MONTH} AS month
    FROM transactions_ AS dated JOIN people ON people.customer_id = dated.customer_id
    WHERE date <= {day_text(as_of)} AND amount >= 0
)"""
    arrived = "arrived AS (SELECT customer_id, MIN(month) AS cohort FROM bought GROUP BY customer_id)"
    return (
        (bought, arrived),
        """
SELECT cohort, month, COUNT(*) AS customers
FROM bought JOIN arrived ON arrived.customer_id = bought.customer_id
GROUP BY cohort, month ORDER BY cohort, month""",
    )


def second_purchases(as_of: date) -> tuple[tuple[str, ...], str]:
    """Steps and text of the aggregate `second_purchases`."""
    bought = f"""bought AS (
    SELECT DISTINCT dated.customer_id, date
    FROM transactions_ AS dated JOIN people ON people.customer_id = dated.customer_id
    WHERE date <= {day_text(as_of)} AND amount >= 0
)"""
    placed = """placed AS (
    SELECT customer_id, date, ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY date) AS place FROM bought
)"""
    firsts = """firsts AS (
    SELECT customer_id, MIN(date) AS first_day, MIN(CASE WHEN place = 2 THEN date END) AS second_day
    FROM placed WHERE place <= 2 GROUP BY customer_id
)"""
    horizons = " UNION ALL ".join(f"SELECT {days} AS days" for days in HORIZONS)
    return (
        (bought, placed, firsts, f"horizons AS ({horizons})"),
        f"""
SELECT days, COUNT(*) AS customers, {count_of("second_day <= first_day + days")} AS repeated
FROM horizons JOIN firsts ON first_day + days <= {day_text(as_of)}
GROUP BY days ORDER BY days""",
    )
