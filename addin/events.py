"""The port over a line: an action runs here, its user sits in another program, and both speak JSON.

The other program sends a `Call`; what comes back is a stream of events, each a dict with the key `event`:

    progress  share, text                         a long step; the answer may be to hang up (`stop`)
    say       text
    question  key, text, default, options         the end of this call: ask, and call again with the answer added;
                                                  options is a list of [value, text], empty for a free text
    sheets    sheets                              as `addin.plain.plain_sheet` gives them; kept for undo by the program
    cells     blocks, replace                     blocks of sheet, address, rows, formula, format
    define    name, text
    undo                                          the program takes back its last step
    show      path
    done | cancelled | error text                 the last event of every call but one that ends in a question
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from addin.actions.registry import run
from addin.host import Block, Cancelled, Option, Selection
from addin.plain import cells_of_plain, plain_rows, plain_sheet
from tierbook.errors import TierbookError
from tierbook.language import say
from workbooks.sheet_xml import ResultSheet

Emit = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Call:
    """What the program with the user sends.

    Parameters
    ----------
    action : str
    book : path
        A copy saved for this call; of the workbook's own name where that can be.
    name : str
        The workbook's name as the user knows it.
    path : path, optional
        Where the workbook is kept.
    answers : mapping
        The answers so far, by key of the question.
    """

    action: str
    book: Path
    name: str
    language: str = "en"
    path: Path | None = None
    answers: Mapping[str, str] = field(default_factory=dict)
    selection: Selection | None = None

    @classmethod
    def of_json(cls, given: Mapping[str, Any]) -> Call:
        """The call behind a JSON object of the same keys."""
        selected = given.get("selection")
        return cls(
            action=given["action"],
            book=Path(given["book"]),
            name=given["name"],
            language=given.get("language", "en"),
            path=Path(given["path"]) if given.get("path") else None,
            answers=dict(given.get("answers", {})),
            selection=Selection(
                selected["sheet"],
                selected["address"],
                cells_of_plain(selected.get("rows", ())),
                selected.get("formula", ""),
            )
            if selected
            else None,
        )


class _Asked(Exception):
    """A question went out; the same call comes again with its answer."""


class EventHost:
    """The port for one call; `stop` says whether the user has pressed cancel."""

    def __init__(self, call: Call, *, project: Path, emit: Emit, stop: Callable[[], bool]) -> None:
        self._call, self._emit, self._stop = call, emit, stop
        self.language, self.name, self.path, self.project = call.language, call.name, call.path, project

    def book(self) -> Path:
        return self._call.book

    def selection(self) -> Selection | None:
        return self._call.selection

    def defined(self, name: str) -> str | None:
        from workbooks.defined import defined_text

        return defined_text(self._call.book, name)

    def ask(self, key: str, question: str, default: str = "") -> str:
        return self._answer(key, question, (), default)

    def choose(self, key: str, question: str, options: Sequence[Option], default: str = "") -> str:
        return self._answer(key, question, options, default)

    def progress(self, share: float, text: str) -> None:
        if self._stop():
            raise Cancelled("Cancelled.")
        self._emit({"event": "progress", "share": share, "text": text})

    def say(self, text: str) -> None:
        self._emit({"event": "say", "text": text})

    def put_sheets(self, sheets: Sequence[ResultSheet]) -> None:
        self._emit({"event": "sheets", "sheets": [plain_sheet(sheet) for sheet in sheets]})

    def put_cells(self, blocks: Sequence[Block], *, replace: bool = False) -> None:
        plain = [
            {
                "sheet": block.sheet,
                "address": block.address,
                "rows": plain_rows(block.rows),
                "formula": block.formula,
                "format": block.form or "",
            }
            for block in blocks
        ]
        self._emit({"event": "cells", "blocks": plain, "replace": replace})

    def define(self, name: str, text: str) -> None:
        self._emit({"event": "define", "name": name, "text": text})

    def undo(self) -> str:
        self._emit({"event": "undo"})
        return say("The last step was taken back.", self.language)

    def show_file(self, path: Path) -> None:
        self._emit({"event": "show", "path": str(path)})

    def _answer(self, key: str, question: str, options: Sequence[Option], default: str) -> str:
        if key in self._call.answers:
            return self._call.answers[key]
        self._emit(
            {
                "event": "question",
                "key": key,
                "text": question,
                "default": default,
                "options": [list(option) for option in options],
            }
        )
        raise _Asked


def answer(call: Call, *, project: Path, emit: Emit, stop: Callable[[], bool] = lambda: False) -> None:
    """Run the action of a call; everything it does goes out as events."""
    try:
        run(call.action, EventHost(call, project=project, emit=emit, stop=stop))
    except _Asked:
        return
    except Cancelled:
        emit({"event": "cancelled"})
    except TierbookError as error:
        emit({"event": "error", "text": _in_words(error, call.language)})
    else:
        emit({"event": "done"})


def _in_words(error: TierbookError, language: str) -> str:
    return "\n".join(problem.text(language) for problem in error.problems) or error.text(language)
