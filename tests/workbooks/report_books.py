"""Runs to report on, and what can be read off the sheets of a report."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pyarrow as pa
from openpyxl.worksheet.worksheet import Worksheet

from tierbook.rulepack.read import read_pack
from tierbook.run import Run
from tierbook.score import score
from workbooks.page import Section
from workbooks.reader import read
from workbooks.report import all_sections, missing_needs

ROOT = Path(__file__).parents[2]
AS_OF = date(2026, 10, 31)


@cache
def sample_run() -> Run:
    source = read(ROOT / "workbooks/samples/hospitality.xlsx")
    run = score(source.tables, pack(), problems=source.problems, files=source.files)
    return run.over_time(12)


@cache
def pack() -> Any:
    return read_pack(ROOT / "rules/hospitality.yaml")


def small_run(names: list[str], **more: Any) -> Run:
    """One customer per name, each with a purchase a month for a year and twice as much spend as the one before."""
    ids = [f"C{number}" for number, _ in enumerate(names)]
    purchases = [
        {
            "customer_id": one,
            "date": AS_OF - timedelta(days=30 * month + number),
            "amount": 100.0 * 2**number,
            "product": "茶",
        }
        for number, one in enumerate(ids)
        for month in range(12)
    ]
    tables = {
        "customers": pa.table(
            {
                "customer_id": ids,
                "name": names,
                "region": ["南" if number % 2 else "北" for number in range(len(ids))],
            }
        ),
        "transactions": pa.Table.from_pylist(purchases),
    }
    return score(tables, pack(), **{"as_of": AS_OF} | more)


def present(run: Run) -> list[Section]:
    """The pages a run has what it takes for."""
    return [section for section in all_sections() if not missing_needs(section, run)]


def table(sheet: Worksheet, *headings: str) -> list[dict[str, Any]]:
    """The rows below the heading row that starts with these texts, down to the first blank cell."""
    rows = list(sheet.iter_rows(values_only=True))
    at, left = next(
        (at, left)
        for at, row in enumerate(rows)
        for left in range(len(row))
        if row[left : left + len(headings)] == headings
    )
    names = [name for name in rows[at][left:] if name is not None]
    found = []
    for row in rows[at + 1 :]:
        if row[left] is None:
            break
        found.append(dict(zip(names, row[left:], strict=False)))
    return found


def added_up(rows: list[dict[str, Any]], figure: str) -> list[float]:
    """The total row's figure, and the sum of the rows above it."""
    return [rows[-1][figure], sum(row[figure] or 0 for row in rows[:-1])]


def heat_map(sheet: Worksheet, place: int) -> list[dict[str, Any]]:
    """The first (0) or second (1) of two heat maps side by side."""
    rows = list(sheet.iter_rows(values_only=True))
    at = next(at for at, row in enumerate(rows) if "R ↓  F →" in row)
    left = [column for column, cell in enumerate(rows[at]) if cell == "R ↓  F →"][place]
    return [
        dict(zip(rows[at][left : left + 7], row[left : left + 7], strict=True))
        for row in rows[at + 1 : at + 7]
    ]


def below(sheet: Worksheet, text: str) -> Any:
    """What stands under the cell with this text."""
    cell = next(cell for row in sheet.iter_rows() for cell in row if cell.value == text)
    return sheet.cell(cell.row + 1, cell.column).value


def beside(sheet: Worksheet, text: str) -> Any:
    """What stands right of the cell with this text."""
    cell = next(cell for row in sheet.iter_rows() for cell in row if cell.value == text)
    return sheet.cell(cell.row, cell.column + 1).value


def texts(path: Path) -> Iterator[tuple[str, str]]:
    """Every text in the file with the part it is in: cells, charts, alternative texts, headers and footers."""
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if not name.endswith(".xml"):
                continue
            for element in ElementTree.fromstring(archive.read(name)).iter():
                tag = element.tag.rpartition("}")[2]
                if (
                    tag in ("t", "v", "oddHeader", "oddFooter")
                    and element.text
                    and (tag != "v" or "chart" in name)
                ):
                    yield name, element.text
                if description := element.get("descr") or element.get("tooltip"):
                    yield name, description
