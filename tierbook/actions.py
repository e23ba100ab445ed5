"""The action list: for each customer the one thing that cannot wait, of all there is to do.

Tried in the order of `KINDS`, the first that applies is the customer's action (spec/systems.md, Action list).
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

KINDS = ("complaint", "churn", "expected", "stage", "birthday", "contract")
# Service levels: an urgent complaint (severity 3) within 2 days, others within 5 (spec/systems.md, H). [days]
URGENT_SEVERITY, URGENT_DAYS, OTHER_DAYS = 3, 2, 5


class NextActions(NamedTuple):
    """One entry per customer."""

    kind: NDArray[np.object_]
    """One of `KINDS`, None where there is nothing to do."""
    due: NDArray[np.datetime64]


def next_actions(
    *,
    as_of: date,
    window_days: int,
    complaint_due: NDArray[np.datetime64],
    flagged: NDArray[np.bool_],
    valued: NDArray[np.bool_],
    expected: NDArray[np.datetime64],
    has_stage_action: NDArray[np.bool_],
    birthday: NDArray[np.datetime64],
    contract_end: NDArray[np.datetime64],
    marketable: NDArray[np.bool_],
    days_ahead: int = 30,
) -> NextActions:
    """The most urgent action of each customer, and when it is due.

    Parameters
    ----------
    complaint_due : array (n,) of days
        Day by which the open complaint should have been closed; NaT = none open. Overdue from the day after.
    flagged, valued : bool array (n,)
        Flagged for churn; worth a call (above the lowest tier). Due at once.
    expected : array (n,) of days
        Day of the next purchase if the customer kept the usual gap; overdue from the day after, for those not flagged.
    has_stage_action : bool array (n,)
        The pack says what to do in the customer's stage. Due within the window.
    birthday, contract_end : array (n,) of days
        A birthday of any year; the day a contract ends. Due on the day, for `marketable` customers only.
    days_ahead : int
        How far ahead care reminders look. [days]
    """
    today = np.datetime64(as_of, "D")
    soon = today + days_ahead
    coming = next_anniversary(birthday, as_of=as_of)
    # Comparisons with NaT are false.
    rules = (
        ("complaint", complaint_due < today, complaint_due),
        ("churn", flagged & valued, np.full(flagged.shape, today)),
        ("expected", (expected < today) & ~flagged, expected),
        ("stage", has_stage_action, np.full(flagged.shape, today + window_days)),
        ("birthday", marketable & (coming <= soon), coming),
        ("contract", marketable & (contract_end >= today) & (contract_end <= soon), contract_end),
    )
    kind = np.full(flagged.shape, None, dtype=object)
    due = np.full(flagged.shape, np.datetime64("NaT"), dtype="datetime64[D]")
    for name, applies, day in reversed(rules):
        kind[applies] = name
        due[applies] = day[applies]
    return NextActions(kind, due)


def next_anniversary(day: NDArray[np.datetime64], *, as_of: date) -> NDArray[np.datetime64]:
    """The next time a day of the year comes round, `as_of` included; 29 February comes on the 28th in common years.

    >>> next_anniversary(np.array(["1990-11-05", "1988-02-29"], "datetime64[D]"), as_of=date(2026, 10, 31))
    array(['2026-11-05', '2027-02-28'], dtype='datetime64[D]')
    """
    this_year = _in_year(day, as_of.year)
    return np.where(this_year < np.datetime64(as_of, "D"), _in_year(day, as_of.year + 1), this_year)


def _in_year(day: NDArray[np.datetime64], year: int) -> NDArray[np.datetime64]:
    month = day.astype("datetime64[M]")
    within = day - month.astype("datetime64[D]")
    moved = month - day.astype("datetime64[Y]").astype("datetime64[M]") + np.datetime64(f"{year}-01", "M")
    last = (moved + 1).astype("datetime64[D]") - 1
    return np.minimum(moved.astype("datetime64[D]") + within, last)


def complaint_due(opened: NDArray[np.datetime64], severity: NDArray[np.float64]) -> NDArray[np.datetime64]:
    """The last day on which a complaint is closed in time.

    >>> complaint_due(np.array(["2026-01-01"], "datetime64[D]"), np.array([3.0]))
    array(['2026-01-03'], dtype='datetime64[D]')
    """
    days = np.where(severity >= URGENT_SEVERITY, URGENT_DAYS, OTHER_DAYS)
    return opened + days.astype("timedelta64[D]")
