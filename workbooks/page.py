"""One page of the report: the record that declares it, and the sheet it is drawn on.

`Section(name, needs, draw)` is all that a file in `sections/` has to define, as `SECTION`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from workbooks import style as look
from workbooks.paper import Part, page_breaks
from workbooks.style import Style
from workbooks.wording import Wording

if TYPE_CHECKING:
    from xlsxwriter.chart import Chart
    from xlsxwriter.worksheet import Worksheet

    from tierbook.quality import Problem
    from tierbook.run import Run

MOST_CHARACTERS = 32_767
# Width to height of what a landscape A4 sheet prints within our margins; a little wide, for printers differ.
_PAPER = 1.56
# How wide that is: a narrower page is printed in its own size. [pixels]
_NARROWEST = 1_036
CUT_MARK = "…"
# What a cell keeps free beside its text, what a line of text takes, and the widest letter. [pixels]
_MARGINS, _LINE, _WIDEST_LETTER = 16, 16, 14.0
# A text that is so much longer than its column can still be read when its letters shrink.
_SHRINKS = 1.25
# Of a longer text only its beginning is seen; the cell holds all of it.
_MOST_LINES = 3
# A need of a section: an extra of the package, such as `extra:mining`.
EXTRA = "extra:"
# What XML cannot hold, and control characters nobody can read; tabs and line ends stay.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class Section:
    """One page of the report.

    Parameters
    ----------
    name : str
        Subject; the labels `page_<name>` (sheet name) and `page_<name>_about` (one sentence) belong to it.
    needs : tuple of str
        Input tables and result columns without which the page is absent; `transactions.product` is a column of a
        table, `extra:mining` an extra that must be installed, and of `region|industry` one is enough.
    draw : function of (Page, Run)
    order : int
        Place in the workbook.
    landscape_pages : int
        How many pages high it may print; 0 is as many as it takes.
    lacks : function of Run
        Why the page has nothing to show although everything in `needs` is there: too little data, say.
    """

    name: str
    needs: tuple[str, ...]
    draw: Callable[[Page, Run], None]
    order: int = 500
    landscape_pages: int = 0
    lacks: Callable[[Run], Problem | None] = lambda run: None


@dataclass(frozen=True)
class Column:
    """One column of a drawn table: heading, kind of figure (`style.NUMBERS`, or text), pieces of style for its cells."""

    title: str
    kind: str = "text"
    pieces: tuple[str, ...] = ()


@dataclass(frozen=True)
class Block:
    """Where a drawn table stands: its data rows, first to last, and its first column."""

    sheet: str
    first: int
    last: int
    left: int

    def column(self, position: int) -> list[Any]:
        """The data cells of a column, as charts name them."""
        return [self.sheet, self.first, self.left + position, self.last, self.left + position]

    def heading(self, position: int) -> list[Any]:
        return [self.sheet, self.first - 1, self.left + position]

    @property
    def after(self) -> int:
        """The first row below the table, its total row left aside."""
        return self.last + 1


class Page(Wording):
    """A sheet with the report's manners: clean text, one style, the reader's language."""

    def __init__(
        self, sheet: Worksheet, section: Section, run: Run, style: Style, contents: Sequence[tuple[Section, str]],
        absent: Sequence[tuple[Section, Sequence[str | Problem]]] = (),
    ) -> None:  # fmt: skip
        super().__init__(run, style.language)
        self.sheet, self.section, self.style = sheet, section, style
        self.contents, self.absent = contents, absent
        sheet.set_default_row(look.ROW_PIXELS * 0.75)
        self._parts: list[Part] = []
        self._lines: set[int] = set()
        self._turns: list[int] = []
        self._running: list[tuple[int, int, str, tuple[str, ...]]] = []
        self._widths: dict[int, int] = {}
        self._beyond_comparison = False

    # Cells

    def put(self, row: int, column: int, value: Any, *pieces: str) -> None:
        """Write one value; text is never read as a formula, missing is blank."""
        if "change" in pieces and isinstance(value, int | float | Decimal):
            value, pieces = self._change(float(value), pieces)
        if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            pieces = self._sized(column, float(value), pieces)
        form = self.style.of(*pieces)
        self._lines.add(row)
        if isinstance(value, str):
            # "" would be an error in write_string's eyes and a value in a formula's: it is blank.
            if text := clean(value):
                self.sheet.write_string(row, column, text, form)
            else:
                self.sheet.write_blank(row, column, None, form)
        elif value is None or (isinstance(value, float) and not math.isfinite(value)):
            self.sheet.write_blank(row, column, None, form)
        elif isinstance(value, bool):
            self.sheet.write_string(row, column, self.label("yes" if value else "no"), form)
        elif isinstance(value, int | float | Decimal):
            self.sheet.write_number(row, column, float(value), form)
        elif isinstance(value, date | datetime):
            self.sheet.write_datetime(row, column, value, form)
        else:
            raise TypeError(f"no way to write {type(value).__name__}")

    def _change(self, change: float, pieces: tuple[str, ...]) -> tuple[float | str, tuple[str, ...]]:
        """A change as a reader can use it, with its pieces of style."""
        if change > look.MOST_CHANGE:
            self._beyond_comparison = True
            kept = tuple(piece for piece in pieces if piece != "change")
            return self.label("not_comparable"), (*kept, "muted", "right")
        if abs(change) < look.LEAST_CHANGE:
            pieces = tuple("steady" if piece == "change" else piece for piece in pieces)
        return change, pieces

    def _sized(self, column: int, figure: float, pieces: tuple[str, ...]) -> tuple[str, ...]:
        """Pieces of style with which a figure fits its column: a larger unit, or smaller letters."""
        if "short" in pieces and (figure < 0 or figure >= look.LARGE_FROM[self.language]):
            other = "count" if -look.LONG < figure < 0 else "thousands" if figure < 0 else "large"
            return (*(other if piece == "short" else piece for piece in pieces), "shrink")
        kind = next((piece for piece in reversed(pieces) if piece in look.WIDE), None)
        width = self._widths.get(column, 0) - _MARGINS
        if kind is None or width <= 0 or "shrink" in pieces:
            return pieces
        text = look.figure_text(figure, kind)
        # Letters of a headline are twice as wide.
        wide = look.text_pixels(text, self.language, bold=bool({"bold", "total"} & {*pieces}))
        return (*pieces, "shrink") if wide * (2 if "figure" in pieces else 1) > width else pieces

    def across(self, row: int, first: int, last: int, text: str, *pieces: str) -> None:
        """One text over several columns."""
        self.sheet.merge_range(row, first, row, last, "", self.style.of(*pieces))
        self.put(row, first, text, *pieces)

    def fill(self, row: int, first: int, last: int, *pieces: str) -> None:
        """Style cells that hold nothing."""
        for column in range(first, last + 1):
            self.sheet.write_blank(row, column, None, self.style.of(*pieces))

    # Parts of a page

    def columns(self, widths: Sequence[int], first: int = 0) -> None:
        """Widths of successive columns. [pixels]"""
        for position, width in enumerate(widths, first):
            self._widths[position] = width
            self.sheet.set_column_pixels(position, position, width, self.style.of())

    def header(self, last: int, title: str | None = None) -> int:
        """The band on top: title, as-of date, rules; returns the first free row."""
        self.sheet.set_row_pixels(0, 12)
        self.sheet.set_row_pixels(1, 36)
        self.put(1, 1, title or self.label(f"page_{self.section.name}"), "title")
        self.put(2, 1, self.subtitle(), "subtitle")
        self.fill(3, 1, last, "rule")
        self.sheet.set_row_pixels(3, 6)
        self.sheet.set_row_pixels(4, 12)
        self._parts.append(Part(0, 4, opens=True))
        if self.section.name != "contents":
            first_page = self.contents[0][1]
            self.sheet.write_url(
                1, last, f"internal:'{first_page}'!A1", self.style.of("link", "flush"), f"‹ {first_page}",
                self.say("Back to the list of pages"),
            )  # fmt: skip
        return 5

    def subtitle(self) -> str:
        """The line under every title: as-of date, window, rules."""
        run = self.run
        return self.say(
            "As of {day}  ·  window of {days} days  ·  rules {pack} {version} ({hash})",
            day=self.date(run.as_of), days=run.window_days, pack=run.pack.name, version=run.pack.version,
            hash=run.pack.hash[:8],
        )  # fmt: skip

    def heading(self, row: int, column: int, text: str, note: str = "") -> int:
        """The title of a part of the page, with a line of explanation; returns the next row."""
        self.sheet.set_row_pixels(row, 24)
        self.put(row, column, text, "heading")
        if note:
            self.put(row + 1, column, note, "small")
        self._parts.append(Part(row, row + bool(note), opens=True))
        return row + 1 + bool(note)

    def table(
        self, row: int, left: int, columns: Sequence[Column], rows: Iterable[Sequence[Any]],
        total: Sequence[Any] | None = None, head_pixels: int = 32,
    ) -> Block:  # fmt: skip
        """A small table: heading row, hairlines between rows, an optional total row."""
        lines = 2
        for position, column in enumerate(columns, left):
            side = ("right",) if column.kind in look.RIGHT else ()
            self.put(row, position, column.title, "head", *side)
            if (width := self._widths.get(position, 0) - _MARGINS) > 0:
                lines = max(lines, look.line_count(column.title, width, self.language, bold=True))
        self.sheet.set_row_pixels(row, max(head_pixels, _LINE * lines + 2 if lines > 2 else 0))
        at = row
        for at, cells in enumerate(rows, row + 1):
            for position, (column, cell) in enumerate(zip(columns, cells, strict=True)):
                fit = self._fit(at, left + position, cell, column, cells[position + 1 :], "line")
                self.put(at, left + position, cell, "line", "cell", column.kind, *column.pieces, *fit)
        if total is not None:
            for position, (column, cell) in enumerate(zip(columns, total, strict=True)):
                fit = self._fit(at + 1, left + position, cell, column, total[position + 1 :], "total")
                self.put(at + 1, left + position, cell, "total", "cell", column.kind, *fit)
        self._parts.append(Part(row, at + (total is not None), head=row))
        return Block(self.sheet.get_name(), row + 1, at, left)

    def _fit(
        self, row: int, at: int, cell: Any, column: Column, right: Sequence[Any], line: str
    ) -> tuple[str, ...]:
        """What keeps a cell from being cut: smaller letters for a figure that would show as ###, or for a text with a
        neighbour; more lines for a text much longer than its column."""
        width = self._widths.get(at, 0) - _MARGINS
        if width <= 0 or cell is None or "wrap" in column.pieces:
            return ()
        bold = line == "total" or "bold" in column.pieces
        if isinstance(cell, str):
            # Most texts are short: only the others are measured.
            if len(cell) * _WIDEST_LETTER < width:
                return ()
            free = next((count for count, one in enumerate(right) if one not in (None, "")), None)
            needed = look.text_pixels(cell, self.language, bold=bold)
            if free is None:
                # It may run on to the edge of the page, which is not known yet.
                if needed > width:
                    self._running.append((row, at, cell, (line, "cell", column.kind, *column.pieces)))
                return ()
            width += sum(self._widths.get(at + 1 + next_to, 0) for next_to in range(free))
            if needed <= width * _SHRINKS:
                return ("shrink",) if needed > width else ()
            lines = look.line_count(cell, width, self.language, bold=bold)
            self.tall(row, min(lines, _MOST_LINES))
            return ("wrap",) if lines <= _MOST_LINES else ("wrap", "top")
        if isinstance(cell, date):
            return ("shrink",) if look.text_pixels("2026-10-31", self.language, bold=bold) > width else ()
        if (
            isinstance(cell, int | float | Decimal)
            and not isinstance(cell, bool)
            and column.kind in look.RIGHT
        ):
            text = look.figure_text(float(cell), column.kind)
            return ("shrink",) if look.text_pixels(text, self.language, bold=bold) > width else ()
        return ()

    def tall(self, row: int, lines: int) -> None:
        """Make a row high enough for so many lines of text."""
        if (height := 5 + _LINE * lines) > self._height(row):
            self.sheet.set_row_pixels(row, height)

    def extend(self, block: Block, first: int, last: int) -> None:
        """Draw the lines of a table on over columns into which its last text runs."""
        self.fill(block.first - 1, first, last, "head")
        for row in range(block.first, block.last + 1):
            self.fill(row, first, last, "line")

    def bars(self, block: Block, position: int, colour: str = look.ACCENT_SOFT) -> None:
        """A bar in each cell of a column, as long as its share of the largest."""
        place = (block.first, block.left + position, block.last, block.left + position)
        self.sheet.conditional_format(*place, look.BAR | {"bar_color": colour, "bar_border_color": colour})

    def heat(self, first_row: int, first_column: int, last_row: int, last_column: int) -> None:
        """Shade a block of figures, white for nothing, the accent's light tone for the most."""
        self.sheet.conditional_format(
            first_row, first_column, last_row, last_column,
            {"type": "2_color_scale", "min_type": "num", "min_value": 0, "min_color": look.WHITE,
             "max_color": look.ACCENT_SOFT},
        )  # fmt: skip

    def place(
        self, chart: Chart, row: int, column: int, width: int, height: int, about: str, *, shift: int = 0
    ) -> None:  # fmt: skip
        """Put a chart with its corner in a cell, or so far right of it; `about` is read to who cannot see it. [pixels]"""
        chart.set_size({"width": width, "height": height})
        self.sheet.insert_chart(
            row, column, chart, {"description": about, "object_position": 2, "x_offset": shift}
        )
        last, below = row, height - self._height(row)
        while below > 0:
            last += 1
            below -= self._height(last)
        self._parts.append(Part(row, last))

    def turn(self, row: int) -> None:
        """Begin a new sheet of paper at a row."""
        self._turns.append(row)

    def keep(self, first: int, last: int) -> None:
        """Print these rows on one sheet of paper, where it has room for them: a table and its chart, say."""
        self._parts.append(Part(first, last, kept=True))

    def rows_left(self, row: int) -> int:
        """How many plain rows the first sheet of paper has room for from a row on; 0 where it ends above."""
        above = sum(self._height(one) for one in range(row))
        return max(int((self._room(max(self._widths)) - above) / look.ROW_PIXELS), 0)

    def _room(self, last_column: int) -> float:
        """Height of the rows that fit on a sheet of paper. [pixels]"""
        width = sum(self._widths.get(column, look.COLUMN_PIXELS) for column in range(last_column + 1))
        return max(width, _NARROWEST) / _PAPER

    def _height(self, row: int) -> float:
        """Height of a row as it stands now. [pixels]"""
        sizes = self.sheet.row_sizes
        return sizes[row][0] if row in sizes else look.ROW_PIXELS

    def _wrap_at_the_edge(self, last_column: int) -> None:
        """More lines for the last text of a row of a table that would run off the page."""
        for row, column, text, pieces in self._running:
            width = sum(self._widths.get(at, 0) for at in range(column, last_column + 1)) - _MARGINS
            if not 0 < width < look.text_pixels(text, self.language, bold="bold" in pieces):
                continue
            self.tall(row, look.line_count(text, width, self.language, bold="bold" in pieces))
            if column < last_column:
                self.across(row, column, last_column, text, *pieces, "wrap")
            else:
                self.put(row, column, text, *pieces, "wrap")

    def _turn_over(
        self, last_row: int, last_column: int, repeat: tuple[int, int] | None
    ) -> tuple[int, int] | None:
        """Set where sheets of paper begin; returns the rows to repeat on each."""
        drawn = {row for part in self._parts for row in range(part.first, part.last + 1)}
        lines = [Part(row, row, line=True) for row in sorted(self._lines - drawn)]
        parts = [
            replace(part, last=min(part.last, last_row))
            for part in [*self._parts, *lines]
            if part.first <= last_row
        ]
        breaks, repeat = page_breaks(
            parts, self._height, self._room(last_column), turns=self._turns, repeat=repeat
        )
        if breaks:
            self.sheet.set_h_pagebreaks(breaks)
        return repeat

    def prints(self, last_row: int, last_column: int, *, repeat: tuple[int, int] | None = None) -> None:
        """Landscape A4, one page wide, the title and rule version on every sheet of paper."""
        sheet, font = self.sheet, self.style.font
        if self._beyond_comparison:
            last_row += 2
            said = self.say(
                "{mark}: more than five times the figure before, too little to compare with.",
                mark=self.label("not_comparable"),
            )
            self.put(last_row, 1, said, "small")
        if repeat and self.style.most_printed:
            last_row = min(last_row, repeat[1] + self.style.most_printed)
        self._wrap_at_the_edge(last_column)
        title = self.label(f"page_{self.section.name}").replace("&", "&&")
        report = self.say("Customer value report").replace("&", "&&")
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, self.section.landscape_pages)
        sheet.set_margins(left=0.45, right=0.45, top=0.62, bottom=0.55)
        sheet.center_horizontally()
        sheet.print_area(0, 0, last_row, last_column)
        repeat = self._turn_over(last_row, last_column, repeat)
        if repeat:
            sheet.repeat_rows(*repeat)
        small = f'&"{font},Regular"&8&K56626C'
        sheet.set_header(
            f"&L{small}{report}  ·  {title}&R{small}{self.say('As of {day}', day=self.date(self.run.as_of))}",
            {"margin": 0.3},
        )
        rules = self.say(
            "Rules {pack} {version}", pack=self.run.pack.name, version=self.run.pack.version
        ).replace("&", "&&")
        sheet.set_footer(f"&L{small}{rules}&R{small}{self.say('Page &P of &N')}", {"margin": 0.3})


def clean(text: str) -> str:
    """Text a cell can hold: nothing unprintable, cut with a mark where it is longer than Excel allows.

    >>> clean("a\\x07b"), len(clean("x" * 40_000)), clean("x" * 40_000)[-1]
    ('ab', 32767, '…')
    """
    if not text.isprintable():
        text = _UNPRINTABLE.sub("", text)
    if len(text) * 2 <= MOST_CHARACTERS:
        return text
    # Excel counts UTF-16 units: a character beyond the first 65,536 takes two.
    code = text.encode("utf-16-le")
    if len(code) <= 2 * MOST_CHARACTERS:
        return text
    return code[: 2 * (MOST_CHARACTERS - 1)].decode("utf-16-le", "ignore") + CUT_MARK
