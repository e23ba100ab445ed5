"""Whether the reports of two runs say the same: the same pages, and in every cell the same within floating-point tolerance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import fastexcel

from tests.tierbook.engines.same import close
from tierbook.run import Run
from workbooks.report import write_report


def reports_differ(one: Run, other: Run, folder: Path) -> list[tuple[Any, ...]]:
    """The first cells in which the reports of two runs differ; pages by their names."""
    return books_differ(
        *(write_report(run, folder / f"{name}.xlsx") for name, run in (("one", one), ("other", other)))
    )


def books_differ(one: Path, other: Path, *, besides: Sequence[str] = ()) -> list[tuple[Any, ...]]:
    """The first cells in which two reports differ, besides some pages."""
    first, second = _pages(one), _pages(other)
    if list(first) != list(second):
        return [("pages", list(first), list(second))]
    assert len(first) > 5, "a report has pages"
    compared = [page for page in first if page not in besides]
    found = (difference for page in compared for difference in _cells_differ(page, first[page], second[page]))
    return list(islice(found, 5))


def _pages(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    book = fastexcel.read_excel(path)
    sheets = {
        name: book.load_sheet(name, header_row=None, dtypes="string").to_arrow() for name in book.sheet_names
    }
    return {
        name: list(zip(*(column.to_pylist() for column in sheet.columns), strict=True))
        for name, sheet in sheets.items()
    }


def _cells_differ(page: str, one: list[tuple], other: list[tuple]) -> Iterator[tuple[Any, ...]]:
    if len(one) != len(other):
        yield page, "rows", len(one), len(other)
        return
    for at, (row, same) in enumerate(zip(one, other, strict=True), 1):
        for column, (a, b) in enumerate(zip(row, same, strict=True), 1):
            if a != b and not close(_number(a), _number(b)):
                yield page, at, column, a, b


def _number(cell: str | None) -> float | None:
    try:
        return None if cell is None else float(cell)
    except ValueError:
        return None
