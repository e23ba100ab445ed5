"""Groups of customers: who belongs to whom, and the input tables with each group as one customer (`spec/systems.md` D8).

`parent_id` names the customer above; the root of a chain stands for the group. A parent that is not among the customers
keeps its children together all the same: it is then a root without a record of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tierbook.errors import DataError
from tierbook.quality import Problem

if TYPE_CHECKING:
    import pyarrow as pa

Level = Literal["customer", "group"]
"""What one row of a run is: a customer, or a group of them with the root of `parent_id` standing for all."""

MOST_NAMED = 10
"""So many customers at most are named in a sentence."""
# What a group has of it is what its customers have together.
_ADDED_UP = ("budget", "credit_limit", "assets", "capacity")
# Other columns of tables that name a customer.
_ALSO_CUSTOMERS = ("counterparty_id", "referrer_id", "designated_by")


class Groups(NamedTuple):
    """The group of each customer, and the parents nobody is.

    `root` is the identifier that stands for the group, one per customer: its own where it belongs to nobody.
    """

    root: NDArray[np.object_]
    missing_parents: tuple[str, ...]


def groups(customer_id: NDArray[np.object_], parent_id: NDArray[np.object_]) -> Groups:
    """The root above each customer.

    Parameters
    ----------
    customer_id : array (n,)
        Each once.
    parent_id : array (n,)
        The customer above; None, "" and the customer itself for nobody.

    Raises
    ------
    DataError
        Customers that are their own parents over others; names one such cycle.

    >>> groups(np.array(["A", "B", "C", "D"], dtype=object), np.array([None, "A", "B", "Z"], dtype=object))
    Groups(root=array(['A', 'A', 'A', 'Z'], dtype=object), missing_parents=('Z',))
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    ids = pa.array(customer_id, type=pa.string())
    named = pa.array([one or None for one in parent_id.tolist()], type=pa.string())
    missing = pc.unique(named.filter(pc.invert(pc.is_in(named, value_set=ids)))).drop_null()
    everyone = pa.concat_arrays([ids, missing])
    own = np.arange(len(everyone))
    above = own.copy()
    found = pc.index_in(named, value_set=everyone)
    there = found.is_valid().to_numpy(zero_copy_only=False)
    above[np.flatnonzero(there)] = found.drop_null().to_numpy()
    top = above
    # Every step doubles how far up one has looked, so a chain of n needs log2 n of them.
    for _ in range(max(len(everyone), 2).bit_length()):
        top = top[top]
    if len(lost := np.flatnonzero(above[top] != top)):
        raise _cycle(everyone, above, int(top[lost[0]]))
    names = np.array(everyone.to_pylist(), dtype=object)
    return Groups(names[top[: len(ids)]], tuple(sorted(missing.to_pylist())))


def rolled_up(tables: Mapping[str, pa.Table]) -> tuple[dict[str, pa.Table], list[Problem]]:
    """The input tables with each group as one customer, and what is to be said about that.

    Every row of a customer becomes one of its group, also where it names a counterparty, referrer or host; a shipment within
    the group keeps no counterparty. A group has the columns of the customer that is its root; budget, credit limit,
    assets and capacity are added up over those that have them, joined is the first day of any of them.

    Parameters
    ----------
    tables : mapping of str to Arrow table
        By canonical names, with canonical column names.

    Raises
    ------
    DataError
        There is no column `parent_id`; a cycle in it, as `groups`.
    """
    customers = tables.get("customers")
    if customers is None or "parent_id" not in customers.column_names:
        raise DataError(
            "Groups cannot be rolled up: the customers have no column {column}.",
            fix="Add the column {column}, or leave --level at customer.",
            column="parent_id",
        )
    ids = _objects(customers["customer_id"])
    # A customer may have a record of each of several sources; the first with a parent counts.
    found = groups(*_once(ids, _objects(customers["parent_id"])))
    root_of = dict(zip(_once(ids, ids)[0].tolist(), found.root.tolist(), strict=True))
    rolled = {name: _renamed(table, root_of) for name, table in tables.items()}
    rolled["customers"] = _joined(customers, np.array([root_of[one] for one in ids.tolist()], dtype=object))
    counts = {"customers": len(root_of), "groups": rolled["customers"].num_rows}
    message = "Every figure is that of a group: {customers:,} customers are {groups:,} groups, single customers among them."
    return rolled, [*missing_parents(found), Problem("note", message, values=counts, table="customers")]


