"""Measures of a rule pack: one figure per customer over the rows of a table."""

from __future__ import annotations

from datetime import date, datetime

import pyarrow as pa
import pytest

from tierbook import features
from tierbook.engines.duckdb import DuckDB
from tierbook.errors import RuleError
from tierbook.measures import Measure, add_measures

AS_OF = date(2025, 6, 30)


def row(customer, day, amount, category=None, receiver=None):
    return {
        "customer_id": customer,
        "date": day,
        "amount": amount,
        "category": category,
        "counterparty_id": receiver,
    }


TABLES = {
    "customers": pa.table({"customer_id": ["ann", "ben", "cy"]}),
    "transactions": pa.Table.from_pylist([
        row("ann", date(2025, 6, 30), 10.0, "tea", "ben"),
        row("ann", date(2025, 5, 1), 0.1, "tea", "ben"),
        row("ann", date(2025, 4, 30), 0.2, "milk", "nobody listed"),
        row("ann", date(2025, 4, 30), -4.0),
        row("ann", date(2025, 7, 1), 1000.0, "tea", "ben"),
        row("ben", date(2025, 1, 1), -5.0, "tea"),
        row("ben", date(2025, 1, 1), 2.0, "milk"),
    ]),
    "interactions": pa.table({
        "customer_id": ["ann", "ann", "ben"],
        "date": [datetime(2025, 6, 30, 23, 59), datetime(2025, 5, 1, 0, 0), datetime(2025, 7, 1, 0, 0)],
        "severity": [3.0, None, 2.0],
    }),
    "receivables": pa.table({
        "customer_id": ["ann", "ann", "ann"],
        "issued": pa.array([None, date(2025, 6, 1), date(2025, 7, 1)], pa.date32()),
        "due": [AS_OF] * 3,
        "amount": [1.0, 2.0, 4.0],
    }),
}  # fmt: skip


def engine_with(*, engine: DuckDB | None = None) -> DuckDB:
    engine = engine or DuckDB(threads=1)
    features.load(engine, TABLES)
    features.customer_features(engine, as_of=AS_OF, window_days=90)
    return engine


@pytest.mark.parametrize(
    "measure, expected, why",
    [
        (Measure("m", "count", "transactions"), [4, 2, 0], "rows after the as-of date are not there"),
        (Measure("m", "sum", "transactions", "amount"), [6.3, -3, 0], "money is added up exactly"),
        (Measure("m", "sum", "transactions", "amount", days=(0, 60)), [10.1, 0, 0], "day 60 is inside"),
        (Measure("m", "sum", "transactions", "amount", days=(1, 59)), [0, 0, 0], "day 0 is the as-of date"),
        (Measure("m", "count", "transactions", days=(60, 60)), [1, 0, 0], "one day is a window too"),
        (Measure("m", "mean", "transactions", "amount"), [1.575, -1.5, None], "no rows, no mean"),
        (
            Measure("m", "median", "transactions", "amount"),
            [pytest.approx(0.15), -1.5, None],
            "mean of the middle two",
        ),
        (Measure("m", "min", "transactions", "amount"), [-4, -5, None], "no rows, no smallest"),
        (Measure("m", "max", "transactions", "amount"), [10, 2, None], "no rows, no largest"),
        (Measure("m", "distinct", "transactions", "category"), [2, 2, 0], "blank is no category"),
        (
            Measure("m", "share", "transactions", "amount", "\"category\" = 'tea'"),
            [pytest.approx(10.1 / 6.3), None, None],
            "nothing to divide by, or less than nothing, is missing",
        ),
        (Measure("m", "share", "transactions", "amount", "FALSE"), [0, None, None], "no row that fits is 0"),
        (
            Measure("m", "count", "transactions", where_sql='"category" = \'milk\' OR "amount" > 5'),
            [2, 1, 0],
            "a condition stays whole beside the date",
        ),
        (
            Measure("m", "sum", "transactions", "amount", customer_key="counterparty_id"),
            [0, 10.1, 0],
            "another column may name the customer",
        ),
        (Measure("m", "count", "interactions", days=(0, 60)), [2, 0, 0], "timestamps are cut to the day"),
        (Measure("m", "mean", "interactions", "severity"), [3, None, None], "missing cells are not zeros"),
        (Measure("m", "sum", "receivables", "amount"), [3, 0, 0], "an undated invoice is there already"),
        (Measure("m", "sum", "receivables", "amount", days=(0, 60)), [2, 0, 0], "but is in no window"),
        (Measure("m", "count", "customers"), [1, 1, 1], "a table without dates is always there"),
        (Measure("m", "count", "surveys"), [0, 0, 0], "a table that is not there has no rows"),
        (Measure("m", "mean", "surveys", "score"), [None, None, None], "and no mean"),
    ],
)
def test_a_measure_is_one_figure_per_customer(measure, expected, why):
    engine = engine_with()
    add_measures(engine, [measure], as_of=AS_OF)
    found = engine.sql("SELECT * FROM measured ORDER BY customer_id").to_pydict()
    assert found == {"customer_id": ["ann", "ben", "cy"], "m": expected}, why


def test_many_measures_stand_side_by_side_in_the_order_given():
    engine = engine_with()
    add_measures(
        engine,
        [
            Measure("rows", "count", "transactions"),
            Measure("received", "count", "transactions", customer_key="counterparty_id"),
            Measure("calls", "count", "interactions"),
            Measure("biggest", "max", "transactions", "amount"),
        ],
        as_of=AS_OF,
    )
    assert engine.sql("SELECT * FROM measured ORDER BY customer_id").to_pylist() == [
        {"customer_id": "ann", "rows": 4, "received": 0, "calls": 2, "biggest": 10},
        {"customer_id": "ben", "rows": 2, "received": 2, "calls": 0, "biggest": 2},
        {"customer_id": "cy", "rows": 0, "received": 0, "calls": 0, "biggest": None},
    ]


def test_measures_of_one_table_share_one_scan():
    heard: list[str] = []

    class Listening(DuckDB):
        def make(self, name: str, text: str, *, native: bool = False) -> None:
            heard.append(text)
            super().make(name, text, native=native)

    engine = engine_with(engine=Listening(threads=1))
    add_measures(
        engine,
        [Measure("a", "count", "transactions"), Measure("b", "max", "transactions", "amount", days=(0, 9))],
        as_of=AS_OF,
    )
    assert heard[-1].count("FROM tierbook_transactions") == 1


@pytest.mark.parametrize(
    "measure, sentence",
    [
        (
            Measure("parcels", "sum", "transactions", "parcels"),
            "The measure parcels needs the column parcels, which the table transactions does not have.",
        ),
        (
            Measure("lists", "count", "customers", days=(0, 30)),
            "The measure lists counts days, but the rows of customers have no date.",
        ),
    ],
)
def test_a_measure_that_cannot_be_taken_says_why(measure, sentence):
    with pytest.raises(RuleError, match=sentence):
        add_measures(engine_with(), [measure], as_of=AS_OF)
