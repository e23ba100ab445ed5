"""Members: months in which they bought of those they could have, and what they like best."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tierbook.members import preferred, stickiness

AS_OF = date(2026, 10, 31)


@pytest.mark.parametrize("months, joined, expected, why", [
    (10, "2026-01-31", 1.0, "both the month of joining and that of as_of count"),
    (1, "2026-10-31", 1.0, "joined today, bought today: one of one"),
    (0, "2025-11-01", 0.0, "a year without a purchase"),
    (6, "2025-11-30", 0.5, "half of twelve months"),
    (1, "2026-11-01", np.nan, "joined after as_of is no member yet"),
    (1, "NaT", np.nan, "nobody knows since when"),
    (np.nan, "2026-01-01", np.nan, "nobody knows what was bought"),
])  # fmt: skip
def test_stickiness_is_the_share_of_calendar_months(months, joined, expected, why):
    assert stickiness([months], [joined], as_of=AS_OF).tolist() == pytest.approx([expected], nan_ok=True), why


def test_no_members_have_no_stickiness():
    assert stickiness([], [], as_of=AS_OF).tolist() == []


@given(st.lists(st.tuples(st.integers(0, 3000), st.floats(0, 1)), max_size=20))
def test_stickiness_lies_between_nothing_and_every_month(members):
    joined = [np.datetime64(AS_OF) - np.timedelta64(days, "D") for days, _ in members]
    spans = [(AS_OF.year - int(str(day)[:4])) * 12 + AS_OF.month - int(str(day)[5:7]) + 1 for day in joined]
    months = [int(share * span) for (_, share), span in zip(members, spans, strict=True)]
    found = stickiness(months, np.array(joined, dtype="datetime64[D]"), as_of=AS_OF)
    assert ((found >= 0) & (found <= 1)).all()


def test_all_equal_takes_the_first_by_name():
    items = np.array(["tea", "mug", "bag"], dtype=object)
    assert preferred(np.array([0, 0, 0]), items, [5, 5, 5], customers=1).tolist() == ["bag"]


def test_who_redeemed_nothing_known_prefers_nothing():
    items = np.array([None, "mug"], dtype=object)
    assert preferred(np.array([0, 1]), items, [9, 0], customers=3).tolist() == [None, None, None]
    assert preferred(np.array([], dtype=int), items[:0], [], customers=0).tolist() == []
