"""Editions of a trade fair in cells."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tierbook import tables
from tierbook.editions import Editions, editions, recruiting, registered
from tierbook.errors import DataError
from udfs.cells import Range, is_blank
from udfs.registry import Argument, Example, ExcelFunction, declare
from udfs.table_range import TRANSACTIONS, TableRange

if TYPE_CHECKING:
    import pyarrow as pa

_SIDES = tables.TABLES["wants"].column("side")


def _table(transactions: TableRange, side: Range, more: Sequence[TableRange]) -> dict[str, NDArray]:
    typed = transactions.typed()
    if "edition" not in typed.column_names:
        raise DataError(
            "{table} has no column {names}.", fix="Give the range with its header row.",
            table="transactions", names="edition",
        )  # fmt: skip
    others = {table.name: table.typed() for table in more}
    counted = np.array([(amount or 0) >= 0 for amount in typed["amount"].to_pylist()], dtype=bool)
    customer, edition = _texts(typed, "customer_id"), _texts(typed, "edition")
    sides = _sides(transactions, typed, side, others)
    on = sides if sides is not None else np.full(len(customer), None, dtype=object)
    of = {one: where for one, where in zip(customer, on, strict=True) if where is not None}
    date = typed["date"].to_numpy(zero_copy_only=False).astype("datetime64[D]")
    parts = [(customer[counted], edition[counted], date[counted], on[counted])]
    wants = others.get("wants")
    if wants is not None:
        who, where = _texts(wants, "customer_id"), _wanted_side(wants, of)
        came = _figures(wants, "attended") == 1
        day = np.full(int(came.sum()), "NaT", dtype="datetime64[D]")
        parts.append((who[came], _texts(wants, "edition")[came], day, where[came]))
    found = editions(*(np.concatenate(one) for one in zip(*parts, strict=True)))
    return _shown(found, sides is not None or wants is not None, others, of)


def _sides(
    transactions: TableRange, typed: pa.Table, side: Range, others: dict[str, Any]
) -> NDArray[np.object_] | None:
    """The side of each transaction: a column beside them, the customers' column, or their own."""
    customer = typed["customer_id"].to_pylist()
    if side.single and is_blank(side.rows[0][0]):
        if "side" in typed.column_names:
            return _objects([_named(cell) for cell in typed["side"].to_pylist()])
        for table in (others.get("customers"), others.get("wants")):
            if table is not None and {"customer_id", "side"} <= set(table.column_names):
                of = _of_customers(table)
                return _objects([of.get(one) for one in customer])
        return None
    heads = {tables.folded(cell) for cell in side.rows[0] if not is_blank(cell)}
    if side.width > 1:
        table = TableRange("wants" if tables.folded("edition") in heads else "customers", side).typed()
        if not {"customer_id", "side"} <= set(table.column_names):
            raise DataError(
                "side has no columns customer_id and side.", fix="Give one column, or such a table."
            )
        of = _of_customers(table)
        return _objects([of.get(one) for one in customer])
    first = side.rows[0][0]
    headed = isinstance(first, str) and _named(first) not in ("exhibitor", "visitor")
    cells = [row[0] for row in side.rows[1 if headed else 0 :]]
    if len(cells) < transactions.rows.height:
        raise DataError(
            "{first} has {height} rows and {other} has {others}.", fix="Give columns of the same height.",
            first="transactions", height=transactions.rows.height, other="side", others=len(cells),
        )  # fmt: skip
    return _objects([_named(cells[row]) for row in transactions.rows.kept.tolist()])


def _of_customers(table: pa.Table) -> dict[str, str | None]:
    pairs = zip(table["customer_id"].to_pylist(), table["side"].to_pylist(), strict=True)
    return {one: where for one, where in pairs if where is not None}


def _named(cell: Any) -> str | None:
    """A side by its name in rules: `观众` is visitor."""
    if is_blank(cell) or not isinstance(cell, str):
        return None
    text = cell.strip()
    return _SIDES.choices.get(text, _SIDES.choices.get(text.lower(), text)) if _SIDES else text


