"""What a campaign brought: response, revenue, cost of a response, return, and the uplift against who was left alone.

Source: spec/systems.md D7. The interval of the uplift is that of R. G. Newcombe, Interval estimation for the difference
between independent proportions: comparison of eleven methods, Statistics in Medicine 17, 1998, 873-890: method 10, the
hybrid of two score intervals. The score interval of one share is that of E. B. Wilson, Probable inference, the law of
succession, and statistical inference, JASA 22, 1927, 209-212.

In the formulas x of n customers responded, p = x / n, z is the normal quantile of the confidence, l and u are the
limits of p.
"""

from __future__ import annotations

from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Numbers = NDArray[np.float64]


class Indicators(NamedTuple):
    """The indicators of campaigns, one element each; NaN where there is nothing to divide by.

    Parameters
    ----------
    customers, responded : array (n,)
        Customers of the target group, those of them who responded. [count]
    response_rate : array (n,)
        responded / customers. [0-1]
    revenue, cost : array (n,)
        Of the target group; of the campaign. [currency]
    cost_per_response : array (n,)
        cost / responded. [currency]
    roi : array (n,)
        (revenue - cost) / cost of the target group. [ratio]
    control, control_responded, control_rate : array (n,)
        The same of the customers who were left alone. [count, count, 0-1]
    uplift, uplift_low, uplift_high : array (n,)
        Response rate over that of the control group, and its interval. [-1 to 1; NaN without a control group]
    """

    customers: Numbers
    responded: Numbers
    response_rate: Numbers
    revenue: Numbers
    cost: Numbers
    cost_per_response: Numbers
    roi: Numbers
    control: Numbers
    control_responded: Numbers
    control_rate: Numbers
    uplift: Numbers
    uplift_low: Numbers
    uplift_high: Numbers


class Uplift(NamedTuple):
    """A difference of two shares and its limits. [-1 to 1]"""

    difference: Numbers
    low: Numbers
    high: Numbers


def indicators(
    customers: ArrayLike,
    responded: ArrayLike,
    revenue: ArrayLike,
    cost: ArrayLike,
    control: ArrayLike,
    control_responded: ArrayLike,
    *,
    confidence: float = 0.95,
) -> Indicators:
    """What each campaign brought, and against those who were left alone.

    Parameters
    ----------
    customers, responded : array (n,)
        Customers of the target group, those of them who responded. [count]
    revenue : array (n,)
        What the target group brought. [currency]
    cost : array (n,)
        What the campaign cost. [currency; NaN = unknown]
    control, control_responded : array (n,)
        The same of the control group; 0 where there is none. [count]
    confidence : float
        How often the interval holds the true uplift. [0-1]

    >>> found = indicators([200], [30], [9_000], [1_500], [100], [5])
    >>> float(found.response_rate[0]), float(found.cost_per_response[0]), float(found.roi[0])
    (0.15, 50.0, 5.0)
    >>> [round(float(one[0]), 4) for one in (found.uplift, found.uplift_low, found.uplift_high)]
    [0.1, 0.0248, 0.1629]
    """
    n, x, money, spent, m, y = (
        np.atleast_1d(np.asarray(one, dtype=float))
        for one in (customers, responded, revenue, cost, control, control_responded)
    )
    found = uplift(x, n, y, m, confidence=confidence)
    return Indicators(
        n, x, _over(x, n), money, spent, _over(spent, x), _over(money - spent, spent),
        m, y, _over(y, m), found.difference, found.low, found.high,
    )  # fmt: skip


def uplift(
    responded: ArrayLike,
    customers: ArrayLike,
    control_responded: ArrayLike,
    control: ArrayLike,
    *,
    confidence: float = 0.95,
) -> Uplift:
    """How much larger the first share is than the second, with its limits.

    Parameters
    ----------
    responded, customers, control_responded, control : array (n,)
        Of the target group and of the control group. [count; NaN = unknown]
    confidence : float
        [0-1]

    Returns
    -------
    Uplift
        NaN where one of the groups is empty.

    Source: Newcombe 1998, method 10, with p1 the target group and p2 the control group: p1 - p2 less the root of
    (p1 - l1)^2 + (u2 - p2)^2, and plus that of (u1 - p1)^2 + (p2 - l2)^2.

    >>> found = uplift([56], [70], [48], [80])
    >>> round(float(found.difference[0]), 4), round(float(found.low[0]), 4), round(float(found.high[0]), 4)
    (0.2, 0.0524, 0.3339)
    """
    x1, n1, x2, n2 = (
        np.atleast_1d(np.asarray(one, dtype=float))
        for one in (responded, customers, control_responded, control)
    )
    p1, p2 = _over(x1, n1), _over(x2, n2)
    (l1, u1), (l2, u2) = (score_interval(x, n, confidence=confidence) for x, n in ((x1, n1), (x2, n2)))
    gap = p1 - p2
    return Uplift(gap, gap - np.hypot(p1 - l1, u2 - p2), gap + np.hypot(u1 - p1, p2 - l2))


def score_interval(
    responded: ArrayLike, customers: ArrayLike, *, confidence: float = 0.95
) -> tuple[Numbers, Numbers]:
    """The limits of a share of customers, also where it is 0 or 1.

    Parameters
    ----------
    responded, customers : array (n,)
        [count; NaN = unknown]
    confidence : float
        [0-1]

    Returns
    -------
    low, high : array (n,)
        [0-1; NaN without customers]

    Source: Wilson 1927; (2 x + z^2 -+ z sqrt(z^2 + 4 x (1 - p))) / (2 (n + z^2)).

    >>> low, high = score_interval([0, 81], [10, 263])
    >>> low.round(4).tolist(), high.round(4).tolist()
    ([0.0, 0.2553], [0.2775, 0.3662])
    """
    x, n = (np.atleast_1d(np.asarray(one, dtype=float)) for one in (responded, customers))
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    p = _over(x, n)
    middle, reach = 2 * x + z * z, z * np.sqrt(z * z + 4 * x * (1 - p))
    whole = 2 * (n + z * z)
    low, high = (middle - reach) / whole, (middle + reach) / whole
    # Exactly 0 and 1 at the ends, which the root misses by its last digit.
    return np.where(x == 0, np.minimum(p, 0.0), low), np.where(x == n, np.maximum(p, 1.0), high)


def _over(part: Numbers, whole: Numbers) -> Numbers:
    """NaN where there is no whole."""
    share = np.full(np.broadcast(part, whole).shape, np.nan)
    np.divide(part, whole, out=share, where=whole > 0)
    return share
