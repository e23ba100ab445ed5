"""Purchases by calendar month, counted again in plain loops."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

import pytest

from tests.tierbook.aggregate_data import AS_OF, answered, exact, tables


def purchases(given):
    """Rows up to the as-of date as (customer, day, amount)."""
    rows = given["tierbook_transactions"].to_pylist()
    return [(row["customer_id"], row["date"], row["amount"]) for row in rows if row["date"] <= AS_OF]


@pytest.mark.parametrize("seed", range(3))
def test_calendar_months_hold_every_amount_up_to_the_day(seed):
    given = tables(seed)
    amounts, buyers = defaultdict(list), defaultdict(set)
    for customer, day, amount in purchases(given):
        amounts[day.replace(day=1)].append(amount)
        if amount >= 0:
            buyers[day.replace(day=1)].add(customer)
    assert answered(given, "calendar_months") == [
        {"month": month, "revenue": exact(amounts[month]), "active": len(buyers[month])}
        for month in sorted(amounts)
    ]


@pytest.mark.parametrize("seed", range(3))
def test_cohorts_follow_customers_from_the_month_of_their_first_purchase(seed):
    given = tables(seed)
    months = defaultdict(set)
    for customer, day, amount in purchases(given):
        if amount >= 0:
            months[customer].add(day.replace(day=1))
    counts: dict[tuple[date, date], int] = defaultdict(int)
    for bought in months.values():
        for month in bought:
            counts[min(bought), month] += 1
    assert answered(given, "cohorts") == [
        {"cohort": cohort, "month": month, "customers": count}
        for (cohort, month), count in sorted(counts.items())
    ]


@pytest.mark.parametrize("seed", range(3))
def test_who_bought_again_is_counted_among_those_who_had_the_time(seed):
    given = tables(seed)
    days = defaultdict(set)
    for customer, day, amount in purchases(given):
        if amount >= 0:
            days[customer].add(day)
    for row in answered(given, "second_purchases"):
        limit = timedelta(days=row["days"])
        there = [sorted(bought) for bought in days.values() if min(bought) + limit <= AS_OF]
        assert row["customers"] == len(there)
        assert row["repeated"] == sum(len(bought) > 1 and bought[1] <= bought[0] + limit for bought in there)


@pytest.mark.parametrize("seed", range(3))
def test_the_churn_rate_of_a_month_is_that_of_the_function(seed):
    from tierbook.aggregates import month_ends
    from tierbook.churn import churn_rate

    given = tables(seed)
    bought = [(customer, day) for customer, day, amount in purchases(given) if amount >= 0]
    ids, days = zip(*bought, strict=True)
    found = answered(given, "churn_months")
    edges = month_ends(AS_OF)
    assert [row["month_end"] for row in found] == edges[1:]
    for row, start in zip(found, edges, strict=False):
        expected = churn_rate(ids, days, start=start, end=row["month_end"], inactive_days=90)
        assert (row["customers"], row["lost"]) == (expected.active, expected.lost)
    assert sum(row["lost"] for row in found) > 0
