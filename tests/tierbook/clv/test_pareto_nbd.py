"""Pareto/NBD against the published fit, another package, numerical integration and what must hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tierbook.clv.cdnow import calibration
from tierbook.clv.models import expected_of_new, expected_purchases
from tierbook.clv.pareto_nbd import ParetoNbdParams, fit_pareto_nbd, log_likelihood, p_alive, p_silent

positive = st.floats(0.05, 20)
models = st.builds(ParetoNbdParams, positive, st.floats(0.1, 100), positive, st.floats(0.1, 100))
histories = st.tuples(st.integers(0, 300), st.floats(0, 1), st.floats(0.1, 500)).map(
    lambda h: (h[0], h[1] * h[2] if h[0] else 0.0, h[2])
)


@pytest.fixture(scope="module")
def fit():
    x, t_x, T, _ = calibration()
    return fit_pareto_nbd(x, t_x, T)


def test_the_fit_has_the_published_parameters(fit):
    """Fader, Hardie & Lee (2005), table 2."""
    assert [round(value, 3) for value in fit.params] == [0.553, 10.578, 0.606, 11.669]
    assert fit.log_likelihood == pytest.approx(-9594.976, abs=1e-3)
    assert fit.converged
    assert fit.gradient_norm < 1e-8
    assert all(0 < error < value for error, value in zip(fit.standard_errors, fit.params, strict=True))


# lifetimes 0.11.3, ParetoNBDFitter, tol=1e-10: P(alive), expected purchases in 39 weeks.
@pytest.mark.parametrize(
    "history, alive, purchases",
    [
        ((2, 30.43, 38.86), 0.8691156576079653, 1.455098738207763),
        ((0, 0.0, 20.0), 0.4626250070523446, 0.2502502775358077),
        ((8, 30.0, 35.0), 0.890933965709557, 5.35435482540623),
    ],
)
def test_predictions_agree_with_another_package(fit, history, alive, purchases):
    assert p_alive(*history, params=fit.params) == pytest.approx(alive, rel=1e-6)
    assert expected_purchases(*history, horizon=39, params=fit.params) == pytest.approx(purchases, rel=1e-6)


def test_totals_agree_with_another_package(fit):
    x, t_x, T, _ = calibration()
    assert p_alive(x, t_x, T, params=fit.params).sum() == pytest.approx(1051.875240621339, rel=1e-6)
    total = expected_purchases(x, t_x, T, horizon=39, params=fit.params).sum()
    assert total == pytest.approx(1665.5130832561927, rel=1e-6)
    assert expected_of_new(39, params=fit.params) == pytest.approx(1.213403998642991, rel=1e-6)


@pytest.mark.parametrize(
    "history", [(221, 103.4, 103.6), (2000, 700.0, 1000.0), (5, 20.0, 20.0), (0, 0.0, 0.0)]
)
def test_frequent_buyers_and_fresh_customers_have_finite_figures(fit, history):
    alive = p_alive(*history, params=fit.params)[0]
    assert 0 <= alive <= 1
    assert np.isfinite(expected_purchases(*history, horizon=52, params=fit.params)).all()
    assert np.isfinite(log_likelihood(*history, params=fit.params)).all()
    if history[1] == history[2]:
        assert alive == pytest.approx(1)


@given(histories, models)
def test_the_likelihood_is_that_of_numerical_integration(history, params):
    """The drop-out part by adaptive quadrature in the logarithm of the time since t_x."""
    from scipy.integrate import quad
    from scipy.special import gammaln

    x, t_x, T = history
    r, alpha, s, beta = params
    if T - t_x < 1e-6:
        return

    def height(u: float) -> float:
        return -(r + x) * np.log(alpha + t_x + u) - (s + 1) * np.log(beta + t_x + u)

    top = height(0.0)
    area, _ = quad(
        lambda log_u: np.exp(log_u + height(np.exp(log_u)) - top),
        -40,
        np.log(T - t_x),
        limit=500,
        epsrel=1e-11,
    )
    gone = np.log(s) + top + np.log(area)
    alive = -(r + x) * np.log(alpha + T) - s * np.log(beta + T)
    expected = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta) + np.logaddexp(alive, gone)
    assert log_likelihood(x, t_x, T, params=params)[0] == pytest.approx(expected, rel=1e-9, abs=1e-8)


@given(histories, models, st.floats(0, 200), st.floats(0, 200))
def test_probabilities_are_bounded_and_expectations_never_fall(history, params, some, more):
    assert 0 <= p_alive(*history, params=params)[0] <= 1
    silent = [p_silent(*history, horizon=h, params=params)[0] for h in (0.0, some, some + more)]
    assert 1 >= silent[0] >= silent[1] - 1e-9 >= silent[2] - 2e-9
    near, far = (expected_purchases(*history, horizon=h, params=params)[0] for h in (some, some + more))
    assert far >= near - 1e-12 * near
    assert far >= 1 - silent[2] - 1e-8


def test_nothing_jumps_where_the_formula_divides_by_zero():
    around = [
        expected_purchases(2, 30, 38, horizon=52, params=ParetoNbdParams(0.6, 10, s, 12))[0]
        for s in (1 - 1e-9, 1.0, 1 + 1e-9)
    ]
    assert around == pytest.approx([around[1]] * 3, rel=1e-7)


def test_a_fit_over_many_customers_ends_where_a_fit_over_few_does():
    x, t_x, T, _ = (np.tile(column, 5) for column in calibration())
    assert fit_pareto_nbd(x, t_x, T).log_likelihood == pytest.approx(5 * -9594.976178939542, rel=1e-11)
