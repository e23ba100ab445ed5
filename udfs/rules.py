"""Rule packs in cells: which there are, what they say, and why a customer is where they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tierbook.errors import DataError, RuleError, TierbookError
from tierbook.language import say
from udfs.cells import read_column
from udfs.feature_range import FEATURES, HEADERS, PACK, FeatureRange
from udfs.registry import Argument, Example, ExcelFunction, declare

if TYPE_CHECKING:
    from tierbook.rulepack.pack import Pack
    from tierbook.rulepack.shelf import Shelf

Table = dict[str, NDArray]


def _explain(
    features: FeatureRange, *, customer_id: str, pack: Pack, section: str | None, language: str
) -> Table:
    from tierbook.rulepack.explain import Step, explain, sections

    body = _row_of(features, customer_id)
    asked = [section] if section else [one for one in sections(pack) if features.answers(pack, one)]
    if not asked:
        raise DataError(
            "The features have the columns of no section of {pack}.",
            fix="Give a section as the fourth argument; the reason then names what it lacks.",
            pack=pack.name,
        )
    found: dict[tuple[str, str], Step] = {}
    for one in asked:
        scorer = features.scorer(pack, one)
        row = np.flatnonzero(features.rows.kept == body)
        if not len(row):
            at = features.rows.first - 1 + body
            raise DataError("The row of {customer} cannot be computed.", rows=[at], customer=customer_id)
        for step in explain(scorer, int(row[0]), language, only=one):
            # Sections that rest on the same features say each of them once.
            found.setdefault((step.section, step.key), step)
    steps = found.values()
    table = _table(
        ("section", "rule", "condition", "values", "answer"), [one.cells(language) for one in steps]
    )
    return {**table, "points": np.array([np.nan if one.points is None else one.points for one in steps])}


def _rules(*, pack: Pack, section: str | None, language: str) -> Table:
    from tierbook.rulepack.show import key_words, rules, section_words

    every = rules(pack, language)
    found = [rule for rule in every if section in (None, rule.section, rule.section.partition(".")[0])]
    if not found:
        raise RuleError(
            "{pack} has no section called {section}.",
            fix="It has {known}.",
            pack=pack.name,
            section=section,
            known=", ".join(dict.fromkeys(rule.section for rule in every)),
        )
    rows = [
        (section_words(rule.section, language), key_words(pack, rule, language), rule.rule, rule.because)
        for rule in found
    ]
    return _table(("section", "name", "rule", "because"), rows)


def _packs(*, name: str | None, shelf: Shelf, language: str) -> Table:
    rows = []
    for one in shelf.names() if name is None else [shelf.file(name).stem]:
        try:
            pack = shelf.pack(one)
        except TierbookError as error:
            rows.append((one, "", "", "", error.text(language)))
            continue
        stale = shelf.complaint(one)
        state = stale.text(language) if stale else say("ok", language)
        rows.append((one, pack.version, pack.owner, pack.hash[:12], state))
    return _table(("pack", "version", "owner", "fingerprint", "state"), rows)


def _row_of(features: FeatureRange, customer: str) -> int:
    """The row of a customer named by identifier or, without identifiers, by number from 1."""
    if "customer_id" in features.names:
        at = features.names.index("customer_id")
        ids = read_column([row[at] for row in features.body], "id").values.tolist()
        if customer in ids:
            return ids.index(customer)
        raise DataError("There is no customer {customer} in the features.", customer=customer)
    if not customer.isdecimal() or not 1 <= int(customer) <= len(features.body):
        raise DataError(
            "The features have no column customer_id, so the customer is a number from 1 to {count}, not {value}.",
            count=len(features.body),
            value=repr(customer),
        )
    return int(customer) - 1


def _table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """Columns of texts; an empty text is a blank cell."""
    return {name: np.array([row[at] or None for row in rows], dtype=object) for at, name in enumerate(names)}


EXPLAIN = declare(
    ExcelFunction(
        name="CRM_EXPLAIN",
        help="Why a customer has this tier, stage or value: every rule asked, with the figures that met it.",
        arguments=(
            FEATURES,
            Argument(
                "customer_id", "Identifier; the number of the row without a column customer_id.", kind="text"
            ),
            PACK,
            Argument(
                "section",
                "What is explained: tiers, stages, value, churn; all there are columns for if left out.",
                kind="text",
                default=None,
            ),
            HEADERS,
        ),
        returns="Table section, rule, condition, values, answer, points.",
        result="table",
        calculate=_explain,
        given=("language",),
        example=Example(
            (
                [
                    [
                        "customer_id",
                        "days_since_last",
                        "overdue_ratio",
                        "orders",
                        "spend_change",
                        "tenure_months",
                    ],
                    ["C1", 20, 0.7, 24, 0.05, 12],
                    ["C2", 365, 9, 1, None, 14],
                ],
                "C2",
                None,
                "stages",
            ),
            [["rule", "answer"], ["Departed", "yes"]],
            columns=("rule", "answer"),
        ),
    )
)

RULES = declare(
    ExcelFunction(
        name="CRM_RULES",
        help="The rules of a pack as people read them.",
        arguments=(
            PACK,
            Argument("section", "Only this one, such as tiers or stages.", kind="text", default=None),
        ),
        returns="Table section, name, rule, because.",
        result="table",
        calculate=_rules,
        given=("language",),
        example=Example(
            ("hospitality", "churn"),
            [
                ["section", "name", "rule", "because"],
                ["Churn levels", "Lost", "from 90", None],
                ["Churn levels", "Warning", "from 60", None],
                ["Churn levels", "Watch", "from 30", None],
                ["Churn levels", "None", "everyone left", None],
                ["Churn levels", "Flagged", "Lost, Warning", None],
                ["Churn levels", "Lost when", "no purchase in 90 days", None],
            ],
        ),
    )
)

PACKS = declare(
    ExcelFunction(
        name="CRM_PACKS",
        help="The rule packs there are, with their versions.",
        arguments=(Argument("name", "Only this one.", kind="text", default=None),),
        returns="Table pack, version, owner, fingerprint, state.",
        result="table",
        calculate=_packs,
        given=("shelf", "language"),
        example=Example(
            ("hospitality",), [["pack", "state"], ["hospitality", "ok"]], columns=("pack", "state")
        ),
    )
)
