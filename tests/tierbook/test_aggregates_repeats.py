"""What purchase models are fitted to and held against, counted again in plain loops."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from tests.tierbook.aggregate_data import AS_OF, answered, exact, tables

UNTIL = date(2026, 1, 31)


def bought(given):
    """The purchase days of each customer known by the day, up to the as-of date."""
    days: dict[str, set[date]] = {}
    for row in given["tierbook_transactions"].to_pylist():
        if row["date"] <= AS_OF and row["amount"] >= 0:
            days.setdefault(row["customer_id"], set()).add(row["date"])
    return [sorted(found) for found in days.values() if min(found) <= UNTIL]


@pytest.mark.parametrize("seed", range(3))
def test_histories_end_on_the_day_and_count_what_came_later(seed):
    given = tables(seed)
    expected: Counter[tuple[int, int, int, int]] = Counter()
    for days in bought(given):
        known = [day for day in days if day <= UNTIL]
        key = len(known) - 1, (known[-1] - known[0]).days, (UNTIL - known[0]).days, len(days) - len(known)
        expected[key] += 1
    found = answered(given, f"histories:{UNTIL}")
    assert {
        (row["frequency"], row["recency"], row["age"], row["later"]): row["customers"] for row in found
    } == expected
    assert [tuple(row.values()) for row in found] == sorted(tuple(row.values()) for row in found)


@pytest.mark.parametrize("seed", range(3))
def test_purchase_days_count_the_customers_known_by_the_day(seed):
    given = tables(seed)
    expected = Counter(day for days in bought(given) for day in days)
    found = answered(given, f"purchase_days:{UNTIL}")
    assert {row["date"]: row["customers"] for row in found} == expected


def test_a_margin_is_that_of_the_lines_whose_cost_is_known():
    given = tables(0)
    rows = [
        row
        for row in given["tierbook_transactions"].to_pylist()
        if row["cost"] is not None and row["date"] <= AS_OF
    ]
    (found,) = answered(given, "margin")
    assert found["lines"] == len(rows)
    assert (found["revenue"], found["cost"]) == tuple(
        exact(row[name] for row in rows) for name in ("amount", "cost")
    )
