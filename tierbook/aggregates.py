"""The small tables a report is drawn from: SQL texts that run where the customers and transactions are.

`query(name, …)` gives the text of one aggregate; the engine has these tables or views:

- `scored`: one row per customer, features and results (`spec/systems.md`, standard features; result columns of a run);
  a subject the pack does not have leaves its columns (`value`, `tier`, `stage`, `churn_level` …) there and empty
- `scored_before`: the same at `as_of - window_days` (no rows where there is no earlier run)
- `transactions_`: `customer_id`, `date`, `amount`; later dates than `as_of` may be in it

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

*figures* are customers, active, revenue_recent, revenue, revenue_year, value, flagged. `revenue` is all of `total_spend`,
`revenue_recent` that of the window, `revenue_year` that of the last twelve months; `active` bought in the window;
`buyers` ever bought; `flagged` is flagged for churn. A missing tier, stage or level is a row of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from tierbook.errors import DataError

NAMES = (
    "totals", "months", "tiers", "stages", "churn_levels", "levels_by_tier", "signals",
    "tier_moves", "stage_moves", "pareto", "classes",
)  # fmt: skip

# Class A ends where the customers before reach 80 % of revenue, class B at 95 % (spec/systems.md, L).
CLASS_A, CLASS_B = 0.80, 0.95


def query(name: str, *, as_of: date, parts: Sequence[str] = (), signals: Sequence[str] = (), window_days: int = 90) -> str:
    """The SQL text of one aggregate table.

    Parameters
    ----------
    name : str
        One of `NAMES`.
    as_of : date
        The day the run speaks for.
    parts : sequence of str
        Names of the value parts; `scored` has a column `value.<part>` for each.
    signals : sequence of str
        Names of the churn signals, as `churn_signals` lists them (`spend_drop; long_gap`).
    window_days : int
        Length of the window. [days]

    Raises
    ------
    DataError
        A name that is not in `NAMES`.
    """
    edges = month_ends(as_of)
    if name == "totals":
        return _totals(as_of, edges, window_days)
    if name == "months":
        return _months(edges)
    if name == "tiers":
        sums = "".join(f', {_sum(_quoted(f"value.{part}"))} AS {_quoted(f"value.{part}")}' for part in parts)
        return _grouped("tier", edges, more=f", MIN(value) AS lowest_value, MAX(value) AS highest_value{sums}")
    if name == "levels_by_tier":
        return _grouped("tier, churn_level", edges)
    if name in _KEYS:
        return _grouped(_KEYS[name], edges)
    if name == "signals":
        return _signals(signals, edges)
    if name in _MOVES:
        return _moves(_MOVES[name])
    if name == "pareto":
        return _pareto()
    if name == "classes":
        return _classes(edges)
    raise DataError("There is no aggregate {name}.", fix="Use one of {names}.", name=repr(name), names=", ".join(NAMES))


_KEYS = {"stages": "stage", "churn_levels": "churn_level"}
_MOVES = {"tier_moves": "tier", "stage_moves": "stage"}


def month_ends(as_of: date, count: int = 12) -> list[date]:
    """`count + 1` dates a calendar month apart, the last one `as_of`; a month is (date, next date].

    >>> [day.isoformat() for day in month_ends(date(2026, 3, 31), 2)]
    ['2026-01-31', '2026-02-28', '2026-03-31']
    """
    return [_months_before(as_of, back) for back in range(count, -1, -1)]


def _months_before(day: date, back: int) -> date:
    from calendar import monthrange

    year, month = divmod(day.year * 12 + day.month - 1 - back, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _totals(as_of: date, edges: Sequence[date], window_days: int) -> str:
    new = f"first_date > {_day(as_of)} - INTERVAL '{window_days}' DAY"
    return f"""
{_with_year(edges)}
SELECT {_figures()},
    {_count("orders > 0")} AS buyers,
    {_count(new)} AS new_customers,
    COUNT(value) AS valued,
    {_sum("CASE WHEN churn_flagged THEN value END")} AS flagged_value,
    {_sum("CASE WHEN churn_flagged THEN revenue_year END")} AS flagged_revenue_year
FROM scored_year"""


def _months(edges: Sequence[date]) -> str:
    starts = list(zip(edges, edges[1:], strict=False))
    calendar = " UNION ALL ".join(
        f"SELECT {number} AS month_number, {_day(end)} AS month_end" for number, (_, end) in enumerate(starts, 1)
    )
    # The latest month is tried first: a day belongs to the last month that starts before it.
    number_of = " ".join(
        f"WHEN date > {_day(start)} THEN {number}" for number, (start, _) in reversed(list(enumerate(starts, 1)))
    )
    return f"""
WITH calendar AS ({calendar}),
dated AS (
    SELECT customer_id, amount, CASE {number_of} END AS month_number
    FROM transactions_ WHERE date > {_day(edges[0])} AND date <= {_day(edges[-1])}
),
monthly AS (
    SELECT month_number, {_sum("amount")} AS revenue,
        COUNT(DISTINCT CASE WHEN amount >= 0 THEN dated.customer_id END) AS active,
        {_count("amount >= 0")} AS orders,
        COUNT(DISTINCT CASE WHEN amount >= 0 AND churn_flagged THEN dated.customer_id END) AS flagged_active,
        {_sum("CASE WHEN churn_flagged THEN amount END")} AS flagged_revenue
    FROM dated JOIN scored ON scored.customer_id = dated.customer_id
    GROUP BY month_number
),
arrived AS (
    SELECT month_number, COUNT(*) AS customers
    FROM calendar JOIN scored ON scored.first_date <= calendar.month_end
    GROUP BY month_number
)
SELECT calendar.month_end,
    COALESCE(revenue, 0) AS revenue, COALESCE(active, 0) AS active, COALESCE(orders, 0) AS orders,
    COALESCE(customers, 0) AS customers, COALESCE(flagged_active, 0) AS flagged_active,
    COALESCE(flagged_revenue, 0) AS flagged_revenue
