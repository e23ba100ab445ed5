"""Dates as people and Excel write them: ISO text, 2024年3月5日, 31.01.2024, serials of both date systems.

Source: `spec/tables.md`, "Reading rules", dates. Excel's 1900 system counts a 29 February 1900 that never was
(serial 60), so serials before it are one day off; the 1904 system starts at 1 January 1904 with serial 0.
"""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import datetime, timedelta
from typing import NamedTuple

from tierbook.columns.typed import Unreadable

LAST_SERIAL = 2_958_465  # 31 December 9999

NOT_A_DATE = Unreadable("{value} is not a date.", "Enter a date such as 2024-01-31.")
IMPOSSIBLE = Unreadable("{value} is a day that does not exist.", "Enter a date such as 2024-01-31.")
TWO_DIGIT_YEAR = Unreadable("{value} has a year of two digits.", "Write the year with four digits.")
_MONTHS = {
    month: number
    for number, names in enumerate(
        ("jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july", "aug august",
         "sep sept september", "oct october", "nov november", "dec december"),
        start=1,
    )
    for month in names.split()
}  # fmt: skip
_TIME = (
    r"(?:[T ]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r" *(?P<half>[aApP]\.?[mM]\.?)? *(?P<offset>[zZ]|(?:UTC|GMT)?[+-]\d{2}(?::?\d{2})?)?)?"
)
_FORMS = tuple(
    re.compile(form + _TIME)
    for form in (
        r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})",
        r"(?P<year>\d{4})/(?P<month>\d{1,2})/(?P<day>\d{1,2})",
        r"(?P<year>\d{4})\.(?P<month>\d{1,2})\.(?P<day>\d{1,2})",
        r"(?P<year>\d{4}) ?年 ?(?P<month>\d{1,2}) ?月 ?(?P<day>\d{1,2}) ?[日号]?",
        r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})",
        r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})",
        r"(?P<day>\d{1,2})(?:st|nd|rd|th)?[ \-/.]*(?P<word>[A-Za-z]{3,9})\.?[ \-/,.]*(?P<year>\d{4})",
        r"(?P<word>[A-Za-z]{3,9})\.? *(?P<day>\d{1,2})(?:st|nd|rd|th)?,? +(?P<year>\d{4})",
    )
)
_EITHER_WAY = re.compile(r"(?P<one>\d{1,2})[/\-](?P<two>\d{1,2})[/\-](?P<year>\d{4})" + _TIME)
_MONTH_ONLY = re.compile(r"(?P<year>\d{4}) ?[-/年] ?(?P<month>\d{1,2}) ?月?")
_SHORT_YEAR = re.compile(r"\d{1,2}[./\-]\d{1,2}[./\-]\d{2}")
_SERIAL = re.compile(r"-?\d{1,7}(?:[.,]\d+)?")


class Moment(NamedTuple):
    """A day with its time of day; `offset` is the time zone the text named, `form` says what was read."""

    when: datetime
    offset: str = ""
    form: str = "text"  # "text", "serial" or "month"


class EitherWay(NamedTuple):
    """`03/04/2024`: day first or month first, as the column or the settings decide."""

    first: int
    second: int
    year: int
    time: timedelta
    offset: str = ""

    def read(self, *, day_first: bool) -> Moment | Unreadable:
        """The moment meant when the order is known."""
        day, month = (self.first, self.second) if day_first else (self.second, self.first)
        try:
            return Moment(datetime(self.year, month, day) + self.time, self.offset)
        except (ValueError, OverflowError):
            return IMPOSSIBLE


def parse_date(text: str, *, date1904: bool = False) -> Moment | EitherWay | Unreadable:
    """The moment a text stands for; wall time is kept where the text names a time zone.

    Parameters
    ----------
    text : str
        One cell.
    date1904 : bool
        Whether a serial number written as text counts from 1904.

    >>> parse_date("2024年3月5日").when
    datetime.datetime(2024, 3, 5, 0, 0)
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    for form in _FORMS:
        if found := form.fullmatch(plain):
            parts = found.groupdict()
            month = parts.get("month") or _MONTHS.get((parts.get("word") or "").casefold())
            if month is None:
                return NOT_A_DATE
            return _moment(int(parts["year"]), int(month), int(parts["day"]), parts)
    if found := _EITHER_WAY.fullmatch(plain):
        time = _time(found.groupdict())
        if time is None:
            return IMPOSSIBLE
        return EitherWay(
            int(found["one"]), int(found["two"]), int(found["year"]), time, found["offset"] or ""
        )
    if found := _MONTH_ONLY.fullmatch(plain):
        start = _moment(int(found["year"]), int(found["month"]), 1, {})
        return start._replace(form="month") if isinstance(start, Moment) else start
    if _SERIAL.fullmatch(plain):
        return parse_serial(float(plain.replace(",", ".")), date1904=date1904)
    return TWO_DIGIT_YEAR if _SHORT_YEAR.fullmatch(plain) else NOT_A_DATE


def parse_serial(serial: float, *, date1904: bool = False) -> Moment | Unreadable:
    """The moment an Excel serial number stands for. [days]"""
    if not math.isfinite(serial):
        return NOT_A_DATE
    if 19_000_101 <= serial <= 99_991_231 and serial == int(serial):
        return parse_date(str(int(serial)))  # type: ignore[return-value]  # eight digits are never either way
    # Whole microseconds first: 45321.999999999996 is midnight of the next day, 45322.999999988 is not.
    micro = round(serial * 86_400_000_000)
    days, rest = divmod(micro, 86_400_000_000)
    if days > LAST_SERIAL or days < (0 if date1904 else 1) or (days == 60 and not date1904):
        return IMPOSSIBLE
    start = datetime(1904, 1, 1) if date1904 else datetime(1899, 12, 31 if days < 60 else 30)
    try:
        return Moment(start + timedelta(days=days, microseconds=rest), form="serial")
    except OverflowError:
        return IMPOSSIBLE


def _moment(year: int, month: int, day: int, parts: dict) -> Moment | Unreadable:
    time = _time(parts)
    if time is None:
        return IMPOSSIBLE
    try:
        return Moment(datetime(year, month, day) + time, parts.get("offset") or "")
    except (ValueError, OverflowError):
        return IMPOSSIBLE


def _time(parts: dict) -> timedelta | None:
    if not parts.get("hour"):
        return timedelta()
    hour, minute, second = int(parts["hour"]), int(parts["minute"]), int(parts["second"] or 0)
    half = (parts.get("half") or "").lower()[:1]
    if half and not 1 <= hour <= 12:
        return None
    hour = hour % 12 + (12 if half == "p" else 0) if half else hour
    # 24:00:00 is ISO for the end of the day; 60 seconds is a leap second. Both keep their day here.
    if hour > 23 or minute > 59 or second > 59:
        return None
    micro = int((parts["fraction"] or "0").ljust(6, "0")[:6])
    return timedelta(hours=hour, minutes=minute, seconds=second, microseconds=micro)
