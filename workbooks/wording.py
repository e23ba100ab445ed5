"""A run in the reader's words: labels, names of the pack, sentences, days and shares; pages and result sheets speak alike."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from tierbook.language import label, say
from workbooks import style as look

if TYPE_CHECKING:
    from tierbook.run import Run


class Wording:
    """The words of one run in one language."""

    def __init__(self, run: Run, language: str) -> None:
        self.run, self.language = run, language

    def say(self, template: str, /, **values: Any) -> str:
        """A sentence in the reader's language."""
        return say(template, self.language, **values)

    def label(self, name: str) -> str:
        """What the reader sees for a column, page or figure."""
        return label(name, self.language)

    def word(self, name: str | None, missing: str = "no_entry") -> str:
        """What the reader sees for a name of the pack."""
        return self.label(missing) if name is None or name == "" else self.run.word(name, self.language)

    def words(self, names: str | None) -> str:
        """A cell that lists names of the pack (`key_account; member`), in words."""
        return self.label("list_comma").join(self.word(name) for name in names.split("; ")) if names else ""

    def because(self, reason: str | None) -> str:
        """Why the pack has a rule, in the pack's own words; those of the shipped packs are translated."""
        return self.say(reason) if reason else ""

    def goal(self, name: str | None) -> str:
        """What the pack wants to reach with customers in a stage; "" where it does not say."""
        words = self.run.pack.words.get(name) if name else None
        return getattr(words.goal, self.language) if words and words.goal else ""

    def date(self, day: date) -> str:
        return look.date_text(day, self.language)

    def short(self, value: float) -> str:
        """A large figure for a sentence."""
        return look.short_number(value, self.language)

    def share(self, value: float) -> str:
        """A share for a sentence: 12%, or 3.4% where the tenths matter."""
        return look.share_text(value)
