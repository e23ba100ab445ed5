"""Values that repeat, each once: costly functions are evaluated per distinct value and looked up."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_SMALL_TABLE = 10_000
_LARGEST_TABLE = 50_000_000  # of pairs, five bytes each


class Distinct(NamedTuple):
    """`values[place]` gives the array back. A table of whole numbers may hold some that do not occur."""

    values: NDArray[np.float64]
    place: NDArray[np.int32]


class DistinctPairs(NamedTuple):
    """`first[place]` and `second[place]` give the two arrays back."""

    first: NDArray[np.float64]
    second: NDArray[np.float64]
    place: NDArray[np.intp]


def distinct(array: NDArray[np.float64]) -> Distinct:
    """Each value once; for whole numbers from 0, such as days, the table 0 … largest, which needs no sorting."""
    if array.size and array.min() >= 0 and array.max() <= max(_SMALL_TABLE, array.size):
        place = array.astype(np.int32)
        if (place == array).all():
            return Distinct(np.arange(int(place.max()) + 1, dtype=float), place)
    values, inverse = np.unique(array, return_inverse=True)
    return Distinct(values, inverse.astype(np.int32))


def distinct_pairs(first: NDArray[np.float64], second: NDArray[np.float64]) -> DistinctPairs:
    """Each pair of values once."""
    one, other = distinct(first), distinct(second)
    width = max(other.values.size, 1)
    key = one.place.astype(np.int64) * width + other.place
    if one.values.size * width <= _LARGEST_TABLE:
        # Counting is quicker than sorting while the table of all pairs is small.
        occurs = np.zeros(one.values.size * width, dtype=bool)
        occurs[key] = True
        pair = np.flatnonzero(occurs)
        number = np.zeros(occurs.size, dtype=np.int32)
        number[pair] = np.arange(pair.size, dtype=np.int32)
        place = number[key]
    else:
        pair, place = np.unique(key, return_inverse=True)
    return DistinctPairs(
        one.values[pair // width], other.values[pair % width], place.astype(np.intp, copy=False)
    )
