"""Backtest of churn warnings: figures by hand, and a real purchase log counted again in plain loops."""

from __future__ import annotations

import math
import statistics
from datetime import date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tierbook.backtest import Backtest, backtest, false_alarms, side_by_side
from tierbook.errors import DataError
from tierbook.quality import Problem
from udfs import call
from workbooks.samples import cdnow

CUTOFF = date(2025, 3, 31)
days = st.lists(
    st.tuples(st.booleans(), st.integers(0, 400), st.one_of(st.none(), st.integers(1, 200))), max_size=30
)


def on(*offsets):
    """Days before (negative) or after the cut-off."""
    return [None if offset is None else CUTOFF + timedelta(days=offset) for offset in offsets]


def test_figures_worked_by_hand():
    # Ten customers, four lost, three flagged of whom two are lost: recall 2/4, precision 2/3, lift (2/3) / (4/10).
    flagged = [True, True, True] + [False] * 7
    last = on(-10, -70, -30, -1, -2, -3, -4, -5, -6, -7)
    following = on(None, 91, 90, None, 200, 1, 2, 3, 4, 5)
    found = backtest(flagged, last, following, cutoff=CUTOFF, lost_after_days=180)
    assert found == Backtest(10, 3, 4, 0.5, 2 / 3, 2 / 3 / 0.4, 140)  # lead: median of 170 and 110


@pytest.mark.parametrize(
    "last, following, population, lost, why",
    [
        (0, None, 1, 1, "a purchase on the cut-off day is before it"),
        (-364, None, 1, 1, "the 365 days up to the cut-off end with it"),
        (-365, None, 0, 0, "a year ago is too long"),
        (None, 5, 0, 0, "a customer of the time after is nobody's warning"),
        (-1, 90, 1, 0, "the last day of the horizon is in it"),
        (-1, 91, 1, 1, "the day after is not"),
    ],
)
def test_days_at_the_edge_belong_where_the_specification_puts_them(last, following, population, lost, why):
    found = backtest([True], on(last), on(following), cutoff=CUTOFF, lost_after_days=90)
    assert (found.population, found.lost) == (population, lost), why


def test_figures_without_anybody_to_count_are_unknown():
    found = backtest([], [], [], cutoff=CUTOFF, lost_after_days=90)
    assert found[:3] == (0, 0, 0)
    assert all(math.isnan(figure) for figure in found[3:])


def test_a_flag_after_the_loss_has_a_negative_lead():
    assert backtest([True], on(-200), on(None), cutoff=CUTOFF, lost_after_days=180).lead_days == -20


def test_a_horizon_of_no_days_is_refused():
    with pytest.raises(DataError, match="at least 1 day, not 0"):
        backtest([], [], [], cutoff=CUTOFF, lost_after_days=90, horizon_days=0)


@given(days)
def test_flagging_everybody_finds_everybody_and_is_no_better_than_chance(rows):
    last, following = on(*(-ago for _, ago, _ in rows)), on(*(later for _, _, later in rows))
    found = backtest([True] * len(rows), last, following, cutoff=CUTOFF, lost_after_days=90)
    assert found.flagged == found.population
    if found.lost:
        assert (found.recall, found.lift) == (1, 1)


@given(days)
def test_precision_and_recall_count_the_same_hits(rows):
    last, following = on(*(-ago for _, ago, _ in rows)), on(*(later for _, _, later in rows))
    flagged = np.array([flag for flag, _, _ in rows], dtype=bool)
    found = backtest(flagged, last, following, cutoff=CUTOFF, lost_after_days=90)
    if found.lost and found.flagged:
        assert found.recall * found.lost == pytest.approx(found.precision * found.flagged)


def test_the_model_flags_as_many_as_the_rules_the_least_alive_first():
    # Of four in the population two are lost; the rules flag one lost and one kept, the model both lost.
    flagged = [True, False, True, False, True]
    alive = [0.2, 0.2, 0.9, math.nan, 0.0]
    last, following = on(-50, -90, -10, -5, -400), on(None, None, 3, 4, 5)
    found = side_by_side(flagged, alive, last, following, cutoff=CUTOFF, lost_after_days=100)
    assert found.rules == Backtest(4, 2, 2, 0.5, 0.5, 1.0, 50)
    assert found.alive == Backtest(4, 2, 2, 1.0, 1.0, 2.0, 30)
    one = side_by_side([True, *[False] * 4], alive, last, following, cutoff=CUTOFF, lost_after_days=100)
    assert one.alive and one.alive.lead_days == 10, "of two alike the one who bought longest ago"
    last, following = on(-3, -2, -1), on(9, None, None)
    unknown = side_by_side(
        [True, False, False], [math.nan, 1, 1], last, following, cutoff=CUTOFF, lost_after_days=9
    )
    assert unknown.alive and unknown.alive.recall == 0.5, "who has no probability is flagged last"


