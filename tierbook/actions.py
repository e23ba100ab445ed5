"""The action list: for each customer the one thing that cannot wait, of all there is to do.

Tried in the order of `KINDS`, the first that applies is the customer's action (spec/systems.md, Action list).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

KINDS = ("complaint", "credit", "churn", "expected", "stage", "birthday", "contract")
# Care that is announced ahead, whatever else there is to do.
REMINDERS = ("expected", "birthday", "contract")
DAYS_AHEAD = 30
# The level of the section credit at which nothing more goes out on credit (spec/systems.md, D3).
FREEZE = "freeze"
# Service levels: an urgent complaint (severity 3) within 2 days, others within 5 (spec/systems.md, H). [days]
URGENT_SEVERITY, URGENT_DAYS, OTHER_DAYS = 3, 2, 5


class NextActions(NamedTuple):
    """One entry per customer."""

    kind: NDArray[np.object_]
    """One of `KINDS`, None where there is nothing to do."""
    due: NDArray[np.datetime64]


class Reminders(NamedTuple):
    """One entry per day of care, the nearest first: position of the customer, one of `REMINDERS`, the day."""

    row: NDArray[np.intp]
    kind: NDArray[np.object_]
    day: NDArray[np.datetime64]


def next_actions(
    *,
    as_of: date,
    window_days: int,
    complaint_due: NDArray[np.datetime64],
    frozen: NDArray[np.bool_],
    flagged: NDArray[np.bool_],
    valued: NDArray[np.bool_],
    let_go: NDArray[np.bool_],
    expected: NDArray[np.datetime64],
    has_stage_action: NDArray[np.bool_],
    birthday: NDArray[np.datetime64],
    contract_end: NDArray[np.datetime64],
    marketable: NDArray[np.bool_],
    days_ahead: int = DAYS_AHEAD,
) -> NextActions:
    """The most urgent action of each customer, and when it is due.

    Parameters
    ----------
    complaint_due : array (n,) of days
        Day by which the open complaint should have been closed; NaT = none open. Overdue from the day after.
    frozen : bool array (n,)
        No more on credit. Due at once.
    flagged, valued : bool array (n,)
        Flagged for churn; worth a call. Due at once.
    let_go : bool array (n,)
        Lost, and not worth winning back: only a complaint, what is owed and a day of care remain.
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
    soon, kept = today + days_ahead, ~let_go
    coming = next_anniversary(birthday, as_of=as_of)
    # Comparisons with NaT are false.
    rules = (
        ("complaint", complaint_due < today, complaint_due),
        ("credit", frozen, np.full(flagged.shape, today)),
        ("churn", flagged & valued & kept, np.full(flagged.shape, today)),
        ("expected", (expected < today) & ~flagged & kept, expected),
        ("stage", has_stage_action & kept, np.full(flagged.shape, today + window_days)),
        ("birthday", marketable & (coming <= soon), coming),
        ("contract", marketable & (contract_end >= today) & (contract_end <= soon), contract_end),
    )
    kind = np.full(flagged.shape, None, dtype=object)
    due = np.full(flagged.shape, np.datetime64("NaT"), dtype="datetime64[D]")
    for name, applies, day in reversed(rules):
        kind[applies] = name
        due[applies] = day[applies]
    return NextActions(kind, due)


def reminders(
    *,
    as_of: date,
    expected: NDArray[np.datetime64],
    birthday: NDArray[np.datetime64],
    contract_end: NDArray[np.datetime64],
    marketable: NDArray[np.bool_],
    holidays: Sequence[date] = (),
    days_ahead: int = DAYS_AHEAD,
) -> Reminders:
    """Every day of care from `as_of` on; a customer may have several.

    Arguments are those of `next_actions`, and `holidays` on which every customer who may be contacted is greeted; their
    kind is `holiday`.
    """
    today = np.datetime64(as_of, "D")
    days = (expected, next_anniversary(birthday, as_of=as_of), contract_end)
    greeted = [
        ("holiday", np.full(len(marketable), np.datetime64(one, "D"))) for one in sorted(set(holidays))
    ]
    row, kind, day = [], [], []
    for name, coming in (*zip(REMINDERS, days, strict=True), *greeted):
        found = np.flatnonzero(marketable & (coming >= today) & (coming <= today + days_ahead))
        row.append(found)
        kind.append(np.full(len(found), name, dtype=object))
        day.append(coming[found])
    rows, kinds, when = np.concatenate(row), np.concatenate(kind), np.concatenate(day)
    order = np.argsort(when, kind="stable")
    return Reminders(rows[order], kinds[order], when[order])


def worth_a_call(
    tier: NDArray[np.object_], value: NDArray[np.float64], *, tiers: Sequence[str]
) -> NDArray[np.bool_]:
    """Who is above the lowest tier; without tiers, above the median value.

    Parameters
    ----------
    tier : array (n,)
        Tier names; None = unknown.
    value : array (n,)
        Customer value. [money; NaN = unknown]
    tiers : sequence of str
        The names, best first.

    >>> worth_a_call(np.array(["vip", "general"]), np.array([9.0, 1.0]), tiers=["vip", "general"]).tolist()
    [True, False]
    """
    if tiers[:-1]:
        return np.isin(tier.astype(str), tiers[:-1])
    return value > np.nanmedian(value) if not np.isnan(value).all() else np.full(len(value), False)


def expected_on(
    last_date: NDArray[np.datetime64], median_gap_days: NDArray[np.float64]
) -> NDArray[np.datetime64]:
    """The day of the next purchase, if the customer keeps the usual gap; NaT without one.

    >>> expected_on(np.array(["2026-10-01"], "datetime64[D]"), np.array([14.5]))
    array(['2026-10-16'], dtype='datetime64[D]')
    """
    expected = np.full(last_date.shape, np.datetime64("NaT"), dtype="datetime64[D]")
    known = ~np.isnan(median_gap_days)
    # A gap may end in half a day; the customer has the whole day.
    expected[known] = last_date[known] + np.ceil(median_gap_days[known]).astype("timedelta64[D]")
    return expected


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
