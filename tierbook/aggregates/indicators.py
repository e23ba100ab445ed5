"""The indicators of a period as part, whole and number of cases, each one row (`spec/systems.md` F)."""

from __future__ import annotations

from datetime import date, timedelta

from tierbook.aggregates.pieces import count_of, day_text, exact_sum, hours_between

# What a contact is for where its phase is not written: a visit or call before the first purchase wins a customer.
_WINS, _SERVES = "('visit', 'call')", "('complaint', 'claim', 'consultation', 'suggestion', 'follow_up')"
_NUMBERS = ("mobile", "phone", "email")


def indicators(as_of: date, start: date, window_days: int) -> tuple[tuple[str, ...], str]:
    """Steps and text of the aggregate `indicators:<day>`: the period (day, as_of]."""
    steps = (*_sales(as_of, start, window_days), *_contacts(as_of, start), *_offers(as_of, start))
    rows = " UNION ALL ".join(
        f"SELECT '{name}' AS indicator, CAST({part} AS DOUBLE PRECISION) AS part, CAST({whole} AS DOUBLE PRECISION) AS whole, "
        f"CAST({cases or whole} AS DOUBLE PRECISION) AS cases FROM {source}"
        for name, (part, whole, cases, source) in _FORMULAS.items()
    )
    return steps, f"\nSELECT indicator, part, whole, cases FROM ({rows}) AS found ORDER BY indicator"


def _sales(as_of: date, start: date, window_days: int) -> tuple[str, ...]:
    first, last, window = day_text(start), day_text(as_of), timedelta(days=window_days)
    buyers = f"""bought AS (
    SELECT customer, MIN(date) AS first_day,
        MAX(CASE WHEN date <= {first} THEN 1 ELSE 0 END) AS bought_before,
        MAX(CASE WHEN date > {day_text(start - window)} AND date <= {first} THEN 1 ELSE 0 END) AS was_active,
        MAX(CASE WHEN date > {day_text(as_of - window)} THEN 1 ELSE 0 END) AS is_active,
        SUM(CASE WHEN date > {first} THEN 1 ELSE 0 END) AS days
    FROM tierbook_purchase_days WHERE date <= {last} GROUP BY customer
),
buyers AS (SELECT customer_id, bought.* FROM bought JOIN numbered ON numbered.customer = bought.customer)"""
    arrived = f"arrived AS (SELECT customer_id FROM buyers WHERE first_day > {first})"
    ways = f"""ways AS (
    SELECT sold.customer, COUNT(DISTINCT channel) AS channels
    FROM tierbook_sales AS sold JOIN numbered ON numbered.customer = sold.customer
    WHERE date > {first} AND date <= {last} AND amount >= 0 AND channel IS NOT NULL GROUP BY sold.customer
)"""
    # Of the earlier sales only those of what a customer bought in the period: grouping all by item costs more. Not a step,
    # because engines keep what several steps read, and these are all rows.
    lines = "(SELECT customer, date, COALESCE(product, category) AS item FROM tierbook_sales WHERE amount >= 0) AS lines"
    recent = f"""recent AS (
    SELECT DISTINCT customer, item FROM {lines} WHERE item IS NOT NULL AND date > {first} AND date <= {last}
)"""
    again = f"""bought_again AS (
    SELECT DISTINCT lines.customer, lines.item
    FROM {lines} JOIN recent ON recent.customer = lines.customer AND recent.item = lines.item WHERE date <= {first}
)"""
    known = f"known AS (SELECT DISTINCT customer FROM {lines} WHERE item IS NOT NULL AND date <= {first})"
    newer = """newer AS (
    SELECT CASE WHEN COUNT(*) > COUNT(bought_again.item) THEN 1 ELSE 0 END AS new_item
    FROM recent
    JOIN known ON known.customer = recent.customer
    JOIN numbered ON numbered.customer = recent.customer
    LEFT JOIN bought_again ON bought_again.customer = recent.customer AND bought_again.item = recent.item
    GROUP BY recent.customer
)"""
    sellers = f"""sellers AS (
    SELECT owner, amount FROM tierbook_transactions AS sold JOIN people ON people.customer_id = sold.customer_id
    WHERE CAST(date AS DATE) > {first} AND CAST(date AS DATE) <= {last} AND owner IS NOT NULL
)"""
    earned = f"""earned AS (
    SELECT amount - COALESCE(cost, 0) AS profit
    FROM tierbook_sales AS sold JOIN numbered ON numbered.customer = sold.customer WHERE date <= {last}
)"""
    return buyers, arrived, ways, recent, again, known, newer, sellers, earned


