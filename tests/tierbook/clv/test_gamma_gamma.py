"""Gamma-Gamma against the published fit and another package."""

from __future__ import annotations

import numpy as np
import pytest

from tests.tierbook.clv.cdnow import calibration
from tierbook.clv.gamma_gamma import GammaGammaParams, correlation, expected_spend, fit_gamma_gamma
from tierbook.errors import DataError

CDNOW = GammaGammaParams(6.25, 3.74, 15.44)


@pytest.fixture(scope="module")
def fit():
    x, _, _, z = calibration()
    return fit_gamma_gamma(x, z)


def test_the_fit_has_the_published_parameters(fit):
    """Fader & Hardie, note 025: 946 repeat buyers of the CDNOW sample."""
    assert [round(value, 2) for value in fit.params] == [6.25, 3.74, 15.44]
    assert round(fit.log_likelihood, 2) == -4055.92
    assert fit.customers == 946
    assert fit.converged
    assert fit.warnings == ()


def test_expected_spend_agrees_with_another_package(fit):
    """lifetimes 0.11.3, GammaGammaFitter on the same customers."""
    x, _, _, z = calibration()
    found = expected_spend(x, z, params=fit.params)
    assert found[:3] == pytest.approx([24.653919, 18.910018, 35.170371], abs=1e-6)
    assert found.sum() == pytest.approx(83089.60772633013, rel=1e-7)


def test_one_time_buyers_are_expected_to_spend_the_mean_of_all():
    assert expected_spend(0, np.nan, params=CDNOW) == pytest.approx(6.25 * 15.44 / 2.74)
    assert expected_spend(10_000, 80, params=CDNOW) == pytest.approx(80, rel=1e-3)


def test_spend_over_all_customers_that_does_not_exist_is_missing():
    heavy = GammaGammaParams(6.25, 0.9, 15.44)
    assert np.isnan(expected_spend([0, 3], [np.nan, 20], params=heavy)).tolist() == [True, False]


def test_the_correlation_of_frequency_and_spend_is_that_of_cdnow():
    """0.11 in the paper: weak enough."""
    x, _, _, z = calibration()
    assert correlation(x, z) == pytest.approx(0.11, abs=5e-3)
    assert correlation(x, z) == pytest.approx(np.corrcoef(x[x > 0], z[x > 0])[0, 1])
    assert np.isnan(correlation([1, 1], [5, 6]))


def test_spend_that_goes_with_frequency_is_said():
    x, _, _, z = calibration()
    again = fit_gamma_gamma(x, np.where(x > 0, 1, np.nan) * (z + 10 * x))
    assert any("Frequency and spend go together" in str(one) for one in again.warnings)


@pytest.mark.parametrize(
    "z, sentence, fix",
    [
        ([np.nan, 5, np.nan], "A customer with repeat purchases has no monetary value", "mean amount"),
        ([5, -3, 5], "Monetary value -3 is negative", "Leave refunds out"),
    ],
)
def test_spend_that_cannot_be_is_refused(z, sentence, fix):
    for call in (lambda: expected_spend([0, 2, 1], z, params=CDNOW), lambda: fit_gamma_gamma([0, 2, 1], z)):
        with pytest.raises(DataError, match=sentence) as wrong:
            call()
        assert fix in wrong.value.fix
        assert wrong.value.rows in ((1,), (2,))


def test_a_fit_needs_customers_who_paid():
    with pytest.raises(DataError, match="Only 0 customers bought again for money"):
        fit_gamma_gamma([0, 0], [np.nan, np.nan])


def test_repeat_buyers_who_never_paid_are_left_out_and_said():
    x, _, _, z = calibration()
    fit = fit_gamma_gamma(np.append(x, 2), np.append(z, 0.0))
    assert fit.customers == 946
    assert "never paid anything are left out of the spend model: 1" in str(fit.warnings[0])


def test_money_has_any_scale(fit):
    x, _, _, z = calibration()
    pence = fit_gamma_gamma(x, z * 100)
    assert pence.params == pytest.approx(fit.params._replace(gamma=fit.params.gamma * 100), rel=1e-7)
