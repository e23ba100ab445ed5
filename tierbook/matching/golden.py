"""One record for each customer: field by field, the value that survives (`spec/systems.md` D1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tierbook.matching.block import Indices

if TYPE_CHECKING:
    import pyarrow as pa

Survivor = Literal["newest", "most_complete"] | Sequence[str]
"""Which value of a field survives: of the newest record, the longest one, or of the first source in a list."""


class Golden(NamedTuple):
    """`table` has one row for each group, in their order; `taken[field]` is the record each value is from, -1 for none."""

    table: pa.Table
    taken: dict[str, Indices]


def golden(
    records: pa.Table, group: Indices, *, survivor: Mapping[str, Survivor], default: Survivor = "newest"
) -> Golden:
    """The record of each customer.

    Parameters
    ----------
    records : Table (n,)
        With `updated` (date) where known, and `source` where a field goes by source.
    group : int array (n,)
        0, 1, 2, …: the customer of each record.
    survivor : mapping
        Field -> which value survives. A missing value never does where another record has one. Ties go to the newest
        record, then to the first.

    Returns
    -------
    Golden
        Fields as in `records`, types kept.
    """
    import pyarrow as pa

    count = int(group.max(initial=-1)) + 1
    # Most customers have one record, which is theirs; only the others are put in order.
    first = np.empty(count, np.int64)
    first[group] = np.arange(len(group))
    rows = np.flatnonzero(np.bincount(group, minlength=count)[group] > 1)
    several = records.take(pa.array(rows))
    its, age = group[rows], _age(several)
    columns, taken = {}, {}
    for name in records.column_names:
        there = np.asarray(records[name].is_valid().to_numpy(), dtype=bool)
        how = survivor.get(name, default)
        order = np.lexsort((rows, age, _rank(several, name, how), ~there[rows], its))
        best = first.copy()
        starts = order[np.flatnonzero(np.diff(its[order], prepend=-1))]
        best[its[starts]] = rows[starts]
        taken[name] = np.where(there[best], best, -1)
        columns[name] = records[name].take(pa.array(best))
    assert all(len(column) == count for column in columns.values())
    return Golden(pa.table(columns), taken)


def _age(records: pa.Table) -> NDArray[np.int64]:
    """Days since the record was updated, from any fixed day; records without a date are the oldest."""
    import pyarrow as pa

    if "updated" not in records.column_names:
        return np.zeros(len(records), np.int64)
    days = records["updated"].cast(pa.date32()).to_numpy().astype("datetime64[D]")
    return np.where(np.isnat(days), np.iinfo(np.int64).max, -days.astype(np.int64))


def _rank(records: pa.Table, name: str, how: Survivor) -> NDArray[np.int64]:
    """Lower is better, among records of one group."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if how == "newest":
        return np.zeros(len(records), np.int64)
    if how == "most_complete":
        length = pc.utf8_length(pc.utf8_trim_whitespace(records[name].cast(pa.string())))
        return -length.fill_null(0).to_numpy().astype(np.int64)
    places = {source: place for place, source in enumerate(how)}
    if "source" not in records.column_names:
        return np.zeros(len(records), np.int64)
    encoded = records["source"].cast(pa.string()).combine_chunks().dictionary_encode()
    known = [places.get(source, len(places)) for source in encoded.dictionary.to_pylist()]
    place = np.array([*known, len(places)], dtype=np.int64)
    return place[encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)]


class Changes(NamedTuple):
    """Fields in which a record differs from its customer's; one element for each, by record, then field.

    `record` is a position in the records, `before` its own value, `after` the customer's, `since` the record that value
    is from.
    """

    record: Indices
    field: NDArray[np.object_]
    before: pa.Array
    after: pa.Array
    since: Indices


def changes(records: pa.Table, group: Indices, found: Golden, fields: Sequence[str]) -> Changes:
    """What each record would have to change to agree with its customer: the change log, and what sources are told.

    Parameters
    ----------
    fields : sequence of str
        The fields compared: the core ones.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    rows, names, before, after, since = [], [], [], [], []
    for name in fields:
        own = records[name].cast(pa.string()).combine_chunks()
        theirs = found.table[name].cast(pa.string()).take(pa.array(group)).combine_chunks()
        # A value that is missing in the record and known of the customer is a change too.
        same = pc.fill_null(pc.equal(own, theirs), False)
        differs = pc.and_(theirs.is_valid(), pc.invert(same))
        at = np.flatnonzero(differs.to_numpy(zero_copy_only=False))
        rows.append(at)
        names.append(np.full(len(at), name, dtype=object))
        before.append(own.take(pa.array(at)))
        after.append(theirs.take(pa.array(at)))
        since.append(found.taken[name][group[at]])
    record = np.concatenate([np.empty(0, np.int64), *rows])
    order = np.argsort(record, kind="stable")
    none = pa.array([], pa.string())
    return Changes(
        record[order],
        np.concatenate([np.empty(0, object), *names])[order],
        pa.concat_arrays([none, *before]).take(pa.array(order)),
        pa.concat_arrays([none, *after]).take(pa.array(order)),
        np.concatenate([np.empty(0, np.int64), *since])[order],
    )
