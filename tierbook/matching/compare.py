"""How alike two fields are, from 0 to 100, for many pairs at once; and how alike they can be at most, for far less.

Most pairs that stand near each other are two customers, and their letters or house numbers say so before the texts are
compared. A bound never lies under the similarity, so nothing is lost by leaving out what it rules out.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tierbook.matching.block import Indices
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
        words, a part that one of them leaves out aside; where each has a number the other lacks, they are two places.

    Returns
    -------
    float array (n,)
        0 to 100; NaN where a text is missing.

    Source: RapidFuzz's `token_sort_ratio` and `token_set_ratio`.
    """
    rows = np.arange(len(a))
    return Texts(np.concatenate([a, b]), how).alike(rows, rows + len(a))


class Texts:
    """One field of many records; pairs are two positions each, and what a text says is found out once for each text.

    `code` is equal where the texts are, -1 where one is missing.
    """

    def __init__(self, texts: Any, how: How) -> None:
        import pyarrow as pa

        encoded = pa.array(texts, type=pa.string()).dictionary_encode()
        self.how = how
        self.code: Indices = np.asarray(
            encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False), dtype=np.int64
        )
        self._words = encoded.dictionary

    @cached_property
    def rank(self) -> Indices:
        """Place of each record in alphabetical order; -1 where the text is missing."""
        return self._of_records(_ranked(self._words), -1)

    @cached_property
    def rank_backwards(self) -> Indices:
        """The same for the texts read from their ends."""
        import pyarrow.compute as pc

        return self._of_records(_ranked(pc.utf8_reverse(self._words)), -1)

    def alike(self, a: Indices, b: Indices) -> Similarity:
        """How alike the texts of each pair are. [0-100; NaN where one is missing]"""
        one, other = self.code[a], self.code[b]
        found = np.where((one >= 0) & (other >= 0), np.where(one == other, 100.0, 0.0), np.nan)
        if self.how in ("exact", "phone"):
            return found
        differ = np.flatnonzero(found == 0)
        one, other = one[differ], other[differ]
        if self.how == "name":
            found[differ] = _fuzzy(self._texts[one], self._texts[other], "token_sort_ratio")
        else:
            alike = _fuzzy(self._texts[one], self._texts[other], "token_set_ratio")
            mine, theirs = self._numbers[one], self._numbers[other]
            common = _fuzzy(mine, theirs, "token_set_ratio") == 100
            elsewhere = (mine != "") & (theirs != "") & ~common
            found[differ] = np.where(elsewhere, np.minimum(alike, DIFFERENT_HOUSES), alike)
        return found

    def most_alike(self, a: Indices, b: Indices) -> Similarity:
        """A bound of `alike` at a fraction of its cost: never below it, and missing where it is."""
        if self.how in ("exact", "phone"):
            return self.alike(a, b)
        if self.how == "name":
            mine, theirs = self._letters[a], self._letters[b]
            one, other = self._length[a], self._length[b]
            # What is alike is at most what is left of each without the letters the other has not.
            common = np.minimum(
                one - np.bitwise_count(mine & ~theirs), other - np.bitwise_count(theirs & ~mine)
            )
            return 200.0 * common / (one + other)
        mine, theirs = self._houses[a], self._houses[b]
        elsewhere = ((mine & ~theirs) != 0) & ((theirs & ~mine) != 0)
        there = (self.code[a] >= 0) & (self.code[b] >= 0)
        return np.where(there, np.where(elsewhere, DIFFERENT_HOUSES, 100.0), np.nan)

    @cached_property
    def _length(self) -> NDArray[np.float64]:
        """Number of letters of each record's text; NaN where it is missing."""
        return self._of_records(self._lengths.astype(np.float64), np.nan)

    @cached_property
    def _lengths(self) -> NDArray[np.int32]:
        import pyarrow.compute as pc

        return np.asarray(pc.utf8_length(self._words).to_numpy(zero_copy_only=False), dtype=np.int32)

    @cached_property
    def _letters(self) -> NDArray[np.uint64]:
        """The letters of each record's text as bits, some of them sharing one."""
        letters = np.frombuffer("".join(self._texts.tolist()).encode("utf-32-le"), np.uint32)
        return self._of_records(_bits(letters, self._lengths), 0)

    @cached_property
    def _houses(self) -> NDArray[np.uint64]:
        """The numbers in each record's text as bits, some of them sharing one."""
        import pyarrow as pa
        import pyarrow.compute as pc

        numbers: Any = pc.split_pattern(pa.array(self._numbers, pa.string()), " ")
        several = np.where(self._numbers == "", 0, pc.list_value_length(numbers).to_numpy())
        each = numbers.flatten()
        code = each.filter(pc.not_equal(each, "")).dictionary_encode().indices
        return self._of_records(
            _bits(code.to_numpy(zero_copy_only=False).astype(np.uint32), several.astype(np.int32)), 0
        )

    @cached_property
    def _texts(self) -> NDArray[np.object_]:
        return np.asarray(self._words.to_numpy(zero_copy_only=False), dtype=object)

    @cached_property
    def _numbers(self) -> NDArray[np.object_]:
        import pyarrow.compute as pc

        digits: Any = pc.replace_substring_regex(self._words, pattern=r"[^0-9]+", replacement=" ")
        return np.asarray(pc.utf8_trim_whitespace(digits).to_numpy(zero_copy_only=False), dtype=object)

    def _of_records(self, values: NDArray, missing: float) -> NDArray:
        """What is known of each text, for each record."""
        # The code of a missing text is -1, which is the last place.
        return np.append(values, np.array([missing], values.dtype))[self.code]


def _ranked(words: Any) -> Indices:
    import pyarrow.compute as pc

    return pc.rank(words, tiebreaker="first").to_numpy().astype(np.int64)


def _bits(codes: NDArray[np.uint32], length: NDArray[np.int32]) -> NDArray[np.uint64]:
    """For each stretch of codes of these lengths the set of them, as bits of one number."""
    found = np.zeros(len(length), np.uint64)
    filled = np.flatnonzero(length)
    starts = (np.cumsum(length) - length)[filled]
    if len(filled):
        # 2654435761 is 2^32 over the golden ratio: neighbours among letters get bits far apart.
        bit = (codes * np.uint32(2654435761)) >> np.uint32(26)
        found[filled] = np.bitwise_or.reduceat(np.uint64(1) << bit.astype(np.uint64), starts)
    return found


def _fuzzy(left: NDArray[np.object_], right: NDArray[np.object_], scorer: str) -> Similarity:
    from rapidfuzz import fuzz, process

    return process.cpdist(left.tolist(), right.tolist(), scorer=getattr(fuzz, scorer), dtype=np.float64)


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
