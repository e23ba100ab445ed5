"""Pieces of SQL that DuckDB, PostgreSQL and Spark read alike."""

from __future__ import annotations

from datetime import date

NUMBERED = """numbered AS (
    SELECT people.*, numbers.customer
    FROM people JOIN tierbook_numbers AS numbers ON numbers.customer_id = people.customer_id
)"""
"""The step that gives people the number which rows of purchases have in place of their identifier."""


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


def exact_sum(expression: str) -> str:
    """Money summed exactly and turned into a double once."""
    return f"CAST(COALESCE(SUM(CAST({expression} AS DECIMAL(38, 6))), 0) AS DOUBLE PRECISION)"


def total_of(expression: str) -> str:
    """Exact money, such as the amounts of `tierbook_sales`, added up and turned into a double once."""
    return f"CAST(COALESCE(SUM({expression}), 0) AS DOUBLE PRECISION)"


def count_of(condition: str) -> str:
    """How many rows meet a condition."""
    return f"COUNT(CASE WHEN {condition} THEN 1 END)"


def hours_between(since: str, until: str) -> str:
    """Hours from one time to another, with all the fractions of a second they have."""
    return f"DATE_DIFF('microsecond', {since}, {until}) / 3600e6"


def day_text(day: date) -> str:
    """A date as SQL writes it."""
    return f"DATE '{day.isoformat()}'"
