"""Where pages turn: nothing is cut that fits on a sheet of paper, lists are cut between rows with room on either side."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbooks.paper import Part, page_breaks

ROOM = 200


def rows(_: int) -> float:
    """Ten rows fit on a sheet."""
    return 20


@pytest.mark.parametrize(
    "parts, breaks, why",
    [
        ([Part(0, 5), Part(6, 9)], [], "all fits"),
        ([Part(0, 5), Part(6, 10)], [6], "a table moves as a whole"),
        ([Part(0, 5), Part(7, 8, opens=True), Part(9, 10)], [7], "a heading stays with its table"),
        ([Part(0, 5), Part(6, 8), Part(9, 10, line=True), Part(10, 11, line=True)], [6], "a note stays with what is above it"),
        ([Part(0, 4), Part(5, 8), Part(8, 10)], [5], "parts that touch are one"),
        ([Part(0, 3), Part(4, 5), Part(7, 10), Part(4, 10, kept=True)], [4], "what is kept together moves together"),
        ([Part(0, 3), Part(4, 8), Part(9, 15), Part(4, 15, kept=True)], [9], "what is too high to be kept is not"),
        ([Part(0, 2), Part(3, 5), Part(6, 9), Part(10, 11)], [6], "a few lines do not stand alone"),
        ([Part(0, 1), Part(2, 30)], [2], "a picture higher than the paper begins on a sheet of its own"),
    ],
)  # fmt: skip
def test_a_sheet_turns_where_a_part_would_be_cut(parts, breaks, why):
    assert page_breaks(parts, rows, ROOM)[0] == breaks, why


def test_a_long_list_is_cut_between_rows_and_repeats_its_heading():
    breaks, repeat = page_breaks([Part(0, 2), Part(3, 40, head=4)], rows, ROOM)
    # Nine rows on every further sheet, for the heading takes one; at least three on the last.
    assert breaks == [10, 19, 28, 37]
    assert repeat == (4, 4)


def test_a_list_that_would_leave_two_rows_alone_leaves_three():
    breaks, _ = page_breaks([Part(0, 11, head=0)], rows, ROOM)
    assert breaks == [9]


def test_rows_that_begin_a_sheet_always_do():
    assert page_breaks([Part(0, 2), Part(4, 5)], rows, ROOM, turns=[4])[0] == [4]


def test_nothing_drawn_has_no_end_of_paper():
    assert page_breaks([], rows, ROOM, repeat=(5, 5)) == ([], (5, 5))


@given(st.lists(st.tuples(st.integers(1, 30), st.booleans(), st.booleans()), min_size=1, max_size=20))
def test_every_sheet_holds_something_and_no_part_that_fits_is_cut(found):
    parts, at = [], 0
    for size, is_table, opens in found:
        last = at + size - 1
        parts.append(Part(at, last, head=at if is_table and size > 1 else None, opens=opens and size < 3))
        at = last + 2
    breaks, _ = page_breaks(parts, rows, ROOM)
    assert breaks == sorted(set(breaks))
    assert all(0 < row <= parts[-1].last for row in breaks)
    for part in parts:
        # Behind an open heading a part may be too high for what is left of its sheet.
        if part.head is None and part.last - part.first < 10 and not any(one.opens for one in parts):
            assert not [row for row in breaks if part.first < row <= part.last]
