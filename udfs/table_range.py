"""An input table in a range: header row, typed columns, rows that cannot be used set aside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tierbook import tables
from tierbook.errors import DataError
from tierbook.tables import Kind
from udfs.cells import CellError, Range, Reason, Rows, blank_rows, is_blank, is_missing, read_column
from udfs.registry import Argument

if TYPE_CHECKING:
    import pyarrow as pa


TRANSACTIONS = Argument(
    "transactions",
    "Purchases with a header row: customer_id, date, amount and more.",
    shape="table",
    table="transactions",
)
CUSTOMERS = Argument(
    "customers", "Customers with a header row.", shape="table", table="customers", default=None
)
AS_OF = Argument(
    "as_of",
    "The day the figures speak for; the latest transaction date if left out.",
    kind="date",
    default=None,
)


class TableRange:
    """One input table as a host passes it.

    `name` is the canonical name of the table, `rows` which of its rows are used and why the others are not,
    `notes` what else is to be said; both are complete once `typed` has been called.
    """

    def __init__(self, name: str, block: Range) -> None:
        table = tables.table_named(name)
        if table is None:
            raise DataError(
                "There is no table called {name}.",
                fix="The tables are {known}.",
                name=name,
                known=", ".join(tables.TABLES),
            )
        self.name, self._table = table.name, table
        header, body = (*block.rows[:1], ())[0], block.rows[1:]
        match = tables.match_headers(table, header)
        if match.missing:
            raise DataError(
                "{table} has no column {names}.", fix="Give the range with its header row.",
                table=table.name, names=", ".join(match.missing),
            )  # fmt: skip
        if match.clashes:
            raise DataError(
                "{table} has two columns called {name}.",
                fix="Rename one of them.",
                table=table.name,
                name=match.clashes[0][0],
            )
        blank = blank_rows(body)
        # A range of whole columns ends in a million blank rows; the table ends where the last row does.
        end = int(np.flatnonzero(~blank)[-1]) + 1 if not blank.all() else 0
        self._names, self._body = match.names, body[:end]
        self.rows = Rows(end, blank[:end], first=2)
        self.notes: list[Reason] = []

    def typed(self) -> pa.Table:
        """The usable rows with the types of the specification; unknown columns have the type found in them."""
        import pyarrow as pa

        columns: dict[str, pa.Array] = {}
        for at, name in enumerate(self._names):
            if name is not None:
                columns[name] = self._typed(name, [row[at] for row in self._body])
        kept = self.rows.kept
        table = pa.table(columns).take(pa.array(kept))
        return self._once(table, kept) if self.name == "customers" else table

    def columns(self, *required: str, **optional: None) -> dict[str, NDArray]:
        """Some columns of the usable rows as arrays: numbers and yes/no as float (NaN), texts as objects (None), dates as datetime64.

        Raises
        ------
        DataError
            A column of `required` is not there; those of `optional` are missing in every row then.
        """
        typed = self.typed()
        if lacking := [name for name in required if name not in typed.column_names]:
            raise DataError(
                "{table} has no column {names}.", fix="Give the range with its header row.",
                table=self.name, names=", ".join(lacking),
            )  # fmt: skip
        return {name: self._array(typed, name) for name in (*required, *optional)}

    def _array(self, typed: pa.Table, name: str) -> NDArray:
        known = self._table.column(name)
        kind = known.kind if known else "text"
        cells = typed[name].to_pylist() if name in typed.column_names else [None] * typed.num_rows
        if kind in ("date", "time"):
            return np.array(["NaT" if one is None else one for one in cells], dtype="datetime64[us]")
        if kind not in ("id", "text"):
            return np.array([np.nan if one is None else float(one) for one in cells], dtype=float)
        found = np.empty(len(cells), dtype=object)
        found[:] = cells
        return found

    def _typed(self, name: str, cells: list[Any]) -> pa.Array:
        import pyarrow as pa

        known = self._table.column(name)
        kind = known.kind if known else _kind_found(cells)
        place = f"{self.name} {name}"
        try:
            column = read_column(cells, kind, choices=known.choices if known else None)
        except DataError as error:
            raise error.at(place) from error
        self.notes += [note._replace(place=place) for note in column.notes]
        for row, reason in column.refused.items():
            self._set_aside(row, reason._replace(place=place))
        if known and known.required:
            for row in np.flatnonzero(is_missing(column.values)).tolist():
                self._set_aside(
                    row, Reason("The cell is blank.", "Enter it, or leave the row out.", {}, place)
                )
        values = pa.array(
            column.values.tolist() if column.values.dtype == object else column.values, from_pandas=True
        )
        return values.cast(
            {"yes_no": pa.bool_(), "id": pa.string(), "text": pa.string()}.get(kind, values.type)
        )

    def _set_aside(self, row: int, reason: Reason) -> None:
        if not self.rows.blank[row]:
            self.rows.refused.setdefault(row, reason)

    def _once(self, customers: pa.Table, kept: NDArray[np.intp]) -> pa.Table:
        """Each customer once: equal rows count once, different rows are an error that names both."""
        if len(set(customers["customer_id"].to_pylist())) == customers.num_rows:
            return customers
        seen: dict[Any, tuple[int, dict]] = {}
        repeated = []
        for position, row in enumerate(customers.to_pylist()):
            key = (row["customer_id"], row.get("source"), row.get("source_id"))
            first, before = seen.setdefault(key, (position, row))
            if first == position:
                continue
            if before != row:
                raise DataError(
                    "Customer {customer} is listed twice with different data: rows {first} and {second}.",
                    fix="Keep one of the rows.",
                    customer=row["customer_id"], first=int(kept[first]) + self.rows.first, second=int(kept[position]) + self.rows.first,
                )  # fmt: skip
            repeated.append(position)
        if repeated:
            self.notes.append(
                Reason("Rows that repeat a customer: {count}. Counted once.", "", {"count": len(repeated)})
            )
        return customers.take(np.delete(np.arange(customers.num_rows), repeated))


def _kind_found(cells: Sequence[Any]) -> Kind:
    """The kind of a column nobody knows, from what stands in it."""
    kinds = {type(cell).__name__ for cell in cells if not is_blank(cell) and not isinstance(cell, CellError)}
    if kinds and kinds <= {"int", "float"}:
        return "number"
    if kinds and kinds <= {"datetime", "date"}:
        return "date"
    return "yes_no" if kinds == {"bool"} else "text"
