"""Any columns with a header row: numbers that are mined, or numbers and texts that explain something."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tierbook import tables
from tierbook.errors import DataError
from udfs.cells import CellError, Range, Reason, Rows, blank_rows, is_blank, read_column


class HeadedRange:
    """Rows below a header row, whatever the columns are called.

    `rows` says which of them are computed once `numbers` or `columns` has read them, `notes` what else is to be said.
    A column that names customers is left out: it says who a row is, not what it is like.
    """

    def __init__(self, block: Range) -> None:
        header, self.body = (*block.rows[:1], ())[0], block.rows[1:]
        if not self.body:
            raise DataError(
                "The range holds a header row and no rows below it.",
                fix="Give the header row with the rows below it.",
            )
        if not any(isinstance(cell, str) and cell.strip() for cell in header):
            raise DataError("The first row holds no headings.", fix="Give the range with its header row.")
        self.rows = Rows(len(self.body), blank_rows(self.body), first=2)
        self.notes: list[Reason] = []
        self.headings = ["" if is_blank(cell) else str(cell).strip() for cell in header]
        self.names = self._names(header)

    def place(self, name: str) -> int | None:
        """Where the column with this heading stands."""
        folded = {tables.folded(known): at for at, known in self.names.items()}
        return folded.get(tables.folded(name))

    def heading(self, name: str) -> int | None:
        """Where the column with this heading stands, one that names customers included."""
        folded = [tables.folded(known) for known in self.headings]
        return folded.index(tables.folded(name)) if tables.folded(name) in folded else None

    def read(self, at: int, kind: tables.Kind) -> NDArray:
        """One column as far as it can be used; other rows are refused."""
        return self._read(self.headings[at], [row[at] for row in self.body], kind)

    def numbers(self) -> tuple[list[str], NDArray[np.float64]]:
        """Headings and a table of the usable rows, NaN where a cell is blank.

        Raises
        ------
        DataError
            A column without a single number.
        """
        columns = {}
        for at, name in self.names.items():
            cells = [row[at] for row in self.body]
            columns[name] = self._read(name, cells, "number")
            if np.isnan(columns[name]).all():
                raise DataError(
                    "The column {name} holds no numbers.", fix="Leave it out of the range.", name=name
                )
        kept = self.rows.kept
        table = np.array([values[kept] for values in columns.values()]).reshape(len(columns), len(kept)).T
        return list(columns), table

    def columns(self, *, without: int | None) -> dict[str, NDArray]:
        """Columns of numbers (NaN) or texts (None), all rows; yes and no are texts, dates are left out and said."""
        found: dict[str, NDArray] = {}
        for at, name in self.names.items():
            if at == without:
                continue
            cells = [row[at] for row in self.body]
            kind = _kind(cells)
            if kind is None:
                self.note("{name} holds dates and is left out; days since then would be used.", name=name)
                continue
            found[name] = answers(cells) if kind == "text" else self._read(name, cells, "number")
        return found

    def note(self, message: str, **values: Any) -> None:
        """Something the reader should know about the result."""
        self.notes.append(Reason(message, "", values))

    def _names(self, header: Sequence[Any]) -> dict[int, str]:
        known = tables.match_headers(tables.CUSTOMERS, header).names
        names: dict[int, str] = {}
        for at, cell in enumerate(header):
            if is_blank(cell):
                if all(is_blank(row[at]) for row in self.body):
                    continue
                raise DataError("Column {number} has no heading.", fix="Write one above it.", number=at + 1)
            name = str(cell).strip()
            if known[at] == "customer_id":
                self.note("{name} says who a row is, and is left out.", name=name)
                continue
            if name in names.values():
                raise DataError("Two columns are called {name}.", fix="Rename one of them.", name=name)
            names[at] = name
        return names

    def _read(self, name: str, cells: list[Any], kind: tables.Kind) -> NDArray:
        column = read_column(cells, kind)
        for row, reason in column.refused.items():
            if not self.rows.blank[row]:
                self.rows.refused.setdefault(row, reason._replace(place=name))
        return column.values


def answers(cells: Sequence[Any]) -> NDArray[np.object_]:
    """Cells as texts that can be compared: numbers as they are typed, yes and no; None for blanks and errors."""
    found = np.empty(len(cells), dtype=object)
    found[:] = [None if is_blank(cell) or isinstance(cell, CellError) else _text(cell) for cell in cells]
    return found


def _text(cell: Any) -> str:
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return f"{cell:.15g}" if isinstance(cell, int | float) else str(cell).strip()


def _kind(cells: Sequence[Any]) -> str | None:
    """What most cells of a column are; None for dates."""
    there = [cell for cell in cells if not is_blank(cell) and not isinstance(cell, CellError)]
    numbers = sum(isinstance(cell, int | float) and not isinstance(cell, bool) for cell in there)
    texts = sum(isinstance(cell, str | bool) for cell in there)
    if len(there) - numbers - texts > max(numbers, texts):
        return None
    return "text" if texts > numbers else "number"
