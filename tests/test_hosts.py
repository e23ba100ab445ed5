"""The programs other tests lean on do what their fixtures promise."""

from __future__ import annotations

import csv

import pytest


@pytest.mark.host("postgresql")
def test_a_private_postgresql_answers(postgres):
    import psycopg

    with psycopg.connect(postgres) as connection:
        assert connection.execute("SELECT '客户' || 1, current_setting('listen_addresses')").fetchone() == (
            "客户1",
            "",
        )


@pytest.mark.host("libreoffice")
def test_libreoffice_saves_a_workbook_as_csv_and_pages(office, tmp_path):
    from openpyxl import Workbook

    book = Workbook()
    book.active.append(["客户", 1.5])
    path = tmp_path / "客户 book.xlsx"
    book.save(path)
    assert list(csv.reader(office.convert(path, "csv").open(encoding="utf-8"))) == [["客户", "1.5"]]
    assert office.convert(path, "xlsx") != path
    (page,) = office.pages(office.convert(path, "pdf"))
    assert page.stat().st_size > 1000
