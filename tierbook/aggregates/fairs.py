"""Rows that calculations over editions and touch points take: who took part, who wants what, what was spent, who was met."""

from __future__ import annotations

from datetime import date

from tierbook.aggregates.pieces import day_text

# The customers' own side, else the one they gave with what they show or want.
_SIDED = """sided AS (
    SELECT people.customer_id, people.value, COALESCE(listed.side, said.side) AS side
    FROM people
    LEFT JOIN (SELECT customer_id, MIN(side) AS side FROM tierbook_customers GROUP BY customer_id) AS listed
        ON listed.customer_id = people.customer_id
    LEFT JOIN (SELECT customer_id, MIN(side) AS side FROM tierbook_wants GROUP BY customer_id) AS said
        ON said.customer_id = people.customer_id
)"""


def participations(as_of: date) -> tuple[tuple[str, ...], str]:
    """Steps and text of the aggregate `participations`: a booking that is no refund, or somebody who attended."""
    return (
        (_SIDED,),
        f"""
SELECT paid.customer_id, edition, side, CAST(date AS DATE) AS date
FROM tierbook_transactions AS paid JOIN sided ON sided.customer_id = paid.customer_id
WHERE edition IS NOT NULL AND amount >= 0 AND CAST(date AS DATE) <= {day_text(as_of)}
UNION ALL
SELECT wants.customer_id, edition, COALESCE(wants.side, sided.side) AS side, CAST(NULL AS DATE) AS date
FROM tierbook_wants AS wants JOIN sided ON sided.customer_id = wants.customer_id
WHERE edition IS NOT NULL AND attended
ORDER BY 1, 2, 3, 4""",
    )


def wants(as_of: date) -> tuple[tuple[str, ...], str]:
    """Steps and text of the aggregate `wants`."""
    return (
        (_SIDED,),
        """
SELECT wants.customer_id, edition, COALESCE(wants.side, sided.side) AS side, categories,
    professional, preregistered, attended, value
FROM tierbook_wants AS wants JOIN sided ON sided.customer_id = wants.customer_id
ORDER BY wants.customer_id, edition, categories""",
    )


def recruiting(as_of: date) -> tuple[tuple[str, ...], str]:
    """Steps and text of the aggregate `recruiting`."""
    return (
        (_SIDED,),
        f"""
SELECT edition, side, CAST(SUM(CAST(cost AS DECIMAL(38, 6))) AS DOUBLE PRECISION) AS cost
FROM tierbook_interactions AS spent JOIN sided ON sided.customer_id = spent.customer_id
WHERE edition IS NOT NULL AND cost IS NOT NULL AND CAST(date AS DATE) <= {day_text(as_of)}
GROUP BY edition, side ORDER BY edition, side""",
    )


def contacts(as_of: date) -> tuple[tuple[str, ...], str]:
    """Steps and text of the aggregate `contacts`."""
    return (
        (),
        f"""
SELECT met.customer_id, phase, channel, outcome, tier
FROM tierbook_interactions AS met JOIN people ON people.customer_id = met.customer_id
WHERE CAST(date AS DATE) <= {day_text(as_of)}
ORDER BY met.customer_id, date, phase, channel, outcome""",
    )
