"""Lost customers: what may be spent at most to win one back.

Source: spec/systems.md C. Who is lost, who is worth winning back, and the limit itself (12 × net value / months between
first and last purchase × win-back rate) stand in the rule pack.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def spend_at_most(lost: ArrayLike, let_go: ArrayLike, limit: ArrayLike) -> NDArray[np.float64]:
    """The most to spend on winning back each lost customer.

    Parameters
    ----------
    lost : bool array (n,)
        Whether a decision is due.
    let_go : bool array (n,)
        Whether the decision is to let the customer go.
    limit : array (n,)
        What the rule pack allows for a customer worth winning back. [currency; NaN = unknown]

    Returns
    -------
    float array (n,)
        0 for those let go, never below 0 for the others; NaN where the limit is unknown and for customers who
        are not lost. [currency]

    >>> spend_at_most([True, True, True, False], [False, False, True, False], [288, -40, 500, 500]).tolist()
    [288.0, 0.0, 0.0, nan]
    """
    due, limit = np.asarray(lost, dtype=bool), np.atleast_1d(np.asarray(limit, dtype=float))
    spend = np.where(np.asarray(let_go, dtype=bool), 0.0, np.maximum(limit, 0.0))
    spend[~due | np.isnan(limit)] = np.nan
    return spend
