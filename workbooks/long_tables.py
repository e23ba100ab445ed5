"""Long tables of a report: XlsxWriter draws their sheet, and the rows go into the written package column by column.

XlsxWriter costs some 150 CPU-seconds for a million rows of 21 columns and keeps every cell in memory; the XML of the same rows,
rendered by `workbooks.sheet_xml`, costs a twentieth. So XlsxWriter writes one row of blank cells in the right formats,
and `written` puts the real rows in its place. Nothing private of XlsxWriter is touched.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, BinaryIO

from workbooks.gate.cells import letters
from workbooks.page import clean
from workbooks.parts import PackageWriter
from workbooks.sheet_xml import styled_rows_xml

if TYPE_CHECKING:
    import pyarrow as pa
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

    from workbooks.style import Style

# Shorter tables XlsxWriter writes itself: nothing is to be gained there.
LONG = 500
_FIRST_DAY = date(1900, 1, 1)
# As in `page.clean`: what XML cannot hold, and control characters nobody can read.
_ODD = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\x{FFFE}|\x{FFFF}"
_LONG_TEXT = 16_000  # bytes from which `clean` looks whether a cell holds it


@dataclass(frozen=True)
class LongTable:
    """Rows that wait for their sheet: which it is (from 1), the first row and column (from 0), the rows."""

    number: int
    row: int
    left: int
    table: pa.Table


def write_rows(
    style: Style, sheet: Worksheet, row: int, left: int, table: pa.Table, forms: Sequence[Format]
) -> None:
    """Write the rows of a table; below them, and beside the first of them, the sheet must stay free.

    Parameters
    ----------
    row, left : int
        The first cell, counted from 0.
    table : Table
        Texts are never formulas; missing and not finite is blank.
    forms : sequence of Format
        One for each column.
    """
    if table.num_rows < LONG:
        for position, (column, form) in enumerate(zip(table.columns, forms, strict=True), left):
            _write_column(sheet, row, position, column.to_pylist(), form)
        return
    for position, form in enumerate(forms, left):
        sheet.write_blank(row, position, None, form)
    number = style.book.worksheets().index(sheet) + 1
    style.long_tables.append(LongTable(number, row, left, _cleaned(table)))


def write_package(source: BinaryIO, target: BinaryIO, tables: Sequence[LongTable]) -> None:
    """Copy a workbook that XlsxWriter has written, the long tables filled in."""
    wanted = {f"xl/worksheets/sheet{table.number}.xml": table for table in tables}
    with zipfile.ZipFile(source) as archive, PackageWriter(target) as writer:
        for entry in archive.infolist():
            if entry.filename in wanted:
                pieces = _filled(archive.read(entry), wanted[entry.filename])
                writer.add(entry.filename, pieces, like=entry)
            else:
                writer.copy(source, entry)


def _filled(sheet: bytes, long: LongTable) -> Iterator[bytes | memoryview]:
    """The sheet with the rows in the place of its last row, which is blank."""
    number = long.row + 1
    blank = re.search(
        rb'<row r="%d"[^>]*>((?:<c r="[A-Z]+\d+" s="\d+"/>)+)</row></sheetData>' % number, sheet
    )
    styles = [int(style) for style in re.findall(rb's="(\d+)"', blank[1])] if blank else []
    if blank is None or len(styles) != long.table.num_columns:
        raise AssertionError("a long table needs the rest of its sheet for itself")
    head = sheet[: blank.start()]
    last = letters(long.left + long.table.num_columns)
    # The dimension is a hint, but readers that trust it would stop at the blank row.
    yield re.sub(
        rb'<dimension ref="([A-Z]+\d+):([A-Z]+)\d+"/>',
        lambda found: (
            b'<dimension ref="%b:%b%d"/>'
            % (found[1], max(found[2], last.encode(), key=_place), long.row + long.table.num_rows)
        ),
        head,
        count=1,
    )
    yield from styled_rows_xml(long.table, styles, row=number, left=long.left + 1)
    yield sheet[blank.end() - len(b"</sheetData>") :]


def _place(name: bytes) -> tuple[int, bytes]:
    """Orders names of columns: Z comes before AA."""
    return len(name), name


def _cleaned(table: pa.Table) -> pa.Table:
    """The texts as `page.clean` makes them; an empty text is blank."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for position, field in enumerate(table.schema):
        if not pa.types.is_string(field.type):
            continue
        column = table.column(position)
        odd = pc.or_(pc.match_substring_regex(column, _ODD), pc.greater(pc.binary_length(column), _LONG_TEXT))
        if pc.any(odd).as_py():
            odd = pc.fill_null(odd, False).combine_chunks()
            better = pa.array([clean(text) for text in column.filter(odd).to_pylist()], pa.string())
            column = pc.replace_with_mask(column.combine_chunks(), odd, better)
        column = pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)
        table = table.set_column(position, field.name, column)
    return table


def _write_column(sheet: Worksheet, first: int, column: int, cells: list[Any], form: Format) -> None:
    """A column cell by cell, as XlsxWriter does it."""
    for row, cell in enumerate(cells, first):
        if isinstance(cell, date) and cell < _FIRST_DAY:
            cell = cell.isoformat()
        if cell is None or cell == "" or cell != cell or cell in (float("inf"), float("-inf")):
            sheet.write_blank(row, column, None, form)
        elif isinstance(cell, str) and (text := clean(cell)):
            sheet.write_string(row, column, text, form)
        elif isinstance(cell, str):
            sheet.write_blank(row, column, None, form)
        elif isinstance(cell, date):
            sheet.write_datetime(row, column, cell, form)
        else:
            sheet.write_number(row, column, cell, form)
