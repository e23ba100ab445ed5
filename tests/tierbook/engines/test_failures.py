"""An engine that speaks in sentences: its time, its parts, its passwords, and Ctrl+C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tierbook.engines.duckdb import DuckDB
from tierbook.engines.failures import Watched, shortened
from tierbook.engines.secrets import hidden, holds_password, refuse_password
from tierbook.errors import HostError

ROOT = Path(__file__).parents[3]


def test_what_an_engine_raises_is_a_sentence_from_the_first_statement_to_the_last_part():
    engine = Watched(DuckDB(threads=1))
    engine.run(
        "CREATE TABLE said AS SELECT range AS place, CAST(range AS VARCHAR) AS text FROM range(300000)"
    )
    engine.run("UPDATE said SET text = 'no number' WHERE place = 299999")
    parts = engine.batches("SELECT CAST(text AS INTEGER) AS one FROM said", rows=2048)
    assert isinstance(parts, Iterator) and engine.dialect == "duckdb"
    with pytest.raises(
        HostError, match="A value of the source cannot be read: Could not convert string 'no number'"
    ):
        list(parts)
    assert engine.sql("SELECT COUNT(*) AS rows FROM said")["rows"].to_pylist() == [300_000]


def test_time_runs_on_between_statements_and_what_ends_a_session_still_works():
    engine = Watched(DuckDB(threads=1), seconds=0.2)
    engine.run("CREATE TABLE kept AS SELECT 1 AS one")
    time.sleep(0.25)
    with pytest.raises(HostError, match=r"did not answer within 0\.2 seconds"):
        engine.run("SELECT 1")
    engine.drop("kept")
    engine.close()


def test_what_is_somebody_elses_mistake_is_not_made_a_sentence():
    engine = Watched(DuckDB(threads=1))
    with pytest.raises(ZeroDivisionError):
        engine.make_by("made", "SELECT 'C' AS customer_id", lambda parts: [1 / 0 for _ in parts], ["one"])


@pytest.mark.parametrize(
    "said, shown",
    [
        ("IO Error: Could not write file: No space left on device", "Could not write file: No space left on device"),
        ('connection failed: connection to server at "db", port 5432 failed: FATAL:  database "x" does not exist', 'database "x" does not exist'),
        ("\n\nLock held by (PID 7). See also https://example.invalid/x", "Lock held by (PID 7)"),
        ("x" * 300, "x" * 200 + "…"),
        ("An error occurred while calling o62.getResult.\n: org.apache.spark.SparkException: Job aborted\n\tat org.x(Y.scala:1)\nCaused by: java.io.IOException: can not read class", "can not read class"),
    ],
)  # fmt: skip
def test_what_an_engine_says_is_shortened(said, shown):
    assert shortened(said) == shown


@pytest.mark.parametrize(
    "place",
    ["postgres://me@db:5432/sales?schema=shop", "postgres://me@db/x?passfile=/home/me/.pgpass", "postgres://me@[::1]:5432/x", "spark://", "C:/data/a@b.csv", "/data/2026@home.csv", "bypass.csv"],
)  # fmt: skip
def test_what_holds_no_password_is_left_alone(place):
    refuse_password(place)
    assert hidden(place) == place


def test_a_file_that_looks_like_an_address_is_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("me:you@home.csv").touch()
    refuse_password("me:you@home.csv")
    assert holds_password("me:you@home.csv")


def test_a_password_is_hidden_as_it_is_and_as_an_address_writes_it():
    assert hidden("a b/c in a%20b%2Fc and a+b%2Fc", "a b/c") == "••• in ••• and •••"


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for one process there")
@pytest.mark.parametrize("ask", ["run", "sql", "batches"])
def test_ctrl_c_ends_a_query_whatever_it_hands_over(ask):
    text = f"""
from tierbook.engines.duckdb import DuckDB
from tierbook.engines.failures import Watched
engine = Watched(DuckDB(threads=1))
print("asking", flush=True)
try:
    list(engine.{ask}("SELECT SUM(a.range * b.range) AS x FROM range(99999999) AS a, range(9999999) AS b") or [])
except KeyboardInterrupt:
    print(engine.sql("SELECT 1 AS one")["one"].to_pylist())
"""
    with subprocess.Popen(
        [sys.executable, "-c", text],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == "asking\n"
        # Until the query runs; a moment too early ends it as well.
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=60)[0] == "[1]\n"


def test_the_error_of_an_engine_that_nobody_loaded_is_nobodys():
    with pytest.raises(duckdb.Error):
        DuckDB(threads=1).run("no statement")
