"""Cases beside a pack: what it must say about single customers, in the owners' language."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from tierbook.errors import TierbookError
from tierbook.language import Phrase
from tierbook.quality import Problem
from tierbook.rulepack.expression import Type
from tierbook.rulepack.pack import Pack
from tierbook.rulepack.scalars import number
from tierbook.rulepack.source import Path, Source, refusal

_WANTED: dict[Type, Phrase] = {
    "number": Phrase("a number"),
    "date": Phrase("a date"),
    "yes_no": Phrase("true or false"),
    "text": Phrase("a text"),
}
_KEYS = ("name", "profile", "given", "expect")
_RESULTS = (
    "value",
    "tier",
    "stage",
    "ladder",
    "relation",
    "positions",
    "churn_score",
    "churn_level",
    "churn_signals",
    "churn_reason",
    "early_warning",
    "early_warning_reason",
    "winback",
    "winback_spend",
    "retention_group",
    "credit",
    "target_lists",
    "key_account",
)
TOLERANCE = 1e-6


@dataclass(frozen=True)
class Case:
    """One customer and what is expected of the pack; None stands for missing."""

    name: str
    profile: str
    given: Mapping[str, Any]
    expect: Mapping[str, Any]
    path: Path


def read_cases(source: Source, pack: Pack) -> list[Case]:
    """The cases of a file, typed by the features they name.

    Raises
    ------
    RuleError
        A case that is not one; `.problems` holds every problem with its place.
    """
    problems: list[Problem] = []
    cases = []
    for i, item in enumerate(source.tree if isinstance(source.tree, list) else []):
        if not isinstance(item, dict) or not {"given", "expect"} <= item.keys():
            problems.append(source.problem((i,), "A case has name, given and expect."))
            continue
        for key in item.keys() - set(_KEYS):
            problems.append(
                source.problem(
                    (i, key),
                    "unknown key {key}.",
                    "A case has name, given and expect.",
                    at_key=True,
                    key=repr(key),
                )
            )
        types: dict[str, Type] = {**pack.types, **dict.fromkeys(pack.thresholds, "number")}
        given = _typed(source, (i, "given"), item["given"], types, problems)
        expect = _typed(source, (i, "expect"), item["expect"], _result_types(pack), problems)
        cases.append(Case(str(item.get("name", "")), item.get("profile", "default"), given, expect, (i,)))
    if problems:
        raise refusal(problems)
    return cases


def failures(source: Source, cases: list[Case], pack: Pack) -> list[Problem]:
    """A problem for every expectation the pack does not meet."""
    found = []
    for case in cases:
        for name, wanted in case.expect.items():
            path = (*case.path, "expect", name)
            try:
                answer = _answer(case, name, pack)
            except TierbookError as error:
                found.append(
                    source.problem(
                        path, "{case}: " + error.message, error.fix, case=case.name, **error.values
                    )
                )
                continue
            if not _same(answer, wanted):
                message = "{case}: {name} is {answer}, expected {wanted}."
                found.append(
                    source.problem(
                        path, message, case=case.name, name=name, answer=_shown(answer), wanted=_shown(wanted)
                    )
                )
    return found


def _result_types(pack: Pack) -> dict[str, Type]:
    numbers = [
        "value",
        "churn_score",
        "winback_spend",
        *(f"value.{name}" for name in pack.parts),
        *(f"score.{name}" for name in pack.scores),
    ]
    texts = [
        *_RESULTS,
        *(f"class.{group}" for group in pack.classes),
        *(f"score.{name}.level" for name in pack.scores),
    ]
    features: dict[str, Type] = {name: expression.type for name, expression in pack.features.items()}
    known: dict[str, Type] = {**dict.fromkeys(texts, "text"), **dict.fromkeys(numbers, "number")}
    return {**known, **features, "key_account": "yes_no"}


def _typed(
    source: Source, path: Path, item: Any, types: Mapping[str, Type], problems: list[Problem]
) -> dict[str, Any]:
    typed: dict[str, Any] = {}
    if not isinstance(item, dict):
        problems.append(source.problem(path, "Here should be {wanted}.", wanted=Phrase("a group of keys")))
        return typed
    for name, text in item.items():
        kind = types.get(name.lower())
        if kind is None:
            near = difflib.get_close_matches(name, types, n=1)
            message = "unknown feature {name}; did you mean {near}?" if near else "unknown feature {name}."
            problems.append(
                source.problem(
                    (*path, name), message, at_key=True, name=repr(name), near=repr(near[0]) if near else ""
                )
            )
            continue
        value = _value(text, kind)
        if value is _BAD:
            problems.append(
                source.problem(
                    (*path, name),
                    "{name} is {wanted}, not {text}.",
                    name=name,
                    wanted=_WANTED[kind],
                    text=repr(text),
                )
            )
        else:
            typed[name.lower()] = value
    return typed


_BAD = object()


def _value(text: Any, kind: Type) -> Any:
    if not isinstance(text, str):
        return _BAD
    if text in ("null", "~", ""):
        return None
    if kind == "text":
        return text
    if kind == "yes_no":
        return {"true": 1.0, "false": 0.0}.get(text, _BAD)
    try:
        return date.fromisoformat(text) if kind == "date" else number(text)
    except ValueError:
        return _BAD


def _answer(case: Case, name: str, pack: Pack) -> Any:
    from tierbook.scorer import Scorer

    missing: dict[Type, Any] = {
        "number": np.nan,
        "yes_no": np.nan,
        "text": None,
        "date": np.datetime64("NaT", "D"),
    }
    columns: dict[str, Any] = {}
    for column, kind in pack.types.items():
        if column in pack.thresholds or column in ("tier", "stage", "value"):
            continue
        if column == "churn_level" and column not in case.given:
            continue
        if column not in pack.features or column in case.given:
            one = case.given.get(column)
            columns[column] = _column(missing[kind] if one is None else one, kind)
    scorer = Scorer(pack, columns, profile=case.profile)
    section, _, rest = name.partition(".")
    if name == "churn_reason":
        return scorer.churn_reasons()[0]
    if section == "class":
        return scorer.class_of(rest)[0]
    if section == "score":
        return (
            scorer.score_level(rest.removesuffix(".level"))[0]
            if rest.endswith(".level")
            else scorer.score(rest)[0]
        )
    if section == "value" and rest:
        return scorer.value_parts()[rest][0]
    return getattr(scorer, name)()[0] if name in _RESULTS else scorer[name][0]


def _column(one: Any, kind: Type) -> Any:
    if kind == "text":
        column = np.empty(1, dtype=object)
        column[0] = one
        return column
    return np.array([one], dtype="datetime64[D]" if kind == "date" else float)


def _same(answer: Any, wanted: Any) -> bool:
    if isinstance(wanted, float) and isinstance(answer, float | int | np.number):
        return bool(abs(answer - wanted) <= TOLERANCE)
    if wanted is None:
        return answer is None or answer != answer or answer == ""
    return bool(answer == wanted)


def _shown(value: Any) -> str:
    if value is None or value != value:
        return Phrase("missing")
    return f"{value:.15g}" if isinstance(value, float | np.number) else repr(str(value))
