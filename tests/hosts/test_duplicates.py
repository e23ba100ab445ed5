"""The action Duplicates on the logistics sample: pairs are decided in the sheet, and remembered."""

from __future__ import annotations

import shutil
from pathlib import Path

import openpyxl
import pytest

from addin.actions import run
from addin.file_host import FileHost
from tests.addin.test_cli import tierbook
from tierbook.errors import DataError, RuleError
from workbooks.decisions import decisions_path, read_decisions
from workbooks.samples import sample_path

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "config.yaml").write_text("pack: logistics\n", "utf-8")
    return tmp_path


@pytest.fixture
def book(project: Path) -> Path:
    return Path(shutil.copy(sample_path("logistics"), project / "freight.xlsx"))


def acted(book: Path, project: Path, language: str = "en") -> list[str]:
    said: list[str] = []
    run("duplicates", FileHost(book, project, language, tell=said.append))
    return said[-1].splitlines()


def decide(book: Path, *words: str | None, sheet: str = "Tierbook Duplicates") -> None:
    """Write into the first column of the sheet, from the first pair on."""
    opened = openpyxl.load_workbook(book)
    for row, word in enumerate(words, start=2):
        opened[sheet].cell(row, 1).value = word
    opened.save(book)


def counts(lines: list[str]) -> list[int]:
    """Records, customers; to decide; decided."""
    return [
        int(word)
        for line in lines
        for word in line.replace(",", "").replace(".", "").split()
        if word.isdigit()
    ]


def test_what_is_decided_in_the_sheet_holds_from_the_next_run_on(book, project):
    records, customers, open_, decided = counts(acted(book, project))
    assert decided == 0
    decide(book, "merge", "keep apart")
    again = counts(acted(book, project))
    assert again[0] == records
    assert again[1] == customers - 1
    assert again[3] == 2
    assert again[2] <= open_ - 2
    assert sorted(one.merge for one in read_decisions(book)) == [False, True]
    assert counts(acted(book, project)) == again, "a run without a new decision changes nothing"


def test_a_decision_is_changed_or_taken_back_where_it_stands(book, project):
    _, customers, open_, _ = counts(acted(book, project))
    decide(book, "合并")
    acted(book, project)
    sheet = openpyxl.load_workbook(book)["Tierbook Duplicates"]
    at = next(row for row in range(2, sheet.max_row + 1) if sheet.cell(row, 1).value)
    assert sheet.cell(at, 1).value == "merge", "in the reader's language"
    decide(book, *[None] * (at - 1))
    assert counts(acted(book, project))[1:] == [customers, open_, 0]
    assert read_decisions(book) == []


def test_scores_and_the_sheet_in_chinese_keep_to_what_was_decided(book, project):
    acted(book, project, "zh")
    decide(book, "合并", sheet="Tierbook 重复记录")
    acted(book, project, "zh")
    before, after = (
        tierbook(
            "score", str(path), "--pack", "logistics", "--out", "scored.xlsx", cwd=project
        ).stdout.split()[0]
        for path in (sample_path("logistics"), book)
    )
    assert int(after) == int(before) - 1


def test_a_word_that_is_no_decision_is_named_with_its_cell(book, project):
    acted(book, project)
    decide(book, None, "perhaps")
    with pytest.raises(DataError) as raised:
        acted(book, project)
    assert "Tierbook Duplicates!A3" in str(raised.value)
    assert not decisions_path(book).exists()


def test_a_line_of_the_file_that_is_no_decision_is_named(book, project):
    acted(book, project)
    decisions_path(book).parent.mkdir(exist_ok=True)
    decisions_path(book).write_text("head\ncrm,1,web,2,maybe\n", "utf-8")
    with pytest.raises(DataError, match=r"duplicates\.csv:2"):
        acted(book, project)


def test_customers_without_a_source_are_answered_in_words(project):
    book = Path(shutil.copy(sample_path("retail"), project / "shop.xlsx"))
    with pytest.raises(DataError, match="which source"):
        acted(book, project)
    (project / "config.yaml").write_text("pack: retail\n", "utf-8")
    with pytest.raises(RuleError, match="matching"):
        acted(book, project)
