"""The calibration period of the CDNOW sample: the first 39 weeks, to 1997-09-30, purchases of a day merged."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tierbook.clv.summary import purchase_summary
from workbooks.samples import cdnow

END = date(1997, 9, 30)


class Log(NamedTuple):
    customer: NDArray[np.int64]
    day: NDArray[np.datetime64]
    amount: NDArray[np.float64]


class Customers(NamedTuple):
    """Recency and T in weeks of 7 days, as published; one element per customer."""

    frequency: NDArray[np.float64]
    recency: NDArray[np.float64]
    T: NDArray[np.float64]
    monetary_value: NDArray[np.float64]


@cache
def log() -> Log:
    purchases = cdnow.purchases()
    _, customer = np.unique([one.customer_id for one in purchases], return_inverse=True)
    return Log(
        customer.astype(np.int64),
        np.array([one.date for one in purchases], dtype="datetime64[D]"),
        np.array([one.amount for one in purchases]),
    )


@cache
def calibration() -> Customers:
    found = purchase_summary(*log(), as_of=END)
    return Customers(found.frequency, found.recency / 7, found.T / 7, found.monetary_value)
