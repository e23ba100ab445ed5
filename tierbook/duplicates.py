"""One customer, one record: the records of several sources joined by a pack's matching rules before anything is scored.

Records are customers with `source` and `source_id`. Every other table names customers by the `customer_id` of any of
their records; here they all come to name the golden record. Source: `spec/systems.md` D1, `rules/DECISIONS.md`,
Logistics.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tierbook.language import label, say
from tierbook.matching.block import Indices, codes
from tierbook.matching.golden import Changes, Golden, changes, golden
from tierbook.matching.groups import groups
from tierbook.matching.pairs import DOCUMENTS, MERGE, REVIEW, WEIGHTED, Field, Matches, Rule, matches
from tierbook.quality import Problem

if TYPE_CHECKING:
    import pyarrow as pa

    from tierbook.rulepack.pack import Pack

# Columns that name a customer, in any table; `guests` names several.
_NAMES_A_CUSTOMER = ("customer_id", "parent_id", "referrer_id", "designated_by", "counterparty_id")
_NAMES_SEVERAL = "guests"
# Stronger than any score: what a person decided, and records that share their customer_id.
_DECIDED, _SAME_ID = 200.0, 300.0
_NONE = np.empty(0, np.int64)


class Key(NamedTuple):
    """A record as its source knows it."""

    source: str
    source_id: str


class Decision(NamedTuple):
    """What a person decided about two records: one customer, or two."""

    a: Key
    b: Key
    merge: bool


@dataclass(frozen=True)
class Duplicates:
    """What matching found out about the records of customers.

    `records` are the customers as given, `group` is the customer of each (a position in `joined.table`), `found` the pairs
    that are, or may be, one customer; `decided` says of each pair 1 for merged by a person, 0 for kept apart, -1 for
    undecided. `unruled` counts records that no rule of the pack is about; `contradicted` are decisions that were not
    followed, for they contradict others.
    """

    records: pa.Table
    found: Matches
    group: Indices
    joined: Golden
    decided: NDArray[np.int64]
    fields: tuple[str, ...]
    unruled: int
    contradicted: int

    @property
    def customers(self) -> int:
        return len(self.joined.table)

    @cached_property
    def review(self) -> Indices:
        """The pairs a person has to decide, best first: not yet decided, and not one customer through others."""
        open_ = (self.found.decision == REVIEW) & (self.decided < 0)
        return np.flatnonzero(open_ & (self.group[self.found.a] != self.group[self.found.b]))

    @cached_property
    def merged(self) -> Indices:
        """The pairs that were found to be one customer, best first."""
        return np.flatnonzero(self.group[self.found.a] == self.group[self.found.b])

    @cached_property
    def repeated(self) -> Indices:
        """Records that are not the only one of their customer, by customer."""
        several = np.bincount(self.group)[self.group] > 1 if len(self.group) else np.empty(0, bool)
        rows = np.flatnonzero(several)
        return rows[np.lexsort((rows, self.group[rows]))]

    @cached_property
    def changes(self) -> Changes:
        """The change log: fields in which a record differs from its customer's, by record."""
        own = {"customer_id", "source", "source_id", "updated"}
        fields = [name for name in self.records.column_names if name not in own]
        return changes(self.records, self.group, self.joined, fields)

    @cached_property
    def notices(self) -> Indices:
        """The changes that the sources are told: those of core fields, by which records are matched."""
        return np.flatnonzero(np.isin(self.changes.field.astype(str), self.fields))

    def key(self, record: int) -> Key:
        """How a record's source knows it; by its customer_id where there is no number."""
        row = {name: self.records[name][record].as_py() for name in ("source", "source_id", "customer_id")}
        return Key(row["source"] or "", row["source_id"] or row["customer_id"])

    def golden_id(self) -> pa.Array:
        """The golden customer_id of each record."""
        import pyarrow as pa

        return self.joined.table["customer_id"].take(pa.array(self.group)).combine_chunks()

    def why(self, pair: int, language: str = "en") -> str:
        """Why two records are, or may be, one customer, in words."""
        found = self.found
        reason = found.reasons[found.why[pair]]
        if reason == WEIGHTED:
            alike = [
                say("{field} {alike:.0f}", language, field=label(name, language), alike=float(values[pair]))
                for name, values in found.alike.items()
                if not np.isnan(values[pair])
            ]
            said = label("list_comma", language).join(alike)
        else:
            field = label("list_and", language).join(label(name, language) for name in reason.split(" + "))
            said = say("same {field}", language, field=field)
        if self.decided[pair] >= 0:
            words = "decided: one customer" if self.decided[pair] else "decided: two customers"
            return label("list_semicolon", language).join([said, say(words, language)])
        if found.contradict[pair]:
            return label("list_semicolon", language).join([said, say("but two document numbers", language)])
        return said

    def problems(self) -> list[Problem]:
        """What a reader of the results should know."""
        said = []
        if len(self.records) > self.customers:
            said.append(_note(
                "The {records} records of customers are {customers} customers; what names a record counts for its customer.",
                records=len(self.records), customers=self.customers,
            ))  # fmt: skip
        if len(self.review):
            said.append(
                _note(
                    "Pairs of records that may be one customer: {count}.",
                    "Decide them with the action Duplicates.",
                    count=len(self.review),
                )
            )
        if self.unruled:
            said.append(
                _note(
                    "Records that no matching rule is about, such as those without a kind: {count}.",
                    "Fill the column kind with company or individual.",
                    count=self.unruled,
                )
            )
        if self.contradicted:
            said.append(
                _note(
                    "Decisions about records that contradict each other and are not followed: {count}.",
                    "Decide these pairs again with the action Duplicates.",
                    count=self.contradicted,
                )
            )
        return said


