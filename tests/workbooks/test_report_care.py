"""Pages of the utility and the hospital: totals tie out, both languages, odd inputs, masked copies, paper."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.workbooks.test_report_printed import grey
from tierbook.language import LANGUAGES, label
from tierbook.rulepack.read import read_pack
from tierbook.score import score
from tierbook.shipped import shipped
from workbooks.reader import read
from workbooks.report import write_report
from workbooks.samples import sample_path

PAGES = {"power": ("usage", "registers"), "hospital": ("satisfaction", "service_level")}


@cache
def run(pack):
    source = read(sample_path(pack), today=date(2026, 11, 2))
    return scored(pack, source.tables)


def scored(pack, tables, **more):
    return score(tables, read_pack(shipped("rules") / f"{pack}.yaml"), **more)


def pages(book):
    import openpyxl

    opened = openpyxl.load_workbook(book, read_only=True)
    found = {sheet.title: [list(row) for sheet_row in [sheet] for row in sheet_row.iter_rows(values_only=True)] for sheet in opened}  # fmt: skip
    opened.close()
    return found


def block(rows, heading):
    """The rows of the table that begins with a heading in its first cell, up to the first blank row, as dicts."""
    at = next(i for i, row in enumerate(rows) if row[1] == heading)
    found: list[dict[Any, Any]] = []
    for row in rows[at + 1 :]:
        if row[1] is None:
            return found
        found.append(dict(zip(rows[at], row, strict=False)))
    return found


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    folder = tmp_path_factory.mktemp("drawn")
    return {
        (pack, language): pages(
            write_report(run(pack), folder / f"{pack}-{language}.xlsx", language=language)
        )
        for pack in PAGES
        for language in LANGUAGES
    }


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("pack", PAGES)
def test_the_pages_are_there_in_both_languages(drawn, pack, language):
    names = drawn[pack, language].keys()
    assert {label(f"page_{page}", language) for page in PAGES[pack]} <= names
    assert {label("page_overview", language), label("page_actions", language)} <= names, (
        "whoever buys nothing"
    )


def test_months_and_tiers_of_usage_add_up_to_the_readings(drawn):
    readings = run("power").engine.sql(
        "SELECT SUM(value) AS volume FROM tierbook_readings WHERE measure = 'volume' AND date >= DATE '2026-10-01'"
    )
    volume = readings["volume"][0].as_py()
    rows = drawn["power", "en"]["Usage"]
    months, tiers = block(rows, "Month"), block(rows, "Tier")
    assert months[-1]["Volume"] == pytest.approx(volume, abs=0.01)
    assert sum(row["Volume"] for row in tiers) == pytest.approx(volume, abs=0.01)


def test_registers_by_kind_and_by_owner_count_every_item(drawn):
    rows = drawn["power", "en"]["Registers"]
    for heading in ("Register", "Owner"):
        *parts, total = block(rows, heading)
        assert total["Items"] == sum(row["Items"] for row in parts) == run("power").tables["registers"]
        assert total["Done"] + total["Open"] == total["Items"]
        assert total["Closure rate"] == pytest.approx(total["Done"] / total["Items"])


def test_departments_months_and_questions_hold_the_same_answers(drawn):
    rows = drawn["hospital", "en"]["Satisfaction"]
    total = block(rows, "Department")[-1]["Answers"]
    at = next(i for i, row in enumerate(rows) if row[1] == "Set")
    questions = [row[5] for row in rows[at + 1 : at + 13]]
    assert sum(questions) == total == sum(row["Answers"] for row in block(rows, "Month"))


def test_terms_and_departments_hold_the_same_requests_and_the_overdue_ones_are_listed(drawn):
    rows = drawn["hospital", "en"]["Service level"]
    by_term, by_department = block(rows, "Term"), block(rows, "Department")
    for heading in ("Requests", "On time", "Closed late", "Open", "Overdue"):
        assert by_term[-1][heading] == by_department[-1][heading] == sum(row[heading] for row in by_term[:-1])
    assert by_term[-1]["Overdue"] == len(block(rows, "Name")) > 0


def test_a_masked_copy_names_nobody(tmp_path):
    fresh = scored("hospital", read(sample_path("hospital"), today=date(2026, 11, 2)).tables)
    names = {name for name in fresh.customers["name"].to_pylist() if name}
    masked = pages(write_report(fresh.masked(), tmp_path / "masked.xlsx"))
    said = {cell for rows in masked.values() for row in rows for cell in row if isinstance(cell, str)}
    assert not names & said


def patients(count):
    return pa.table({"customer_id": [f"P{number}" for number in range(count)]})


def answers(*rows):
    columns = dict(
        zip(("customer_id", "date", "item", "score", "scale"), zip(*rows, strict=True), strict=True)
    )
    return pa.table({**{name: list(values) for name, values in columns.items()}, "scale": pa.array(columns["scale"], pa.float64())})  # fmt: skip


DAY = date(2026, 10, 9)


@pytest.mark.parametrize("rows, satisfaction, why", [
    ([("P0", DAY, "Quiet", 4.0, 5.0)], 80, "one answer is a survey"),
    ([("P0", DAY, "Quiet", 4.0, None)], 40, "without a scale it is 10"),
    ([("P0", DAY, "Quiet", 3.0, 5.0)] * 4, 60, "all equal"),
])  # fmt: skip
def test_a_hospital_with_one_patient_has_its_page(tmp_path, rows, satisfaction, why):
    found = scored("hospital", {"customers": patients(1), "surveys": answers(*rows)})
    assert found.customers["satisfaction"].to_pylist() == [satisfaction], why
    drawn = pages(write_report(found, tmp_path / "small.xlsx"))
    assert block(drawn["Satisfaction"], "Month")[0]["Satisfaction"] == pytest.approx(satisfaction), why
    assert "Service level" not in drawn


def test_zero_contacts_and_answers_off_the_scale_leave_the_pages_out_and_say_why(tmp_path):
    contact = pa.table({"customer_id": ["P0"], "date": [datetime(2026, 10, 9, 9)], "type": ["call"]})
    off = answers(("P0", DAY, "Quiet", 7.0, 5.0))
    found = scored("hospital", {"customers": patients(1), "interactions": contact, "surveys": off})
    drawn = pages(write_report(found, tmp_path / "nothing.xlsx"))
    said = {row[1]: row[2] for row in drawn["Contents"] if row[1] and row[2]}
    assert said["Service level"] == "The interactions hold no request, discharge, consultation or booking."
    assert said["Satisfaction"] == "The surveys hold no answer on a scale up to the as-of date."


def test_a_utility_with_one_customer_and_one_reading_has_its_page(tmp_path):
    readings = pa.table({"customer_id": ["A"], "date": [datetime(2026, 10, 31)], "measure": ["volume"], "value": [5.0]})  # fmt: skip
    found = scored("power", {"customers": pa.table({"customer_id": ["A"]}), "readings": readings})
    drawn = pages(write_report(found, tmp_path / "one.xlsx"))
    assert block(drawn["Usage"], "Month")[0]["Volume"] == 5


@pytest.mark.host("libreoffice")
@pytest.mark.parametrize("pack", PAGES)
def test_every_sheet_of_paper_has_something_on_it_and_nothing_runs_off(pack, office, tmp_path):
    pdf = office.convert(write_report(run(pack), tmp_path / f"{pack}.xlsx", language="zh"), "pdf")
    for number, picture in enumerate(grey(pdf, tmp_path), 1):
        ink = picture < 200
        edge = picture.shape[1] // 60
        assert ink.mean() > 0.004, f"page {number} is empty"
        assert not np.any(ink[:, :edge]) and not np.any(ink[:, -edge:]), f"page {number} runs off"
