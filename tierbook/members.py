"""Members: how faithfully they buy, and what they like to have for their points (`spec/systems.md` D9)."""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tierbook import periods


def stickiness(active_months: ArrayLike, joined: ArrayLike, *, as_of: date) -> NDArray[np.float64]:
    """Share of the calendar months since joining in which each member bought.

    Parameters
    ----------
    active_months : array (n,)
        Calendar months with a purchase on or after the day of joining. [count; NaN = unknown]
    joined : array (n,)
        [date; NaT = unknown]
    as_of : date
        Its month counts, as the one of joining does.

    Returns
    -------
    float array (n,)
        [0-1] NaN for who is not known to have joined by `as_of`.

    >>> stickiness([3, 1], ["2026-01-31", "2026-05-02"], as_of=date(2026, 4, 1)).tolist()
    [0.75, nan]
    """
    began = np.atleast_1d(np.asarray(joined, "datetime64[D]"))
    bought = np.atleast_1d(np.asarray(active_months, dtype=float))
    there = ~np.isnat(began) & (began <= np.datetime64(as_of))
    share = np.full(began.shape, np.nan)
    (last,) = periods.period_number(np.array([as_of], dtype="datetime64[D]"), period="month")
    share[there] = bought[there] / (last - periods.period_number(began[there], period="month") + 1)
    return share


def preferred(
    customer: NDArray[np.int64], item: NDArray[np.object_], points: ArrayLike, *, customers: int
) -> NDArray[np.object_]:
    """What each customer spent most points on.

    Parameters
    ----------
    customer : int array (m,)
        Positions of the customers.
    item : array (m,)
        [None = not known, no preference]
    points : array (m,)
        [points]
    customers : int
        n, how many there are.

    Returns
    -------
    array (n,)
        Of equal ones the first by name; None for who spent none on a known item.

    >>> preferred(np.array([0, 0, 2]), np.array(["mug", "bag", None], dtype=object), [50, 50, 9], customers=3).tolist()
    ['bag', None, None]
    """
    spent = np.asarray(points, dtype=float)
    named = np.array([one is not None for one in item.tolist()], dtype=bool) & (spent > 0)
    who, what, much = customer[named], item[named].astype(str), spent[named]
    order = np.lexsort((what, -much, who))
    first, places = np.unique(who[order], return_index=True)
    found = np.full(customers, None, dtype=object)
    found[first] = what[order][places].astype(object)
    return found
