"""Where a table stands on a sheet or in a file: header row, title rows, side tables, totals, blank rows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tierbook.likely import with_likely_columns
from tierbook.tables import TABLES, Column, Table, known_columns, match_headers

if TYPE_CHECKING:
    import pyarrow as pa

HEADER_WITHIN = 50
_TOTAL = re.compile(
    r"\s*(grand\s+|sub)?\s*(total|sum)\b.*|\s*(合\s*计|总\s*计|小\s*计|总\s*和|汇\s*总).*", re.I | re.S
)
_FOOTNOTE = re.compile(
    r"\s*(source|note|notes|printed|generated|exported|created|数据来源|来源|注|备注|说明|制表)\s*[:：.].*|\s*[*†].*",
    re.I | re.S,
)


class Header(NamedTuple):
    """A header row: its row number from 1, its cells by column, and the rows above it that hold something."""

    row: int
    cells: dict[int, object]
    above: tuple[int, ...]


def find_header(rows: Mapping[int, Mapping[int, object]], table: Table) -> Header | None:
    """The first row with at least two columns the table knows (one, for a table of one column)."""
    enough = min(2, len(table.columns))
    for row, cells in rows.items():
        headers = list(cells.values())
        if known_columns(with_likely_columns(table, headers)[0], headers) >= enough:
            return Header(row, dict(cells), tuple(above for above in rows if above < row))
    return None


def guess_table(headers: Sequence[object], *, sure: bool = False) -> Table | None:
    """The table whose columns these headers are, or None.

    All required columns must be there, with `sure` by a name the table knows; the table that knows most of the headers
    wins, then the one that requires most of them.
    """
    best: tuple[int, int, Table] | None = None
    for table in TABLES.values():
        seen = table if sure else with_likely_columns(table, headers)[0]
        known = known_columns(seen, headers)
        if known < 2 or not table.required or match_headers(seen, headers).missing:
            continue
        if best is None or (known, len(table.required)) > best[:2]:
            best = (known, len(table.required), table)
    return best[2] if best else None


def renamed(table: Table, columns: Mapping[str, str]) -> Table:
    """The table with the project's own headers as further aliases of its columns."""
    if not columns:
        return table
    return Table(
        table.name,
        tuple(
            Column(
                column.name,
                column.kind,
                (*column.aliases, columns[column.name]),
                column.required,
                column.choices,
            )
            if column.name in columns
            else column
            for column in table.columns
        ),
        table.aliases,
    )


def side_table(table: Table, headers: Sequence[object], empty: Sequence[bool]) -> int | None:
    """Where a second table beside the first begins: after an empty column, with nothing the first still needs.

    Parameters
    ----------
    empty : sequence of bool
        Whether the column holds no data.
    """
    for at, header in enumerate(headers):
        if header is None and empty[at] and at > 0:
            left = headers[:at]
            right = [other for other in headers[at:] if other is not None]
            if right and known_columns(table, left) >= 2 and not match_headers(table, left).missing:
                return next(place for place in range(at, len(headers)) if headers[place] is not None)
    return None


def closing_rows(texts: Sequence[Sequence[object]], keys: Sequence[int], required: Sequence[int]) -> int:
    """How many of the last rows are totals or footnotes, not data.

    Parameters
    ----------
    texts : sequence of rows
        The last rows of the table, in order; None for an empty cell.
    keys : sequence of int
        Positions of the required identifiers.
    required : sequence of int
        Positions of all required columns.
    """
    count = 0
    for cells in reversed(texts):
        if not _closing(cells, keys, required):
            break
        count += 1
    return count


def _closing(cells: Sequence[object], keys: Sequence[int], required: Sequence[int]) -> bool:
    filled = [cell for cell in cells if cell is not None]
    without_keys = all(cells[key] is None for key in keys)
    incomplete = sum(cells[at] is None for at in required)
    words = [cell for cell in filled if isinstance(cell, str)]
    if any(_TOTAL.fullmatch(word) for word in words[:2]) and (without_keys or incomplete):
        return True
    if len(filled) == 1 and words and ((incomplete and len(required) > 1) or _FOOTNOTE.fullmatch(words[0])):
        return not keys or without_keys or " " in words[0].strip() or bool(_FOOTNOTE.fullmatch(words[0]))
    return bool(keys) and without_keys and len(filled) <= max(1, len(cells) // 3)


def row_is_blank(columns: Sequence[pa.Array]) -> np.ndarray:
    """Rows in which every cell of every (Arrow) column is empty or blank text."""
    import pyarrow as pa
    import pyarrow.compute as pc

    blank: np.ndarray | None = None
    # A column without a gap settles it at once; text is looked at last, it costs most.
    for column in sorted(columns, key=lambda column: (pa.types.is_string(column.type), column.null_count)):
        if column.null_count == 0 and not pa.types.is_string(column.type):
            return np.zeros(len(column), bool)
        empty = column.is_null()
        if pa.types.is_string(column.type):
            empty = pc.fill_null(pc.equal(pc.utf8_trim_whitespace(column), ""), True)
        mask = empty.to_numpy(zero_copy_only=False)
        blank = mask if blank is None else blank & mask
        if not blank.any():
            break
    return blank if blank is not None else np.array([], bool)
