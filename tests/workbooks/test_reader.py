"""A folder is read as one source; what a host sees of a reading: summary, progress, kinds of columns."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.workbooks.inputs import changed, csv_text, levels, refusal, said, transactions, workbook, write
from tierbook.language import LANGUAGES
from workbooks.reader import read


def test_a_folder_holds_one_file_per_table(tmp_path):
    write(tmp_path / "orders.csv", csv_text())
    pq.write_table(
        pa.table({"customer_id": [f"C{at}" for at in range(5)], "name": list("abcde")}),
        tmp_path / "customers.parquet",
    )
    write(tmp_path / "notes.txt", "just a note")
    write(tmp_path / "~$orders.csv", b"")
    source = read(tmp_path)
    assert set(source.tables) == {"transactions", "customers"}
    assert levels(source) <= {"note"}


def test_every_file_read_is_fingerprinted(tmp_path):
    path = write(tmp_path / "transactions.csv", csv_text())
    (file,) = read(path).files
    assert (file.path, file.bytes) == (path, path.stat().st_size)
    assert file.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_two_files_of_one_table_are_refused(tmp_path):
    write(tmp_path / "orders.csv", csv_text())
    write(tmp_path / "transactions.csv", csv_text())
    assert "orders.csv and transactions.csv" in said(refusal(tmp_path))


def test_problems_of_all_files_come_at_once(tmp_path):
    write(tmp_path / "customers.csv", b"")
    write(tmp_path / "transactions.csv", csv_text().replace("amount", "amonut"))
    text = said(refusal(tmp_path))
    assert "customers.csv" in text
    assert "amonut" in text


@pytest.mark.parametrize(
    ("name", "words"),
    [("missing.xlsx", "no such file"), ("a.pdf", "not read (.pdf)"), ("~$a.xlsx", "lock file")],
)
def test_what_cannot_be_read_is_said_in_one_sentence(tmp_path, name, words):
    if name != "missing.xlsx":
        write(tmp_path / name, b"x")
    assert words in str(refusal(tmp_path / name))


def test_an_empty_folder_is_refused(tmp_path):
    assert "no table" in str(refusal(tmp_path))


def test_the_summary_is_what_check_prints(tmp_path):
    source = read(transactions(tmp_path / "a.xlsx", changed((3, 3, "lots"))))
    for language in LANGUAGES:
        summary = source.summary(language)
        assert json.loads(json.dumps(summary)) == summary
    assert source.summary()["status"] == "warning"
    assert source.summary()["tables"] == {"transactions": {"rows": 23, "total": {"amount": 3108.0}}}
    assert source.summary()["problems"][0]["cell"] == "D5"


def test_progress_runs_from_nothing_to_all(tmp_path):
    shares: list[float] = []
    read(transactions(tmp_path / "a.xlsx"), progress=lambda share, what: shares.append(share))
    assert shares[0] == 0
    assert shares[-1] == 1
    assert shares == sorted(shares)


def test_a_time_column_keeps_its_time_of_day(tmp_path):
    rows: list[list[Any]] = [["customer_id", "date", "type"], ["C1", datetime(2024, 1, 31, 8, 30), "call"]]
    table = read(workbook(tmp_path / "a.xlsx", {"interactions": rows})).tables["interactions"]
    assert table["date"].to_pylist() == [datetime(2024, 1, 31, 8, 30)]
