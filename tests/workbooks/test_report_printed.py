"""Every page of the report as LibreOffice prints it: there is something on each sheet of paper, and nothing is cut."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tierbook.language import LANGUAGES, label, say
from tierbook.rulepack.read import read_pack
from tierbook.score import Run, Snapshot, score
from tierbook.shipped import shipped
from workbooks.reader import read
from workbooks.report import all_sections, missing_needs, sheet_name, write_report
from workbooks.samples import sample_path

pytestmark = pytest.mark.host("libreoffice")
# Ink of header and footer alone, as a share of the paper.
BARE = 0.004


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
    assert found.previous
    before = found.previous.customers.select(["customer_id", "value", "tier", "stage", "churn_level"])
    last = Snapshot(found.previous.as_of, found.pack.version, found.pack.hash, before)
    return found.over_time(12, earlier=[last]).since(last)


@pytest.fixture(scope="module", params=["hospitality", "retail"])
def printed(request: Any, office: Any, tmp_path_factory: Any) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("printed")
    return {
        language: office.convert(
            write_report(run(request.param), folder / f"{request.param}-{language}.xlsx", language=language),
            "pdf",
        )
        for language in LANGUAGES
    }


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
    for page in texts(printed[language]):
        assert page
        assert page[0].startswith(say("Customer value report", language)), page[:3]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_cell_is_too_narrow_and_none_holds_an_error(printed, language):
    wrong = re.compile(r"###|Err:|#N/A|#REF|#NAME|#VALUE|#DIV|…{2,}")
    assert not [line for page in texts(printed[language]) for line in page if wrong.search(line)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_there_with_its_second_matrix(printed, language):
    pack = "retail" if "retail" in printed[language].name else "hospitality"
    pages = texts(printed[language])
    headers = {page[0] for page in pages}
    for section in all_sections():
        if not missing_needs(section, run(pack)):
            assert any(sheet_name(section, language) in header for header in headers), section.name
    said = "\n".join(line for page in pages for line in page)
    headings = ["tier_moves", "tier_moves_since_last", "stage_moves_since_last", "since_last_run", "churn_months", "backtest",
                "care_reminders", "rules_in_words", "over_time", "kept_runs"]  # fmt: skip
    headings += ["early_warning", "lost_customers", "win_back_list"] if pack == "retail" else []
    assert not [name for name in headings if label(name, language) not in said]


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_is_something_on_every_picture_and_nothing_runs_off_it(printed, language, tmp_path):
    for number, picture in enumerate(grey(printed[language], tmp_path), 1):
        height, width = picture.shape
        ink = picture < 200
        assert ink.mean() > BARE, f"page {number} is empty"
        edge = width // 60
        assert not ink[:, :edge].any(), f"page {number} runs off on the left"
        assert not ink[:, -edge:].any(), f"page {number} runs off on the right"
        assert not ink[: height // 60].any()
        assert not ink[-height // 60 :].any()
