"""Churn: signals add up to a score, the strongest give the reason (`spec/rules.md`, churn); the churn rate of a period."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tierbook.errors import DataError

FULL = 100.0


def churn_score(
    points: Sequence[float], fired: Sequence[NDArray[np.bool_]], length: int
) -> NDArray[np.float64]:
    """Points of the signals that fire, at most 100.

    Parameters
    ----------
    points : sequence of float
        What each signal is worth. [points]
    fired : sequence of bool arrays (n,)
        Where each signal fires.
    length : int
        n, needed when there is no signal.

    Returns
    -------
    float array (n,)
        0-100.

    >>> churn_score([40, 90], [np.array([True, True]), np.array([False, True])], 2)
    array([ 40., 100.])
    """
    score = np.zeros(length)
    for gain, fires in zip(points, fired, strict=True):
        score += gain * fires
    return np.minimum(score, FULL)


def by_strength(points: Sequence[float]) -> list[int]:
    """Positions of the signals, most points first; equal points in the pack's order."""
    return sorted(range(len(points)), key=lambda position: -points[position])


class ChurnRate(NamedTuple):
    """Customers lost over a period, with the counts behind the rate; the rate is NaN where nobody was active."""

    active: int
    lost: int
    rate: float


def churn_rate(
    customer_id: ArrayLike,
    purchase_date: ArrayLike | Sequence[date],
    *,
    start: date,
    end: date,
    inactive_days: int = 90,
) -> ChurnRate:
    """The share of the customers active at the start of a period who are not active any more at its end.

    Parameters
    ----------
    customer_id : array (n,)
        Customer of each purchase.
    purchase_date : array (n,)
        Day of each purchase, in any order. [date]
    start, end : date
        The period. Active at a day means a purchase in the `inactive_days` up to it, that day included.
    inactive_days : int
        Without a purchase for so long, a customer is not active. [days, at least 1]

    Raises
    ------
    DataError
        An end before the start, or less than one day.

    Source: spec/systems.md F, churn rate = lost / active at start.

    >>> churn_rate(["a", "b", "b"], ["2025-03-01", "2025-03-20", "2025-06-15"],
    ...            start=date(2025, 3, 31), end=date(2025, 6, 30))
    ChurnRate(active=2, lost=1, rate=0.5)
    """
    if end < start:
        raise DataError(
            "The period ends on {end}, before it starts on {start}.", fix="Swap them.", start=start, end=end
        )
    if inactive_days < 1:
        raise DataError("The days without a purchase are at least 1, not {days}.", days=inactive_days)
    customers, customer = np.unique(np.atleast_1d(customer_id), return_inverse=True)
    day = np.atleast_1d(np.asarray(purchase_date, dtype="datetime64[D]"))
    active_at = []
    for until in (start, end):
        within = (day > np.datetime64(until - timedelta(days=inactive_days))) & (day <= np.datetime64(until))
        active = np.zeros(len(customers), dtype=bool)
        active[customer[within]] = True
        active_at.append(active)
    at_start, at_end = active_at
    active_count, lost = int(at_start.sum()), int((at_start & ~at_end).sum())
    return ChurnRate(active_count, lost, lost / active_count if active_count else float("nan"))
