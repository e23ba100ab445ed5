"""Lifecycle: how customers moved from stage to stage between two dates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray


class StageMatrix(NamedTuple):
    """Counts of customers: a row for each stage before, a column for each stage after, both in the order of `stages`."""

    stages: tuple[str, ...]
    counts: NDArray[np.int64]


def stage_matrix(
    before: ArrayLike | Sequence[str | None], after: ArrayLike | Sequence[str | None]
) -> StageMatrix:
    """How many customers went from each stage to each other, or stayed.

    Parameters
    ----------
    before, after : array (n,)
        Stage of each customer at the earlier and at the later date. [names; None = unknown]

    Returns
    -------
    StageMatrix
        Stages in the order of their names, whichever side they stand on; a customer whose stage is unknown on
        either side is not counted.

    >>> stage_matrix(["growth", "growth", "decline"], ["growth", "decline", "decline"]).counts.tolist()
    [[1, 0], [1, 1]]
    """
    names = (np.atleast_1d(np.asarray(side, dtype=object)).tolist() for side in (before, after))
    pairs = [pair for pair in zip(*names, strict=True) if None not in pair]
    stages = tuple(sorted({stage for pair in pairs for stage in pair}))
    place = {stage: i for i, stage in enumerate(stages)}
    moves = np.array([place[one] * len(stages) + place[other] for one, other in pairs], dtype=np.intp)
    counts = np.bincount(moves, minlength=len(stages) ** 2).reshape(len(stages), len(stages))
    return StageMatrix(stages, counts)
