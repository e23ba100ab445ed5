"""Holidays of a pack: of every year, or of single days."""

from __future__ import annotations

from datetime import date

import pytest

from tierbook.holidays import Holiday, falling, holiday_of


@pytest.mark.parametrize("written, first, last, expected, why", [
    (["01-01"], date(2026, 12, 2), date(2027, 1, 1), ["2027-01-01"], "over the end of the year, the last day included"),
    (["01-01"], date(2026, 1, 1), date(2027, 12, 31), ["2026-01-01", "2027-01-01"], "every year"),
    (["02-29"], date(2027, 2, 1), date(2027, 3, 1), ["2027-02-28"], "a leap day is kept on the 28th"),
    (["2027-02-06"], date(2026, 1, 1), date(2028, 1, 1), ["2027-02-06"], "a day that moves is that day only"),
    (["2027-02-06"], date(2027, 2, 7), date(2028, 1, 1), [], "what is past is past"),
    (["01-01", "2027-01-01"], date(2027, 1, 1), date(2027, 1, 1), ["2027-01-01"], "once a day"),
])  # fmt: skip
def test_holidays_fall_where_they_are_due(written, first, last, expected, why):
    found = falling([holiday_of("day", written)], first, last)
    assert [one.day.isoformat() for one in found] == expected, why


def test_holidays_come_by_day_and_then_in_the_order_of_the_pack():
    found = falling(
        [Holiday("b", ((1, 2),)), Holiday("a", ((1, 2), (1, 1)))], date(2027, 1, 1), date(2027, 1, 3)
    )
    assert [one.name for one in found] == ["a", "b", "a"]