def _contacts(as_of: date, start: date) -> tuple[str, ...]:
    first, last = day_text(start), day_text(as_of)
    said = f"""said AS (
    SELECT contact.customer_id, phase, type, cost, {_time("date")} AS opened,
        CASE WHEN CAST(responded AS DATE) <= {last} AND {_time("responded")} >= {_time("date")} THEN {_time("responded")} END AS responded,
        CASE WHEN CAST(closed AS DATE) <= {last} THEN {_time("closed")} END AS closed,
        CASE WHEN phase = 'presale' OR phase IS NULL AND type IN {_WINS} AND (first_day IS NULL OR first_day > CAST(date AS DATE)) THEN 'wins'
            WHEN phase = 'aftersale' OR phase IS NULL AND type IN {_SERVES} THEN 'serves' END AS aim
    FROM tierbook_interactions AS contact LEFT JOIN buyers ON buyers.customer_id = contact.customer_id
    WHERE CAST(date AS DATE) > {first} AND CAST(date AS DATE) <= {last}
)"""
    dealt = """dealt AS (
    SELECT customer_id, MAX(complained) AS complained FROM (
        SELECT customer_id, CASE WHEN type = 'complaint' THEN 1 ELSE 0 END AS complained FROM said
        UNION ALL SELECT customer_id, 0 AS complained FROM buyers WHERE days > 0
    ) AS either GROUP BY customer_id
)"""
    complaints = "complaints AS (SELECT opened, closed FROM said WHERE type = 'complaint')"
    winning = (
        f"winning AS (SELECT {exact_sum('cost')} AS spent, COUNT(cost) AS costs FROM said WHERE aim = 'wins')"
    )
    serving = f"serving AS (SELECT {exact_sum('cost')} AS spent, COUNT(cost) AS costs, COUNT(DISTINCT customer_id) AS served FROM said WHERE aim = 'serves')"
    answers = f"""answers AS (
    SELECT score * 10 / COALESCE(scale, 10) AS score FROM tierbook_surveys
    WHERE item = 'nps' AND score IS NOT NULL AND CAST(date AS DATE) > {first} AND CAST(date AS DATE) <= {last}
)"""
    return said, dealt, complaints, winning, serving, answers


def _offers(as_of: date, start: date) -> tuple[str, ...]:
    first, last = day_text(start), day_text(as_of)
    closed = f"""closed_leads AS (
    SELECT won, CAST(closed AS DATE) - CAST(created AS DATE) AS days FROM tierbook_leads
    WHERE won IS NOT NULL AND closed > {first} AND closed <= {last}
)"""
    campaigns = f"""campaigns AS (
    SELECT campaign_id, MAX(CAST(cost AS DECIMAL(38, 6))) AS cost FROM tierbook_campaigns
    WHERE start > {first} AND start <= {last} AND cost IS NOT NULL GROUP BY campaign_id
)"""
    brought = """brought AS (
    SELECT campaigns.campaign_id, SUM(CAST(revenue AS DECIMAL(38, 6))) AS revenue
    FROM tierbook_campaign_responses AS response JOIN campaigns ON campaigns.campaign_id = response.campaign_id
    WHERE COALESCE("group", 'target') = 'target' GROUP BY campaigns.campaign_id
)"""
    offers = "offers AS (SELECT cost, COALESCE(revenue, 0) AS revenue FROM campaigns LEFT JOIN brought ON brought.campaign_id = campaigns.campaign_id)"
    spent = f"spent AS (SELECT {exact_sum('cost')} AS spent FROM campaigns)"
    # What separates digits does not count: 138 0013-8000 is 13800138000.
    numbers = " UNION ALL ".join(
        f"SELECT lead_id, created, '{name}' AS kind, {_bare(name)} AS number FROM tierbook_leads WHERE {_bare(name)} <> ''"
        for name in _NUMBERS
    )
    again = f"""again AS (
    SELECT DISTINCT later.lead_id FROM ({numbers}) AS later
    JOIN ({numbers}) AS other ON other.kind = later.kind AND other.number = later.number AND other.lead_id <> later.lead_id
    WHERE other.created < later.created OR other.created = later.created AND other.lead_id < later.lead_id
)"""
    new = f"""new_leads AS (
    SELECT lead.lead_id, again.lead_id AS known FROM tierbook_leads AS lead LEFT JOIN again ON again.lead_id = lead.lead_id
    WHERE created > {first} AND created <= {last}
)"""
    return closed, campaigns, brought, offers, spent, again, new


