"""Which records are one customer: the cascade of equal numbers, then weighted fields (`spec/systems.md` D1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tierbook.matching.block import Indices, Pairs, candidates, sorted_by
from tierbook.matching.compare import Similarity, Texts
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
# Pairs judged together: few enough for what is known of them to stay near the processor.
_AT_A_TIME = 1 << 17
# What rounding may take from a sum of weights times similarities.
_SLACK = 1e-6
_COST = {"exact": 0, "phone": 0, "name": 1, "address": 2}
_COST_OF_BOUND = {"exact": 0, "phone": 0, "address": 1, "name": 2}


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
        for start in range(0, len(pairs.a), _AT_A_TIME):
            some = Pairs(*(side[start : start + _AT_A_TIME] for side in pairs))
            found.append(_judged(fields, one, some, reasons, fields_of_all, merge_from, review_from))
    return _best_first(found, reasons, fields_of_all)


def _judged(
    fields: _Fields,
    rule: Rule,
    pairs: Pairs,
    reasons: tuple[str, ...],
    fields_of_all: Sequence[str],
    merge_from: float,
    review_from: float,
) -> Matches:
    """Those of some pairs of one rule that are, or may be, one customer; in the order of the pairs."""
    score, why = _settled(fields, rule, pairs, reasons)
    # What a number has settled needs no fields.
    weighed, weighted, alike = _weighted(
        fields, rule, pairs, np.flatnonzero(score < merge_from), merge_from, review_from
    )
    better = weighted > score[weighed]
    score[weighed[better]], why[weighed[better]] = weighted[better], reasons.index(WEIGHTED)
    kept = np.flatnonzero(score >= review_from)
    place = np.full(len(pairs.a), -1)
    place[weighed] = np.arange(len(weighed))
    contradict = fields.contradict(Pairs(pairs.a[kept], pairs.b[kept]))
    return Matches(
        pairs.a[kept],
        pairs.b[kept],
        score[kept],
        np.where((score[kept] >= merge_from) & ~contradict, MERGE, REVIEW),
        why[kept],
        reasons,
        {name: _at(alike.get(name), place[kept]) for name in fields_of_all},
        contradict,
        len(pairs.a),
    )


def _at(values: Similarity | None, place: Indices) -> Similarity:
    """The values at some places; NaN where the place is -1 or there are none."""
    found = np.full(len(place), np.nan)
    if values is not None:
        found[place >= 0] = values[place[place >= 0]]
    return found


class _Fields:
    """The fields of the records in one spelling, each made when first asked for."""

    def __init__(self, records: pa.Table) -> None:
        self.records = records
        self.count = len(records)
        self.texts = cache(self._texts)
        self.codes = cache(self._codes)

    def _texts(self, name: str, how: How) -> Texts:
        if name not in self.records.column_names:
            return Texts([None] * self.count, how)
        return Texts(normalised(self.records[name], how), how)

    def _codes(self, name: str) -> Indices:
        """Codes of a number; of a record's own id together with its source, of a contact with the landline."""
        if name == "contact_name + phone":
            return _both(self.codes("contact_name"), self.codes("phone"))
        own = self.texts(name, _SPELLING.get(name, "exact")).code
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
    texts = [fields.texts(name, one.how) for name, one in rule.compare.items() if _COST[one.how] > 0]
    orders = []
    for i, text in enumerate(texts):
        others = [one.rank[rows] for one in texts[:i] + texts[i + 1 :]]
        orders += [sorted_by(text.rank[rows], *others), sorted_by(text.rank_backwards[rows], *others)]
    found = candidates(keys, orders)
    return Pairs(rows[found.a], rows[found.b])


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
    fields: _Fields, rule: Rule, pairs: Pairs, rows: Indices, merge_from: float, review_from: float
) -> tuple[Indices, NDArray[np.float64], dict[str, Similarity]]:
    """Which of some pairs may be for review by their fields, their scores, and how alike each field is.

    The score is the mean of the fields both records have, by their weights. It starts from how alike each field can be at
    most; field by field, cheap ones first, the similarity takes the place of that, and what cannot be for review any more
    is looked at no further.
    """
    weight = {name: one.weight for name, one in rule.compare.items()}
    a, b = pairs.a[rows], pairs.b[rows]
    alike: dict[str, Similarity] = {}
    total, seen, rest = np.zeros(len(rows)), np.zeros(len(rows)), sum(weight.values())

    def narrow() -> None:
        nonlocal rows, a, b, total, seen
        hopeful = np.flatnonzero(
            (seen + rest > 0) & (total + 100 * rest >= review_from * (seen + rest) - _SLACK)
        )
        rows, a, b = rows[hopeful], a[hopeful], b[hopeful]
        total, seen = total[hopeful], seen[hopeful]
        for name in alike:
            alike[name] = alike[name][hopeful]

    for name in sorted(rule.compare, key=lambda name: _COST_OF_BOUND[rule.compare[name].how]):
        alike[name] = fields.texts(name, rule.compare[name].how).most_alike(a, b)
        total += weight[name] * np.nan_to_num(alike[name])
        seen += np.where(np.isnan(alike[name]), 0.0, weight[name])
        rest -= weight[name]
        narrow()
    order = sorted(rule.compare, key=lambda name: _COST[rule.compare[name].how])
    for name in order:
        exact = fields.texts(name, rule.compare[name].how).alike(a, b)
        total += weight[name] * np.nan_to_num(exact - alike[name])
        alike[name] = exact
        narrow()
    # Added up once more: what came and went leaves its rounding in the sum.
    total = np.zeros(len(rows))
    for name in order:
        total += weight[name] * np.nan_to_num(alike[name])
    score = total / np.maximum(seen, 1e-9)
    # One point below merging: what little there is to compare agrees, so a person decides.
    little = seen < ENOUGH * sum(weight.values())
    return rows, np.where(little, np.minimum(score, merge_from - 1), score), alike


def _best_first(parts: Sequence[Matches], reasons: tuple[str, ...], fields: Sequence[str]) -> Matches:
    a, b, score, decision, why = (
        np.concatenate([np.empty(0, kind), *(part[i] for part in parts)])
        for i, kind in enumerate((np.int64, np.int64, np.float64, np.int64, np.int64))
    )
    order = np.lexsort((b, a, -score))
    alike = {
        name: np.concatenate([np.empty(0), *(part.alike[name] for part in parts)])[order] for name in fields
    }
    contradict = np.concatenate([np.empty(0, bool), *(part.contradict for part in parts)])[order]
    compared = sum(part.compared for part in parts)
    return Matches(
        a[order], b[order], score[order], decision[order], why[order], reasons, alike, contradict, compared
    )
