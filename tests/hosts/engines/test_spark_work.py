"""Spark as a place of work: many parts and files, a run that is killed, and what is refused before work starts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.hosts.engines.conftest import QUICKLY
from tests.tierbook.engines.breaks import gone_on, killed, stages_kept
from tests.tierbook.engines.same import differences, in_memory, pack, runs_differ, tables
from tierbook.engines import sources
from tierbook.engines.options import EngineOptions
from tierbook.engines.sources import open_source
from tierbook.errors import DataError, HostError
from tierbook.warehouse import score_in

pytestmark = pytest.mark.host("spark")


@pytest.fixture
def in_parts(spark: Any) -> Iterator[None]:
    """The session with several parts in every grouping and join."""
    name = "spark.sql.shuffle.partitions"
    before = spark.conf.get(name)
    spark.conf.set(name, "3")
    yield
    spark.conf.set(name, before)


def in_files(folder: Path, *, parts: int = 1) -> str:
    """The tables of the sample, their rows in no order and in several files each."""
    random = np.random.default_rng(7)
    for name, table in tables().items():
        (folder / name).mkdir(parents=True)
        places = random.permutation(len(table))
        for part in range(parts):
            parquet.write_table(table.take(places[part::parts]), folder / name / f"part-{part}.parquet")
    return str(folder)


def test_parts_and_the_order_of_rows_change_nothing(in_parts, tmp_path):
    place = in_files(tmp_path / "data", parts=4)
    opened = open_source(place, EngineOptions(name="spark"))
    run = score_in(opened.engine, opened.tables, pack("hospitality"), stamp=opened.stamp)
    names = ("totals", "months", "tiers", "products", "tier_moves", "pareto", "cohorts")
    assert runs_differ(in_memory("hospitality"), run, names) == {}
    batches = list(run.engine.batches(f'SELECT * FROM "{run.results}"', rows=100))
    assert max(map(len, batches)) <= 100, "a part at a time"
    read = pa.Table.from_batches(batches).sort_by("customer_id")
    assert differences(run.customers, read.select(run.customers.column_names)) == []


def test_a_killed_run_goes_on_in_another_session_and_leaves_nothing_behind(spark, tmp_path):
    place, spill = in_files(tmp_path / "data"), tmp_path / "spill"
    asked = {"name": "spark", "master": "local[2]", "spill": spill}
    settings = "".join(f"{name} {value}\n" for name, value in QUICKLY.items())
    (tmp_path / "spark-defaults.conf").write_text(settings)
    killed(place, at="scored_before", environment={"SPARK_CONF_DIR": str(tmp_path)}, **asked)
    (folder,) = spill.iterdir()
    kept = (folder / "tierbook-stages.txt").read_text("utf-8")

    def as_left() -> None:
        (folder / "tierbook-stages.txt").write_text(kept, "utf-8")

    assert stages_kept(place, pack("retail"), **asked) == [], "other rules begin anew"
    as_left()
    run, opened, made = gone_on(place, **asked)
    assert "tierbook_sales" not in made and "scored" not in made and "scored_before" in made
    assert runs_differ(in_memory("hospitality"), run, ("totals",)) == {}
    as_left()
    file = Path(place, "transactions", "part-0.parquet")
    os.utime(file, ns=(0, file.stat().st_mtime_ns + 1_000_000_000))
    assert stages_kept(place, **asked) == [], "other data begin anew"
    opened.keep.clear()
    assert list(spill.iterdir()) == []


def test_what_cannot_be_worked_in_is_refused_before_a_session_begins(tmp_path, monkeypatch):
    def begun(master: str) -> None:
        raise AssertionError("a session begins")

    monkeypatch.setattr(sources, "spark_session", begun)
    place = in_files(tmp_path / "data")

    def refusal(place: str, **options: Any) -> str:
        with pytest.raises(HostError) as refused:
            open_source(place, EngineOptions(name="spark", **options))
        return str(refused.value)

    (tmp_path / "file").touch()
    for spill in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/tierbook")):
        assert f"The folder {spill} cannot be used: " in refusal(place, spill=spill)
    monkeypatch.setattr("os.access", lambda *_: False)
    assert "cannot be used: Permission denied." in refusal(place, spill=tmp_path / "spill")
    monkeypatch.setattr("shutil.disk_usage", lambda folder: type("Usage", (), {"free": 10})())
    monkeypatch.setattr("os.access", lambda *_: True)
    assert "GB left; the run over data may need" in refusal(place, spill=tmp_path / "spill")
    assert f"There is no file or folder {tmp_path / 'nowhere'}." in refusal(str(tmp_path / "nowhere"))
    (tmp_path / "empty").mkdir()
    assert "holds neither Parquet nor CSV files." in refusal(str(tmp_path / "empty"))


def test_tables_that_are_missing_are_said(spark, tmp_path):
    (tmp_path / "data").mkdir()
    parquet.write_table(tables()["surveys"], tmp_path / "data/answers.parquet")
    opened = open_source(str(tmp_path / "data"), EngineOptions(name="spark"))
    with pytest.raises(
        DataError, match="neither a table of transactions nor one of customers; it has answers"
    ):
        score_in(opened.engine, opened.tables, pack("hospitality"))
    with pytest.raises(DataError, match="The source has no table bookings; it has answers"):
        score_in(opened.engine, opened.tables, pack("hospitality"), mapping={"transactions": "bookings"})
