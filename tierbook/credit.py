"""Open amounts by how long they are past due (`spec/systems.md` D3)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tierbook.errors import DataError

DAYS = (0, 30, 60, 90)
"""Last day past due of each bucket, the usual ones; after the last is one more. [days]"""


class Ageing(NamedTuple):
    """One element for each bucket: what is not due first, then by days past due, what is longest overdue last.

    Amounts we owe the customer (credit notes) are no open amounts: they are counted by themselves. [currency]
    """

    invoices: NDArray[np.int64]
    amount: NDArray[np.float64]
    credit_notes: int
    credited: float


def bucket(due: ArrayLike, *, as_of: date, last_days: Sequence[int] = DAYS) -> NDArray[np.int64]:
    """In which bucket a due date lies at `as_of`: 0 for not due; -1 where the date is missing.

    Parameters
    ----------
    due : array (n,) of dates
    last_days : sequence of int
        Last day past due of each bucket, rising; the first is what counts as not due. [days]

    Raises
    ------
    DataError
        Days that do not rise.

    >>> bucket(np.array(["2026-11-05", "2026-10-31", "2026-10-30", "2026-09-30", "2026-07-01"], "datetime64[D]"),
    ...        as_of=date(2026, 10, 31))
    array([0, 0, 1, 2, 4])
    """
    if any(b <= a for a, b in pairwise(last_days)):
        raise DataError("The days of the buckets must rise.", fix="Write them like [0, 30, 60, 90].")
    days = np.asarray(due, dtype="datetime64[D]")
    late = (np.datetime64(as_of) - days).astype(np.int64)
    found = np.searchsorted(np.asarray(last_days), late, side="left").astype(np.int64)
    found[np.isnat(days)] = -1
    return found


def ageing(due: ArrayLike, open_amount: ArrayLike, *, as_of: date, last_days: Sequence[int] = DAYS) -> Ageing:
    """Open amounts added up by bucket.

    Parameters
    ----------
    due : array (n,) of dates
        An open amount without a due date is not due.
    open_amount : array (n,)
        What is not paid yet. [currency; NaN counts as 0]
    """
    amount = np.nan_to_num(np.asarray(open_amount, dtype=float))
    at = np.maximum(bucket(due, as_of=as_of, last_days=last_days), 0)
    owed, credited = amount > 0, amount < 0
    count = len(last_days) + 1
    return Ageing(
        np.bincount(at[owed], minlength=count),
        np.bincount(at[owed], weights=amount[owed], minlength=count).astype(float),
        int(credited.sum()),
        float(-amount[credited].sum()),
    )
