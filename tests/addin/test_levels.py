"""`--level group` on score and report: groups as customers, totals unchanged, a cycle refused."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest

from tests.addin.test_cli import tierbook

PURCHASES = [
    ("customer_id", "date", "amount"),
    ("HEAD", "2026-01-05", "100"),
    ("SUB", "2026-03-01", "40"),
    ("SUBSUB", "2026-03-02", "2"),
    ("LONE", "2026-03-03", "7"),
]
CUSTOMERS = [
    ("customer_id", "name", "parent_id"),
    ("HEAD", "Head office", ""),
    ("SUB", "Branch", "HEAD"),
    ("SUBSUB", "Depot", "SUB"),
    ("LONE", "Lone", "NOBODY"),
]


def folder(tmp_path: Path, customers: Sequence[tuple[str, ...]]) -> Path:
    place = tmp_path / "data"
    place.mkdir()
    for name, rows in (("transactions", PURCHASES), ("customers", customers)):
        with (place / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)
    return place


def scored(path: Path) -> dict[str, dict[str, object]]:
    sheet = openpyxl.load_workbook(path).worksheets[0]
    head, *rows = sheet.iter_rows(values_only=True)
    return {str(row[0]): dict(zip(head, row, strict=True)) for row in rows}


def test_a_group_is_one_customer_and_the_money_stays(tmp_path):
    place, out = folder(tmp_path, CUSTOMERS), tmp_path / "out.xlsx"
    done = tierbook("score", place, "--level", "group", "--out", out, "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert set(scored(out)) == {"HEAD", "NOBODY"}
    said = json.dumps(json.loads(done.stdout), ensure_ascii=False)
    assert "Parents that are not among the customers: 1 (NOBODY)" in said
    customers = tmp_path / "customers.xlsx"
    assert tierbook("score", place, "--out", customers, cwd=tmp_path).returncode == 0
    assert set(scored(customers)) == {"HEAD", "SUB", "SUBSUB", "LONE"}


def test_the_report_of_groups_is_drawn(tmp_path):
    place, out = folder(tmp_path, CUSTOMERS), tmp_path / "report.xlsx"
    done = tierbook("report", place, "--level", "group", "--out", out, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Overview" in openpyxl.load_workbook(out).sheetnames
    assert not list(tmp_path.rglob("*.parquet")), "what is kept is of customers"


@pytest.mark.parametrize("language, said", [("en", "A → B → C → A"), ("zh", "互为上级")])
def test_a_cycle_of_three_stops_the_run_and_is_named(tmp_path, language, said):
    cycle = [("customer_id", "name", "parent_id"), ("A", "a", "B"), ("B", "b", "C"), ("C", "c", "A")]
    place = folder(tmp_path, cycle)
    done = tierbook("score", place, "--level", "group", "--lang", language, cwd=tmp_path)
    assert done.returncode == 1
    assert said in done.stderr
    assert tierbook("score", place, "--out", tmp_path / "c.xlsx", cwd=tmp_path).returncode == 0
