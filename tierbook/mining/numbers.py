"""Columns of numbers as mining takes them: standardised, and in an order that does not depend on that of the rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tierbook.errors import DataError


def matrix(numbers: ArrayLike) -> NDArray[np.float64]:
    """The columns as a table (n, m) of doubles; one column may be a plain array.

    Raises
    ------
    DataError
        No column.
    """
    table = np.asarray(numbers, dtype=float)
    table = table[:, None] if table.ndim == 1 else table
    if table.ndim != 2 or not table.shape[1]:
        raise DataError(
            "There is no column of numbers.", fix="Give a range with a header row and numbers below it."
        )
    return table


def standardised(table: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each column less its mean, over its standard deviation; 0 where all numbers of a column are the same.

    >>> standardised(np.array([[1.0, 5.0], [3.0, 5.0]])).tolist()
    [[-1.0, 0.0], [1.0, 0.0]]
    """
    # By a power of two first, which changes no digit: squares of the largest doubles would overflow.
    table = np.ldexp(table, -np.frexp(np.abs(table).max(axis=0, initial=0))[1])
    spread = table.std(axis=0)
    same = constant(table)
    return np.where(same, 0.0, (table - table.mean(axis=0)) / np.where(same, 1, spread))


def constant(table: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which columns hold the same number in every row."""
    return (table == table[:1]).all(axis=0)


def ordered(table: NDArray[np.float64]) -> NDArray[np.intp]:
    """Rows in the order of their numbers, first column first: the same whatever order they came in."""
    return np.lexsort(table.T[::-1])


def distinct_rows(table: NDArray[np.float64]) -> int:
    """How many different rows a table has, its rows being ordered."""
    return len(table) and 1 + int((table[1:] != table[:-1]).any(axis=1).sum())


def drawn(count: int, most: int, seed: int) -> NDArray[np.intp]:
    """All of `count` rows, or `most` of them drawn by the seed, in rising order."""
    if count <= most:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, most, replace=False))
