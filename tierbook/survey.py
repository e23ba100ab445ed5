"""Survey figures: the Net Promoter Score.

Source: F. F. Reichheld, The One Number You Need to Grow, Harvard Business Review 81 (12), 2003.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from tierbook.errors import DataError


def nps(scores: ArrayLike) -> float:
    """Net Promoter Score: per cent of promoters (9-10) minus per cent of detractors (0-6), over all answers.

    Parameters
    ----------
    scores : array (n,)
        Ratings from 0 to 10. [NaN = no answer, not counted]

    Returns
    -------
    float
        -100 to 100; NaN without an answer.

    Raises
    ------
    DataError
        Ratings outside 0 to 10; all their rows are in `rows`.

    >>> nps([9, 10, 3, 8])
    25.0
    """
    score = np.atleast_1d(np.asarray(scores, dtype=float))
    wrong = np.flatnonzero((score < 0) | (score > 10))
    if wrong.size:
        raise DataError(
            "Rating {rating} is outside 0 to 10.",
            fix="Correct the answer or leave the cell blank.",
            rows=wrong.tolist(),
            rating=f"{score[wrong[0]]:g}",
        )
    answers = int(np.count_nonzero(~np.isnan(score)))
    if not answers:
        return float("nan")
    promoters, detractors = np.count_nonzero(score >= 9), np.count_nonzero(score <= 6)
    return float(100 * (promoters - detractors) / answers)
