-- The customer table: one row per customer with the standard features of the specification.
--
-- This one text is what every engine runs: DuckDB as it stands, the others as sqlglot translates it. So it uses only
-- what PostgreSQL 15 and Spark 3.5 have too: no QUALIFY, no lists, no DISTINCT ON, no MATERIALIZED.
--
--   $as_of           the day the analysis speaks for; what is dated later is not there yet
--   $recent_after    one window earlier: the last window is ($recent_after, $as_of]
--   $previous_after  two windows earlier: the window before it is ($previous_after, $recent_after]
--
-- A purchase row has an amount of 0 or more. A refund (a negative amount) moves money and nothing else.
-- Money is added up as DECIMAL and becomes a double once, so that the order of the rows cannot move a cent.

WITH

-- ------------------------------------------------------------------------------------------------ transactions

money AS (
    SELECT
        customer,
        SUM(amount) AS total_spend,
        SUM(cost) AS total_cost,
        SUM(turnover) AS turnover,
        SUM(amount) FILTER (WHERE date > $recent_after) AS spend_recent,
        SUM(amount) FILTER (WHERE date > $previous_after AND date <= $recent_after) AS spend_previous,
        COUNT(*) FILTER (WHERE amount >= 0 AND order_number IS NULL) AS single_orders,
        COUNT(*) FILTER (WHERE amount >= 0 AND order_number IS NULL AND date > $recent_after) AS single_recent,
        COUNT(*) FILTER (
            WHERE amount >= 0 AND order_number IS NULL AND date > $previous_after AND date <= $recent_after
        ) AS single_previous
    FROM tierbook_sales
    WHERE date <= $as_of
    GROUP BY customer
),

-- Everyone listed, and everyone who is known only from a transaction.
people AS (
    SELECT customer_id, customer
    FROM tierbook_numbers
    WHERE customer IN (SELECT customer FROM money)
        OR customer_id IN (SELECT customer_id FROM tierbook_customers)
),

-- The lines of one transaction are one order, on the day of its first purchase row. A row without a number is an order
-- of its own; those are counted beside the money.
numbered AS (
    SELECT
        customer,
        COUNT(*) AS orders,
        COUNT(*) FILTER (WHERE date > $recent_after) AS orders_recent,
        COUNT(*) FILTER (WHERE date > $previous_after AND date <= $recent_after) AS orders_previous
    FROM (
        SELECT customer, MIN(date) AS date
        FROM tierbook_sales
        WHERE date <= $as_of AND amount >= 0 AND order_number IS NOT NULL
        GROUP BY customer, order_number
    ) AS purchases
    GROUP BY customer
),

orders AS (
    SELECT
        money.customer,
        single_orders + COALESCE(numbered.orders, 0) AS orders,
        single_recent + COALESCE(numbered.orders_recent, 0) AS orders_recent,
        single_previous + COALESCE(numbered.orders_previous, 0) AS orders_previous
    FROM money
    LEFT JOIN numbered ON numbered.customer = money.customer
),

rhythm AS (
    SELECT
        customer,
        MIN(date) AS first_date,
        MAX(date) AS last_date,
        MAX(date) FILTER (WHERE date <= $recent_after) AS last_date_before,
        COUNT(*) - 1 AS frequency,
        SUM(spend) FILTER (WHERE day_before IS NOT NULL) AS repeat_spend,
        MEDIAN(CAST(DATE_DIFF('day', day_before, date) AS INTEGER)) AS median_gap_days,
        COUNT(*) FILTER (WHERE new_month) AS active_months
    FROM tierbook_purchase_days
    WHERE date <= $as_of
    GROUP BY customer
),

-- What a customer's money went to, through which channel, and how it was settled. Equal sums: the first name in the
-- order of code points, whatever the database thinks of languages.
categories AS (
    SELECT customer, category AS name, SUM(amount) AS spend
    FROM tierbook_sales
    WHERE date <= $as_of AND category IS NOT NULL
    GROUP BY customer, category
),

most_by_category AS (
    SELECT customer, MAX(spend) AS spend, SUM(spend) AS total, COUNT(*) AS names
    FROM categories
    GROUP BY customer
),

