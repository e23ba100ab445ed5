"""A workbook on disk as a host: actions from the command line, and how they are tested on real workbooks."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from addin.host import Block, Cancelled, Option, Selection
from tierbook.errors import DataError, HostError
from tierbook.language import say
from workbooks.files import elsewhere

if TYPE_CHECKING:
    from tierbook.quality import Problem
    from workbooks.sheet_xml import ResultSheet

BOOKS = (".xlsx", ".xlsm")


@dataclass
class FileHost:
    """The port over a file; questions are answered beforehand.

    Parameters
    ----------
    source : path
        A workbook; or other data, whose results go to a workbook beside it.
    answers : mapping
        Answers by key of the question.
    selected : str
        `Sheet!B2:D9`; "" for nothing.
    tell, show, watch : callable
        What is done with a sentence, a file to be seen, the progress of a long step.
    """

    source: Path
    project: Path
    language: str = "en"
    answers: Mapping[str, str] = field(default_factory=dict)
    selected: str = ""
    tell: Callable[[str], None] = print
    show: Callable[[Path], None] = lambda path: None
    watch: Callable[[float, str], None] = lambda share, text: None
    written: list[Path] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.source.name

    @property
    def path(self) -> Path:
        return self.source

    @property
    def is_book(self) -> bool:
        """Whether results go into the file itself."""
        return self.source.suffix.lower() in BOOKS

    def book(self) -> Path:
        return self.source

    def selection(self) -> Selection | None:
        if not self.selected:
            return None
        from addin.selected import selection_in

        return selection_in(self.source, self.selected)

    def defined(self, name: str) -> str | None:
        from workbooks.defined import defined_text

        return defined_text(self.source, name)

    def ask(self, key: str, question: str, default: str = "") -> str:
        answer = self.answers.get(key, default)
        if not answer:
            raise _unanswered(key, question)
        return answer

    def choose(self, key: str, question: str, options: Sequence[Option], default: str = "") -> str:
        answer = self.answers.get(key, default)
        if not answer:
            raise _unanswered(key, question)
        known = [option.value for option in options]
        if answer not in known:
            raise DataError(
                "{answer} is no answer to {question}",
                fix="Answer with one of {known}.",
                answer=repr(answer),
                question=question,
                known=", ".join(known),
            )
        return answer

    def progress(self, share: float, text: str) -> None:
        try:
            self.watch(share, text)
        except KeyboardInterrupt:
            raise Cancelled("Cancelled.") from None

    def say(self, text: str) -> None:
        self.tell(text)

    def put_sheets(self, sheets: Sequence[ResultSheet]) -> None:
        from addin.actions.request import beside
        from workbooks.patch import add_sheets, put_sheets

        if self.is_book:
            done = add_sheets(self.source, self.source, sheets)
        else:
            done = put_sheets(beside(self.source, "scored"), sheets)
        self._wrote(done.path, done.problems)

    def put_cells(self, blocks: Sequence[Block], *, replace: bool = False) -> None:
        from workbooks.cells import put_cells

        self._only_in_books()
        path = put_cells(self.source, self.source, blocks, replace=replace)
        self._wrote(path, [note] if (note := elsewhere(self.source, path)) else [])

    def define(self, name: str, text: str) -> None:
        from workbooks.defined import define

        self._only_in_books()
        path = define(self.source, self.source, name, text)
        self._wrote(path, [note] if (note := elsewhere(self.source, path)) else [])

    def undo(self) -> str:
        from workbooks.files import undo

        done = undo(self.source)
        sentence = (
            "{path} is as it was before." if done.action == "restored" else "{path} was new and is removed."
        )
        return say(sentence, self.language, path=done.path)

    def show_file(self, path: Path) -> None:
        self.written.append(path)
        self.show(path)

    def _only_in_books(self) -> None:
        if not self.is_book:
            raise HostError(
                "{name} is not a workbook, so nothing can be written into its cells.",
                fix="Save it as .xlsx first.",
                name=self.name,
            )

    def _wrote(self, path: Path, problems: Sequence[Problem]) -> None:
        self.written.append(path)
        for problem in problems:
            print(problem.text(self.language), file=sys.stderr)


def _unanswered(key: str, question: str) -> HostError:
    return HostError(
        "This action asks: {question}",
        fix="Give the answer with --answer {key}=…",
        question=question,
        key=key,
    )
