"""The sheet on which pairs of records are decided: who may be one customer, why, and a column for the decision."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tierbook.duplicates import Decision, Duplicates, Key
from tierbook.errors import DataError
from tierbook.language import LANGUAGES, label
from workbooks.book_cells import BookCells
from workbooks.gate.cells import letters
from workbooks.sheet_cells import Area
from workbooks.sheet_xml import Format, ResultSheet

TABLE = "tierbook_duplicates"
MOST_PAIRS = 5_000
_DECISION, _SCORE, _WHY = "pair_decision", "match_score", "match_why"
_KEYS = ("source_a", "source_id_a", "source_b", "source_id_b")
_SHOWN = ("name", "contact_name", "mobile", "phone", "address", "document_no", "tax_no")


def duplicates_sheet(found: Duplicates, language: str = "en") -> ResultSheet:
    """Pairs a person has to decide, best first, then those decided, to be changed where that was wrong."""
    import numpy as np
    import pyarrow as pa

    pairs = np.concatenate([found.review, np.flatnonzero(found.decided >= 0)])[:MOST_PAIRS]
    shown = [name for name in _SHOWN if name in found.records.column_names]
    columns: dict[str, list[Any]] = {
        _DECISION: [
            {1: label("merge", language), 0: label("keep_apart", language)}.get(int(found.decided[pair]))
            for pair in pairs
        ],
        _SCORE: [float(found.found.score[pair]) for pair in pairs],
        _WHY: [found.why(pair, language) for pair in pairs],
    }
    titles = [label(name, language) for name in (_DECISION, _SCORE, _WHY)]
    for side, rows in (("a", found.found.a[pairs]), ("b", found.found.b[pairs])):
        keys = [found.key(row) for row in rows]
        columns |= {
            f"source_{side}": [key.source for key in keys],
            f"source_id_{side}": [key.source_id for key in keys],
        }
        titles += [_title("source", side, language), _title("source_id", side, language)]
        for name in shown:
            columns[f"{name}_{side}"] = found.records[name].take(pa.array(rows)).to_pylist()
            titles.append(_title(name, side, language))
    kinds = {_SCORE: pa.float64()}
    table = pa.table({name: pa.array(cells, kinds.get(name, pa.string())) for name, cells in columns.items()})
    formats: Sequence[Format] = ["score" if name == _SCORE else "text" for name in columns]
    return ResultSheet(label("sheet_duplicates", language), TABLE, table, titles, formats)


def _title(name: str, side: str, language: str) -> str:
    return f"{label(name, language)} {side.upper()}"


def decisions_on(book: Path) -> dict[frozenset[Key], Decision | None] | None:
    """What stands in the decision column of the sheet, pair by pair; None for a pair nobody decided.

    Without the sheet, or without its columns, there is nothing to read: None.

    Raises
    ------
    DataError
        A word that is no decision; names the cell.
    """
    cells = BookCells(book)
    table = cells.table(TABLE)
    if table is None:
        return None
    area = Area.of(table.ref)
    header, *rows = cells.rows(table.sheet, area)
    places = _columns(header)
    if places is None:
        return None
    words = {
        label(word, one).casefold(): word == "merge" for word in ("merge", "keep_apart") for one in LANGUAGES
    }
    found: dict[frozenset[Key], Decision | None] = {}
    for row, content in enumerate(rows, start=area.first[0] + 1):
        source_a, id_a, source_b, id_b = (_text(content[places[name]]) for name in _KEYS)
        if not id_a or not id_b:
            continue
        a, b = Key(source_a, id_a), Key(source_b, id_b)
        said = _text(content[places[_DECISION]])
        if said and said.casefold() not in words:
            raise DataError(
                "{text} is no decision.",
                fix="Write {merge} or {apart}, or leave the cell blank.",
                place=f"{book.name} {table.sheet}!{letters(area.first[1] + places[_DECISION])}{row}",
                text=repr(said), merge=label("merge"), apart=label("keep_apart"),
            )  # fmt: skip
        found[frozenset((a, b))] = Decision(a, b, words[said.casefold()]) if said else None
    return found


def _columns(header: Sequence[Any]) -> dict[str, int] | None:
    """Where the columns stand, in whichever language and order."""
    texts = [_text(cell) for cell in header]
    for language in LANGUAGES:
        titles = {_DECISION: label(_DECISION, language)} | {
            name: _title(name.rpartition("_")[0], name[-1], language) for name in _KEYS
        }
        if all(title in texts for title in titles.values()):
            return {name: texts.index(title) for name, title in titles.items()}
    return None


def _text(cell: Any) -> str:
    if isinstance(cell, float):
        return f"{cell:.15g}"
    return "" if cell is None else str(cell).strip()
