"""The one SQL text says the same on PostgreSQL as on DuckDB, and is a text that Spark can read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import psycopg
import pyarrow as pa
import pytest
import sqlglot

from tests.tierbook.feature_data import AS_OF, WINDOW_DAYS, as_arrow, random_tables
from tierbook import features, measures
from tierbook.engines.duckdb import DuckDB
from tierbook.measures import Measure

# Every figure once, over every kind of date column.
MEASURES = (
    Measure("all_rows", "count", "transactions"),
    Measure("named_by_others", "count", "transactions", customer_key="designated_by"),
    Measure("spend_3m_ago", "sum", "transactions", "amount", days=(91, 180)),
    Measure("mean_row", "mean", "transactions", "amount", "\"category\" = 'Tea'"),
    Measure("median_row", "median", "transactions", "amount", days=(0, 90)),
    Measure("smallest_row", "min", "transactions", "amount"),
    Measure("latest_scale", "max", "surveys", "scale"),
    Measure("channels_used", "distinct", "transactions", "channel", '"amount" > 0'),
    Measure("tea_share", "share", "transactions", "turnover", "\"category\" IN ('Tea', 'tea')"),
    Measure("late_complaints", "count", "interactions", where_sql="\"type\" = 'complaint'", days=(0, 60)),
    Measure("invoiced", "sum", "receivables", "amount"),
)


class PostgreSQL:
    """An engine as `tierbook.features.load` wants it, over one connection.

    `edited` is (before, after): a change to the translated texts, which must not go unnoticed.
    """

    def __init__(self, connection: psycopg.Connection, edited: tuple[str, str] = ("", "")) -> None:
        self.connection, self.edited, self.edits = connection, edited, 0

    def put(self, name: str, table: pa.Table) -> None:
        types = {"string": "text", "double": "double precision", "date32[day]": "date", "bool": "boolean"}
        columns = ", ".join(
            f'"{field.name}" {types.get(str(field.type), "timestamp")}' for field in table.schema
        )
        self.connection.execute(f'CREATE TABLE "{name}" ({columns})'.encode())
        with self.connection.cursor().copy(f'COPY "{name}" FROM STDIN'.encode()) as copy:
            for row in table.to_pylist():
                copy.write_row(list(row.values()))

    def make(self, name: str, text: str) -> None:
        self.connection.execute(f'CREATE TABLE "{name}" AS {self.translated(text)}'.encode())

    def view(self, name: str, text: str) -> None:
        self.connection.execute(f'CREATE VIEW "{name}" AS {self.translated(text)}'.encode())

    def columns(self, name: str) -> dict[str, str]:
        found = self.connection.execute(
            "SELECT column_name, data_type FROM information_schema.columns "
            "WHERE table_schema = current_schema() AND table_name = %s ORDER BY ordinal_position",
            [name],
        )
        return dict(found.fetchall())

    def rows(self, text: str) -> list[dict[str, Any]]:
        cursor = self.connection.cursor(row_factory=psycopg.rows.dict_row)
        return cursor.execute(text.encode()).fetchall()

    def translated(self, text: str) -> str:
        (translation,) = sqlglot.transpile(text, read="duckdb", write="postgres")
        before, after = self.edited
        if before:
            self.edits += translation.count(before)
        return translation.replace(before, after) if before else translation


@pytest.fixture(scope="session")
def database(postgres: str) -> str:
    """A database that sorts as people do (a before B), where code points have to be asked for."""
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(
            "CREATE DATABASE sorted_as_people_do TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'"
        )
    return psycopg.conninfo.make_conninfo(postgres, dbname="sorted_as_people_do")


@pytest.fixture
def connection(database: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database) as connection:
        connection.execute("CREATE SCHEMA fresh")
        # Compiling the text takes PostgreSQL longer than running it over small tables.
        connection.execute("SET search_path TO fresh; SET jit TO off")
        yield connection
        connection.rollback()


def customer_table(engine: Any, tables: dict[str, pa.Table]) -> list[dict[str, Any]]:
    features.load(engine, tables)
    features.customer_features(engine, as_of=AS_OF, window_days=WINDOW_DAYS)
    measures.add_measures(engine, MEASURES, as_of=AS_OF)
    text = "SELECT * FROM features JOIN measured USING (customer_id)"
    rows = engine.rows(text) if isinstance(engine, PostgreSQL) else engine.sql(text).to_pylist()
    return sorted(rows, key=lambda row: row["customer_id"])


def differences(rows: list[dict[str, Any]], others: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    ids, other_ids = ([row["customer_id"] for row in some] for some in (rows, others))
    if ids != other_ids or any(list(row) != list(rows[0]) for row in others):
        return [("customers or columns", ids, other_ids)]
    return [
        (row["customer_id"], name, row[name], other[name])
        for row, other in zip(rows, others, strict=True)
        for name in row
        if row[name] != other[name]
        and not (isinstance(row[name], float) and row[name] == pytest.approx(other[name], rel=1e-9, abs=1e-9))
    ]


@pytest.mark.host("postgresql")
@pytest.mark.parametrize("seed", range(100, 110))
def test_postgresql_makes_the_same_customer_table(seed, connection):
    tables = as_arrow(random_tables(seed))
    assert differences(customer_table(PostgreSQL(connection), tables), customer_table(DuckDB(), tables)) == []


@pytest.mark.host("postgresql")
@pytest.mark.parametrize(
    "before, after",
    [
        ("amount >= 0", "amount > 0"),
        (" / 30.4375", " / 30.0"),
        ("PERCENTILE_CONT(0.5)", "PERCENTILE_CONT(0.4)"),
        ("standing.r <= r_cuts.first_cut", "standing.r < r_cuts.first_cut"),
        ("guest <> host", "TRUE"),
        ("CAST('2025-04-01' AS DATE)", "CAST('2025-04-02' AS DATE)"),
    ],
)
def test_one_changed_word_is_noticed(before, after, connection):
    def noticed(seed: int) -> bool:
        connection.execute(f"CREATE SCHEMA seed_{seed}; SET search_path TO seed_{seed}".encode())
        tables = as_arrow(random_tables(seed))
        engine = PostgreSQL(connection, (before, after))
        found = customer_table(engine, tables)
        assert engine.edits, "the translation no longer has these words"
        return bool(differences(found, customer_table(DuckDB(), tables)))

    assert any(noticed(seed) for seed in (105, 100, 101, 102))


@pytest.mark.host("postgresql")
@pytest.mark.parametrize("edited, expected", [(("", ""), ["B", "z"]), ((' COLLATE "C"', ""), ["a", "ä"])])
def test_equal_sums_go_to_the_first_code_point_whatever_the_database_sorts_by(edited, expected, connection):
    rows = pa.table({
        "customer_id": ["1", "1", "2", "2"],
        "date": [date(2025, 1, 1)] * 4,
        "amount": [5.0] * 4,
        "category": ["a", "B", "ä", "z"],
    })  # fmt: skip
    found = customer_table(PostgreSQL(connection, edited), {"transactions": rows})
    assert [row["top_category"] for row in found] == expected


def test_spark_can_read_its_translation():
    heard: list[str] = []

    class Spark(DuckDB):
        def make(self, name: str, text: str, *, native: bool = False) -> None:
            heard.extend(sqlglot.transpile(text, read="duckdb", write="spark", comments=False))
            super().make(name, text, native=native)

    customer_table(Spark(), as_arrow(random_tables(100)))
    assert [type(sqlglot.parse_one(text, read="spark")).__name__ for text in heard] == ["Select"] * 5
    for text in heard:
        # What Spark 3.5 has not, and sqlglot passes on or makes up.
        for word in ("MATERIALIZED", "QUALIFY", "PERCENTILE_APPROX", "PERCENTILE_CONT("):
            assert word not in text
