"""One page of the report: the record that declares it, and the sheet it is drawn on.

`Section(name, needs, draw)` is all that a file in `sections/` has to define, as `SECTION`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from workbooks import style as look
from workbooks.style import Style
from workbooks.wording import Wording

if TYPE_CHECKING:
    from xlsxwriter.chart import Chart
    from xlsxwriter.worksheet import Worksheet

    from tierbook.quality import Problem
    from tierbook.score import Run

MOST_CHARACTERS = 32_767
# Width to height of what a landscape A4 sheet prints within our margins; a little wide, for printers differ.
_PAPER = 1.62
CUT_MARK = "…"
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
        self._breaks: list[int] = []
        self._width = 0

    # Cells

    def put(self, row: int, column: int, value: Any, *pieces: str) -> None:
        """Write one value; text is never read as a formula, missing is blank."""
        form = self.style.of(*pieces)
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
        self._width += sum(widths)
        for position, width in enumerate(widths, first):
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
            return row + 2
        return row + 1

    def table(
        self, row: int, left: int, columns: Sequence[Column], rows: Iterable[Sequence[Any]],
        total: Sequence[Any] | None = None, head_pixels: int = 32,
    ) -> Block:  # fmt: skip
        """A small table: heading row, hairlines between rows, an optional total row."""
        self.sheet.set_row_pixels(row, head_pixels)
        for position, column in enumerate(columns):
            side = ("right",) if column.kind in look.RIGHT else ()
            self.put(row, left + position, column.title, "head", *side)
        at = row
        for at, cells in enumerate(rows, row + 1):
            for position, (column, cell) in enumerate(zip(columns, cells, strict=True)):
                self.put(at, left + position, cell, "line", "cell", column.kind, *column.pieces)
        if total is not None:
            for position, (column, cell) in enumerate(zip(columns, total, strict=True)):
                self.put(at + 1, left + position, cell, "total", "cell", column.kind)
        return Block(self.sheet.get_name(), row + 1, at, left)

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

    def turn(self, row: int) -> None:
        """Begin a new sheet of paper at a row."""
        self._breaks.append(row)

    def keep(self, first: int, last: int) -> None:
        """Begin a new sheet of paper at the first row, where rows up to the last would not fit on the one before.

        To be called from top to bottom, once the rows have their heights and the page its columns.
        """
        start = self._breaks[-1] if self._breaks else 0
        sizes = self.sheet.row_sizes
        height = sum(sizes[row][0] if row in sizes else look.ROW_PIXELS for row in range(start, last + 1))
        if height > self._width / _PAPER and first > start:
            self._breaks.append(first)

    def prints(self, last_row: int, last_column: int, *, repeat: tuple[int, int] | None = None) -> None:
        """Landscape A4, one page wide, the title and rule version on every sheet of paper."""
        sheet, font = self.sheet, self.style.font
        if repeat and self.style.most_printed:
            last_row = min(last_row, repeat[1] + self.style.most_printed)
        title = self.label(f"page_{self.section.name}").replace("&", "&&")
        report = self.say("Customer value report").replace("&", "&&")
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, self.section.landscape_pages)
        sheet.set_margins(left=0.45, right=0.45, top=0.7, bottom=0.65)
        sheet.center_horizontally()
        sheet.print_area(0, 0, last_row, last_column)
        if repeat:
            sheet.repeat_rows(*repeat)
        if self._breaks:
            sheet.set_h_pagebreaks(self._breaks)
        small = f'&"{font},Regular"&8&K56626C'
        sheet.set_header(
            f"&L{small}{report}  ·  {title}&R{small}{self.say('As of {day}', day=self.date(self.run.as_of))}",
            {"margin": 0.35},
        )
        rules = self.say(
            "Rules {pack} {version}", pack=self.run.pack.name, version=self.run.pack.version
        ).replace("&", "&&")
        sheet.set_footer(f"&L{small}{rules}&R{small}{self.say('Page &P of &N')}", {"margin": 0.35})


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
