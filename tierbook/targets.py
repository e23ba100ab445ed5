"""Targets against what was reached, by goal and month, with the gap to a benchmark (`spec/systems.md` E).

A target that is blank may be derived from the option that was chosen (rules/DECISIONS.md, Editions, three-part value, goals).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

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


def derived(
    goal: Sequence[str | None],
    month: ArrayLike,
    target: ArrayLike,
    actual: ArrayLike,
    benchmark: ArrayLike,
    *,
    reach: Mapping[str, float],
) -> NDArray[np.float64]:
    """The targets, blank ones filled in where the chosen option says how far a goal is carried.

    From the last figure reached before its first blank target a goal moves towards the benchmark, in equal steps of time,
    and by its last month has come as far as the option carries it.

    Parameters
    ----------
    goal : array (n,)
        What each row is about. [names; None = unknown]
    month : array (n,) of days
        When. [NaT = unknown]
    target, actual, benchmark : array (n,)
        As in `targets`. [any unit; NaN = unknown]
    reach : mapping
        Goal -> share of the way to the benchmark. [0-1]

    Returns
    -------
    float array (n,)
        Targets; NaN where none was given and none follows: no reach, no month, nothing reached before, no benchmark.

    >>> months = ["2026-08-01", "2026-09-01", "2026-10-01"]
    >>> derived(["a"] * 3, months, [np.nan] * 3, [60, np.nan, np.nan], [80] * 3, reach={"a": 0.5}).tolist()
    [nan, 65.08196721311475, 70.0]
    """
    days = np.asarray(month, dtype="datetime64[D]")
    wanted, reached, others = (np.asarray(one, dtype=float) for one in (target, actual, benchmark))
    found = wanted.copy()
    names = np.array([one or "" for one in goal], dtype=object)
    for name, share in reach.items():
        rows = np.flatnonzero((names == name) & ~np.isnat(days))
        rows = rows[np.argsort(days[rows], kind="stable")]
        known = rows[~np.isnan(reached[rows])]
        if not known.size:
            continue
        blank = rows[np.isnan(wanted[rows]) & (days[rows] > days[known[0]])]
        if not blank.size:
            continue
        start = known[days[known] < days[blank[0]]][-1]
        way = (days[rows[-1]] - days[start]).astype(float)
        gone = (days[blank] - days[start]).astype(float) / way
        found[blank] = reached[start] + (others[blank] - reached[start]) * share * gone
    return found
