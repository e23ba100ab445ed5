"""Composite customer value: a base and named parts (`spec/systems.md` A, Composite value)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

DECIMALS = 6


def composite(base: ArrayLike, parts: Sequence[ArrayLike]) -> NDArray[np.float64]:
    """Value of each customer: the base and every part added up.

    Parameters
    ----------
    base : array (n,)
        What every customer must have. [money; NaN makes the value unknown]
    parts : sequence of arrays (n,)
        What is added. [money; NaN counts 0]

    Returns
    -------
    float array (n,)
        Rounded to 6 decimals, so that a last bit never decides a tier. [money]

    >>> composite([24000.0, np.nan], [[200.0, 1.0], [np.nan, 1.0]])
    array([24200.,    nan])
    """
    total = np.array(base, dtype=float)
    for part in parts:
        total = total + np.nan_to_num(np.asarray(part, dtype=float), nan=0.0)
    return np.round(total, DECIMALS)


def looked_up(key: NDArray[np.object_], gives: Mapping[str, float], otherwise: float) -> NDArray[np.float64]:
    """The number that each text stands for; `otherwise` for any other text and for none.

    >>> looked_up(np.array(["cash", None], dtype=object), {"cash": 0.05}, 0.0)
    array([0.05, 0.  ])
    """
    number = np.full(len(key), otherwise, dtype=float)
    for text, gain in gives.items():
        number[key == text] = gain
    return number


def two_way(
    across: ArrayLike,
    down: ArrayLike,
    *,
    across_starts: Sequence[float],
    down_starts: Sequence[float],
    gives: Sequence[Sequence[float]],
) -> NDArray[np.float64]:
    """The number in a table whose rows and columns are bands, each starting at its `from`.

    Parameters
    ----------
    across, down : array (n,)
        Position on each scale. [NaN = unknown]
    across_starts, down_starts : sequence
        Lowest value of each column and row, in the order written. [units of the scale]
    gives : table (rows, columns)

    Returns
    -------
    float array (n,)
        NaN where a position is unknown or below every band.
    """
    row, column = _band(down, down_starts), _band(across, across_starts)
    number = np.asarray(gives, dtype=float)[row, column]
    number[(row < 0) | (column < 0)] = np.nan
    return number


def _band(value: ArrayLike, starts: Sequence[float]) -> NDArray[np.intp]:
    """Position, as written, of the band with the highest start at or below each value; -1 for none."""
    value = np.asarray(value, dtype=float)
    written = np.argsort(np.asarray(starts, dtype=float), kind="stable")
    found = np.searchsorted(np.asarray(starts, dtype=float)[written], value, side="right") - 1
    found[np.isnan(value)] = -1
    return np.where(found < 0, -1, written[found])
