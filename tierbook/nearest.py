"""The nearest branch by great-circle distance.

Source: the haversine formula (Sinnott, R. W. (1984). Virtues of the haversine. Sky and Telescope, 68(2), 159), with the
mean radius of the earth, 6371.0088 km.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

RADIUS = 6371.0088
_AT_ONCE = 4_000_000


class Nearest(NamedTuple):
    """One element for each place: the branch (None where the place is unknown or no place on earth), and how far. [km]"""

    branch: NDArray[np.object_]
    kilometres: NDArray[np.float64]


def nearest(
    latitude: ArrayLike, longitude: ArrayLike, *, branch: ArrayLike, branch_latitude: ArrayLike, branch_longitude: ArrayLike
) -> Nearest:  # fmt: skip
    """The branch nearest to each place; branches that are equally near, by name.

    Parameters
    ----------
    latitude, longitude : array (n,)
        Of the places. [degrees; NaN = unknown; beyond 90 or 180 is no place]
    branch : array (m,) of str
    branch_latitude, branch_longitude : array (m,)
        Of the branches; one without a place on earth is nobody's nearest. [degrees]

    >>> nearest([31.2], [121.5], branch=["Pudong", "Binhai"], branch_latitude=[31.22, 39.0],
    ...         branch_longitude=[121.54, 117.7]).branch
    array(['Pudong'], dtype=object)
    """
    north, east = np.asarray(latitude, dtype=float), np.asarray(longitude, dtype=float)
    own_north, own_east = np.asarray(branch_latitude, dtype=float), np.asarray(branch_longitude, dtype=float)
    names = np.asarray(branch, dtype=object)
    there = np.flatnonzero(on_earth(own_north, own_east) & np.not_equal(names, np.array(None, dtype=object)))
    there = there[np.argsort(names[there].astype(str), kind="stable")]
    found = Nearest(np.full(len(north), None, dtype=object), np.full(len(north), np.nan))
    known = np.flatnonzero(on_earth(north, east))
    if not len(there):
        return found
    step = max(_AT_ONCE // len(there), 1)
    for start in range(0, len(known), step):
        rows = known[start : start + step]
        far = kilometres(north[rows, None], east[rows, None], own_north[there], own_east[there])
        # Rounded, or noise in the last digits would decide between two branches that are equally near.
        at = np.argmin(np.round(far, 9), axis=1)
        found.branch[rows] = names[there[at]]
        found.kilometres[rows] = far[np.arange(len(rows)), at]
    return found


def kilometres(
    latitude: ArrayLike, longitude: ArrayLike, other_latitude: ArrayLike, other_longitude: ArrayLike
) -> NDArray[np.float64]:
    """Great-circle distance. [degrees in, km out]

    >>> kilometres(0, 0, 0, 180).round(3)
    np.float64(20015.114)
    """
    north, east, other_north, other_east = (
        np.radians(one) for one in (latitude, longitude, other_latitude, other_longitude)
    )
    half = (
        np.sin((other_north - north) / 2) ** 2
        + np.cos(north) * np.cos(other_north) * np.sin((other_east - east) / 2) ** 2
    )
    return 2 * RADIUS * np.arcsin(np.sqrt(np.minimum(half, 1)))


def on_earth(latitude: NDArray[np.float64], longitude: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Where both coordinates are there and in range: array (n,). [degrees]"""
    return (np.abs(latitude) <= 90) & (np.abs(longitude) <= 180)
