"""The port every action is written against: what a host (Excel, LibreOffice, a file on disk) can be asked to do.

What crosses it is plain data, so a host may sit in another process: `addin.events` carries the same calls as JSON.
An action asks all it needs to know before it changes anything. So a host that cannot wait for its user may stop at a
question and start the same action again with the answers so far.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from tierbook.errors import HostError
from workbooks.cells import Block

if TYPE_CHECKING:
    from workbooks.sheet_xml import ResultSheet

__all__ = ["Block", "Cancelled", "Cell", "Host", "Option", "Selection"]

Cell = Any
"""None, a number, a text, yes or no, or a `udfs.CellError`; a date is a serial number, as Excel's Value2 gives it."""


class Cancelled(HostError):
    """The user pressed cancel; whatever was not written yet is not written."""


class Option(NamedTuple):
    """One thing to choose: the answer that comes back, and what the user reads."""

    value: str
    text: str


@dataclass(frozen=True)
class Selection:
    """What the user has selected.

    Parameters
    ----------
    sheet : str
    address : str
        `B2:D9` without dollar signs.
    rows : sequence of rows of cells
        The cells of the selection that lie in the used part of the sheet.
    formula : str
        That of the first cell, with `=`; "" where it has none.
    """

    sheet: str
    address: str
    rows: Sequence[Sequence[Cell]] = ()
    formula: str = ""


class Host(Protocol):
    """A workbook and the person in front of it."""

    @property
    def language(self) -> str:
        """The reader's language, `en` or `zh`; every text an action gives is in it."""

    @property
    def name(self) -> str:
        """The workbook's name as the user knows it, such as `orders.xlsx`."""

    @property
    def path(self) -> Path | None:
        """Where the workbook is kept; None when it was never saved. Reports go beside it."""

    @property
    def project(self) -> Path:
        """The folder whose `config.yaml` and rule packs hold."""

    def book(self) -> Path:
        """A saved copy of the workbook as it is now, unsaved changes included, for `workbooks.reader`.

        Raises
        ------
        HostError
            It cannot be saved.
        """

    def selection(self) -> Selection | None:
        """What the user has selected; None when nothing is."""

    def defined(self, name: str) -> str | None:
        """The text the workbook keeps under a defined name such as `CRM_PACK`; None when it has none."""

    def ask(self, key: str, question: str, default: str = "") -> str:
        """The user's answer, a text; `key` names the question for answers given beforehand (`--answer key=text`).

        Raises
        ------
        Cancelled
            The user does not want to answer.
        """

    def choose(self, key: str, question: str, options: Sequence[Option], default: str = "") -> str:
        """The value of the option the user picks; up to three options are buttons, more are a list.

        Raises
        ------
        Cancelled
            The user does not want to answer.
        """

    def progress(self, share: float, text: str) -> None:
        """Show how far a long step is (0-1) and what it is.

        Raises
        ------
        Cancelled
            The user pressed cancel.
        """

    def say(self, text: str) -> None:
        """Tell the user something."""

    def put_sheets(self, sheets: Sequence[ResultSheet]) -> None:
        """Add result sheets, in place of our own earlier ones; what they replace comes back with `undo`.

        Raises
        ------
        DataError
            The user has added something to a sheet of ours, or the workbook must not be changed.
        """

    def put_cells(self, blocks: Sequence[Block], *, replace: bool = False) -> None:
        """Write cells, all blocks as one step of `undo`; a sheet that is not there is made.

        Raises
        ------
        DataError
            A cell that is not empty would be overwritten and `replace` is false: the action must have asked.
        """

    def define(self, name: str, text: str) -> None:
        """Keep a text in the workbook under a defined name; one step of `undo`."""

    def undo(self) -> str:
        """Take back the last step written through this port and say which.

        Raises
        ------
        HostError
            There is nothing to undo, or the user has changed it since.
        """

    def show_file(self, path: Path) -> None:
        """Open a file, such as a report, in the program that shows it."""
