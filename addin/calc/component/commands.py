"""The commands of the menu: actions the engine runs, and what only the add-in can do.

Works on LibreOffice's objects (UNO). Standard library of Python 3.9 only: LibreOffice's own Python runs this file.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from addin.calc.component import formulas
from addin.calc.component.sheets import Refused, Writer, column_letters, selected
from addin.calc.component.words import say
from addin.calc.spelling import Spelling
from addin.engine_client import Engine, EngineError

PROTOCOL = "org.tierbook.command:"
XLSX = "Calc MS Excel 2007 XML"
WRITTEN = ("sheets", "cells", "define", "undo")  # events that change the document


class Stopped(Exception):
    """The user does not want to go on."""


class Person:
    """Whoever gave the command, with answers given beforehand; `said` is what they were told.

    `component.dialogs.Dialogs` shows windows instead.
    """

    def __init__(self, answers: Mapping[str, str]) -> None:
        self.answers = answers
        self.said: list[str] = []

    def tell(self, text: str) -> None:
        """Show a sentence."""
        self.said.append(text)

    def warn(self, text: str) -> None:
        """Show why something was not done."""
        self.tell(text)

    def ask(self, question: Mapping[str, Any]) -> str:
        """The answer to a question of an action; its default where none was given.

        Raises
        ------
        Stopped
        """
        return self.answers.get(question["key"], question["default"])

    def progress(self, share: float, text: str) -> None:
        """Show how far it is."""

    def going_on(self) -> None:
        """Asked again and again while an action runs and has written nothing.

        Raises
        ------
        Stopped
            The user pressed cancel.
        """

    def finished(self) -> None:
        """There is nothing left to show progress of."""


class Commands:
    """The commands for one document.

    Parameters
    ----------
    engine : callable
        Makes a connection of its own to the engine.
    titles : mapping
        Command -> what the menu calls it.
    """

    def __init__(
        self,
        document: Any,
        person: Person,
        *,
        engine: Callable[[], Engine],
        language: str,
        spelling: Spelling,
        titles: Mapping[str, str],
        show: Callable[[Path], None],
    ) -> None:
        self.document, self.person, self.language, self.spelling = document, person, language, spelling
        self._engine, self._titles, self._show = engine, titles, show
        self._own: dict[str, Callable[[], None]] = {
            "array": self.enter_array,
            "calculate": self.calculate,
            "start_engine": self.start,
            "stop_engine": self.stop,
        }

    def run(self, name: str) -> None:
        """Do what a command says; whatever goes wrong is told in a sentence."""
        try:
            self._own.get(name, lambda: self.action(name))()
        except Stopped:
            pass
        except Refused as error:
            self.person.warn(str(error))
        except EngineError as error:
            self.person.warn(error.text(self.language))
        finally:
            self.person.finished()

    def action(self, name: str) -> None:
        """Let the engine run an action on a copy of the document, and do what it says."""
        self._refuse_read_only()
        writer = Writer(
            self.document,
            title=self._titles.get(name, name),
            language=self.language,
            spelling=self.spelling,
        )
        folder = tempfile.mkdtemp(prefix="tierbook-")
        try:
            call = self._call(name, Path(folder))
            while question := self._events(call, writer):
                call["answers"][question["key"]] = self.person.ask(question)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def enter_array(self) -> None:
        """Give the table function of the selected cell the cells its result needs."""
        chosen = self.document.getCurrentSelection()
        if chosen is None or not hasattr(chosen, "getCellByPosition"):
            raise Refused(self._say("Select the cell with the formula first."))
        cell = chosen.getCellByPosition(0, 0)
        formula = cell.getFormula()
        if not self.spelling.called(formula):
            raise Refused(
                self._say(
                    "The selected cell holds no function of Tierbook. Type one first, such as =CRM_RFM(…)."
                )
            )
        sheet = cell.getSpreadsheet()
        self._refuse_read_only()
        if sheet.isProtected():
            raise Refused(self._say("The sheet {sheet} is protected.", sheet=sheet.getName()))
        cursor = sheet.createCursorByRange(cell)
        if formula.startswith("{"):
            cursor.collapseToCurrentArray()
            cell = cursor.getCellByPosition(0, 0)
        size = formulas.size_of(self.document, cell, formula)
        if size is None:
            raise Refused(self._say("The formula gives an error; CRM_WHY() says why."))
        if formula.startswith("{"):
            cursor.clearContents(16)
        at = cell.getCellAddress()
        last = f"{column_letters(at.Column + size.columns - 1)}{at.Row + size.rows}"
        if formulas.filled(cell, size):
            if formula.startswith("{"):
                cursor.setArrayFormula(formula[1:-1])
            raise Refused(
                self._say(
                    "The result needs the cells up to {cell}, and some of them are not empty.", cell=last
                )
            )
        formulas.enter_array(cell, formula, size)

    def calculate(self) -> None:
        """Bring formulas to life that were written for Excel, and compute everything again."""
        self._refuse_read_only()
        found = formulas.revive(self.document, self.spelling)
        formulas.compute_again(self.document)
        if found.protected:
            self.person.warn(protected_sheets(self.language))

    def start(self) -> None:
        """Start the engine, or find the one that runs."""
        status = self._engine().status()
        self.person.tell(self._say("The engine is running, version {version}.", version=status["version"]))

    def stop(self) -> None:
        """Stop the engine; cells keep what they show."""
        stopped = self._engine().stop()
        self.person.tell(
            self._say("The engine was stopped.") if stopped else self._say("The engine is not running.")
        )

    def _refuse_read_only(self) -> None:
        if self.document.isReadonly():
            raise Refused(
                self._say(
                    "{name} is open read-only, so nothing can be written into it. Save it under another name first.",
                    name=self.document.getTitle(),
                )
            )

    def _call(self, name: str, folder: Path) -> dict[str, Any]:
        import uno

        url = self.document.getURL()
        path = Path(uno.fileUrlToSystemPath(url)) if url.startswith("file:") else None
        stem = path.stem if path else self.document.getTitle().translate({ord(sign): "_" for sign in "/\\:"})
        book = folder / f"{stem or 'workbook'}.xlsx"
        form = uno.createUnoStruct("com.sun.star.beans.PropertyValue")
        form.Name, form.Value = "FilterName", XLSX
        self.person.progress(0.0, self._say("Saving a copy"))
        self.document.storeToURL(uno.systemPathToFileUrl(os.fspath(book)), (form,))
        return {
            "action": name,
            "book": os.fspath(book),
            "name": path.name if path else book.name,
            "path": os.fspath(path) if path else None,
            "language": self.language,
            "answers": dict(self.person.answers),
            "selection": selected(self.document),
        }

    def _events(self, call: Mapping[str, Any], writer: Writer) -> Mapping[str, Any] | None:
        """Do what one run of the action says; gives the question it stopped at."""
        told: list[str] = []
        failed = written = False

        def alive() -> None:
            # What has begun to be written is written to its end.
            if not written:
                self.person.going_on()

        for event in self._engine().action(call, alive=alive):
            kind = event["event"]
            written = written or kind in WRITTEN
            if kind == "question":
                return event
            if kind == "progress":
                self.person.progress(event["share"], event["text"])
            elif kind in ("say", "error"):
                told.append(event["text"])
                failed = failed or kind == "error"
            elif kind == "sheets":
                writer.put_sheets(event["sheets"])
            elif kind == "cells":
                writer.put_cells(event["blocks"], replace=event["replace"])
            elif kind == "define":
                writer.define(event["name"], event["text"])
            elif kind == "undo":
                writer.undo()
            elif kind == "show":
                self._show(Path(event["path"]))
        self.person.finished()
        if told:
            (self.person.warn if failed else self.person.tell)("\n".join(told))
        return None

    def _say(self, template: str, **values: Any) -> str:
        return say(template, self.language, **values)


def protected_sheets(language: str) -> str:
    """Why formulas written for Excel stay as they are on some sheets."""
    return say(
        "Sheets that are protected keep formulas LibreOffice cannot read; unprotect them and choose Calculate again.",
        language,
    )
