"""Change from one period to the next."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tierbook.errors import DataError
from tierbook.periods import (
    A_YEAR,
    growth,
    period_end,
    period_name,
    period_number,
    period_start,
    period_table,
)


@pytest.mark.parametrize(
    ("current", "previous", "expected", "why"),
    [
        (120, 100, 0.2, "a fifth more"),
        (70, 100, -0.3, "three tenths less"),
        (0, 100, -1, "all of it lost"),
        (-20, 100, -1.2, "refunds may turn a period negative"),
        (100, 0, math.nan, "nothing to grow from"),
        (100, -50, math.nan, "a loss is no base"),
        (math.nan, 100, math.nan, "missing in, missing out"),
        (100, math.nan, math.nan, "missing in, missing out"),
    ],
)
def test_growth_is_the_change_as_a_share_of_the_previous_period(current, previous, expected, why):
    assert growth([current], [previous]).tolist() == pytest.approx([expected], nan_ok=True), why


def test_growth_of_a_list_and_of_nothing():
    np.testing.assert_allclose(growth([120, 5], [100, 0]), [0.2, np.nan])
    assert growth([], []).tolist() == []


@given(st.floats(0.01, 1e9), st.floats(-1, 10))
def test_growth_undoes_what_was_added(previous, change):
    assert growth([previous * (1 + change)], [previous])[0] == pytest.approx(change, abs=1e-9)


# --- Periods of a calendar


DAY = st.dates(date(2022, 1, 1), date(2025, 12, 31))
ROWS = st.lists(st.tuples(DAY, st.integers(-10_000, 100_000)), max_size=40)


def place(day: date, period: str) -> tuple[int, int]:
    """Year and place in the year, by plain arithmetic."""
    return day.year, {
        "month": day.month - 1,
        "ten_day": (day.month - 1) * 3 + (0 if day.day <= 10 else 1 if day.day <= 20 else 2),
        "quarter": (day.month - 1) // 3,
        "year": 0,
    }[period]


@given(ROWS, st.sampled_from(sorted(A_YEAR)))
def test_periods_are_what_plain_loops_find(rows, period):
    sums: dict[tuple[int, int], int] = {}
    for day, cents in rows:
        sums[place(day, period)] = sums.get(place(day, period), 0) + cents
    found = period_table([day for day, _ in rows], [cents / 100 for _, cents in rows], period=period)
    keys = [divmod(number, A_YEAR[period]) for number in found.number.tolist()]
    assert {
        key: round(value * 100)
        for key, value in zip(keys, found.value.tolist(), strict=True)
        if value == value
    } == sums
    for at, (year, last) in enumerate(keys):
        so_far = [sums.get((year, one), math.nan) for one in range(last + 1)]
        expected = sum(so_far) / 100
        assert found.ytd[at] == pytest.approx(expected, nan_ok=True)
        before = sums.get((year - 1, last), math.nan) / 100
        assert found.last_year[at] == pytest.approx(before, nan_ok=True)
    np.testing.assert_array_equal(found.yoy, growth(found.value, found.last_year))
    np.testing.assert_array_equal(found.mom, growth(found.value, found.previous))


def test_a_missing_month_blanks_the_year_so_far_in_both_years():
    days = ["2024-01-01", "2024-02-01", "2024-03-01", "2025-01-01", "2025-03-01"]
    found = period_table(np.array(days, "datetime64[D]"), [10, 10, 10, 20, 20])
    assert period_name(found.number[-3:], period="month").tolist() == ["2025-01", "2025-02", "2025-03"]
    np.testing.assert_array_equal(found.ytd[-3:], [20, np.nan, np.nan])
    np.testing.assert_array_equal(found.ytd_yoy[-3:], [1, np.nan, np.nan])
    np.testing.assert_array_equal(found.yoy[-3:], [1, np.nan, 1])


def test_amounts_are_summed_exactly_however_large():
    day = np.array(["2024-01-01"] * 4, "datetime64[D]")
    assert period_table(day, [9e12, 0.01, -9e12, 0.02]).value.tolist() == [0.03]
    assert period_table(day[:3], [0.1, 0.1, 0.1]).value.tolist() == [0.3]


def test_rows_without_a_date_or_an_amount_count_nowhere():
    assert period_table(np.array(["NaT", "2024-01-01"], "datetime64[D]"), [1, math.nan]).value.size == 0
    assert period_table(np.array([], "datetime64[D]"), []).number.tolist() == []


def test_another_kind_of_period_is_refused_with_those_there_are():
    with pytest.raises(DataError, match="month, ten_day, quarter, year, not week"):
        period_table(np.array(["2024-01-01"], "datetime64[D]"), [1], period="week")


@pytest.mark.parametrize(
    ("period", "first", "last", "name"),
    [
        ("month", "2024-02-01", "2024-02-29", "2024-02"),
        ("ten_day", "2024-02-21", "2024-02-29", "2024-02-21/29"),
        ("quarter", "2024-01-01", "2024-03-31", "2024-Q1"),
        ("year", "2024-01-01", "2024-12-31", "2024"),
    ],
)
def test_a_period_knows_its_days_and_its_name(period, first, last, name):
    number = period_number(np.array(["2024-02-25"], "datetime64[D]"), period=period)
    assert period_start(number, period=period).astype(str).tolist() == [first]
    assert period_end(number, period=period).astype(str).tolist() == [last]
    assert period_name(number, period=period).tolist() == [name]
