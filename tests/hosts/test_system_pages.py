"""Each page of docs/systems taken at its word: its commands run on its sample, its formulas give figures, its pages exist."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pytest

import udfs
from addin.formula import crm_calls
from udfs import Context
from udfs.cells import CellError
from workbooks.book_cells import BookCells
from workbooks.samples import sample_path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "systems"
NAMES = sorted(page.name for page in FOLDER.glob("*.md"))
_CODE = re.compile(r"`([^`]+)`")
_BOLD = re.compile(r"\*\*([^*]+)\*\*")
_SHEET = re.compile(r"(?<!\*)\*([^*]+)\*(?!\*)")


@cache
def text(name: str) -> str:
    return (FOLDER / name).read_text("utf-8")


def code(name: str, start: str) -> list[str]:
    """What a page prints as code, each once, in its order."""
    return list(dict.fromkeys(one for one in _CODE.findall(text(name)) if one.startswith(start)))


def rows(name: str) -> str:
    """The table of a page: what one wants, by a cell, by a command."""
    return "\n".join(line for line in text(name).splitlines() if line.startswith("|"))


def language_of(name: str) -> str:
    return "zh" if name.endswith(".zh.md") else "en"


def sample_of(name: str) -> str:
    found = re.search(r"workbooks/samples/(\w+)\.xlsx", text(name))
    assert found, "a page names its sample"
    return found[1]


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory):
    """Somebody who does what the pages of a sample say, once: the folder, and what each command said."""

    @cache
    def done(sample: str, language: str) -> tuple[Path, dict[str, subprocess.CompletedProcess[str]]]:
        folder: Path = tmp_path_factory.mktemp(f"{sample}_{language}")
        shutil.copy(sample_path(sample), folder)
        pages = [name for name in NAMES if (sample_of(name), language_of(name)) == (sample, language)]
        commands = dict.fromkeys(command for name in pages for command in code(name, "tierbook "))
        return folder, {command: run(command, folder) for command in commands}

    return lambda name: done(sample_of(name), language_of(name))


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "addin", *shlex.split(command)[1:]],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "TIERBOOK_HOME": str(folder / "home"),
            "LANG": "C.UTF-8",
            "BROWSER": "true",
        },
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.parametrize("name", NAMES)
def test_every_command_of_a_page_runs_in_the_order_of_the_page(newcomer, name):
    _, done = newcomer(name)
    said = {command: done[command] for command in code(name, "tierbook ")}
    assert said, "a page shows a command"
    assert {
        command: one.stdout + one.stderr for command, one in said.items() if one.returncode or not one.stdout
    } == {}


@pytest.mark.parametrize("name", NAMES)
def test_every_formula_of_a_page_gives_figures_of_the_sample(newcomer, name):
    folder, _ = newcomer(name)
    books = [BookCells(path) for path in (folder / f"{sample_of(name)}.xlsx", folder / "scored.xlsx") if path.exists()]  # fmt: skip
    context = Context(language=language_of(name))
    formulas = code(name, "=CRM_")
    assert formulas, "a page shows a function in a cell"
    for formula in formulas:
        book = next((one for one in books if "tierbook_" not in formula or one.table("tierbook_scores")), None)  # fmt: skip
        assert book, f"no command of the page writes the scores {formula} reads"
        *_, call = crm_calls(formula, book, book.package.sheets[0].name, 2, context)
        found = udfs.call(call.name, *call.cells, context=context)
        assert figures(found), (formula, found)
        assert not errors(found), (formula, errors(found))


def cells(found: Any) -> list[Any]:
    if not isinstance(found, list):
        return [found]
    return [cell for row in found for cell in (row if isinstance(row, list) else [row])]


def figures(found: Any) -> list[Any]:
    """Cells that say something."""
    return [one for one in cells(found) if one not in (None, "") and not isinstance(one, CellError)]


def errors(found: Any) -> list[CellError]:
    """Cells that show a fault; #N/A is an answer too."""
    return [one for one in cells(found) if isinstance(one, CellError) and one.code != "#N/A"]


@pytest.mark.parametrize("name", NAMES)
def test_every_sheet_a_page_speaks_of_is_there(newcomer, name):
    folder, _ = newcomer(name)
    books = [openpyxl.load_workbook(path, read_only=True) for path in folder.glob("**/*.xlsx")]
    sheets = {sheet for book in books for sheet in book.sheetnames}
    for book in books:
        book.close()
    spoken_of = {*_BOLD.findall(rows(name)), *_SHEET.findall(_BOLD.sub("", rows(name)))}
    assert spoken_of, "a page names pages of the report"
    assert spoken_of - sheets == set()