def _note(message: str, fix: str = "", **values: Any) -> Problem:
    return Problem("note", message, fix, values, table="customers")


def one_record_each(
    tables: Mapping[str, pa.Table], pack: Pack, decisions: Iterable[Decision] = ()
) -> tuple[dict[str, pa.Table], Duplicates | None]:
    """The tables with one row for each customer, under one customer_id everywhere, and how that came about.

    Tables whose customers do not say which source they are from stay as they are.
    """
    customers = tables.get("customers")
    if customers is None or not {"source", "source_id"} <= set(customers.column_names):
        return dict(tables), None
    if not len(customers) or customers["source_id"].null_count == len(customers):
        return dict(tables), None
    found = find_duplicates(customers, pack, decisions)
    before, after = customers["customer_id"].combine_chunks(), found.golden_id()
    unified = {name: _renamed(table, before, after) for name, table in tables.items() if name != "customers"}
    unified["customers"] = _own_parent_left_out(_renamed(found.joined.table, before, after))
    return {name: unified[name] for name in tables}, found


def find_duplicates(records: pa.Table, pack: Pack, decisions: Iterable[Decision] = ()) -> Duplicates:
    """Which records are one customer, by the rules of a pack and what people decided.

    Parameters
    ----------
    records : Table (n,)
        With `customer_id`; other columns as in `customers`, all optional.
    decisions : iterable of Decision
        The last one about a pair holds.
    """
    rules = [
        Rule(one.same_if_equal, {name: Field(*how) for name, how in one.compare.items()})
        for one in pack.matching
    ]
    rule = _rule_of_each(records, pack)
    merge = pack.merge
    found = matches(records, rules, rule, merge_from=merge.start, review_from=merge.review_from)
    together, apart, decided = _decided(records, found, decisions)
    same = _same_customer_id(records)
    strong = (np.concatenate([together[0], same[0]]), np.concatenate([together[1], same[1]]))
    merged = (found.decision == MERGE) & (decided != 0)
    group = groups(
        len(records),
        np.concatenate([found.a[merged], strong[0]]),
        np.concatenate([found.b[merged], strong[1]]),
        np.concatenate(
            [found.score[merged], np.full(len(together[0]), _DECIDED), np.full(len(same[0]), _SAME_ID)]
        ),
        [_numbers(records, name, strong) for name in DOCUMENTS if name in records.column_names],
        apart=apart,
    )
    joined = golden(
        records,
        group,
        survivor={name: how for name, how in pack.survivor.items() if name != "default"},
        default=pack.survivor.get("default", "newest"),
    )
    contradicted = int(
        (group[together[0]] != group[together[1]]).sum() + (group[apart[0]] == group[apart[1]]).sum()
    )
    fields = dict.fromkeys(
        name for one in pack.matching for name in (*one.same_if_equal, *one.compare) if name != "source_id"
    )
    return Duplicates(
        records, found, group, _named(joined, records, group, pack), decided, tuple(fields),
        int((rule < 0).sum()) if rules else 0, contradicted,
    )  # fmt: skip


def _rule_of_each(records: pa.Table, pack: Pack) -> Indices:
    """Position of the first rule that is about each record, -1 where none is."""
    from tierbook.rulepack.on_rows import Rows

    rows = Rows(records, "customers", pack.profile("default"))
    found = np.full(len(records), -1)
    for i, one in reversed(list(enumerate(pack.matching))):
        found[rows.holds(one.of)] = i
    return found


def _decided(
    records: pa.Table, found: Matches, decisions: Iterable[Decision]
) -> tuple[tuple[Indices, Indices], tuple[Indices, Indices], NDArray[np.int64]]:
    """Pairs decided to be one customer, pairs decided to be two, and what was decided of each pair found."""
    last = {frozenset((one.a, one.b)): one.merge for one in decisions}
    decided = np.full(len(found.a), -1)
    if not last:
        return (_NONE, _NONE), (_NONE, _NONE), decided
    wanted = {key for pair in last for key in pair}
    place = _places(records, wanted)
    pairs: dict[tuple[int, int], bool] = {}
    for keys, merge in last.items():
        rows = sorted(place[key] for key in keys if key in place)
        if len(rows) == 2:
            pairs[rows[0], rows[1]] = merge
    for at, (a, b) in enumerate(zip(found.a.tolist(), found.b.tolist(), strict=True)):
        if (a, b) in pairs:
            decided[at] = int(pairs[a, b])
    together, apart = (
        [pair for pair, merge in pairs.items() if merge == wanted_] for wanted_ in (True, False)
    )
    return _columns(together), _columns(apart), decided


