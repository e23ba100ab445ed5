"""What a server does not give: every case through the command line, one sentence each, no password, nothing half written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from tests.addin.refusals import refused, tierbook
from tierbook.engines.options import EngineOptions
from tierbook.engines.sources import open_source

pytestmark = pytest.mark.host("postgresql")
ROOT = Path(__file__).parents[3]
SECRET = "horse@battery/7:%"
SCHEMAS = {
    "shop": "CREATE TABLE transactions (customer_id text, date date, amount double precision); INSERT INTO transactions VALUES ('C1', '2026-01-05', 3), ('C2', '2026-02-05', 4)",
    "bare": "SELECT 1",
    "shut": "CREATE TABLE transactions (customer_id text, date date, amount double precision)",
    "texts": "CREATE TABLE transactions (customer_id text, date text, amount text)",
    "odd": "CREATE TABLE transactions (customer_id json, date tstzrange, amount bytea, product time, channel text[], transaction_id interval)",
    "fails": "CREATE TABLE sold (customer_id text, date date, amount text); INSERT INTO sold VALUES ('C1', '2026-01-05', 'x'); CREATE VIEW transactions AS SELECT customer_id, date, amount::double precision AS amount FROM sold",
    "endless": "CREATE VIEW transactions AS SELECT 'C1'::text AS customer_id, DATE '2026-01-01' AS date, (SELECT 1.5::double precision FROM pg_sleep(300)) AS amount",
    "beyond": "CREATE TABLE transactions (customer_id uuid, date timestamptz, amount numeric); INSERT INTO transactions SELECT gen_random_uuid(), CASE i WHEN 1 THEN 'infinity' WHEN 2 THEN '-infinity' ELSE '2026-01-05 10:00+00' END::timestamptz, CASE i WHEN 3 THEN 'NaN'::numeric WHEN 4 THEN 1e40 ELSE 12.5 END FROM generate_series(1, 100) AS i",
}  # fmt: skip


@pytest.fixture(scope="module")
def server(postgres: str) -> str:
    """The socket of a server with a schema for each case, and a user with a password and the right to read."""
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("CREATE DATABASE bad")
        connection.execute(f"CREATE ROLE asker LOGIN PASSWORD '{SECRET}'".encode())
        row = connection.execute("SHOW hba_file").fetchone()
        assert row is not None
        Path(row[0]).write_text(f"local all asker scram-sha-256\n{Path(row[0]).read_text()}")
        connection.execute("SELECT pg_reload_conf()")
    with psycopg.connect(postgres, dbname="bad", autocommit=True) as connection:
        for name, statements in SCHEMAS.items():
            connection.execute(f"CREATE SCHEMA {name}; SET search_path TO {name}; {statements}".encode())
            if name != "shut":
                connection.execute(
                    f"GRANT USAGE ON SCHEMA {name} TO asker; GRANT SELECT ON ALL TABLES IN SCHEMA {name} TO asker".encode()
                )
    return postgres.split()[0].removeprefix("host=")


@pytest.fixture
def project(server, tmp_path, monkeypatch):
    """A project whose source is a schema of the server, asked as a user with the password."""
    monkeypatch.setenv("TIERBOOK_PASSWORD", SECRET)

    def begin(
        schema: str, settings: str = "", user: str = "asker", name: str = "bad", host: str = server
    ) -> Path:
        place = f"postgres://{user}@/{name}?host={quote(host, safe='')}&schema={schema}"
        (tmp_path / "config.yaml").write_text(f"source: {place}\n{settings}\n")
        return tmp_path

    return begin


@pytest.mark.parametrize(
    "begin, said",
    [
        ({"schema": "shop", "host": "/nowhere"}, ["The database cannot be reached: "]),
        ({"schema": "shop", "name": "nodb"}, ['The server is there, but database "nodb" does not exist.']),
        ({"schema": "shop", "user": "nobody"}, ['The server is there, but role "nobody" does not exist.']),
        ({"schema": "nowhere"}, ["The source holds no table that can be read."]),
        ({"schema": "bare"}, ["The source holds no table that can be read."]),
        ({"schema": "shut"}, ["The source holds no table that can be read.", "at the rights to read it"]),
        ({"schema": "texts"}, ["date of transactions has a type that cannot be read as a date", "amount of transactions has a type that cannot be read as money"]),
        ({"schema": "odd"}, ["as an identifier: json", "as a date: tstzrange", "as money: binary", "as a text: time", "channel of transactions has a type", "transaction_id of transactions"]),
        ({"schema": "fails"}, ['A value of the source cannot be read: invalid input syntax for type double precision: "x"']),
        ({"schema": "endless", "settings": "engine: {time_limit: 1}"}, ["The source did not answer within 1 seconds."]),
        ({"schema": "shop", "settings": "engine: {schema: mine}"}, ["does not allow asker to make the schema mine"]),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else "",
)  # fmt: skip
def test_what_a_server_does_not_give_is_said(begin, said, project, monkeypatch, capsys):
    refused(monkeypatch, capsys, project(**begin), said, "score", "--out", "old.xlsx")


@pytest.mark.parametrize(
    "password, said",
    [
        ("wrong-horse-8", "The database refuses the password or the user. Set TIERBOOK_PASSWORD"),
        (None, "The database asks for a password, and none is given. Set TIERBOOK_PASSWORD"),
    ],
)
def test_a_wrong_password_and_none_are_told_apart_and_not_shown(password, said, project, monkeypatch, capsys):
    folder = project("shop")
    monkeypatch.setenv("TIERBOOK_PASSWORD", password or "")
    if password is None:
        monkeypatch.delenv("TIERBOOK_PASSWORD")
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    (folder / "old.xlsx").write_bytes(b"as it was")
    for words in (["report", "--out", "old.xlsx"], ["check", "--json"]):
        assert tierbook(monkeypatch, folder, *words) == 1
        spoken = capsys.readouterr()
        assert (said if "--json" not in words else said.split(" Set")[0]) in spoken.out + spoken.err
        assert "wrong-horse-8" not in spoken.out + spoken.err
    assert (folder / "old.xlsx").read_bytes() == b"as it was"


def test_days_at_infinity_no_numbers_and_too_large_ones_are_set_aside(project, monkeypatch, capsys):
    folder = project("beyond")
    assert tierbook(monkeypatch, folder, "score", "--out", "scores.parquet") == 0
    spoken = capsys.readouterr()
    assert "4 of 100 rows of transactions have no usable date, amount and are set aside." in spoken.err
    assert "96 customers as of 2026-01-05" in spoken.out


def test_a_table_that_may_not_be_made_is_refused_before_work_starts(project, monkeypatch, capsys):
    folder = project("shop")
    monkeypatch.setattr("tierbook.warehouse.score_in", None)
    refused(
        monkeypatch,
        capsys,
        folder,
        ["does not allow a table in the schema shop"],
        "score",
        "--out",
        "table:scored",
    )
    refused(monkeypatch, capsys, folder, ["The source has a table transactions that Tierbook did not make."], "score", "--out", "table:transactions")  # fmt: skip


def ended(postgres: str, statement: str) -> threading.Thread:
    """End the session that reads a view, once it does."""

    def end() -> None:
        with psycopg.connect(postgres, dbname="bad", autocommit=True) as connection:
            for _ in range(600):
                row = connection.execute(statement.encode()).fetchone()
                if row and row[0]:
                    return
                time.sleep(0.1)

    thread = threading.Thread(target=end)
    thread.start()
    return thread


def test_a_server_that_ends_in_the_middle_is_said(project, postgres, monkeypatch, capsys):
    folder = project("endless")
    # As long as the view is read, the session waits for its sleep to end.
    thread = ended(
        postgres,
        "SELECT bool_or(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'PgSleep'",
    )
    refused(
        monkeypatch, capsys, folder, ["The database ended the connection while it was asked: ", "run again; nothing was written."],
        "report", "--out", "old.xlsx",
    )  # fmt: skip
    thread.join()


def test_an_engine_says_no_password_whatever_the_server_repeats(server):
    source = open_source(
        f"postgres://asker@/bad?host={quote(server, safe='')}&schema=shop", EngineOptions(), password=SECRET
    )
    for text in (
        SECRET,
        quote(SECRET, safe=""),
        f"postgres://asker:{SECRET}@db",
        f"password={SECRET} host=db",
    ):
        with pytest.raises(Exception, match="•••") as raised:
            source.engine.run(f"DO $$ BEGIN RAISE EXCEPTION '{text.replace('%', '%%')}'; END $$")
        assert SECRET not in str(raised.value) and quote(SECRET, safe="") not in str(raised.value)
    source.engine.close()


@pytest.fixture
def waiting(postgres: str) -> Iterator[str]:
    """A statement that gives how many sessions read the view that never ends."""
    yield "SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
        )


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for one process there")
def test_ctrl_c_ends_a_query_on_the_server(project, postgres, waiting):
    import signal

    folder = project("endless")
    with (
        psycopg.connect(postgres, autocommit=True) as connection,
        subprocess.Popen(
            [sys.executable, "-m", "addin", "score", "--out", "new.xlsx"], cwd=folder, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)},
        ) as process,
    ):  # fmt: skip
        while connection.execute(waiting.encode()).fetchone() == (0,):
            assert process.poll() is None, process.communicate()
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=60)
        assert process.returncode == 130 and said[1] == "Stopped. What was not finished is not written.\n", (
            said
        )
        while connection.execute(waiting.encode()).fetchone() != (0,):
            time.sleep(0.1)
    assert sorted(path.name for path in folder.iterdir()) == ["config.yaml"]


# The system's keyring


KEEP = """
import keyring, os, sys
keyring.set_password("tierbook", sys.argv[1], os.environ.pop("TO_KEEP"))
print(type(keyring.get_keyring()).__module__)
"""


@pytest.mark.host("keyring")
def test_the_password_comes_from_the_secret_service_of_a_desktop(project, server, tmp_path, monkeypatch):
    monkeypatch.delenv("TIERBOOK_PASSWORD")
    folder = project("shop")
    place = (folder / "config.yaml").read_text().split()[1]
    home = tmp_path / "home"
    home.mkdir()
    script = f"""
        printf 'of the session' | gnome-keyring-daemon --unlock --components=secrets > {home}/said 2>&1
        {sys.executable} -c "$KEEP" '{place}' && {sys.executable} -m addin check --json
        {sys.executable} -m addin check '{place.replace("shop", "bare")}'
    """
    environment = {**os.environ, "HOME": str(home), "XDG_RUNTIME_DIR": str(home), "PYTHONPATH": str(ROOT), "KEEP": KEEP, "TO_KEEP": SECRET}  # fmt: skip
    done = subprocess.run(
        ["dbus-run-session", "--", "sh", "-c", script],
        cwd=folder,
        env=environment,
        text=True,
        capture_output=True,
    )
    backend, _, said = done.stdout.partition("\n")
    assert backend == "keyring.backends.SecretService", done.stderr
    assert json.loads(said)["tables"] == {"transactions": {"rows": 2}}
    assert "none is given" in done.stderr, "another address has no password there"
    assert SECRET not in done.stdout + done.stderr
    kept = [path for path in home.rglob("*") if path.is_file()]
    assert not any(SECRET.encode() in path.read_bytes() for path in kept), "and lies there sealed"
