"""Volumes, fees and loads of metered customers, and registers (`spec/systems.md` G): SQL texts over their readings.

The engine has the tables of `aggregates.query`, and `tierbook_readings` and `tierbook_registers`.

| aggregate | one row per | columns beside the key |
|---|---|---|
| `usage_months` | measure (volume, fee), tier, month (its first day) | value, customers |
| `usage_customers` | customer with a volume in one of the months compared | tier, volume and fee of the last whole month; volume before, a year ago, so far this year, so far last year; missing where a month is |
| `load_alerts` | customer, alert | tier, readings, last (when), worst, border |
| `ten_days` | period_start, period_end: nine ten-day periods that are over | due (who must report), reported, volume |
| `ten_days_open` | who must report and has not, for the last period that is over | tier, last (day of the last volume) |
| `register_items` | item of a register | kind, customer_id, due, state, owner, closed, done, late (closed after its due day), overdue (open after it) |

Alerts: `over_load` (worst: load / capacity), `voltage_apart` and `current_apart` ((highest - lowest) / highest of three
phases read at one moment), `phase_missing` (one or two phases read at a moment), `no_load_reading` (worst: days since
the last one, missing where there never was one). The first three are of the window that ends on the as-of date.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

import numpy as np

from tierbook import periods
from tierbook.aggregates.pieces import count_of, day_text, exact_sum
from tierbook.engines.quoting import literal, quoted

NAMES = ("usage_months", "usage_customers", "load_alerts", "ten_days", "ten_days_open")
ALERTS = ("over_load", "voltage_apart", "current_apart", "phase_missing", "no_load_reading")
MOST_PERIODS = 9


class Metering(NamedTuple):
    """What a pack says of readings.

    `load_over` a share of the capacity, `phases_apart` a share of the highest phase, `silent_days` [days]; `metered` and
    `ten_days` are yes/no columns of the customers, `ten_days` "" where nobody reports.
    """

    load_over: float
    phases_apart: float
    silent_days: float
    metered: str
    ten_days: str = ""


def query(
    name: str, *, as_of: date, window_days: int, metering: Metering | None, scored: str = "scored"
) -> str:
    """The SQL text of one aggregate of `NAMES`.

    Parameters
    ----------
    as_of : date
        The day the run speaks for; later readings are ignored.
    window_days : int
        Length of the window of alerts. [days]
    metering : Metering, optional
        Without it there are no alerts and nobody must report.
    scored : str
        The table of customers.
    """
    if name == "usage_months":
        return _usage_months(as_of, scored)
    if name == "usage_customers":
        return _usage_customers(as_of, scored)
    if name == "load_alerts":
        return _load_alerts(as_of, as_of - timedelta(days=window_days), metering, scored)
    return (_ten_days if name == "ten_days" else _ten_days_open)(as_of, metering, scored)


def last_whole_month(as_of: date) -> date:
    """First day of the last month that is over on a day.

    >>> last_whole_month(date(2026, 10, 31)).isoformat(), last_whole_month(date(2026, 10, 30)).isoformat()
    ('2026-10-01', '2026-09-01')
    """
    return _begin(_last_whole(as_of, "month"), "month")


def _last_whole(as_of: date, period: str) -> int:
    day = np.array([as_of], dtype="datetime64[D]")
    number = periods.period_number(day, period=period)
    return int(number[0]) - (0 if periods.period_end(number, period=period)[0] <= day[0] else 1)


def _begin(number: int, period: str) -> date:
    return periods.period_start(number, period=period)[0].item()


def _monthly(as_of: date, measures: str, since: date | None = None) -> str:
    """What each customer used or paid in each month."""
    begin = f" AND CAST(date AS DATE) >= {day_text(since)}" if since else ""
    return f"""monthly AS (
    SELECT customer_id, measure, CAST(DATE_TRUNC('month', date) AS DATE) AS month,
        SUM(CAST(value AS DECIMAL(38, 6))) AS value
    FROM tierbook_readings
    WHERE measure IN ({measures}) AND value IS NOT NULL AND CAST(date AS DATE) <= {day_text(as_of)}{begin}
    GROUP BY customer_id, measure, CAST(DATE_TRUNC('month', date) AS DATE)
)"""


def _usage_months(as_of: date, scored: str) -> str:
    return f"""WITH {_monthly(as_of, "'volume', 'fee'")}
