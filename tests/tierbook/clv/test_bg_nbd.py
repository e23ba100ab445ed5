"""BG/NBD and MBG/NBD against the paper, another package and what must hold for any history."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tierbook.clv.cdnow import calibration
from tierbook.clv.bg_nbd import (
    BgNbdParams,
    MbgNbdParams,
    fit_bg_nbd,
    fit_mbg_nbd,
    log_likelihood,
    p_alive,
    p_silent,
    purchases_if_alive,
)
from tierbook.clv.models import expected_of_new, expected_purchases
from tierbook.errors import DataError

# Fader, Hardie & Lee (2005), CDNOW sample, weeks.
CDNOW = BgNbdParams(r=0.2425945, alpha=4.413602, a=0.792922, b=2.425907)
ROUNDED = BgNbdParams(r=0.2426, alpha=4.4136, a=0.7929, b=2.4259)


@pytest.fixture(scope="module")
def fit():
    x, t_x, T, _ = calibration()
    return fit_bg_nbd(x, t_x, T)


def test_the_fit_has_the_published_parameters(fit):
    assert fit.params == pytest.approx(CDNOW, rel=1e-6)
    assert fit.log_likelihood == pytest.approx(-9582.4292, abs=5e-5)
    assert (fit.customers, fit.repeaters) == (2357, 946)


def test_the_fit_says_how_sure_it_is(fit):
    assert fit.converged
    assert fit.gradient_norm < 1e-8
    assert fit.warnings == ()
    assert all(0 < error < value for error, value in zip(fit.standard_errors, fit.params, strict=True))


def test_standard_errors_are_those_of_the_curvature_of_the_likelihood(fit):
    x, t_x, T, _ = calibration()

    def total(params: list[float]) -> float:
        return sum_log_likelihood(x, t_x, T, BgNbdParams(*params))

    best, steps = list(fit.params), [value * 1e-3 for value in fit.params]
    hessian = np.empty((4, 4))
    for i in range(4):
        for j in range(4):
            corners = []
            for side_i, side_j in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
                moved = list(best)
                moved[i] += side_i * steps[i]
                moved[j] += side_j * steps[j]
                corners.append(total(moved))
            hessian[i, j] = (corners[0] - corners[1] - corners[2] + corners[3]) / (4 * steps[i] * steps[j])
    errors = np.sqrt(np.diag(np.linalg.inv(-hessian)))
    assert list(fit.standard_errors) == pytest.approx(errors.tolist(), rel=1e-3)


def sum_log_likelihood(x, t_x, T, params: BgNbdParams) -> float:
    """Equation 6 of the paper, term by term."""
    from scipy.special import betaln, gammaln

    r, alpha, a, b = params
    alive = betaln(a, b + x) - (r + x) * np.log(alpha + T)
    gone = np.full(x.shape, -np.inf)
    again = x > 0
    gone[again] = betaln(a + 1, b + x[again] - 1) - (r + x[again]) * np.log(alpha + t_x[again])
    constant = gammaln(r + x) - gammaln(r) + r * np.log(alpha) - betaln(a, b)
    return float((constant + np.logaddexp(alive, gone)).sum())


def test_the_likelihood_of_customers_adds_up_to_that_of_the_fit(fit):
    x, t_x, T, _ = calibration()
    assert log_likelihood(x, t_x, T, params=fit.params).sum() == pytest.approx(fit.log_likelihood, rel=1e-12)
    assert sum_log_likelihood(x, t_x, T, fit.params) == pytest.approx(fit.log_likelihood, rel=1e-12)
    modified = fit_mbg_nbd(x, t_x, T)
    assert log_likelihood(x, t_x, T, params=modified.params).sum() == pytest.approx(
        modified.log_likelihood, rel=1e-12
    )


def test_the_unit_of_time_changes_alpha_only(fit):
    x, t_x, T, _ = calibration()
    days = fit_bg_nbd(x, t_x * 7, T * 7)
    assert days.params == pytest.approx(fit.params._replace(alpha=fit.params.alpha * 7), rel=1e-8)


def test_dates_cut_to_whole_weeks_give_another_model():
    """The classic mistake, as `lifetimes` 0.11.3 makes it with freq="W": r is 0.291 instead of 0.243."""
    collapsed = fit_bg_nbd(*collapse_to_weeks())
    assert collapsed.params == pytest.approx((0.2909363, 6.8520939, 0.6652494, 2.3203235), rel=1e-5)
    assert abs(collapsed.params.r - CDNOW.r) > 0.04


def collapse_to_weeks():
    """Calendar weeks instead of days: purchases of one week become one, those of the whole last week count."""
    from tests.tierbook.clv.cdnow import END, log

    customer, day, _ = log()
    week = (day - np.datetime64("1996-12-30")).astype(int) // 7  # weeks from Monday
    end = int((np.datetime64(END) - np.datetime64("1996-12-30")).astype(int)) // 7
    kept = week <= end
    number = int(customer.max()) + 1
    weeks = [np.unique(week[kept & (customer == one)]) for one in range(number)]
    x = [found.size - 1 for found in weeks]
    return x, [found[-1] - found[0] for found in weeks], [end - found[0] for found in weeks]


@pytest.mark.parametrize("weeks, published", [(1, 0.0532), (3, 0.1506), (78, 1.8576)])
def test_a_new_customer_buys_as_often_as_published(weeks, published):
    """The printed 1.8576 is the published form with its series cut after 150 terms; the whole series gives 1.8580."""
    assert published_series(weeks, terms=150) == pytest.approx(published, abs=5e-5)
    assert expected_of_new(weeks, params=CDNOW) == pytest.approx(published, abs=5e-4)
    assert expected_of_new(weeks, params=CDNOW) == pytest.approx(
        published_series(weeks, terms=2000), rel=1e-9
    )


def published_series(t: float, *, terms: int) -> float:
    """E[X(t)], eq. 9 of the paper, with 2F1 summed term by term."""
    r, alpha, a, b = CDNOW
    c, z = a + b - 1, t / (alpha + t)
    term = total = 1.0
    for j in range(terms):
        term *= (r + j) * (b + j) / ((c + j) * (j + 1)) * z
        total += term
    return c / (a - 1) * (1 - (alpha / (alpha + t)) ** r * total)


def test_the_worked_customer_is_that_of_the_paper():
    assert expected_purchases(2, 30.43, 38.86, horizon=39, params=CDNOW) == pytest.approx(1.226, abs=5e-4)


@pytest.mark.parametrize(
    "x, t_x, T, alive, purchases",
    [
        (221, 103.42857, 103.57143, 0.995245, 90.28568),
        (161, 94.71429, 98, 0.516087, 35.72664),
        (2000, 700, 1000, 1.6e-305, 1.6e-303),
    ],
)
def test_frequent_buyers_have_finite_figures(x, t_x, T, alive, purchases):
    """Reported to other packages as overflow or NaN (CLVTools #100, lifetimes #165)."""
    rel = 0.03 if alive < 1e-300 else 1e-6
    assert p_alive(x, t_x, T, params=ROUNDED) == pytest.approx(alive, rel=rel)
    assert expected_purchases(x, t_x, T, horizon=52, params=ROUNDED) == pytest.approx(purchases, rel=rel)


# lifetimes 0.11.3, BetaGeoFitter and ModifiedBetaGeoFitter fitted to the same customers (weeks):
# P(alive), expected purchases in 39 weeks.
GOLDEN = {
    (2, 30.43, 38.86): ((0.72660915, 1.2259068098), (0.7061257, 1.2626692202)),
    (0, 0.0, 20.0): ((1.0, 0.32214599022), (0.45914648, 0.2885367288)),
    (8, 30.0, 35.0): ((0.79532209, 5.0545851699), (0.78156461, 4.8135014655)),
}


@pytest.mark.parametrize("history", GOLDEN)
@pytest.mark.parametrize("which", [0, 1])
def test_both_models_agree_with_another_package(history, which):
    x, t_x, T, _ = calibration()
    params = (fit_bg_nbd, fit_mbg_nbd)[which](x, t_x, T).params
    alive, purchases = GOLDEN[history][which]
    assert p_alive(*history, params=params) == pytest.approx(alive, rel=1e-6)
    assert expected_purchases(*history, horizon=39, params=params) == pytest.approx(purchases, rel=1e-6)


def test_the_modified_model_agrees_with_another_package():
    """lifetimes 0.11.3, ModifiedBetaGeoFitter."""
    x, t_x, T, _ = calibration()
    fit = fit_mbg_nbd(x, t_x, T)
    assert fit.params == pytest.approx((0.5248429, 6.1830818, 0.8913595, 1.6140029), rel=2e-6)
    assert expected_of_new(39, params=fit.params) == pytest.approx(1.1822798, rel=1e-6)
    totals = expected_purchases(x, t_x, T, horizon=39, params=fit.params).sum()
    assert totals == pytest.approx(1576.7282658885701, rel=1e-6)
    assert p_alive(x, t_x, T, params=fit.params).sum() == pytest.approx(1057.6365474742297, rel=1e-6)


def test_one_time_buyers_are_all_alive_in_bg_nbd_only():
    assert p_alive([0, 0], [0, 0], [5, 500], params=CDNOW).tolist() == [1, 1]
    soon, late = p_alive([0, 0], [0, 0], [5, 500], params=MbgNbdParams(*CDNOW))
    assert 1 > soon > late > 0


# A history: x, t_x as a share of T, T.
histories = st.tuples(st.integers(0, 300), st.floats(0, 1), st.floats(0.1, 500)).map(
    lambda h: (h[0], h[1] * h[2] if h[0] else 0.0, h[2])
)
positive = st.floats(0.05, 20)
models = st.builds(lambda kind, *values: kind(*values), st.sampled_from([BgNbdParams, MbgNbdParams]), positive,
                   st.floats(0.1, 100), positive, positive)  # fmt: skip


@given(histories, models, st.floats(0, 200))
def test_probabilities_are_probabilities(history, params, horizon):
    assert 0 <= p_alive(*history, params=params)[0] <= 1
    assert 0 <= p_silent(*history, horizon=horizon, params=params)[0] <= 1 + 1e-12
    assert p_silent(*history, horizon=0, params=params)[0] == pytest.approx(1)


@given(histories, models, st.floats(0.1, 200), st.floats(0.1, 200))
def test_more_time_never_means_fewer_purchases(history, params, some, more):
    near = expected_purchases(*history, horizon=some, params=params)[0]
    far = expected_purchases(*history, horizon=some + more, params=params)[0]
    assert far >= near - 1e-9 * max(1.0, near)


@given(histories, models, st.floats(0.1, 200))
def test_purchases_are_at_least_the_chance_of_one(history, params, horizon):
    """E[Y] >= P(Y > 0) for counts; the two come from different formulas."""
    expected = expected_purchases(*history, horizon=horizon, params=params)[0]
    some = 1 - p_silent(*history, horizon=horizon, params=params)[0]
    assert expected >= some - 1e-8 * max(1.0, some)


def test_whole_numbers_that_scipy_cannot_handle_are_computed_all_the_same():
    """hyp2f1(1, 2, 101, 0.906) is inf in scipy 1.17; exact by neighbours."""
    found, beside = (
        purchases_if_alive(np.array([98.0]), np.array([0.25]), horizon=12.0, params=BgNbdParams(r, 1, 2, 2))[
            0
        ]
        for r in (1.0, 1.000001)
    )
    assert np.isfinite(found)
    assert found == pytest.approx(beside, rel=1e-5)


@given(st.integers(0, 200), st.floats(0.1, 300), st.floats(0.1, 100), st.floats(0.1, 5), st.floats(0.1, 5))
def test_nothing_jumps_where_the_formula_divides_by_zero(x, T, horizon, r, b):
    """At a = 1 the published expectation is 0 / 0."""
    around = [
        purchases_if_alive(
            np.array([float(x)]), np.array([T]), horizon=horizon, params=BgNbdParams(r, 4.0, a, b)
        )[0]
        for a in (0.999, 1.0, 1.001)
    ]
    assert around[0] >= around[1] >= around[2]
    assert around[1] == pytest.approx((around[0] + around[2]) / 2, rel=1e-4)


@pytest.mark.parametrize("kind", [BgNbdParams, MbgNbdParams])
def test_customers_who_are_all_alike_and_never_leave_go_on_as_before(kind):
    """The estimate of such data lies far out, where scipy's 2F1 gives no number: 12 purchases in 365 days of each."""
    params = kind(r=1_202_604.0, alpha=1_202_604 * 30.0, a=3.2e-6, b=20_947.0)
    found = expected_purchases([11, 11], [330, 340], [335, 341], horizon=365.25, params=params)
    assert found == pytest.approx(365.25 / 30, rel=1e-4)


def test_missing_stays_missing_and_nothing_gives_nothing():
    found = p_alive([2, np.nan, 2], [30, 30, np.nan], [38, 38, 38], params=CDNOW)
    assert np.isnan(found).tolist() == [False, True, True]
    assert np.isnan(expected_purchases([np.nan, 1], [1, 1], [2, 2], horizon=1, params=CDNOW)).tolist() == [
        True,
        False,
    ]
    assert p_alive([], [], [], params=CDNOW).size == 0
    assert expected_purchases([], [], [], horizon=1, params=CDNOW).size == 0


@pytest.mark.parametrize(
    "x, t_x, T, sentence, rows",
    [
        ([1, 254], [2, 97.42857], [3, 97.28571], "Recency 97.4286 is larger than T 97.2857", (1,)),
        ([1, -1, -2], [2, 2, 2], [3, 3, 3], "Frequency -1 is not a number of repeat purchases", (1, 2)),
        ([1.5], [2], [3], "Frequency 1.5 is not a number", (0,)),
        ([1], [-2], [3], "Recency -2 or T 3 is negative", (0,)),
        ([0], [2], [3], "without a repeat purchase has recency 2", (0,)),
    ],
)
def test_a_history_that_cannot_be_is_refused_with_its_rows(x, t_x, T, sentence, rows):
    with pytest.raises(DataError, match=sentence) as wrong:
        p_alive(x, t_x, T, params=CDNOW)
    assert wrong.value.rows == rows
    assert wrong.value.fix


def test_a_fit_needs_customers_who_bought_again():
    with pytest.raises(DataError, match="All frequencies are zero"):
        fit_bg_nbd([0] * 50, [0] * 50, [10] * 50)
    with pytest.raises(DataError, match="Only 9 customers bought again; a fit needs 10"):
        fit_bg_nbd([1] * 9 + [0] * 50, [5] * 9 + [0] * 50, [10] * 59)
    with pytest.raises(DataError, match="No customer has"):
        fit_bg_nbd([np.nan], [1], [2])


@pytest.mark.parametrize("recency, T", [(1 / 7, 1), (1, 1 / 7), (7 / 30.4375, 1)])
def test_recency_in_another_unit_than_T_is_refused(recency, T):
    x, t_x, age, _ = calibration()
    with pytest.raises(DataError, match="same unit|larger than T") as wrong:
        fit_bg_nbd(x, t_x * recency, age * T)
    assert "same unit" in wrong.value.fix


def test_little_data_and_rows_left_out_are_said():
    x, t_x, T, _ = (column[:150] for column in calibration())
    fit = fit_bg_nbd(np.append(x, np.nan), np.append(t_x, 1), np.append(T, 2))
    said = " ".join(str(one) for one in fit.warnings)
    assert fit.customers == 150
    assert "left out: 1" in said
    assert "customers bought again; estimates from under 100 are rough" in said


def test_customers_who_never_drop_out_put_the_estimate_at_the_boundary():
    random = np.random.default_rng(3)
    x = random.poisson(5.0, 800)
    fit = fit_bg_nbd(x, np.where(x > 0, 50.0, 0.0), np.full(800, 50.0))
    assert any("boundary" in str(one) for one in fit.warnings)
    assert np.isfinite(fit.log_likelihood)


def test_a_fit_over_many_customers_ends_where_a_fit_over_few_does():
    """Above 40,000 customers a sample sets the start; the same customers 20 times over have the same maximum."""
    x, t_x, T, _ = (np.tile(column, 20) for column in calibration())
    many = fit_bg_nbd(x, t_x, T)
    assert many.params == pytest.approx(CDNOW, rel=1e-6)
    assert many.log_likelihood == pytest.approx(20 * -9582.429206673929, rel=1e-12)
    assert fit_bg_nbd(x, t_x, T) == many
