"""Credit, Leads and Duplicates in the report of the logistics sample: they tie out, and hide what a masked copy hides."""

from __future__ import annotations

from functools import cache
from math import fsum

import openpyxl
import pytest

from tierbook.language import label, say
from tierbook.pipeline import pipeline
from tierbook.rulepack.read import read_pack
from tierbook.run import Run
from tierbook.score import score
from tierbook.shipped import shipped
from workbooks.reader import read
from workbooks.report import all_sections, missing_needs, write_report
from workbooks.samples import sample_path

PAGES = ("credit", "leads", "duplicates")


@cache
def run(pack: str = "logistics", sample: str = "logistics") -> Run:
    source = read(sample_path(sample))
    return score(source.tables, read_pack(shipped("rules") / f"{pack}.yaml"), problems=source.problems)


@pytest.fixture(scope="module", params=["en", "zh"])
def book(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("pages") / f"{request.param}.xlsx"
    write_report(run(), path, language=request.param)
    return request.param, openpyxl.load_workbook(path, read_only=False)


def cells(sheet) -> list[list]:
    return [list(row) for row in sheet.iter_rows(values_only=True)]


def line(rows: list[list], first: str) -> list:
    return next(row for row in rows if row[1] == first)


def test_the_sample_has_all_three_pages(book):
    language, opened = book
    assert {label(f"page_{name}", language) for name in PAGES} <= set(opened.sheetnames)


def test_open_amounts_by_age_add_up_to_those_of_the_customers(book):
    language, opened = book
    rows = cells(opened[label("page_credit", language)])
    totals = [row for row in rows if row[1] == label("total", language)]
    owed = fsum(amount or 0 for amount in run().customers["receivable"].to_pylist())
    assert totals[0][4] == pytest.approx(owed, abs=0.005)
    assert totals[1][3] == pytest.approx(owed, abs=0.005)
    assert fsum(totals[1][5:8]) == pytest.approx(owed, abs=0.005)


def test_the_first_step_of_the_funnels_counts_every_lead(book):
    language, opened = book
    rows = cells(opened[label("page_leads", language)])
    first = [line(rows, run().pack.word(track.steps[0].name, language))[2] for track in run().pack.tracks]
    assert sum(first) == len(pipeline(run()).table)


def test_the_review_list_says_why(book):
    language, opened = book
    rows = cells(opened[label("page_duplicates", language)])
    assert any(say("but two document numbers", language) in str(cell) for row in rows for cell in row)


def test_a_masked_copy_names_nobody(tmp_path):
    path = tmp_path / "masked.xlsx"
    write_report(run().masked(), path)
    opened = openpyxl.load_workbook(path, read_only=True)
    shown = {
        cell
        for name in PAGES
        for row in opened[label(f"page_{name}")].iter_rows(values_only=True)
        for cell in row
    }
    found = run().duplicates
    assert found is not None
    for column in ("name", "mobile", "address", "tax_no", "document_no"):
        assert not shown & set(found.records[column].drop_null().to_pylist()), column
    assert not shown & set(run().engine.sql("SELECT name FROM tierbook_leads")["name"].to_pylist())


def test_without_its_input_a_page_says_what_would_switch_it_on():
    sections = {one.name: one for one in all_sections()}
    missing = {name: missing_needs(sections[name], run("retail", "retail")) for name in PAGES}
    assert missing["credit"] == ["receivables", "credit"]
    assert missing["leads"] == ["leads"]
    assert "source_id" in str(missing["duplicates"][0])
    other = missing_needs(sections["leads"], run("retail", "logistics"))
    assert "which steps leads take" in str(other[0])
