"""Leads on their way: where they stand, how many get how far, how long it takes, and who they are like (`spec/systems.md` D4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

VISITS = (0, 1, 2, 3)
"""Bands of visits: none, one, two, three and more."""


class Funnel(NamedTuple):
    """One element for each step of a track, and a last one for won.

    `reached` counts leads that came so far, `here` those that stand there and are open; `conversion` is the share of
    those who reached the step before, NaN where nobody did.
    """

    reached: NDArray[np.int64]
    here: NDArray[np.int64]
    conversion: NDArray[np.float64]


def funnel(step: ArrayLike, won: ArrayLike, steps: int) -> Funnel:
    """How many leads of one track get how far.

    Parameters
    ----------
    step : int array (n,)
        Step each lead stands at, 0 for the first; -1 where it is unknown, which counts nowhere.
    won : array (n,)
        1 won, 0 lost, NaN open. A won lead has been through every step.
    steps : int
        How many steps the track has.

    >>> funnel([0, 1, 1, 2], [np.nan, 0, np.nan, 1], 3)
    Funnel(reached=array([4, 3, 1, 1]), here=array([1, 1, 0, 0]), conversion=array([1.        , 0.75      , 0.33333333, 1.        ]))
    """
    at, end = np.asarray(step, dtype=np.int64), np.asarray(won, dtype=float)
    known = at >= 0
    far = np.where(end == 1, steps, at)[known]
    reached = np.cumsum(np.bincount(far, minlength=steps + 1)[::-1])[::-1]
    here = np.bincount(at[known & np.isnan(end)], minlength=steps + 1)
    before = np.concatenate([reached[:1], reached[:-1]])
    with np.errstate(divide="ignore", invalid="ignore"):
        conversion = np.where(before > 0, reached / before, np.nan)
    return Funnel(reached, here, conversion)


class Success(NamedTuple):
    """One element for each group of closed leads, the largest first; `keys` holds the value of each dimension."""

    keys: dict[str, NDArray]
    closed: NDArray[np.int64]
    won: NDArray[np.int64]
    rate: NDArray[np.float64]


def success(dimensions: Mapping[str, ArrayLike], won: ArrayLike) -> Success:
    """Success rate with its count, for every combination that occurs among closed leads.

    Parameters
    ----------
    dimensions : mapping of arrays (n,)
        Such as region, industry, channel and visits; None where missing.
    won : array (n,)
        1 won, 0 lost, NaN open.
    """
    end = np.asarray(won, dtype=float)
    closed = np.flatnonzero(~np.isnan(end))
    columns = [np.asarray(one, dtype=object)[closed] for one in dimensions.values()]
    texts = [
        np.array(["" if cell is None else str(cell) for cell in one.tolist()], dtype=object)
        for one in columns
    ]
    keys = list(zip(*texts, strict=True)) if texts else [()] * len(closed)
    place: dict[tuple, int] = {}
    at = np.array([place.setdefault(key, len(place)) for key in keys], dtype=np.int64)
    count = np.bincount(at, minlength=len(place))
    good = np.bincount(at, weights=end[closed], minlength=len(place)).astype(np.int64)
    order = sorted(range(len(place)), key=lambda i: (-count[i], -good[i], list(place)[i]))
    first = [int(np.flatnonzero(at == i)[0]) for i in order]
    return Success(
        {name: column[first] for name, column in zip(dimensions, columns, strict=True)},
        count[order],
        good[order],
        good[order] / np.maximum(count[order], 1),
    )


def visits_band(visits: ArrayLike) -> NDArray[np.object_]:
    """`0`, `1`, `2` or `3+` visits; None where unknown.

    >>> visits_band([0, 2, 7, np.nan])
    array(['0', '2', '3+', None], dtype=object)
    """
    number = np.asarray(visits, dtype=float)
    names = np.array([*map(str, VISITS[:-1]), f"{VISITS[-1]}+"], dtype=object)
    found = names[np.searchsorted(VISITS, np.maximum(np.nan_to_num(number), 0), side="right") - 1]
    found[np.isnan(number)] = None
    return found


class Stays(NamedTuple):
    """How long leads stayed at each stage they have left or stand at; one element for each stay. [days]

    `finished` says whether the lead has left the stage.
    """

    stage: NDArray[np.object_]
    days: NDArray[np.float64]
    finished: NDArray[np.bool_]


def stays(lead: ArrayLike, changed: ArrayLike, to_stage: ArrayLike, end: Mapping[str, np.datetime64], *, as_of: np.datetime64) -> Stays:  # fmt: skip
    """How long leads stayed at each stage, from their history.

    Parameters
    ----------
    lead, changed, to_stage : array (m,)
        History: which lead came to which stage, and when. [date]
    end : mapping
        Lead -> when it was closed; the others still stand where they came to last, at `as_of`.
    """
    names, when = np.asarray(lead, dtype=object), np.asarray(changed, dtype="datetime64[D]")
    stage = np.asarray(to_stage, dtype=object)
    there = np.flatnonzero(~np.isnat(when) & (when <= as_of))
    order = there[np.lexsort((there, when[there], names[there].astype(str)))]
    names, when, stage = names[order], when[order], stage[order]
    last = np.append(names[1:] != names[:-1], True)[: len(names)]
    until = np.append(when[1:], as_of)[: len(names)].astype("datetime64[D]")
    finished = ~last
    for i in np.flatnonzero(last).tolist():
        closed = end.get(names[i])
        finished[i] = closed is not None and closed <= as_of
        until[i] = closed if finished[i] else as_of
    return Stays(stage, np.maximum((until - when).astype(float), 0), finished)


def likeness(
    lead: Mapping[str, ArrayLike], best: Mapping[str, ArrayLike], *, amount: ArrayLike, best_amount: ArrayLike
) -> NDArray[np.float64]:
    """How much each lead is like the best customers, 0 to 100.

    For each field, the share of the best customers that have the lead's value, against the share of their commonest value;
    for the amount, how near it comes to their median. The mean of those that are known.

    Parameters
    ----------
    lead, best : mapping of arrays (n,), (m,)
        The same fields of texts of both, such as industry and region; None where missing.
    amount, best_amount : array (n,), (m,)
        What a lead is expected to bring a month, and what the customers bring. [currency; NaN = unknown]

    Returns
    -------
    float array (n,)
        NaN where nothing is known, or there are no best customers.
    """
    expected, theirs = np.asarray(amount, dtype=float), np.asarray(best_amount, dtype=float)
    parts = []
    for name, column in lead.items():
        values = [one for one in np.asarray(best[name], dtype=object).tolist() if one is not None]
        shares: dict[object, float] = {}
        for value in values:
            shares[value] = shares.get(value, 0.0) + 1 / len(values)
        most = max(shares.values(), default=np.nan)
        parts.append([np.nan if one is None else shares.get(one, 0.0) / most for one in np.asarray(column, dtype=object).tolist()])  # fmt: skip
    known = theirs[~np.isnan(theirs)]
    middle = float(np.median(known)) if len(known) else np.nan
    parts.append(
        (np.clip(expected / middle, 0, 1) if middle > 0 else np.full(len(expected), np.nan)).tolist()
    )
    table = np.array(parts, dtype=float).reshape(len(parts), len(expected))
    there = ~np.isnan(table)
    with np.errstate(invalid="ignore", divide="ignore"):
        return (
            100
            * np.where(there, table, 0).sum(axis=0)
            / np.where(there.any(axis=0), there.sum(axis=0), np.nan)
        )


def step_index(stage: ArrayLike, names: Sequence[Mapping[str, int]], track: ArrayLike) -> NDArray[np.int64]:
    """Step of each lead on its track, -1 where its stage is blank or of another track.

    Parameters
    ----------
    stage : array (n,) of str
    names : sequence of mappings
        For each track, what its steps are called (folded) -> which step it is.
    track : int array (n,)
    """
    at = np.asarray(track).tolist()
    cells = np.asarray(stage, dtype=object).tolist()
    return np.array(
        [
            -1 if cell is None or on < 0 else names[on].get(folded(cell), -1)
            for cell, on in zip(cells, at, strict=True)
        ],
        np.int64,
    )


def folded(stage: str) -> str:
    """How stages are compared: case and what stands between words do not count."""
    return "".join(letter for letter in str(stage).casefold() if letter.isalnum())
