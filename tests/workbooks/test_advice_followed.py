"""What a refused input is told to write into `config.yaml` is written there, and then the input is read."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from addin.settings import read_settings
from tests.workbooks.test_reader import refusal, said, workbook
from workbooks.reader import Reading, read

DAY = date(2026, 1, 5)
_LINE = re.compile(r"(tables: \{.*\}\}\}|reading: \{[^}]*\})")


def days(count: int = 30) -> list[date]:
    return [DAY + timedelta(days=at) for at in range(count)]


def followed(source: Path, *, chosen: str = "") -> Reading:
    """The settings that the refusal of `source` says to write; `chosen` where it leaves a choice."""
    lines = _LINE.findall(said(refusal(source)))
    assert lines, said(refusal(source))
    line = next(line for line in lines if chosen in line)
    (source.parent / "config.yaml").write_text(f"{line}\n", "utf-8")
    return read_settings(source.parent).how_to_read()


def test_headings_nobody_knows_are_named_as_the_sentence_says(tmp_path):
    rows = [["Sale 1", f"B{at % 4}", day, 3, 10.5 + at] for at, day in enumerate(days())]
    path = workbook(
        tmp_path / "a.xlsx", {"Sheet1": [["Ref", "Buyer", "When: day", "Pieces", "How much"], *rows]}
    )
    source = read(path, reading=followed(path))
    assert source.tables["transactions"]["customer_id"][0].as_py() == "B0"
    assert source.tables["transactions"]["amount"][0].as_py() == 10.5


def test_a_sheet_with_the_name_of_a_table_and_other_headings_is_told_which_they_are(tmp_path):
    rows = [[f"B{at % 4}", day, 10.5 + at] for at, day in enumerate(days())]
    path = workbook(tmp_path / "a.xlsx", {"orders": [["Buyer", "When", "How much"], *rows]})
    assert read(path, reading=followed(path)).tables["transactions"].num_rows == 30


def test_a_text_file_with_other_headings_is_told_which_they_are(tmp_path):
    path = tmp_path / "export.csv"
    rows = "".join(f"B{at % 4},{day},{10.5 + at}\n" for at, day in enumerate(days()))
    path.write_text(f"Buyer,When,How much\n{rows}", "utf-8")
    assert read(path, reading=followed(path)).tables["transactions"].num_rows == 30


def test_of_two_columns_that_may_be_the_amount_the_one_written_down_counts(tmp_path):
    rows = [[f"B{at}", day, 10.5, 12.5] for at, day in enumerate(days())]
    path = workbook(
        tmp_path / "a.xlsx", {"orders": [["customer_id", "date", "Net amount", "Order total"], *rows]}
    )
    assert '"Net amount", "Order total"' in said(refusal(path))
    assert read(path, reading=followed(path)).tables["transactions"]["amount"][0].as_py() == 10.5


@pytest.mark.parametrize(
    ("cells", "chosen", "amount"),
    [
        ([["C1", "03/04/2026", 5], ["C2", "05/06/2026", 6]], "day_first", 5),
        ([["C1", "2026-01-05", "1.234,56"], ["C2", "2026-01-06", "6,00"]], "decimal", 1234.56),
        ([["C1", "2026-01-05", 7], *[["C2", "soon", 6]] * 2, *[["C3", "2026-01-06", 6]] * 9], "max_bad_share", 7),
    ],
)  # fmt: skip
def test_a_setting_is_written_as_the_sentence_says(tmp_path, cells, chosen, amount):
    path = workbook(tmp_path / "a.xlsx", {"orders": [["customer_id", "date", "amount"], *cells]})
    assert (
        read(path, reading=followed(path, chosen=chosen)).tables["transactions"]["amount"][0].as_py()
        == amount
    )


# Headings that can mean only one thing


@pytest.mark.parametrize(
    "heads",
    [
        ["Order No.", "Customer ID", "Customer", "Order Date", "Net Amount"],
        ["单据编号", "客户编号", "客户名称", "下单日期", "金额（元）"],
        ["Receipt", "Member No.", "Name", "Purchase date", "Total (EUR)"],
        ["流水号", "会员卡号", "姓名", "消费时间", "实付金额"],
    ],
)
def test_a_heading_that_can_mean_only_one_column_is_read_as_it_and_said(tmp_path, heads):
    rows = [[f"D{at}", f"K{at % 5}", f"N{at % 5}", day, 9.5 + at] for at, day in enumerate(days())]
    source = read(workbook(tmp_path / "a.xlsx", {"Export": [["Sales"], [], heads, *rows]}))
    assert source.tables["transactions"]["customer_id"][1].as_py() == "K1"
    assert source.tables["transactions"]["date"][1].as_py() == DAY + timedelta(days=1)
    assert source.tables["transactions"]["amount"][1].as_py() == 10.5
    assert f'"{heads[3]}" is read as date' in said(source)


def test_a_surer_name_leaves_the_likely_one_alone(tmp_path):
    rows = [["C1", day, date(2025, 1, 1), 5, 6] for day in days()]
    heads = ["customer_id", "date", "order date", "amount", "total"]
    source = read(workbook(tmp_path / "a.xlsx", {"orders": [heads, *rows]}))
    assert source.tables["transactions"].column_names == [
        "customer_id",
        "date",
        "order_date",
        "amount",
        "total",
    ]
    assert source.problems == []


def test_a_sheet_with_the_very_names_has_no_rival_in_one_with_likely_names(tmp_path):
    sure: list[list[Any]] = [["customer_id", "date", "amount"], *[["C1", day, 5] for day in days()]]
    likely: list[list[Any]] = [["Customer No", "Invoice date", "Total"], *[["C1", day, 7] for day in days()]]
    source = read(workbook(tmp_path / "a.xlsx", {"Invoices 2025": likely, "Data": sure}))
    assert source.tables["transactions"]["amount"][0].as_py() == 5


def test_a_part_of_the_year_on_each_sheet_is_not_read_as_the_whole(tmp_path):
    part: list[list[Any]] = [["customer_id", "date", "amount"], *[["C1", day, 5] for day in days()]]
    sentence = said(refusal(workbook(tmp_path / "a.xlsx", {"Jan": part, "Feb": part})))
    assert "Jan, Feb" in sentence
    assert "put the rows together in one sheet" in sentence


# Words of the sheet itself


def test_a_missing_cell_is_named_as_the_sheet_names_its_column(tmp_path):
    rows = [["K1", day, 5] for day in days()] + [[None, DAY, 5]]
    path = workbook(tmp_path / "a.xlsx", {"交易": [["客户编号", "日期", "金额"], *rows, ["K2", DAY, 5]]})
    assert "交易!A32: 客户编号 is missing." in said(read(path))


def test_workbooks_in_a_folder_are_named_instead_of_passed_over(tmp_path):
    workbook(tmp_path / "march.xlsx", {"orders": [["customer_id", "date", "amount"], ["C1", DAY, 5]]})
    assert "Workbooks in a folder are not read: march.xlsx." in said(refusal(tmp_path))
    (tmp_path / "transactions.csv").write_text("customer_id,date,amount\nC1,2026-01-05,5\n", "utf-8")
    assert "march.xlsx" in said(read(tmp_path))
