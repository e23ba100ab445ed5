"""The small tables a report is drawn from: SQL texts that run where the customers and transactions are.

`query(name, …)` gives the text of one aggregate; the engine has these tables or views:

- `scored`: one row per customer, features and results (`spec/systems.md`, standard features; result columns of a run);
  a subject the pack does not have leaves its columns (`value`, `tier`, `stage`, `churn_level` …) there and empty
- `scored_before`: the same at `as_of - window_days` (no rows where there is no earlier run)
- `tierbook_numbers`: `customer_id`, `customer` (the number rows are joined by)
- `tierbook_sales`: `customer`, `date`, `amount`, `cost`, `product`, `category`, `channel`; later dates than `as_of` may be in it
- `tierbook_purchase_days`: `customer`, `date`, `day_before` (the purchase day before it), `place` (1 for the first), `new_month`
  (the first in its month), one row per customer and day with an amount of 0 or more; later ones may be in it
- `tierbook_transactions`, `tierbook_interactions` and further tables: all rows with every column of the table
- `groups_`: `customer_id`, `root` of the group, for `accounts`

Money is summed exactly and turned into a double once, so totals of any two tables agree to the cent.

| aggregate | one row per | columns beside the key |
|---|---|---|
| `totals` | run | customers, buyers, active, new_customers, valued, revenue_recent, revenue, revenue_year, value, flagged, flagged_value, flagged_revenue_year |
| `months` | month_end: twelve months, the last one ends at `as_of` | revenue, active, orders, customers, flagged_active, flagged_revenue |
| `tiers` | tier | figures, lowest_value, highest_value, `value.<part>` … |
| `stages` | stage | figures |
| `churn_levels` | churn_level | figures |
| `levels_by_tier` | tier, churn_level | figures |
| `signals` | signal | figures of the customers that show it; a customer may show several |
| `tier_moves`, `stage_moves` | before, now | customers, value; `before` is missing for who was not there |
| `pareto` | point (up to 100) | customer_share, revenue_share; the best customers first |
| `classes` | class (A, B, C) | figures, first_place, last_place |
| `calendar_months` | month (its first day) with a row up to `as_of` | revenue, active |
| `churn_months` | month_end, as in `months` | customers active at the end of the month before (a purchase in the window), lost of them (none in the window that ends now) |
| `cohorts` | cohort (month of the first purchase), month | customers of the cohort who bought in the month |
| `rfm_cells` | rfm_r, rfm_f | figures; missing scores are a row of their own |
| `rfm_segments` | rfm_segment | figures |
| `early_warnings` | early_warning, early_warning_reason | figures, where the pack has early warning |
| `warnings_by_stage` | stage, early_warning | figures, where the pack has early warning |
| `winbacks` | winback ("" is not lost) | figures and spend, the most to spend on them; where the pack has win back |
| `profits` | tier | figures, cost, profit |
| `best_fifth` | run | customers (a fifth of all, half up), profit: those with the most profit, of equal ones the first by id |
| `breakdown:<column>/<column>` | these columns of the customers | figures |
| `products` | product (missing for lines without one) | revenue, revenue_recent, customers, repeat_customers (on two days or more), purchase_days |
| `product_pairs` | product, other: two of the 200 products in most sales | both_sales, product_sales, other_sales, sales (all with a product); pairs in at least 5 sales and 0.1 % of them |
| `owners` | customer_id | owner: who sold last, else who was in contact last |
| `contract_ends` | customer_id with a contract that runs | contract_end: of the table contracts, the day the first of those that began and have not ended ends |
| `open_complaints` | complaint open at `as_of` | customer_id, opened, severity, reason |
| `channels:<column>` | channel, segment (the customer's column), of the last twelve months | contacts, cost (missing without one), revenue, margin (missing without a cost of a sale) |
| `best_channels:<column>` | product, segment with a channel, of the last twelve months | channel with the most margin, without costs the most revenue; channels there are, revenue, revenue_of_all, margin |
| `contact_habits` | customer_id with a contact that had an outcome | channel and weekday (1 is Monday) of most of them, gap_days (median between days of contact), contacts, last_day |
| `channel_conflicts` | customer_id, product, of the last twelve months | low_channel, low_price, high_channel, high_price (amount per piece), gap above 5 %, revenue |
| `campaigns` | campaign that began by `as_of` | name, start_day, end_day, cost; customers, responded, revenue of the target group; control, control_responded, control_revenue |
| `accounts` | account: the root of a group with a key account in it | customers, flagged, revenue_year, revenue_recent, revenue_previous, spend_of_budget, budget, contract_end, last_visit |
| `member_months` | customer_id with a purchase since joining | months: calendar months with one |
| `rewards` | customer_id, item (missing for rows without one) | times, points redeemed |
| `complaint_reasons` | reason of a complaint of the last twelve months (missing where none was written) | complaints, still_open, customers, flagged, value |
| `margin` | run | lines with a known cost, their revenue and cost |
| `histories:<day>` | frequency, recency, age on that day [days], later (purchase days after it) | customers who had bought by that day |
| `purchase_days:<day>` | date | customers among those who bought then |
| `indicators:<day>` | indicator of the period (day, `as_of`] | part, whole (the figure is part / whole), cases; of the tables of leads, surveys and campaigns too |
| `second_purchases` | days (30, 60 … 360) | customers whose first purchase is at least so long ago, repeated: of them again within so many days |
| `participations` | customer who took part in an edition, by a booking or by attending | customer_id, edition, side, date |
| `wants` | row of the table | customer_id, edition, side, categories, professional, preregistered, attended, value |
| `recruiting` | edition, side | cost of the interactions |
| `contacts` | interaction up to `as_of` | customer_id, phase, channel, outcome, tier |

*figures* are customers, active, revenue_recent, revenue, revenue_year, value, flagged. `revenue` is all of `total_spend`,
`revenue_recent` that of the window, `revenue_year` that of the last twelve months; `active` bought in the window;
`buyers` ever bought; `flagged` is flagged for churn. A missing tier, stage or level is a row of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from itertools import pairwise

from tierbook.aggregates import calendar, channels, contacts, fairs, indicators, products, repeats
from tierbook.aggregates.accounts import accounts, member_months, rewards
from tierbook.aggregates.campaigns import campaigns
from tierbook.aggregates.pieces import (
    NUMBERED,
    count_of,
    day_text,
    exact_sum,
    month_ends,
    total_of,
)
from tierbook.engines.quoting import literal, quoted
from tierbook.errors import DataError

NAMES = (
    "totals", "months", "tiers", "stages", "churn_levels", "levels_by_tier", "signals",
    "tier_moves", "stage_moves", "pareto", "classes", "calendar_months", "cohorts", "second_purchases",
    "rfm_cells", "rfm_segments", "products", "product_pairs", "owners", "contract_ends", "open_complaints", "churn_months", "early_warnings",
    "warnings_by_stage", "winbacks", "margin", "campaigns", "accounts", "member_months", "rewards", "profits", "best_fifth", "contact_habits", "channel_conflicts",
    "complaint_reasons",
    "participations", "wants", "recruiting", "contacts",
)  # fmt: skip

# Class A ends where the customers before reach 80 % of revenue, class B at 95 % (spec/systems.md, L).
CLASS_A, CLASS_B = 0.80, 0.95


def query(
    name: str, *, as_of: date, parts: Sequence[str] = (), signals: Sequence[str] = (), window_days: int = 90,
    scored: str = "scored", year_table: str = "",
) -> str:  # fmt: skip
    """The SQL text of one aggregate table.

    Parameters
    ----------
    name : str
        One of `NAMES`, `breakdown:<column>/<column>`, `channels:<column>` and `best_channels:<column>` with columns of
        the customers, or `histories:<day>`,
        `purchase_days:<day>` and `indicators:<day>` with a day such as 2026-03-31.
    as_of : date
        The day the run speaks for.
    parts : sequence of str
        Names of the value parts; `scored` has a column `value.<part>` for each.
    signals : sequence of str
        Names of the churn signals, as `churn_signals` lists them (`spend_drop; long_gap`).
    window_days : int
        Length of the window. [days]
    scored : str
        The table of customers to look at; `scored_before` for the aggregates of the earlier run.
    year_table : str
        The table that holds the result of `year_spend`, where it was kept.

    Raises
    ------
    DataError
        A name that is not in `NAMES`.
    """
    edges = month_ends(as_of)
    spent = f"SELECT customer_id, amount FROM {quoted(year_table)}" if year_table else year_spend(as_of)
    with_year = (f"year_spend AS ({spent}\n)", _PEOPLE_YEAR)
    steps: tuple[str, ...] = with_year
    more = _MORE_COLUMNS.get(name, ())
    if name == "totals":
        select = _totals(as_of, window_days)
    elif name == "months":
        steps, select = _month_steps(edges), _MONTHS
    elif name == "tiers":
        sums = "".join(
            f", {exact_sum(quoted(f'value.{part}'))} AS {quoted(f'value.{part}')}" for part in parts
        )
        select = _grouped("tier", more=f", MIN(value) AS lowest_value, MAX(value) AS highest_value{sums}")
    elif name == "profits":
        select = _grouped(
            "tier", more=f", {exact_sum('total_cost')} AS cost, {exact_sum('net_value')} AS profit"
        )
    elif name == "best_fifth":
        steps, select = (), _BEST_FIFTH
    elif name == "winbacks":
        select = _grouped("winback", more=f", {exact_sum('winback_spend')} AS spend")
    elif name in _KEYS:
        select = _grouped(_KEYS[name])
    elif name == "signals":
        steps, select = (*with_year, _named(signals)), _signals()
    elif name in _MOVES:
        steps, select = (), _moves(_MOVES[name])
    elif name == "pareto":
        steps, select = (_SPEND, _RANKED), _PARETO
    elif name == "classes":
        steps, select = (*with_year, _SPEND, _RANKED, _CLASSED), _grouped("class", "classed", _PLACES)
    elif name.startswith(BREAKDOWN):
        more = tuple(name.removeprefix(BREAKDOWN).split("/"))
        select = _grouped(", ".join(quoted(column) for column in more))
    elif name == "churn_months":
        steps, select = calendar.churn_months(edges, window_days)
    elif name.partition(":")[0] in _UP_TO_ANOTHER_DAY:
        kind, _, day = name.partition(":")
        steps, select = _UP_TO_ANOTHER_DAY[kind](as_of, date.fromisoformat(day))
    elif name == "products":
        steps, select = products.products(as_of, window_days)
    elif name.startswith(INDICATORS):
        start = date.fromisoformat(name.removeprefix(INDICATORS))
        steps, select = indicators.indicators(as_of, start, window_days)
    elif name.partition(":")[0] in _BY_COLUMN:
        kind, _, column = name.partition(":")
        more = (column,)
        steps, select = _BY_COLUMN[kind](as_of, column)
    elif name in _UP_TO_THE_DAY:
        steps, select = _UP_TO_THE_DAY[name](as_of)
        steps = (*with_year, *steps) if name == "accounts" else steps
    else:
        raise DataError(
            "There is no aggregate {name}.",
            fix="Use one of {names}.",
            name=repr(name),
            names=", ".join(NAMES),
        )
    # Only the columns we know: a customer's own column may be called `class` or `amount`.
    known = (*_COLUMNS, *(f"value.{part}" for part in parts))
    columns = ", ".join(quoted(column) for column in dict.fromkeys((*known, *more)))
    people = f"people AS (SELECT {columns} FROM {quoted(scored)})"
    numbered = (NUMBERED,) if any("numbered" in text for text in (*steps, select)) else ()
    return "WITH " + ",\n".join((people, *numbered, *steps)) + select


_COLUMNS = (
    "customer_id", "first_date", "orders", "orders_recent", "spend_recent", "total_spend",
    "value", "tier", "stage", "churn_level", "churn_flagged", "churn_signals",
)  # fmt: skip


_UP_TO_THE_DAY: dict[str, Callable[[date], tuple[tuple[str, ...], str]]] = {
    "calendar_months": calendar.calendar_months,
    "cohorts": calendar.cohorts,
    "second_purchases": calendar.second_purchases,
    "product_pairs": products.product_pairs,
    "owners": contacts.owners,
    "contract_ends": contacts.contract_ends,
    "open_complaints": contacts.open_complaints,
    "complaint_reasons": contacts.complaint_reasons,
    "contact_habits": channels.habits,
    "channel_conflicts": channels.conflicts,
    "margin": repeats.margin,
    "participations": fairs.participations,
    "wants": fairs.wants,
    "recruiting": fairs.recruiting,
    "contacts": fairs.contacts,
    "campaigns": campaigns,
    "accounts": accounts,
    "member_months": member_months,
    "rewards": rewards,
}
_BY_COLUMN: dict[str, Callable[[date, str], tuple[tuple[str, ...], str]]] = {
    "channels": channels.matrix,
    "best_channels": channels.best,
}
_UP_TO_ANOTHER_DAY: dict[str, Callable[[date, date], tuple[tuple[str, ...], str]]] = {
    "histories": repeats.histories,
    "purchase_days": repeats.purchase_days,
}
_KEYS = {
    "stages": "stage", "churn_levels": "churn_level", "levels_by_tier": "tier, churn_level",
    "rfm_cells": "rfm_r, rfm_f", "rfm_segments": "rfm_segment", "early_warnings": "early_warning, early_warning_reason",
    "warnings_by_stage": "stage, early_warning",
}  # fmt: skip
# Columns that not every table of customers has.
_MORE_COLUMNS = {
    "rfm_cells": ("rfm_r", "rfm_f"), "rfm_segments": ("rfm_segment",), "warnings_by_stage": ("early_warning",),
    "early_warnings": ("early_warning", "early_warning_reason"), "winbacks": ("winback", "winback_spend"),
    "accounts": ("spend_previous", "spend_per_month", "budget", "contract_end", "key_account"), "member_months": ("joined",),
    "profits": ("total_cost", "net_value"), "best_fifth": ("net_value",),
}  # fmt: skip
BREAKDOWN = "breakdown:"
INDICATORS = "indicators:"
_MOVES = {"tier_moves": "tier", "stage_moves": "stage"}


_FIGURES = f"""COUNT(*) AS customers,
    {count_of("orders_recent > 0")} AS active,
    {exact_sum("spend_recent")} AS revenue_recent,
    {exact_sum("total_spend")} AS revenue,
    {exact_sum("revenue_year")} AS revenue_year,
    {exact_sum("value")} AS value,
    {count_of("churn_flagged")} AS flagged"""

# The customers with their revenue of the last twelve months.
_PEOPLE_YEAR = """people_year AS (
    SELECT people.*, COALESCE(year_spend.amount, 0) AS revenue_year
    FROM people LEFT JOIN year_spend ON year_spend.customer_id = people.customer_id
)"""


def year_spend(as_of: date) -> str:
    """The SQL text of what each customer brought in the last twelve months; nearly every aggregate begins with it."""
    edges = month_ends(as_of)
    return f"""
    SELECT customer_id, amount
    FROM (
        SELECT customer, SUM(amount) AS amount FROM tierbook_sales
        WHERE date > {day_text(edges[0])} AND date <= {day_text(edges[-1])} GROUP BY customer
    ) AS spent JOIN tierbook_numbers AS numbers ON numbers.customer = spent.customer"""


def _grouped(keys: str, source: str = "people_year", more: str = "") -> str:
    return f"""
