"""Typing of one column: raw cells in, an Arrow array of the agreed type out, every refused cell accounted for.

Source: `spec/tables.md`, "Reading rules". Columns are typed by what the table expects, not by guess. Values of
the right Arrow type never touch Python; text that a vectorised cast cannot take is examined once per distinct
value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tierbook.columns.amounts import Decimal
from tierbook.columns.answers import yes_no_column
from tierbook.columns.cells import split
from tierbook.columns.identifiers import id_column, text_column
from tierbook.columns.moments import moment_column
from tierbook.columns.numbers import number_column
from tierbook.columns.typed import Typed
from tierbook.tables import Kind

if TYPE_CHECKING:
    import pyarrow as pa


def type_column(
    values: Sequence[object] | pa.Array | pa.ChunkedArray,
    kind: Kind,
    *,
    decimal: Decimal = ".",
    day_first: bool | None = None,
    date1904: bool = False,
    choices: Mapping[str, str] | None = None,
) -> Typed:
    """One column as the Arrow type of its kind.

    Parameters
    ----------
    values : sequence or Arrow array (n,)
        Cells: text, numbers, booleans, dates, None; an object with an attribute `error` is an error cell.
    kind : Kind
        id and text become string; number, money and share float64; date date32; time timestamp[us]; yes_no bool.
    decimal : "." or ","
        Decimal sign of numbers written as text.
    day_first : bool or None
        Order of `03/04/2024`; None leaves it to the column, and a column that does not say is an error.
    date1904 : bool
        Date system of serial numbers.
    choices : mapping
        What people write -> the name rules use; other texts stay.

    Returns
    -------
    Typed

    >>> type_column([1001.0, "007", " A1 "], "id").array.to_pylist()
    ['1001', '007', 'A1']
    """
    cells = split(values, exact=kind == "id")
    if kind == "id":
        return id_column(cells)
    if kind == "text":
        return text_column(cells, choices or {})
    if kind == "yes_no":
        return yes_no_column(cells)
    if kind in ("date", "time"):
        return moment_column(cells, kind, day_first=day_first, date1904=date1904)
    return number_column(cells, kind, decimal)