def missing_parents(found: Groups) -> list[Problem]:
    """What is to be said about parents that are not among the customers."""
    if not found.missing_parents:
        return []
    named = ", ".join(found.missing_parents[:MOST_NAMED])
    more = " …" if len(found.missing_parents) > MOST_NAMED else ""
    return [
        Problem(
            "warning",
            "Parents that are not among the customers: {count:,} ({named}). Their customers are kept together.",
            "Add a row for each of them, or correct parent_id.",
            values={"count": len(found.missing_parents), "named": named + more},
            table="customers",
        )
    ]


def _cycle(everyone: pa.Array, above: NDArray[np.int64], start: int) -> DataError:
    """Names the customers of the cycle that a walk upwards from `start` ends in."""
    seen: dict[int, int] = {}
    at = start
    while at not in seen:
        seen[at] = len(seen)
        at = int(above[at])
    around = [everyone[one].as_py() for one, place in seen.items() if place >= seen[at]]
    first = around.index(min(around))
    around = around[first:] + around[:first]
    named = around[:MOST_NAMED] + (["…"] if len(around) > MOST_NAMED else [])
    return DataError(
        "The customers {named} are each other's parents.",
        fix="Correct parent_id of one of them, so that the chain ends.",
        named=" → ".join([*named, around[0]]),
    )


def _objects(column: pa.ChunkedArray) -> NDArray[np.object_]:
    import pyarrow as pa

    return column.cast(pa.string()).to_numpy()


def _once(
    ids: NDArray[np.object_], parents: NDArray[np.object_]
) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Each customer once, in the order of the table, with its first parent that is given."""
    parent_of: dict[str, str | None] = {}
    for one, parent in zip(ids.tolist(), parents.tolist(), strict=True):
        parent_of[one] = parent_of.get(one) or parent
    return np.array(list(parent_of), dtype=object), np.array(list(parent_of.values()), dtype=object)


def _renamed(table: pa.Table, root_of: Mapping[str, str]) -> pa.Table:
    """A table whose customers are their groups."""
    import pyarrow as pa
    import pyarrow.compute as pc

    known, roots = (pa.array(list(one), type=pa.string()) for one in (root_of, root_of.values()))
    for name in ("customer_id", *_ALSO_CUSTOMERS):
        if name not in table.column_names:
            continue
        given = table[name].cast(pa.string()).combine_chunks()
        place = pc.index_in(given, value_set=known)
        column = pc.coalesce(roots.take(place), given)
        if name != "customer_id" and "customer_id" in table.column_names:
            # By then the column holds groups: nobody is the counterparty or referrer of itself.
            column = pc.if_else(pc.equal(column, table["customer_id"].combine_chunks()), None, column)
        table = table.set_column(table.column_names.index(name), name, column)
    return table


def _joined(customers: pa.Table, root: NDArray[np.object_]) -> pa.Table:
    """One row per group: that of its root, nothing but the sums where the root has no row."""
    import pyarrow as pa
    import pyarrow.compute as pc

    roots = pa.array(root, type=pa.string())
    names = pc.unique(roots)
    own = pc.index_in(names, value_set=customers["customer_id"].cast(pa.string()).combine_chunks())
    joined = customers.take(own)
    joined = joined.set_column(joined.column_names.index("customer_id"), "customer_id", names)
    joined = joined.set_column(
        joined.column_names.index("parent_id"), "parent_id", pa.nulls(len(names), pa.string())
    )
    if "referrer_id" in joined.column_names:
        joined = _renamed(joined, dict(zip(customers["customer_id"].to_pylist(), root.tolist(), strict=True)))
    for name, how in ((name, "min" if name == "joined" else "sum") for name in ("joined", *_ADDED_UP)):
        if name in joined.column_names:
            by_group = pa.table({"group": roots, "figure": customers[name]}).group_by("group")
            found = by_group.aggregate([("figure", how, pc.ScalarAggregateOptions(min_count=1))])
            place = pc.index_in(names, value_set=found["group"].combine_chunks())
            joined = joined.set_column(
                joined.column_names.index(name), name, found[f"figure_{how}"].combine_chunks().take(place)
            )
    return joined
