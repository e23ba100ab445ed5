"""Spark says what memory says, and a changed word of its dialect is noticed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.hosts.engines.conftest import QUICKLY
from tests.tierbook.engines.same import (
    ALSO,
    EVERY,
    ROOT,
    WHOLE,
    beside_before,
    differences,
    in_memory,
    pack,
    runs_differ,
    tables,
)
from tests.tierbook.engines.same_pages import books_differ, reports_differ
from tierbook import features
from tierbook.arrow import arrays
from tierbook.clv.outlook import fit_models
from tierbook.clv.parts import FORESEEN, HISTORY, predictor
from tierbook.engines import database
from tierbook.engines.database import Spark
from tierbook.engines.sources import KeptFiles
from tierbook.errors import HostError
from tierbook.rulepack.in_engine import query
from tierbook.run import Run
from tierbook.warehouse import WarehouseRun, score_in
from workbooks.report import write_report

pytestmark = pytest.mark.host("spark")


@pytest.fixture(scope="session")
def in_spark(spark: Any) -> Callable[[str], WarehouseRun]:
    """The run of a pack over its own sample, made once; each has the views of a session of its own."""

    @cache
    def run(name: str) -> WarehouseRun:
        engine = begun(spark)
        for one, table in tables(name).items():
            engine.put(f"given_{one}", table)
        return score_in(engine, {one: f"given_{one}" for one in tables(name)}, pack(name))

    return run


def begun(spark: Any) -> Spark:
    import ibis

    return Spark(ibis.pyspark.connect(spark.newSession()))


def moved(spark: Any, run: Run, given: Mapping[str, pa.Table]) -> Run:
    """A run in memory whose tables are in Spark, its customers as they are."""
    engine: Any = begun(spark)
    before = run.previous
    features.load(engine, given)
    engine.view("transactions_", features.DATED)
    engine.put("scored", run.customers)
    engine.put("scored_before", before.customers if before else run.customers.slice(0, 0))
    return replace(run, engine=engine, kept={}, previous=before and replace(before, engine=engine, kept={}))


@pytest.mark.parametrize("name", WHOLE)
def test_a_pack_gives_the_same_customers_tables_and_pages(name, in_spark, tmp_path):
    run, expected = beside_before(in_spark(name)), beside_before(in_memory(name, name))
    assert runs_differ(expected, run, EVERY) == {}
    assert reports_differ(expected, run, tmp_path) == []


@pytest.mark.parametrize("name", ALSO)
def test_tables_that_only_other_samples_have_rows_for_are_the_same(name, spark):
    run = in_memory(name, name)
    assert runs_differ(run, moved(spark, run, tables(name)), ALSO[name]) == {}


def test_results_become_a_table_of_the_catalog_and_replace_only_our_own(in_spark):
    run = in_spark("hospitality")
    for _ in range(2):
        run.engine.publish("scored_customers", run.results, note="Tierbook test")
    found = run.engine.sql("SELECT * FROM scored_customers").sort_by("customer_id")
    assert differences(run.customers, found.drop_columns(FORESEEN)) == []
    expected = in_memory("hospitality", "hospitality").outlook.p_alive
    assert found["p_alive"].to_numpy() == pytest.approx(expected, nan_ok=True)
    run.engine.run("CREATE TABLE bookings USING parquet AS SELECT 1 AS one")
    with pytest.raises(HostError, match="The source has a table bookings that Tierbook did not make."):
        run.engine.publish("bookings", run.results, note="Tierbook test")
    assert run.engine.sql("SELECT one FROM bookings")["one"].to_pylist() == [1]


def test_the_command_line_scores_files_with_spark_and_draws_the_report(tmp_path):
    (tmp_path / "lake").mkdir()
    for name, table in tables("power").items():
        parquet.write_table(table, tmp_path / "lake" / f"{name}.parquet")
    (tmp_path / "config.yaml").write_text("pack: power\nsource: lake\nengine: spark\n")
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf/spark-defaults.conf").write_text(
        "".join(f"{name} {value}\n" for name, value in QUICKLY.items())
    )
    done = subprocess.run(
        [sys.executable, "-m", "addin", "score", "--out", "all.parquet", "--report", "report.xlsx"],
        cwd=tmp_path, text=True, capture_output=True,
        env=os.environ | {"PYTHONPATH": str(ROOT), "SPARK_CONF_DIR": str(tmp_path / "conf")},
    )  # fmt: skip
    assert "60 customers" in done.stdout, done.stdout + done.stderr
    run = in_memory("power", "power")
    found = parquet.read_table(tmp_path / "all.parquet").sort_by("customer_id")
    assert differences(run.customers, found.select(run.customers.column_names)) == []
    # These two pages are about the source.
    expected = write_report(run, tmp_path / "expected.xlsx")
    assert books_differ(expected, tmp_path / "report.xlsx", besides=("Data quality", "Audit")) == []


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
def test_a_changed_word_in_the_rules_is_noticed(before, after, spark, monkeypatch):
    engine = begun(spark)
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


@pytest.mark.parametrize(
    "name, before, after",
    [
        ("tiers", "SUM(", "MAX("),
        ("cohorts", "'MONTH'", "'YEAR'"),
        ("contact_habits", "DESC", "ASC"),
        ("indicators:2026-08-02", "MICROSECOND", "MILLISECOND"),
    ],
)
def test_a_changed_word_in_a_small_table_is_noticed(name, before, after, in_spark, monkeypatch):
    translate, edits = database.translated, 0

    def edited(text: str, dialect: str) -> str:
        nonlocal edits
        found = translate(text, dialect)
        edits += found.count(before)
        return found.replace(before, after)

    monkeypatch.setattr(database, "translated", edited)
    run = replace(in_spark("hospitality"), kept={})
    assert differences(in_memory("hospitality", "hospitality").table(name), run.table(name))
    assert edits, "the translation no longer has these words"
