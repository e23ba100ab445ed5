"""Which thresholds matter: how many customers and how much revenue move when each is shifted a little."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from tierbook.rulepack.trial import RESULTS, Trial, results, revenue, with_profile

if TYPE_CHECKING:
    from tierbook.rulepack.pack import Pack

SHIFT = 0.1


@dataclass(frozen=True)
class Shift:
    """What moves when one threshold is `number` instead of `usual`; `customers` and `revenue` of those who move at all."""

    threshold: str
    unit: str
    usual: float
    number: float
    customers: int
    revenue: float
    moved: Mapping[str, int]


def sensitivity(
    tables: Mapping[str, Any],
    pack: Pack,
    *,
    profile: str = "default",
    shift: float = SHIFT,
    as_of: date | None = None,
    today: date | None = None,
) -> list[Shift]:
    """Every threshold shifted down and up by a share of itself, those that move most customers first.

    Parameters
    ----------
    shift : float
        How far, as a share of the threshold. [0-1]
    """
    trial = Trial.of(tables, pack, as_of=as_of, today=today)
    columns = trial.columns(pack)
    spend = revenue(columns)
    kept = dict(columns)
    usual = results(pack, kept, profile=profile)
    found = []
    for name, number in pack.profile(profile).thresholds.items():
        depend = _dependent(pack, name)
        measured = any(measure.name in depend for measure in pack.measures)
        for to in (round(number * (1 - shift), 12), round(number * (1 + shift), 12)):
            thresholds = {**pack.profile(profile).thresholds, name: to}
            shifted = with_profile(pack, profile, thresholds=thresholds)
            if measured:
                # Measures are asked for with the usual profile's thresholds.
                own = trial.columns(with_profile(shifted, "default", thresholds=thresholds))
            else:
                own = {column: values for column, values in kept.items() if column not in depend}
            now = results(shifted, own, profile=profile)
            differs = {result: now[result] != usual[result] for result in RESULTS}
            anyone = np.logical_or.reduce(list(differs.values()))
            found.append(
                Shift(
                    name,
                    pack.thresholds[name].unit,
                    number,
                    to,
                    int(anyone.sum()),
                    round(float(spend[anyone].sum()), 6),
                    {result: int(one.sum()) for result, one in differs.items()},
                )
            )
    return sorted(found, key=lambda one: (-one.customers, -one.revenue, one.threshold, one.number))


def _dependent(pack: Pack, threshold: str) -> set[str]:
    """Features and measures that a threshold changes, directly or through others."""
    found = {
        measure.name
        for measure in pack.measures
        if measure.where is not None and threshold in measure.where.names
    }
    for name, feature in pack.features.items():
        if feature.names & (found | {threshold}):
            found.add(name)
    return found
