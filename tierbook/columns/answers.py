"""Columns of yes and no."""

from __future__ import annotations

from tierbook.columns.cells import Cells
from tierbook.columns.typed import (
    BLANKS,
    MISSING_WORDS,
    Distinct,
    Typed,
    Unreadable,
    error_cells,
    refusal,
    typed_of,
    where,
)

_YES = {"yes", "y", "true", "t", "1", "是", "√", "对", "有"}
_NO = {"no", "n", "false", "f", "0", "否", "×", "无", "没有"}


def yes_no_column(cells: Cells) -> Typed:
    """A column of yes or no: words of both languages, 1 and 0; anything else is refused."""
    import pyarrow as pa
    import pyarrow.compute as pc

    refused = error_cells(cells)
    parts = []
    unreadable = Unreadable("{value} is neither yes nor no.", "Enter yes or no.")
    if cells.truth is not None:
        parts.append(cells.truth)
    if cells.text is not None:
        distinct = Distinct(cells.text)
        outcomes = [_yes_or_no(word, unreadable) for word in distinct.words]
        parts.append(
            distinct.spread(
                pa.array(
                    [None if isinstance(outcome, Unreadable) else outcome for outcome in outcomes], pa.bool_()
                )
            )
        )
        refused += distinct.refusals(outcomes)
    if cells.number is not None:
        known = pc.or_(pc.equal(cells.number, 1), pc.equal(cells.number, 0))
        refused += [
            refusal(int(row), f"{cells.number[int(row)].as_py():g}", unreadable)
            for row in where(pc.invert(known))
        ]
        parts.append(pc.if_else(known, pc.equal(cells.number, 1), None))
    if cells.moment is not None:
        refused += [
            refusal(int(row), str(cells.moment[int(row)]), unreadable)
            for row in where(pc.is_valid(cells.moment))
        ]
    return typed_of(cells, parts, "bool", refused, [])


def _yes_or_no(word: str, unreadable: Unreadable) -> bool | Unreadable | None:
    plain = word.strip(BLANKS).casefold()
    if plain in _YES:
        return True
    if plain in _NO:
        return False
    return None if plain in MISSING_WORDS else unreadable