@given(days, st.lists(st.floats(0, 1), min_size=30, max_size=30))
def test_both_sides_flag_equally_many_of_the_same_customers(rows, likely):
    last, following = on(*(-ago for _, ago, _ in rows)), on(*(later for _, _, later in rows))
    flagged = np.array([flag for flag, _, _ in rows], dtype=bool)
    found = side_by_side(flagged, likely[: len(rows)], last, following, cutoff=CUTOFF, lost_after_days=90)
    assert found.rules == pytest.approx(
        backtest(flagged, last, following, cutoff=CUTOFF, lost_after_days=90), nan_ok=True
    )
    assert found.alive
    assert found.rules[:3] == found.alive[:3]


def test_without_a_model_the_rules_stand_alone():
    why = Problem("warning", "No customer has frequency, recency and T.")
    found = side_by_side([True], why, on(-9), on(None), cutoff=CUTOFF, lost_after_days=90)
    assert found.rules.recall == 1
    assert (found.alive, found.unfitted) == (None, why)


def cell(day):
    """A date as a host passes it."""
    return datetime(day.year, day.month, day.day)


def test_the_published_log_backtests_as_plain_loops_do():
    log = cdnow.purchases()
    cutoff, horizon = date(1997, 9, 30), 273  # the calibration and holdout periods of Fader and Hardie
    bought: dict[str, list[date]] = {}
    for purchase in log:
        bought.setdefault(purchase.customer_id, []).append(purchase.date)
    rows = [
        ["customer_id", "date", "amount"],
        *([one.customer_id, cell(one.date), one.amount] for one in log),
    ]
    found = dict(call("CRM_BACKTEST", rows, cell(cutoff), horizon, "retail")[1:])

    assert found["population"] == 2_357  # everybody, all bought in the first quarter of 1997
    lost = {
        one
        for one, days in bought.items()
        if not any(cutoff < day <= cutoff + timedelta(horizon) for day in days)
    }
    assert found["lost"] == len(lost)
    warned = dict(row[::6] for row in call("CRM_EARLY_WARNING", rows, cell(cutoff), "retail")[1:])
    flagged = {one for one, level in warned.items() if level in ("warning", "lost")}
    assert found["flagged"] == len(flagged)
    hits = flagged & lost
    assert found["recall"] == pytest.approx(len(hits) / len(lost))
    assert found["precision"] == pytest.approx(len(hits) / len(flagged))
    assert found["lift"] == pytest.approx(len(hits) / len(flagged) / (len(lost) / 2_357))
    leads = [(max(day for day in bought[one] if day <= cutoff) - cutoff).days + 180 for one in hits]
    assert found["lead_days"] == statistics.median(leads)
    assert found["lift"] > 1


def test_a_false_alarm_costs_the_contact_and_a_hit_brings_the_gain():
    found = Backtest(population=100, flagged=20, lost=10, recall=0.8, precision=0.4, lift=4, lead_days=3)
    assert false_alarms(found, contact_cost=60, gain_of_keeping=150) == (12, 720, 8 * 150 - 20 * 60, 0.4)


@pytest.mark.parametrize("contact_cost, gain, worthwhile, why", [
    (0, 150, 0.0, "contacting for nothing always pays"),
    (60, 0, np.nan, "a gain of nothing has no precision that pays"),
    (200, 100, 2.0, "a contact dearer than the gain never pays"),
])  # fmt: skip
def test_the_precision_that_pays_follows_from_cost_and_gain(contact_cost, gain, worthwhile, why):
    found = Backtest(population=9, flagged=4, lost=2, recall=1, precision=0.5, lift=2, lead_days=3)
    cost = false_alarms(found, contact_cost=contact_cost, gain_of_keeping=gain)
    assert cost.worthwhile_precision == pytest.approx(worthwhile, nan_ok=True), why


def test_nobody_flagged_costs_nothing_and_brings_nothing():
    nan = float("nan")
    found = Backtest(population=1, flagged=0, lost=1, recall=0, precision=nan, lift=nan, lead_days=nan)
    assert false_alarms(found, contact_cost=60, gain_of_keeping=1500)[:3] == (0, 0, 0)
