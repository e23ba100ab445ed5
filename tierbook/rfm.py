"""RFM scores of customers: how recently, how often and for how much they bought, each 1 to `bins`.

Source: A. M. Hughes, Strategic Database Marketing (1994) for the independent scores; the nested variant is the
one of SPSS Direct Marketing. Cut points and ties: spec, Conventions. R = days_since_last, F = orders, M = total_spend.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tierbook.errors import DataError

METHODS = ("independent", "nested")
MOST_BINS = 9  # a score is one digit


class PartCuts(NamedTuple):
    """Cut points of one part; `r` and `f` name the bins they hold for, None outside nested scores."""

    part: str
    r: int | None
    f: int | None
    customers: int
    cuts: NDArray[np.float64]


class RfmCuts(NamedTuple):
    """All cut points of one population, and how they were found."""

    bins: int
    method: str
    parts: tuple[PartCuts, ...]


def rfm_score(
    days_since_last: ArrayLike,
    orders: ArrayLike,
    total_spend: ArrayLike,
    *,
    bins: int = 5,
    method: str = "independent",
) -> NDArray[np.float64]:
    """RFM score of each customer as one number, 543 for R 5, F 4, M 3; equal figures never part.

    Parameters
    ----------
    days_since_last : array (n,)
        Days since the last purchase; few is good. [days; NaN = no purchase]
    orders : array (n,)
        Purchases. [count]
    total_spend : array (n,)
        Sum of amounts. [money]
    bins : int
        Groups per part, 2 to 9.
    method : {"independent", "nested"}
        Nested bins F inside each R bin, and M inside each R and F bin.

    Returns
    -------
    float array (n,)
        Scores of three digits, 1 = worst; NaN where any part is missing: that customer is in no population.

    Raises
    ------
    DataError
        Bins outside 2 to 9, an unknown method, parts of different length.

    >>> rfm_score([10, 20, 30, 40, 50], [5, 4, 3, 2, 1], [500, 400, 300, 200, 100])
    array([555., 444., 333., 222., 111.])
    """
    cuts = rfm_cuts(days_since_last, orders, total_spend, bins=bins, method=method)
    return rfm_score_at(days_since_last, orders, total_spend, cuts=cuts)


def rfm_cuts(
    days_since_last: ArrayLike,
    orders: ArrayLike,
    total_spend: ArrayLike,
    *,
    bins: int = 5,
    method: str = "independent",
) -> RfmCuts:
    """The cut points behind `rfm_score`: of N ascending values those at positions ceil(kN / bins), k = 1 … bins - 1.

    Arguments and errors are those of `rfm_score`. Only customers with all three parts count.
    """
    if not (isinstance(bins, int | np.integer) and 2 <= bins <= MOST_BINS):
        raise DataError("RFM bins are a whole number from 2 to 9, not {bins}.", bins=bins)
    if method not in METHODS:
        raise DataError("RFM method is independent or nested, not {method}.", method=method)
    recency, count, spend = _complete(days_since_last, orders, total_spend)
    parts = [_part("days_since_last", recency, bins)]
    if method == "independent":
        parts += [_part("orders", count, bins), _part("total_spend", spend, bins)]
        return RfmCuts(int(bins), method, tuple(parts))
    r = _reversed(recency, parts[0].cuts)
    for r_bin in np.unique(r):
        in_r = r == r_bin
        by_count = _part("orders", count[in_r], bins, r=int(r_bin))
        parts.append(by_count)
        f = _rising(count[in_r], by_count.cuts)
        parts += [
            _part("total_spend", spend[in_r][f == f_bin], bins, r=int(r_bin), f=int(f_bin))
            for f_bin in np.unique(f)
        ]
    return RfmCuts(int(bins), method, tuple(parts))


def rfm_score_at(
    days_since_last: ArrayLike, orders: ArrayLike, total_spend: ArrayLike, *, cuts: RfmCuts
) -> NDArray[np.float64]:
    """RFM scores on cut points found before, for instance those of an earlier date: arguments and result of `rfm_score`.

    A customer is missing where any part is, and where nested cut points know no customer of that R and F bin.
    """
    recency, count, spend = _columns(days_since_last, orders, total_spend)
    known = ~(np.isnan(recency) | np.isnan(count) | np.isnan(spend))
    score = np.full(recency.shape, np.nan)
    if not known.any():
        return score
    recency, count, spend = recency[known], count[known], spend[known]
    f, m = np.full(recency.shape, np.nan), np.full(recency.shape, np.nan)
    r = np.full(recency.shape, np.nan)
    # Parents come before their children, so r and f are known when a nested part asks for them.
    for part in cuts.parts:
        inside = np.ones(recency.shape, dtype=bool)
        if part.r is not None:
            inside &= r == part.r
        if part.f is not None:
            inside &= f == part.f
        if part.part == "days_since_last":
            r[inside] = _reversed(recency[inside], part.cuts)
        elif part.part == "orders":
            f[inside] = _rising(count[inside], part.cuts)
        else:
            m[inside] = _rising(spend[inside], part.cuts)
    score[known] = 100 * r + 10 * f + m
    return score


def rfm_digits(score: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """R, F and M of scores such as 543; NaN where the score is missing.

    Raises
    ------
    DataError
        A number that is no score of three digits 1 to 9; its row is in `rows`.

    >>> rfm_digits([543])
    (array([5.]), array([4.]), array([3.]))
    """
    number = np.atleast_1d(np.asarray(score, dtype=float))
    r, f, m = number // 100, number // 10 % 10, number % 10
    known = ~np.isnan(number)
    digits = (r >= 1) & (r <= 9) & (f >= 1) & (m >= 1) & (number == np.floor(number))
    wrong = np.flatnonzero(known & ~digits)
    if wrong.size:
        raise DataError(
            "{score} is not an RFM score.",
            fix="A score has three digits from 1 to 9, such as 543.",
            rows=wrong.tolist(),
            score=f"{number[wrong[0]]:g}",
        )
    return r, f, m


def _part(name: str, value: NDArray, bins: int, *, r: int | None = None, f: int | None = None) -> PartCuts:
    ascending = np.sort(value)
    positions = [-(-k * ascending.size // bins) - 1 for k in range(1, bins)] if ascending.size else []
    return PartCuts(name, r, f, int(ascending.size), ascending[positions])


def _rising(value: NDArray, cuts: NDArray) -> NDArray:
    """1 + the number of cut points strictly below the value."""
    return 1 + np.searchsorted(cuts, value, side="left")


def _reversed(value: NDArray, cuts: NDArray) -> NDArray:
    return cuts.size + 2 - _rising(value, cuts)


def _complete(*parts: ArrayLike) -> list[NDArray]:
    columns = _columns(*parts)
    known = ~np.logical_or.reduce([np.isnan(column) for column in columns])
    return [column[known] for column in columns]


def _columns(*parts: ArrayLike) -> list[NDArray]:
    columns = [np.atleast_1d(np.asarray(part, dtype=float)) for part in parts]
    if len({column.size for column in columns}) > 1:
        raise DataError(
            "RFM needs days since last, orders and spend of the same customers, not {sizes} rows.",
            sizes=", ".join(str(column.size) for column in columns),
        )
    return columns
