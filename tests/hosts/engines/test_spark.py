"""Spark says what memory says, and a changed word of its dialect is noticed."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from tests.tierbook.engines.same import differences, in_memory, pack, runs_differ, tables
from tierbook.arrow import arrays
from tierbook.clv.outlook import fit_models
from tierbook.clv.parts import FORESEEN, HISTORY, predictor
from tierbook.engines import database
from tierbook.engines.database import Spark
from tierbook.engines.sources import KeptFiles
from tierbook.rulepack.in_engine import query
from tierbook.warehouse import score_in

pytestmark = pytest.mark.host("spark")


@pytest.fixture(scope="session")
def engine(spark: Any) -> Spark:
    import ibis

    return Spark(ibis.pyspark.connect(spark))


@pytest.fixture(scope="session")
def given(engine: Spark) -> dict[str, str]:
    for name, table in tables().items():
        engine.put(f"given_{name}", table)
    return {name: f"given_{name}" for name in tables()}


def test_the_same_pack_gives_the_same_customers(engine, given):
    run = score_in(engine, given, pack("hospitality"))
    assert (
        runs_differ(in_memory("hospitality"), run, ("totals", "months", "tier_moves", "pareto", "signals"))
        == {}
    )
    assert [len(batch) > 0 for batch in run.batches()]


def test_executors_foresee_what_is_foreseen_here_and_tables_outlive_a_session(spark, tmp_path):
    import ibis

    def kept() -> tuple[Spark, KeptFiles]:
        engine = Spark(ibis.pyspark.connect(spark), folder=str(tmp_path))
        return engine, KeptFiles(engine, {"now": ("foreseen_there",)})

    run = in_memory("hospitality")
    known = run.customers.select(["customer_id", *HISTORY])
    foresee = predictor(fit_models(*arrays(known.select(HISTORY)).values()), 0.4)
    engine, stages = kept()
    assert stages.finished("one run") == []
    engine.put("known_there", known)
    engine.make_by("foreseen_there", "SELECT * FROM known_there", foresee, FORESEEN)
    stages.finish("now")
    spark.catalog.dropTempView("foreseen_there")
    engine, stages = kept()
    assert stages.finished("one run") == ["now"]
    found = engine.sql("SELECT * FROM foreseen_there").sort_by("customer_id")
    assert differences(pa.Table.from_batches(foresee(known.combine_chunks().to_batches())), found) == []
    assert stages.finished("another run") == []


@pytest.mark.parametrize("before, after", [("", ""), ("RINT(", "FLOOR("), ("DESC", "ASC")])
def test_a_changed_word_in_the_rules_is_noticed(before, after, engine, monkeypatch):
    expected = in_memory("hospitality")
    results = {"value", "tier", "stage", "positions", "churn_level", "winback"}
    features = [
        name for name in expected.customers.column_names
        if name not in results and not name.startswith(("value.", "class.", "score.", "churn_", "early_", "winback", "retention"))
        and name not in expected.pack.features and name not in ("action", "ladder", "credit", "rfm_segment")
    ]  # fmt: skip
    engine.put("customers_there", expected.customers.select(features))
    text = query(expected.pack, features, source="customers_there")
    translate = database.translated
    seen: list[str] = []

    def edited(text: str, dialect: str) -> str:
        seen.append(translate(text, dialect))
        return seen[-1].replace(before, after) if before else seen[-1]

    monkeypatch.setattr(database, "translated", edited)
    found = engine.sql(f"SELECT customer_id, value, tier, churn_level FROM ({text}) AS scored").sort_by(
        "customer_id"
    )
    assert before in seen[0], "the translation no longer has these words"
    same = differences(expected.customers.select(found.column_names), found) == []
    assert same == (not before)
