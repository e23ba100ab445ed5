"""Groups of like customers: k-means on standardised columns, numbered by the mean of the first column.

Source: S. P. Lloyd, Least squares quantization in PCM (1982); D. Arthur, S. Vassilvitskii, k-means++ (2007) for the
start; L. Kaufman, P. J. Rousseeuw, Finding Groups in Data (1990) for the silhouette and how to read it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tierbook.errors import DataError
from tierbook.mining.extra import checked_seed, module, one_thread
from tierbook.mining.numbers import distinct_rows, drawn, matrix, ordered, standardised

# The best of so many random starts, over so many rows at most; all rows then go on from there.
STARTS, MOST_STARTED = 20, 20_000
# The silhouette compares every row with every other one; beyond so many rows a sample says the same. [rows]
MOST_COMPARED = 2_000
# From here on a silhouette shows groups, and groups well apart (Kaufman and Rousseeuw, table 4).
WEAK, CLEAR = 0.25, 0.5
# A column sets a cluster apart whose mean lies so far from that of all rows. [standard deviations]
APART = 0.5


class Clusters(NamedTuple):
    """Cluster 1 to k of each row, NaN where a number is missing; for each cluster its rows and the means of its columns.

    `profile` (k, m) is in the units of the columns, `apart` (k, m) the same means as standard deviations from those of all
    clustered rows.
    """

    number: NDArray[np.float64]
    rows: NDArray[np.int64]
    profile: NDArray[np.float64]
    apart: NDArray[np.float64]


def clusters(numbers: ArrayLike, *, k: float, seed: float = 1, starts: int = STARTS) -> Clusters:
    """Rows parted into k groups of like rows.

    Parameters
    ----------
    numbers : array (n, m)
        Columns in any units; each is standardised, so that none counts more because its numbers are larger.
        [NaN = missing: the row is in no cluster]
    k : float
        Number of clusters.
    seed : float
        Of the random starts; the same seed gives the same clusters, whatever the order of the rows.
    starts : int
        How many of them; the best one counts.

    Returns
    -------
    Clusters
        1 is the cluster with the highest mean of the first column; equal means go by the next column.

    Raises
    ------
    DataError
        No complete row; k that is not a whole number from 1 to the number of different rows.
    HostError
        scikit-learn is missing.

    >>> found = clusters([[1, 2], [90, 7], [2, 2], [92, 8]], k=2)
    >>> found.number.tolist(), found.profile[:, 0].tolist()
    ([2.0, 1.0, 2.0, 1.0], [91.0, 1.5])
    """
    table = matrix(numbers)
    known = np.flatnonzero(~np.isnan(table).any(axis=1))
    if not known.size:
        raise DataError("No row has a number in every column.", fix="Fill the blanks, or leave columns out.")
    # Sorted first, so that sums add up in the same order whatever order the rows came in.
    known = known[ordered(table[known])]
    units = table[known]
    scaled = standardised(units)
    _check(k, distinct_rows(scaled))
    place = _parted(scaled, int(k), checked_seed(seed), starts)
    rows = np.bincount(place)
    profile, apart = (_means(columns, place, rows) for columns in (units, scaled))
    order = np.lexsort((rows, *(-profile).T[::-1]))
    number = np.full(len(table), np.nan)
    number[known] = 1 + np.argsort(order)[place]
    return Clusters(number, rows[order], profile[order], apart[order])


def silhouette(numbers: ArrayLike, number: ArrayLike, *, seed: int = 1) -> float:
    """How much nearer rows are to their own cluster than to the next one, on average over at most 2,000 rows.

    Parameters
    ----------
    numbers : array (n, m)
        The columns that were clustered.
    number : array (n,)
        Cluster of each row; NaN = none.

    Returns
    -------
    float
        -1 to 1; NaN with one cluster, or a cluster for each row.
    """
    table, label = matrix(numbers), np.asarray(number, dtype=float)
    known = np.flatnonzero(~np.isnan(label))
    known = known[ordered(table[known])]
    scaled, label = standardised(table[known]), label[known]
    looked_at = drawn(len(known), MOST_COMPARED, seed)
    scaled, label = scaled[looked_at], label[looked_at]
    if not 1 < len(np.unique(label)) < len(label):
        return float("nan")
    with one_thread():
        return float(module("metrics").silhouette_score(scaled, label))


def strength(silhouette: float) -> Literal["clear", "weak", "none"]:
    """How far clusters may be believed in, from their silhouette.

    >>> strength(0.7), strength(0.3), strength(0.1)
    ('clear', 'weak', 'none')
    """
    return "clear" if silhouette > CLEAR else "weak" if silhouette > WEAK else "none"


def best_k(numbers: ArrayLike, *, among: Sequence[int], seed: int = 1, starts: int = STARTS) -> int:
    """The number of clusters with the highest silhouette, over at most 2,000 rows; the smallest of equal ones.

    Numbers above that of the different rows are not tried.

    Raises
    ------
    DataError
        Fewer different rows than the smallest number.
    """
    table = matrix(numbers)
    table = table[~np.isnan(table).any(axis=1)]
    table = table[ordered(table)]
    table = table[drawn(len(table), MOST_COMPARED, seed)]
    distinct = distinct_rows(standardised(table))
    _check(min(among), distinct)
    tried = [k for k in among if k <= distinct]
    found = [
        silhouette(table, clusters(table, k=k, seed=seed, starts=starts).number, seed=seed) for k in tried
    ]
    return tried[int(np.argmax(np.nan_to_num(found, nan=-1.0)))]


def marks(apart: NDArray[np.float64], *, most: int = 2) -> list[tuple[tuple[int, bool], ...]]:
    """What sets each cluster apart: columns and whether its mean is high, the farthest first.

    Parameters
    ----------
    apart : array (k, m)
        As `Clusters` has it. [standard deviations]
    most : int
        Columns named; more where two clusters would have the same marks.

    >>> marks(np.array([[1.5, -0.1], [-0.7, 0.1]]))
    [((0, True),), ((0, False),)]
    """
    far = []
    for row in apart:
        order = np.argsort(-np.abs(row), kind="stable")
        far.append([(int(column), bool(row[column] > 0)) for column in order if abs(row[column]) >= APART])
    named = [tuple(one[:most]) for one in far]
    for extra in range(most + 1, apart.shape[1] + 1):
        named = [
            tuple(far[at][:extra]) if sum(set(other) == set(one) for other in named) > 1 else one
            for at, one in enumerate(named)
        ]
    return named


def _check(k: float, distinct: int) -> None:
    if k != int(k) or k < 1:
        raise DataError("The number of clusters is a whole number from 1, not {value}.", value=f"{k:g}")
    if k > distinct:
        raise DataError(
            "{k} clusters are too many for {distinct} different rows.",
            fix="Ask for at most {distinct}.",
            k=int(k),
            distinct=distinct,
        )


def _parted(scaled: NDArray[np.float64], k: int, seed: int, starts: int) -> NDArray[np.intp]:
    """Cluster of each row, 0 to k - 1 in no particular order."""
    if k == 1:
        return np.zeros(len(scaled), dtype=np.intp)
    with one_thread():
        k_means = module("cluster").KMeans
        some = scaled[drawn(len(scaled), MOST_STARTED, seed)]
        begun = k_means(n_clusters=k, n_init=starts, random_state=seed).fit(some)
        if len(some) == len(scaled):
            return begun.labels_.astype(np.intp)
        whole = k_means(n_clusters=k, n_init=1, init=begun.cluster_centers_, random_state=seed).fit(scaled)
        return whole.labels_.astype(np.intp)


def _means(
    columns: NDArray[np.float64], place: NDArray[np.intp], rows: NDArray[np.int64]
) -> NDArray[np.float64]:
    return np.array([np.bincount(place, column) / rows for column in columns.T]).T
