"""Excel as a host: the port of actions over a workbook that is open in Excel, through xlwings."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from addin.excel.cells import cells_from_com
from addin.excel.write import Step, Writer
from addin.host import Block, Cancelled, Option, Selection
from addin.plain import plain_sheet
from tierbook.errors import HostError
from tierbook.language import say

if TYPE_CHECKING:
    from workbooks.sheet_xml import ResultSheet

TEXT = 2  # the type of Application.InputBox that takes a text


class Dialogs(Protocol):
    """How the user is told and asked; Excel's own message boxes know one code page only."""

    def tell(self, text: str) -> None:
        """Show a text until the user has read it."""

    def yes_or_no(self, question: str) -> bool | None:
        """Yes, no, or None for cancel."""


class ExcelHost:
    """The port over a workbook; `steps` outlive the action, so that a later one can take them back.

    Parameters
    ----------
    book : xlwings.Book
    """

    def __init__(
        self, book: Any, *, project: Path, language: str, steps: list[Step], dialogs: Dialogs
    ) -> None:
        self.xw, self.api, self.project, self.language = book, book.api, project, language
        self.dialogs, self._writer = dialogs, Writer(book.api, steps)
        self._folder: Path | None = None

    @property
    def name(self) -> str:
        return self.api.Name

    @property
    def path(self) -> Path | None:
        # A workbook on OneDrive or SharePoint has an address of the web; what belongs beside it has no place there.
        kept = str(self.api.FullName)
        return Path(kept) if self.api.Path and "://" not in kept else None

    def book(self) -> Path:
        name = self.name if Path(self.name).suffix else f"{self.name}.xlsx"
        self._folder = self._folder or Path(tempfile.mkdtemp(prefix="tierbook-"))
        copy = self._folder / name
        copy.unlink(missing_ok=True)
        self.api.SaveCopyAs(str(copy))
        if not copy.exists():
            raise HostError(
                "{name} could not be saved as a copy.", fix="Save it once, then try again.", name=name
            )
        return copy

    def selection(self) -> Selection | None:
        chosen = self.xw.app.api.Selection
        if chosen is None or not hasattr(chosen, "Areas"):
            return None
        sheet, area = chosen.Worksheet, chosen.Areas(1)
        if sheet.Parent.Name != self.name:
            return None
        used = self.xw.app.api.Intersect(area, sheet.UsedRange)
        held = None if used is None else cells_from_com(used.Value2)
        rows = [] if held is None else held if isinstance(held, tuple | list) else [[held]]
        first = area.Cells(1, 1)
        return Selection(
            sheet.Name, area.Address.replace("$", ""), rows, str(first.Formula) if first.HasFormula else ""
        )

    def defined(self, name: str) -> str | None:
        return self._writer.defined(name)

    def ask(self, key: str, question: str, default: str = "") -> str:
        answer = self.xw.app.api.InputBox(question, "Tierbook", default, Type=TEXT)
        if answer is False:
            raise Cancelled("Cancelled.")
        return str(answer)

    def choose(self, key: str, question: str, options: Sequence[Option], default: str = "") -> str:
        values = [option.value for option in options]
        if values == ["yes", "no"]:
            yes = self.dialogs.yes_or_no(question)
            if yes is None:
                raise Cancelled("Cancelled.")
            return "yes" if yes else "no"
        listed = "\n".join(f"{number}  {option.text}" for number, option in enumerate(options, 1))
        known = str(values.index(default) + 1) if default in values else ""
        while True:
            answer = self.ask(key, f"{question}\n\n{listed}", known).strip()
            if answer in values:
                return answer
            if answer.isdecimal() and 1 <= int(answer) <= len(values):
                return values[int(answer) - 1]
            self.say(say("Type a number from 1 to {count}.", self.language, count=len(values)))

    def progress(self, share: float, text: str) -> None:
        self.xw.app.api.StatusBar = f"Tierbook: {text} {share:.0%}"

    def say(self, text: str) -> None:
        if text:
            self.dialogs.tell(text)

    def put_sheets(self, sheets: Sequence[ResultSheet]) -> None:
        from workbooks.sheet_xml import check

        for sheet in sheets:
            check(sheet)
        self._writer.put_sheets([plain_sheet(sheet) for sheet in sheets])

    def put_cells(self, blocks: Sequence[Block], *, replace: bool = False) -> None:
        self._writer.put_cells(blocks, replace=replace)

    def define(self, name: str, text: str) -> None:
        self._writer.define(name, text)
        # No cell refers to the name of the rule pack, so Excel does not know which ones to calculate again.
        self.xw.app.api.CalculateFull()

    def undo(self) -> str:
        self._writer.undo()
        return say("The last step was taken back.", self.language)

    def show_file(self, path: Path) -> None:
        if path.suffix.lower() in (".xlsx", ".xlsm"):
            self.xw.app.api.Workbooks.Open(str(path))
        else:
            os.startfile(path)  # type: ignore[attr-defined]

    def close(self) -> None:
        """Give the status bar back to Excel and remove the copy; a report beside it stays."""
        self.xw.app.api.StatusBar = False
        if self._folder is None:
            return
        for copy in self._folder.glob(f"{Path(self.name).stem}.xls*"):
            copy.unlink()
        with suppress(OSError):
            self._folder.rmdir()
