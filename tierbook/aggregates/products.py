"""What is bought most, by how many customers, how many of them come back for it, and what is bought together."""

from __future__ import annotations

from datetime import date, timedelta

from tierbook.aggregates.pieces import count_of, day_text, total_of

# Products paired with each other are those in most sales; a pair counts from so many sales, and such a share of all.
MOST_PAIRED, FEWEST_SALES, LEAST_SHARE = 200, 5, 0.001


def products(as_of: date, window_days: int) -> tuple[tuple[str, ...], str]:
    """Steps and text of the aggregate `products`."""
    recent = f"date > {day_text(as_of - timedelta(days=window_days))}"
    # Read twice and kept nowhere: what two steps read would be copied first, purchase by purchase.
    bought = f"""FROM tierbook_sales
    WHERE date <= {day_text(as_of)} AND customer IN (SELECT customer FROM numbered)"""
    sold = f"""sold AS (
    SELECT product, {total_of("amount")} AS revenue, {total_of(f"CASE WHEN {recent} THEN amount END")} AS revenue_recent
    {bought}
    GROUP BY product
)"""
    # Distinct days first: counting them within each customer and product costs twice as much.
    days = f"""days AS (
    SELECT DISTINCT product, customer, date
    {bought} AND amount >= 0
)"""
    buyers = "buyers AS (SELECT product, COUNT(*) AS days FROM days GROUP BY product, customer)"
    counted = f"""counted AS (
    SELECT product, COUNT(*) AS customers, {count_of("days > 1")} AS repeat_customers, SUM(days) AS purchase_days
    FROM buyers GROUP BY product
)"""
    return (
        (sold, days, buyers, counted),
        """
SELECT CAST(sold.product AS VARCHAR) AS product, revenue, revenue_recent, COALESCE(customers, 0) AS customers,
    COALESCE(repeat_customers, 0) AS repeat_customers, CAST(COALESCE(purchase_days, 0) AS INTEGER) AS purchase_days
FROM sold LEFT JOIN counted ON counted.product IS NOT DISTINCT FROM sold.product
ORDER BY sold.product""",
    )


def product_pairs(as_of: date) -> tuple[tuple[str, ...], str]:
    """Steps and text of the aggregate `product_pairs`.

    A sale is a transaction of a customer, or what a customer bought on a day where transactions have no number.
    """
    held = f"""held AS (
    SELECT DISTINCT lines.customer_id, COALESCE(transaction_id, CAST(CAST(date AS DATE) AS VARCHAR(10))) AS sale, product
    FROM tierbook_transactions AS lines JOIN people ON people.customer_id = lines.customer_id
    WHERE CAST(date AS DATE) <= {day_text(as_of)} AND amount >= 0 AND product IS NOT NULL
)"""
    every = "every AS (SELECT COUNT(*) AS sales FROM (SELECT DISTINCT customer_id, sale FROM held) AS sale)"
    often = f"""often AS (
    SELECT product, COUNT(*) AS sales FROM held GROUP BY product ORDER BY COUNT(*) DESC, product LIMIT {MOST_PAIRED}
)"""
    paired = """paired AS (
    SELECT held.customer_id, held.sale, held.product, often.sales FROM held JOIN often ON often.product = held.product
)"""
    return (
        (held, every, often, paired),
        f"""
SELECT one.product, other.product AS other, COUNT(*) AS both_sales, MAX(one.sales) AS product_sales,
    MAX(other.sales) AS other_sales, MAX(every.sales) AS sales
FROM paired AS one
JOIN paired AS other ON other.customer_id = one.customer_id AND other.sale = one.sale AND other.product > one.product
CROSS JOIN every
GROUP BY one.product, other.product
HAVING COUNT(*) >= {FEWEST_SALES} AND COUNT(*) >= {LEAST_SHARE} * MAX(every.sales)
ORDER BY one.product, other.product""",
    )
