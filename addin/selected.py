"""What a user would have selected, in a workbook on disk: `Sheet!B2:D9`."""

from __future__ import annotations

from pathlib import Path

from addin.host import Selection
from tierbook.errors import HostError
from udfs.cells import CellError
from workbooks.book_cells import BookCells


def selection_in(book: Path, address: str) -> Selection:
    """The selection behind an address.

    Raises
    ------
    HostError
        It is no address.
    DataError
        There is no such sheet.
    """
    sheet, _, ref = address.rpartition("!")
    sheet = sheet.strip("'").replace("''", "'")
    if not sheet:
        raise HostError(
            "{address} does not name cells.", fix="Write Sheet!B2 or Sheet!B2:D9.", address=address
        )
    cells = BookCells(book)
    area = cells.area(sheet, ref)
    rows = [
        [CellError(cell.code) if hasattr(cell, "code") else cell for cell in row]
        for row in cells.rows(sheet, area)
    ]
    return Selection(sheet, area.ref, rows, cells.formula_at(sheet, area.first))
