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
    earned = f"""earned AS (
    SELECT {_MONTH} AS month, {exact_sum("amount")} AS revenue FROM (
        SELECT date, SUM(CAST(amount AS DECIMAL(38, 6))) AS amount
        FROM transactions_ AS dated JOIN people ON people.customer_id = dated.customer_id
        WHERE date <= {day_text(as_of)} GROUP BY date
    ) AS days GROUP BY {_MONTH}
)"""
    buyers = f"""buyers AS (
    SELECT {_MONTH} AS month, CAST(SUM(customers) AS BIGINT) AS active FROM (
        SELECT date, COUNT(*) AS customers
        FROM purchase_days_ AS dated JOIN people ON people.customer_id = dated.customer_id
        WHERE date <= {day_text(as_of)} AND new_month GROUP BY date
    ) AS days GROUP BY {_MONTH}
)"""
    return (
        (earned, buyers),
        """
SELECT earned.month, revenue, COALESCE(active, 0) AS active
FROM earned LEFT JOIN buyers ON buyers.month = earned.month ORDER BY earned.month""",
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
        SELECT customer_id, date FROM purchase_days_
        WHERE date > {day_text(edges[0] - timedelta(days=window_days))}
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
    SELECT dated.customer_id, {_MONTH} AS month, place
    FROM purchase_days_ AS dated JOIN people ON people.customer_id = dated.customer_id
    WHERE date <= {day_text(as_of)} AND new_month
)"""
    arrived = "arrived AS (SELECT customer_id, month AS cohort FROM bought WHERE place = 1)"
    return (
        (bought, arrived),
        """
SELECT cohort, month, COUNT(*) AS customers
FROM bought JOIN arrived ON arrived.customer_id = bought.customer_id
GROUP BY cohort, month ORDER BY cohort, month""",
    )


def second_purchases(as_of: date) -> tuple[tuple[str, ...], str]:
    """Steps and text of the aggregate `second_purchases`."""
    firsts = f"""firsts AS (
    SELECT dated.customer_id, MIN(date) AS first_day, MIN(CASE WHEN place = 2 THEN date END) AS second_day
    FROM purchase_days_ AS dated JOIN people ON people.customer_id = dated.customer_id
    WHERE date <= {day_text(as_of)} AND place <= 2 GROUP BY dated.customer_id
)"""
    horizons = " UNION ALL ".join(f"SELECT {days} AS days" for days in HORIZONS)
    return (
        (firsts, f"horizons AS ({horizons})"),
        f"""
SELECT days, COUNT(*) AS customers, {count_of("second_day <= first_day + days")} AS repeated
FROM horizons JOIN firsts ON first_day + days <= {day_text(as_of)}
GROUP BY days ORDER BY days""",
    )
