"""Where a page of the report turns to the next sheet of paper: no table, chart or paragraph is cut that fits on one.

What is drawn comes as parts, each from a first to a last row. A heading stays with what follows it, a note with what
stands above it. A table that is higher than the paper is cut between rows, a few of them on either side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

# A list that would fit on one sheet is cut all the same where both pieces have so many rows.
_PIECE = 8
# A longer one begins where so many of its rows have room, and ends with so many.
_BEGIN, _END = 5, 3
# What is lower does not stand on a sheet of its own. [pixels]
_ALONE = 100


@dataclass(frozen=True)
class Part:
    """Rows that belong together.

    Parameters
    ----------
    first, last : int
    head : int, optional
        The heading row of a table; it may be cut below.
    opens : bool
        Whether something must follow on the same sheet: a heading.
    line : bool
        Whether it is a line of text, which stays with what is right above it.
    kept : bool
        Whether it only says what must stay together where a sheet has room for it.
    """

    first: int
    last: int
    head: int | None = None
    opens: bool = False
    line: bool = False
    kept: bool = False


def page_breaks(
    parts: Iterable[Part], height: Callable[[int], float], room: float, *, turns: Sequence[int] = (),
    repeat: tuple[int, int] | None = None,
) -> tuple[list[int], tuple[int, int] | None]:  # fmt: skip
    """The rows that begin a new sheet of paper, and the rows to repeat on top of each.

    Parameters
    ----------
    parts : iterable of Part
        What is drawn, in any order; parts that touch the same row are one.
    height : function of int
        Height of a row. [pixels]
    room : float
        Height of the rows that fit on a sheet. [pixels]
    turns : sequence of int
        Rows that begin a new sheet whatever has room.
    repeat : (int, int), optional
        Rows that are printed on every sheet after their own. Without them the heading of the last table is
        repeated where it has to be cut.

    >>> page_breaks([Part(0, 3), Part(4, 4, opens=True), Part(5, 9)], lambda row: 20, 160)
    ([4], None)
    """
    drawn = list(parts)
    if not drawn:
        return sorted(turns), repeat
    end = max(*(part.last for part in drawn), repeat[1] if repeat else 0)
    below = [0.0, *accumulate(height(row) for row in range(end + 1))]
    found = _together(one for one in drawn if not one.kept or below[one.last + 1] - below[one.first] <= room)
    breaks = _placed(found, below, room, sorted(turns), repeat)
    last = found[-1]
    if repeat is None and last.head is not None and any(row > last.head for row in breaks):
        repeat = (last.head, last.head)
        breaks = _placed(found, below, room, sorted(turns), repeat)
    return breaks, repeat


def _together(parts: Iterable[Part]) -> list[Part]:
    """Parts from top to bottom, those that must not be parted made one."""
    found: list[Part] = []
    for part in sorted(parts, key=lambda one: (one.first, -one.last)):
        before = found[-1] if found else None
        if before and part.first <= before.last:
            opens = before.opens and part.opens
            found[-1] = Part(before.first, max(before.last, part.last), opens=opens)
        elif before and before.opens:
            found[-1] = replace(part, first=before.first)
        elif before and part.line and part.first == before.last + 1:
            found[-1] = replace(before, last=part.last)
        else:
            found.append(part)
    return found


def _placed(
    parts: Sequence[Part], below: Sequence[float], room: float, turns: Sequence[int], repeat: tuple[int, int] | None
) -> list[int]:  # fmt: skip
    """`below[row]` is how far from the top a row begins."""
    breaks = list(turns)
    start = 0
    repeated = below[repeat[1] + 1] - below[repeat[0]] if repeat else 0.0

    def fits(first: int, last: int) -> bool:
        free = room - (repeated if repeat and first > repeat[0] else 0)
        return below[last + 1] - below[first] <= free

    for part in parts:
        start = max([start, *(turn for turn in turns if turn <= part.first)])
        if fits(start, part.last):
            continue
        if not _may_be_cut(part, fits, start, listed=repeat is not None and part.head == repeat[0]):
            if part.first > start:
                start = part.first
                breaks.append(start)
        elif part.first > start and not fits(start, _row(part, _BEGIN)):
            start = part.first
            breaks.append(start)
        while part.head is not None and not fits(start, part.last):
            row = next((row for row in range(start + 1, part.last + 1) if not fits(start, row)), part.last)
            start = max(min(row, part.last + 1 - _END), start + 1)
            breaks.append(start)
    breaks = sorted(set(breaks))
    if breaks and breaks[-1] not in turns and len(parts) > 2:
        *_, before, last = parts
        top = breaks[-2] if len(breaks) > 1 else 0
        alone = breaks[-1] == last.first and below[last.last + 1] - below[last.first] < _ALONE
        if alone and before.first > max(top, parts[0].first) and fits(before.first, last.last):
            # Two lines on a sheet of their own look forgotten: what stands above them comes along.
            breaks[-1] = before.first
    return breaks


def _row(part: Part, count: int) -> int:
    """The row of a table so many below its heading."""
    return min((part.first if part.head is None else part.head) + count, part.last)


def _may_be_cut(part: Part, fits: Callable[[int, int], bool], start: int, *, listed: bool) -> bool:
    if part.head is None:
        return False
    if not fits(part.first, part.last):
        return True
    rows = part.last - part.head
    return (
        listed
        and rows >= 2 * _PIECE
        and fits(start, _row(part, _PIECE))
        and not fits(start, part.last - _PIECE)
    )
