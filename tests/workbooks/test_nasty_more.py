"""More inputs nobody wants: look-alike customers, hostile names, far cells, dates and amounts at their ends."""

from __future__ import annotations

import re
import zipfile
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from addin import actions
from addin.options import request_of
from tests.workbooks.test_reader import refusal, said, workbook
from tierbook.errors import DataError
from workbooks.files import undo
from workbooks.reader import Source, read

HEADS = ["customer_id", "date", "amount"]
DAYS = [date(2025, 1, 1) + timedelta(days=3 * at) for at in range(60)]
HOSTILE = ["=HYPERLINK(\"http://x\",\"y\")", "+1+1", "-1+1", "@SUM(1)", "=cmd|'/c calc'!A0", "\t=1+1", "＝1+1", "|calc", "%0A=1"]  # fmt: skip


def purchases(rows: int = 60) -> list[list]:
    return [HEADS, *[[f"K{at % 9}", DAYS[at], 10.5 + at] for at in range(rows)]]


def book(path: Path, *changes: tuple[int, int, object], customers: list[list] | None = None) -> Path:
    """A workbook of 60 purchases, some cells changed: (row, column, cell), from 0 with the headings."""
    rows = purchases()
    for row, column, cell in changes:
        rows[row][column] = cell
    return workbook(path, {"transactions": rows} | ({"customers": customers} if customers else {}))


