"""Which records are one customer: the cascade of equal numbers, then weighted fields (`spec/systems.md` D1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tierbook.matching.block import Indices, Pairs, candidates, codes, sorted_by
from tierbook.matching.compare import Similarity, similarity
from tierbook.matching.normalise import How, normalised

if TYPE_CHECKING:
    import pyarrow as pa

DISTINCT, REVIEW, MERGE = 0, 1, 2
# What an equal number is worth as evidence; any other one a rule names is worth as much as a mobile.
EVIDENCE = {
    "source_id": 100.0,
    "document_no": 98.0,
    "tax_no": 98.0,
    "mobile": 95.0,
    "contact_name + phone": 90.0,
}
OTHER_EVIDENCE = 95.0
WEIGHTED = "fields"
# Records that contradict each other in one of these are two customers, whatever else they share.
DOCUMENTS = ("document_no", "tax_no")
# A sum over less than this share of the weights is for a person to look at.
ENOUGH = 0.5
_SPELLING: dict[str, How] = {"mobile": "phone", "phone": "phone", "name": "name", "contact_name": "name"}
_COST = {"exact": 0, "phone": 0, "name": 1, "address": 2}


@dataclass(frozen=True)
class Field:
    """One weighted field of a rule; of the weights only their shares count."""

    weight: float
    how: How


@dataclass(frozen=True)
class Rule:
    """How records of one sort are compared: numbers that settle it when equal, and weighted fields."""

    same_if_equal: Sequence[str]
    compare: Mapping[str, Field]


class Matches(NamedTuple):
    """Pairs of records that are, or may be, one customer; one element for each, best first.

    `a` and `b` are positions in the table, `score` is 0 to 100, `decision` `REVIEW` or `MERGE`, `why` a position in
    `reasons`: the name of the equal number, or `fields`. `alike` holds the similarity of each weighted field [0-100;
    NaN where a record has none], `contradict` says where two document numbers keep a pair from merging. `compared`
    counts all pairs that were looked at.
    """

    a: Indices
    b: Indices
    score: NDArray[np.float64]
    decision: NDArray[np.int64]
    why: NDArray[np.int64]
    reasons: tuple[str, ...]
    alike: dict[str, Similarity]
    contradict: NDArray[np.bool_]
    compared: int


def matches(
    records: pa.Table,
    rules: Sequence[Rule],
    rule: NDArray[np.int64],
    *,
    merge_from: float,
    review_from: float,
) -> Matches:
    """The pairs of records that are, or may be, one customer.

    Parameters
    ----------
    records : Table (n,)
        Text columns named as in `customers`; a field that a rule names may be absent.
    rules : sequence of Rule
    rule : int array (n,)
        Which rule each record follows; -1 for none. Records of different rules are not compared.
    merge_from, review_from : float
        Lowest score of one customer, and of a pair for a person to decide. [0-100]

    Returns
    -------
    Matches
        Records with two different document or tax numbers never merge: they are for review.
    """
    fields = _Fields(records)
    fields_of_all = tuple(dict.fromkeys(name for one in rules for name in one.compare))
    reasons = (
        *EVIDENCE,
        *dict.fromkeys(name for one in rules for name in one.same_if_equal if name not in EVIDENCE),
        WEIGHTED,
    )
    found: list[Matches] = []
    for i, one in enumerate(rules):
        pairs = _worth_comparing(fields, one, np.flatnonzero(rule == i))
        alike, weighted = _weighted(fields, one, pairs, merge_from, review_from)
        settled, why = _settled(fields, one, pairs, reasons)
        why = np.where(settled >= weighted, why, reasons.index(WEIGHTED))
        score = np.maximum(settled, weighted)
        decision = np.select([score >= merge_from, score >= review_from], [MERGE, REVIEW], DISTINCT)
        contradict = fields.contradict(pairs)
        decision[contradict] = np.minimum(decision, REVIEW)[contradict]
        kept = decision > DISTINCT
        nothing = np.full(int(kept.sum()), np.nan)
        found.append(
            Matches(
                pairs.a[kept],
                pairs.b[kept],
                score[kept],
                decision[kept],
                why[kept],
                reasons,
                {name: alike[name][kept] if name in alike else nothing for name in fields_of_all},
                contradict[kept],
                len(pairs.a),
            )
        )
    return _best_first(found, reasons, fields_of_all)


class _Fields:
    """The fields of the records in one spelling, each made when first asked for."""

    def __init__(self, records: pa.Table) -> None:
        self.records = records
        self.count = len(records)
        self.texts = cache(self._texts)
        self.codes = cache(self._codes)

    def _texts(self, name: str, how: How) -> NDArray[np.object_]:
        if name not in self.records.column_names:
            return np.full(self.count, None, dtype=object)
        column = normalised(self.records[name], how)
        return np.asarray(column.to_numpy(zero_copy_only=False), dtype=object)

    def _codes(self, name: str) -> Indices:
        """Codes of a number; of a record's own id together with its source, of a contact with the landline."""
        if name == "contact_name + phone":
            return _both(self.codes("contact_name"), self.codes("phone"))
        own = codes(self.texts(name, _SPELLING.get(name, "exact")))
        # An unknown source is a source.
        return _both(own, self.codes("source") + 1) if name == "source_id" else own

    def equal(self, name: str, pairs: Pairs) -> NDArray[np.bool_]:
        """Where both records have the number and it is the same."""
        own = self.codes(name)
        return (own[pairs.a] >= 0) & (own[pairs.a] == own[pairs.b])

    def contradict(self, pairs: Pairs) -> NDArray[np.bool_]:
        """Where both records have a document and it is another one."""
        found = np.zeros(len(pairs.a), dtype=bool)
        for name in DOCUMENTS:
            own = self.codes(name)
            found |= (own[pairs.a] >= 0) & (own[pairs.b] >= 0) & (own[pairs.a] != own[pairs.b])
        return found