SELECT {keys}, {_FIGURES}{more}
FROM {source} GROUP BY {keys} ORDER BY {keys}"""


def _totals(as_of: date, window_days: int) -> str:
    return f"""
SELECT {_FIGURES},
    {count_of("orders > 0")} AS buyers,
    {count_of(f"first_date > {day_text(as_of - timedelta(days=window_days))}")} AS new_customers,
    COUNT(value) AS valued,
    {exact_sum("CASE WHEN churn_flagged THEN value END")} AS flagged_value,
    {exact_sum("CASE WHEN churn_flagged THEN revenue_year END")} AS flagged_revenue_year
FROM people_year"""


def _month_steps(edges: Sequence[date]) -> tuple[str, ...]:
    months = list(enumerate(pairwise(edges), 1))
    calendar = " UNION ALL ".join(
        f"SELECT {number} AS month_number, {day_text(end)} AS month_end" for number, (_, end) in months
    )

    def number_of(day: str) -> str:
        # The latest month is tried first: a day belongs to the last month that starts before it.
        cases = (f"WHEN {day} > {day_text(start)} THEN {number}" for number, (start, _) in reversed(months))
        return f"CASE {' '.join(cases)} END"

    within = f"date > {day_text(edges[0])} AND date <= {day_text(edges[-1])}"
    # By day first: there are fewer days than rows to say the month of.
    dated = f"""
    SELECT {number_of("date")} AS month_number, revenue, orders, flagged_revenue
    FROM (
        SELECT date, SUM(amount) AS revenue, {count_of("amount >= 0")} AS orders,
            SUM(CASE WHEN churn_flagged THEN amount END) AS flagged_revenue
        FROM tierbook_sales AS sale JOIN numbered ON numbered.customer = sale.customer
        WHERE {within} GROUP BY date
    ) AS days"""
    monthly = f"""
    SELECT month_number, {total_of("revenue")} AS revenue, CAST(SUM(orders) AS BIGINT) AS orders,
        {total_of("flagged_revenue")} AS flagged_revenue
    FROM dated GROUP BY month_number"""
    # A customer is counted on the first purchase day in a month.
    bought = f"""
    SELECT customer, {number_of("date")} AS month_number, {number_of("day_before")} AS month_before
    FROM tierbook_purchase_days WHERE {within}"""
    buyers = f"""
    SELECT month_number, COUNT(*) AS active, {count_of("churn_flagged")} AS flagged_active
    FROM bought JOIN numbered ON numbered.customer = bought.customer
    WHERE month_before IS NULL OR month_before < month_number
    GROUP BY month_number"""
    arrived = """
    SELECT month_number, COUNT(*) AS customers
    FROM calendar JOIN people ON people.first_date <= calendar.month_end
    GROUP BY month_number"""
    steps = {
        "calendar": calendar, "dated": dated, "monthly": monthly, "bought": bought, "buyers": buyers, "arrived": arrived,
    }  # fmt: skip
    return tuple(f"{name} AS ({text})" for name, text in steps.items())


_MONTHS = """
SELECT calendar.month_end,
    COALESCE(revenue, 0) AS revenue, COALESCE(active, 0) AS active, COALESCE(orders, 0) AS orders,
    COALESCE(customers, 0) AS customers, COALESCE(flagged_active, 0) AS flagged_active,
    COALESCE(flagged_revenue, 0) AS flagged_revenue
