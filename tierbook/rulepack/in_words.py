"""Expressions as a manager reads them: names in words, thresholds as the numbers they stand for, signs as in print."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tierbook.language import label, labels
from tierbook.rulepack.show import Rule
from tierbook.rulepack.tokens import Token, canonical, tokens

if TYPE_CHECKING:
    from tierbook.rulepack.pack import CompiledLevel, CompiledPart, Pack

_SIGNS = {"<>": "≠", "<=": "≤", ">=": "≥", "*": "×", "/": "÷", "-": "−"}
_COUNTED = frozenset(("days", "months", "usual gaps", "orders", "currency"))
# Words of the language; each has a label `rule_word_<word>`.
_KEYWORDS = frozenset("and or not in between case when then else end true false null is".split())
_OPENS = frozenset("( , = <> < <= > >= + - * / and or not in between when then else".split())


def in_words(text: str, pack: Pack, language: str = "en") -> str:
    """An expression of a pack in words.

    `days_since_last >= lost_days and overdue_ratio is null` is "Days since last purchase ≥ 180 days and Overdue ratio
    is missing".
    """
    found, said, before = tokens(text), "", "("
    place = 0
    while found[place].kind != "end":
        token, taken = found[place], 1
        word = token.text.lower()
        spoken = _spoken(token, pack, language)
        if word == "is" and token.kind == "word":
            known = found[place + 1].text.lower() == "not"
            spoken, taken = label("rule_word_known" if known else "rule_word_missing", language), 2 + known
        elif token.kind == "word" and found[place + 1].text == "(" and word not in _KEYWORDS:
            spoken = _labelled(f"rule_word_{word}", token.text, language)
        tight = before in ("(", "minus") or spoken in (")", ",") or not said
        said += spoken if tight else f" {spoken}"
        before = "minus" if token.text == "-" and before in _OPENS else word if token.kind != "text" else ""
        place += taken
    return said


def rule_in_words(rule: Rule, pack: Pack, language: str = "en") -> str:
    """What a rule says, every expression in it in words."""
    pieces = sorted({*_texts(pack), *_names(pack)}, key=len, reverse=True)
    written = re.compile("|".join(rf"(?<!\w){re.escape(piece)}(?!\w)" for piece in pieces if piece) or "$^")
    names = _names(pack)

    def spoken(found: re.Match[str]) -> str:
        piece = found.group()
        return _name(piece, pack, language) if piece in names else in_words(piece, pack, language)

    return written.sub(spoken, rule.rule)


def _spoken(token: Token, pack: Pack, language: str) -> str:
    if token.kind == "text":
        return _name(token.text, pack, language)
    if token.kind == "symbol":
        return _SIGNS.get(token.text, token.text)
    if token.kind == "number":
        return token.text
    name = canonical(token.text)
    if name in pack.thresholds:
        return _number(pack.thresholds[name].value, pack.thresholds[name].unit, language)
    return label(f"rule_word_{name}", language) if name in _KEYWORDS else _name(name, pack, language)


def _number(value: float, unit: str, language: str) -> str:
    """180 days; shares in per cent; the name beside it says what other numbers count."""
    if unit.startswith(("share", "change")):
        return f"{value * 100:.15g}%".replace("-", "−")
    number = f"{value:,.15g}".replace("-", "−")
    return f"{number} {label(f'unit_{unit}', language)}" if unit in _COUNTED else number


def _name(name: str, pack: Pack, language: str) -> str:
    if name.endswith("_score") and name.removesuffix("_score") in pack.scores and name not in pack.words:
        return _name(name.removesuffix("_score"), pack, language)
    return pack.word(name, language) if name in pack.words else _labelled(name, name, language)


def _labelled(name: str, otherwise: str, language: str) -> str:
    return label(name, language) if name in labels() else otherwise


def _names(pack: Pack) -> set[str]:
    """Names that stand in rules beside expressions: of actions, and of columns and texts that are looked up."""
    from tierbook.rulepack.pack import CompiledLookup

    found: set[str] = {level.action for level in pack.stages if level.action}
    found |= {action for actions in pack.level_actions.values() for action in actions.values()}
    for part in pack.parts.values():
        if isinstance(part, CompiledLookup):
            found |= {part.per, *part.gives}
    return found


def _texts(pack: Pack) -> Iterator[str]:
    """The texts of expressions that read anything."""
    for expression in _expressions(pack):
        if expression is not None and expression.names:
            yield expression.text


def _expressions(pack: Pack) -> Iterator[Any]:
    groups = [pack.stages, pack.ladder, pack.early_warning, pack.rfm_segments, *pack.classes.values()]
    groups += [section.levels for section in (pack.tiers, pack.churn, pack.winback) if section]
    groups += [score.levels for score in pack.scores.values()]
    for levels in groups:
        for level in levels:
            yield from _of_level(level)
    yield from (
        flag.when
        for flag in (*pack.positions, *pack.target_lists, *(pack.churn.signals if pack.churn else ()))
    )
    for profile in pack.profiles.values():
        for part in profile.parts.values():
            yield from _of_part(part)
    for score in pack.scores.values():
        for piece in score.parts.values():
            yield from (piece.by, piece.full_at)
    if pack.tiers:
        yield pack.tiers.rank_by
    if pack.winback:
        yield from (pack.winback.of, pack.winback.spend_at_most)
    if pack.key_accounts:
        yield pack.key_accounts.of
    if pack.churn:
        yield from (pack.churn.contact_cost, pack.churn.gain_of_keeping)
    if pack.points:
        yield from (pack.points.of, pack.points.by)


def _of_level(level: CompiledLevel) -> Iterator[Any]:
    yield from (level.when, level.start, level.top, level.top_of_value)


def _of_part(part: CompiledPart) -> Iterator[Any]:
    if hasattr(part, "evaluate"):
        yield part
    else:
        yield from (getattr(part, inner, None) for inner in ("times", "otherwise", "across", "down"))
