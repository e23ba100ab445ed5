"""The models against what other packages say of the same customers; `other_packages.py` makes the file anew."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.tierbook.clv.cdnow import calibration
from tests.tierbook.clv.other_packages import EVERY, FILE, HORIZON, MONTHLY_DISCOUNT, MONTHS
from tierbook.clv import models
from tierbook.clv.bg_nbd import log_likelihood
from tierbook.clv.gamma_gamma import fit_gamma_gamma

GOLDEN = json.loads(FILE.read_text("utf-8"))
# pymc-marketing looks for the mode in single steps; lifetimes goes on to a flat gradient.
DIGITS = {"lifetimes": 1e-5, "pymc-marketing": 2e-3}


@pytest.fixture(scope="module")
def fits():
    x, t_x, T, z = calibration()
    return models.fit(x, t_x, T), fit_gamma_gamma(x, z)


def test_both_packages_are_there():
    assert set(GOLDEN) == set(DIGITS)


@pytest.mark.parametrize("package", DIGITS)
def test_the_parameters_are_those_of_the_package(fits, package):
    purchases, amounts = fits
    told = GOLDEN[package]
    assert purchases.params == pytest.approx(tuple(told["bg_nbd"].values()), rel=DIGITS[package])
    assert amounts.params == pytest.approx(tuple(told["gamma_gamma"].values()), rel=10 * DIGITS[package])


@pytest.mark.parametrize("package", DIGITS)
def test_no_package_finds_parameters_that_are_likelier(fits, package):
    x, t_x, T, _ = calibration()
    theirs = models.BgNbdParams(**GOLDEN[package]["bg_nbd"])
    assert log_likelihood(x, t_x, T, params=theirs).sum() <= fits[0].log_likelihood + 1e-6


@pytest.mark.parametrize("package", DIGITS)
def test_purchases_chances_and_value_are_those_of_the_package(fits, package):
    x, t_x, T, z = calibration()
    told, (purchases, amounts) = GOLDEN[package], fits
    figures = {
        "expected": models.expected_purchases(x, t_x, T, horizon=HORIZON, params=purchases.params),
        "alive": models.p_alive(x, t_x, T, params=purchases.params),
        "value": models.clv(
            x, t_x, T, z, params=purchases.params, spend=amounts.params, months=MONTHS,
            annual_discount=(1 + MONTHLY_DISCOUNT) ** 12 - 1, unit="week",
        ),
    }  # fmt: skip
    for name, figure in figures.items():
        # Both take a month for a round number of weeks, we for 365.25 / 12 days.
        digits = 3e-3 if name == "value" else DIGITS[package]
        assert figure.sum() == pytest.approx(told["totals"][name], rel=digits)
        assert figure[::EVERY] == pytest.approx(np.array(told["customers"][name]), rel=digits)