def _wanted_side(wants: pa.Table, of: dict[str, str | None]) -> NDArray[np.object_]:
    given = _texts(wants, "side")
    return _objects(
        [own or of.get(one) for one, own in zip(_texts(wants, "customer_id"), given, strict=True)]
    )


def _shown(
    found: Editions, sided: bool, others: dict[str, pa.Table], of: dict[str, str | None]
) -> dict[str, NDArray]:
    table: dict[str, NDArray] = {"edition": found.edition}
    if sided:
        table["side"] = found.side
    table |= {
        "first_date": found.first_date, "customers": found.customers, "returning": found.returning, "lost": found.lost,
        "new": found.new, "retention": found.retention, "churn": found.churn,
    }  # fmt: skip
    if (wants := others.get("wants")) is not None:
        at = registered(
            found.place(_texts(wants, "edition"), _wanted_side(wants, of)), len(found.edition),
            **{name: _figures(wants, name) for name in ("preregistered", "attended", "professional")},
        )  # fmt: skip
        table |= {
            "preregistered": at.preregistered, "attended": at.attended, "show_up": at.show_up,
            "professional_share": at.professional_share,
        }  # fmt: skip
    if (spent := others.get("interactions")) is not None:
        where = _objects([of.get(one) for one in _texts(spent, "customer_id")])
        cost = recruiting(found, found.place(_texts(spent, "edition"), where), _figures(spent, "cost"))
        table |= {"cost": cost.cost, "cost_per_head": cost.per_head, "cost_ratio": cost.ratio}
    return table


def _texts(table: pa.Table, name: str) -> NDArray[np.object_]:
    return _objects(table[name].to_pylist() if name in table.column_names else [None] * table.num_rows)


def _figures(table: pa.Table, name: str) -> NDArray[np.float64]:
    """A column of numbers, or of yes (1) and no (0); NaN where it is blank, and without the column."""
    return np.array(
        [np.nan if one is None else float(one) for one in _texts(table, name).tolist()], dtype=float
    )


def _objects(values: list[Any]) -> NDArray[np.object_]:
    found = np.empty(len(values), dtype=object)
    found[:] = values
    return found


EDITIONS = declare(
    ExcelFunction(
        name="CRM_EDITIONS",
        help="Editions of a fair in order: who took part on each side, who came back from the edition before, who did not.",
        arguments=(
            TRANSACTIONS,
            Argument(
                "side",
                "exhibitor or visitor beside each transaction, or the customers with columns customer_id and side.",
                shape="range",
                default=None,
            ),
            Argument(
                "more",
                'Further tables: "wants", a range, for registration; "interactions", a range, for recruiting cost.',
                shape="pairs",
                default=None,
            ),
        ),
        returns="Table edition, side, first_date, customers, returning, lost, new, retention, churn; with further tables also registration and cost.",
        result="table",
        calculate=_table,
        example=Example(
            (
                [
                    ["customer_id", "date", "amount", "edition"],
                    ["E1", datetime(2025, 9, 1), 9000, "2025"],
                    ["E2", datetime(2025, 9, 1), 6000, "2025"],
                    ["V1", datetime(2025, 9, 2), 30, "2025"],
                    ["E1", datetime(2026, 9, 1), 9000, "2026"],
                    ["V2", datetime(2026, 9, 2), 30, "2026"],
                ],
                [["side"], ["exhibitor"], ["exhibitor"], ["visitor"], ["exhibitor"], ["visitor"]],
            ),
            [
                ["edition", "side", "customers", "returning", "lost", "new", "retention", "churn"],
                ["2025", "exhibitor", 2, 0, 0, 2, None, None],
                ["2025", "visitor", 1, 0, 0, 1, None, None],
                ["2026", "exhibitor", 1, 1, 1, 0, 0.5, 0.5],
                ["2026", "visitor", 1, 0, 1, 1, 0, 1],
            ],
            columns=("edition", "side", "customers", "returning", "lost", "new", "retention", "churn"),
        ),
    )
)
