"""The customer table from SQL says what plain loops say, and what was published."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tests.tierbook.feature_data import AS_OF, WINDOW_DAYS, as_arrow, random_tables
from tests.tierbook.reference_features import reference_features
from tierbook import features
from tierbook.engines.duckdb import DuckDB
from workbooks.samples.cdnow import purchases


def calculated(tables, *, as_of=AS_OF, window_days=WINDOW_DAYS):
    """Features per customer from the SQL text on DuckDB."""
    engine = DuckDB(threads=1)
    features.load(engine, as_arrow(tables))
    features.customer_features(engine, as_of=as_of, window_days=window_days)
    rows = engine.sql("SELECT * FROM features ORDER BY customer_id").to_pylist()
    assert len({row["customer_id"] for row in rows}) == len(rows)
    return {row.pop("customer_id"): row for row in rows}


def plain(value):
    return float(value) if isinstance(value, Decimal) else value


def differences(found, expected):
    """(customer, feature, found, expected) wherever the two tell different things."""
    if set(found) != set(expected):
        return [("customers", sorted(set(found) ^ set(expected)), sorted(found), sorted(expected))]
    return [
        (customer, name, found[customer].get(name, "no such feature"), plain(value))
        for customer, features in expected.items()
        for name, value in features.items()
        if not same(found[customer].get(name, "no such feature"), plain(value))
    ]


def same(found, expected):
    numbers = (int, float)
    if isinstance(found, numbers) and isinstance(expected, numbers):
        return found == pytest.approx(expected, rel=1e-9, abs=1e-9)
    return found == expected


@pytest.mark.parametrize("seed", range(60))
def test_sql_counts_what_plain_loops_count(seed):
    tables = random_tables(seed)
    assert (
        differences(calculated(tables), reference_features(tables, as_of=AS_OF, window_days=WINDOW_DAYS))
        == []
    )


@pytest.mark.parametrize(
    "as_of, window_days", [(date(2025, 4, 1), 90), (date(2025, 6, 29), 1), (date(2020, 1, 1), 30)]
)
def test_sql_counts_what_plain_loops_count_on_any_day_and_window(as_of, window_days):
    for seed in range(60, 66):
        tables = random_tables(seed)
        found = calculated(tables, as_of=as_of, window_days=window_days)
        assert differences(found, reference_features(tables, as_of=as_of, window_days=window_days)) == []


def test_every_standard_feature_is_compared():
    compared = reference_features(random_tables(0), as_of=AS_OF, window_days=WINDOW_DAYS)
    assert set(features.COLUMNS) <= set(next(iter(compared.values())))


@pytest.mark.parametrize("count", [calculated, reference_features])
def test_a_customer_counted_by_hand(count):
    def line(day, amount, number=None, **more):
        return {"customer_id": "A", "date": day, "amount": Decimal(amount), "transaction_id": number, **more}

    tables = {
        "transactions": [
            line(date(2025, 1, 1), "100", "T1", product="Tea", category="Drinks"),
            line(date(2025, 1, 1), "50", "T1", product="Cake", category="Food"),
            line(date(2025, 1, 5), "-30", "T1", product=None, category="Food"),  # part of T1 given back
            # The last window is 2 April to 30 June, the one before 2 January to 1 April.
            line(date(2025, 4, 2), "80", "T2", product="Tea", category="Drinks"),
            line(date(2025, 4, 11), "20", None, product="Rice", category="Food"),
            line(date(2025, 5, 1), "-500", "T3", product=None, category=None),  # nothing bought: no order
            line(date(2025, 7, 1), "999", "T4", product="Tea", category="Drinks"),  # after the as-of date
        ],
    }
    found = count(tables, as_of=AS_OF, window_days=90)
    expected = {
        "orders": 3, "total_spend": -280, "average_order": -280 / 3, "first_date": date(2025, 1, 1),
        "last_date": date(2025, 4, 11), "days_since_last": 80, "tenure_months": 180 / 30.4375, "active_months": 2,
        "orders_recent": 2, "spend_recent": -400, "orders_previous": 0, "spend_previous": -30,
        "median_gap_days": 50, "overdue_ratio": 1.6, "frequency": 2, "recency": 100, "T": 180, "monetary_value": 50,
        "top_category": "Drinks", "top_category_share": 180 / 220, "new_products": 1, "spend_change": None,
    }  # fmt: skip
    assert differences(found, {"A": expected}) == []


def test_cdnow_calibration_sums_are_the_published_ones():
    tables = {
        "transactions": [
            {"customer_id": p.customer_id, "date": p.date, "amount": Decimal(str(p.amount))}
            for p in purchases()
        ]
    }
    found = calculated(tables, as_of=date(1997, 9, 30)).values()
    assert len(found) == 2_357
    assert sum(row["frequency"] for row in found) == 2_457
    assert sum(row["frequency"] > 0 for row in found) == 946
    assert sum(row["recency"] for row in found) == 112_949
    assert sum(row["T"] for row in found) == 539_779


@pytest.mark.parametrize("table", ["customers", "transactions", "interactions", "surveys", "receivables"])
def test_a_table_without_rows_is_no_trouble(table):
    tables = random_tables(1) | {
        "customers": [{"customer_id": "A"}],
        "transactions": [{"customer_id": "B", "date": AS_OF, "amount": Decimal(5)}],
    }
    arrow = as_arrow(tables)
    arrow[table] = arrow[table].slice(0, 0)
    engine = DuckDB(threads=1)
    features.load(engine, arrow)
    features.customer_features(engine, as_of=AS_OF, window_days=WINDOW_DAYS)
    customers = engine.sql("SELECT customer_id FROM features ORDER BY customer_id").column(0).to_pylist()
    assert customers == [id for id, name in (("A", "customers"), ("B", "transactions")) if name != table]


def test_customers_may_bring_their_features_ready_made():
    import pyarrow as pa

    ready = pa.table({"customer_id": ["A", "B"], "orders": [3.0, None], "total_spend": [90.0, 10.0]})
    engine = DuckDB(threads=1)
    features.load(engine, {"customers": ready})
    features.customer_features(engine, as_of=AS_OF, window_days=WINDOW_DAYS)
    found = engine.sql("SELECT orders, total_spend FROM features ORDER BY customer_id").to_pylist()
    assert found == [{"orders": 3.0, "total_spend": 90.0}, {"orders": None, "total_spend": 10.0}]
