"""Figures of one period against another."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def growth(current: ArrayLike, previous: ArrayLike) -> NDArray[np.float64]:
    """Change from the previous period as a share of it: 0.2 is 20 % more.

    Parameters
    ----------
    current, previous : array (n,)
        The same figure in two periods. [any one unit; NaN = unknown]

    Returns
    -------
    float array (n,)
        (current - previous) / previous; NaN where either is missing or previous is 0 or less.

    >>> growth([120, 5], [100, 0])
    array([0.2, nan])
    """
    now, before = np.broadcast_arrays(
        np.atleast_1d(np.asarray(current, dtype=float)), np.atleast_1d(np.asarray(previous, dtype=float))
    )
    comparable = before > 0
    change = np.full(now.shape, np.nan)
    change[comparable] = (now[comparable] - before[comparable]) / before[comparable]
    return change
