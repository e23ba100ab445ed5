"""What an action writes into an open workbook, through Excel's own objects; each step can be taken back.

`book` is Excel's Workbook object (`xw.Book.api`). Values go in one piece (Value2), never cell by cell. A step that would
lose something the user has entered since is not taken back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from addin.excel.cells import cells_from_com, cells_to_com
from addin.host import Block
from tierbook.errors import DataError, HostError
from udfs.cells import CellError

FORMATS = {
    "text": "@",
    "integer": "#,##0",
    "amount": "#,##0.00",
    "ratio": "0.00%",
    "date": "yyyy-mm-dd",
    "score": "0.00",
    "time": "yyyy-mm-dd hh:mm",
}
LATER_IN_1904 = 1_462  # days
_FROM_A_RANGE, _WITH_HEADERS = 1, 1  # xlSrcRange, xlYes
_STYLE = "TableStyleMedium2"


class Step(NamedTuple):
    """One writing: what is taken back in turn, and whether that would lose something entered since."""

    changed: Callable[[], bool]
    take_back: Sequence[Callable[[], object]]


class Writer:
    """Writes into one workbook and remembers the steps."""

    def __init__(self, book: Any, steps: list[Step]) -> None:
        self.book, self.steps = book, steps

    def put_sheets(self, sheets: Sequence[Mapping[str, Any]]) -> None:
        """Add result sheets as `addin.plain.plain_sheet` gives them, in place of our own earlier ones.

        Raises
        ------
        DataError
            The user has added something to a sheet of ours.
        """
        own = [self._own(sheet["table"]) for sheet in sheets]
        undo: list[Callable[[], object]] = []
        for sheet, place in zip(map(self._counted, sheets), own, strict=True):
            if place is None:
                place = self._new_sheet(sheet["name"])
                undo.insert(0, partial(self._delete, place))
            else:
                undo.insert(0, partial(_write_table, place, _read_table(place, sheet["table"])))
            _write_table(place, sheet)
        self._keep([self.book.Worksheets(self._own_name(sheet["table"])).UsedRange for sheet in sheets], undo)

    def put_cells(self, blocks: Sequence[Block], *, replace: bool) -> None:
        """Write cells, all blocks as one step.

        Raises
        ------
        DataError
            A cell that is not empty would be overwritten.
        """
        for block in blocks:
            if not replace and self._has(block.sheet) and _filled(self._target(block)):
                raise DataError(
                    "The cells from {cell} on are not empty, so nothing was written.",
                    cell=f"{block.sheet}!{block.address}",
                )
        undo: list[Callable[[], object]] = []
        written = []
        for block in blocks:
            if not self._has(block.sheet):
                made = self._new_sheet(block.sheet)
                undo.insert(0, partial(self._delete, made))
            target = self._target(block)
            undo.insert(0, partial(_restore, target, _held(target)))
            if block.formula:
                target.ClearContents()
                # Only the upper left cell holds it where Excel spills; before that an array formula fills the range.
                if hasattr(target, "Formula2"):
                    target.Cells(1, 1).Formula2 = block.formula
                else:
                    target.FormulaArray = block.formula
            else:
                target.Value2 = _values(block.rows)
            written.append(target)
        self._keep(written, undo)

    def define(self, name: str, text: str) -> None:
        """Keep a text under a defined name; one step."""
        before = self.defined(name)
        self._name(name, text)
        self.steps.append(Step(lambda: self.defined(name) != text, [lambda: self._name(name, before)]))

    def defined(self, name: str) -> str | None:
        """The text under a defined name; None where there is no such name, or it holds something else."""
        for one in self.book.Names:
            if one.Name == name:
                held = str(one.RefersTo)
                if held.startswith('="') and held.endswith('"'):
                    return held[2:-1].replace('""', '"')
        return None

    def undo(self) -> None:
        """Take back the last step.

        Raises
        ------
        HostError
            There is none, or the user has changed what it wrote.
        """
        if not self.steps:
            raise HostError("There is nothing to undo for {name}.", name=self.book.Name)
        step = self.steps[-1]
        if step.changed():
            raise HostError(
                "What the last step wrote has been changed since, so it is not taken back.",
                fix="Use Excel's own Undo first.",
            )
        for action in step.take_back:
            action()
        self.steps.pop()

    def _keep(self, written: Sequence[Any], undo: Sequence[Callable[[], object]]) -> None:
        held = [area.Formula for area in written]
        self.steps.append(
            Step(lambda: [area.Formula for area in written] != held, undo),
        )

    def _counted(self, sheet: Mapping[str, Any]) -> Mapping[str, Any]:
        """The sheet with its dates counted as the workbook counts them."""
        days = [form in ("date", "time") for form in sheet["formats"]]
        if not self.book.Date1904 or not any(days):
            return sheet
        rows = [
            [
                cell - LATER_IN_1904 if day and cell is not None else cell
                for cell, day in zip(row, days, strict=True)
            ]
            for row in sheet["rows"]
        ]
        return {**sheet, "rows": rows}

    def _has(self, name: str) -> bool:
        return any(sheet.Name == name for sheet in self.book.Worksheets)

    def _own_name(self, table: str) -> str:
        return next(
            sheet.Name for sheet in self.book.Worksheets for one in sheet.ListObjects if one.Name == table
        )

    def _own(self, table: str) -> Any:
        """Our earlier sheet with the table of that name; None when there is none."""
        for sheet in self.book.Worksheets:
            for one in sheet.ListObjects:
                if one.Name == table:
                    if sheet.UsedRange.Address != one.Range.Address:
                        raise DataError(
                            "Cells outside the table of the result sheet {sheet} were filled, so it is not overwritten.",
                            sheet=sheet.Name,
                        )
                    return sheet
        return None

    def _new_sheet(self, wanted: str) -> Any:
        name, number = wanted, 1
        while self._has(name):
            number += 1
            name = f"{wanted} ({number})"
        # Beside the sheet the user looks at, which stays the one they look at.
        seen, sheets = self.book.ActiveSheet, self.book.Worksheets
        made = sheets.Add(After=sheets(sheets.Count))
        made.Name = name
        seen.Activate()
        return made

    def _delete(self, sheet: Any) -> None:
        application = self.book.Application
        alerts, application.DisplayAlerts = application.DisplayAlerts, False
        sheet.Delete()
        application.DisplayAlerts = alerts

    def _target(self, block: Block) -> Any:
        return (
            self.book.Worksheets(block.sheet).Range(block.address).Resize(len(block.rows), len(block.rows[0]))
        )

    def _name(self, name: str, text: str | None) -> None:
        for one in self.book.Names:
            if one.Name == name:
                one.Delete()
                break
        if text is not None:
            self.book.Names.Add(name, '="{}"'.format(text.replace('"', '""')))


def _area(sheet: Any, row: int, column: int, height: int, width: int) -> Any:
    # Not Resize: with the classes pywin32 makes for Excel, area.Resize(2, 3) is a cell of it.
    return sheet.Range(sheet.Cells(row, column), sheet.Cells(row + height - 1, column + width - 1))


def _write_table(sheet: Any, given: Mapping[str, Any]) -> None:
    """A header row, the rows under it and Excel's table around them, on a sheet of their own."""
    for table in list(sheet.ListObjects):
        table.Delete()
    sheet.Cells.Clear()
    heads, rows = given["headers"], given["rows"]
    height = max(len(rows), 1) + 1
    for at, (form, width) in enumerate(zip(given["formats"], given["widths"], strict=True), 1):
        column = _area(sheet, 2, at, height - 1, 1)
        column.NumberFormat = FORMATS.get(form, form)
        column.ColumnWidth = width
    _area(sheet, 1, 1, 1, len(heads)).Value2 = _values([heads])
    if rows:
        _area(sheet, 2, 1, len(rows), len(heads)).Value2 = _values(rows)
    area = _area(sheet, 1, 1, height, len(heads))
    table = sheet.ListObjects.Add(SourceType=_FROM_A_RANGE, Source=area, XlListObjectHasHeaders=_WITH_HEADERS)
    table.Name, table.TableStyle = given["table"], _STYLE


