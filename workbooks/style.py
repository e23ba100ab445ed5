"""How everything we draw looks: one accent colour, one font, one set of number formats.

Accent for what matters, greys for the rest, one alert colour for what may be lost; a colour never speaks alone
(signs, arrows and words go with it). Text colours keep a contrast of at least 4.5 : 1 on white and on `TILE`.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from math import ceil
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook

    from workbooks.customer_table import CustomerTable
    from workbooks.long_tables import LongTable

ACCENT = "#0B5A6F"
ACCENT_MID = "#5E9BAB"
ACCENT_SOFT = "#B5D3DA"
ACCENT_FAINT = "#E6F0F3"
ALERT = "#B23A2B"
ALERT_SOFT = "#EBBFB6"
GOOD = "#1E7A4C"
INK = "#1F2933"
MUTED = "#56626C"
LINE = "#D3DAE0"
TILE = "#F3F6F8"
WHITE = "#FFFFFF"

# Both are part of every Excel; LibreOffice has metric-compatible or similar faces for them.
FONT = {"en": "Arial", "zh": "Microsoft YaHei"}
SIZE = 10

# Not Excel's own 20: LibreOffice would take that for no wish and set rows as low as their letters.
ROW_PIXELS = 19
COLUMN_PIXELS = 64

NUMBERS = {
    "count": "#,##0",
    "money": "#,##0",
    "cents": "#,##0.00",
    "share": "0.0%",
    "share0": "0%",
    "score": "0",
    "tenths": "0.0",
    "times": '0.0"×"',
    "change": '"▲ +"0.0%;"▼ −"0.0%;"● "0.0%',
    "steady": '"● "0.0%;"● "0.0%;"● "0.0%',
    "date": "yyyy-mm-dd",
    "plain": "General",
    "text": "@",
}
# Large figures in the units a reader of that language counts in; Excel cannot divide by 10,000, so the
# Chinese formats divide by 1,000 and set the point one digit to the left.
SHORT = {
    "en": '[>=999500]0.00,,"M";[>=9995]0,"k";#,##0',
    "zh": '[>=99950000]0\\.00,,"亿";[>=9995]0\\.0,"万";#,##0',
}
# Larger still, for which those have no condition left.
LARGE = {"en": '0.00,,,"B"', "zh": '0\\.000,,,"万亿"'}
LARGE_FROM = {"en": 1e9, "zh": 1e12}
AXIS = {
    "en": '[>=1000000]0.0,,"M";[>=1000]0,"k";0',
    "zh": '[>=100000000]0\\.00,,"亿";[>=10000]0\\.0,"万";0',
}
# With a sign, which LibreOffice forgets in formats with conditions; for figures too long for their place.
LONG = 50_000
THOUSANDS = {"en": '#,##0,"k"', "zh": '0\\.0,"万"'}
RIGHT = frozenset("count money cents share share0 score tenths times plain change steady short".split())

# A larger change says how little there was before, and nothing else; a smaller one is none at the digits shown.
MOST_CHANGE, LEAST_CHANGE = 4.0, 0.0005

# Figures that can be as long as they like.
WIDE = frozenset("count money cents change times".split())

PIECES: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 20, "font_color": ACCENT},
    "subtitle": {"font_color": MUTED},
    "rule": {"bottom": 5, "bottom_color": ACCENT},
    "heading": {"bold": True, "font_size": 12, "font_color": INK},
    "head": {
        "bold": True, "font_color": ACCENT, "bg_color": ACCENT_FAINT, "bottom": 2, "bottom_color": ACCENT,
        "text_wrap": True, "align": "left", "indent": 1,
    },
    "line": {"bottom": 1, "bottom_color": LINE},
    "cell": {"align": "left", "indent": 1},
    "total": {"bold": True, "top": 1, "top_color": ACCENT, "bottom": 1, "bottom_color": ACCENT},
    "bold": {"bold": True},
    "muted": {"font_color": MUTED},
    "small": {"font_size": 9, "font_color": MUTED},
    "wrap": {"text_wrap": True},
    "shrink": {"shrink": True},
    "right": {"align": "right", "indent": 1},
    "flush": {"align": "right"},
    "top": {"valign": "top"},
    "link": {"font_color": ACCENT, "underline": 1},
    "tile": {"bg_color": TILE},
    "tile_top": {"top": 5, "top_color": ACCENT},
    "figure": {"bold": True, "font_size": 20, "align": "left"},
    "accent": {"font_color": ACCENT},
    "good": {"font_color": GOOD},
    "alert": {"font_color": ALERT},
    "left": {"align": "left"},
    "indent": {"align": "left", "indent": 1},
    # A cell the reader may change: boxed, and the only kind that is not locked on a protected page.
    "input": {"bg_color": "#FFF7DB", "border": 1, "border_color": ACCENT, "bold": True, "locked": False},
}  # fmt: skip

BAR: dict[str, Any] = {
    "type": "data_bar", "bar_color": ACCENT_SOFT, "bar_border_color": ACCENT_SOFT, "bar_solid": True, "min_type": "num",
    "min_value": 0, "bar_negative_color": ALERT_SOFT, "bar_axis_position": "none",
}  # fmt: skip

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


class Style:
    """Formats of one workbook, made once each. Lists print `most_printed` rows at most; None is all."""

    def __init__(self, book: Workbook, language: str, *, most_printed: int | None = None) -> None:
        self.book, self.language, self.font = book, language, FONT[language]
        self.most_printed = most_printed
        self._formats: dict[tuple[str, ...], Format] = {}
        self.long_tables: list[LongTable] = []
        self.customers: CustomerTable | None = None

    def of(self, *names: str) -> Format:
        """The format of these pieces and number formats together; a later name wins."""
        if names not in self._formats:
            properties: dict[str, Any] = {
                "font_name": self.font, "font_size": SIZE, "font_color": INK, "valign": "vcenter",
            }  # fmt: skip
            for name in names:
                properties |= PIECES.get(name) or self._figure(name)
            self._formats[names] = self.book.add_format(properties)
        return self._formats[names]

    def _figure(self, kind: str) -> dict[str, Any]:
        if kind not in RIGHT:
            return {"num_format": self.number(kind)}
        # Room at the right edge as part of the number format: LibreOffice forgets the indent of some figures.
        padded = ";".join(f"{section}_m" for section in self.number(kind).split(";"))
        return {"num_format": padded, "align": "right", "indent": 0}

    def number(self, kind: str) -> str:
        """The Excel number format of a kind of figure."""
        if kind in ("short", "large"):
            return (SHORT if kind == "short" else LARGE)[self.language]
        if kind == "thousands":
            return THOUSANDS[self.language]
        return AXIS[self.language] if kind == "axis" else NUMBERS[kind]


def mixed(start: str, end: str, share: float) -> str:
    """The colour a share of the way between two colours.

    >>> mixed("#000000", "#FFFFFF", 0.5)
    '#808080'
    """
    first, last = ([int(colour[at : at + 2], 16) for at in (1, 3, 5)] for colour in (start, end))
    return "#" + "".join(f"{round(a + (b - a) * share + 1e-9):02X}" for a, b in zip(first, last, strict=True))


def shades(count: int) -> list[str]:
    """Tones of the accent for an ordered list, the first the strongest."""
    return [mixed(ACCENT, "#D9E4E8", position / max(count - 1, 1)) for position in range(count)]


def alert_shades(count: int) -> list[str]:
    """Tones for levels of danger, worst first; the last level is calm and grey."""
    worse = [mixed(ALERT, "#F4D9CF", position / max(count - 2, 1)) for position in range(count - 1)]
    return [*worse, "#CFD8DE"]


def date_text(day: date, language: str) -> str:
    """A date in words: 31 October 2026, 2026年10月31日."""
    if language == "zh":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def short_number(value: float, language: str) -> str:
    """A large figure for a sentence, as the format `short` shows it in a cell.

    >>> short_number(1234567, "en"), short_number(1234567, "zh"), short_number(12345, "en"), short_number(843.2, "en")
    ('1.23M', '123.5万', '12k', '843')
    """
    units = (
        ((1e12, "万亿", 3), (1e8, "亿", 2), (1e4, "万", 1))
        if language == "zh"
        else ((1e9, "B", 2), (1e6, "M", 2), (1e3, "k", 0))
    )
    for size, unit, places in units:
        if value >= max(size, 1e4) * 0.9995:
            return f"{value / size:,.{places}f}{unit}"
    return f"{value:,.0f}"


def share_text(value: float) -> str:
    """A share for a sentence: 12%, or 3.4% where the tenths matter."""
    return f"{value:.1%}".replace(".0%", "%") if abs(value) < 0.1 else f"{value:.0%}"


@lru_cache(maxsize=10_000)
def text_pixels(text: str, language: str, *, bold: bool = False) -> float:
    """Width of a text in a cell. [pixels]"""
    from xlsxwriter.utility import xl_pixel_width

    narrow = text
    if not text.isascii():
        narrow = "".join(character for character in text if ord(character) <= 0x2E7F)
    # XlsxWriter measures Calibri, and Arial is as wide; what stands in for Microsoft YaHei elsewhere is wider.
    wider = (1.15 if language == "zh" else 1.0) * (1.08 if bold else 1.0)
    return xl_pixel_width(narrow) * wider + (len(text) - len(narrow)) * 13.4


def line_count(text: str, width: float, language: str, *, bold: bool = False) -> int:
    """How many lines a text takes in a cell that wraps, so wide within its margins. [pixels]

    >>> line_count("Share of customers", 72, "en", bold=True), line_count("占客户比例", 60, "zh")
    (2, 2)
    """
    lines, used = 1, 0.0
    for word in re.findall(r"[\u2E80-\uFFFF]|[^\s\u2E80-\uFFFF]+\s*", text):
        wide = text_pixels(word.rstrip(), language, bold=bold)
        if used and used + wide > width:
            lines, used = lines + 1, 0.0
        lines += max(ceil(wide / width) - 1, 0)
        used += text_pixels(word, language, bold=bold)
    return lines


def figure_text(value: float, kind: str) -> str:
    """A figure as long as its format shows it."""
    if kind in ("share", "change"):
        return f"{value:,.1%}" if kind == "share" else f"▲ +{value:,.1%}"
    if kind == "share0":
        return f"{value:,.0%}"
    places = {"cents": 2, "tenths": 1, "times": 1}.get(kind, 0)
    return f"{value:,.{places}f}" + ("×" if kind == "times" else "")
