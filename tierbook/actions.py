"""The action list: for each customer the one thing that cannot wait, of all there is to do.

Tried in the order of `KINDS`, the first that applies is the customer's action (spec/systems.md, Action list).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

KINDS = (
    "complaint", "request", "credit", "load", "churn", "register", "report", "credit_watch", "expected", "review", "level",
    "stage", "birthday", "contract", "holiday",
)  # fmt: skip
# What nobody does for customers who are let go.
_OF_KEPT = ("review", "level")
# Care that is announced ahead, whatever else there is to do.
REMINDERS = ("expected", "birthday", "contract")
DAYS_AHEAD = 30
# The levels of the section credit at which nothing more goes out on credit, and who is reminded (spec/systems.md, D3).
FREEZE, WATCH = "freeze", "watch"
# Service levels: an urgent complaint (severity 3) within 2 days, others within 5 (spec/systems.md, H). [days]
URGENT_SEVERITY, URGENT_DAYS, OTHER_DAYS = 3, 2, 5


class NextActions(NamedTuple):
    """One entry per customer."""

    kind: NDArray[np.object_]
    """One of `KINDS`, None where there is nothing to do."""
    due: NDArray[np.datetime64]


class Reminders(NamedTuple):
    """One entry per day of care, the nearest first: position of the customer, one of `REMINDERS` or `holiday`, the day."""

    row: NDArray[np.intp]
    kind: NDArray[np.object_]
    day: NDArray[np.datetime64]
    name: NDArray[np.object_]
    """The holiday's name where the kind is `holiday`, else None."""


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
    holidays: Sequence[tuple[date, str]] = (),
    also: Mapping[str, NDArray[np.datetime64]] | None = None,
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
    holidays : sequence of (date, name)
        Days on which everybody `marketable` is greeted; the next one within `days_ahead` counts.
    also : mapping of array (n,) of days
        When what other systems ask for is due, by kind: `request`, `load`, `register`, `report`, `credit_watch`, `review`,
        `level`; NaT = nothing. Review and level not for those who are let go.
    """
    today = np.datetime64(as_of, "D")
    soon, kept = today + days_ahead, ~let_go
    coming = next_anniversary(birthday, as_of=as_of)
    greeted = min((np.datetime64(day, "D") for day, _ in holidays if today <= day <= soon), default=None)
    now, at_some_time = np.full(flagged.shape, today), np.full(flagged.shape, today + window_days)
    # Comparisons with NaT are false.
    rules: dict[str, tuple[NDArray[np.bool_], NDArray[np.datetime64]]] = {
        "complaint": (complaint_due < today, complaint_due),
        "credit": (frozen, now),
        "churn": (flagged & valued & kept, now),
        "expected": ((expected < today) & ~flagged & kept, expected),
        "stage": (has_stage_action & kept, at_some_time),
        "birthday": (marketable & (coming <= soon), coming),
        "contract": (marketable & (contract_end >= today) & (contract_end <= soon), contract_end),
    }
    if greeted is not None:
        rules["holiday"] = (marketable, np.full(flagged.shape, greeted))
    for name, day in (also or {}).items():
        rules[name] = (~np.isnat(day) & (kept if name in _OF_KEPT else True), day)
    kind = np.full(flagged.shape, None, dtype=object)
    due = np.full(flagged.shape, np.datetime64("NaT"), dtype="datetime64[D]")
    for name in reversed([one for one in KINDS if one in rules]):
        applies, day = rules[name]
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
    holidays: Sequence[tuple[date, str]] = (),
    days_ahead: int = DAYS_AHEAD,
) -> Reminders:
    """Every day of care from `as_of` on; a customer may have several.

    Arrays (n,) and `as_of` are those of `next_actions`, missing is NaT; on `holidays` every customer who may be contacted
    is greeted. `days_ahead` is how long before a day it is shown. [days]
    """
    today = np.datetime64(as_of, "D")
    days = (expected, next_anniversary(birthday, as_of=as_of), contract_end)
    greeted = [
        ("holiday", np.full(len(marketable), np.datetime64(one, "D")), name)
        for one, name in sorted(set(holidays))
    ]
    cared = [(name, coming, None) for name, coming in zip(REMINDERS, days, strict=True)]
    row, kind, day, called = [], [], [], []
    for name, coming, holiday in (*cared, *greeted):
        found = np.flatnonzero(marketable & (coming >= today) & (coming <= today + days_ahead))
        row.append(found)
        kind.append(np.full(len(found), name, dtype=object))
        day.append(coming[found])
        called.append(np.full(len(found), holiday, dtype=object))
    rows, kinds, when, names = (np.concatenate(one) for one in (row, kind, day, called))
    order = np.argsort(when, kind="stable")
    return Reminders(rows[order], kinds[order], when[order], names[order])


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
