"""Shifted-beta-geometric against the published table."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tierbook.clv.retention import RetentionParams, retention_fit, retention_rate, survival
from tierbook.errors import DataError

# Fader & Hardie (2007), "Regular" customers, years 0 to 7, per cent.
REGULAR = [100, 63.1, 46.8, 38.2, 32.6, 28.9, 26.2, 24.1]


def test_the_fit_has_the_published_parameters():
    fit = retention_fit(np.array(REGULAR) * 10)
    assert [round(value, 3) for value in fit.params] == [0.704, 1.182]
    assert round(fit.log_likelihood, 2) == -1680.27
    assert (fit.customers, fit.repeaters, fit.converged, fit.warnings) == (1000, 631, True, ())


def test_the_model_follows_the_cohort_it_was_fitted_to():
    params = retention_fit(REGULAR).params
    assert survival(range(8), params=params) * 100 == pytest.approx(REGULAR, abs=0.7)


positive = st.floats(0.05, 50)


@given(st.builds(RetentionParams, positive, positive))
def test_retention_rises_and_survival_is_its_product(params):
    rates = retention_rate(range(1, 30), params=params)
    assert (np.diff(rates) > 0).all()
    assert ((rates > 0) & (rates < 1)).all()
    assert survival(range(30), params=params) == pytest.approx([1, *np.cumprod(rates)], rel=1e-9)


@given(st.floats(0.3, 5), st.floats(0.3, 5))
def test_the_fit_finds_the_parameters_that_made_the_survivors(alpha, beta):
    made = RetentionParams(alpha, beta)
    assert retention_fit(survival(range(9), params=made) * 5000).params == pytest.approx(made, rel=1e-4)


@pytest.mark.parametrize(
    "survivors, sentence",
    [
        ([100, 60], "Retention needs the survivors of 3 periods or more, not 2"),
        ([100, 60, 70], "Survivors rise from 60 to 70"),
        ([100, np.nan, 50], "missing or negative"),
        ([100, 60, -1], "missing or negative"),
        ([100, 100, 100], "Nobody was lost"),
        ([100, 0, 0], "Nobody was left after the first period"),
    ],
)
def test_survivors_that_cannot_be_are_refused(survivors, sentence):
    with pytest.raises(DataError, match=sentence):
        retention_fit(survivors)


@pytest.mark.parametrize("period", [0, 1.5])
def test_a_renewal_is_counted_from_one(period):
    with pytest.raises(DataError, match="is not a whole number from 1"):
        retention_rate(period, params=RetentionParams(1, 1))
