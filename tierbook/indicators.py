"""The indicators of a period and the effect between two (`spec/systems.md` F); `rules/DECISIONS.md` defines each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tierbook.language import LANGUAGES, label
from tierbook.tables import folded

Unit = Literal["share", "money", "hours", "days", "points", "ratio"]
# Two figures count as equal that differ by less than rounding does.
_ROUNDING = 1e-9


class Indicator(NamedTuple):
    """One indicator: what its figure is measured in, which way is better, and what the input must hold.

    `needs` are tables and columns as `workbooks.page.Section` names them: `leads.won`, of `a|b` one is enough.
    """

    name: str
    unit: Unit
    higher_is_better: bool
    needs: tuple[str, ...]


_CONTACT_COST = ("interactions.cost", "interactions.phase|interactions.type")
INDICATORS: tuple[Indicator, ...] = (
    Indicator("churn_rate", "share", False, ("transactions",)),
    Indicator("retention_rate", "share", True, ("transactions",)),
    Indicator("repurchase_rate", "share", True, ("transactions",)),
    Indicator("reactivation_rate", "share", True, ("transactions",)),
    Indicator("high_value_share", "share", True, ("tier",)),
    Indicator("clv_historic", "money", True, ("transactions",)),
    Indicator("multi_channel_share", "share", True, ("transactions.channel",)),
    Indicator("cross_sell_rate", "share", True, ("transactions.product|transactions.category",)),
    Indicator("nps", "points", True, ("surveys",)),
    Indicator("complaint_rate", "share", False, ("interactions.type",)),
    Indicator("resolution_rate", "share", True, ("interactions.type", "interactions.closed")),
    Indicator("response_time", "hours", False, ("interactions.responded",)),
    Indicator("resolution_time", "days", False, ("interactions.type", "interactions.closed")),
    Indicator("conversion_rate", "share", True, ("leads.won", "leads.closed")),
    Indicator("conversion_days", "days", False, ("leads.won", "leads.closed", "leads.created")),
    Indicator("duplicate_lead_rate", "share", False, ("leads.created", "leads.mobile|leads.phone|leads.email")),
    Indicator("sales_per_salesperson", "money", True, ("transactions.owner",)),
    Indicator("promotion_roi", "ratio", True, ("campaigns.start", "campaigns.cost", "campaign_responses.revenue")),
    Indicator("acquisition_cost", "money", False, _CONTACT_COST),
    Indicator("service_cost", "money", False, _CONTACT_COST),
    Indicator("retention_cost", "money", False, ("campaigns.start", "campaigns.cost")),
)  # fmt: skip
BY_NAME = {one.name: one for one in INDICATORS}


class Measured(NamedTuple):
    """An indicator of one period; `figure` is missing where there is nothing to divide by, `cases` is its count."""

    name: str
    figure: float | None
    cases: int


class Effect(NamedTuple):
    """The change of figures, element by element; NaN and None where one of the two is missing."""

    change: NDArray[np.float64]
    relative: NDArray[np.float64]
    verdict: NDArray[np.object_]


def figure(part: float, whole: float) -> float | None:
    """A part over its whole; missing where the whole is 0 or less.

    >>> figure(3, 4), figure(3, 0)
    (0.75, None)
    """
    return part / whole if whole > 0 else None


def high_value(customers: Mapping[str | None, int], tiers: list[str]) -> Measured:
    """The share of customers in the upper half of the tiers, the first at least.

    Parameters
    ----------
    customers : mapping of tier to count
        Without a tier: not counted.
    tiers : list of str
        Names, best first.

    >>> high_value({"vip": 2, "important": 8, "general": 30, None: 5}, ["vip", "important", "general"])
    Measured(name='high_value_share', figure=0.05, cases=40)
    """
    best = tiers[: max(len(tiers) // 2, 1)]
    known = sum(count for tier, count in customers.items() if tier)
    return Measured("high_value_share", figure(sum(customers.get(tier, 0) for tier in best), known), known)


def effect(before: ArrayLike, after: ArrayLike, higher_is_better: ArrayLike) -> Effect:
    """What changed between two periods, and whether for the better.

    Parameters
    ----------
    before, after : array (n,)
        Figures of the two periods, in whatever unit. [NaN = missing]
    higher_is_better : array (n,)
        1 where more is better, 0 where less is. [NaN = neither; no verdict]

    Returns
    -------
    Effect
        `change` in the unit of the figures, `relative` as a share of the figure before (NaN where that is 0; a change
        from a negative figure is measured by its size), `verdict` better, worse or same.

    Source: spec/systems.md F, effect table.

    >>> found = effect([0.2, 50], [0.1, 50], [0, 1])
    >>> found.change.tolist(), found.relative.tolist(), found.verdict.tolist()
    ([-0.1, 0.0], [-0.5, 0.0], ['better', 'same'])
    """
    old, new, upward = (
        np.atleast_1d(np.asarray(one, dtype=float)) for one in (before, after, higher_is_better)
    )
    change = new - old
    size = np.maximum(np.abs(old), np.abs(new))
    change[np.abs(change) <= _ROUNDING * size] = 0.0
    relative = np.full(change.shape, np.nan)
    with np.errstate(over="ignore"):
        np.divide(change, np.abs(old), out=relative, where=old != 0)
    relative[np.isinf(relative)] = np.nan
    verdict = np.full(change.shape, None, dtype=object)
    good = np.where(upward == 1, change, -change)
    judged = ~np.isnan(change) & ~np.isnan(upward)
    verdict[judged & (good > 0)], verdict[judged & (good < 0)] = "better", "worse"
    verdict[~np.isnan(change) & (change == 0)] = "same"
    return Effect(change, relative, verdict)


class Target(NamedTuple):
    """What an indicator is held against: the benchmark, and which way is better where the table says so."""

    benchmark: float
    higher_is_better: bool | None


def targets(rows: Iterable[Mapping[str, object]], until: date) -> dict[str, Target]:
    """Benchmarks by indicator, the latest month up to a day of each.

    Parameters
    ----------
    rows : iterable of mappings
        The table `targets`: goal, month, benchmark, higher_is_better. A goal is meant that is called like an
        indicator, by its name or its label in any language. A row without a month holds until one has.
    until : date

    >>> targets([{"goal": "Churn rate", "month": date(2026, 1, 31), "benchmark": 0.1}], date(2026, 3, 31))
    {'churn_rate': Target(benchmark=0.1, higher_is_better=None)}
    """
    names, found = _names(), dict[str, tuple[date, Target]]()
    for row in rows:
        name, month, benchmark = names.get(folded(row["goal"])), row.get("month"), row.get("benchmark")
        day = month if isinstance(month, date) else date.min
        if name is None or not isinstance(benchmark, int | float) or day > until:
            continue
        upward = row.get("higher_is_better")
        if name not in found or day >= found[name][0]:
            found[name] = day, Target(float(benchmark), upward if isinstance(upward, bool) else None)
    return {name: target for name, (_, target) in found.items()}


def directions(names: NDArray[np.object_]) -> NDArray[np.float64]:
    """1 for indicators of which more is better, 0 for those of which less is, NaN for names that are none of ours.

    >>> directions(np.array(["Churn rate", "nps", "footfall"], object))
    array([ 0.,  1., nan])
    """
    known = _names()
    found = [known.get(folded(name)) for name in names.tolist()]
    return np.array([float(BY_NAME[name].higher_is_better) if name else np.nan for name in found])


def _names() -> dict[str, str]:
    """Whatever an indicator is called, in any language -> its name."""
    return {
        folded(text): one.name
        for one in INDICATORS
        for text in (one.name, *(label(f"indicator_{one.name}", language) for language in LANGUAGES))
    }
