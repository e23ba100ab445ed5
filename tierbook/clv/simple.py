"""Lifetime value from rates of thumb: constant retention, or the past carried forward.

Source: S. Gupta, D. R. Lehmann, Customers as Assets, Journal of Interactive Marketing 17 (2003): margins at the end of
each period, the first one counted if the customer is retained. m = margin, r = retention, d = discount.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tierbook.errors import DataError


def clv_simple(
    margin_per_period: ArrayLike,
    retention_rate: ArrayLike,
    discount_rate: ArrayLike,
    periods: ArrayLike | None = None,
) -> NDArray[np.float64]:
    """Value of a customer who stays with the same chance in every period.

    Parameters
    ----------
    margin_per_period : array (n,)
        m. [money per period]
    retention_rate : array (n,)
        r. [share per period, 0 to 1]
    discount_rate : array (n,)
        d. [share per period, above -1]
    periods : array (n,), optional
        Stop after so many periods; for ever if left out. [count]

    Returns
    -------
    float array (n,)
        m r / (1 + d - r), with periods the sum of m r^t / (1 + d)^t for t = 1 … periods. [money] NaN where anything
        is missing, and for ever where r >= 1 + d: the sum has no limit.

    Raises
    ------
    DataError
        Retention outside 0 to 1, discount not above -1, periods that are no count.

    >>> clv_simple([100, 100], [0.8, 0.8], 0.1).round(2)
    array([266.67, 266.67])
    >>> clv_simple(100, 0.8, 0.1, 2).round(2)
    array([125.62])
    """
    m, r, d = np.broadcast_arrays(
        *(
            np.atleast_1d(np.asarray(one, dtype=float))
            for one in (margin_per_period, retention_rate, discount_rate)
        )
    )
    _refuse((r < 0) | (r > 1), r, "Retention rate {value} is outside 0 to 1.", "Write 80% as 0.8.")
    _refuse(d <= -1, d, "Discount rate {value} is not above -1.", "Write 10% as 0.1.")
    q = r / (1 + d)
    if periods is None:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(q < 1, m * q / (1 - q), np.nan)
    m, q, n = np.broadcast_arrays(m, q, np.atleast_1d(np.asarray(periods, dtype=float)))
    _refuse(
        (n < 0) | (n != np.round(n)) & ~np.isnan(n), n, "Periods are a whole number from 0, not {value}.", ""
    )
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        # 1 - q^n by expm1, or rates near 1 lose their digits.
        total = q * np.where(q == 1, n, -np.expm1(n * np.log(q)) / (1 - q))
    return m * np.where(q == 0, 0.0 * n, total)


def clv_history(
    orders_per_month: ArrayLike,
    average_order: ArrayLike,
    lifetime_months: ArrayLike,
    margin: ArrayLike = 1.0,
) -> NDArray[np.float64]:
    """Orders per month × average order × months × margin: the past carried over a lifetime. [money]

    Parameters
    ----------
    orders_per_month : array (n,)
        [count per month]
    average_order : array (n,)
        [money]
    lifetime_months : array (n,)
        Length of the relationship. [months of 365.25 / 12 days]
    margin : array (n,)
        Share of revenue that is left after costs. [0-1; 1 gives revenue]

    >>> clv_history(2, 50, 36, 0.4)
    array([1440.])
    """
    parts = [
        np.atleast_1d(np.asarray(one, dtype=float))
        for one in (orders_per_month, average_order, lifetime_months, margin)
    ]
    return np.prod(np.broadcast_arrays(*parts), axis=0)


def _refuse(wrong: NDArray, value: NDArray, message: str, fix: str) -> None:
    rows = np.flatnonzero(wrong)
    if rows.size:
        raise DataError(message, fix=fix, rows=rows.tolist(), value=f"{value[rows[0]]:g}")
