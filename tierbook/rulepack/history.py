"""What changed between two versions of a pack, rule by rule, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Literal

from tierbook.language import say
from tierbook.rulepack.show import Rule, key_words, rules, section_words

if TYPE_CHECKING:
    from tierbook.rulepack.pack import Pack


@dataclass(frozen=True)
class Change:
    """One rule that is not as it was; `old` or `new` is None where there was or is none."""

    kind: Literal["added", "removed", "changed", "moved", "reason", "words"]
    section: str
    key: str
    old: Rule | None
    new: Rule | None
    name: str

    def text(self, language: str = "en") -> str:
        """The change as a sentence."""
        return say(
            _SENTENCES[self.kind],
            language,
            section=section_words(self.section, language),
            name=self.name,
            old=_said(self.old, self.kind),
            new=_said(self.new, self.kind),
        )


def changes(old: Pack, new: Pack, language: str = "en") -> list[Change]:
    """Every change, in the order of the new pack; what was removed stands last in its section."""
    before = {(rule.section, rule.key): rule for rule in rules(old, language)}
    after = {(rule.section, rule.key): rule for rule in rules(new, language)}
    sections = list(dict.fromkeys([*(section for section, _ in after), *(section for section, _ in before)]))
    found: list[Change] = []
    for section in sections:
        was = [key for where, key in before if where == section]
        now = [key for where, key in after if where == section]
        moved = _moved(was, now)
        for key in (*now, *(key for key in was if key not in now)):
            one, other = before.get((section, key)), after.get((section, key))
            pack, shown = (new, other) if other else (old, one)
            name = key_words(pack, shown, language) if shown else key
            if one is None or other is None:
                found.append(Change("added" if one is None else "removed", section, key, one, other, name))
                continue
            if one.rule != other.rule:
                found.append(Change("changed", section, key, one, other, name))
            elif one.because != other.because:
                found.append(Change("reason", section, key, one, other, name))
            if key in moved and section not in _WITHOUT_ORDER:
                found.append(Change("moved", section, key, one, other, name))
    return found + _words(old, new)


# Sections in which the order changes nothing.
_WITHOUT_ORDER = ("pack", "columns", "meaning", "thresholds", "value", "positions", "signals", "target_lists")
_SENTENCES = {
    "added": "{section}, {name}: new: {new}",
    "removed": "{section}, {name}: gone; it was: {old}",
    "changed": "{section}, {name}: was {old}; is {new}",
    "moved": "{section}, {name}: has another place in the order",
    "reason": "{section}, {name}: the same number or rule for another reason: was {old}; is {new}",
    "words": "{section}, {name}: was {old}; is {new}",
}


def _said(rule: Rule | None, kind: str) -> str:
    if rule is None:
        return "–"
    return (rule.because or "–") if kind == "reason" else rule.rule


def _moved(was: Sequence[str], now: Sequence[str]) -> set[str]:
    """Keys that stand in another order; the fewest that explain it."""
    both = [key for key in was if key in now], [key for key in now if key in was]
    matcher = SequenceMatcher(None, *both, autojunk=False)
    kept = {key for block in matcher.get_matching_blocks() for key in both[0][block.a : block.a + block.size]}
    return set(both[0]) - kept


def _words(old: Pack, new: Pack) -> list[Change]:
    found = []
    for name in dict.fromkeys([*new.words, *old.words]):
        before, after = (
            Rule("words", name, " / ".join((pack.words[name].en, pack.words[name].zh)))
            if name in pack.words
            else None
            for pack in (old, new)
        )
        if before != after:
            kind: Literal["added", "removed", "words"] = (
                "added" if before is None else "removed" if after is None else "words"
            )
            found.append(Change(kind, "words", name, before, after, name))
    return found
