"""Servers and sessions for all tests: starting one takes longer than most of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pyarrow as pa
import pytest

from tests.conftest import need
from tests.tierbook.engines.same import tables

# Small tables: planning and compiling cost more than the rows.
QUICKLY = {
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
}


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A Spark session with two threads, and a folder for the tables of its catalog."""
    need("spark")
    from pyspark.sql import SparkSession

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    settings = {
        "spark.ui.enabled": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.session.timeZone": "UTC",
        "spark.log.level": "ERROR",
        "spark.sql.warehouse.dir": str(tmp_path_factory.mktemp("catalog")),
        **QUICKLY,
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
        fill(connection, "shop", tables())
        connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA shop TO reader, nobody_special")
        connection.execute("GRANT USAGE ON SCHEMA shop TO nobody_special")
    return postgres.split()[0].removeprefix("host=")


def fill(connection: psycopg.Connection, schema: str, given: Mapping[str, pa.Table]) -> None:
    """Tables of a schema that is there."""
    for name, table in given.items():
        columns = ", ".join(
            f'"{field.name}" {KINDS.get(str(field.type), "timestamp")}' for field in table.schema
        )
        connection.execute(f'CREATE TABLE {schema}."{name}" ({columns})'.encode())
        with connection.cursor().copy(f'COPY {schema}."{name}" FROM STDIN'.encode()) as copy:
            for row in table.to_pylist():
                copy.write_row(list(row.values()))


def address(host: str, user: str = "tierbook", schema: str = "shop", name: str = "hotel") -> str:
    return f"postgres://{user}@/{name}?host={quote(host, safe='')}&schema={schema}"
