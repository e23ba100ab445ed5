"""Key accounts and members: what groups of customers bring, months in which members bought, what points were spent on."""

from __future__ import annotations

from datetime import date

from tierbook.aggregates.pieces import count_of, day_text, exact_sum


def accounts(as_of: date) -> tuple[tuple[str, ...], str]:
    """Steps and text of the aggregate `accounts`, over `groups_` (customer_id, root) beside the other tables.

    Groups in which somebody is a key account. `spend_of_budget` is the spend a month of those whose `budget` is known.
    The contract that ends next counts; where all have ended, the one that ended last.
    """
    today = day_text(as_of)
    grouped = """grouped AS (
    SELECT COALESCE(groups_.root, person.customer_id) AS account, person.*
    FROM people_year AS person LEFT JOIN groups_ ON groups_.customer_id = person.customer_id
)"""
    visits = f"""visits AS (
    SELECT grouped.account, MAX(CAST(said.date AS DATE)) AS last_visit
    FROM tierbook_interactions AS said JOIN grouped ON grouped.customer_id = said.customer_id
    WHERE said.type = 'visit' AND CAST(said.date AS DATE) <= {today} GROUP BY grouped.account
)"""
    ends = f"""ends AS (
    SELECT grouped.account, MIN(CASE WHEN ending.day >= {today} THEN ending.day END) AS next_end, MAX(ending.day) AS last_end
    FROM (
        SELECT customer_id, contract_end AS day FROM people
        UNION ALL
        SELECT customer_id, "end" FROM tierbook_contracts WHERE start IS NULL OR start <= {today}
    ) AS ending JOIN grouped ON grouped.customer_id = ending.customer_id
    WHERE ending.day IS NOT NULL GROUP BY grouped.account
)"""
    summed = f"""summed AS (
    SELECT account, COUNT(*) AS customers, {count_of("churn_flagged")} AS flagged,
        {exact_sum("revenue_year")} AS revenue_year,
        {exact_sum("spend_recent")} AS revenue_recent, {exact_sum("spend_previous")} AS revenue_previous,
        {exact_sum("CASE WHEN budget > 0 THEN spend_per_month END")} AS spend_of_budget,
        {exact_sum("CASE WHEN budget > 0 THEN budget END")} AS budget
    FROM grouped GROUP BY account HAVING {count_of("key_account")} > 0
)"""
    return (
        (grouped, visits, ends, summed),
        """
SELECT summed.account, customers, flagged, revenue_year, revenue_recent, revenue_previous, spend_of_budget, budget,
    COALESCE(next_end, last_end) AS contract_end, last_visit
FROM summed LEFT JOIN visits ON visits.account = summed.account LEFT JOIN ends ON ends.account = summed.account
ORDER BY revenue_year DESC, summed.account""",
    )


def member_months(as_of: date) -> tuple[tuple[str, ...], str]:
    """Steps and text of the aggregate `member_months`: calendar months with a purchase since joining."""
    return (
        (),
        f"""
SELECT people.customer_id, COUNT(DISTINCT DATE_TRUNC('month', bought.date)) AS months
FROM tierbook_purchase_days AS bought JOIN numbered AS people ON people.customer = bought.customer
WHERE bought.date >= people.joined AND bought.date <= {day_text(as_of)}
GROUP BY people.customer_id ORDER BY people.customer_id""",
    )


def rewards(as_of: date) -> tuple[tuple[str, ...], str]:
    """Steps and text of the aggregate `rewards`: what each customer spent points on."""
    return (
        (),
        f"""
SELECT people.customer_id, item, COUNT(*) AS times, {exact_sum("points")} AS points
FROM tierbook_redemptions AS spent JOIN people ON people.customer_id = spent.customer_id
WHERE spent.date <= {day_text(as_of)} AND points IS NOT NULL
GROUP BY people.customer_id, item ORDER BY people.customer_id, item""",
    )
