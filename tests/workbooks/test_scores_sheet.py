"""The sheet of scores holds what functions in cells need to come to the same results from it."""

from __future__ import annotations

import pytest

import udfs
from tests.udfs.test_retail import cells
from tierbook.rulepack.read import read_pack
from tierbook.score import score
from tierbook.shipped import shipped
from workbooks.reader import read
from workbooks.samples import SAMPLES, sample_path
from workbooks.writer import result_sheets

OF_ROWS = {
    "CRM_TIER": "tier", "CRM_STAGE": "stage", "CRM_LADDER": "ladder", "CRM_POSITION": "positions", "CRM_CREDIT": "credit",
}  # fmt: skip


@pytest.mark.parametrize("name", [name for name in SAMPLES if name != "cdnow"])
def test_functions_on_the_sheet_of_scores_give_what_stands_in_it(name):
    pack = read_pack(shipped("rules") / f"{name}.yaml")
    run = score(read(sample_path(name)).tables, pack)
    sheet = result_sheets(run, "en")[0].table
    rows = cells(sheet)
    wanted = {function: column for function, column in OF_ROWS.items() if column in sheet.column_names}
    calls: list[tuple[tuple, str]] = [
        ((function, rows, name), column)
        for function, column in wanted.items()
        if any(sheet[column].to_pylist())
    ]
    calls += [(("CRM_CLASS", rows, group, name), f"class.{group}") for group in pack.classes]
    calls += [(("CRM_SCORE", rows, section, name), f"score.{section}") for section in pack.scores]
    for call, column in calls:
        found = [row[0] for row in udfs.call(*call)]
        shown = [one.as_py() for one in sheet[column]]
        assert [plain(one) for one in found] == [plain(one) for one in shown], call[0]


def plain(cell):
    return (
        round(cell, 9)
        if isinstance(cell, float)
        else None
        if cell in ("", udfs.cells.NOT_AVAILABLE)
        else cell
    )
