"""Ranks, medians and sums of the whole population: what a customer's number is among all others.

Source: spec/systems.md, Conventions. Equal values share the best rank (1, 1, 3).
"""

from __future__ import annotations

import numpy as np

from tierbook.rounding import half_away

LARGEST_SUMMED = 1e24  # in millionths a sum of a hundred million of these still fits into 128 bits


def top_share(x: np.ndarray, orders: np.ndarray) -> np.ndarray:
    """Where each customer stands from the top: 0.03 is among the best 3 %.

    Parameters
    ----------
    x : array (n,)
        What customers are ranked by, the highest first. [any; NaN = missing]
    orders : array (n,)
        Purchases; customers without one are neither ranked nor counted. [count]

    Returns
    -------
    array (n,)
        (rank − 0.5) / N over the customers with a purchase and a known x, so `top_share(x) <= p` holds for the
        top p of them, those tied with the last included. [0-1, NaN for everybody else]
    """
    counted = (orders > 0) & ~np.isnan(x)
    share = np.full(x.shape, np.nan)
    values = x[counted]
    share[counted] = (_ranks(-values) - 0.5) / max(values.size, 1)
    return share


def percent_rank_of_all(x: np.ndarray) -> np.ndarray:
    """Share of the other customers with a lower value: SQL's percent_rank over all rows with a value.

    0 for the lowest and for a lone row; NaN stays NaN. [0-1]
    """
    known = ~np.isnan(x)
    share = np.full(x.shape, np.nan)
    values = x[known]
    share[known] = (_ranks(values) - 1) / max(values.size - 1, 1)
    return share


def median_of_all(x: np.ndarray) -> float:
    """The middle value, or the mean of the middle two, of all rows with a value; NaN without any."""
    values = x[~np.isnan(x)]
    if not values.size:
        return np.nan
    low, high = (values.size - 1) // 2, values.size // 2
    middle = np.partition(values, (low, high))
    return (middle[low] + middle[high]) / 2


def sum_of_all(x: np.ndarray) -> float:
    """The exact sum of all rows with a value, each rounded to 6 decimals, turned into a double once.

    NaN without any value, or when one is beyond 1e24.
    """
    values = x[~np.isnan(x)]
    if not values.size or np.abs(values).max() >= LARGEST_SUMMED:
        return np.nan
    millionths = half_away(values, 6, scaled=True)
    if np.abs(millionths).max() * values.size < 2**53:
        return millionths.sum() / 1e6  # every partial sum is a whole number a double holds
    # A double below 2^53 fits into an int64; the few beyond are added as Python's whole numbers.
    small = np.abs(millionths) < 2**53
    high, low = np.divmod(millionths[small].astype(np.int64), 2**30)
    return float(int(high.sum()) * 2**30 + int(low.sum()) + sum(map(int, millionths[~small]))) / 1e6


def _ranks(x: np.ndarray) -> np.ndarray:
    """Rank of each value from the lowest, from 1, equal ones sharing the lower rank."""
    order = np.argsort(x)
    ascending = x[order]
    starts = np.flatnonzero(np.concatenate([[True], ascending[1:] != ascending[:-1]])[: x.size])
    ranks = np.empty(x.size)
    ranks[order] = np.repeat(starts + 1.0, np.diff(np.append(starts, x.size)))
    return ranks
