"""Half away from zero, in decimals: the one formula by which Tierbook rounds, on arrays and in SQL.

With t = |x|·10^d, the result is sign(x) · floor(t + (0.5 + min(t, 2^46)·2^-51)) / 10^d, and x itself from t = 2^52
on, where a double has no such digits. The small term makes 1.005, which a double holds as 1.00499…, round to 1.01
as a reader expects (spec/systems.md, Conventions: half in decimals, not in binary).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

NO_FRACTION = 2.0**52
LARGEST_NUDGED, NUDGE = 2.0**46, 2.0**-51


def half_away(x: ArrayLike, digits: int = 0, *, scaled: bool = False) -> np.ndarray:
    """Numbers rounded to `digits` decimals, halves away from zero.

    Parameters
    ----------
    x : array
        Any numbers. [NaN stays NaN]
    digits : int
        Decimals to keep; negative for tens, hundreds …
    scaled : bool
        Give x·10^digits as whole numbers instead.

    >>> half_away([1.005, 2.5, -0.5], 2).tolist(), half_away([2.5, -0.5]).tolist()
    ([1.01, 2.5, -0.5], [3.0, -1.0])
    """
    x = np.asarray(x, dtype=float)
    scale = 10.0 ** abs(digits)
    with np.errstate(over="ignore", invalid="ignore"):
        t = np.abs(x)
        t = t * scale if digits >= 0 else t / scale
        # In place: a million rows cost as much for each new array as for the arithmetic.
        rounded = np.asarray(np.minimum(t, LARGEST_NUDGED))
        rounded *= NUDGE
        rounded += 0.5
        rounded += t
        np.floor(rounded, out=rounded)
        if not scaled:
            np.divide(rounded, scale, out=rounded) if digits >= 0 else np.multiply(
                rounded, scale, out=rounded
            )
    whole = t >= NO_FRACTION
    if whole.any():
        np.copyto(rounded, t if scaled else np.abs(x), where=whole)
    return np.copysign(rounded, x, out=rounded)
