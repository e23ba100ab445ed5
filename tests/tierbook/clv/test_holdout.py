"""The second 39 weeks of the CDNOW sample, as the first 39 foresee them."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from tests.tierbook.clv.cdnow import END, log
from tierbook.clv.holdout import hold_out
from tierbook.errors import DataError

LAST = date(1998, 6, 30)


@pytest.fixture(scope="module")
def found():
    return hold_out(*log(), calibration_end=END, end=LAST)


def test_totals_are_those_of_the_sample_and_of_another_package(found):
    """1,882 purchase days came; lifetimes 0.11.3 expects 1,653.4 in 273 days."""
    assert np.nansum(found.actual) == 1882
    assert np.nansum(found.expected) == pytest.approx(1653.4087, abs=1e-2)
    assert found.errors.total == pytest.approx(1653.4087 / 1882 - 1, abs=1e-5)


def test_groups_by_repeat_purchases_add_up(found):
    groups = found.by_frequency
    assert groups.frequency.tolist() == list(range(8))
    assert groups.customers.sum() == 2357
    assert groups.customers[0] == 2357 - 946
    assert (groups.actual * groups.customers).sum() == pytest.approx(1882)
    assert (groups.expected * groups.customers).sum() == pytest.approx(np.nansum(found.expected))
    assert (np.diff(groups.expected) > 0).all()


def test_the_curve_counts_repeat_purchases_day_by_day(found):
    curve = found.curve
    assert curve.day[0] == np.datetime64("1997-01-01")
    assert curve.day[-1] == np.datetime64("1998-06-30")
    at_end = int(np.flatnonzero(curve.day == np.datetime64(END))[0])
    assert curve.actual[at_end] == 2457
    assert curve.actual[-1] == 2457 + 1882
    assert (np.diff(curve.expected) >= 0).all()
    assert curve.expected[at_end] == pytest.approx(2457, rel=0.05)


def test_the_model_beats_going_on_as_before(found):
    errors = found.errors
    assert errors.mean_absolute < errors.naive_mean_absolute
    assert errors.root_mean_square < errors.naive_root_mean_square
    assert 0 < errors.curve < 0.1


def test_the_verdict_is_in_words(found):
    assert found.verdict.level == "note"
    assert "expected 1,653 purchases, 1,882 came (-12%)" in found.verdict.text()
    assert "1,882" in found.verdict.text("zh")
    assert found.verdict.text("zh") != found.verdict.text()


def test_too_few_purchases_and_a_wrong_model_are_said():
    customer, day, amount = log()
    few = hold_out(customer, day, amount, calibration_end=END, end=date(1997, 10, 5))
    assert "too few to judge" in few.verdict.text()
    random = np.random.default_rng(1)
    stopped = day > np.datetime64(END)
    kept = ~stopped | (random.random(day.size) < 0.4)
    wrong = hold_out(customer[kept], day[kept], amount[kept], calibration_end=END, end=LAST)
    assert wrong.verdict.level == "warning"
    assert "may not be trusted" in wrong.verdict.text()


def test_customers_who_came_later_are_left_out():
    customer, day, amount = log()
    new = np.append(customer, customer.max() + np.array([1, 1]))
    when = np.append(day, np.array(["1998-01-01", "1998-02-01"], dtype="datetime64[D]"))
    found = hold_out(new, when, np.append(amount, [5, 5]), calibration_end=END, end=LAST)
    assert found.actual.size == 2358
    assert np.isnan(found.actual[-1])
    assert np.isnan(found.expected[-1])
    assert np.nansum(found.actual) == 1882


def test_periods_that_cannot_be_are_refused():
    with pytest.raises(DataError, match="ends on 1997-09-30, not after the calibration on 1997-09-30"):
        hold_out(*log(), calibration_end=END, end=END)
    with pytest.raises(DataError, match="Nobody bought after 1998-06-30"):
        hold_out(*log(), calibration_end=LAST, end=date(1998, 7, 1))
