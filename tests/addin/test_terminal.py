"""Tables in plain text: aligned, and as wide as the window of a terminal."""

from __future__ import annotations

import sys

import pytest

from addin import terminal

ROWS = [("Decline", "spend_change < falling or overdue_ratio > overdue or days_since_last >= lost_days", "7"), ("成长", "其他所有客户都属于这一级别，没有其他条件", "12")]  # fmt: skip


@pytest.fixture
def window(monkeypatch):
    """Stdout is a terminal of so many columns."""

    def of(columns: int) -> None:
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
        monkeypatch.setenv("COLUMNS", str(columns))

    return of


def test_a_row_is_one_line_where_the_table_is_not_shown(capsys):
    terminal.print_table(("Stage", "Rule", "Customers"), ROWS, right=(2,))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert lines[1].endswith("        7")


@pytest.mark.parametrize("columns", [40, 60, 100])
def test_a_long_cell_goes_on_below_itself_in_a_window(capsys, window, columns):
    window(columns)
    terminal.print_table(("Stage", "Rule", "Customers"), ROWS, right=(2,))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 3
    assert max(map(terminal._width, lines)) <= columns
    kept = "".join("".join(line.split()) for line in lines)
    for sign in "".join("".join(row) for row in ROWS).replace(" ", ""):
        assert sign in kept


def test_nothing_is_broken_that_fits(capsys, window):
    window(200)
    terminal.print_table(("Stage", "Rule", "Customers"), ROWS, right=(2,))
    assert len(capsys.readouterr().out.splitlines()) == 3