def _columns(pairs: Sequence[tuple[int, int]]) -> tuple[Indices, Indices]:
    both = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def _places(records: pa.Table, wanted: set[Key]) -> dict[Key, int]:
    """Where the records people decided about stand."""
    columns = [records[name].to_pylist() for name in ("source", "source_id", "customer_id")]
    keys = (Key(source or "", number or own) for source, number, own in zip(*columns, strict=True))
    return {key: row for row, key in enumerate(keys) if key in wanted}


def _same_customer_id(records: pa.Table) -> tuple[Indices, Indices]:
    """Neighbours among the records of one customer_id: nobody could tell whose purchases are whose."""
    own = codes(np.asarray(records["customer_id"].to_numpy(), dtype=object))
    order = np.argsort(own, kind="stable")
    same = (own[order][1:] == own[order][:-1]) & (own[order][1:] >= 0)
    return order[:-1][same], order[1:][same]


def _numbers(records: pa.Table, name: str, strong: tuple[Indices, Indices]) -> Indices:
    """Codes of document numbers; two numbers of records that are one customer all the same are one number."""
    from tierbook.matching.normalise import normalised

    own = codes(np.asarray(normalised(records[name], "exact").to_numpy(zero_copy_only=False), dtype=object))
    left, right = own[strong[0]], own[strong[1]]
    both = (left >= 0) & (right >= 0) & (left != right)
    if not both.any():
        return own
    one = groups(int(own.max()) + 1, left[both], right[both], np.ones(int(both.sum())), [])
    return np.where(own >= 0, one[np.maximum(own, 0)], -1)


def _named(joined: Golden, records: pa.Table, group: Indices, pack: Pack) -> Golden:
    """The golden records under the customer_id of one of their own: the one the pack prefers, else the first in order."""
    import pyarrow as pa

    if "customer_id" not in pack.survivor:
        own = np.asarray(records["customer_id"].to_numpy(), dtype=object).astype(str)
        order = np.lexsort((np.arange(len(own)), own, group))
        first = order[np.flatnonzero(np.diff(group[order], prepend=-1))]
        joined.taken["customer_id"] = first
    table, taken = joined.table, joined.taken["customer_id"]
    for name in ("customer_id", "source", "source_id"):
        if name in table.column_names:
            column = records[name].take(pa.array(taken))
            table = table.set_column(table.column_names.index(name), table.schema.field(name), column)
    return Golden(table, joined.taken)


def _renamed(table: pa.Table, before: pa.Array, after: pa.Array) -> pa.Table:
    """A table in which every customer has the golden customer_id."""
    import pyarrow.compute as pc

    moved = pc.not_equal(before, after)
    if not pc.any(moved, min_count=0).as_py():
        return table
    old, new = before.filter(moved), after.filter(moved)
    for at, name in enumerate(table.column_names):
        if name in _NAMES_A_CUSTOMER:
            table = table.set_column(at, table.schema.field(at), _translated(table[name], old, new))
        elif name == _NAMES_SEVERAL:
            table = table.set_column(at, table.schema.field(at), _each_translated(table[name], old, new))
    return table


def _translated(column: pa.ChunkedArray, old: pa.Array, new: pa.Array) -> pa.ChunkedArray:
    import pyarrow.compute as pc

    found = pc.index_in(column, value_set=old)
    if found.null_count == len(found):
        return column
    return pc.coalesce(new.take(found.combine_chunks()), column.combine_chunks())


def _each_translated(column: pa.ChunkedArray, old: pa.Array, new: pa.Array) -> pa.Array:
    """The same for cells that name several customers, separated by ;."""
    import pyarrow as pa
    import pyarrow.compute as pc

    parts = pc.split_pattern(column.combine_chunks(), ";")
    names = pc.utf8_trim_whitespace(parts.flatten())
    translated = _translated(pa.chunked_array([names]), old, new)
    flat = translated.combine_chunks() if isinstance(translated, pa.ChunkedArray) else translated
    lengths = pc.fill_null(pc.list_value_length(parts), 0).to_numpy()
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    joined = pc.binary_join(pa.ListArray.from_arrays(pa.array(offsets), flat), ";")
    return pc.if_else(parts.is_valid(), joined, pa.scalar(None, pa.string()))


def _own_parent_left_out(customers: pa.Table) -> pa.Table:
    """A record joined with the one it names as its parent has none any more."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if "parent_id" not in customers.column_names:
        return customers
    at = customers.column_names.index("parent_id")
    own = pc.fill_null(pc.equal(customers["parent_id"], customers["customer_id"]), False)
    return customers.set_column(
        at, customers.schema.field(at), pc.if_else(own, pa.scalar(None, pa.string()), customers["parent_id"])
    )
