"""A table as it was found: headers and untyped columns, and the place of every cell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tierbook.quality import Problem
from tierbook.tables import Table
from workbooks.gate.scan import letters

if TYPE_CHECKING:
    import pyarrow as pa

MAX_LISTED = 1_000  # problems of one kind listed one by one; the rest is counted


@dataclass(frozen=True)
class Reading:
    """How a project wants its inputs read; `config.yaml` gives it.

    `mapping` names, per table, the sheet, Excel table or file it is in, and its columns: either
    `{"transactions": "Sales 2024"}` or `{"transactions": {"sheet": "Sales 2024", "columns": {"amount": "Net"}}}`.
    `day_first` is the order of `03/04/2024`; `max_bad_share` the share of bad rows that stops a run; `fill_merged`
    fills merged keys down; `encoding` is that of text files, when it is to be declared.
    """

    mapping: Mapping[str, Any] = field(default_factory=dict)
    decimal: str = "."
    day_first: bool | None = None
    max_bad_share: float = 0.05
    fill_merged: bool = False
    encoding: str | None = None

    def place_of(self, table: str) -> str | None:
        """Sheet, Excel table or file the project says the table is in."""
        entry = self.mapping.get(table)
        if isinstance(entry, Mapping):
            entry = next((entry[key] for key in ("sheet", "table", "file", "name") if entry.get(key)), None)
        return None if entry is None else str(entry)

    def columns_of(self, table: str) -> Mapping[str, str]:
        """Headers the project says the table's columns have: canonical name -> header."""
        entry = self.mapping.get(table)
        return entry.get("columns") or {} if isinstance(entry, Mapping) else {}


@dataclass(frozen=True)
class Odd:
    """A cell whose value is not what it looks like: row and column are positions in the raw table."""

    row: int
    column: int
    kind: str
    text: str


@dataclass(frozen=True)
class RawTable:
    """Headers and untyped columns of one table.

    Parameters
    ----------
    rows : int array (n,)
        Sheet row or line or record number of each data row, from 1.
    positions : sequence of int
        Sheet column or field number of each column, from 1.
    sheet : str
        Sheet name; empty for a text or Parquet file, whose rows are lines or records.
    odd : list of Odd
        Error cells, uncached formulas, numbers that are none.
    merged : list of (first row, first column, last row, last column)
        Merged ranges, as sheet rows and columns.
    lost : int
        Rows the reader could not split into fields; they are listed in `problems` and count as bad.
    numeric : callable
        Position of a column -> which of its cells are numbers, where the reader has made text of both.
    """

    table: Table
    file: str
    headers: Sequence[object]
    columns: Sequence[pa.Array]
    rows: np.ndarray
    positions: Sequence[int]
    sheet: str = ""
    date1904: bool = False
    header_row: int = 1
    odd: Sequence[Odd] = ()
    merged: Sequence[tuple[int, int, int, int]] = ()
    numeric: Callable[[int], np.ndarray] | None = None
    lost: int = 0
    problems: Sequence[Problem] = ()

    def place(self, row: int, column: int | None = None) -> dict[str, Any]:
        """Where a cell is, as the parts of a Problem."""
        number = int(self.rows[row])
        if column is not None:
            return self.place_of_row(number, self.positions[column]) | self._heading(column)
        return self.place_of_row(number, self.positions[0] if self.sheet else None)

    def place_of_column(self, column: int) -> dict[str, Any]:
        """The cell with the heading of a column."""
        return self.place_of_row(self.header_row or 1, self.positions[column]) | self._heading(column)

    def place_of_row(self, number: int, position: int | None) -> dict[str, Any]:
        """The same for a row that is no data row: a header, a title."""
        place: dict[str, Any] = {"file": self.file, "table": self.table.name}
        if self.sheet:
            return place | {"sheet": self.sheet, "cell": f"{letters(position or 1)}{number}"}
        return place | {"line": number, "column": position}

    def _heading(self, column: int) -> dict[str, Any]:
        heading = self.headers[column]
        return {} if heading is None else {"heading": str(heading)}

    def word(self, row: int, column: int) -> str:
        """The place in a sentence: `C14`, or `line 14`."""
        place = self.place(row, column)
        return str(place.get("cell") or place["line"])

    def word_of_range(self, top: int, left: int, bottom: int, right: int) -> str:
        """A range of the sheet in a sentence: `B2:B3`."""
        return f"{letters(left)}{top}:{letters(right)}{bottom}"
