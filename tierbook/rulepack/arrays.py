"""The functions of the rule language on NumPy arrays, any of which may be a single value.

Numbers are float64 with NaN for missing, texts objects with None, dates datetime64[D] with NaT, yes/no bool, or
float64 1 / 0 / NaN where it can be missing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tierbook.rulepack.tree import Type

MISSING: dict[str, Any] = {
    "number": np.float64(np.nan),
    "yes_no": np.float64(np.nan),
    "text": np.array(None, dtype=object),
    "date": np.datetime64("NaT", "D"),
}
_SIGNS: dict[str, np.ufunc] = {
    "=": np.equal, "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal,
}  # fmt: skip
UPPER, LOWER = (bytes(range(start, start + 26)).decode() for start in (65, 97))
LETTERS = {"lower": str.maketrans(UPPER, LOWER), "upper": str.maketrans(LOWER, UPPER)}


@dataclass(frozen=True, slots=True, eq=False)
class Coded:
    """A text column in which texts repeat: what they are, each once or None, and which of them every row has.

    A step that looks at this column alone is computed once per text instead of once per row.
    """

    texts: np.ndarray
    codes: np.ndarray

    @property
    def ndim(self) -> int:
        """Coded columns have rows."""
        return 1

    def __len__(self) -> int:
        return len(self.codes)


def spread(texts: Any) -> Any:
    """A text column with the text in every row."""
    return texts.texts[texts.codes] if isinstance(texts, Coded) else texts


def column(given: Any, kind: Type) -> Any:
    """A column or threshold as an array of its type, infinities made missing; one value stays one value."""
    if isinstance(given, Coded) and kind == "text":
        return given
    if kind == "text":
        return np.asarray(given, dtype=object)
    if kind == "date":
        return MISSING["date"] if given is None else np.asarray(given, dtype="datetime64[D]")[()]
    if not isinstance(given, np.ndarray):
        return finite(np.float64(np.nan if given is None else given))
    if given.dtype == np.bool_:
        return given
    return finite(given if given.dtype == np.float64 else given.astype(np.float64))


def finite(x: Any) -> Any:
    """Numbers, infinities made missing."""
    if not x.ndim:
        return MISSING["number"] if math.isinf(x) else x  # one row should not pay for arrays
    infinite = np.isinf(x)
    return np.where(infinite, np.nan, x) if infinite.any() else x


def truth(answer: Any) -> Any:
    """Yes/no as bool, missing made no."""
    return answer if answer.dtype == bool else answer == 1


def is_text(texts: Any) -> Any:
    """Where a text is there; None and NaN, the one value that is not itself, are missing."""
    return np.asarray(np.not_equal(texts, MISSING["text"]) & (texts == texts), dtype=bool)


def is_missing(values: Any, kind: Type | None) -> Any:
    """Where nothing is there; an infinity is nothing."""
    if kind == "text":
        return ~is_text(values)
    if kind == "date":
        return np.isnat(values)
    return np.zeros(np.shape(values), dtype=bool) if values.dtype == bool else ~np.isfinite(values)


def compare(sign: str, kind: Type | None, a: Any, b: Any) -> Any:
    """A comparison, no where a side is missing; numbers hold no infinities here."""
    if kind == "text":
        if sign == "=":
            # One side that is there is enough; the shorter one is asked.
            return np.asarray(a == b, dtype=bool) & is_text(b if b.size < a.size else a)
        return np.asarray(a != b, dtype=bool) & is_text(a) & is_text(b)
    if sign == "<>":
        return (a < b) | (a > b)  # NaN != x would be true
    return _SIGNS[sign](a, b)


def power(a: Any, b: Any) -> Any:
    """a to the power b; NumPy has 1 ** NaN = NaN ** 0 = 1, here a missing number gives a missing one."""
    return np.where(np.isnan(a) | np.isnan(b), np.nan, np.power(a, b))


def coalesce(values: list[Any], kind: Type | None) -> Any:
    """The first value that is there."""
    answer = values[-1]
    for value in reversed(values[:-1]):
        answer = np.where(is_missing(value, kind), answer, value)
    return answer


def nullif(a: Any, b: Any, kind: Type) -> Any:
    """a, missing where it equals b or b is missing."""
    return np.where(compare("=", kind, a, b) | is_missing(b, kind), MISSING[kind], a)


def letters(name: str, texts: Any) -> Any:
    """`lower` or `upper`: A–Z change, all other letters stay, as every engine does it."""
    table = LETTERS[name]
    return _each(lambda text: text.translate(table), texts, None, np.dtype(object))


def length(texts: Any) -> Any:
    """Number of code points."""
    return _each(len, texts, np.nan, np.dtype(float))


def listed(texts: Any, names: Any) -> Any:
    """Whether each text, names separated by semicolons, holds a name; spaces do not count."""
    texts, names = np.broadcast_arrays(texts, names)
    found = np.empty(texts.shape, dtype=bool)
    found.flat[:] = [holds_name(text, name) for text, name in zip(texts.flat, names.flat, strict=True)]
    return found


def holds_name(text: str | None, name: str | None) -> bool:
    """`listed` for one text.

    >>> holds_name("百户重点企业； 大客户", "大客户"), holds_name("大客户", "客户")
    (True, False)
    """
    if not isinstance(text, str) or not isinstance(name, str) or not (wanted := name.replace(" ", "")):
        return False
    return f";{wanted};" in f";{text.replace(' ', '').replace('；', ';')};"


def days(start: Any, end: Any) -> Any:
    """Days from one date to another, negative backwards."""
    gap = end - start
    return np.where(np.isnat(gap), np.nan, gap.astype(np.int64).astype(float))


def _each(function: Callable[[str], Any], texts: Any, missing: Any, kind: np.dtype) -> Any:
    found = np.empty(texts.shape, dtype=kind)
    found.flat[:] = [function(text) if isinstance(text, str) else missing for text in texts.flat]
    return found
