"""Cohorts: who came back, and what is not known yet."""

from __future__ import annotations

import math
from datetime import date, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tierbook.retention import cohort_table

ROWS = st.lists(
    st.tuples(st.sampled_from("ABCDEF"), st.dates(date(2024, 1, 1), date(2024, 12, 31))), max_size=40
)


def table(rows, **more):
    ids = np.array([customer for customer, _ in rows], dtype=object)
    return cohort_table(ids, np.array([day for _, day in rows], dtype="datetime64[D]"), **more)


@given(ROWS, st.none() | st.dates(date(2024, 6, 1), date(2025, 3, 1)))
def test_cohorts_are_what_plain_loops_find(rows, as_of):
    found = table(rows, as_of=as_of)
    day = as_of or max((day for _, day in rows), default=date.min)
    months: dict[str, set[int]] = {}
    for customer, bought in rows:
        if bought <= day:
            months.setdefault(customer, set()).add(bought.year * 12 + bought.month - 1)
    firsts = [min(one) for one in months.values()]
    assert found.cohort.tolist() == sorted(set(firsts))
    for at, cohort in enumerate(found.cohort.tolist()):
        people = [one for one in months.values() if min(one) == cohort]
        assert found.customers[at] == len(people)
        for place, bought in enumerate(found.bought[at].tolist()):
            month = cohort + place
            over = date((month + 1) // 12, (month + 1) % 12 + 1, 1) - timedelta(days=1) <= day
            expected = sum(month in one for one in people) if over else math.nan
            assert bought == expected or (math.isnan(bought) and math.isnan(expected))


def test_a_month_that_is_not_over_is_blank_and_its_cohort_has_a_size():
    rows = [("A", date(2024, 1, 5)), ("B", date(2024, 2, 3)), ("A", date(2024, 2, 10))]
    assert table(rows).customers.tolist() == [1, 1]
    np.testing.assert_array_equal(table(rows).retained, [[1], [np.nan]])
    whole = table(rows, as_of=date(2024, 2, 29))
    np.testing.assert_array_equal(whole.retained, [[1, 1], [1, np.nan]])
    np.testing.assert_array_equal(whole.mean, [1, 1])


def test_the_mean_weighs_cohorts_by_their_size():
    rows = [(one, date(2024, 1, 5)) for one in "ABC"] + [
        ("D", date(2024, 2, 1)),
        ("A", date(2024, 2, 2)),
        ("D", date(2024, 3, 1)),
    ]
    np.testing.assert_allclose(table(rows, as_of=date(2024, 3, 31)).mean, [1, 2 / 4, 0])


def test_nobody_makes_no_cohort():
    assert table([]).cohort.size == 0
    assert table([("A", date(2024, 1, 5))], as_of=date(2023, 12, 31)).cohort.size == 0
