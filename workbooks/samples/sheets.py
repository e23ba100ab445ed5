"""Sample workbooks: sheets of plain cells under a frozen header, as an export has them, and notes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

Row = dict[str, Any]
Columns = Mapping[str, tuple[str, int]]
"""Heading -> the key in the rows, and the width. [characters]"""


class Sheet(NamedTuple):
    """A sheet by its name, what its columns hold, and its rows; None is a blank cell."""

    name: str
    columns: Columns
    rows: Sequence[Row]


def write_book(
    path: Path, sheets: Iterable[Sheet], notes: Sequence[str], *, created: datetime, width: int = 110
) -> None:
    """Write a workbook; the same cells give the same bytes.

    Parameters
    ----------
    notes : sequence of str
        Lines of a sheet of their own, the last one; the first line is the title of the workbook.
    created : datetime
        What the workbook says of itself.
    width : int
        Width of the notes. [characters]
    """
    import xlsxwriter

    book = xlsxwriter.Workbook(path)
    book.set_properties({"title": notes[0], "created": created})
    for sheet in sheets:
        _add(book, sheet)
    last = book.add_worksheet("Notes")
    last.set_column(0, 0, width)
    last.write_column(0, 0, notes)
    book.close()


def _add(book: Any, given: Sheet) -> None:
    header = book.add_format({"bold": True, "bg_color": "#5B3A29", "font_color": "white"})
    day = book.add_format({"num_format": "yyyy-mm-dd", "align": "left"})
    money = book.add_format({"num_format": "#,##0.00"})
    sheet = book.add_worksheet(given.name)
    for c, (title, (_, width)) in enumerate(given.columns.items()):
        sheet.set_column(c, c, width)
        sheet.write_string(0, c, title, header)
    for r, row in enumerate(given.rows, start=1):
        for c, (field, _) in enumerate(given.columns.values()):
            value = row[field]
            if isinstance(value, date):
                sheet.write_datetime(r, c, value, day)
            elif isinstance(value, float):
                sheet.write_number(r, c, value, money)
            elif value is not None:
                sheet.write(r, c, value)
    sheet.autofilter(0, 0, len(given.rows), len(given.columns) - 1)
    sheet.freeze_panes(1, 1)
