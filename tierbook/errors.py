"""What Tierbook raises: a sentence that says what is wrong, where, and what to do.

The English sentence is a template and at the same time the key of its translations (`languages/`),
so an error is rendered in the reader's language only where it reaches a reader.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tierbook.language import say, together

if TYPE_CHECKING:
    from tierbook.quality import Problem


class TierbookError(Exception):
    """A sentence for the person at the keyboard.

    Parameters
    ----------
    message, fix : str
        English templates; `{name}` is filled from `values`.
    place : str
        Where it happened, in the reader's words: `orders.xlsx Orders!C14`, `rules/retail.yaml:14:16`.
    rows : sequence of int
        Positions in the caller's arrays; whoever holds the range turns them into a place.
    problems : sequence of Problem
        Every problem found, when a check found several.
    """

    def __init__(
        self,
        message: str,
        *,
        fix: str = "",
        place: str = "",
        rows: Sequence[int] = (),
        problems: Sequence[Problem] = (),
        **values: Any,
    ) -> None:
        super().__init__(message)
        self.message, self.fix, self.place, self.rows = message, fix, place, tuple(rows)
        self.problems, self.values = tuple(problems), values

    def text(self, language: str = "en") -> str:
        """The whole sentence in the reader's language."""
        said = together(
            (say(part, language, **self.values) for part in (self.message, self.fix) if part), language
        )
        return f"{self.place}: {said}" if self.place else said

    def at(self, place: str) -> TierbookError:
        """The same error with its place, for `raise error.at(place) from error`."""
        return type(self)(
            self.message, fix=self.fix, place=place, rows=self.rows, problems=self.problems, **self.values
        )

    def __str__(self) -> str:
        return self.text()


class DataError(TierbookError):
    """The data cannot be used as it is."""


class RuleError(TierbookError):
    """The rule pack cannot be used as it is."""


class HostError(TierbookError):
    """The file, folder or program around us does not do its part."""
