"""Share of wallet."""

from __future__ import annotations

import numpy as np
import pytest

from tierbook.wallet import wallet_share


@pytest.mark.parametrize(
    ("spend", "budget", "expected", "why"),
    [
        (2000, 10000, 0.2, "a fifth of the budget"),
        (600, 500, 1.2, "more than the budget is possible"),
        (0, 100, 0, "nothing spent is known to be nothing"),
        (100, 0, np.nan, "no budget has no share"),
        (100, -5, np.nan, "a negative budget is none"),
        (np.nan, 100, np.nan, "unknown spend has no share"),
        ([10, 20], 100, [0.1, 0.2], "one budget for all"),
        ([], [], [], "nobody"),
    ],
)
def test_the_share_of_the_budget_that_is_spent_here(spend, budget, expected, why):
    assert np.allclose(wallet_share(spend, budget), expected, equal_nan=True), why
