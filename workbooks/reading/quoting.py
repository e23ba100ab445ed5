"""Quotation marks in a text file that do not do what quotation marks do."""

from __future__ import annotations

import csv
import io

import numpy as np

from tierbook.errors import DataError
from tierbook.quality import Problem


def quote_problems(data: bytes, delimiter: str, *, file: str, table: str, skipped: int) -> list[Problem]:
    """A quote inside a field is said; a quote that never closes is refused with the line it opens on.

    Parameters
    ----------
    skipped : int
        Lines of the file before `data`.

    Raises
    ------
    DataError
        A quotation mark that is opened and never closed.
    """
    if b'"' not in data:
        return []
    if data.count(b'"') % 2:
        _check_closed(data, delimiter, file, skipped)
    at = _stray_quote(data, delimiter)
    if at is None:
        return []
    line = data.count(b"\n", 0, at) + 1 + skipped
    start = max(data.rfind(b"\n", 0, at) + 1, at - 20)
    text = data[start : at + 20].decode("utf-8", "ignore").splitlines()[0]
    return [
        Problem(
            "warning",
            "A quotation mark stands inside a field ({text}): it is read as part of the text.",
            "",
            {"text": text.strip()},
            file,
            line=line,
            table=table,
        )
    ]


def _stray_quote(data: bytes, delimiter: str) -> int | None:
    """Where a quotation mark first stands between two characters of a field."""
    letters = np.frombuffer(b"\n" + data + b"\n", np.uint8)
    quotes = np.flatnonzero(letters == ord('"'))
    inside = np.ones(256, bool)
    inside[list(b'"\r\n' + delimiter.encode())] = False
    stray = quotes[inside[letters[quotes - 1]] & inside[letters[quotes + 1]]]
    return int(stray[0]) - 1 if len(stray) else None


def _check_closed(data: bytes, delimiter: str, file: str, skipped: int) -> None:
    reader = csv.reader(
        io.StringIO(data.decode("utf-8", "replace"), newline=""), delimiter=delimiter, strict=True
    )
    line = 1 + skipped
    try:
        for _ in reader:
            line = reader.line_num + 1 + skipped
    except csv.Error as error:
        if "unexpected end of data" in str(error):
            raise DataError(
                "A quotation mark is opened and never closed.",
                fix="Close it, or double the quotation marks inside a field.",
                place=f"{file}:{line}",
            ) from error