def _both(a: Indices, b: Indices) -> Indices:
    return np.where((a >= 0) & (b >= 0), a * (b.max(initial=0) + 1) + b, -1)


def _worth_comparing(fields: _Fields, rule: Rule, rows: Indices) -> Pairs:
    """Candidates among some rows: equal numbers, and neighbours by each text, read forwards and backwards."""
    numbers = {
        *rule.same_if_equal,
        *(n for n, one in rule.compare.items() if _COST[one.how] == 0),
        "contact_name + phone",
    }
    keys = [fields.codes(name)[rows] for name in sorted(numbers)]
    texts = [fields.texts(name, one.how)[rows] for name, one in rule.compare.items() if _COST[one.how] > 0]
    orders = []
    for i, text in enumerate(texts):
        others = texts[:i] + texts[i + 1 :]
        orders += [sorted_by(text, *others), sorted_by(_backwards(text), *others)]
    found = candidates(keys, orders)
    return Pairs(rows[found.a], rows[found.b])


def _backwards(texts: NDArray[np.object_]) -> NDArray[np.object_]:
    import pyarrow as pa
    import pyarrow.compute as pc

    return np.asarray(
        pc.utf8_reverse(pa.array(texts, pa.string())).to_numpy(zero_copy_only=False), dtype=object
    )


def _settled(
    fields: _Fields, rule: Rule, pairs: Pairs, reasons: Sequence[str]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The score of the strongest equal number, 0 without one, and which it is."""
    score, why = np.zeros(len(pairs.a)), np.zeros(len(pairs.a), np.int64)
    for name in (*rule.same_if_equal, "contact_name + phone"):
        worth = EVIDENCE.get(name, OTHER_EVIDENCE)
        stronger = fields.equal(name, pairs) & (worth > score)
        score[stronger], why[stronger] = worth, reasons.index(name)
    return score, why


def _weighted(
    fields: _Fields, rule: Rule, pairs: Pairs, merge_from: float, review_from: float
) -> tuple[dict[str, Similarity], NDArray[np.float64]]:
    """The similarity of each field, and the mean of those both records have, by their weights.

    Cheap fields first: a pair that could not be for review with 100 in all the others is looked at no further.
    """
    weights = sum(one.weight for one in rule.compare.values())
    rest = weights
    total, seen = np.zeros(len(pairs.a)), np.zeros(len(pairs.a))
    hopeful = np.arange(len(pairs.a))
    alike: dict[str, Similarity] = {}
    for name, one in sorted(rule.compare.items(), key=lambda item: _COST[item[1].how]):
        texts = fields.texts(name, one.how)
        values = similarity(texts[pairs.a[hopeful]], texts[pairs.b[hopeful]], one.how)
        alike[name] = np.full(len(pairs.a), np.nan)
        alike[name][hopeful] = values
        there = ~np.isnan(values)
        total[hopeful[there]] += one.weight * values[there]
        seen[hopeful[there]] += one.weight
        rest -= one.weight
        most = (total[hopeful] + 100 * rest) / np.maximum(seen[hopeful] + rest, 1e-9)
        hopeful = hopeful[most >= review_from]
    score = np.zeros(len(pairs.a))
    score[hopeful] = total[hopeful] / np.maximum(seen[hopeful], 1e-9)
    # One point below merging: what little there is to compare agrees, so a person decides.
    return alike, np.where(seen >= ENOUGH * weights, score, np.minimum(score, merge_from - 1))


def _best_first(parts: Sequence[Matches], reasons: tuple[str, ...], fields: Sequence[str]) -> Matches:
    a, b, score, decision, why = (
        np.concatenate([np.empty(0, kind), *(part[i] for part in parts)])
        for i, kind in enumerate((np.int64, np.int64, np.float64, np.int64, np.int64))
    )
    order = np.lexsort((b, a, -score))
    alike = {name: np.concatenate([part.alike[name] for part in parts])[order] for name in fields}
    contradict = np.concatenate([np.empty(0, bool), *(part.contradict for part in parts)])[order]
    compared = sum(part.compared for part in parts)
    return Matches(
        a[order], b[order], score[order], decision[order], why[order], reasons, alike, contradict, compared
    )
