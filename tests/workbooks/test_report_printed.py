"""Every page of the report as LibreOffice prints it: there is something on each sheet of paper, and nothing is cut."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from functools import cache
from math import fsum
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tierbook.language import LANGUAGES, label, say
from tierbook.rulepack.read import read_pack
from tierbook.run import Run, Snapshot
from tierbook.score import score
from tierbook.shipped import shipped
from workbooks.reader import read
from workbooks.report import all_sections, missing_needs, sheet_name, write_report
from workbooks.samples import sample_path

pytestmark = pytest.mark.host("libreoffice")
PACKS = sorted(path.name.removesuffix(".cases.yaml") for path in shipped("rules").glob("*.cases.yaml"))
# Ink of header and footer alone, as a share of the paper.
BARE = 0.004
WRONG = re.compile(r"###|Err:|#N/A|#REF|#NAME|#VALUE|#DIV|…{2,}")
# Parts of pages that a run over time has, and the page they are on.
HEADINGS = {
    "tier_moves": "value", "tier_moves_since_last": "value", "stage_moves_since_last": "lifecycle", "since_last_run": "audit",
    "churn_months": "churn", "backtest": "churn", "care_reminders": "actions", "over_time": "history", "kept_runs": "history",
}  # fmt: skip


@cache
def run(pack: str) -> Run:
    """A sample with everything that a page can show: earlier days, the last run, a run that was kept."""
    source = read(sample_path(pack))
    found = score(
        source.tables,
        read_pack(shipped("rules") / f"{pack}.yaml"),
        problems=source.problems,
        files=source.files,
    )
    if not found.previous:
        # Nobody buys anything here, so there is no earlier day to compare with.
        return found
    kept = ["customer_id", "value", "tier", "stage", "churn_level"]
    before = found.previous.customers
    last = Snapshot(
        found.previous.as_of,
        found.pack.version,
        found.pack.hash,
        before.select([name for name in kept if name in before.column_names]),
    )
    return found.over_time(12, earlier=[last]).since(last)


@pytest.fixture(scope="module", params=PACKS)
def written(request: Any, tmp_path_factory: Any) -> tuple[str, dict[str, Path]]:
    """A pack and its report in each language."""
    folder = tmp_path_factory.mktemp(request.param)
    return request.param, {
        language: write_report(run(request.param), folder / f"{language}.xlsx", language=language)
        for language in LANGUAGES
    }


@pytest.fixture(scope="module")
def printed(written: Any, office: Any) -> tuple[str, dict[str, Path]]:
    """A pack and its report on paper in each language."""
    pack, books = written
    return pack, dict(zip(books, office.convert_all(list(books.values()), "pdf"), strict=True))


@cache
def texts(pdf: Path) -> list[list[str]]:
    said = subprocess.run(["pdftotext", "-layout", str(pdf), "-"], capture_output=True, check=True).stdout
    return [page.strip().splitlines() for page in said.decode().split("\f")[:-1]]


def grey(pdf: Path, folder: Path) -> list[np.ndarray]:
    """One picture per sheet of paper, 0 black to 255 white."""
    subprocess.run(["pdftoppm", "-gray", "-r", "40", str(pdf), str(folder / "page")], check=True)
    pictures = []
    for file in sorted(folder.glob("page-*.pgm")):
        magic, size, _, pixels = file.read_bytes().split(b"\n", 3)
        assert magic == b"P5"
        width, height = map(int, size.split())
        pictures.append(np.frombuffer(pixels, np.uint8).reshape(height, width))
    return pictures


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sheet_of_paper_begins_with_its_header(printed, language):
    """A chart that the end of the paper cuts in two leaves words above the header of the next."""
    for page in texts(printed[1][language]):
        assert page
        assert page[0].startswith(say("Customer value report", language)), page[:3]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_cell_is_too_narrow_and_none_holds_an_error(printed, language):
    assert not [line for page in texts(printed[1][language]) for line in page if WRONG.search(line)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_there_with_its_parts(printed, language):
    pack, books = printed
    pages = texts(books[language])
    headers = {page[0] for page in pages}
    present = [section for section in all_sections() if not missing_needs(section, run(pack))]
    for section in present:
        assert any(sheet_name(section, language) in header for header in headers), section.name
    said = "\n".join(line for page in pages for line in page)
    names = {section.name for section in present}
    parts = ["rules_in_words"]
    if run(pack).last:
        parts += [heading for heading, section in HEADINGS.items() if section in names]
        if "editions" in names:
            # Customers of editions do not come month by month.
            parts.remove("churn_months")
    if run(pack).pack.winback:
        parts += ["early_warning", "lost_customers", "win_back_list"]
    assert not [name for name in parts if label(name, language) not in said]


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_is_something_on_every_picture_and_nothing_runs_off_it(printed, language, tmp_path):
    for number, picture in enumerate(grey(printed[1][language], tmp_path), 1):
        assert not faults(picture), number


def faults(picture: np.ndarray) -> list[str]:
    """What is wrong with a sheet of paper: that it is empty, or that something runs off it."""
    height, width = picture.shape
    ink = picture < 200
    side, end = width // 60, height // 60
    return [
        fault
        for fault, found in (
            ("empty", ink.mean() <= BARE),
            ("runs off on the left", ink[:, :side].any()),
            ("runs off on the right", ink[:, -side:].any()),
            ("runs off at the top", ink[:end].any()),
            ("runs off at the bottom", ink[-end:].any()),
        )
        if found
    ]


def test_a_narrow_column_and_an_empty_sheet_are_found(office, tmp_path):
    """Were the checks blind, they would pass whatever the pages look like."""
    import xlsxwriter

    with xlsxwriter.Workbook(tmp_path / "wrong.xlsx") as book:
        narrow, empty = book.add_worksheet(), book.add_worksheet()
        narrow.set_column(0, 0, 4)
        narrow.write(0, 0, 12_282_687, book.add_format({"num_format": "#,##0"}))
        empty.write(0, 0, " ")
        empty.print_area(0, 0, 1, 1)
    (pdf,) = office.convert_all([tmp_path / "wrong.xlsx"], "pdf")
    assert any(WRONG.search(line) for page in texts(pdf) for line in page)
    assert all("empty" in faults(picture) for picture in grey(pdf, tmp_path))


# Tables with a total row: page, heading of the first column, and the figure that belongs to all customers.
TOTALS = [
    ("value", "tier", "customers"), ("value", "tier", "revenue"), ("value", "tier", "value"), ("value", "class", "customers"),
    ("value", "class", "revenue"), ("value", "value_part", "total"), ("lifecycle", "stage", "customers"), ("lifecycle", "stage", "revenue"),
    ("churn", "tier", "customers"), ("periods", "month", "revenue"), ("products", "product", "revenue"), ("rfm", "rfm_segment", "customers"),
    ("rfm", "rfm_segment", "revenue"), *(("breakdown", name, figure) for name in ("region", "industry") for figure in ("customers", "revenue", "value")),
]  # fmt: skip


@pytest.mark.filterwarnings("ignore:.*extension is not supported:UserWarning")
def test_every_total_is_the_sum_of_its_rows_and_of_all_customers(written):
    """Read with another library, to the cent."""
    import openpyxl

    pack, books = written
    book = openpyxl.load_workbook(books["en"], read_only=True)
    customers = run(pack).customers
    everyone = {
        "customers": float(customers.num_rows),
        "revenue": fsum(customers["total_spend"].drop_null().to_pylist()),
        "value": fsum(customers["value"].drop_null().to_pylist()),
    }
    everyone["total"] = everyone["value"]
    sections = {section.name: section for section in all_sections()}
    seen = []
    for page, key, figure in TOTALS:
        name = sheet_name(sections[page], "en")
        if name not in book.sheetnames:
            continue
        for rows in tables(
            list(book[name].iter_rows(values_only=True)), label(key, "en"), label(figure, "en")
        ):
            seen.append((page, key, figure))
            assert round(rows[-1], 2) == round(fsum(rows[:-1]), 2), seen[-1]
            assert round(rows[-1], 2) == pytest.approx(everyone[figure], abs=0.011), seen[-1]
    assert seen


def tables(rows: list[tuple[Any, ...]], first: str, figure: str) -> Iterator[list[float]]:
    """The figures of each table whose first column is so headed, its total last."""
    total = label("total", "en")
    for at, row in enumerate(rows):
        if len(row) < 3 or row[1] != first or figure not in row:
            continue
        place, found = row.index(figure), []
        for cells in rows[at + 1 :]:
            if cells[1] is None:
                break
            # Of one dimension inside another, the rows that stand for all of the inner one.
            if isinstance(cells[2], str) and cells[2] != label("all_of_them", "en"):
                continue
            found.append(float(cells[place] or 0))
            if cells[1] == total:
                yield found
                break
