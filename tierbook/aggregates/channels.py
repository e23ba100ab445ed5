"""Channels: what each costs and brings in which segment, where and when customers answer, and where prices differ."""

from __future__ import annotations

from datetime import date

from tierbook.aggregates.pieces import day_text, exact_sum, month_ends
from tierbook.engines.quoting import quoted

# A channel is in conflict with another when its price is more than so much higher (spec/systems.md, M).
CONFLICT = 0.05


def matrix(as_of: date, column: str, start: date | None = None) -> tuple[tuple[str, ...], str]:
    """Steps and text of the aggregate `channels:<column>`; the last twelve months without a start."""
    within, segment = _within(as_of, start), quoted(column)
    sold = f"""sold AS (
    SELECT CAST(sale.channel AS VARCHAR) AS channel, people.{segment} AS segment, SUM(amount) AS earned,
        SUM(amount - COALESCE(cost, 0)) AS margin, COUNT(cost) AS costs
    FROM tierbook_sales AS sale JOIN numbered AS people ON people.customer = sale.customer WHERE {within}
    GROUP BY sale.channel, people.{segment}
)"""
    dealt = f"""dealt AS (
    SELECT contact.channel, people.{segment} AS segment, 1 AS contact, CAST(cost AS DECIMAL(38, 6)) AS spent,
        CAST(NULL AS DECIMAL(38, 6)) AS earned, CAST(NULL AS DECIMAL(38, 6)) AS margin, 0 AS costs
    FROM tierbook_interactions AS contact JOIN people ON people.customer_id = contact.customer_id WHERE {within}
    UNION ALL
    SELECT channel, segment, NULL AS contact, NULL AS spent, earned, margin, costs FROM sold
)"""
    return (
        (sold, dealt),
        f"""
SELECT channel, segment, COUNT(contact) AS contacts,
    CASE WHEN COUNT(spent) > 0 THEN {exact_sum("spent")} END AS cost, {exact_sum("earned")} AS revenue,
    CASE WHEN SUM(costs) > 0 THEN {exact_sum("margin")} END AS margin
FROM dealt GROUP BY channel, segment ORDER BY channel, segment""",
    )


def best(as_of: date, column: str) -> tuple[tuple[str, ...], str]:
    """Steps and text of the aggregate `best_channels:<column>`."""
    sold = f"""sold AS (
    SELECT product, people.{quoted(column)} AS segment, sale.channel, COALESCE(SUM(amount), 0) AS revenue,
        COALESCE(SUM(amount - COALESCE(cost, 0)), 0) AS earned, COUNT(cost) AS costs
    FROM tierbook_sales AS sale JOIN numbered AS people ON people.customer = sale.customer
    WHERE product IS NOT NULL AND sale.channel IS NOT NULL AND {_within(as_of)}
    GROUP BY product, people.{quoted(column)}, sale.channel
)"""
    # Without a single cost in the sales of a product the margin would be the revenue.
    judged = """judged AS (
    SELECT sold.*, SUM(costs) OVER (PARTITION BY product, segment) > 0 AS costed,
        SUM(revenue) OVER (PARTITION BY product, segment) AS of_all FROM sold
)"""
    placed = """placed AS (
    SELECT judged.*, ROW_NUMBER() OVER (PARTITION BY product, segment ORDER BY CASE WHEN costed THEN earned ELSE revenue END DESC, channel) AS place,
        COUNT(*) OVER (PARTITION BY product, segment) AS channels FROM judged
)"""
    return (
        (sold, judged, placed),
        """
SELECT CAST(product AS VARCHAR) AS product, segment, CAST(channel AS VARCHAR) AS channel, channels,
    CAST(revenue AS DOUBLE PRECISION) AS revenue, CAST(of_all AS DOUBLE PRECISION) AS revenue_of_all,
    CASE WHEN costed THEN CAST(earned AS DOUBLE PRECISION) END AS margin
FROM placed WHERE place = 1 ORDER BY product, segment""",
    )


