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


def weighted_score(scores: ArrayLike, weights: ArrayLike, *, scale: float = 10) -> float:
    """Satisfaction over questions of different weight: the sum of w · score / scale over the sum of w, times 100.

    Parameters
    ----------
    scores : array (n,)
        Answers from 0 to `scale`. [NaN = no answer, not counted]
    weights : array (n,)
        How much each answer counts, 0 or more. [NaN = not counted]
    scale : float
        The best answer there is.

    Returns
    -------
    float
        0 to 100; NaN without an answer that counts.

    Raises
    ------
    DataError
        A scale that is not positive; answers off the scale or negative weights, all their rows in `rows`.

    >>> weighted_score([8, 10, 5], [2, 1, 1])
    77.5
    """
    score, weight = (np.atleast_1d(np.asarray(one, dtype=float)) for one in (scores, weights))
    if not scale > 0:
        raise DataError("The scale must be above 0, not {scale}.", scale=f"{scale:g}")
    wrong = np.flatnonzero((score < 0) | (score > scale))
    if wrong.size:
        raise DataError(
            "Answer {answer} is outside 0 to {scale}.",
            fix="Correct the answer, or give its scale.",
            rows=wrong.tolist(),
            answer=f"{score[wrong[0]]:g}",
            scale=f"{scale:g}",
        )
    negative = np.flatnonzero(weight < 0)
    if negative.size:
        raise DataError(
            "Weight {weight} is negative.",
            fix="Give a weight of 0 or more.",
            rows=negative.tolist(),
            weight=f"{weight[negative[0]]:g}",
        )
    counts = ~(np.isnan(score) | np.isnan(weight))
    whole = float(weight[counts].sum())
    return float(100 * (weight[counts] * score[counts] / scale).sum() / whole) if whole else float("nan")
