"""Churn: signals add up to a score, the strongest give the reason (`spec/rules.md`, churn)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

FULL = 100.0


def churn_score(
    points: Sequence[float], fired: Sequence[NDArray[np.bool_]], length: int
) -> NDArray[np.float64]:
    """Points of the signals that fire, at most 100.

    Parameters
    ----------
    points : sequence of float
        What each signal is worth. [points]
    fired : sequence of bool arrays (n,)
        Where each signal fires.
    length : int
        n, needed when there is no signal.

    Returns
    -------
    float array (n,)
        0-100.

    >>> churn_score([40, 90], [np.array([True, True]), np.array([False, True])], 2)
    array([ 40., 100.])
    """
    score = np.zeros(length)
    for gain, fires in zip(points, fired, strict=True):
        score += gain * fires
    return np.minimum(score, FULL)


def by_strength(points: Sequence[float]) -> list[int]:
    """Positions of the signals, most points first; equal points in the pack's order."""
    return sorted(range(len(points)), key=lambda position: -points[position])