def habits(as_of: date) -> tuple[tuple[str, ...], str]:
    """Steps and text of the aggregate `contact_habits`: where, when and how often a customer answers."""
    # 1900-01-01 was a Monday; not every engine knows EXTRACT(ISODOW …).
    answered = f"""answered AS (
    SELECT contact.customer_id, contact.channel, CAST(date AS DATE) AS day,
        MOD(DATE_DIFF('day', DATE '1900-01-01', CAST(date AS DATE)), 7) + 1 AS weekday
    FROM tierbook_interactions AS contact JOIN people ON people.customer_id = contact.customer_id
    WHERE outcome IS NOT NULL AND outcome <> '' AND CAST(date AS DATE) <= {day_text(as_of)}
)"""
    often = "often AS (SELECT customer_id, COUNT(*) AS contacts, MAX(day) AS last_day FROM answered GROUP BY customer_id)"
    channel, weekday = (
        f"""{name}_ AS (
    SELECT customer_id, {name} FROM (
        SELECT customer_id, {name}, ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY COUNT(*) DESC, {name}) AS place
        FROM answered WHERE {name} IS NOT NULL GROUP BY customer_id, {name}
    ) AS counted WHERE place = 1
)"""
        for name in ("channel", "weekday")
    )
    gaps = """gaps AS (
    SELECT customer_id, gap, ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY gap) AS place, COUNT(*) OVER (PARTITION BY customer_id) AS many
    FROM (
        SELECT customer_id, DATE_DIFF('day', LAG(day) OVER (PARTITION BY customer_id ORDER BY day), day) AS gap
        FROM (SELECT DISTINCT customer_id, day FROM answered) AS days
    ) AS between_days WHERE gap IS NOT NULL
)"""
    rhythm = """rhythm AS (
    SELECT customer_id, CAST(SUM(gap) AS DOUBLE PRECISION) / COUNT(*) AS gap_days
    FROM gaps WHERE 2 * place BETWEEN many AND many + 2 GROUP BY customer_id
)"""
    return (
        (answered, often, channel, weekday, gaps, rhythm),
        """
SELECT often.customer_id, channel_.channel, CAST(weekday_.weekday AS INTEGER) AS weekday, gap_days, contacts, last_day
FROM often LEFT JOIN channel_ ON channel_.customer_id = often.customer_id
LEFT JOIN weekday_ ON weekday_.customer_id = often.customer_id
LEFT JOIN rhythm ON rhythm.customer_id = often.customer_id ORDER BY often.customer_id""",
    )


def conflicts(as_of: date) -> tuple[tuple[str, ...], str]:
    """Steps and text of the aggregate `channel_conflicts`."""
    priced = f"""priced AS (
    SELECT sale.customer_id, product, sale.channel,
        {exact_sum("amount")} / CAST(SUM(quantity) AS DOUBLE PRECISION) AS price, {exact_sum("amount")} AS revenue
    FROM tierbook_transactions AS sale JOIN people ON people.customer_id = sale.customer_id
    WHERE product IS NOT NULL AND sale.channel IS NOT NULL AND amount > 0 AND quantity > 0 AND {_within(as_of)}
    GROUP BY sale.customer_id, product, sale.channel
)"""
    placed = """placed AS (
    SELECT priced.*, ROW_NUMBER() OVER (PARTITION BY customer_id, product ORDER BY price, channel) AS from_low,
        ROW_NUMBER() OVER (PARTITION BY customer_id, product ORDER BY price DESC, channel DESC) AS from_high,
        SUM(revenue) OVER (PARTITION BY customer_id, product) AS of_both
    FROM priced
)"""
    return (
        (priced, placed),
        f"""
SELECT low.customer_id, low.product, low.channel AS low_channel, low.price AS low_price, high.channel AS high_channel,
    high.price AS high_price, high.price / low.price - 1 AS gap, low.of_both AS revenue
FROM placed AS low JOIN placed AS high ON high.customer_id = low.customer_id AND high.product = low.product
WHERE low.from_low = 1 AND high.from_high = 1 AND high.channel <> low.channel
    AND high.price > {1 + CONFLICT} * low.price
ORDER BY low.customer_id, low.product""",
    )


def _within(as_of: date, start: date | None = None) -> str:
    first = month_ends(as_of)[0] if start is None else start
    return f"CAST(date AS DATE) > {day_text(first)} AND CAST(date AS DATE) <= {day_text(as_of)}"