FROM calendar
LEFT JOIN monthly ON monthly.month_number = calendar.month_number
LEFT JOIN buyers ON buyers.month_number = calendar.month_number
LEFT JOIN arrived ON arrived.month_number = calendar.month_number
ORDER BY calendar.month_end"""


def _named(signals: Sequence[str]) -> str:
    names = (
        " UNION ALL ".join(f"SELECT {literal(signal)} AS signal" for signal in signals)
        or "SELECT '' AS signal"
    )
    return f"named AS ({names})"


def _signals() -> str:
    # churn_signals is 'spend_drop; long_gap': with a separator on both ends a name is never part of another one.
    listed = "'; ' || COALESCE(churn_signals, '') || ';'"
    return f"""
SELECT signal, {_FIGURES}
FROM named JOIN people_year ON POSITION('; ' || signal || ';' IN {listed}) > 0
WHERE signal <> '' GROUP BY signal ORDER BY signal"""


def _moves(column: str) -> str:
    return f"""
SELECT earlier.{column} AS before, people.{column} AS now, COUNT(*) AS customers, {exact_sum("people.value")} AS value
FROM people LEFT JOIN scored_before AS earlier ON earlier.customer_id = people.customer_id
GROUP BY earlier.{column}, people.{column} ORDER BY 1, 2"""


# A customer whose refunds exceed the purchases brings nothing and leaves the total alone.
_SPEND = """spend AS (
    SELECT customer_id, CAST(CASE WHEN total_spend > 0 THEN total_spend ELSE 0 END AS DECIMAL(38, 6)) AS amount FROM people
)"""
_RANKED = """ranked AS (
    SELECT customer_id, amount,
        ROW_NUMBER() OVER (ORDER BY amount DESC, customer_id) AS place,
        SUM(amount) OVER (ORDER BY amount DESC, customer_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running,
        COUNT(*) OVER () AS everyone,
        CAST(SUM(amount) OVER () AS DOUBLE PRECISION) AS total
    FROM spend
)"""
_BEST_FIFTH = f"""
SELECT COUNT(*) AS customers, {exact_sum("net_value")} AS profit
FROM (
    SELECT net_value, ROW_NUMBER() OVER (ORDER BY net_value DESC, customer_id) AS place, COUNT(*) OVER () AS everyone
    FROM people WHERE net_value IS NOT NULL
) AS placed
WHERE place <= FLOOR(everyone * 0.2 + 0.5)"""
_PARETO = """
SELECT CAST(CEIL(place * 100.0 / everyone) AS INTEGER) AS point,
    CAST(MAX(place) AS DOUBLE PRECISION) / MAX(everyone) AS customer_share,
    CASE WHEN MAX(total) > 0 THEN CAST(MAX(running) AS DOUBLE PRECISION) / MAX(total) ELSE 0 END AS revenue_share
FROM ranked GROUP BY CEIL(place * 100.0 / everyone) ORDER BY point"""
_BEFORE = "CAST(running - amount AS DOUBLE PRECISION)"
_CLASSED = f"""classed AS (
    SELECT people_year.*, place, CASE
        WHEN amount <= 0 THEN 'C'
        WHEN {_BEFORE} < {CLASS_A} * total THEN 'A'
        WHEN {_BEFORE} < {CLASS_B} * total THEN 'B'
        ELSE 'C' END AS class
    FROM ranked JOIN people_year ON people_year.customer_id = ranked.customer_id
)"""
_PLACES = ", MIN(place) AS first_place, MAX(place) AS last_place"
