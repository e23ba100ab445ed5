"""How alike two fields are, from 0 to 100, for many pairs at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tierbook.matching.normalise import How, normalised

Similarity = NDArray[np.float64]
DIFFERENT_HOUSES = 60.0


def similarity(a: NDArray[np.object_], b: NDArray[np.object_], how: How) -> Similarity:
    """How alike the texts of each pair are.

    Parameters
    ----------
    a, b : object array (n,)
        Normalised texts (`normalise.normalised`), None where missing.
    how : str
        `exact` and `phone`: equal or not. `name`: shared letters, whatever the order of the words. `address`: shared
        words, a part that one of them leaves out aside; two addresses without a common number are not one place.

    Returns
    -------
    float array (n,)
        0 to 100; NaN where a text is missing.

    Source: RapidFuzz's `token_sort_ratio` and `token_set_ratio`.
    """
    there = _there(a) & _there(b)
    found = np.full(len(a), np.nan)
    if not there.any():
        return found
    left, right = a[there], b[there]
    if how in ("exact", "phone"):
        found[there] = np.where(left == right, 100.0, 0.0)
    elif how == "name":
        found[there] = _fuzzy(left, right, "token_sort_ratio")
    else:
        alike = _fuzzy(left, right, "token_set_ratio")
        found[there] = np.where(_other_house(left, right), np.minimum(alike, DIFFERENT_HOUSES), alike)
    return found


def _fuzzy(left: NDArray[np.object_], right: NDArray[np.object_], scorer: str) -> Similarity:
    from rapidfuzz import fuzz, process

    return process.cpdist(left.tolist(), right.tolist(), scorer=getattr(fuzz, scorer), dtype=np.float64)


def _other_house(left: NDArray[np.object_], right: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Where both addresses have a number and no number is in both."""
    numbers = [_numbers(side) for side in (left, right)]
    common = _fuzzy(numbers[0], numbers[1], "token_set_ratio") == 100
    return (numbers[0] != "") & (numbers[1] != "") & ~common


def _numbers(texts: NDArray[np.object_]) -> NDArray[np.object_]:
    import pyarrow as pa
    import pyarrow.compute as pc

    digits: Any = pc.replace_substring_regex(
        pa.array(texts, pa.string()), pattern=r"[^0-9]+", replacement=" "
    )
    return np.asarray(pc.utf8_trim_whitespace(digits).to_numpy(zero_copy_only=False), dtype=object)


def _there(texts: NDArray[np.object_]) -> NDArray[np.bool_]:
    return np.not_equal(texts, np.array(None, dtype=object)).astype(bool)


def similar_names(a: NDArray[np.object_], b: NDArray[np.object_]) -> Similarity:
    """How alike names are as people write them: in any spelling, words in any order. [0-100; NaN where one is missing]"""
    import pyarrow as pa

    one, other = (
        np.asarray(
            normalised(pa.array(side, pa.string()), "name").to_numpy(zero_copy_only=False), dtype=object
        )
        for side in (a, b)
    )
    return similarity(one, other, "name")
