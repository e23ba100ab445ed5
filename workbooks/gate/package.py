"""What is known of a workbook that passed the gate: its sheets, tables and names, and what to give a reader."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

from workbooks.gate.cells import OddCell, SheetFacts
from workbooks.gate.guard import as_utf8

State = Literal["visible", "hidden", "veryHidden"]


@dataclass(frozen=True)
class SheetInfo:
    """A sheet as the workbook lists it; `kind` is `worksheet`, `chartsheet`, `dialogsheet` or `macrosheet`."""

    name: str
    part: str
    state: State = "visible"
    kind: str = "worksheet"


@dataclass(frozen=True)
class TableInfo:
    """An Excel table (ListObject): its name, sheet and range (`A1:D9`)."""

    name: str
    sheet: str
    ref: str
    header_row: bool = True
    totals_row: bool = False
    part: str = ""


@dataclass(frozen=True)
class DefinedName:
    """A name for a range or formula; `sheet` when it is known on one sheet only."""

    name: str
    text: str
    sheet: str | None = None
    hidden: bool = False


class NumberFormat(NamedTuple):
    """How a cell format shows numbers: a number of Excel's list, or a code of the workbook's own beside it."""

    number: int
    code: str | None


@dataclass(frozen=True)
class Package:
    """A workbook that passed the gate; `strings` is the part of its shared texts."""

    path: Path
    sheets: tuple[SheetInfo, ...]
    tables: tuple[TableInfo, ...] = ()
    defined_names: tuple[DefinedName, ...] = ()
    date1904: bool = False
    strict: bool = False
    signed: bool = False
    structure_locked: bool = False
    tracked: bool = False
    recoded: tuple[str, ...] = ()
    number_formats: tuple[NumberFormat, ...] = field(default=(), repr=False)
    strings: str | None = None
    facts: Mapping[str, SheetFacts] = field(default_factory=dict, repr=False)

    def odd_cells(self, sheet: str) -> list[OddCell]:
        """Cells whose value is not what it looks like, in the order of the file (see `OddCell`)."""
        return self.facts[sheet].odd

    def odd_count(self, sheet: str, kind: str) -> int:
        """How many cells of that kind; of `external`, `dde` and `style` only the first thousand are kept."""
        return self.facts[sheet].counts.get(kind, 0)

    def merged(self, sheet: str) -> list[str]:
        """Merged ranges (`B2:B3`)."""
        return self.facts[sheet].merged

    def hidden_rows(self, sheet: str) -> int:
        """How many rows are hidden."""
        return self.facts[sheet].hidden_rows

    def hidden_columns(self, sheet: str) -> int:
        """How many columns are hidden, up to the last one with a cell."""
        return self.facts[sheet].hidden_columns

    def style_out_of_range(self, sheet: str) -> list[str]:
        """Cells that ask for a cell format the workbook does not have; they read as unformatted."""
        return self.facts[sheet].style_out_of_range

    def source(self) -> Path | io.BytesIO:
        """What to give a reader: the file, or a copy in memory whose UTF-16 parts are UTF-8."""
        if not self.recoded:
            return self.path
        copy = io.BytesIO()
        with zipfile.ZipFile(self.path) as archive, zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED) as out:
            for entry in archive.infolist():
                data = archive.read(entry)
                out.writestr(entry.filename, as_utf8(data) if entry.filename in self.recoded else data)
        copy.seek(0)
        return copy
