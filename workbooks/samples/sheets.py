"""Sheets of sample workbooks: plain cells under a frozen header, as an export has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

Row = dict[str, Any]


def add_sheet(book: Any, name: str, columns: Mapping[str, tuple[str, int]], rows: Sequence[Row]) -> None:
    """Add a sheet to an XlsxWriter workbook.

    Parameters
    ----------
    columns : mapping
        Heading -> the key in the rows, and the width. [characters]
    rows : sequence of dict
        None is a blank cell.
    """
    header = book.add_format({"bold": True, "bg_color": "#5B3A29", "font_color": "white"})
    day = book.add_format({"num_format": "yyyy-mm-dd", "align": "left"})
    money = book.add_format({"num_format": "#,##0.00"})
    sheet = book.add_worksheet(name)
    for c, (title, (_, width)) in enumerate(columns.items()):
        sheet.set_column(c, c, width)
        sheet.write_string(0, c, title, header)
    for r, row in enumerate(rows, start=1):
        for c, (field, _) in enumerate(columns.values()):
            value = row[field]
            if isinstance(value, date):
                sheet.write_datetime(r, c, value, day)
            elif isinstance(value, float):
                sheet.write_number(r, c, value, money)
            elif value is not None:
                sheet.write(r, c, value)
    sheet.autofilter(0, 0, len(rows), len(columns) - 1)
    sheet.freeze_panes(1, 1)
