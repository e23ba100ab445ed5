"""The report of awkward data: drawn in both languages, opened by LibreOffice, without an error and without a cut cell."""

from __future__ import annotations

import re
import subprocess
import zipfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pyarrow as pa
import pytest

from tests.workbooks.test_report_printed import WRONG, faults, grey
from tierbook.language import LANGUAGES
from tierbook.rulepack.read import read_pack
from tierbook.score import Run, score
from tierbook.shipped import shipped
from workbooks.report import write_report

AS_OF = date(2026, 10, 31)
LONG = "A name that goes on and on " * 8
NAMES = [
    LONG[:200],
    "长" * 200,
    "Zoë 🦊🏳️‍🌈👩‍👩‍👧",
    "שלום עולם חברה בע״מ",
    "شركة الأمل للتجارة",
    "x" * 200,
    "a\u202eb",
    "Ann",
    "Bo\nCo",
]


def purchases(
    count: int, *, every: int = 30, times: int = 12, amount: float = 100.0, back: int = 0
) -> pa.Table:
    """So many customers who buy so often, so many days apart, the last time so many days ago."""
    return pa.Table.from_pylist([
        {"customer_id": f"C{one}", "date": AS_OF - timedelta(days=back + every * time + one % 5), "amount": amount,
         "cost": amount / 2, "product": "茶" if one % 2 else LONG[:120], "channel": "web"}
        for one in range(count) for time in range(times)
    ])  # fmt: skip


def people(names: list[str]) -> pa.Table:
    regions = [NAMES[one % len(NAMES)] for one in range(len(names))]
    return pa.table(
        {"customer_id": [f"C{one}" for one in range(len(names))], "name": names, "region": regions}
    )


CASES: dict[str, dict[str, pa.Table]] = {
    "one customer with one purchase": {"transactions": purchases(1, times=1)},
    "one customer for years": {"transactions": purchases(1, times=40)},
    "customers and no purchase": {"customers": people(["Ann", "Bo"]), "transactions": purchases(1).slice(0, 0)},
    "all the same, so in one tier": {"transactions": purchases(6)},
    "nobody at risk": {"transactions": purchases(40, every=7, times=60)},
    "everybody lost": {"transactions": purchases(40, back=400)},
    "one month only": {"transactions": purchases(30, every=3, times=6)},
    "one day only": {"transactions": purchases(30, times=1)},
    "names nobody expected": {"customers": people(NAMES * 3), "transactions": purchases(27)},
    "refunds only": {"transactions": purchases(10, amount=-50.0)},
    "nothing paid": {"transactions": purchases(10, amount=0.0)},
    "huge amounts": {"transactions": purchases(10, amount=9.9e12)},
    "cents": {"transactions": purchases(10, amount=0.01)},
}  # fmt: skip
PACKS = ("hospitality", "retail", "securities")


def run(case: str, pack: str) -> Run:
    found = score(CASES[case], read_pack(shipped("rules") / f"{pack}.yaml"), as_of=AS_OF)
    return found.over_time(3) if found.previous else found


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Path]:
    """The report of every case in each language, the packs in turns."""
    folder = tmp_path_factory.mktemp("awkward")
    books = {}
    for number, case in enumerate(CASES):
        found = run(case, PACKS[number % len(PACKS)])
        for language in LANGUAGES:
            path = folder / f"{number}_{language}.xlsx"
            books[case, language] = write_report(found, path, language=language, most_printed=50)
    return books


@pytest.fixture(scope="module")
def printed(written: Any, office: Any) -> dict[tuple[str, str], Path]:
    """The same on paper, by one LibreOffice."""
    return dict(zip(written, office.convert_all(list(written.values()), "pdf"), strict=True))


def parts(path: Path, pattern: str) -> Iterator[ElementTree.Element]:
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if re.fullmatch(pattern, name):
                yield ElementTree.fromstring(archive.read(name))


@pytest.mark.parametrize("case", CASES)
def test_no_cell_holds_an_error(written, case):
    for language in LANGUAGES:
        for sheet in parts(written[case, language], r"xl/worksheets/sheet\d+\.xml"):
            assert not [cell.get("r") for cell in sheet.iterfind(".//{*}c[@t='e']")]


@pytest.mark.host("libreoffice")
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("case", CASES)
def test_every_sheet_of_paper_is_whole(printed, case, language, tmp_path):
    pdf = printed[case, language]
    said = subprocess.run(
        ["pdftotext", "-layout", str(pdf), "-"], capture_output=True, check=True
    ).stdout.decode()
    assert not [line for line in said.splitlines() if WRONG.search(line)]
    assert not [number for number, picture in enumerate(grey(pdf, tmp_path), 1) if faults(picture)]
