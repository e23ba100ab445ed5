"""What `features.load` makes of the tables at hand: absent ones, repeated rows, columns nobody expects."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from tierbook import features
from tierbook.engines.duckdb import DuckDB
from tierbook.tables import TABLES

AS_OF = date(2025, 6, 30)
DAY = date(2025, 6, 1)


def customer_table(**tables: pa.Table) -> dict[str, dict[str, Any]]:
    engine = DuckDB(threads=1)
    features.load(engine, tables)
    features.customer_features(engine, as_of=AS_OF, window_days=90)
    return {row["customer_id"]: row for row in engine.sql("SELECT * FROM features").to_pylist()}


def sales(*rows: tuple[Any, ...], names: str = "customer_id date amount transaction_id") -> pa.Table:
    return pa.Table.from_pylist([dict(zip(names.split(), row, strict=True)) for row in rows])


def test_columns_are_the_identifier_then_the_customers_own_then_the_features_in_order():
    engine = DuckDB(threads=1)
    extra = pa.table({"customer_id": ["a"], "顾问": ["Li"], "region": ["north"]})
    features.load(engine, {"customers": extra})
    features.customer_features(engine, as_of=AS_OF, window_days=90)
    own = [column.name for column in TABLES["customers"].columns if column.name != "settlement"]
    assert list(engine.columns("features")) == [*own, "顾问", *features.COLUMNS]
    assert own[0] == "customer_id"


def test_types_are_those_promised_even_when_there_is_nothing():
    engine = DuckDB(threads=1)
    features.load(engine, {})
    features.customer_features(engine, as_of=AS_OF, window_days=90)
    found = engine.columns("features")
    promised = {"number": "DOUBLE", "text": "VARCHAR", "date": "DATE", "yes_no": "BOOLEAN"}
    assert {name: found[name] for name in features.COLUMNS} == {
        name: promised[kind] for name, kind in features.COLUMNS.items()
    }
    assert engine.sql("SELECT * FROM features").num_rows == 0


@pytest.mark.parametrize(
    "rows, orders, spend, why",
    [
        ([("a", DAY, 5.0, "1"), ("a", DAY, 5.0, "1")], 1, 5, "the same line twice counts once"),
        ([("a", DAY, 5.0, "1"), ("a", DAY, 6.0, "1")], 1, 11, "two lines of one order are one order"),
        ([("a", DAY, 5.0, None), ("a", DAY, 5.0, None)], 2, 10, "rows without a number are orders of their own"),
        ([("a", DAY, 5.0, "1"), ("a", DAY, -5.0, "1")], 1, 0, "a refunded line leaves the order"),
        ([("a", DAY, -5.0, "1")], 0, -5, "a refund alone is no order"),
        ([("a", DAY, 0.0, "1")], 1, 0, "a free purchase is one"),
        ([("a", DAY, float("nan"), "1"), ("a", DAY, 5.0, "2")], 1, 5, "NaN of a frame is a missing amount"),
        ([("a", DAY, 0.1, str(n)) for n in range(10)], 10, 1, "ten times 0.1 is exactly 1"),
    ],
)  # fmt: skip
def test_what_counts_as_an_order(rows, orders, spend, why):
    found = customer_table(transactions=sales(*rows))["a"]
    assert (found["orders"], found["total_spend"]) == (orders, spend), why


def test_repeated_rows_are_named_by_position():
    rows = sales(
        ("a", DAY, 5.0, "1"), ("b", DAY, 5.0, "1"), ("a", DAY, 5.0, "1"), ("a", DAY, 5.0, None),
        ("a", DAY, 5.0, None), ("a", DAY, 5.0, "1"), ("a", DAY, None, "1"), ("a", DAY, None, "1"),
    )  # fmt: skip
    assert features.repeated_rows(rows).tolist() == [2, 5, 7]
    assert features.repeated_rows(rows.slice(0, 2)).tolist() == []
    assert features.repeated_rows(rows.slice(0, 0)).tolist() == []


def test_only_a_purchase_up_to_the_day_makes_an_unknown_customer():
    rows = sales(("new", DAY, 1.0, "1"), ("later", date(2025, 7, 1), 1.0, "2"), (None, DAY, 1.0, "3"))
    assert set(customer_table(customers=pa.table({"customer_id": ["old"]}), transactions=rows)) == {
        "old",
        "new",
    }


def test_ready_made_features_stand_where_there_is_nothing_to_calculate_them_from():
    ready = pa.table({"customer_id": ["a"], "orders": [7], "nps": [9.0], "total_spend": [70.0], "T": [30]})
    found = customer_table(customers=ready)["a"]
    assert (found["orders"], found["total_spend"], found["T"], found["nps"]) == (7, 70, 30, 9)
    beside = customer_table(customers=ready, transactions=sales(("a", DAY, 5.0, "1")))["a"]
    assert (beside["orders"], beside["total_spend"], beside["nps"]) == (1, 5, 9)


@pytest.mark.parametrize(
    "turnover, expected, why",
    [
        (None, 3.0, "without the column, turnover is the amount"),
        ([100.0, None], 100.0, "with it, a blank cell is 0"),
        ([None, None], 0.0, "even when all are blank"),
    ],
)
def test_turnover_is_the_amount_only_where_there_is_no_such_column(turnover, expected, why):
    rows = sales(("a", DAY, 1.0, "1"), ("a", DAY, 2.0, "2"))
    if turnover:
        rows = rows.append_column("turnover", pa.array(turnover, pa.float64()))
    assert customer_table(transactions=rows)["a"]["turnover"] == expected, why


def test_a_long_list_of_guests_is_read_to_its_end():
    guests = "； ".join(["x"] * 1500 + ["b"])
    rows = sales(("a", DAY, 1.0, "1", guests), names="customer_id date amount transaction_id guests")
    found = customer_table(customers=pa.table({"customer_id": ["b"]}), transactions=rows)
    assert found["b"]["guest_visits"] == 1


def test_the_order_of_the_rows_moves_nothing():
    rows = sales(*(("a", DAY, amount, None) for amount in (0.1, 1e9, 0.2, -1e9, 0.3)))
    backwards = rows.take(list(range(len(rows)))[::-1])
    assert customer_table(transactions=rows) == customer_table(transactions=backwards)
