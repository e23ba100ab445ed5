"""Service level and coverage: the worked dates of the specification, and odd inputs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tierbook.errors import DataError
from tierbook.service_level import coverage, service_levels

NOT_YET = "NaT"


@pytest.mark.parametrize("closed, within, state, why", [
    ("2026-03-04T23:59", 2, "on_time", "the last day is included, whatever the time"),
    ("2026-03-05T00:00", 2, "late", "a minute after midnight is the next day"),
    ("2026-03-02T09:31", 2, "on_time", "the same day"),
    ("2026-03-07T08:00", 5, "on_time", "five days for others"),
    ("2026-03-08T08:00", 5, "late", "and no more"),
    ("2026-03-20T08:00", 5, "open", "closed after the day asked about"),
    (NOT_YET, 5, "open", "never closed"),
    ("2026-03-09T08:00", np.nan, "on_time", "without a term nothing is late"),
])  # fmt: skip
def test_days_are_counted_between_dates(closed, within, state, why):
    found = service_levels(["2026-03-02T22:30"], [closed], [within], as_of="2026-03-10")
    assert found.state.tolist() == [state], why


def test_open_includes_overdue_and_says_by_how_many_days():
    found = service_levels(["2026-03-02"] * 2, [NOT_YET] * 2, [8, 7], as_of="2026-03-10")
    assert found.state.tolist() == ["open", "open"]
    assert found.overdue.tolist() == [False, True]
    assert found.days_over.tolist() == [0, 1]


def test_what_comes_later_is_not_there_yet():
    found = service_levels(["2026-03-11", NOT_YET], [NOT_YET, NOT_YET], [2, 2], as_of="2026-03-10")
    assert found.state.tolist() == [None, None]
    assert not found.overdue.any()


def test_a_request_is_never_closed_before_it_came():
    with pytest.raises(DataError, match="closed on 2026-03-01, before it came on 2026-03-02") as error:
        service_levels(["2026-03-02", "2026-03-02"], ["2026-03-05", "2026-03-01"], [2, 2], as_of="2026-03-10")
    assert list(error.value.rows) == [1]


def test_one_value_and_nothing_at_all():
    assert service_levels("2026-03-02", NOT_YET, 2, as_of="2026-03-03").state.tolist() == ["open"]
    assert service_levels([], [], [], as_of="2026-03-03").state.tolist() == []


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 30))
def test_more_time_never_makes_a_request_late(opened, took, within):
    came = np.datetime64("2026-03-01") + opened
    levels = [
        service_levels([came], [came + took], [days], as_of="2026-12-31").days_over[0]
        for days in (within, within + 1)
    ]
    assert levels[1] <= levels[0]
    assert levels[0] == max(0, took - within)


@pytest.mark.parametrize("reached, due, share, why", [
    ([45, 30], [50, 50], 0.75, "all over all"),
    ([0], [50], 0.0, "nobody was reached"),
    ([0], [0], np.nan, "zero contacts are no share"),
    ([np.nan, 5], [9, 10], 0.5, "a row without a count is not counted"),
    ([], [], np.nan, "nothing at all"),
    (7, 7, 1.0, "one value"),
    ([3, 3, 3], [4, 4, 4], 0.75, "all equal"),
])  # fmt: skip
def test_coverage_is_all_reached_over_all_due(reached, due, share, why):
    assert coverage(reached, due) == pytest.approx(share, nan_ok=True), why


@pytest.mark.parametrize("reached, due", [([6], [5]), ([-1], [5]), ([0], [-1])])
def test_counts_that_cannot_be_are_refused(reached, due):
    with pytest.raises(DataError, match="cannot have been reached"):
        coverage(reached, due)
