"""What is wrong with files an engine works on: every case through the command line, one sentence each, nothing half written."""

from __future__ import annotations

import importlib.util
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from tests.addin.refusals import SALES, refused, tierbook, write

MANY = 400_000


def many(folder: Path) -> Path:
    days = pa.array([date(2026, 1, 1 + at % 28) for at in range(MANY)], pa.date32())
    return write(folder, customer_id=[f"C{at:09d}" for at in range(MANY)], date=days, amount=[1.5] * MANY)


def database(folder: Path, *statements: str) -> Path:
    with duckdb.connect(str(folder / "hotel.duckdb")) as connection:
        connection.register("given", pa.table(SALES))
        connection.execute("CREATE TABLE transactions AS SELECT * FROM given")
        for statement in statements:
            connection.execute(statement)
    return folder / "hotel.duckdb"


def instead(statement: str) -> tuple[str, ...]:
    return ("ALTER TABLE transactions RENAME TO sold", f"CREATE VIEW transactions AS {statement}")


def cut(path: Path, size: int) -> None:
    path.write_bytes(path.read_bytes()[:size])


def spoiled(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at : at + 4000] = b"\xff" * len(content[at : at + 4000])
    path.write_bytes(content)


# What is wrong, how it comes to be, the settings beside the source, what is said.
Case = tuple[str, Callable[[Path], object], str, list[str]]
FILES: list[Case] = [
    ("another table", lambda f: write(f, "cats"), "", ["neither a table of transactions nor one of customers; it has cats"]),
    ("a table that config.yaml names", write, "tables: {transactions: sales24, customers: people}", ["has no table sales24", "has no table people"]),
    ("two columns", lambda f: write(f, amount=None, date=None), "", ["has no column date; it has customer_id", "has no column amount"]),
    ("a column that config.yaml names", write, "tables: {transactions: {columns: {amount: net}}}", ["no column net, which config.yaml names for amount; it has customer_id, date, amount"]),
    ("several at once", lambda f: (write(f, amount=[[1.0]] * 4, customer_id=[1.5] * 4), write(f, "customers", customer_id=None)), "",
     ["The table customers has no column customer_id", "customer_id of transactions has a type that cannot be read as an identifier: DOUBLE", "as money: DOUBLE[]"]),
    ("nested", lambda f: write(f, date=[{"day": 1}] * 4), "", ["cannot be read as a date: STRUCT("]),
    ("not Parquet", lambda f: write(f).write_bytes(b"hello" * 99), "", ["data/transactions.parquet: This is no Parquet file, or it is cut off."]),
    ("cut off", lambda f: cut(write(f), 700), "", ["data/transactions.parquet: This is no Parquet file, or it is cut off."]),
    ("spoiled inside", lambda f: spoiled(many(f), 500_000), "", ["A file of the source is damaged: "]),
    ("empty, of two parts", lambda f: (write(f, "a", "data/transactions"), (f / "data/transactions/b.parquet").write_bytes(b""), (f / "data/transactions/c.parquet").write_bytes(b"x" * 99)), "",
     ["data/transactions/b.parquet: This file is empty.", "data/transactions/c.parquet: This is no Parquet file"]),
    ("parts of two kinds", lambda f: (write(f, "a", "data/transactions"), (f / "data/transactions/b.csv").write_text("customer_id\nC1\n")), "",
     ["data/transactions/a.parquet and data/transactions/b.csv are parts of one table, but not of one kind."]),
    ("parts without a column", lambda f: (write(f, "a", "data/transactions"), write(f, "b", "data/transactions", amount=None)), "", ["4 of 8 rows of transactions have no usable amount"]),
    ("one table twice", lambda f: (write(f), (f / "data/transactions.csv").write_text("customer_id,date,amount\nC1,2026-01-05,1\n")), "", ["are both the table transactions."]),
    ("an empty folder", lambda f: (f / "data").mkdir(), "", ["holds neither Parquet nor CSV files."]),
    ("no rows", lambda f: write(f, customer_id=pa.array([], pa.string()), date=pa.array([], pa.date32()), amount=pa.array([], pa.float64())), "",
     ["There is no date to speak for. Give --as-of, because there are no transactions."]),
    ("a spill folder that is a file", lambda f: (write(f), (f / "spill").write_text("x")), "engine: {spill: spill}", ["The folder spill cannot be used: File exists."]),
    ("a spill folder under a file", lambda f: (write(f), (f / "spill").write_text("x")), "engine: {spill: spill/deep}", ["The folder spill/deep cannot be used: Not a directory."]),
    ("a spill folder with a limit", many, "engine: {spill: spill, memory: 60MB, spill_limit: 1MB, threads: 1}", ["The memory is not enough: ", "Raise engine: memory"]),
    ("little memory", many, "engine: {memory: 20MB, threads: 1}", ["The memory is not enough: "]),
]  # fmt: skip
DATABASES: list[Case] = [
    ("no database", lambda f: (f / "hotel.duckdb").write_bytes(b"not a database" * 999), "", ["is no database this version can read, or it is damaged"]),
    ("a damaged one", lambda f: spoiled(database(f), 4096), "", ["is no database this version can read, or it is damaged"]),
    ("an empty file", lambda f: (f / "hotel.duckdb").touch(), "", ["is no database this version can read, or it is damaged"]),
    ("no table", lambda f: database(f, "DROP TABLE transactions"), "", ["The source holds no table that can be read."]),
    ("a view of a table that is gone", lambda f: database(f, *instead("SELECT * FROM sold"), "DROP TABLE sold"), "", ["no longer has what the run needs: Table with name sold does not exist"]),
    ("a view that fails", lambda f: database(f, *instead("SELECT customer_id, date, CAST('x' || amount AS DOUBLE) AS amount FROM sold")), "",
     ["A value of the source cannot be read: Could not convert string 'x120.5' to DOUBLE"]),
    ("a view that never ends", lambda f: database(f, *instead("SELECT 'C' AS customer_id, DATE '2026-01-01' AS date, a.range * 1.5 AS amount FROM range(99999999) AS a, range(99999999)")),
     "engine: {time_limit: 1}", ["The source did not answer within 1 seconds. Raise engine: time_limit in config.yaml"]),
    ("types", lambda f: database(f, *instead("SELECT INTERVAL 1 DAY AS customer_id, '\\x01'::BLOB AS date, {'a': 1} AS amount, TIME '10:00' AS product FROM sold")), "",
     ["as an identifier: INTERVAL", "as a date: BLOB", "as money: STRUCT(a INTEGER)", "as a text: TIME"]),
    ("days at infinity and endless sums", lambda f: database(f, *instead("SELECT customer_id, 'infinity'::DATE AS date, 1e30 AS amount FROM sold")), "",
     ["4 of 4 rows of transactions have no usable date, amount and are set aside."]),
]  # fmt: skip


