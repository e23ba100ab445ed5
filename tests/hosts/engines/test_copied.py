"""PostgreSQL and MariaDB as sources of DuckDB say what memory says; what a server refuses is a sentence without a password."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.conftest import need
from tests.hosts.engines.conftest import SECRET, address
from tests.hosts.engines.mariadb import private_server
from tests.tierbook.engines.same import in_memory, pack, runs_differ, tables
from tierbook.engines.copied import Copied
from tierbook.engines.failures import told
from tierbook.engines.given import given
from tierbook.engines.options import EngineOptions
from tierbook.engines.sources import Opened, open_source
from tierbook.errors import HostError, TierbookError
from tierbook.warehouse import score_in

ROOT = Path(__file__).parents[3]
SYSTEMS = [
    pytest.param("postgres", marks=pytest.mark.host("postgresql")),
    pytest.param("mariadb", marks=pytest.mark.host("mariadb")),
]
HERE = EngineOptions(name="duckdb")


IN_MARIADB = {
    "string": "varchar(400)",
    "double": "double",
    "date32[day]": "date",
    "bool": "boolean",
    "int64": "bigint",
}


@pytest.fixture(scope="module")
def mariadb() -> Iterator[int]:
    """The port of a private MariaDB server with the tables of a hotel, and a user who has a password."""
    need("mariadb", "MySQLdb")
    import MySQLdb

    with private_server() as port:
        connection = MySQLdb.connect(host="127.0.0.1", port=port, user="root", charset="utf8mb4")
        with connection.cursor() as cursor:
            cursor.execute("CREATE DATABASE hotel CHARACTER SET utf8mb4")
            cursor.execute(f"CREATE USER reader IDENTIFIED BY '{SECRET}'")
            cursor.execute("GRANT SELECT ON hotel.* TO reader")
            cursor.execute("USE hotel")
            for name, table in tables().items():
                columns = ", ".join(
                    f"`{field.name}` {IN_MARIADB.get(str(field.type), 'datetime(6)')}"
                    for field in table.schema
                )
                cursor.execute(f"CREATE TABLE `{name}` ({columns})")
                places = ", ".join(["%s"] * table.num_columns)
                rows = [tuple(row.values()) for row in table.to_pylist()]
                cursor.executemany(f"INSERT INTO `{name}` VALUES ({places})", rows)
        connection.commit()
        connection.close()
        yield port


@pytest.fixture
def place(request: pytest.FixtureRequest) -> Any:
    """The address of the hotel in a kind of database, for a user and a schema or database."""
    if request.param == "postgres":
        host = request.getfixturevalue("hotel")
        return lambda user="tierbook", name="hotel", schema="shop": address(host, user, schema, name)
    port = request.getfixturevalue("mariadb")
    return lambda user="root", name="hotel", schema="": (
        f"mariadb://{user}@127.0.0.1:{port}/{name}" + (f"?schema={schema}" if schema else "")
    )


def scored(source: Opened, name: str = "hospitality", **asked: Any) -> Any:
    with told(source.engine, secret=SECRET):
        return score_in(
            source.engine, source.tables, pack(name), keep=source.keep, stamp=source.stamp, **asked
        )


@pytest.mark.parametrize("place", SYSTEMS, indirect=True)
@pytest.mark.parametrize("name", ["hospitality", "retail"])
def test_packs_give_the_same_customers(place, name):
    source = open_source(place(), HERE)
    small = ("totals", "months", "tiers", "cohorts", "products") if name == "hospitality" else ()
    assert runs_differ(in_memory(name), scored(source, name), small) == {}
    source.engine.close()


@pytest.mark.parametrize("place", SYSTEMS, indirect=True)
def test_a_reader_with_no_other_right_is_enough(place):
    source = open_source(place("reader"), HERE, password=SECRET)
    assert scored(source).population == 422
    source.engine.close()


@pytest.mark.host("postgresql")
def test_postgresql_is_its_own_engine_unless_it_is_told_otherwise(hotel):
    for options, dialect in (
        (EngineOptions(), "postgres"), (EngineOptions(name="source"), "postgres"), (HERE, "duckdb"),
    ):  # fmt: skip
        source = open_source(address(hotel), options)
        assert source.engine.dialect == dialect
        source.engine.close()


@pytest.mark.parametrize("place", SYSTEMS, indirect=True)
def test_a_run_that_broke_off_goes_on_with_the_rows_that_came(place, tmp_path, monkeypatch):
    options = EngineOptions(name="duckdb", spill=tmp_path / "spill", memory="500MB", threads=1)

    def broken(self, name, text, *, native=False):
        raise HostError("Broken off.")

    first = open_source(place(), options)
    with monkeypatch.context() as patched:
        patched.setattr(Copied, "make", broken)
        with pytest.raises(HostError, match="Broken off"):
            scored(first)
    first.keep.leave()
    second = open_source(place(), options)
    monkeypatch.setattr(Copied, "_fill", None)
    assert runs_differ(in_memory("hospitality"), scored(second), ()) == {}
    second.keep.clear()
    second.engine.close()
    assert list((tmp_path / "spill").iterdir()) == []


@pytest.mark.parametrize("place", SYSTEMS, indirect=True)
@pytest.mark.parametrize(
    "user, name, password, sentence",
    [
        ("reader", "hotel", "wrong-horse-8", "The database refuses the password or the user."),
        ("reader", "hotel", None, "The database asks for a password, and none is given."),
        ("", "no_such_place", None, "The server is there, but "),
    ],
)
def test_what_a_server_refuses_is_a_sentence(place, user, name, password, sentence):
    with pytest.raises(TierbookError) as refused:
        open_source(place(*([user] if user else []), name=name), HERE, password=password)
    said = refused.value.text() + refused.value.text("zh")
    assert said.startswith(sentence)
    assert "wrong-horse-8" not in said


@pytest.mark.parametrize("scheme, driver", [("postgres", "psycopg"), ("mysql", "MySQLdb")])
def test_a_server_that_is_not_there_is_a_sentence(scheme, driver):
    pytest.importorskip(driver)
    with pytest.raises(TierbookError, match="The database cannot be reached: "):
        open_source(f"{scheme}://me@127.0.0.1:1/hotel", HERE, password=SECRET)


@pytest.mark.parametrize("place", SYSTEMS, indirect=True)
@pytest.mark.parametrize(
    "mapping, sentence",
    [
        ({"transactions": {"table": "nowhere"}}, "The source has no table nowhere; it has "),
        (
            {"transactions": {"table": "transactions", "columns": {"date": "other"}}},
            "The table transactions has no column other, which config.yaml names for date; it has ",
        ),
    ],
)
def test_tables_and_columns_that_are_missing_are_said_before_rows_come(place, mapping, sentence, monkeypatch):
    monkeypatch.setattr(Copied, "_fill", None)
    source = open_source(place(), HERE)
    with pytest.raises(TierbookError) as refused:
        scored(source, mapping=mapping)
    assert str(refused.value).startswith(sentence)
    source.engine.close()


# Types


def looked_at(source: Opened, **asked: Any) -> dict[str, Any]:
    """The only transaction of a source, and the columns that stayed there."""
    with told(source.engine):
        found = given(
            source.engine, source.tables, mapping={}, declared={}, declared_in=(), today=None, **asked
        )
    (row,) = source.engine.sql("SELECT * FROM tierbook_given_transactions").to_pylist()
    source.engine.close()
    return row | {"left out": {str(one.values["column"]) for one in found.problems if one.level == "note"}}


@pytest.mark.host("postgresql")
def test_types_of_postgresql_arrive(hotel, postgres):
    with psycopg.connect(postgres, dbname="hotel", autocommit=True) as connection:
        connection.execute("CREATE SCHEMA types; CREATE TYPE types.way AS ENUM ('web', 'shop')")
        connection.execute(
            "CREATE TABLE types.transactions AS SELECT 7::smallint AS customer_id, "
            "timestamptz '2026-01-02 07:30:00+08' AS date, 12.3456789012345::numeric AS amount, 3::numeric(10, 2) AS quantity, "
            "'shop'::types.way AS channel, true AS cancelled, 'é漢'::char(5) AS product, "
            "'4b5e7a54-6d4f-4d5e-9d39-2f1c0f0f0f0f'::uuid AS token, '{}'::jsonb AS note_json, ARRAY[1] AS listed, "
            "'\\x00'::bytea AS picture, time '10:00' AS at"
        )
    found = looked_at(open_source(address(hotel, schema="types"), HERE))
    assert found == {
        "customer_id": "7", "date": date(2026, 1, 1), "amount": pytest.approx(12.3456789012345), "quantity": 3.0,
        "channel": "shop", "cancelled": True, "product": "é漢", "token": "4b5e7a54-6d4f-4d5e-9d39-2f1c0f0f0f0f",
        "left out": {"note_json", "listed", "picture", "at"},
    }  # fmt: skip


@pytest.mark.host("mariadb")
def test_types_of_mariadb_arrive(mariadb):
    import MySQLdb

    connection = MySQLdb.connect(host="127.0.0.1", port=mariadb, user="root", charset="utf8mb4")
    with connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE types CHARACTER SET utf8mb4")
        cursor.execute(
            "CREATE TABLE types.transactions (customer_id bigint unsigned, date timestamp, amount decimal(65, 2), "
            "quantity int unsigned, channel enum('web', 'shop'), cancelled bit(1), product varchar(9), since year, "
            "note_json json, picture blob, at time)"
        )
        # The server's clock stands in Shanghai: this is the day before in UTC.
        cursor.execute(
            "INSERT INTO types.transactions VALUES (18446744073709551615, '2026-01-02 07:30:00', 12.5, 3, 'shop', b'1', "
            "'é漢', 2019, '{}', x'00', '10:00:00')"
        )
    connection.commit()
    connection.close()
    found = looked_at(open_source(f"mysql://root@127.0.0.1:{mariadb}/hotel?schema=types", HERE))
    assert found == {
        "customer_id": "18446744073709551615", "date": date(2026, 1, 1), "amount": 12.5, "quantity": 3.0,
        "channel": "shop", "cancelled": True, "product": "é漢", "since": 2019, "note_json": "{}",
        "left out": {"picture", "at"},
    }  # fmt: skip


# Time


@pytest.mark.parametrize("place", SYSTEMS, indirect=True)
def test_a_view_that_never_ends_is_stopped(place, request, tmp_path):
    slow = "SELECT 'C' AS customer_id, CURRENT_DATE AS date, 1.0 AS amount"
    if "postgres" in place():
        with psycopg.connect(
            request.getfixturevalue("postgres"), dbname="hotel", autocommit=True
        ) as connection:
            connection.execute("CREATE SCHEMA never")
            connection.execute(f"CREATE VIEW never.transactions AS {slow} FROM pg_sleep(600)".encode())
    else:
        import MySQLdb

        port = request.getfixturevalue("mariadb")
        with MySQLdb.connect(host="127.0.0.1", port=port, user="root").cursor() as cursor:
            cursor.execute("CREATE DATABASE never")
            cursor.execute(
                f"CREATE VIEW never.transactions AS {slow} FROM (SELECT SLEEP(600) AS nap) AS sleep"
            )
    source = open_source(place(schema="never"), EngineOptions(name="duckdb", time_limit=1))
    with pytest.raises(TierbookError, match="did not answer"):
        scored(source)
    source.engine.close()


# The command line


@pytest.fixture
def tierbook(tmp_path: Path) -> Iterator[Any]:
    """The command in a folder of its own; afterwards no file there holds a password."""

    def run(*words: str, password: str = SECRET) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "addin", *words], cwd=tmp_path, text=True, capture_output=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), "TIERBOOK_PASSWORD": password},
        )  # fmt: skip
        assert password not in done.stdout + done.stderr
        return done.stdout + done.stderr

    yield run
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or SECRET.encode() not in path.read_bytes(), path


@pytest.mark.host("mariadb")
def test_the_command_line_works_over_copies(mariadb, tierbook, tmp_path):
    (tmp_path / "config.yaml").write_text(
        f"source: mysql://reader@127.0.0.1:{mariadb}/hotel\nengine: {{spill: {tmp_path / 'spill'}, memory: 500MB}}\n"
    )
    assert json.loads(tierbook("check", "--json"))["tables"]["transactions"]
    said = tierbook("score", "--out", "all.parquet", "--report", "report.xlsx")
    assert "422 customers" in said, said
    assert (tmp_path / "all.parquet").stat().st_size and (tmp_path / "report.xlsx").stat().st_size
    assert "refuses the password" in tierbook("check", password="wrong-horse-8")
    assert list((tmp_path / "spill").iterdir()) == []
