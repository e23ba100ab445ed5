"""Targets against what was reached, by goal and month, with the gap to a benchmark (`spec/systems.md` E)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

STATUSES = ("met", "within_10", "missed", "open")
CLOSE = 0.1


class Targets(NamedTuple):
    """One entry per row of the input.

    gap = actual - target and benchmark_gap = actual - benchmark [as the figures; NaN = unknown]; status: met, within_10
    (short of the target by up to 10 % of it), missed, open (nothing reached yet), None without a target.
    """

    gap: NDArray[np.float64]
    benchmark_gap: NDArray[np.float64]
    status: NDArray[np.object_]


def targets(
    target: ArrayLike, actual: ArrayLike, benchmark: ArrayLike, higher_is_better: ArrayLike | None = None
) -> Targets:
    """Gap and status of each target.

    Parameters
    ----------
    target, actual, benchmark : array (n,)
        What was wanted, what was reached, what others reach. [any unit; NaN = unknown]
    higher_is_better : array (n,), optional
        0 where less is better, such as complaints. [1, 0; NaN = 1]

    >>> targets([100, 100, 100, 5], [100, 91, 89, 4], [np.nan] * 4, [1, 1, 1, 0]).status.tolist()
    ['met', 'within_10', 'missed', 'met']
    """
    wanted, reached, others = (
        np.atleast_1d(np.asarray(one, dtype=float)) for one in (target, actual, benchmark)
    )
    better = np.ones(wanted.size) if higher_is_better is None else np.asarray(higher_is_better, dtype=float)
    sign = np.where(better == 0, -1.0, 1.0)
    # Nine decimals, so that 0.9 of a target is within ten per cent of it.
    short = np.round(sign * (wanted - reached), 9)
    status = np.empty(wanted.size, dtype=object)
    status[:] = np.select(
        [np.isnan(reached), short <= 0, short <= np.round(CLOSE * np.abs(wanted), 9)],
        ["open", "met", "within_10"],
        "missed",
    )
    status[np.isnan(wanted)] = None
    return Targets(reached - wanted, reached - others, status)
