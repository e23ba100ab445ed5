"""From input tables to a run: what is declared, what is missing, what an earlier window shows."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from tests.tierbook.rulepack.packs import GOOD, pack
from tierbook.errors import DataError
from tierbook.score import score

DECLARED = GOOD.replace(
    "features:\n",
    "columns: {adviser: text, fee: number}\nfeatures:\n"
    "  paid: {sum: transactions.fee, where: adviser = 'Li'}\n",
)


def purchases(**more):
    columns = {
        "customer_id": ["C1", "C1", "C2"],
        "date": pa.array([date(2026, 1, 5), date(2026, 3, 1), date(2026, 2, 11)], pa.date32()),
        "amount": [120.5, 80.0, 9000.0],
    }
    return {"transactions": pa.table(columns | more)}


def test_every_customer_of_the_transactions_is_scored():
    run = score(purchases(), pack())
    assert run.as_of == date(2026, 3, 1)
    assert run.customers["customer_id"].to_pylist() == ["C1", "C2"]
    assert run.customers["value"].to_pylist() == [200.5, 9000.0]
    assert run.customers["tier"].to_pylist() == ["plain", "gold"]
    assert run.table("totals").to_pylist()[0]["revenue"] == 9200.5


@pytest.mark.parametrize(
    "numbers, alone", [(["1", "2", "3"], True), (["1", "1", "2"], False), ([None, "1", "2"], False)]
)
def test_nothing_is_looked_for_together_in_sales_of_one_line_each(numbers, alone):
    given = purchases(product=["tea", "milk", "tea"], transaction_id=numbers)
    run = score(given, pack())
    assert run.alone is alone
    found = run.table("product_pairs")
    assert found.num_rows == 0, "one sale of two products is no pair yet"
    assert found.column_names == ["product", "other", "both_sales", "product_sales", "other_sales", "sales"]


def test_a_pandas_frame_is_a_table_too():
    frame = purchases()["transactions"].to_pandas()
    assert score({"transactions": frame}, pack()).customers["value"].to_pylist() == [200.5, 9000.0]


def test_columns_a_pack_declares_are_used_where_they_are_and_missing_where_not():
    given = purchases(adviser=["Li", "Li", "Wang"], fee=[1.5, 2.0, 7.0])
    assert score(given, pack(DECLARED)).customers["paid"].to_pylist() == [3.5, 0.0]
    assert score(purchases(), pack(DECLARED)).customers["paid"].to_pylist() == [0.0, 0.0]


def test_a_declared_column_that_holds_something_else_is_said():
    with pytest.raises(
        DataError, match="The column fee of transactions does not hold what small declares: number."
    ):
        score(purchases(fee=["much", "little", "none"]), pack(DECLARED))


def test_purchases_after_today_do_not_move_the_date():
    assert score(purchases(), pack(), today=date(2026, 2, 20)).as_of == date(2026, 2, 11)


def test_the_earlier_window_leaves_out_who_came_later():
    run = score(purchases(), pack(), as_of=date(2026, 4, 10))
    assert run.previous is not None
    assert run.previous.as_of == date(2026, 1, 10)
    assert run.previous.customers["customer_id"].to_pylist() == ["C1"]
    assert np.isclose(run.previous.customers["value"][0].as_py(), 120.5)


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({}, "neither a table of transactions nor one of customers"),
        ({"customers": pa.table({"customer_id": ["C1"]})}, "The customers have no column total_spend"),
        (
            {"customers": pa.table({"customer_id": ["C1"], "total_spend": [5.0]})},
            "There is no date to speak for.",
        ),
    ],
)
def test_without_data_it_says_what_is_missing(tables, said):
    with pytest.raises(DataError, match=said):
        score(tables, pack())


def test_nobody_is_a_run_too():
    empty = {"transactions": purchases()["transactions"].slice(0, 0)}
    run = score(empty, pack(), as_of=date(2026, 1, 1))
    assert run.customers.num_rows == 0
    assert run.table("tiers").num_rows == 0


def test_a_column_of_customers_named_like_a_result_or_a_threshold_is_left_out_and_said():
    listed = pa.table(
        {
            "customer_id": ["C1", "C2"],
            "value": ["much", "little"],
            "tier": ["plain", "gold"],
            "late": [1e9, 1e9],
            "share_of_wallet": [9.0, 9.0],
            "region": ["North", "South"],
        }
    )
    plain = score(purchases(), pack()).customers
    run = score({**purchases(), "customers": listed}, pack())
    for name in ("value", "tier", "stage", "churn_level", "share_of_wallet"):
        assert run.customers[name].to_pylist() == plain[name].to_pylist(), name
    assert run.customers["region"].to_pylist() == ["North", "South"]
    assert [problem.heading for problem in run.problems] == ["value", "tier", "late", "share_of_wallet"]


def test_without_transactions_customers_may_bring_a_feature_of_the_pack():
    brought = pa.table(
        {"customer_id": ["C1"], "total_spend": [500.0], "settlement": ["cash"], "share_of_wallet": [0.25]}
    )
    run = score({"customers": brought}, pack(), as_of=date(2026, 3, 1))
    assert run.customers["share_of_wallet"].to_pylist() == [0.25]
