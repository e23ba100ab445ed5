from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tierbook.clv.cdnow import END, calibration, log
from tierbook.clv.summary import purchase_summary
from tierbook.errors import DataError


def test_cdnow_has_the_published_sums():
    found = purchase_summary(*log(), as_of=END)
    assert found.frequency.size == 2357
    assert found.frequency.sum() == 2457
    assert (found.frequency > 0).sum() == 946
    assert found.recency.sum() == 112_949
    assert found.T.sum() == 539_779
    assert calibration().T.max() == pytest.approx(38.857, abs=1e-3)


def test_a_refund_is_no_purchase_and_a_free_one_is():
    days = ["2025-01-01", "2025-01-05", "2025-01-09", "2025-01-09"]
    found = purchase_summary([0, 0, 0, 0], days, [10, 0, -5, -5], as_of=date(2025, 1, 10))
    assert [float(column[0]) for column in found] == [1, 4, 9, 0]


def test_a_purchase_without_an_amount_is_not_seen_where_amounts_are_given():
    found = purchase_summary([0, 0], ["2025-01-01", "2025-01-05"], [10, np.nan], as_of=date(2025, 1, 10))
    assert found.frequency.tolist() == [0]


def test_purchases_after_the_day_of_the_analysis_are_not_seen():
    found = purchase_summary([0, 1], ["2025-01-01", "2025-02-01"], as_of=date(2025, 1, 31))
    assert found.T.tolist()[0] == 30
    assert np.isnan(found.T[1])
    assert np.isnan(found.frequency[1])


@given(
    st.lists(
        st.tuples(st.integers(0, 6), st.integers(0, 40), st.integers(-2, 50)), min_size=1, max_size=80
    ).filter(lambda rows: any(row[2] >= 0 for row in rows)),
)
def test_the_summary_is_that_of_counting_by_hand(rows):
    start = np.datetime64("2025-01-01")
    customer, day, amount = (list(column) for column in zip(*rows, strict=True))
    found = purchase_summary(customer, start + np.array(day), amount, as_of=date(2025, 2, 10))
    for one in range(found.T.size):
        days = sorted({d for c, d, a in rows if c == one and a >= 0})
        if not days:
            assert np.isnan(found.frequency[one])
            continue
        repeat = sum(a for c, d, a in rows if c == one and a >= 0 and d != days[0])
        expected = [len(days) - 1, days[-1] - days[0], 40 - days[0]]
        assert [found.frequency[one], found.recency[one], found.T[one]] == expected
        if len(days) > 1:
            assert found.monetary_value[one] == pytest.approx(repeat / (len(days) - 1))
        else:
            assert np.isnan(found.monetary_value[one])


def test_nothing_to_sum_up_is_said():
    with pytest.raises(DataError, match="no purchase up to 2025-01-01"):
        purchase_summary([0], ["2025-02-01"], as_of=date(2025, 1, 1))
    with pytest.raises(DataError, match="different lengths"):
        purchase_summary([0, 1], ["2025-02-01"], as_of=date(2025, 1, 1))
    with pytest.raises(DataError, match="negative"):
        purchase_summary([-1], ["2025-02-01"], as_of=date(2025, 3, 1))
