"""Purchases summed up for the models: x, t_x, T and mean spend of each customer, without sorting the purchases.

The figures are those of `features.sql` (spec, Standard features): purchases of one day are one, the first day counts
in neither frequency nor monetary value, refunds (negative amounts) are no purchases. Days are spread into one slot
per customer, and only (customer, day) packed into one integer is sorted, to count distinct days.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tierbook.errors import DataError


class Summary(NamedTuple):
    """One element per customer number 0 … n - 1: repeat purchase days [count], age at the last one and age now
    [days], mean amount per repeat purchase day [money; NaN without one]. All NaN for a number without a purchase.
    """

    frequency: NDArray[np.float64]
    recency: NDArray[np.float64]
    T: NDArray[np.float64]
    monetary_value: NDArray[np.float64]


def purchase_summary(
    customer: ArrayLike, day: ArrayLike, amount: ArrayLike | None = None, *, as_of: date
) -> Summary:
    """The history of each customer as of a day.

    Parameters
    ----------
    customer : int array (n,)
        Number of the customer of each purchase, 0, 1, 2 …; rows may come in any order.
    day : datetime64[D] array (n,)
        Day of each purchase. [NaT or after `as_of`: ignored]
    amount : array (n,), optional
        Amount of each purchase; negative is a refund. [money; NaN: ignored] Without amounts there is no monetary value.
    as_of : date
        The day the figures speak for.

    Raises
    ------
    DataError
        Columns of different length, a negative customer number, no purchase up to `as_of`.

    >>> found = purchase_summary([0, 0, 0], ["2025-01-01", "2025-01-08", "2025-01-08"], [5, 20, 10],
    ...                          as_of=date(2025, 1, 10))
    >>> [float(column[0]) for column in found]
    [1.0, 7.0, 9.0, 30.0]
    """
    number = np.atleast_1d(np.asarray(customer))
    when = np.atleast_1d(np.asarray(day, dtype="datetime64[D]"))
    paid = None if amount is None else np.atleast_1d(np.asarray(amount, dtype=float))
    if not number.size == when.size == (number.size if paid is None else paid.size):
        raise DataError("Customers, days and amounts of purchases have different lengths.")
    end = np.datetime64(as_of, "D")
    people = int(number.max()) + 1 if number.size else 0
    used = when <= end  # False for NaT
    if paid is not None:
        used &= paid >= 0  # False for NaN
    if not used.all():
        number, when, paid = number[used], when[used], None if paid is None else paid[used]
    if not number.size:
        raise DataError("There is no purchase up to {day}.", day=as_of.isoformat())
    if number.min() < 0:
        raise DataError("A customer number is negative.", fix="Number the customers 0, 1, 2 …")

    begin = when.min()
    span = int((end - begin).astype(int)) + 1
    since = (when - begin).astype(np.int64).astype(np.int32)
    first, last = np.full(people, span, dtype=np.int32), np.full(people, -1, dtype=np.int32)
    np.minimum.at(first, number, since)
    np.maximum.at(last, number, since)
    bought = last >= 0
    frequency = _distinct_days(number, since, people, span) - 1.0
    monetary_value = np.full(people, np.nan)
    if paid is not None:
        again = since != first[number]
        total = np.bincount(number[again], weights=paid[again], minlength=people)
        repeat = frequency > 0
        monetary_value[repeat] = total[repeat] / frequency[repeat]
    frequency[~bought] = np.nan
    recency = np.where(bought, (last - first).astype(float), np.nan)
    age = np.where(bought, (span - 1 - first).astype(float), np.nan)
    return Summary(frequency, recency, age, monetary_value)


def _distinct_days(number: NDArray, since: NDArray, people: int, span: int) -> NDArray[np.float64]:
    """How many different days each customer bought on."""
    packed = np.uint32 if people * span < 2**32 else np.uint64
    key = number.astype(packed)
    np.multiply(key, packed(span), out=key)
    np.add(key, since.astype(packed), out=key)
    key.sort()
    new = np.empty(key.size, dtype=bool)
    new[0] = True
    np.not_equal(key[1:], key[:-1], out=new[1:])
    key = key[new]
    np.floor_divide(key, packed(span), out=key)
    return np.bincount(key.astype(np.int64), minlength=people).astype(float)
