"""What is asked of all models: expectations over all customers, discounted value, units."""

from __future__ import annotations

import numpy as np
import pytest

from tests.tierbook.clv.cdnow import calibration
from tierbook.clv import models
from tierbook.clv.bg_nbd import BgNbdParams
from tierbook.clv.gamma_gamma import GammaGammaParams, expected_spend
from tierbook.errors import DataError

SPEND = GammaGammaParams(6.25, 3.74, 15.44)
WEEKS = BgNbdParams(r=0.2425945, alpha=4.413602, a=0.792922, b=2.425907)
DAYS = WEEKS._replace(alpha=WEEKS.alpha * 7)
MONTH = 365.25 / 12


@pytest.mark.parametrize("model", models.PARAMS)
def test_every_model_expects_about_the_purchases_that_came(model):
    """1,882 purchase days in the second 39 weeks of the sample, of 2,357 customers."""
    x, t_x, T, _ = calibration()
    params = models.fit(x, t_x, T, model=model).params
    assert isinstance(params, models.PARAMS[model])
    assert models.expected_purchases(x, t_x, T, horizon=39, params=params).sum() == pytest.approx(
        1882, rel=0.17
    )


@pytest.mark.parametrize("model, names", [("mbg_nbd", "a"), ("pareto_nbd", "beta")])
def test_a_search_that_ends_at_the_edge_of_its_range_has_converged_and_says_so(model, names):
    """Half leave right after the first purchase and nobody later: the likelihood rises all the way to a = b = 0."""
    random = np.random.default_rng(3)
    T = random.uniform(200, 700, 600).round()
    stays = np.arange(600) % 2 == 0
    x = np.where(stays, random.poisson(T / 30), 0.0)
    found = models.fit(x, np.where(x > 0, T - random.integers(0, 20, 600), 0.0), T, model=model)
    assert found.converged
    (edge,) = [one for one in found.warnings if "lies at the boundary" in one.message]
    assert names in edge.values["names"].split(", ")


def test_of_two_models_the_likelier_is_taken():
    x, t_x, T, _ = calibration()
    model, found = models.likelier(x, t_x, T)
    assert model == "mbg_nbd"
    assert found.log_likelihood > models.fit(x, t_x, T, model="bg_nbd").log_likelihood
    # Everyone who bought once stays: nobody can have dropped out right after the first purchase.
    assert models.likelier(np.tile([3, 0], 50), np.tile([30, 0], 50), np.tile([33, 1], 50))[0] == "bg_nbd"


def test_value_is_the_discounted_sum_of_months():
    history = (2, 213.0, 272.0)
    by_hand, before = 0.0, 0.0
    for month in range(1, 13):
        until = models.expected_purchases(*history, horizon=month * MONTH, params=DAYS)[0]
        by_hand += (until - before) / 1.1 ** (month / 12)
        before = until
    by_hand *= expected_spend(2, 30.0, params=SPEND)[0] * 0.3
    assert models.clv(*history, 30.0, params=DAYS, spend=SPEND, margin=0.3) == pytest.approx(by_hand)


def test_without_discount_value_is_purchases_times_spend():
    x, t_x, T, z = calibration()
    found = models.clv(x, t_x, T, z, params=WEEKS, spend=SPEND, months=6, annual_discount=0, unit="week")
    purchases = models.expected_purchases(x, t_x, T, horizon=365.25 / 7 / 2, params=WEEKS)
    assert found == pytest.approx(purchases * expected_spend(x, z, params=SPEND))


def test_the_unit_of_time_does_not_change_the_value():
    x, t_x, T, z = calibration()
    weeks = models.clv(x, t_x, T, z, params=WEEKS, spend=SPEND, unit="week")
    assert models.clv(x, t_x * 7, T * 7, z, params=DAYS, spend=SPEND) == pytest.approx(weeks)
    months = WEEKS._replace(alpha=WEEKS.alpha * 7 / MONTH)
    scale = 7 / MONTH
    found = models.clv(x, t_x * scale, T * scale, z, params=months, spend=SPEND, unit="month")
    assert found == pytest.approx(weeks)


@pytest.mark.parametrize("model", models.PARAMS)
@pytest.mark.parametrize("unit", [1e-6, 1e6])
def test_any_unit_of_time_leads_to_the_same_fit(model, unit):
    x, t_x, T, _ = calibration()
    one, other = models.fit(x, t_x, T, model=model), models.fit(x, t_x * unit, T * unit, model=model)
    assert other.params[0] == pytest.approx(one.params[0], rel=1e-6)
    assert other.params.alpha == pytest.approx(one.params.alpha * unit, rel=1e-6)


@pytest.mark.parametrize("model", models.PARAMS)
@pytest.mark.parametrize(
    "history",
    [([1] * 20, [0] * 20, [0] * 20), ([3] * 50, [20] * 50, [30] * 50), ([3] * 50, [30] * 50, [30] * 50)],
    ids=["no time", "all alike", "just bought"],
)
def test_data_that_say_nothing_end_in_a_warning(model, history):
    fit = models.fit(*history, model=model)
    assert any("do not determine" in str(one) for one in fit.warnings)


def test_missing_stays_missing_and_nothing_gives_nothing():
    found = models.clv([2, np.nan, 0], [9, 9, 0], [20, 20, 20], [30, 30, np.nan], params=DAYS, spend=SPEND)
    assert np.isnan(found).tolist() == [False, True, False]
    assert models.clv([], [], [], [], params=DAYS, spend=SPEND).size == 0


@pytest.mark.parametrize(
    "named, sentence",
    [
        ({"unit": "fortnight"}, "no unit of time called fortnight"),
        ({"months": 0}, "Months are a whole number from 1, not 0"),
        ({"annual_discount": -1}, "Discount rate -1 is not above -1"),
    ],
)
def test_settings_that_cannot_be_are_refused(named, sentence):
    with pytest.raises(DataError, match=sentence):
        models.clv(1, 5, 9, 3, params=DAYS, spend=SPEND, **named)


def test_an_unknown_model_and_a_negative_horizon_are_refused():
    with pytest.raises(DataError, match="no purchase model called nbd"):
        models.fit([1], [1], [2], model="nbd")
    with pytest.raises(DataError, match="-1 is not a length of time ahead"):
        models.expected_purchases(1, 1, 2, horizon=-1, params=DAYS)
