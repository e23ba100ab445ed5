"""Backtest of churn warnings: those flagged at a day in the past against those who then stayed away.

Source: spec/systems.md D6. Detection rate is another name for recall. Beside the flag of the rules stands P(alive) of a
purchase model, which marks as many customers, so that the two can be compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tierbook.errors import DataError
from tierbook.quality import Problem

POPULATION_DAYS = 365
"""Who bought within these days up to the cut-off is looked at. [days]"""


class Backtest(NamedTuple):
    """How well the warnings told who would leave; a figure is NaN where there is nobody to count.

    Parameters
    ----------
    population, flagged, lost : int
        Customers looked at, those of them flagged at the cut-off, those lost after it. [count]
    recall : float
        Flagged among the lost: the detection rate. [0-1]
    precision : float
        Lost among the flagged. [0-1]
    lift : float
        Precision over the share of lost customers in the population. [ratio, 1 = no better than chance]
    lead_days : float
        Median over the lost who were flagged: how long before the day they counted as lost the flag was up;
        negative where that day had passed. [days]
    """

    population: int
    flagged: int
    lost: int
    recall: float
    precision: float
    lift: float
    lead_days: float


class FalseAlarms(NamedTuple):
    """What the warnings would have cost and brought, had everybody flagged been contacted.

    Parameters
    ----------
    false_alarms : int
        Flagged who bought again by themselves. [count]
    false_alarm_cost : float
        What contacting them costs. [currency]
    warning_gain : float
        What keeping the lost who were flagged brings, less the cost of contacting everybody flagged. [currency]
    worthwhile_precision : float
        From this precision on contacting the flagged pays. [0-1; above 1 = never; NaN without a gain]
    """

    false_alarms: int
    false_alarm_cost: float
    warning_gain: float
    worthwhile_precision: float


class SideBySide(NamedTuple):
    """The same customers and days judged twice: by the rules, and by P(alive) at an equal number flagged.

    `alive` is None where there is no model, and `unfitted` says why.
    """

    rules: Backtest
    alive: Backtest | None
    unfitted: Problem | None = None


def backtest(
    flagged: ArrayLike,
    last_date: ArrayLike | Sequence[date | None],
    next_date: ArrayLike | Sequence[date | None],
    *,
    cutoff: date,
    lost_after_days: int,
    horizon_days: int = 90,
) -> Backtest:
    """How many of the customers who left had been flagged, and how early.

    Parameters
    ----------
    flagged : bool array (n,)
        Whether the customer was flagged by what was known at the cut-off.
    last_date : array (n,)
        Last purchase up to the cut-off. [date; NaT = none]
    next_date : array (n,)
        First purchase after the cut-off. [date; NaT = none]
    cutoff : date
        The day in the past. The population are the customers with a purchase in the 365 days up to it.
    lost_after_days : int
        Days without a purchase after which the rule pack calls a customer lost, for the lead time. [days]
    horizon_days : int
        Lost is who buys nothing in so many days after the cut-off. [days, at least 1]

    Raises
    ------
    DataError
        A horizon of less than one day.
    """
    if horizon_days < 1:
        raise DataError("The horizon is at least 1 day, not {days}.", days=horizon_days)
    last, following = (np.atleast_1d(np.asarray(day, "datetime64[D]")) for day in (last_date, next_date))
    end, day = np.datetime64(cutoff + timedelta(days=horizon_days)), np.datetime64(cutoff)
    population = _population(last, day)
    lost = population & ~((following > day) & (following <= end))  # not for NaT
    warned = population & np.asarray(flagged, dtype=bool)
    hits = warned & lost
    lead: NDArray[np.float64] = (last[hits] - day).astype(float) + lost_after_days
    found, of_flagged = _share(hits.sum(), lost.sum()), _share(hits.sum(), warned.sum())
    return Backtest(
        int(population.sum()),
        int(warned.sum()),
        int(lost.sum()),
        found,
        of_flagged,
        _share(of_flagged, _share(lost.sum(), population.sum())),
        float(np.median(lead)) if lead.size else float("nan"),
    )


def false_alarms(found: Backtest, *, contact_cost: float, gain_of_keeping: float) -> FalseAlarms:
    """What the warnings of a backtest cost and bring.

    Parameters
    ----------
    contact_cost : float
        Cost of contacting one customer. [currency]
    gain_of_keeping : float
        What contacting one who would have left brings on average. [currency]

    >>> warned = backtest([True, True, False], ["2026-01-01"] * 3, ["NaT", "2026-02-01", "NaT"],
    ...                   cutoff=date(2026, 1, 31), lost_after_days=90)
    >>> false_alarms(warned, contact_cost=40, gain_of_keeping=600)
    FalseAlarms(false_alarms=1, false_alarm_cost=40.0, warning_gain=520.0, worthwhile_precision=0.06666666666666667)
    """
    hits = round(found.precision * found.flagged) if found.flagged else 0
    alarms = found.flagged - hits
    return FalseAlarms(
        alarms,
        float(alarms * contact_cost),
        float(hits * gain_of_keeping - found.flagged * contact_cost),
        _share(contact_cost, gain_of_keeping),
    )


def side_by_side(
    flagged: ArrayLike,
    alive: ArrayLike | Problem,
    last_date: ArrayLike | Sequence[date | None],
    next_date: ArrayLike | Sequence[date | None],
    *,
    cutoff: date,
    lost_after_days: int,
    horizon_days: int = 90,
) -> SideBySide:
    """The flag of the rules, and as many flags on those of the population least likely to be alive.

    Parameters
    ----------
    flagged, last_date, next_date, cutoff, lost_after_days, horizon_days
        As in `backtest`.
    alive : array (n,) or Problem
        Probability that the customer was still active at the cut-off, by what was known then. [0-1; NaN = unknown,
        flagged last] Among equals the one who bought longest ago is flagged first, then the first in order. A problem
        says why there is no such probability.

    Raises
    ------
    DataError
        As `backtest`.
    """
    warned = np.atleast_1d(np.asarray(flagged, dtype=bool))
    last = np.atleast_1d(np.asarray(last_date, "datetime64[D]"))
    judged = partial(
        backtest,
        last_date=last,
        next_date=next_date,
        cutoff=cutoff,
        lost_after_days=lost_after_days,
        horizon_days=horizon_days,
    )
    rules = judged(warned)
    if isinstance(alive, Problem):
        return SideBySide(rules, None, alive)
    likely = np.atleast_1d(np.asarray(alive, dtype=float))
    there = np.flatnonzero(_population(last, np.datetime64(cutoff)))
    order = there[np.lexsort((last[there], likely[there]))]  # NaN sorts last
    marked = np.zeros(warned.size, dtype=bool)
    marked[order[: rules.flagged]] = True
    return SideBySide(rules, judged(marked))


def _population(last: NDArray[np.datetime64], day: np.datetime64) -> NDArray[np.bool_]:
    # Comparisons with NaT are no.
    return (last > day - np.timedelta64(POPULATION_DAYS, "D")) & (last <= day)


def _share(part: float, whole: float) -> float:
    """NaN where there is no whole."""
    return float(part / whole) if whole > 0 else float("nan")