SELECT measure, tier, month, {exact_sum("monthly.value")} AS value, COUNT(*) AS customers
FROM monthly JOIN (SELECT customer_id, tier FROM {quoted(scored)}) AS people ON people.customer_id = monthly.customer_id
GROUP BY measure, tier, month ORDER BY measure, tier, month"""


def _usage_customers(as_of: date, scored: str) -> str:
    last = _last_whole(as_of, "month")
    place = last % 12

    def one(number: int, measure: str = "volume") -> str:
        month = day_text(_begin(number, "month"))
        value = f"CASE WHEN measure = {literal(measure)} AND month = {month} THEN value END"
        return f"CAST(SUM({value}) AS DOUBLE PRECISION)"

    def so_far(back: int) -> str:
        first, end = _begin(last - place - back, "month"), _begin(last - back, "month")
        within = f"measure = 'volume' AND month >= {day_text(first)} AND month <= {day_text(end)}"
        total = f"CAST(SUM(CASE WHEN {within} THEN value END) AS DOUBLE PRECISION)"
        return f"CASE WHEN {count_of(within)} = {place + 1} THEN {total} END"

    since = _begin(last - place - 12, "month")
    until = _begin(last + 1, "month") - timedelta(days=1)
    return f"""WITH {_monthly(until, "'volume', 'fee'", since)}
SELECT monthly.customer_id, MAX(tier) AS tier, {one(last)} AS volume, {one(last, "fee")} AS fee,
    {one(last - 1)} AS previous, {one(last - 12)} AS last_year, {so_far(0)} AS so_far, {so_far(12)} AS so_far_last_year
FROM monthly JOIN (SELECT customer_id, tier FROM {quoted(scored)}) AS people ON people.customer_id = monthly.customer_id
GROUP BY monthly.customer_id ORDER BY monthly.customer_id"""


def _load_alerts(as_of: date, after: date, metering: Metering | None, scored: str) -> str:
    if metering is None:
        return f"""SELECT customer_id, tier, '' AS alert, 0 AS readings, CAST(NULL AS TIMESTAMP) AS last,
    CAST(NULL AS DOUBLE PRECISION) AS worst, CAST(NULL AS DOUBLE PRECISION) AS border FROM {quoted(scored)} WHERE 1 = 0"""
    # By the customer's number: millions of moments are grouped, and the identifiers people use are heavy.
    people = f"""
    SELECT customer, scored.customer_id, tier, capacity, {quoted(metering.metered)} AS metered
    FROM {quoted(scored)} AS scored JOIN tierbook_numbers AS numbers ON numbers.customer_id = scored.customer_id"""
    day = "CAST(date AS DATE)"
    recent = f"""
    SELECT customer, capacity, date, measure, value
    FROM tierbook_readings AS readings JOIN people ON people.customer_id = readings.customer_id
    WHERE {day} > {day_text(after)} AND {day} <= {day_text(as_of)} AND value IS NOT NULL"""
    over_load = f"""
    SELECT customer, 'over_load' AS alert, COUNT(*) AS readings, MAX(date) AS last,
        MAX(value / capacity) AS worst, {metering.load_over!r} AS border
    FROM recent WHERE measure = 'load' AND capacity > 0 AND value / capacity > {metering.load_over!r}
    GROUP BY customer"""
    phases = " + ".join(
        f"MAX(CASE WHEN measure IN ('voltage_{one}', 'current_{one}') THEN 1 ELSE 0 END)" for one in "abc"
    )
    named = ", ".join(f"'{kind}_{one}'" for kind in ("voltage", "current") for one in "abc")
    voltage = "measure IN ('voltage_a', 'voltage_b', 'voltage_c')"
    moments = f"""
    SELECT customer, date, {voltage} AS voltage, MAX(value) AS highest, MIN(value) AS lowest, {phases} AS phases
    FROM recent WHERE measure IN ({named}) GROUP BY customer, date, {voltage}"""
    apart = f"""
    SELECT customer, CASE WHEN voltage THEN 'voltage_apart' ELSE 'current_apart' END AS alert, COUNT(*) AS readings,
        MAX(date) AS last, MAX((highest - lowest) / highest) AS worst, {metering.phases_apart!r} AS border
    FROM moments WHERE phases = 3 AND highest > 0 AND (highest - lowest) / highest > {metering.phases_apart!r}
    GROUP BY customer, voltage"""
    missing = """
    SELECT customer, 'phase_missing' AS alert, COUNT(*) AS readings, MAX(date) AS last,
        CAST(NULL AS DOUBLE PRECISION) AS worst, CAST(NULL AS DOUBLE PRECISION) AS border
    FROM moments WHERE phases < 3 GROUP BY customer"""
    ago = f"CAST(DATE_DIFF('day', CAST(last AS DATE), {day_text(as_of)}) AS DOUBLE PRECISION)"
    silent = f"""
    SELECT customer, 'no_load_reading' AS alert, 0 AS readings, last, {ago} AS worst,
        {float(metering.silent_days)!r} AS border
    FROM people LEFT JOIN (
        SELECT customer_id, MAX(date) AS last FROM tierbook_readings
        WHERE measure = 'load' AND value IS NOT NULL AND {day} <= {day_text(as_of)} GROUP BY customer_id
    ) AS seen ON seen.customer_id = people.customer_id
    WHERE metered AND (last IS NULL OR {ago} >= {float(metering.silent_days)!r})"""
    steps = {
        "people": people, "recent": recent, "over_load": over_load, "moments": moments, "apart": apart,
        "missing": missing, "silent": silent,
    }  # fmt: skip
    listed = " UNION ALL ".join(
        f"SELECT customer, alert, CAST(readings AS BIGINT) AS readings, last, CAST(worst AS DOUBLE PRECISION) AS worst, "
        f"CAST(border AS DOUBLE PRECISION) AS border FROM {step}"
        for step in ("over_load", "apart", "missing", "silent")
    )
    order = "CASE alert " + " ".join(f"WHEN '{name}' THEN {at}" for at, name in enumerate(ALERTS)) + " END"
    parts = ", ".join(f"{name} AS ({text})" for name, text in steps.items())
    return f"""WITH {parts}