def _read_table(sheet: Any, table: str) -> dict[str, Any]:
    """A table of ours as it was written, to write it once more."""
    area = next(one for one in sheet.ListObjects if one.Name == table).Range
    heads, *rows = cells_from_com(area.Value2)
    columns = range(1, len(heads) + 1)
    return {
        "table": table,
        "headers": list(heads),
        "rows": [list(row) for row in rows],
        "formats": [area.Cells(2, at).NumberFormat for at in columns],
        "widths": [area.Cells(2, at).ColumnWidth for at in columns],
    }


def _values(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """Cells as Excel takes them for Value2."""
    return [list(map(_value, row)) for row in rows]


def _value(cell: Any) -> Any:
    if cell is None or cell == "":
        return None
    if isinstance(cell, CellError):
        return f"={cell.code}"  # a formula that is nothing but the error
    if isinstance(cell, str):
        return f"'{cell}"  # a text stays a text, whatever it begins with or looks like
    return cells_to_com(cell)[0][0]


def _filled(target: Any) -> bool:
    return any(cell not in (None, "") for row in _rows(target.Formula) for cell in row)


def _held(target: Any) -> list[list[Any]]:
    """What stands in cells so that `Formula` brings it back: formulas, numbers, texts that stay texts."""
    spilled = _spilled(target)
    cells = zip(_rows(target.Formula), _rows(cells_from_com(target.Value2)), strict=True)
    return [
        [
            None if (down, right) in spilled else _brought_back(formula, value)
            for right, (formula, value) in enumerate(zip(formulas, values, strict=True))
        ]
        for down, (formulas, values) in enumerate(cells)
    ]


def _brought_back(formula: Any, value: Any) -> Any:
    # The formula of a text is the text, even where it begins with an equals sign.
    return formula if str(formula).startswith("=") and formula != value else _value(value)


def _spilled(target: Any) -> set[tuple[int, int]]:
    """The cells a formula in another cell has filled."""
    # True, False, or None where only some cells have; Excel before 365 does not know the word.
    if getattr(target, "HasSpill", False) is False:
        return set()
    return {
        (cell.Row - target.Row, cell.Column - target.Column)
        for cell in target.Cells
        if cell.HasSpill and cell.SpillParent.Address != cell.Address
    }


def _rows(held: Any) -> Sequence[Sequence[Any]]:
    """Rows of a range, which is a single value where it is a single cell."""
    return held if isinstance(held, tuple | list) else [[held]]


def _restore(target: Any, before: Any) -> None:
    target.ClearContents()
    target.Formula = before
