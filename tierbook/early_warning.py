"""Early warning: how far a customer's RFM score fell since the window before, and which part fell most.

Source: spec/systems.md C. R = days since the last purchase, F and M = orders and spend of the window that ends at each
date, scored 1 to 5 at both dates on the cut points of the earlier one. From which fall on a level is reached stands in
the rule pack.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

PARTS = ("R", "F", "M")


def score_fall(now: Sequence[ArrayLike], before: Sequence[ArrayLike]) -> NDArray[np.float64]:
    """How many points the total of the three scores fell.

    Parameters
    ----------
    now, before : three arrays (n,) each
        R, F and M score at the later and at the earlier date. [1-5; NaN = no purchase by then]

    Returns
    -------
    float array (n,)
        Points; negative where the total rose, NaN where a score is missing.

    >>> score_fall([[3, 5], [4, 5], [5, 5]], [[5, 4], [5, 4], [5, 4]]).tolist()
    [3.0, -3.0]
    """
    return _part_falls(now, before).sum(axis=0)


def part_that_fell_most(now: Sequence[ArrayLike], before: Sequence[ArrayLike]) -> NDArray[np.object_]:
    """The part whose score fell most, "R", "F" or "M"; of equal falls the first in this order.

    Arguments are those of `score_fall`. None where no part fell or a score is missing.

    >>> part_that_fell_most([[3, 5], [3, 5], [5, 5]], [[5, 5], [5, 5], [5, 5]]).tolist()
    ['R', None]
    """
    falls = _part_falls(now, before)
    part = np.array(PARTS, dtype=object)[falls.argmax(axis=0)]
    part[~(falls.max(axis=0) > 0)] = None  # also where a score is missing: nothing compares with NaN
    return part


def _part_falls(now: Sequence[ArrayLike], before: Sequence[ArrayLike]) -> NDArray[np.float64]:
    """A row for each part."""
    at_each_date = [
        np.array([np.atleast_1d(np.asarray(part, dtype=float)) for part in parts]) for parts in (before, now)
    ]
    return at_each_date[0] - at_each_date[1]
