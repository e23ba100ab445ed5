"""What a page or a figure needs of a run: input tables, columns, results of the rules, parts of Tierbook that may be missing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tierbook.mining import extra
from workbooks.page import EXTRA

if TYPE_CHECKING:
    from tierbook.run import Run


def lacking(needs: Iterable[str], run: Run) -> list[str]:
    """Which of the tables, columns and results that something needs, written as in `Section`, the run does not have."""
    return [need for need in needs if not any(_has(run, one) for one in need.split("|"))]


def _has(run: Run, need: str) -> bool:
    if need.startswith(EXTRA):
        return extra.installed()
    if run.tables.get(need):
        return True
    if need in run.customers.column_names:
        return run.customers[need].null_count < run.customers.num_rows
    table, dot, column = need.partition(".")
    return bool(dot and run.tables.get(table) and column in run.engine.columns(f"tierbook_given_{table}"))