top_category AS (
    SELECT
        most.customer, MIN(most.spend) AS spend, MIN(most.total) AS total, MIN(most.names) AS names,
        MIN(CAST(each_one.name AS VARCHAR) COLLATE "C") AS name
    FROM most_by_category AS most
    JOIN categories AS each_one ON each_one.customer = most.customer AND each_one.spend = most.spend
    GROUP BY most.customer
),

channels AS (
    SELECT customer, channel AS name, SUM(amount) AS spend
    FROM tierbook_sales
    WHERE date <= $as_of AND channel IS NOT NULL
    GROUP BY customer, channel
),

most_by_channel AS (
    SELECT customer, MAX(spend) AS spend, SUM(spend) AS total, COUNT(*) AS names
    FROM channels
    GROUP BY customer
),

top_channel AS (
    SELECT
        most.customer, MIN(most.spend) AS spend, MIN(most.total) AS total, MIN(most.names) AS names,
        MIN(CAST(each_one.name AS VARCHAR) COLLATE "C") AS name
    FROM most_by_channel AS most
    JOIN channels AS each_one ON each_one.customer = most.customer AND each_one.spend = most.spend
    GROUP BY most.customer
),

settlements AS (
    SELECT customer, settlement AS name, SUM(amount) AS spend
    FROM tierbook_sales
    WHERE date <= $as_of AND settlement IS NOT NULL
    GROUP BY customer, settlement
),

most_by_settlement AS (
    SELECT customer, MAX(spend) AS spend, SUM(spend) AS total, COUNT(*) AS names
    FROM settlements
    GROUP BY customer
),

top_settlement AS (
    SELECT
        most.customer, MIN(most.spend) AS spend, MIN(most.total) AS total, MIN(most.names) AS names,
        MIN(CAST(each_one.name AS VARCHAR) COLLATE "C") AS name
    FROM most_by_settlement AS most
    JOIN settlements AS each_one ON each_one.customer = most.customer AND each_one.spend = most.spend
    GROUP BY most.customer
),

-- Products bought in the last window and never before. Only these products' earlier sales are looked at, because
-- grouping every sale by product costs more than everything else about products.
recent_products AS (
    SELECT DISTINCT customer, product
    FROM tierbook_sales
    WHERE amount >= 0 AND product IS NOT NULL AND date > $recent_after AND date <= $as_of
),

known_products AS (
    SELECT DISTINCT sale.customer, sale.product
    FROM tierbook_sales AS sale
    JOIN recent_products
        ON recent_products.customer = sale.customer AND recent_products.product = sale.product
    WHERE sale.amount >= 0 AND sale.date <= $recent_after
),

new_products AS (
    SELECT recent_products.customer, COUNT(*) - COUNT(known_products.product) AS new_products
    FROM recent_products
    LEFT JOIN known_products
        ON known_products.customer = recent_products.customer AND known_products.product = recent_products.product
    GROUP BY recent_products.customer
),

terms AS (
    SELECT
        customer_id,
        CAST(SUM(CAST(discount AS DECIMAL(38, 12))) AS DOUBLE) / NULLIF(COUNT(discount), 0) AS mean_discount,
        MEDIAN(holding_days) AS median_holding_days
    FROM tierbook_transactions
    WHERE date <= $as_of AND (discount IS NOT NULL OR holding_days IS NOT NULL)
    GROUP BY customer_id
),

-- ------------------------------------------------------------------------------------- customers among each other

