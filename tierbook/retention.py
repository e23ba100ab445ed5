"""Retention by cohort: of the customers who first bought in a period, the share who bought again in each later one.

A cohort is the calendar period of the first purchase; place k is the k-th period after it. A period that is not over
says nothing yet and stays blank.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tierbook.periods import period_end, period_number


class CohortTable(NamedTuple):
    """One row per cohort, in the order of time."""

    cohort: NDArray[np.int64]
    customers: NDArray[np.int64]
    bought: NDArray[np.float64]
    """Customers of the cohort who bought k periods later, (cohorts, k); NaN where that period is not over."""

    @property
    def retained(self) -> NDArray[np.float64]:
        """The same as a share of the cohort."""
        return self.bought / self.customers[:, None]

    @property
    def mean(self) -> NDArray[np.float64]:
        """Share retained k periods later, over all cohorts for which that period is over."""
        there = ~np.isnan(self.bought)
        everyone = (there * self.customers[:, None]).sum(axis=0)
        kept = np.where(there, self.bought, 0).sum(axis=0)
        return np.divide(kept, everyone, out=np.full(len(everyone), np.nan), where=everyone > 0)


def cohort_table(
    customer_ids: NDArray[np.object_], dates: ArrayLike, *, period: str = "month", as_of: date | None = None
) -> CohortTable:
    """Cohorts of customers by the period of their first purchase, and who bought in each period since.

    Parameters
    ----------
    customer_ids : array (n,)
        Customer of each purchase.
    dates : array (n,) of days
        Day of each purchase; those after `as_of` are left out.
    period : {"month", "ten_day", "quarter", "year"}
    as_of : date, optional
        The day the table speaks for; the latest purchase if left out.

    >>> ids, days = np.array(["A", "B", "A"], object), ["2025-01-05", "2025-01-09", "2025-02-28"]
    >>> cohort_table(ids, np.array(days, "datetime64[D]")).retained
    array([[1. , 0.5]])
    """
    day = np.atleast_1d(np.asarray(dates, dtype="datetime64[D]"))
    if not day.size:
        return cohorts_counted([], [], [], period=period, as_of=as_of or date.min)
    last = np.datetime64(as_of, "D") if as_of else day.max()
    known = day <= last
    _, customer = np.unique(customer_ids[known].astype(str), return_inverse=True)
    number = period_number(day[known], period=period)
    visits = np.unique(np.stack([customer, number]), axis=1)
    # Visits are ordered by customer and period: a customer's first visit is the first of its column.
    firsts = visits[1][np.searchsorted(visits[0], np.arange(customer.max(initial=-1) + 1))]
    pairs, counts = np.unique(np.stack([firsts[visits[0]], visits[1]]), axis=1, return_counts=True)
    return cohorts_counted(pairs[0], pairs[1], counts, period=period, as_of=last.item())


def cohorts_counted(
    cohort: ArrayLike, number: ArrayLike, customers: ArrayLike, *, period: str = "month", as_of: date
) -> CohortTable:
    """The same from counts: how many customers of a cohort bought in a period.

    Parameters
    ----------
    cohort, number : int array (n,)
        Periods as `tierbook.periods.period_number` counts them.
    customers : int array (n,)
        Distinct customers of the cohort who bought in the period; the cohort's own period holds its size.
    """
    first, then = (np.atleast_1d(np.asarray(one, dtype=np.int64)) for one in (cohort, number))
    count = np.atleast_1d(np.asarray(customers, dtype=float))
    cohorts = np.unique(first)
    current = int(period_number(np.array([as_of], dtype="datetime64[D]"), period=period)[0])
    over = period_end([current], period=period)[0] <= np.datetime64(as_of, "D")
    last = current if over else current - 1
    places = int(last - cohorts.min()) + 1 if cohorts.size else 0
    bought = np.zeros((cohorts.size, max(places, 0)))
    row, place = np.searchsorted(cohorts, first), then - first
    seen = place < bought.shape[1]
    bought[row[seen], place[seen]] = count[seen]
    bought[cohorts[:, None] + np.arange(bought.shape[1]) > last] = np.nan
    size = np.zeros(cohorts.size, dtype=np.int64)
    own = place == 0
    size[row[own]] = count[own].astype(np.int64)
    return CohortTable(cohorts, size, bought)
