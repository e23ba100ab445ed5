"""Sentences and labels in the reader's language; English is the source, Simplified Chinese a translation.

A sentence is keyed by its English template (`languages/zh/*.yaml`: template -> translation), a name such as
`days_since_last` by itself (`languages/labels.yaml`: name -> {en, zh}).
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from tierbook.shipped import package

if TYPE_CHECKING:
    from collections.abc import Iterable
    from importlib.resources.abc import Traversable
    from pathlib import Path

LANGUAGES = ("en", "zh")


class Phrase(str):
    """A value of a sentence that is itself a phrase to translate, such as `a number`; plain texts are data."""


class Named(str):
    """A value of a sentence that is one of our own names for a table or column; readers see its label beside it."""


def say(template: str, language: str = "en", /, **values: Any) -> str:
    """The sentence in the reader's language, its `{names}` filled in."""
    sentence = sentences(language).get(template, template) if language != "en" else template
    spoken = {name: _spoken(value, language) for name, value in values.items()}
    return sentence.format(**spoken) if values else sentence


def _spoken(value: Any, language: str) -> Any:
    if isinstance(value, Phrase):
        return say(value, language)
    if isinstance(value, Named) and language != "en":
        known = labels().get(f"table_{value}") or labels().get(value) or {}
        return f"{known[language]}（{value}）" if language in known else value
    return value


def together(said: Iterable[str], language: str = "en", /) -> str:
    """Whole sentences one after the other; Chinese puts no space between them."""
    return ("" if language == "zh" else " ").join(said)


def label(name: str, language: str = "en") -> str:
    """What a reader sees for a column, page or figure; an unknown name is made readable, never hidden."""
    known = labels().get(name, {})
    return known.get(language) or known.get("en") or name.replace("_", " ").capitalize()


@cache
def sentences(language: str) -> dict[str, str]:
    """All translations into one language: English template -> translation; none into one Tierbook does not speak."""
    return _merged(package() / "languages" / language) if language in LANGUAGES else {}


@cache
def labels() -> dict[str, dict[str, str]]:
    """All labels: name -> {language: text}."""
    return _merged(package() / "languages")


def _merged(folder: Path | Traversable) -> dict:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    merged: dict = {}
    listed = {file.name: file for file in folder.iterdir() if file.name.endswith(".yaml")}
    for _, file in sorted(listed.items()):
        merged |= yaml.load(file.read_text("utf-8"), loader) or {}
    return merged
