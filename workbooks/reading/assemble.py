"""From a table as it was found to a typed one: bad rows set aside with the place of every bad cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tierbook.columns import Note, Refusal, quoted
from tierbook.language import Named
from tierbook.quality import Problem
from tierbook.tables import Column, match_headers
from workbooks.reading.headers import columns_to_type, settle
from workbooks.reading.layout import closing_rows, row_is_blank
from workbooks.reading.raw import MAX_LISTED, RawTable, Reading
from workbooks.reading.serials import impossible_dates
from workbooks.reading.unknown import type_unknown
from workbooks.reading.values import filled_down, typed_column

if TYPE_CHECKING:
    import pyarrow as pa

_LAST_ROWS = 12
_REFUSED_KINDS = {
    "error": ("The cell holds the error {value}.", "Correct the formula or leave the cell blank."),
    "uncached": ("The formula {value} has no saved result.", "Open the workbook in Excel and save it."),
    "not_a_number": ("{value} is not a number.", "Enter a number or leave the cell blank."),
}


@dataclass(frozen=True)
class Assembled:
    """A typed table; `origin` is the raw row of each of its rows, `table` None when it is refused."""

    raw: RawTable
    table: pa.Table | None
    origin: np.ndarray
    problems: list[Problem] = field(default_factory=list)

    def place(self, row: int, name: str | None = None) -> dict[str, Any]:
        """Where a row of the typed table (and its column) came from."""
        return self.raw.place(int(self.origin[row]), self.column(name))

    def column(self, name: str | None) -> int | None:
        """Position of a canonical column among the raw ones."""
        names = match_headers(self.raw.table, self.raw.headers).names
        return names.index(name) if name in names else None


def assemble(raw: RawTable, reading: Reading) -> Assembled:
    """The typed table, its bad rows left out and listed."""
    return _Assembly(raw, reading).run()


class _Assembly:
    def __init__(self, raw: RawTable, reading: Reading) -> None:
        self.raw, self.reading = raw, reading
        self.problems: list[Problem] = list(raw.problems)
        self.bad = np.array([], bool)
        self.listed = 0

    def run(self) -> Assembled:
        import pyarrow as pa

        self.raw, names, said = settle(self.raw)
        self.problems += said
        if any(problem.level == "error" for problem in self.problems):
            return Assembled(self.raw, None, np.array([], int), self.problems)
        wanted, said = columns_to_type(self.raw, names)
        self.problems += said
        rows = self._data_rows(names)
        self.bad = np.zeros(len(rows), bool)
        columns: dict[str, pa.Array] = {}
        for at, name in wanted:
            column = self.raw.table.column(name)
            raw = (
                self.raw.columns[at].take(pa.array(rows))
                if len(rows) < len(self.raw.rows)
                else self.raw.columns[at]
            )
            if column is None:
                columns[name] = self._unknown(raw, at, rows)
            else:
                columns[name] = self._known(raw, at, column, rows)
        table = pa.table(columns)
        self._share(len(rows))
        if len(rows) + self.raw.lost == 0:
            self._say(
                "warning",
                "The table has a header and no rows.",
                self.raw.place_of_row(self.raw.header_row or 1, self.raw.positions[0]),
            )
        if self.bad.any():
            table = table.filter(pa.array(~self.bad))
            rows = rows[~self.bad]
        return Assembled(self.raw, table, rows, self.problems)

    # Rows

    def _data_rows(self, names: list[str | None]) -> np.ndarray:
        """Raw rows that are data: no blank rows, no totals or footnotes at the end."""
        import pyarrow as pa

        raw = self.raw
        blank = row_is_blank(raw.columns) if raw.columns else np.array([], bool)
        for odd in raw.odd:  # an error cell reads as empty, but it is there
            blank[odd.row] = False
        rows = np.flatnonzero(~blank)
        if not len(rows):
            return rows
        last = rows[-_LAST_ROWS:]
        taken = [_texts(column.take(pa.array(last))) for column in raw.columns]
        cells = [list(row) for row in zip(*taken, strict=True)]
        for odd in raw.odd:
            if odd.row in last:
                cells[int(np.flatnonzero(last == odd.row)[0])][odd.column] = odd.text
        required = [names.index(name) for name in raw.table.required]
        keys = [at for at in required if _is_key(raw.table.column(names[at] or ""))]
        closing = closing_rows(cells, keys, required)
        for at in range(len(rows) - closing, len(rows)):
            text = next((cell for cell in cells[at - len(rows)] if cell is not None), "")
            self._say(
                "warning",
                "The last row has no keys and is left out: {text}.",
                raw.place(int(rows[at])),
                set_aside=1,
                text=quoted(text),
            )
        rows = rows[: len(rows) - closing]
        inside = np.flatnonzero(blank[: rows[-1] if len(rows) else 0])
        if len(inside):
            self._say(
                "warning",
                "Blank rows inside the table are skipped: {count}.",
                raw.place(int(inside[0])),
                count=len(inside),
            )
        return rows

    def _share(self, rows: int) -> None:
        bad, total = int(self.bad.sum()) + self.raw.lost, rows + self.raw.lost
        if bad and bad > self.reading.max_bad_share * total:
            self._say(
                "error",
                "{bad} of {total} rows of {name} cannot be used, more than the {share} allowed.",
                {"file": self.raw.file, "sheet": self.raw.sheet, "table": self.raw.table.name},
                "Correct the cells listed, or allow more in config.yaml, such as reading: {{max_bad_share: 0.2}}.",
                bad=bad,
                total=total,
                name=Named(self.raw.table.name),
                share=f"{self.reading.max_bad_share:.0%}",
            )

    # Cells

    def _known(self, values: pa.Array, at: int, column: Column, rows: np.ndarray) -> pa.Array:
        import pyarrow as pa
        import pyarrow.compute as pc

        raw = self.raw
        if self.reading.fill_merged and column.kind == "id" and column.required:
            values, filled = filled_down(raw, values, at, rows)
            for row, merged in filled:
                place = raw.place(int(rows[row]), at)
                self._say("note", "The merged cells {merged} are filled down.", place, merged=merged)
        typed = typed_column(raw, values, at, column, rows, self.reading)
        array = typed.array
        refused = {refusal.row: refusal for refusal in typed.refused} | self._odd(at, column, rows)
        if raw.sheet and column.kind in ("date", "time"):
            refused |= impossible_dates(values, date1904=raw.date1904)
        if refused:
            mask = np.zeros(len(array), bool)
            mask[list(refused)] = True
            array = pc.if_else(pa.array(mask), None, array)
        set_aside_before = self.bad.copy()
        if column.required and not any(note.level == "error" for note in typed.notes):
            nothing = array.is_null().to_numpy(zero_copy_only=False)
            self.bad |= nothing
            for row in np.flatnonzero(nothing)[: MAX_LISTED + len(refused) + 1]:
                if int(row) not in refused:
                    refused[int(row)] = self._missing(int(row), at, column, rows)
        self.bad[list(refused)] = True
        self._refuse(refused, at, rows, self.bad & ~set_aside_before)
        for note in typed.notes:
            self._note(note, at, rows)
        return array

    def _unknown(self, raw: pa.Array, at: int, rows: np.ndarray) -> pa.Array:
        """A column nobody knows keeps its rows: what it holds instead of a value is said."""
        odd = self._odd(at, None, rows)
        for kind in {refusal.message for refusal in odd.values()}:
            cells = [row for row, refusal in odd.items() if refusal.message == kind]
            first = odd[cells[0]]
            self._say(
                "warning",
                kind,
                self.raw.place(int(rows[cells[0]]), at),
                first.fix,
                len(cells),
                **first.values,
            )
        array, notes = type_unknown(raw, self.reading, self.raw.date1904)
        for note in notes:
            self._note(note, at, rows)
        return array

    def _odd(self, at: int, column: Column | None, rows: np.ndarray) -> dict[int, Refusal]:
        """Error cells, uncached formulas and numbers that are none, by row."""
        found = [odd for odd in self.raw.odd if odd.column == at and odd.kind in _REFUSED_KINDS]
        if not found:
            return {}
        where = {int(row): position for position, row in enumerate(rows)}
        refused = {}
        for odd in found:
            # #N/A in a number or date column is Excel's own way to say that there is nothing.
            nothing = (
                odd.text == "#N/A" and column is not None and column.kind not in ("id", "text", "yes_no")
            )
            if odd.row in where and not nothing:
                message, fix = _REFUSED_KINDS[odd.kind]
                value = odd.text if odd.kind == "error" else quoted(odd.text)
                refused[where[odd.row]] = Refusal(where[odd.row], odd.text, message, fix, {"value": value})
        return refused

    def _missing(self, row: int, at: int, column: Column, rows: np.ndarray) -> Refusal:
        sheet_row, position = int(self.raw.rows[rows[row]]), self.raw.positions[at]
        for top, left, bottom, right in self.raw.merged:
            if top < sheet_row <= bottom and left <= position <= right:
                return Refusal(
                    row,
                    "",
                    "{name} is missing: the cell is part of the merged cells {merged}.",
                    "Unmerge the cells and fill the value down, or write reading: {{fill_merged: true}} into config.yaml.",
                    {
                        "name": self._called(at, column),
                        "merged": self.raw.word_of_range(top, left, bottom, right),
                    },
                )
        return Refusal(
            row,
            "",
            "{name} is missing.",
            "Fill it in, or delete the row.",
            {"name": self._called(at, column)},
        )

    def _called(self, at: int, column: Column) -> str:
        """What the reader's own sheet calls a column."""
        heading = self.raw.headers[at]
        return column.name if heading is None else str(heading)

    # Saying

    def _refuse(
        self, refused: Mapping[int, Refusal], at: int, rows: np.ndarray, set_aside: np.ndarray
    ) -> None:
        """Lists the cells because of which rows are set aside, up to a thousand of a table.

        `set_aside` marks the rows that no earlier column has set aside.
        """
        if not refused:
            return
        room = max(0, MAX_LISTED - self.listed)
        for row in sorted(refused)[:room]:
            refusal = refused[row]
            place = self.raw.place(int(rows[row]), at)
            alone = int(set_aside[row])
            self._say("warning", refusal.message, place, refusal.fix, set_aside=alone, **refusal.values)
        self.listed += min(room, len(refused))
        if len(refused) > room:
            place = self.raw.place_of_column(at)
            rest = int(set_aside.sum() - set_aside[sorted(refused)[:room]].sum())
            self._say(
                "warning", "This column holds more cells like these than are listed.", place, set_aside=rest
            )

    def _note(self, note: Note, at: int, rows: np.ndarray) -> None:
        place = self.raw.place(int(rows[note.rows[0]]), at) if note.rows else self.raw.place_of_column(at)
        values = dict(note.values)
        values["cells"] = ", ".join(self.raw.word(int(rows[row]), at) for row in note.rows)
        self._say(note.level, note.message, place, note.fix, **values)

    def _say(
        self,
        level: Any,
        message: str,
        place: Mapping[str, Any],
        fix: str = "",
        rows: int = 1,
        set_aside: int = 0,
        **values: Any,
    ) -> None:
        self.problems.append(Problem(level, message, fix, values, count=rows, set_aside=set_aside, **place))


def _is_key(column: Column | None) -> bool:
    return column is not None and column.kind == "id"


def _texts(column: pa.Array) -> list[str | None]:
    """Cells as text, None where they are blank; of what has no text only that it is there."""
    import pyarrow as pa

    try:
        texts = column.cast(pa.string()).to_pylist()
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
        texts = ["…" if valid else None for valid in column.is_valid().to_pylist()]
    return [text if text and text.strip() else None for text in texts]