@pytest.mark.parametrize("wrong, begin, settings, said", FILES, ids=[case[0] for case in FILES])
def test_a_folder_that_cannot_be_used_is_said(wrong, begin, settings, said, tmp_path, monkeypatch, capsys):
    begin(tmp_path)
    (tmp_path / "config.yaml").write_text(f"source: data\n{settings}\n")
    refused(monkeypatch, capsys, tmp_path, said, "score", "--out", "old.xlsx")


@pytest.mark.parametrize("wrong, begin, settings, said", DATABASES, ids=[case[0] for case in DATABASES])
def test_a_database_in_a_file_that_cannot_be_used_is_said(
    wrong, begin, settings, said, tmp_path, monkeypatch, capsys
):
    begin(tmp_path)
    (tmp_path / "config.yaml").write_text(f"source: hotel.duckdb\n{settings}\n")
    refused(monkeypatch, capsys, tmp_path, said, "report", "--out", "old.xlsx")


def sqlite(folder: Path, *rows: tuple[object, ...]) -> None:
    with sqlite3.connect(folder / "hotel.db") as connection:
        connection.execute("CREATE TABLE transactions (customer_id TEXT, date TEXT, amount REAL)")
        connection.executemany("INSERT INTO transactions VALUES (?, ?, ?)", rows)
    connection.close()
    (folder / "config.yaml").write_text("source: hotel.db\n")


