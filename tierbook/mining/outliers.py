"""Customers unlike all others: how far a number lies from the middle, in robust standard deviations, and in which column.

Source: B. Iglewicz, D. C. Hoaglin, How to Detect and Handle Outliers (1993), the modified z-score, with the mean absolute
deviation where the median one is 0; F. T. Liu, K. M. Ting, Z.-H. Zhou, Isolation Forest (2008).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tierbook.mining.extra import checked_seed, module, one_thread
from tierbook.mining.numbers import matrix, ordered

FAR = 3.5
_MEDIAN_SHARE, _MEAN_SHARE = 0.6745, 1.2533


class Outliers(NamedTuple):
    """Per row the z farthest from 0, and the position of its column, the first of equal ones; NaN and -1 without a number."""

    z: NDArray[np.float64]
    column: NDArray[np.intp]


def robust_z(value: ArrayLike) -> NDArray[np.float64]:
    """How far each number lies from the median.

    Parameters
    ----------
    value : array (n,)
        [any unit; NaN = missing]

    Returns
    -------
    float array (n,)
        0.6745 (x - median) / MAD, MAD being the median distance from the median; where that is 0,
        (x - median) / (1.2533 mean distance); where that is 0 too, 0. An outlier is beyond 3.5 on either side.

    >>> robust_z([2, 3, 4, 5, 90]).round(2).tolist()
    [-1.35, -0.67, 0.0, 0.67, 58.01]
    """
    number = np.atleast_1d(np.asarray(value, dtype=float))
    known = number[~np.isnan(number)]
    if not known.size:
        return number
    middle = np.median(known)
    distance = np.abs(known - middle)
    spread = np.median(distance) / _MEDIAN_SHARE or distance.mean() * _MEAN_SHARE
    return (number - middle) / spread if spread else np.where(np.isnan(number), np.nan, 0.0)


def outliers(numbers: ArrayLike) -> Outliers:
    """What makes each row stand out most.

    Parameters
    ----------
    numbers : array (n, m)
        Columns in any units. [NaN = missing: the other columns speak]

    >>> found = outliers([[1, 5], [2, 5], [3, 5], [2, 99]])
    >>> found.z.round(2).tolist(), found.column.tolist()
    ([-1.35, 0.0, 1.35, 3.19], [0, 0, 0, 1])
    """
    table = matrix(numbers)
    z = np.array([robust_z(column) for column in table.T]).T.reshape(table.shape)
    nothing = np.isnan(z).all(axis=1)
    column = np.argmax(np.where(np.isnan(z), -1.0, np.abs(z)), axis=1)
    farthest = z[np.arange(len(z)), column]
    return Outliers(farthest, np.where(nothing, -1, column))


def isolation(numbers: ArrayLike, *, rows: ArrayLike | None = None, seed: int = 1) -> NDArray[np.float64]:
    """How easily each row is told apart from all others, by an isolation forest of 100 trees.

    Parameters
    ----------
    numbers : array (n, m)
        Columns in any units. [NaN = missing: the middle of the column stands in, which stands out nowhere]
    rows : array (r,), optional
        Positions of the rows to look at; all of them if left out.
    seed : int
        Of the random cuts; the same seed gives the same scores, whatever the order of the rows.

    Returns
    -------
    float array (r,)
        0 to 1; about 0.5 is like the others, near 1 is alone.

    Raises
    ------
    HostError
        scikit-learn is missing.
    """
    table = matrix(numbers)
    looked_at = np.arange(len(table)) if rows is None else np.asarray(rows, dtype=np.intp)
    if not looked_at.size:
        return np.empty(0)
    known = [column[~np.isnan(column)] for column in table.T]
    filled = np.where(np.isnan(table), [np.median(column) if column.size else 0.0 for column in known], table)
    drawn_from = filled[ordered(filled)]
    with one_thread():
        forest = module("ensemble").IsolationForest(random_state=checked_seed(seed)).fit(drawn_from)
        return -forest.score_samples(filled[looked_at])
