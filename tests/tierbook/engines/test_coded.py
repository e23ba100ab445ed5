"""Rows in memory bring the customer's number along; the tables are those every other engine makes."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from tierbook import features
from tierbook.engines.coded import MOST_NAMES, enumeration
from tierbook.engines.duckdb import DuckDB

DAY = date(2026, 3, 1)
MADE = ("tierbook_numbers", "tierbook_sales", "tierbook_purchase_days")


def tables(**more: Any) -> dict[str, pa.Table]:
    sold = {
        "customer_id": ["b", None, "é", "B", "b"],
        "date": pa.array([DAY, DAY, None, date(2026, 2, 1), date(2026, 2, 28)], pa.date32()),
        "amount": [0.1, 5.0, -0.2, None, 1e9],
        "product": ["tea", "soup", "O'Hara's \"best\"", None, "tea"],
        "category": ["tea", "", None, "drinks", "drinks"],
        "transaction_id": ["1", "1", "2", None, "3"],
    }
    return {"transactions": pa.table(sold | more), "customers": pa.table({"customer_id": ["z", "b", None]})}


@pytest.mark.parametrize(
    "given, why",
    [
        (tables(), "texts, missing ones, quotes and an empty name"),
        (tables(customer_id=[2, 1, None, 10, 2]), "identifiers that are numbers"),
        (
            tables(customer_id=pa.array(["b", "a", None, "c", "b"]).dictionary_encode()),
            "identifiers by place",
        ),
        (tables(product=[str(number) for number in range(5)]), "other names"),
        ({"transactions": tables()["transactions"].slice(0, 0)}, "no rows"),
        ({"transactions": tables()["transactions"].drop_columns(["customer_id"])}, "no identifiers"),
        ({"transactions": pa.concat_tables([tables()["transactions"]] * 2)}, "rows in two chunks"),
    ],
)
def test_tables_are_those_every_other_engine_makes(given, why):
    engine = DuckDB(threads=1)
    features.load(engine, given)
    coded = {name: rows(engine, name) for name in MADE}
    features.prepare(engine, narrow=True, numbered=True)
    assert coded == {name: rows(engine, name) for name in MADE}, why


def rows(engine: DuckDB, name: str) -> list[tuple[Any, ...]]:
    listed = ", ".join(
        f'CAST("{column}" AS VARCHAR) AS "{column}"' if kind.startswith("ENUM") else f'"{column}"'
        for column, kind in engine.columns(name).items()
    )
    return engine.connection.execute(f"SELECT {listed} FROM {name} ORDER BY ALL").fetchall()


def test_names_are_in_the_order_of_code_points_and_too_many_stay_texts():
    column = pa.chunked_array([["é", "b", None, "B", "it's"]])
    assert enumeration([column]) == "ENUM('B', 'b', 'it''s', 'é')"
    many = pa.chunked_array([[str(number) for number in range(MOST_NAMES + 1)]])
    assert enumeration([column, many]) is None
    assert enumeration([pa.chunked_array([pa.nulls(3, pa.string())])]) is None


@pytest.mark.parametrize(
    "numbers, alone, why",
    [
        (["1", "2", "3", "4", "5"], True, "rising numbers stand on one row each"),
        (["1", "1", "2", "3", "4"], False, "a number on two rows"),
        (["1", None, "2", "3", "4"], False, "a row without a number"),
    ],
)
def test_loading_says_whether_every_transaction_has_a_number_of_its_own(numbers, alone, why):
    assert features.load(DuckDB(threads=1), tables(transaction_id=numbers)) is alone, why