def _time(column: str) -> str:
    return f"CAST({column} AS TIMESTAMP)"


def _bare(column: str) -> str:
    text = f"LOWER({column})"
    for mark in (" ", "-", "(", ")", "+"):
        text = f"REPLACE({text}, '{mark}', '')"
    return text


# Part, whole, number of cases where it is not the whole, and where they are counted.
_FORMULAS = {
    "churn_rate": (count_of("was_active = 1 AND is_active = 0"), count_of("was_active = 1"), "", "buyers"),
    "retention_rate": (count_of("was_active = 1 AND is_active = 1"), count_of("was_active = 1"), "", "buyers"),
    "repurchase_rate": (count_of("days > 1"), count_of("days > 0"), "", "buyers"),
    "reactivation_rate": (
        count_of("bought_before = 1 AND was_active = 0 AND days > 0"),
        count_of("bought_before = 1 AND was_active = 0"),
        "",
        "buyers",
    ),
    "clv_historic": (f"(SELECT {exact_sum('profit')} FROM earned)", "COUNT(*)", "", "buyers"),
    "multi_channel_share": (count_of("channels > 1"), "COUNT(*)", "", "ways"),
    "cross_sell_rate": (count_of("new_item = 1"), "COUNT(*)", "", "newer"),
    "sales_per_salesperson": (exact_sum("amount"), "COUNT(DISTINCT owner)", "", "sellers"),
    "complaint_rate": (count_of("complained = 1"), "COUNT(*)", "", "dealt"),
    "resolution_rate": ("COUNT(closed)", "COUNT(*)", "", "complaints"),
    "response_time": (exact_sum(hours_between("opened", "responded")), "COUNT(responded)", "", "said"),
    "resolution_time": (exact_sum(f"{hours_between('opened', 'closed')} / 24"), "COUNT(closed)", "", "complaints"),
    "nps": (f"100.0 * ({count_of('score >= 9')} - {count_of('score <= 6')})", "COUNT(*)", "", "answers"),
    "conversion_rate": (count_of("won"), "COUNT(*)", "", "closed_leads"),
    "conversion_days": (exact_sum("CASE WHEN won THEN days END"), count_of("won AND days IS NOT NULL"), "", "closed_leads"),
    "promotion_roi": (exact_sum("revenue - cost"), exact_sum("cost"), "COUNT(*)", "offers"),
    "duplicate_lead_rate": ("COUNT(known)", "COUNT(*)", "", "new_leads"),
    # Nothing is known of contacts of which none has a cost; a cost of 0 is one.
    "acquisition_cost": ("(SELECT spent FROM winning)", "CASE WHEN (SELECT costs FROM winning) > 0 THEN COUNT(*) ELSE 0 END", "", "arrived"),
    "service_cost": ("SUM(spent)", "SUM(CASE WHEN costs > 0 THEN served ELSE 0 END)", "", "serving"),
    "retention_cost": ("(SELECT spent FROM spent)", count_of("was_active = 1 AND is_active = 1"), "", "buyers"),
}  # fmt: skip
