"""A source worked on where it lies says what the same tables say in memory."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from tests.tierbook.engines.same import differences, in_duckdb, in_memory, pack, runs_differ, tables
from tests.tierbook.feature_data import AS_OF, as_arrow, random_tables
from tierbook import warehouse
from tierbook.arrow import arrays
from tierbook.clv.outlook import fit_models
from tierbook.clv.parts import FORESEEN, HISTORY, predictor
from tierbook.engines.duckdb import DuckDB
from tierbook.errors import DataError
from tierbook.score import score
from tierbook.warehouse import score_in


def test_records_of_several_sources_are_said_to_be_several_customers():
    rules, given = pack("logistics"), tables("logistics")
    customers = given["customers"].append_column("source", pa.array(["CRM"] * len(given["customers"])))
    said = [problem.text() for problem in in_duckdb(given | {"customers": customers}, rules).problems]
    assert any("come from several sources" in one for one in said)


@pytest.mark.parametrize("profile", ["cash"])
def test_another_profile_does(profile):
    rules = pack("hospitality")
    expected = score(tables(), rules, profile=profile)
    assert runs_differ(expected, in_duckdb(tables(), rules, profile=profile), ("tiers",)) == {}


@pytest.mark.parametrize("seed", range(200, 204))
def test_hard_small_tables_do(seed):
    given = as_arrow(random_tables(seed))
    expected = score(given, pack("hospitality"), as_of=AS_OF)
    assert (
        runs_differ(expected, in_duckdb(given, pack("hospitality"), as_of=AS_OF), ("totals", "tier_moves"))
        == {}
    )


def test_earlier_days_are_those_of_a_run_in_memory():
    run = in_duckdb(tables(), pack("hospitality"))
    expected, found = (one.over_time(3).history for one in (in_memory("hospitality"), run))
    assert [moment.as_of for moment in found] == [moment.as_of for moment in expected]
    for one, other in zip(expected, found, strict=True):
        assert [differences(one.tables[name], other.tables[name]) for name in one.tables] == [[]] * 4


def test_of_many_customers_the_best_come_back_and_tables_count_all(monkeypatch):
    monkeypatch.setattr(warehouse, "SAMPLE", 300)
    expected, run = in_memory("hospitality"), in_duckdb(tables(), pack("hospitality"), most=50)
    best = expected.customers.sort_by([("value", "descending"), ("customer_id", "ascending")]).slice(0, 50)
    assert run.customers["customer_id"].to_pylist() == sorted(best["customer_id"].to_pylist())
    assert run.population == len(expected.customers) == 422
    assert differences(expected.table("tiers"), run.table("tiers")) == []
    assert any("came back" in problem.text() for problem in run.problems)
    assert len(run.outlook.p_alive) == 50
    assert 200 < run.outlook.fit.customers < 400, "models are fitted to the sample"
    assert sum(batch.num_rows for batch in run.batches()) == 422


@pytest.mark.parametrize("most", [50, 100_000])
def test_what_is_foreseen_part_by_part_is_what_is_foreseen_of_all(most):
    run = in_duckdb(tables(), pack("hospitality"), most=most)
    found = pa.Table.from_batches(run.batches()).sort_by("customer_id")
    expected = in_memory("hospitality").outlook
    for name, figures in zip(FORESEEN, (expected.p_alive, expected.expected, expected.value), strict=True):
        assert np.array_equal(found[name].to_numpy(), figures, equal_nan=True), name
    assert differences(in_memory("hospitality").customers, found.drop_columns(FORESEEN)) == []


def test_parts_of_any_size_foresee_the_same():
    run = in_memory("hospitality")
    fitted = fit_models(*arrays(run.customers.select(HISTORY)).values())
    whole = run.customers.select(["customer_id", *HISTORY]).combine_chunks().to_batches()[0]
    parts = [whole.slice(0, 1), whole.slice(1, 300), whole.slice(301), whole.slice(0, 0)]
    found = pa.Table.from_batches(predictor(fitted, 0.4)(parts))
    expected = pa.Table.from_batches(predictor(fitted, 0.4)([whole]))
    assert differences(expected, found) == []


def test_without_a_model_nothing_is_foreseen_and_everyone_is_there():
    run = in_duckdb({"transactions": pa.table(SALES)}, pack("hospitality"))
    found = pa.Table.from_batches(run.batches())
    assert len(found) == 2 and found["p_alive"].null_count == 2


def test_masked_columns_are_hidden_from_tables_too():
    rules = pack("hospitality")
    run = in_duckdb(tables(), rules, most=50).masked()
    for name in rules.masked:
        if name in run.customers.column_names:
            assert run.customers[name].null_count == 50
            assert run.table(f"breakdown:{name}")[name].to_pylist() == [None]


def test_a_masked_copy_counts_every_customer_and_judges_the_same_sample(monkeypatch):
    monkeypatch.setattr(warehouse, "SAMPLE", 100)
    run = in_duckdb(tables(), pack("hospitality"), most=50)
    hidden = run.masked()
    assert hidden.population == run.population == 422
    assert hidden.table("totals").equals(run.table("totals"))
    assert hidden.table("tier_moves").equals(run.table("tier_moves"))
    assert hidden.backtest == run.backtest
    assert hidden.outlook.fit == run.outlook.fit


# What a source may hold

SALES = {
    "customer_id": ["C1", "C1", "C2"],
    "date": pa.array([date(2026, 1, 5), date(2026, 3, 1), date(2026, 2, 11)], pa.date32()),
    "amount": [120.5, 80.0, 9000.0],
}  # fmt: skip


def spends(sales: dict, **asked) -> dict[str, float]:
    run = in_duckdb({"transactions": pa.table(sales)}, pack("hospitality"), **asked)
    return dict(
        zip(*(run.customers[name].to_pylist() for name in ("customer_id", "total_spend")), strict=True)
    )


def test_columns_are_known_by_the_names_people_use():
    given = {"客户编号": SALES["customer_id"], "日期": SALES["date"], "金额": SALES["amount"]}
    assert spends(given) == {"C1": 200.5, "C2": 9000.0}


def test_the_project_says_which_table_and_column_is_which():
    engine = DuckDB()
    engine.put(
        "facts", pa.table({"who": SALES["customer_id"], "when": SALES["date"], "net": SALES["amount"]})
    )
    named = {"customer_id": "who", "date": "when", "amount": "net"}
    mapping = {"transactions": {"table": "facts", "columns": named}}
    run = score_in(engine, {"facts": "facts"}, pack("hospitality"), mapping=mapping)
    assert run.customers["total_spend"].to_pylist() == [200.5, 9000.0]


def test_a_repeated_row_with_a_number_counts_once_and_lines_of_an_order_each():
    given = {name: [*column, *column[:1]] for name, column in SALES.items() if name != "date"}
    given["date"] = pa.array([*SALES["date"].to_pylist(), date(2026, 1, 5)])
    assert spends(given)["C1"] == 321.0, "without numbers these are two purchases"
    assert spends(given | {"transaction_id": ["1", "2", "3", "1"]})["C1"] == 200.5
    assert (
        spends(given | {"transaction_id": ["1", "2", "3", "1"], "product": ["a", "b", "c", "d"]})["C1"]
        == 321.0
    )


def test_texts_that_are_numbers_and_dates_are_read_and_others_are_counted():
    texts = {"customer_id": ["C1"] * 40, "date": ["2026-01-05"] * 39 + ["soon"], "amount": ["10"] * 40}
    run = in_duckdb({"transactions": pa.table(texts)}, pack("hospitality"))
    assert run.customers["total_spend"].to_pylist() == [390.0]
    (said,) = [problem.text() for problem in run.problems if problem.table == "transactions"]
    assert said == "1 of 40 rows of transactions have no usable date and are set aside."


@pytest.mark.parametrize(
    "change, sentence",
    [
        ({"amount": None}, "The table transactions has no column amount; it has customer_id, date."),
        ({"amount": [float("nan")] * 3}, "3 of 3 rows of transactions have no usable amount and are set aside."),
        ({"amount": [[1.0]] * 3}, "The column amount of transactions has a type that cannot be read as money: DOUBLE[]."),
        ({"customer_id": [1.5, 2.5, 3.5]}, "The column customer_id of transactions has a type that cannot be read as an identifier: DOUBLE."),
        ({"Customer ID": ["x", "y", "z"]}, "Two columns of transactions are both customer_id: customer_id and Customer ID."),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_said_in_a_sentence(change, sentence):
    given = {name: column for name, column in (SALES | change).items() if column is not None}
    with pytest.raises(DataError) as refused:
        in_duckdb({"transactions": pa.table(given)}, pack("hospitality"))
    assert str(refused.value).startswith(sentence)


def test_a_source_without_our_tables_is_refused_with_those_it_has():
    with pytest.raises(DataError, match="neither a table of transactions nor one of customers; it has cats"):
        in_duckdb({"cats": pa.table({"name": ["Tom"]})}, pack("hospitality"))
    with pytest.raises(DataError, match="The source has no table sales24; it has transactions"):
        in_duckdb({"transactions": pa.table(SALES)}, pack("hospitality"), mapping={"transactions": "sales24"})


def test_a_customer_listed_twice_is_refused():
    listed = pa.table({"customer_id": ["C1", "C1"], "name": ["a", "b"]})
    with pytest.raises(DataError, match="1 rows of customers repeat a customer"):
        in_duckdb({"transactions": pa.table(SALES), "customers": listed}, pack("hospitality"))
