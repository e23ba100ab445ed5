"""What was promised and what was kept: requests closed in time, patients called back (`spec/systems.md` H).

Days are counted between dates, times of day do not count; the last day is included, so that a request of 1 March that
may take two days is in time on 3 March.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tierbook.errors import DataError

STATES = ("on_time", "late", "open")


class ServiceLevels(NamedTuple):
    """One entry per request; `days_over` [days] is how long a late or overdue one is past its last day, else 0."""

    due: NDArray[np.datetime64]
    state: NDArray[np.object_]
    overdue: NDArray[np.bool_]
    days_over: NDArray[np.float64]


def service_levels(
    opened: ArrayLike, closed: ArrayLike, within_days: ArrayLike, *, as_of: date | str
) -> ServiceLevels:
    """Whether each request was closed on time, closed late, or is open, and the open ones past their last day.

    Parameters
    ----------
    opened : array (n,) of moments
        When it came; later than `as_of` or missing: not there yet. [NaT = unknown]
    closed : array (n,) of moments
        When it was closed. [NaT = not yet]
    within_days : array (n,)
        Calendar days it may take. [days; NaN = no term]
    as_of : date

    Returns
    -------
    ServiceLevels
        `state` is None for requests that are not there yet; open includes overdue.

    Raises
    ------
    DataError
        Requests closed before they came; all their rows are in `rows`.

    >>> found = service_levels(["2026-03-01", "2026-03-01"], ["2026-03-03", "NaT"], [2, 2], as_of="2026-03-04")
    >>> found.state.tolist(), found.overdue.tolist()
    (['on_time', 'open'], [False, True])
    """
    day = np.datetime64(as_of, "D")
    came, went = (np.atleast_1d(np.asarray(one, dtype="datetime64[D]")) for one in (opened, closed))
    within = np.atleast_1d(np.asarray(within_days, dtype=float))
    came, went, within = np.broadcast_arrays(came, went, within)
    wrong = np.flatnonzero(went < came)
    if wrong.size:
        raise DataError(
            "It was closed on {closed}, before it came on {opened}.",
            fix="Correct one of the dates.",
            rows=wrong.tolist(),
            opened=str(came[wrong[0]]),
            closed=str(went[wrong[0]]),
        )
    there = came <= day
    done = there & (went <= day)
    due = np.full(came.shape, np.datetime64("NaT", "D"))
    known = ~np.isnan(within) & ~np.isnat(came)
    due[known] = came[known] + np.floor(within[known]).astype("timedelta64[D]")
    until = np.where(done, went, day)
    over = np.where(there & (until > due), (until - due).astype("timedelta64[D]").astype(float), 0.0)
    state = np.full(came.shape, None, dtype=object)
    state[there & ~done] = "open"
    state[done] = np.where(over[done] > 0, "late", "on_time")
    return ServiceLevels(due, state, there & ~done & (over > 0), over)


def coverage(reached: ArrayLike, due: ArrayLike) -> float:
    """Share of those to be reached who were: all reached over all due.

    Parameters
    ----------
    reached, due : array (n,)
        Counts of departments, months or people. [count; NaN = unknown, its row is not counted]

    Returns
    -------
    float
        0 to 1; NaN where nobody was due.

    Raises
    ------
    DataError
        Negative counts, or more reached than due; all their rows are in `rows`.

    >>> coverage([45, 30], [50, 50])
    0.75
    """
    got, wanted = np.broadcast_arrays(
        np.atleast_1d(np.asarray(reached, dtype=float)), np.atleast_1d(np.asarray(due, dtype=float))
    )
    counted = ~(np.isnan(got) | np.isnan(wanted))
    wrong = np.flatnonzero(counted & ((got < 0) | (wanted < 0) | (got > wanted)))
    if wrong.size:
        raise DataError(
            "{reached} of {due} cannot have been reached.",
            fix="Counts are 0 or more, and no more are reached than are due.",
            rows=wrong.tolist(),
            reached=f"{got[wrong[0]]:g}",
            due=f"{wanted[wrong[0]]:g}",
        )
    everyone = wanted[counted].sum()
    return float(got[counted].sum() / everyone) if everyone else float("nan")