digits AS (
    SELECT digit FROM (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS ten(digit)
),

-- Rows of purchases that name guests or the person the host came for. A row without a transaction number gets a
-- number of its own; full-width semicolons and spaces separate as well as plain ones.
parties AS (
    SELECT
        customer_id AS host, transaction_id, designated_by,
        CASE WHEN transaction_id IS NULL THEN ROW_NUMBER() OVER (ORDER BY customer_id, date) END AS line,
        TRANSLATE(guests, '；　', '; ') AS guests,
        1 + LENGTH(guests) - LENGTH(REPLACE(TRANSLATE(guests, '；', ';'), ';', '')) AS guest_count
    FROM tierbook_transactions AS sale
    WHERE date <= $as_of
        AND (guests IS NOT NULL OR designated_by IS NOT NULL)
        AND (
            amount >= 0
            OR EXISTS (
                SELECT 1
                FROM tierbook_transactions AS other_line
                WHERE other_line.customer_id = sale.customer_id
                    AND other_line.transaction_id = sale.transaction_id
                    AND other_line.amount >= 0
                    AND other_line.date <= $as_of
            )
        )
),

-- 1, 2, 3 ... as far as the longest list of guests goes, 10,000 at most.
places AS (
    SELECT place
    FROM (
        SELECT 1 + ones.digit + 10 * tens.digit + 100 * hundreds.digit + 1000 * thousands.digit AS place
        FROM digits AS ones
        CROSS JOIN digits AS tens
        CROSS JOIN digits AS hundreds
        CROSS JOIN digits AS thousands
    ) AS counted_out
    WHERE place <= (SELECT MAX(guest_count) FROM parties)
),

-- DISTINCT, because a guest may be named on several lines of one order, or twice on one line.
invitations AS (
    SELECT DISTINCT
        parties.host, parties.transaction_id, parties.line,
        TRIM(SPLIT_PART(parties.guests, ';', places.place)) AS guest
    FROM parties
    JOIN places ON places.place <= parties.guest_count
),

guest_visits AS (
    SELECT guest AS customer_id, COUNT(*) AS guest_visits
    FROM invitations
    WHERE guest <> host
    GROUP BY guest
),

designations AS (
    SELECT designated_by AS customer_id, COUNT(*) AS designations
    FROM (
        SELECT DISTINCT host, transaction_id, line, designated_by
        FROM parties
        WHERE designated_by IS NOT NULL
    ) AS named
    GROUP BY designated_by
),

referrals AS (
    SELECT listed.referrer_id AS customer_id, COUNT(*) AS referrals, SUM(money.total_spend) AS referred_spend
    FROM tierbook_customers AS listed
    JOIN people ON people.customer_id = listed.customer_id
    LEFT JOIN money ON money.customer = people.customer
    WHERE listed.referrer_id <> listed.customer_id
    GROUP BY listed.referrer_id
),

-- --------------------------------------------------------------------------------------------------- RFM scores

-- Recency, frequency and spend of the window that ends at each of two dates, as they stood on that date; missing before
-- the first purchase.
standing AS (
    SELECT
        rhythm.customer,
        CAST(DATE_DIFF('day', rhythm.last_date, $as_of) AS DOUBLE) AS r,
        CAST(orders.orders_recent AS DOUBLE) AS f,
        CAST(COALESCE(money.spend_recent, 0) AS DOUBLE) AS m,
        CAST(DATE_DIFF('day', rhythm.last_date_before, $recent_after) AS DOUBLE) AS r_before,
        CASE WHEN rhythm.last_date_before IS NOT NULL THEN CAST(orders.orders_previous AS DOUBLE) END AS f_before,
        CASE
            WHEN rhythm.last_date_before IS NOT NULL THEN CAST(COALESCE(money.spend_previous, 0) AS DOUBLE)
        END AS m_before
    FROM rhythm
    JOIN orders ON orders.customer = rhythm.customer
    JOIN money ON money.customer = rhythm.customer
),

-- How many customers of the earlier date have each value or a smaller one.
counted AS (
    SELECT part, value, SUM(COUNT(*)) OVER (PARTITION BY part ORDER BY value) AS reached
    FROM (
        SELECT 'r' AS part, r_before AS value FROM standing WHERE r_before IS NOT NULL
        UNION ALL
        SELECT 'f' AS part, f_before AS value FROM standing WHERE f_before IS NOT NULL
        UNION ALL
        SELECT 'm' AS part, m_before AS value FROM standing WHERE m_before IS NOT NULL
    ) AS earlier
    GROUP BY part, value
),

population AS (
    SELECT COUNT(r_before) AS size FROM standing
),

-- The values at positions ceil(k * size / 5), in whole numbers: no fifth is exact in binary.
cuts AS (
    SELECT
        counted.part,
        MIN(counted.value) FILTER (WHERE 5 * counted.reached >= population.size) AS first_cut,
        MIN(counted.value) FILTER (WHERE 5 * counted.reached >= 2 * population.size) AS second_cut,
        MIN(counted.value) FILTER (WHERE 5 * counted.reached >= 3 * population.size) AS third_cut,
        MIN(counted.value) FILTER (WHERE 5 * counted.reached >= 4 * population.size) AS fourth_cut
    FROM counted
    CROSS JOIN population
    GROUP BY counted.part
),

-- Both dates on the cut points of the earlier one; nobody then, no scores at all.
rfm AS (
    SELECT
        standing.customer,
        CASE
            WHEN standing.r <= r_cuts.first_cut THEN 5
            WHEN standing.r <= r_cuts.second_cut THEN 4
            WHEN standing.r <= r_cuts.third_cut THEN 3
            WHEN standing.r <= r_cuts.fourth_cut THEN 2
            ELSE 1
        END AS r,
        CASE
            WHEN standing.f <= f_cuts.first_cut THEN 1
            WHEN standing.f <= f_cuts.second_cut THEN 2
            WHEN standing.f <= f_cuts.third_cut THEN 3
            WHEN standing.f <= f_cuts.fourth_cut THEN 4
            ELSE 5
        END AS f,
        CASE
            WHEN standing.m <= m_cuts.first_cut THEN 1
            WHEN standing.m <= m_cuts.second_cut THEN 2
            WHEN standing.m <= m_cuts.third_cut THEN 3
            WHEN standing.m <= m_cuts.fourth_cut THEN 4
            ELSE 5
        END AS m,
        CASE
            WHEN standing.r_before IS NULL THEN NULL
            WHEN standing.r_before <= r_cuts.first_cut THEN 5
            WHEN standing.r_before <= r_cuts.second_cut THEN 4
            WHEN standing.r_before <= r_cuts.third_cut THEN 3
            WHEN standing.r_before <= r_cuts.fourth_cut THEN 2
            ELSE 1
        END AS r_before,
        CASE
            WHEN standing.f_before IS NULL THEN NULL
            WHEN standing.f_before <= f_cuts.first_cut THEN 1
            WHEN standing.f_before <= f_cuts.second_cut THEN 2
            WHEN standing.f_before <= f_cuts.third_cut THEN 3
            WHEN standing.f_before <= f_cuts.fourth_cut THEN 4
            ELSE 5
        END AS f_before,
        CASE
            WHEN standing.m_before IS NULL THEN NULL
            WHEN standing.m_before <= m_cuts.first_cut THEN 1
            WHEN standing.m_before <= m_cuts.second_cut THEN 2
            WHEN standing.m_before <= m_cuts.third_cut THEN 3
            WHEN standing.m_before <= m_cuts.fourth_cut THEN 4
            ELSE 5
        END AS m_before
    FROM standing
    JOIN cuts AS r_cuts ON r_cuts.part = 'r'
    JOIN cuts AS f_cuts ON f_cuts.part = 'f'
    JOIN cuts AS m_cuts ON m_cuts.part = 'm'
),

-- ------------------------------------------------------------------------ interactions, surveys, receivables

contacts AS (
    SELECT
        customer_id, type,
        COALESCE(severity, 1) AS severity,
        CAST(date AS DATE) > $recent_after AS recent,
        closed IS NULL OR CAST(closed AS DATE) > $as_of AS still_open
    FROM tierbook_interactions
    WHERE CAST(date AS DATE) <= $as_of
),

care AS (
    SELECT
        customer_id,
        COUNT(*) FILTER (WHERE type = 'complaint' AND recent) AS complaints_recent,
        COUNT(*) FILTER (WHERE type = 'praise' AND recent) AS praises_recent,
        COUNT(*) FILTER (
            WHERE COALESCE(type, '') NOT IN ('complaint', 'praise', 'suggestion', 'consultation', 'claim') AND recent
        ) AS contacts_recent,
        COUNT(*) FILTER (WHERE type = 'complaint' AND still_open) AS open_complaints,
        MAX(severity) FILTER (WHERE type = 'complaint' AND (recent OR still_open)) AS worst_severity
    FROM contacts
    GROUP BY customer_id
),

survey_days AS (
    SELECT customer_id, MAX(date) AS date
    FROM tierbook_surveys
    WHERE date <= $as_of
    GROUP BY customer_id
),

-- Each answer as a share of its scale.
given_answers AS (
    SELECT
        survey.customer_id,
        survey.item = 'nps' AS is_nps,
        CAST(survey.score / COALESCE(NULLIF(survey.scale, 0), 10) AS DECIMAL(38, 12)) AS share
    FROM tierbook_surveys AS survey
    JOIN survey_days ON survey_days.customer_id = survey.customer_id AND survey_days.date = survey.date
),

opinions AS (
    SELECT
        customer_id,
        CAST(10 * SUM(share) FILTER (WHERE is_nps) AS DOUBLE)
            / NULLIF(COUNT(share) FILTER (WHERE is_nps), 0) AS nps,
        CAST(100 * SUM(share) FILTER (WHERE NOT is_nps) AS DOUBLE)
            / NULLIF(COUNT(share) FILTER (WHERE NOT is_nps), 0) AS satisfaction
    FROM given_answers
    GROUP BY customer_id
),

invoices AS (
    SELECT
        customer_id, due,
        CAST(amount AS DECIMAL(38, 6)) - CASE
            WHEN paid_date IS NULL OR paid_date <= $as_of THEN CAST(COALESCE(paid, 0) AS DECIMAL(38, 6))
            ELSE 0
        END AS open_amount
    FROM tierbook_receivables
    WHERE issued IS NULL OR issued <= $as_of
),

debts AS (
    SELECT
        customer_id,
        SUM(open_amount) FILTER (WHERE open_amount > 0) AS receivable,
        MIN(due) FILTER (WHERE open_amount > 0) AS oldest_due
    FROM invoices
    GROUP BY customer_id
),

-- ---------------------------------------------------------------------------------------------------- the table

-- Joined a few at a time: what is joined in one go shares the room there is.

bought AS (
    SELECT
        people.customer,
        people.customer_id,
        COALESCE(orders.orders, 0) AS orders,
        CAST(COALESCE(money.total_spend, 0) AS DOUBLE) AS total_spend,
        CAST(COALESCE(money.total_cost, 0) AS DOUBLE) AS total_cost,
        CAST(COALESCE(money.total_spend, 0) - COALESCE(money.total_cost, 0) AS DOUBLE) AS net_value,
        CAST(COALESCE(money.turnover, 0) AS DOUBLE) AS turnover,
        rhythm.first_date,
        rhythm.last_date,
        DATE_DIFF('day', rhythm.last_date, $as_of) AS days_since_last,
        CAST(DATE_DIFF('day', rhythm.first_date, $as_of) AS DOUBLE) / 30.4375 AS tenure_months,
        COALESCE(rhythm.active_months, 0) AS active_months,
        COALESCE(orders.orders_recent, 0) AS orders_recent,
        CAST(COALESCE(money.spend_recent, 0) AS DOUBLE) AS spend_recent,
        COALESCE(orders.orders_previous, 0) AS orders_previous,
        CAST(COALESCE(money.spend_previous, 0) AS DOUBLE) AS spend_previous,
        rhythm.median_gap_days,
        rhythm.frequency,
        DATE_DIFF('day', rhythm.first_date, rhythm.last_date) AS recency,
        DATE_DIFF('day', rhythm.first_date, $as_of) AS age,
        CAST(rhythm.repeat_spend AS DOUBLE) / NULLIF(rhythm.frequency, 0) AS monetary_value,
        rfm.r AS rfm_r,
        rfm.f AS rfm_f,
        rfm.m AS rfm_m,
        rfm.r_before AS rfm_r_before,
        rfm.f_before AS rfm_f_before,
        rfm.m_before AS rfm_m_before
    FROM people
    LEFT JOIN money ON money.customer = people.customer
    LEFT JOIN orders ON orders.customer = people.customer
    LEFT JOIN rhythm ON rhythm.customer = people.customer
    LEFT JOIN rfm ON rfm.customer = people.customer
),

preferred AS (
    SELECT
        money.customer,
        CASE WHEN category.spend > 0 THEN category.name END AS top_category,
        CASE
            WHEN category.spend > 0 AND category.total > 0
                THEN CAST(category.spend AS DOUBLE) / CAST(category.total AS DOUBLE)
        END AS top_category_share,
        CASE WHEN channel.spend > 0 THEN channel.name END AS top_channel,
        channel.names AS channels,
        new_products.new_products,
        settlement.name AS settlement
    FROM money
    LEFT JOIN top_category AS category ON category.customer = money.customer
    LEFT JOIN top_channel AS channel ON channel.customer = money.customer
    LEFT JOIN top_settlement AS settlement ON settlement.customer = money.customer
    LEFT JOIN new_products ON new_products.customer = money.customer
),

told AS (
    SELECT
        people.customer,
        terms.mean_discount,
        terms.median_holding_days,
        COALESCE(referrals.referrals, 0) AS referrals,
        CAST(COALESCE(referrals.referred_spend, 0) AS DOUBLE) AS referred_spend,
        COALESCE(guest_visits.guest_visits, 0) AS guest_visits,
        COALESCE(designations.designations, 0) AS designations,
        COALESCE(care.complaints_recent, 0) AS complaints_recent,
        COALESCE(care.praises_recent, 0) AS praises_recent,
        COALESCE(care.contacts_recent, 0) AS contacts_recent,
        COALESCE(care.open_complaints, 0) AS open_complaints,
        care.worst_severity,
        opinions.nps,
        opinions.satisfaction,
        CASE WHEN given.receivables THEN CAST(COALESCE(debts.receivable, 0) AS DOUBLE) END AS receivable,
        CASE
            WHEN debts.oldest_due < $as_of THEN DATE_DIFF('day', debts.oldest_due, $as_of)
            WHEN debts.customer_id IS NOT NULL THEN 0
        END AS overdue_days
    FROM people
    LEFT JOIN terms ON terms.customer_id = people.customer_id
    LEFT JOIN referrals ON referrals.customer_id = people.customer_id
    LEFT JOIN guest_visits ON guest_visits.customer_id = people.customer_id
    LEFT JOIN designations ON designations.customer_id = people.customer_id
    LEFT JOIN care ON care.customer_id = people.customer_id
    LEFT JOIN opinions ON opinions.customer_id = people.customer_id
    LEFT JOIN debts ON debts.customer_id = people.customer_id
    CROSS JOIN tierbook_given AS given
),

joined AS (
    SELECT
        bought.*,
        preferred.top_category, preferred.top_category_share, preferred.top_channel,
        COALESCE(preferred.channels, 0) AS channels,
        COALESCE(preferred.new_products, 0) AS new_products,
        told.mean_discount, told.median_holding_days,
        told.referrals, told.referred_spend, told.guest_visits, told.designations,
        told.complaints_recent, told.praises_recent, told.contacts_recent, told.open_complaints, told.worst_severity,
        told.nps, told.satisfaction, told.receivable, told.overdue_days,
        CASE WHEN listed.credit_limit > 0 THEN listed.credit_limit END AS credit_limit,
        COALESCE(listed.settlement, preferred.settlement) AS settlement
    FROM bought
    JOIN told ON told.customer = bought.customer
    LEFT JOIN preferred ON preferred.customer = bought.customer
    LEFT JOIN tierbook_customers AS listed ON listed.customer_id = bought.customer_id
)

SELECT
    customer_id,
    orders, total_spend, total_cost, net_value,
    total_spend / NULLIF(orders, 0) AS average_order,
    first_date, last_date, days_since_last, tenure_months,
    orders / GREATEST(tenure_months, 1) AS orders_per_month,
    CASE WHEN orders > 0 THEN total_spend / GREATEST(tenure_months, 1) ELSE 0 END AS spend_per_month,
    active_months, orders_recent, spend_recent, orders_previous, spend_previous,
    CASE WHEN spend_previous > 0 THEN (spend_recent - spend_previous) / spend_previous END AS spend_change,
    median_gap_days,
    days_since_last / median_gap_days AS overdue_ratio,
    frequency, recency, age AS "T", monetary_value,
    rfm_r, rfm_f, rfm_m, rfm_r + rfm_f + rfm_m AS rfm_total,
    rfm_r_before, rfm_f_before, rfm_m_before, rfm_r_before + rfm_f_before + rfm_m_before AS rfm_total_before,
    top_category, top_category_share, top_channel, channels, new_products,
    mean_discount, turnover, median_holding_days,
    referrals, referred_spend, guest_visits, designations,
    complaints_recent, praises_recent, contacts_recent, open_complaints, worst_severity,
    nps, satisfaction, receivable, overdue_days, receivable / credit_limit AS credit_used, settlement
FROM joined
