"""Share of wallet: what a customer spends here of all it can spend.

Source: T. L. Keiningham, L. Aksoy, A. Buoye, B. Cooil, Customer Loyalty Isn't Enough. Grow Your Share of Wallet,
Harvard Business Review 89 (10), 2011; here the budget stands for all a customer can spend.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def wallet_share(spend_per_month: ArrayLike, budget: ArrayLike) -> NDArray[np.float64]:
    """The share of its budget each customer spends here.

    Parameters
    ----------
    spend_per_month : array (n,)
        Spend a month. [money; NaN = unknown]
    budget : array (n,)
        All it can spend a month. [money; NaN = unknown]

    Returns
    -------
    float array (n,)
        1 is all of it, more than 1 is possible; NaN without a positive budget.

    >>> wallet_share([2000, 300, 50], [10000, 0, 100]).tolist()
    [0.2, nan, 0.5]
    """
    spend, whole = (np.atleast_1d(np.asarray(one, dtype=float)) for one in (spend_per_month, budget))
    share = np.full(np.broadcast(spend, whole).shape, np.nan)
    np.divide(spend, whole, out=share, where=whole > 0)
    return share
