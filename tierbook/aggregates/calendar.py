"""Purchases by calendar month: what each month brought, who came back when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from tierbook.aggregates.pieces import count_of, day_text, exact_sum

# Months after the first purchase at which the repeat-purchase curve is read; a month is 30 days here. [days]
HORIZONS = tuple(range(30, 361, 30))

_MONTH = "CAST(DATE_TRUNC('month', date) AS DATE)"


def calendar_months(as_of: date) -> tuple[tuple[str, ...], str]:
    """Steps and text of the aggregate `calendar_months`."""
    earned = f"""earned AS (
    SELECT {_MONTH} AS month, {exact_sum("amount")} AS revenue FROM (
        SELECT date, SUM(amount) AS amount
        FROM tierbook_sales AS dated JOIN numbered ON numbered.customer = dated.customer
        WHERE date <= {day_text(as_of)} GROUP BY date
    ) AS days GROUP BY {_MONTH}
)"""
    buyers = f"""buyers AS (
    SELECT {_MONTH} AS month, CAST(SUM(customers) AS BIGINT) AS active FROM (
        SELECT date, COUNT(*) AS customers
        FROM tierbook_purchase_days AS dated JOIN numbered ON numbered.customer = dated.customer
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
    window = timedelta(days=window_days)
    # All edges in one pass: joining each purchase day to the months it reaches costs three times as much.
    active = ", ".join(
        f"MAX(CASE WHEN date > {day_text(edge - window)} AND date <= {day_text(edge)} THEN 1 ELSE 0 END) AS active_{at}"
        for at, edge in enumerate(edges)
    )
    seen = f"""seen AS (
    SELECT dated.customer, {active}
    FROM tierbook_purchase_days AS dated JOIN numbered ON numbered.customer = dated.customer
    WHERE date > {day_text(edges[0] - window)} AND date <= {day_text(edges[-1])}
    GROUP BY dated.customer
)"""
    counted = ", ".join(
        f"{count_of(f'active_{at} = 1')} AS customers_{at}, {count_of(f'active_{at} = 1 AND active_{at + 1} = 0')} AS lost_{at}"
        for at, _ in enumerate(edges[1:])
    )
    months = " UNION ALL ".join(
        f"SELECT {day_text(end)} AS month_end, customers_{at} AS customers, lost_{at} AS lost FROM counted"
        for at, end in enumerate(edges[1:])
    )
    return (
        (seen, f"counted AS (SELECT {counted} FROM seen)"),
        f"\nSELECT month_end, customers, lost FROM ({months}) AS months ORDER BY month_end",
    )


def cohorts(as_of: date) -> tuple[tuple[str, ...], str]:
    """Steps and text of the aggregate `cohorts`."""
    bought = f"""bought AS (
    SELECT dated.customer, {_MONTH} AS month, place
    FROM tierbook_purchase_days AS dated JOIN numbered ON numbered.customer = dated.customer
    WHERE date <= {day_text(as_of)} AND new_month
)"""
    arrived = "arrived AS (SELECT customer, month AS cohort FROM bought WHERE place = 1)"
    return (
        (bought, arrived),
        """
SELECT cohort, month, COUNT(*) AS customers
FROM bought JOIN arrived ON arrived.customer = bought.customer
GROUP BY cohort, month ORDER BY cohort, month""",
    )


def second_purchases(as_of: date) -> tuple[tuple[str, ...], str]:
    """Steps and text of the aggregate `second_purchases`."""
    firsts = f"""firsts AS (
    SELECT dated.customer, MIN(date) AS first_day, MIN(CASE WHEN place = 2 THEN date END) AS second_day
    FROM tierbook_purchase_days AS dated JOIN numbered ON numbered.customer = dated.customer
    WHERE date <= {day_text(as_of)} AND place <= 2 GROUP BY dated.customer
)"""
    horizons = " UNION ALL ".join(f"SELECT {days} AS days" for days in HORIZONS)
    return (
        (firsts, f"horizons AS ({horizons})"),
        f"""
SELECT days, COUNT(*) AS customers, {count_of("second_day <= first_day + days")} AS repeated
FROM horizons JOIN firsts ON first_day + days <= {day_text(as_of)}
GROUP BY days ORDER BY days""",
    )
