"""Every text of the add-in, in both languages: they stand on its sheet, because VBA source holds one code page only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from addin.excel.ribbon import group_id, id_of, members
from addin.excel.wrappers import arguments_of, description
from tierbook.language import say
from udfs.registry import functions

SENTENCES = {
    "no_engine": "The engine is not running. Press Start engine on the Tierbook tab.",
    "not_started": "The engine could not be started. Run tierbook doctor in a terminal; it says what is missing.",
    "other_version": "The add-in is version [addin] and the engine is version [engine]. Press Stop engine, then Start engine; where they still differ, install the add-in again.",
    "one_rectangle": "Give one rectangle of cells.",
}
NAMES = {"tierbook_tab": "Tierbook", "why_function": "function", "why_reason": "reason"}
"""What is the same in every language."""
"""What the add-in says by itself; [words] are filled in by VBA."""


class Text(NamedTuple):
    """One row of the sheet."""

    key: str
    english: str
    chinese: str


def texts() -> list[Text]:
    """Sentences, then labels and help of buttons, then functions, each followed by its arguments."""
    return [Text(key, text, say(text, "zh")) for key, text in _english()]


def _english() -> Iterator[tuple[str, str]]:
    yield from NAMES.items()
    yield from SENTENCES.items()
    for group, actions in members().items():
        yield f"{group_id(group)}.label", group
        for action in actions:
            yield f"{id_of(action.name)}.label", action.label
            yield f"{id_of(action.name)}.help", action.help
    for function in functions().values():
        yield function.name, description(function.help)
        for name, argument in arguments_of(function):
            yield f"{function.name}.{name}", description(argument.help)
