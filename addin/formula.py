"""A `CRM_` formula of a cell, worked out from the cells of the saved workbook: what Why? looks into."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tierbook.errors import DataError
from udfs.cells import CellError
from udfs.context import DEFAULT, Context
from workbooks.book_cells import BookCells
from workbooks.sheet_cells import Area

# As people type it, as Office.js shows it, as LibreOffice keeps it in an .xlsx.
OURS = re.compile(
    r"(?<![\w.])(?:_xll\.|\[\d+\]!|'[^']*tierbook\.xlam'!|tierbook\.xlam!)?"
    r"(?:CRM[_.][A-Z_]+|ORG\.TIERBOOK\.FUNCTIONS\.CRM[A-Z_]+)\(",
    re.I,
)
_NAME = re.compile(r"(?:.*!)?(?:_xll\.)?(?:ORG\.TIERBOOK\.FUNCTIONS\.CRM_?|CRM[_.])([A-Z_]+)\(", re.I)
_CELLS = re.compile(
    r"(?:(?:'((?:[^']|'')+)'|([^\s'!\[\]]+))!)?(\$?[A-Za-z]{1,3}\$?\d+(?::\$?[A-Za-z]{1,3}\$?\d+)?|\$?[A-Za-z]{1,3}:\$?[A-Za-z]{1,3})"
)
_OF_TABLE = re.compile(r"([^\W\d][\w.]*)\[(.*)\]")


class NotHere(DataError):
    """Something in a formula that only the spreadsheet program works out."""


@dataclass(frozen=True)
class CrmCall:
    """One call in a formula: the function and its arguments as cells."""

    name: str
    cells: tuple[Any, ...]


def crm_calls(
    text: str, book: BookCells, sheet: str, row: int, context: Context = DEFAULT
) -> Iterator[CrmCall]:
    """The calls of our functions in a formula, inner ones first, with the cells they are given.

    Parameters
    ----------
    text : str
        The formula, with `=`.
    sheet, row
        Where it stands, for references without a sheet and for `[@…]`.

    Raises
    ------
    NotHere
        An argument is worked out by something other than a reference, a value or one of our functions.
    """
    from openpyxl.formula import Tokenizer

    tokens = [token for token in Tokenizer(text).items if token.type != "WHITE-SPACE"]
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if token.type == "FUNC" and token.subtype == "OPEN" and _NAME.fullmatch(token.value):
            reader = _Reader(tokens, at, book, sheet, row, context)
            reader.call(needed=False)
            yield from reader.calls
            at = reader.at
        else:
            at += 1


class _Reader:
    """Reads one call from the tokens of a formula; `calls` are those it holds, inner ones first."""

    def __init__(
        self, tokens: Sequence[Any], at: int, book: BookCells, sheet: str, row: int, context: Context
    ) -> None:
        self.tokens, self.at = tokens, at
        self.book, self.sheet, self.row, self.context = book, sheet, row, context
        self.calls: list[CrmCall] = []

    def call(self, *, needed: bool = True) -> Any:
        """The result of the call that opens here; one of ours that is not `needed` is only noted."""
        import udfs

        opening = self.tokens[self.at].value
        self.at += 1
        arguments: list[Any] = []
        given: Any = None
        filled = False
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            if token.type == "FUNC" and token.subtype == "CLOSE":
                self.at += 1
                if filled or arguments:
                    arguments.append(given)
                break
            if token.type == "SEP":
                arguments.append(given)
                given, filled = None, False
                self.at += 1
                continue
            if filled:
                raise _only_there(token.value)
            given, filled = self._value(token), True
        ours = _NAME.fullmatch(opening)
        if ours is None:
            return _plain_function(opening, arguments)
        name = "CRM_" + ours[1].upper()
        self.calls.append(CrmCall(name, tuple(arguments)))
        return udfs.call(name, *arguments, context=self.context) if needed else None

    def _value(self, token: Any) -> Any:
        if token.type == "FUNC" and token.subtype == "OPEN":
            return self.call()
        if token.type == "OPERATOR-PREFIX" and token.value in "+-":
            self.at += 1
            number = self._value(self.tokens[self.at])
            if not isinstance(number, int | float):
                raise _only_there(token.value)
            return -number if token.value == "-" else number
        self.at += 1
        if token.type == "OPERAND":
            return self._operand(token)
        raise _only_there(token.value)

    def _operand(self, token: Any) -> Any:
        text: str = token.value
        if token.subtype == "NUMBER":
            return float(text)
        if token.subtype == "TEXT":
            return text[1:-1].replace('""', '"')
        if token.subtype == "LOGICAL":
            return text.upper() == "TRUE"
        if token.subtype == "ERROR":
            return CellError(text)
        return self._reference(text)

    def _reference(self, text: str) -> Any:
        if found := _CELLS.fullmatch(text):
            sheet = (found[1] or "").replace("''", "'") or found[2] or self.sheet
            return self._rows(sheet, self.book.area(sheet, found[3]), single=":" not in found[3])
        if found := _OF_TABLE.fullmatch(text):
            return self._of_table(found[1], found[2])
        if table := self.book.table(text):
            area = Area.of(table.ref)
            return self._rows(table.sheet, Area((area.first[0] + table.header_row, area.first[1]), area.last))
        for name in self.book.package.defined_names:
            if name.name.casefold() == text.casefold() and name.sheet in (None, self.sheet):
                quoted = name.text.removeprefix("=")
                return quoted[1:-1] if quoted.startswith('"') else self._reference(quoted)
        raise _only_there(text)

    def _of_table(self, name: str, inside: str) -> Any:
        """`T[#All]`, `T[#Headers]`, `T[@]`, `T[Column]`, `T[@Column]`; `T[#This Row]` as files keep `T[@]`."""
        table = self.book.table(name)
        if table is None:
            raise _only_there(f"{name}[{inside}]")
        (top, left), (bottom, right) = Area.of(table.ref)
        body = (top + table.header_row, bottom - table.totals_row)
        asked = inside.strip("[]").casefold()
        rows = {
            "#all": (top, bottom),
            "#headers": (top, top),
            "#data": body,
            "": body,
            "@": (self.row, self.row),
            "#this row": (self.row, self.row),
        }
        if asked in rows:
            first, last = rows[asked]
            return self._rows(table.sheet, Area((first, left), (last, right)))
        this_row = inside.startswith("@") or "#this row" in asked
        column = inside.rpartition("[")[2].strip("[]@")
        headers = self.book.rows(table.sheet, Area((top, left), (top, right)))[0]
        known = [str(header).casefold() for header in headers]
        if column.casefold() not in known:
            raise _only_there(f"{name}[{inside}]")
        at = left + known.index(column.casefold())
        first, last = (self.row, self.row) if this_row else body
        return self._rows(table.sheet, Area((first, at), (last, at)), single=this_row)

    def _rows(self, sheet: str, area: Area, *, single: bool = False) -> Any:
        rows = [
            [CellError(cell.code) if hasattr(cell, "code") else cell for cell in row]
            for row in self.book.rows(sheet, area)
        ]
        return rows[0][0] if single else rows


def _plain_function(opening: str, arguments: Sequence[Any]) -> Any:
    """What DATE gives; other functions are the program's own business."""
    if (
        opening.upper() == "DATE("
        and len(arguments) == 3
        and all(isinstance(one, float) for one in arguments)
    ):
        year, month, day = map(int, arguments)
        return datetime(year, month, day)
    if opening.upper() in ("TRUE(", "FALSE(") and not arguments:
        return opening.upper() == "TRUE("
    raise _only_there(opening.rstrip("("))


def _only_there(text: str) -> NotHere:
    return NotHere(
        "{text} is worked out by the spreadsheet program, not here.",
        fix="Put it in a cell of its own and refer to that cell.",
        text=text,
    )