FROM calendar
LEFT JOIN monthly ON monthly.month_number = calendar.month_number
LEFT JOIN arrived ON arrived.month_number = calendar.month_number
ORDER BY calendar.month_end"""


def _grouped(keys: str, edges: Sequence[date], more: str = "") -> str:
    return f"""
{_with_year(edges)}
SELECT {keys}, {_figures()}{more}
FROM scored_year GROUP BY {keys} ORDER BY {keys}"""


def _signals(signals: Sequence[str], edges: Sequence[date]) -> str:
    # churn_signals is 'spend_drop; long_gap': with a separator on both ends a name is never part of another one.
    listed = "'; ' || COALESCE(churn_signals, '') || ';'"
    named = " UNION ALL ".join(f"SELECT {_text(signal)} AS signal" for signal in signals) or "SELECT '' AS signal"
    return f"""
{_with_year(edges)},
named AS ({named})
SELECT signal, {_figures()}
FROM named JOIN scored_year ON POSITION('; ' || signal || ';' IN {listed}) > 0
WHERE signal <> '' GROUP BY signal ORDER BY signal"""


def _moves(column: str) -> str:
    return f"""
SELECT earlier.{column} AS before, scored.{column} AS now, COUNT(*) AS customers, {_sum("scored.value")} AS value
FROM scored LEFT JOIN scored_before AS earlier ON earlier.customer_id = scored.customer_id
GROUP BY earlier.{column}, scored.{column} ORDER BY 1, 2"""


# A customer whose refunds exceed the purchases brings nothing and leaves the total alone.
_RANKED = """
spend AS (
    SELECT customer_id, CAST(CASE WHEN total_spend > 0 THEN total_spend ELSE 0 END AS DECIMAL(38, 6)) AS amount FROM scored
),
ranked AS (
    SELECT customer_id, amount,
        ROW_NUMBER() OVER (ORDER BY amount DESC, customer_id) AS place,
        SUM(amount) OVER (ORDER BY amount DESC, customer_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running,
        COUNT(*) OVER () AS customers,
        CAST(SUM(amount) OVER () AS DOUBLE PRECISION) AS total
    FROM spend
)"""


def _pareto() -> str:
    return f"""
WITH {_RANKED}
SELECT CAST(CEIL(place * 100.0 / customers) AS INTEGER) AS point,
    CAST(MAX(place) AS DOUBLE PRECISION) / MAX(customers) AS customer_share,
    CASE WHEN MAX(total) > 0 THEN CAST(MAX(running) AS DOUBLE PRECISION) / MAX(total) ELSE 0 END AS revenue_share
FROM ranked GROUP BY CEIL(place * 100.0 / customers) ORDER BY point"""


def _classes(edges: Sequence[date]) -> str:
    before = "CAST(running - amount AS DOUBLE PRECISION)"
    return f"""
{_with_year(edges)}, {_RANKED},
classed AS (
    SELECT scored_year.*, place,
        CASE WHEN amount <= 0 THEN 'C' WHEN {before} < {CLASS_A} * total THEN 'A' WHEN {before} < {CLASS_B} * total THEN 'B' ELSE 'C' END
        AS class
    FROM ranked JOIN scored_year ON scored_year.customer_id = ranked.customer_id
)
SELECT class, {_figures()}, MIN(place) AS first_place, MAX(place) AS last_place
FROM classed GROUP BY class ORDER BY class"""


def _with_year(edges: Sequence[date]) -> str:
    """`scored_year`: the customers with their revenue of the last twelve months."""
    return f"""WITH year_spend AS (
    SELECT customer_id, SUM(CAST(amount AS DECIMAL(38, 6))) AS amount
    FROM transactions_ WHERE date > {_day(edges[0])} AND date <= {_day(edges[-1])} GROUP BY customer_id
),
scored_year AS (
    SELECT scored.*, COALESCE(year_spend.amount, 0) AS revenue_year
    FROM scored LEFT JOIN year_spend ON year_spend.customer_id = scored.customer_id
)"""


def _figures() -> str:
    return f"""COUNT(*) AS customers,
    {_count("orders_recent > 0")} AS active,
    {_sum("spend_recent")} AS revenue_recent,
    {_sum("total_spend")} AS revenue,
    {_sum("revenue_year")} AS revenue_year,
    {_sum("value")} AS value,
    {_count("churn_flagged")} AS flagged"""


def _sum(expression: str) -> str:
    return f"CAST(COALESCE(SUM(CAST({expression} AS DECIMAL(38, 6))), 0) AS DOUBLE PRECISION)"


def _count(condition: str) -> str:
    return f"COUNT(CASE WHEN {condition} THEN 1 END)"


def _day(day: date) -> str:
    return f"DATE '{day.isoformat()}'"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
