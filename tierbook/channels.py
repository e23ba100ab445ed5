"""What a channel returns (`spec/systems.md` M)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def channel_return(margin: ArrayLike, cost: ArrayLike) -> NDArray[np.float64]:
    """What comes back of each unit of money spent on a channel, beyond that unit.

    Parameters
    ----------
    margin, cost : array (n,)
        Of the sales through the channel; of the contacts on it. [currency; NaN = unknown]

    Returns
    -------
    float array (n,)
        (margin - cost) / cost. [ratio; NaN without a cost above 0]

    Source: spec/systems.md M.

    >>> channel_return([300, 50, 80], [100, 100, 0])
    array([ 2. , -0.5,  nan])
    """
    earned, spent = (np.atleast_1d(np.asarray(one, dtype=float)) for one in (margin, cost))
    found = np.full(np.broadcast(earned, spent).shape, np.nan)
    np.divide(earned - spent, spent, out=found, where=spent > 0)
    return found