def test_a_value_of_another_type_than_its_column_is_said(tmp_path, monkeypatch, capsys):
    sqlite(tmp_path, ("C1", "2026-01-05", 3.5), ("C2", "2026-01-06", "much"))
    said = ['A value of the source cannot be read: Invalid type in column "amount"', 'found "much"']
    refused(monkeypatch, capsys, tmp_path, said, "score", "--out", "old.xlsx")


def test_sqlite_without_its_package_is_said(tmp_path, monkeypatch, capsys):
    sqlite(tmp_path, ("C1", "2026-01-05", 3.5))
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        "importlib.util.find_spec",
        lambda name, *package: None if "sqlite_scanner" in name else find_spec(name, *package),
    )
    said = ["SQLite files need the package duckdb-extension-sqlite-scanner. Install it: pip install"]
    refused(monkeypatch, capsys, tmp_path, said, "check")


def test_no_database_of_sqlite_is_said(tmp_path, monkeypatch, capsys):
    (tmp_path / "hotel.sqlite").write_bytes(b"not a database" * 999)
    (tmp_path / "config.yaml").write_text("source: hotel.sqlite\n")
    refused(
        monkeypatch, capsys, tmp_path, ["is no database this version can read, or it is damaged"], "check"
    )


def test_two_tables_of_one_meaning_are_a_warning(tmp_path, monkeypatch, capsys):
    write(tmp_path), write(tmp_path, "Sales")
    (tmp_path / "config.yaml").write_text("source: data\n")
    assert tierbook(monkeypatch, tmp_path, "check") == 0
    assert (
        "Sales and transactions are both a table of transactions; only Sales is read."
        in capsys.readouterr().err
    )


def test_files_of_other_tools_and_of_other_tables_are_in_nobodys_way(tmp_path, monkeypatch, capsys):
    write(tmp_path, "a", "data/transactions")
    write(tmp_path, "00000000000000000010.checkpoint", "data/transactions/_delta_log", amount=None)
    (tmp_path / "data/exported.parquet").write_bytes(b"being written")
    (tmp_path / "config.yaml").write_text("source: data\n")
    assert tierbook(monkeypatch, tmp_path, "check") == 0
    assert "4 rows of transactions" in capsys.readouterr().out


# Files that others have open, disks that are full


@contextmanager
def held(path: Path, *, read_only: bool) -> Iterator[None]:
    """Another process has the file open."""
    text = f"import duckdb, sys; c = duckdb.connect({str(path)!r}, read_only={read_only}); print(1, flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", text], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield
        process.kill()


def test_a_file_that_another_program_writes_is_said(tmp_path, monkeypatch, capsys):
    path = database(tmp_path)
    (tmp_path / "config.yaml").write_text("source: hotel.duckdb\n")
    with held(path, read_only=False):
        refused(monkeypatch, capsys, tmp_path, ["Another program has the file open: ", "(PID"], "check")
    with held(path, read_only=True):
        assert tierbook(monkeypatch, tmp_path, "check") == 0
        capsys.readouterr()
        refused(
            monkeypatch,
            capsys,
            tmp_path,
            ["Another program has the file open: "],
            "score",
            "--out",
            "table:scored",
        )


@pytest.mark.parametrize(
    "name, statement, said",
    [
        ("transactions", "", "The source has a table transactions that Tierbook did not make."),
        ("mine", "CREATE VIEW mine AS SELECT 1 AS one", "The source has a table mine that Tierbook did not make."),
        ("", "", "The table for the results has no name. Give it one: --out table:scored_customers."),
    ],
)  # fmt: skip
def test_a_table_that_may_not_be_made_is_refused_before_work_starts(
    name, statement, said, tmp_path, monkeypatch, capsys
):
    database(tmp_path, *[statement] if statement else [])
    (tmp_path / "config.yaml").write_text("source: hotel.duckdb\nengine: {spill: spill}\n")
    refused(monkeypatch, capsys, tmp_path, [said], "score", "--out", f"table:{name}")
    assert list((tmp_path / "spill").iterdir()) == [], "no stage was begun"


