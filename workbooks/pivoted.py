"""Pivot with drill-down: a figure of the scored customers by two of their columns, and who is behind one of its cells."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tierbook.errors import DataError
from tierbook.language import label, labels, say
from tierbook.pivot import Pivot, pivot
from tierbook.tables import folded
from workbooks.sheet_xml import Format, ResultSheet

if TYPE_CHECKING:
    from tierbook.run import Run

_TEXTS = ("count", "distinct")
# What a list of customers shows beside the dimensions and the figure.
_LISTED = ("name", "tier", "stage", "value", "total_spend", "last_date", "churn_level")


class Cell(NamedTuple):
    """One cell of a pivot: the values of its row and its column; None stands for customers without one."""

    row: str | None
    column: str | None


class Pivoted(NamedTuple):
    """A pivot of customers: its figures, and the names of the columns it was made of."""

    rows: str
    columns: str
    measure: str
    aggregate: str
    found: Pivot


def pivoted(run: Run, rows: str, columns: str, measure: str, *, aggregate: str = "sum") -> Pivoted:
    """A figure of the customers by two of their columns.

    Parameters
    ----------
    rows, columns, measure : str
        Columns of the scored customers: their own, features or results, by name or label.
    aggregate : str
        As `tierbook.pivot.pivot`.

    Raises
    ------
    DataError
        No such column, a measure that is not a number, another aggregate.
    """
    down, across, figure = (_column(run, name) for name in (rows, columns, measure))
    found = pivot(
        _texts(run, down), _texts(run, across), _measured(run, figure, aggregate), aggregate=aggregate
    )
    return Pivoted(down, across, figure, aggregate, found)


def behind(run: Run, found: Pivoted, cell: Cell) -> NDArray[np.intp]:
    """Row numbers of the customers behind a cell, the highest figure first.

    Raises
    ------
    DataError
        No such row or column.
    """
    chosen = np.ones(run.population, dtype=bool)
    for name, wanted, known in (
        (found.rows, cell.row, found.found.rows),
        (found.columns, cell.column, found.found.columns),
    ):
        if wanted not in known:
            raise DataError(
                "{column} has no value {value}.", fix="Its values are {known}.", column=name, value=wanted or "-",
                known=", ".join(one or "-" for one in known[:20]),
            )  # fmt: skip
        texts = _texts(run, name)
        chosen &= np.array([one == wanted for one in texts], dtype=bool)
    rows = np.flatnonzero(chosen)
    if found.aggregate in _TEXTS:
        return rows
    return rows[
        np.argsort(
            -np.nan_to_num(_measured(run, found.measure, found.aggregate)[rows], nan=-np.inf), kind="stable"
        )
    ]


def read_cell(run: Run, found: Pivoted, text: str) -> Cell:
    """A cell as people type it: `North/vip`, by name or in the reader's words; `-` stands for customers without a value.

    Raises
    ------
    DataError
        Not two values.
    """
    row, slash, column = text.partition("/")
    if not slash:
        raise DataError(
            "{text} does not name a cell.",
            fix="Write the value of its row and its column: North/vip.",
            text=text,
        )
    return Cell(_value(run, row, found.found.rows), _value(run, column, found.found.columns))


def pivot_sheets(
    run: Run, found: Pivoted, cell: Cell | None = None, language: str = "en"
) -> list[ResultSheet]:
    """The matrix with totals, and the customers behind a cell, each with the rules that scored it."""
    return [_matrix(run, found, language), *([_customers(run, found, cell, language)] if cell else [])]


def heading(run: Run, name: str | None, language: str) -> str:
    """What a reader sees for a value of a dimension."""
    return (
        label("unknown", language)
        if name is None
        else run.word(name, language)
        if name in run.pack.words
        else name
    )


def _matrix(run: Run, found: Pivoted, language: str) -> ResultSheet:
    import pyarrow as pa

    one, total = found.found, label("total", language)
    table = {"": pa.array([*(heading(run, name, language) for name in one.rows), total], pa.string())}
    heads = [f"{label(found.rows, language)} / {label(found.columns, language)}"]
    for at, name in enumerate(one.columns):
        heads.append(_free(heading(run, name, language), heads))
        table[f"{at}"] = pa.array(np.append(one.cells[:, at], one.of_columns[at]), from_pandas=True)
    heads.append(_free(total, heads))
    table["total"] = pa.array(np.append(one.of_rows, one.total), from_pandas=True)
    number: Format = "integer" if found.aggregate in _TEXTS else "amount"
    return ResultSheet(
        say("Tierbook Pivot", language),
        "tierbook_pivot",
        pa.table(table),
        heads,
        ["text", *[number] * (len(heads) - 1)],
    )


def _customers(run: Run, found: Pivoted, cell: Cell, language: str) -> ResultSheet:
    import pyarrow as pa

    customers = run.customers.take(behind(run, found, cell))
    names = dict.fromkeys(("customer_id", found.rows, found.columns, found.measure, *_LISTED))
    table = customers.select([name for name in names if name in customers.column_names])
    for at, name in enumerate(table.column_names):
        if pa.types.is_string(table.schema.field(at).type) and name != "customer_id":
            words = [
                heading(run, one, language) if one is not None else None for one in table[name].to_pylist()
            ]
            table = table.set_column(at, name, pa.array(words, pa.string()))
    rules = pa.array([run.pack.stamp] * table.num_rows, pa.string())
    table = table.append_column("rules", rules)
    heads = [label(name, language) for name in table.column_names]
    return ResultSheet(
        say("Tierbook Pivot list", language), "tierbook_pivot_list", table, heads, [_format(field.type) for field in table.schema]
    )  # fmt: skip


def _format(kind: Any) -> Format:
    import pyarrow as pa

    if pa.types.is_date(kind):
        return "date"
    return "amount" if pa.types.is_floating(kind) else "integer" if pa.types.is_integer(kind) else "text"


def _free(name: str, taken: list[str]) -> str:
    """A heading of its own, where a value is called like the rows or the total."""
    while name in taken:
        name += " "
    return name


def _column(run: Run, name: str) -> str:
    known = {folded(one): one for one in run.customers.column_names}
    words = {
        folded(text): one for one in run.customers.column_names for text in labels().get(one, {}).values()
    }
    found = known.get(folded(name)) or words.get(folded(name))
    if found is None:
        near = difflib.get_close_matches(name, run.customers.column_names, n=1)
        raise DataError(
            "The customers have no column {name}.",
            fix="Did you mean {near}?" if near else "Their columns are {known}.",
            name=name, near="".join(near), known=", ".join(run.customers.column_names),
        )  # fmt: skip
    return found


def _texts(run: Run, name: str) -> NDArray[np.object_]:
    import pyarrow as pa

    column = run.customers[name]
    texts = column if pa.types.is_string(column.type) else column.cast(pa.string())
    return texts.to_numpy()


def _measured(run: Run, name: str, aggregate: str) -> NDArray:
    import pyarrow as pa

    column = run.customers[name]
    if aggregate in _TEXTS:
        return _texts(run, name)
    if not (
        pa.types.is_floating(column.type)
        or pa.types.is_integer(column.type)
        or pa.types.is_boolean(column.type)
    ):
        raise DataError(
            "The column {name} holds no numbers.", fix="Choose count, or another measure.", name=name
        )
    return column.cast(pa.float64()).to_numpy()


def _value(run: Run, text: str, known: list[str | None]) -> str | None:
    wanted = text.strip()
    if wanted == "-":
        return None
    words = {run.word(one, language): one for one in known if one for language in ("en", "zh")}
    return wanted if wanted in known else words.get(wanted, wanted)
