"""Campaigns and who answered them: one row per campaign, customers counted once."""

from __future__ import annotations

from datetime import date

from tierbook.aggregates.pieces import count_of, day_text, exact_sum


def campaigns(as_of: date) -> tuple[tuple[str, ...], str]:
    """Steps and text of the aggregate `campaigns`.

    Campaigns without a row of their own are there without name, days and cost; those that begin after `as_of` are left out.
    A row whose group is not control is one of the target group, and so is a customer who is in both.
    """
    people = """answers AS (
    SELECT campaign_id, customer_id,
        MAX(CASE WHEN "group" = 'control' THEN 0 ELSE 1 END) AS addressed,
        MAX(CASE WHEN responded THEN 1 ELSE 0 END) AS answered,
        SUM(CAST(revenue AS DECIMAL(38, 6))) AS revenue
    FROM tierbook_campaign_responses WHERE campaign_id IS NOT NULL AND customer_id IS NOT NULL
    GROUP BY campaign_id, customer_id
)"""
    counted = f"""counted AS (
    SELECT campaign_id, {count_of("addressed = 1")} AS customers, {count_of("addressed = 1 AND answered = 1")} AS responded,
        {exact_sum("CASE WHEN addressed = 1 THEN revenue END")} AS revenue,
        {count_of("addressed = 0")} AS control, {count_of("addressed = 0 AND answered = 1")} AS control_responded,
        {exact_sum("CASE WHEN addressed = 0 THEN revenue END")} AS control_revenue
    FROM answers GROUP BY campaign_id
)"""
    listed = """listed AS (
    SELECT campaign_id, MIN(name) AS name, MIN(start) AS start_day, MAX("end") AS end_day,
        CAST(SUM(CAST(cost AS DECIMAL(38, 6))) AS DOUBLE PRECISION) AS cost
    FROM tierbook_campaigns WHERE campaign_id IS NOT NULL GROUP BY campaign_id
)"""
    return (
        (people, counted, listed),
        f"""
SELECT COALESCE(listed.campaign_id, counted.campaign_id) AS campaign_id, name, start_day, end_day, cost,
    COALESCE(customers, 0) AS customers, COALESCE(responded, 0) AS responded, COALESCE(revenue, 0) AS revenue,
    COALESCE(control, 0) AS control, COALESCE(control_responded, 0) AS control_responded,
    COALESCE(control_revenue, 0) AS control_revenue
FROM listed FULL OUTER JOIN counted ON counted.campaign_id = listed.campaign_id
WHERE start_day IS NULL OR start_day <= {day_text(as_of)}
ORDER BY start_day, campaign_id""",
    )