def test_a_name_with_quotes_is_the_name_of_a_table(tmp_path, monkeypatch):
    database(tmp_path)
    (tmp_path / "config.yaml").write_text("source: hotel.duckdb\n")
    assert tierbook(monkeypatch, tmp_path, "score", "--out", 'table:a "b"') == 0
    with duckdb.connect(str(tmp_path / "hotel.duckdb")) as connection:
        assert connection.execute('SELECT COUNT(*) FROM "a ""b"""').fetchone() == (3,)


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of files there")
def test_a_disk_that_fills_is_said_and_finished_stages_stay(tmp_path, monkeypatch, capsys):
    import resource
    import signal

    many(tmp_path)
    (tmp_path / "config.yaml").write_text("source: data\nengine: {spill: spill, memory: 100MB}\n")
    before, heard = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (6_000_000, before[1]))
    try:
        refused(
            monkeypatch, capsys, tmp_path, ["The folder for what does not fit into memory is full: ", "File too large"],
            "score", "--out", "old.xlsx",
        )  # fmt: skip
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, heard)


@pytest.mark.parametrize(
    "command", [("report",), ("effect",), ("pivot", "--rows", "tier", "--columns", "stage")]
)
def test_every_command_takes_the_source_of_the_project_and_leaves_nothing_behind(
    command, tmp_path, monkeypatch, capsys
):
    write(tmp_path)
    (tmp_path / "config.yaml").write_text("source: data\nengine: {spill: spill}\n")
    assert tierbook(monkeypatch, tmp_path, *command) == 0, capsys.readouterr().err
    assert list((tmp_path / "spill").iterdir()) == []


@pytest.mark.parametrize(
    "address",
    [
        "postgres://me:hunter-22@db/sales",
        "POSTGRES://:hunter-22@db/sales",
        "postgres://me:hun%74er-22@db/sales",
        "postgres://me:hun/ter-22@db/sales",
        "postgres://me@db/sales?password=hunter-22",
        "postgres://me@db/sales?sslmode=on&SSLPassword=hunter-22",
        "postgres://me@db/sales?p%61ssword=hunter-22",
        "postgres://me@db/sales?options=-cpassword%3Dhunter-22",
        "postgres:/me:hunter-22@db/sales",
        "postgres//me:hunter-22@db/sales",
        "me:hunter-22@db/sales",
        "host=db user=me password='hunter-22'",
        "postgres://me:hunter-22/sales",
        "snowflake://me@account/db?token=hunter-22",
    ],
)
def test_an_address_with_a_password_is_refused_wherever_it_stands(address, tmp_path, monkeypatch, capsys):
    for settings, words in (
        (f'source: "{address}"\n', ["check"]),
        ("pack: hospitality\n", ["score", address]),
        ("pack: hospitality\n", ["clv", address, "--json"]),
    ):
        (tmp_path / "config.yaml").write_text(settings)
        assert tierbook(monkeypatch, tmp_path, *words) == 1
        spoken = capsys.readouterr()
        said = spoken.out + spoken.err
        assert "holds a password" in said or "The address of the source cannot be read." in said
        assert "ter-22" not in said and "74er" not in said


@pytest.mark.parametrize(
    "settings",
    ['source: {url: "postgres://me:hunter-22@db/x"}', 'engine: "postgres://me:hunter-22@db/x"', "engine: {master: 3, schema: 'password=hunter-22', memory: 'pwd=hunter-22'}"],
)  # fmt: skip
def test_settings_that_are_refused_show_no_password(settings, tmp_path, monkeypatch, capsys):
    (tmp_path / "config.yaml").write_text(f"{settings}\n")
    for words in (["check", "--json"], ["doctor"]):
        assert tierbook(monkeypatch, tmp_path, *words) == 1
        spoken = capsys.readouterr()
        assert "hunter-22" not in spoken.out + spoken.err
