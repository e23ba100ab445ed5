"""A change on a page: signs that agree with the digits, and no percentage of almost nothing."""

from __future__ import annotations

from datetime import date

import openpyxl
import pyarrow as pa
import pytest

from tierbook.language import LANGUAGES, label, say
from tierbook.rulepack.read import read_pack
from tierbook.score import Run, score
from tierbook.shipped import shipped
from workbooks.report import write_report

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported:UserWarning")
# Revenue of successive months, and how the change to each is shown.
MONTHS = [
    (10.0, None, "nothing to compare with"),
    (50.0, 4.0, "five times as much is still a percentage"),
    (250.01, "n/a", "more than that is not"),
    (250.0, -0.00004, "shown without a sign, for its digits are nought"),
    (125.0, -0.5, "less is always a percentage"),
]


def young_run() -> Run:
    rows = [
        {"customer_id": "A", "date": date(2026, month, 3), "amount": amount}
        for month, (amount, *_) in enumerate(MONTHS, 6)
    ]
    pack = read_pack(shipped("rules/hospitality.yaml"))
    return score({"transactions": pa.Table.from_pylist(rows)}, pack, as_of=date(2026, 10, 31))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_change_against_almost_nothing_is_no_percentage_and_the_page_says_so(tmp_path, language):
    book = openpyxl.load_workbook(write_report(young_run(), tmp_path / "r.xlsx", language=language))
    sheet = book[label("page_periods", language)]
    rows = list(sheet.iter_rows())
    head = next(row for row in rows if any(cell.value == label("mom", language) for cell in row))
    column = next(cell.column for cell in head if cell.value == label("mom", language))
    mark = label("not_comparable", language)
    for at, (_, expected, why) in enumerate(MONTHS, head[0].row + 1):
        cell = sheet.cell(at, column)
        if isinstance(expected, float):
            assert cell.value == pytest.approx(expected, rel=1e-3), why
            assert ("▲" in cell.number_format) is (abs(expected) >= 0.0005), why
        else:
            assert cell.value == (mark if expected else None), why
    said = "{mark}: more than five times the figure before, too little to compare with."
    assert say(said, language, mark=mark) in [cell.value for row in rows for cell in row]


def test_a_page_that_can_compare_everything_says_nothing_of_it(tmp_path):
    run = young_run()
    book = openpyxl.load_workbook(write_report(run, tmp_path / "r.xlsx"))
    assert not [
        cell.value
        for row in book["Churn"].iter_rows()
        for cell in row
        if isinstance(cell.value, str) and cell.value.startswith("n/a")
    ]
