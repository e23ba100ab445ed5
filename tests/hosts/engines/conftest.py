"""Servers and sessions for all tests: starting one takes longer than most of them."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest

from dev import program
from tests.conftest import need
from tests.tierbook.engines.same import tables


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """A Spark session with two threads."""
    need("spark")
    from pyspark.sql import SparkSession

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    settings = {
        "spark.ui.enabled": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.session.timeZone": "UTC",
        "spark.log.level": "ERROR",
        # Small tables: planning and compiling cost more than the rows.
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    }
    builder = SparkSession.builder.master("local[2]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    yield session
    session.stop()


# PostgreSQL

SECRET = "correct-horse-7"
KINDS = {
    "string": "text",
    "double": "double precision",
    "date32[day]": "date",
    "bool": "boolean",
    "int64": "bigint",
}


@pytest.fixture(scope="session")
def hotel(postgres: str) -> str:
    """A database that sorts as people do, with the tables of a hotel and a user who has a password."""
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("CREATE DATABASE hotel TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'")
        connection.execute(f"CREATE ROLE reader LOGIN PASSWORD '{SECRET}'".encode())
        connection.execute("CREATE ROLE nobody_special LOGIN")
        connection.execute("REVOKE TEMPORARY ON DATABASE hotel FROM PUBLIC")
        connection.execute("GRANT TEMPORARY ON DATABASE hotel TO reader")
        row = connection.execute("SHOW hba_file").fetchone()
        assert row is not None
        (file,) = row
        rules = Path(file).read_text()
        Path(file).write_text(f"local all reader scram-sha-256\n{rules}")
        connection.execute("SELECT pg_reload_conf()")
    with psycopg.connect(postgres, dbname="hotel", autocommit=True) as connection:
        connection.execute("CREATE SCHEMA shop; GRANT USAGE, CREATE ON SCHEMA shop TO reader")
        for name, table in tables().items():
            columns = ", ".join(
                f'"{field.name}" {KINDS.get(str(field.type), "timestamp")}' for field in table.schema
            )
            connection.execute(f'CREATE TABLE shop."{name}" ({columns})'.encode())
            with connection.cursor().copy(f'COPY shop."{name}" FROM STDIN'.encode()) as copy:
                for row in table.to_pylist():
                    copy.write_row(list(row.values()))
        connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA shop TO reader, nobody_special")
        connection.execute("GRANT USAGE ON SCHEMA shop TO nobody_special")
    return postgres.split()[0].removeprefix("host=")


def address(host: str, user: str = "tierbook", schema: str = "shop", name: str = "hotel") -> str:
    return f"postgres://{user}@/{name}?host={quote(host, safe='')}&schema={schema}"


# MariaDB

IN_MARIADB = {
    "string": "varchar(400)",
    "double": "double",
    "date32[day]": "date",
    "bool": "boolean",
    "int64": "bigint",
}


@pytest.fixture(scope="session")
def mariadb() -> Iterator[int]:
    """The port of a private MariaDB server with the tables of a hotel, and a user who has a password."""
    need("mariadb", "MySQLdb")
    import MySQLdb

    folder = Path(tempfile.mkdtemp(prefix="tbmy"))
    data, log = folder / "data", (folder / "log").open("w+")
    as_user = [f"--user={getpass.getuser()}"]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    made = [
        "mariadb-install-db", "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal",
        "--skip-test-db", *as_user,
    ]  # fmt: skip
    assert subprocess.run(made, stdin=subprocess.DEVNULL, stdout=log, stderr=log).returncode == 0
    begun = [
        program("mariadb-server"), "--no-defaults", f"--datadir={data}", f"--socket={folder / 'socket'}",
        "--bind-address=127.0.0.1", f"--port={port}", "--innodb-flush-log-at-trx-commit=0",
        # A server nobody told where its clock stands.
        "--default-time-zone=+08:00", *as_user,
    ]  # fmt: skip
    server = subprocess.Popen(begun, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        while not (folder / "socket").exists():
            assert server.poll() is None, (folder / "log").read_text()
            time.sleep(0.1)
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
    finally:
        server.terminate()
        server.wait()
        log.close()
        shutil.rmtree(folder)
