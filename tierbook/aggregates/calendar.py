"""Purchases by calendar month: what each month brought, who came back when."""

from __future__ import annotations

from datetime import date

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