SELECT people.customer_id, tier, alert, readings, last, worst, border
FROM ({listed}) AS alerts JOIN people ON people.customer = alerts.customer
ORDER BY {order}, worst IS NOT NULL, worst DESC, readings DESC, people.customer_id"""


def _reporting(metering: Metering | None, scored: str) -> str:
    of = quoted(metering.ten_days) if metering and metering.ten_days else "FALSE"
    return f"people AS (SELECT customer_id, tier FROM {quoted(scored)} WHERE {of})"


def _ten_days(as_of: date, metering: Metering | None, scored: str) -> str:
    last = _last_whole(as_of, "ten_day")
    calendar = " UNION ALL ".join(
        f"SELECT {day_text(_begin(number, 'ten_day'))} AS period_start,"
        f" {day_text(_begin(number + 1, 'ten_day') - timedelta(days=1))} AS period_end"
        for number in range(last - MOST_PERIODS + 1, last + 1)
    )
    reported = """
    SELECT period_start, readings.customer_id, SUM(CAST(value AS DECIMAL(38, 6))) AS value
    FROM calendar JOIN tierbook_readings AS readings
        ON CAST(readings.date AS DATE) >= period_start AND CAST(readings.date AS DATE) <= period_end
    JOIN people ON people.customer_id = readings.customer_id
    WHERE measure = 'volume' AND value IS NOT NULL GROUP BY period_start, readings.customer_id"""
    return f"""WITH {_reporting(metering, scored)}, calendar AS ({calendar}), reported AS ({reported})
SELECT calendar.period_start, period_end, (SELECT COUNT(*) FROM people) AS due, COUNT(reported.customer_id) AS reported,
    CAST(SUM(value) AS DOUBLE PRECISION) AS volume
FROM calendar LEFT JOIN reported ON reported.period_start = calendar.period_start
GROUP BY calendar.period_start, period_end ORDER BY calendar.period_start"""


def _ten_days_open(as_of: date, metering: Metering | None, scored: str) -> str:
    last = _last_whole(as_of, "ten_day")
    begin, end = _begin(last, "ten_day"), _begin(last + 1, "ten_day") - timedelta(days=1)
    return f"""WITH {_reporting(metering, scored)}, seen AS (
    SELECT customer_id, MAX(CAST(date AS DATE)) AS last FROM tierbook_readings
    WHERE measure = 'volume' AND value IS NOT NULL AND CAST(date AS DATE) <= {day_text(end)} GROUP BY customer_id
)
SELECT people.customer_id, tier, last
FROM people LEFT JOIN seen ON seen.customer_id = people.customer_id
WHERE last IS NULL OR last < {day_text(begin)} ORDER BY last IS NOT NULL, last, people.customer_id"""


def register_items(as_of: date, closed_when: str) -> str:
    """The SQL text of the aggregate `register_items`; `closed_when` is a condition on the row, never NULL."""
    day = day_text(as_of)
    done = f"({closed_when}) AND (closed IS NULL OR closed <= {day})"
    return f"""WITH items AS (SELECT item, kind, customer_id, due, state, owner, closed, {done} AS done FROM tierbook_registers)
SELECT items.*, done AND COALESCE(closed > due, FALSE) AS late, NOT done AND COALESCE(due < {day}, FALSE) AS overdue
FROM items ORDER BY done, due IS NULL, due, item, customer_id"""
