"""Days on which every customer who may be contacted is greeted (`spec/systems.md` L, care reminders).

A pack names them once, for pages, actions and cells alike.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

# How far ahead care is announced where a pack does not say. [days]
DAYS_AHEAD = 30
_EVERY_YEAR = re.compile(r"(\d{2})-(\d{2})")
# A leap year, so that 29 February is a day.
_ANY_YEAR = 2000


class Holiday(NamedTuple):
    """A name of the pack and its days: of every year (month, day), or single ones where it moves."""

    name: str
    every_year: tuple[tuple[int, int], ...] = ()
    days: tuple[date, ...] = ()


class Greeting(NamedTuple):
    """One holiday on one day."""

    day: date
    name: str


def holiday_of(name: str, written: Sequence[str]) -> Holiday:
    """A holiday from what a pack says of it: `01-01` is every year, `2027-02-06` that day.

    Raises
    ------
    ValueError
        Something that is neither; its text is the argument.

    >>> holiday_of("new_year", ["01-01"]).every_year
    ((1, 1),)
    """
    every_year, days = [], []
    for text in written:
        yearly = _EVERY_YEAR.fullmatch(text)
        try:
            found = date.fromisoformat(f"{_ANY_YEAR}-{text}" if yearly else text)
        except ValueError:
            raise ValueError(text) from None
        if yearly:
            every_year.append((found.month, found.day))
        else:
            days.append(found)
    return Holiday(name, tuple(every_year), tuple(days))


def falling(holidays: Sequence[Holiday], first: date, last: date) -> list[Greeting]:
    """The holidays from one day to another, both included, by day and then as the pack orders them.

    29 February of every year is kept on the 28th in common years, as birthdays are.

    >>> falling([holiday_of("new_year", ["01-01"])], date(2026, 12, 20), date(2027, 1, 19))
    [Greeting(day=datetime.date(2027, 1, 1), name='new_year')]
    """
    found = [
        Greeting(day, one.name)
        for one in holidays
        for day in {
            *one.days,
            *(_on(at, year) for at in one.every_year for year in range(first.year, last.year + 1)),
        }
        if first <= day <= last
    ]
    place = {one.name: at for at, one in reversed(list(enumerate(holidays)))}
    return sorted(found, key=lambda one: (one.day, place[one.name]))


def _on(at: tuple[int, int], year: int) -> date:
    try:
        return date(year, *at)
    except ValueError:
        return date(year, 2, 28)
