"""What users read for the names of a pack, and texts filled with a customer's figures.

`{spend_change:0%}` takes an Excel number format, never Python's format language, because the same text may
become a native formula with TEXT().
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
from numpy.typing import NDArray

FIELD = re.compile(r"\{([^\W\d]\w*)(?::([^{}]*))?\}")
_FORMAT = re.compile(r"(#,##)?0(\.0+)?(%)?")
UNKNOWN = {"en": "unknown", "zh": "未知"}


def fields(template: str) -> list[tuple[str, str]]:
    """The (name, format) pairs of a text; the format is "" where none is written."""
    return [(name.lower(), form) for name, form in FIELD.findall(template)]


def is_format(form: str) -> bool:
    """Whether a number format is one of those Tierbook writes: 0, 0.0, #,##0.00, 0%, yyyy-mm-dd."""
    return form in ("", "yyyy-mm-dd") or _FORMAT.fullmatch(form) is not None


def formatted(value: float, form: str) -> str:
    """A number in an Excel format, rounded half away from zero as Excel does.

    >>> formatted(-0.345, "0%"), formatted(1234.5, "#,##0"), formatted(2.0, "")
    ('-35%', '1,235', '2')
    """
    match = _FORMAT.fullmatch(form)
    if not match:
        return f"{value:.15g}"
    grouped, decimals, percent = match.groups()
    places = len(decimals) - 1 if decimals else 0
    number = Decimal(repr(float(value))) * (100 if percent else 1)
    rounded = number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    if not rounded:
        rounded = abs(rounded)
    return f"{rounded:{',' if grouped else ''}.{places}f}{'%' if percent else ''}"


def filled(
    template: str, columns: Mapping[str, NDArray], rows: NDArray[np.intp], language: str
) -> NDArray[np.object_]:
    """The text for each of the rows, its fields filled from the columns.

    Each distinct value is formatted once. A missing figure reads "unknown".
    """
    pieces = FIELD.split(template)
    text = np.full(len(rows), pieces[0], dtype=object)
    for start in range(1, len(pieces), 3):
        name, form, after = pieces[start].lower(), pieces[start + 1] or "", pieces[start + 2]
        text = text + _texts(np.asarray(columns[name])[rows], form, language) + after
    return text


def _texts(values: NDArray, form: str, language: str) -> NDArray[np.object_]:
    if values.dtype == object:
        return np.array(
            [UNKNOWN[language] if value is None else str(value) for value in values.tolist()], dtype=object
        )
    if values.dtype.kind == "M":
        return np.where(
            np.isnat(values), UNKNOWN[language], values.astype("datetime64[D]").astype(str)
        ).astype(object)
    distinct, where = np.unique(values.astype(float), return_inverse=True)
    texts = [UNKNOWN[language] if np.isnan(value) else formatted(value, form) for value in distinct.tolist()]
    return np.array(texts, dtype=object)[where] if len(texts) else np.empty(0, dtype=object)