def edited(path: Path, part: str, old: str, new: str) -> Path:
    """The workbook with a text in one of its parts replaced."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert re.search(old, parts[part].decode()), old
    parts[part] = re.sub(old, new, parts[part].decode(), count=1).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return path


def amounts(source: Source) -> list[float]:
    return source.tables["transactions"]["amount"].to_pylist()


# Customers that look alike


@pytest.mark.parametrize(
    ("other", "shown"),
    [
        ("k1", '"k1"'),
        ("Ｋ1", '"Ｋ1"'),
        ("K１", '"K１"'),
        ("K\u200b1", '"K<zero width space>1"'),
        ("K\u00ad1", '"K<soft hyphen>1"'),
        ("K1\u200e", '"K1<left-to-right mark>"'),
        ("K 1", '"K 1"'),
    ],
)
def test_customers_that_look_alike_stay_apart_and_are_named(tmp_path, other, shown):
    source = read(book(tmp_path / "a.xlsx", (5, 0, "Ｋ9"), (6, 0, other)))
    assert source.tables["transactions"]["customer_id"][5].as_py() == other
    sentence = next(problem.text() for problem in source.problems if "look alike" in problem.message)
    assert shown in sentence
    assert sentence.startswith("a.xlsx transactions!A")


def test_listed_customers_that_look_alike_are_named_where_they_are_listed(tmp_path):
    listed = [["customer_id", "name"], *[[f"K{at}", "x"] for at in range(9)], ["Ｋ8", "y"]]
    assert "a.xlsx customers!A11: Customers that look alike" in said(
        read(book(tmp_path / "a.xlsx", customers=listed))
    )


def test_identifiers_without_letters_or_doubts_say_nothing(tmp_path):
    assert read(book(tmp_path / "a.xlsx")).problems == []


def test_a_row_of_a_full_width_customer_is_told_from_one_nobody_knows(tmp_path):
    listed = [["customer_id", "name"], *[[f"K{at}", "x"] for at in range(9)]]
    sentence = said(read(book(tmp_path / "a.xlsx", (4, 0, "Ｋ1"), customers=listed)))
    assert "Some differ only in full-width signs" in sentence


# Texts that would steer a program


def test_a_sentence_never_steers_a_terminal_or_turns_the_line_round(tmp_path):
    path = tmp_path / "transactions.csv"
    path.write_text(
        "customer_id,date,amount\nK1,2025-01-01,5\n" * 1 + "K2,2025-01-02,\x1b[2J\u202e7\n", "utf-8"
    )
    sentence = said(refusal(path))
    assert '"\\x1b[2J\\u202e7" is not a number.' in sentence
    assert not re.search("[\x00-\x09\x0b-\x1f\u202a-\u202e]", sentence)


def test_no_text_of_the_input_becomes_a_formula_or_link_of_a_result(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ids = [f"{text}{at}" for at, text in enumerate(HOSTILE)]
    listed = [["customer_id", "name", "region", "industry", "email", "=1+1"]]
    listed += [[one, *[HOSTILE[(at + step) % 9] for step in range(4)], "=2+2"] for at, one in enumerate(ids)]
    sold: list[list[Any]] = [[*HEADS, "transaction_id", "product", "category", "channel", "owner", "branch"]]
    sold += [
        [ids[at % 9], DAYS[at], 5 + at, f"{HOSTILE[at % 9]}{at}", *[HOSTILE[(at + step) % 9] for step in range(5)]]
        for at in range(60)
    ]  # fmt: skip
    path = workbook(tmp_path / "a.xlsx", {"transactions": sold, "customers": listed})
    request = request_of(path, "en")
    run = actions.score(request)
    written = [
        actions.write_scores(request, run, tmp_path / "scores.xlsx").path,
        actions.write_report(request, run, tmp_path / "report.xlsx").path,
        actions.write_scores(request, run, None).path,
    ]
    for result in written:
        with zipfile.ZipFile(result) as archive:
            parts = {name: archive.read(name).decode("utf-8", "replace") for name in archive.namelist()}
        formulas = re.findall(r"<f[^>]*>([^<]+)</f>", "".join(parts.values()))
        assert not [one for one in formulas if re.search(r"cmd|calc'|HYPERLINK\(|SUM\(1\)|^[12]\+[12]$", one)]
        assert not [name for name, text in parts.items() if name.endswith(".rels") and "http://x" in text]


# Names that would lead elsewhere, or take ours


def test_a_sheet_named_like_a_path_is_a_name_and_nothing_else(tmp_path):
    path = edited(
        workbook(tmp_path / "a.xlsx", {"transactions": purchases(), "other": [["x"]]}),
        "xl/workbook.xml", 'name="other"', 'name="../../other"',
    )  # fmt: skip
    assert len(amounts(read(path))) == 60
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.xlsx"]


@pytest.mark.parametrize(("old", "new"), [("worksheets/sheet1.xml", "../../../etc/passwd"), ("worksheets/sheet1.xml", "/etc/passwd")])  # fmt: skip
def test_a_part_that_points_out_of_the_workbook_is_refused(tmp_path, old, new):
    path = edited(book(tmp_path / "a.xlsx"), "xl/_rels/workbook.xml.rels", old, new)
    assert "root:" not in said(refusal(path))


def test_names_and_sheets_like_ours_are_left_as_they_are(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = book(tmp_path / "a.xlsx")
    opened = openpyxl.load_workbook(path)
    opened.create_sheet("Tierbook scores")["A1"] = "mine"
    for name in ("transactions", "CRM_TIER", "tierbook_scores"):
        opened.defined_names[name] = openpyxl.workbook.defined_name.DefinedName(
            name, attr_text="transactions!$A$1"
        )
    opened.save(path)
    before = path.read_bytes()
    request = request_of(path, "en")
    actions.write_scores(request, actions.score(request), None)
    scored = openpyxl.load_workbook(path)
    assert scored["Tierbook scores"]["A1"].value == "mine"
    assert "Tierbook Scores (2)" in scored.sheetnames
    assert set(scored.defined_names) >= {"transactions", "CRM_TIER", "tierbook_scores"}
    undo(path)
    assert path.read_bytes() == before


# Cells far away, dates and amounts at their ends


def test_a_last_row_and_a_claimed_size_of_a_whole_sheet_cost_nothing(tmp_path):
    last = '<row r="1048576"><c r="A1048576" t="inlineStr"><is><t>K1</t></is></c><c r="B1048576"><v>45700</v></c><c r="C1048576"><v>5</v></c></row></sheetData>'
    path = edited(book(tmp_path / "a.xlsx"), "xl/worksheets/sheet1.xml", "</sheetData>", last)
    edited(path, "xl/worksheets/sheet1.xml", '<dimension ref="[^"]*"/>', '<dimension ref="A1:XFD1048576"/>')
    source = read(path)
    assert len(amounts(source)) == 61
    assert "Blank rows inside the table are skipped: 1048514." in said(source)


def test_a_row_below_the_last_of_a_sheet_is_refused_by_its_cell(tmp_path):
    beyond = '<row r="1048577"><c r="A1048577"><v>1</v></c></row></sheetData>'
    path = edited(book(tmp_path / "a.xlsx"), "xl/worksheets/sheet1.xml", "</sheetData>", beyond)
    assert "A1048577" in said(refusal(path))


def test_a_row_of_as_many_headings_as_a_sheet_has_columns_is_read(tmp_path):
    rows = purchases()
    rows[0] = [*HEADS, *[f"x{at}" for at in range(16_381)]]
    source = read(workbook(tmp_path / "a.xlsx", {"transactions": rows}))
    assert source.tables["transactions"].column_names == HEADS
    assert "16381 columns" in said(source)


@pytest.mark.parametrize("amount", [1e308, -1e300, 9.99e24])
def test_an_amount_no_sum_can_hold_is_set_aside_and_named(tmp_path, amount):
    source = read(book(tmp_path / "a.xlsx", (2, 2, amount)))
    assert len(amounts(source)) == 59
    assert "transactions!C3" in said(source)
    assert "too large to be exact" in said(source)


def test_the_smallest_number_there_is_counts_as_nothing_and_breaks_no_sum(tmp_path):
    source = read(book(tmp_path / "a.xlsx", (2, 2, 5e-324)))
    assert (
        source.summary()["tables"]["transactions"]["total"]["amount"]
        == sum(10.5 + at for at in range(60)) - 11.5
    )


def test_days_are_the_same_in_both_date_systems(tmp_path):
    rows = purchases()
    rows[3][1] = date(2024, 2, 29)
    old, new = (
        read(workbook(tmp_path / f"{flag}.xlsx", {"transactions": rows}, date_1904=flag))
        for flag in (True, False)
    )
    assert old.tables["transactions"]["date"].to_pylist() == new.tables["transactions"]["date"].to_pylist()
    assert old.tables["transactions"]["date"][2].as_py() == date(2024, 2, 29)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("2023-02-29", "is a day that does not exist"),
        ("2025-13-01", "is a day that does not exist"),
        ("99999-01-01", "is not a date"),
        ("0001-01-01", "Purchases before 1950-01-01, such as 0001-01-01: 1"),
    ],
)
def test_a_day_that_cannot_be_is_named(tmp_path, written, words):
    rows = [[row[0], str(row[1]), row[2]] for row in purchases()]
    rows[4][1] = written
    source = read(workbook(tmp_path / "a.xlsx", {"transactions": rows}))
    assert words in said(source)
    assert "transactions!B5" in said(source)


def test_the_last_day_a_workbook_knows_does_not_move_the_day_to_speak_for(tmp_path):
    source = read(book(tmp_path / "a.xlsx", (2, 1, date(9999, 12, 31))), today=date(2026, 1, 1))
    assert "Purchases after today, 2026-01-01, such as 9999-12-31: 1" in said(source)


def test_formulas_that_go_in_circles_have_no_result_and_say_so(tmp_path):
    path = book(tmp_path / "a.xlsx")
    opened = openpyxl.load_workbook(path)
    opened["transactions"]["C3"], opened["transactions"]["C4"] = "=C4+1", "=C3+1"
    opened.save(path)
    source = read(path)
    assert len(amounts(source)) == 58
    assert 'transactions!C3: The formula "=C4+1" has no saved result.' in said(source)


# Nothing to speak of


def test_a_table_without_rows_says_that_there_is_nothing_to_speak_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = workbook(tmp_path / "a.xlsx", {"transactions": [HEADS]})
    with pytest.raises(DataError, match="There are no purchases up to today"):
        actions.score(request_of(path, "en"))


def test_a_day_before_the_first_purchase_is_said(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = actions.score(request_of(book(tmp_path / "a.xlsx"), "en", as_of=datetime(2020, 1, 1)))
    assert "There is no purchase up to 2020-01-01; the first is of 2025-01-01." in "".join(
        map(str, run.problems)
    )
