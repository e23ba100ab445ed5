"""Files as sources: a folder, a DuckDB or SQLite file; a run that breaks off, and what a source cannot give."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import ClassVar

import duckdb
import pyarrow as pa
import pytest
from pyarrow import csv, parquet

from tests.tierbook.engines.same import in_memory, pack, runs_differ, tables
from tierbook.engines.duckdb import DuckDB
from tierbook.engines.options import EngineOptions
from tierbook.engines.sources import open_source
from tierbook.errors import HostError
from tierbook.warehouse import score_in


def source(kind: str, folder: Path) -> Path:
    """The sample as a kind of source."""
    if kind in ("parquet", "csv"):
        place = folder / "data"
        place.mkdir()
        for name, table in tables().items():
            if kind == "csv":
                csv.write_csv(table, place / f"{name}.csv")
            else:
                parquet.write_table(table, place / f"{name}.parquet")
        return place
    place = folder / f"hotel.{kind}"
    opened = open_source(str(_nothing(place)), EngineOptions()) if kind == "sqlite" else None
    connection = opened.engine.connection if opened else duckdb.connect()
    if opened:
        connection.execute("DETACH tierbook_source")
    connection.execute(f"ATTACH '{place}' AS hotel {'(TYPE sqlite)' if opened else ''}")
    for name, table in tables().items():
        connection.register("given", table)
        connection.execute(f"CREATE TABLE hotel.{name} AS SELECT * FROM given")
    connection.close()
    return place


def _nothing(path: Path) -> Path:
    path.touch()
    return path


@pytest.mark.parametrize("kind", ["parquet", "csv", "duckdb", "sqlite"])
def test_files_are_sources(kind, tmp_path):
    options = EngineOptions(memory="500MB", spill=tmp_path / "spill", threads=1)
    opened = open_source(str(source(kind, tmp_path)), options)
    run = score_in(opened.engine, opened.tables, pack("hospitality"), keep=opened.keep, name=opened.name)
    found = runs_differ(in_memory("hospitality"), run, ("totals", "months"))
    # In CSV and SQLite a yes/no or a date of a table nobody typed may have become another type; nothing else may.
    assert found == {}
    opened.keep.clear()
    assert list((tmp_path / "spill").iterdir()) == []


def test_results_go_into_the_file_and_replace_only_our_own(tmp_path):
    place = source("duckdb", tmp_path)
    opened = open_source(str(place), EngineOptions())
    run = score_in(opened.engine, opened.tables, pack("hospitality"))
    for _ in range(2):
        run.engine.publish("scored_customers", "scored", note="Tierbook test")
    with pytest.raises(HostError, match="The source has a table transactions that Tierbook did not make."):
        run.engine.publish("transactions", "scored", note="Tierbook test")
    run.engine.close()
    with duckdb.connect(str(place), read_only=True) as connection:
        assert connection.execute("SELECT COUNT(*) FROM scored_customers").fetchone() == (422,)


# Breaks


class Broken(DuckDB):
    """An engine that breaks off when a table is made."""

    breaks_at = ""
    made: ClassVar[list[str]]

    def make(self, name: str, text: str, *, native: bool = False) -> None:
        if name == self.breaks_at:
            raise HostError("Broken off.")
        self.made.append(name)
        super().make(name, text)


def test_a_run_that_broke_off_goes_on_where_it_was(tmp_path, monkeypatch):
    monkeypatch.setattr("tierbook.engines.sources.DuckDB", Broken)
    monkeypatch.setattr(Broken, "made", [], raising=False)
    place, options = source("parquet", tmp_path), EngineOptions(spill=tmp_path / "spill")

    def run(rules):
        Broken.made.clear()
        opened = open_source(str(place), options)
        try:
            return score_in(opened.engine, opened.tables, rules, keep=opened.keep, stamp=opened.stamp)
        finally:
            made.extend(Broken.made)
            if Broken.breaks_at:
                opened.engine.close()

    made: list[str] = []
    Broken.breaks_at = "scored_before"
    with pytest.raises(HostError, match="Broken off"):
        run(pack("hospitality"))
    assert "tierbook_sales" in made and "scored" in made
    made.clear()
    Broken.breaks_at = ""
    found = run(pack("hospitality"))
    assert "tierbook_sales" not in made and "scored" not in made and "scored_before" in made
    assert runs_differ(in_memory("hospitality"), found, ("totals",)) == {}
    found.engine.close()
    made.clear()
    run(pack("retail")).engine.close()
    assert "tierbook_sales" in made, "other rules begin anew"


def test_a_full_spill_folder_is_a_sentence_and_leaves_nothing(tmp_path):
    options = EngineOptions(memory="60MB", spill=tmp_path / "spill", spill_limit="1MB", threads=1)
    folder = tmp_path / "data"
    folder.mkdir()
    many = 400_000
    rows = {
        "customer_id": [f"C{i:09d}" for i in range(many)],
        "date": [date(2026, 1, 1)] * many,
        "amount": [1.0] * many,
    }
    parquet.write_table(pa.table(rows), folder / "transactions.parquet")
    opened = open_source(str(folder), options)
    with pytest.raises(
        HostError, match="The folder for what does not fit into memory is full|The memory is not enough"
    ):
        score_in(opened.engine, opened.tables, pack("hospitality"), keep=opened.keep)


def test_a_folder_without_room_is_refused_before_work(tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda folder: type("Usage", (), {"free": 10})())
    with pytest.raises(HostError, match="GB left; the run over data may need"):
        open_source(str(source("parquet", tmp_path)), EngineOptions(spill=tmp_path / "spill"))


def test_what_is_packed_needs_more_room_than_it_takes(tmp_path, monkeypatch):
    place = source("parquet", tmp_path)
    size = sum(file.stat().st_size for file in place.rglob("*.parquet"))
    asked = EngineOptions(spill=tmp_path / "spill")
    monkeypatch.setattr("shutil.disk_usage", lambda folder: type("Usage", (), {"free": 9 * size})())
    with pytest.raises(HostError, match="may need"):
        open_source(str(place), asked)
    monkeypatch.setattr("shutil.disk_usage", lambda folder: type("Usage", (), {"free": 10 * size})())
    open_source(str(place), asked).engine.close()


def test_a_view_that_never_ends_is_stopped(tmp_path):
    with duckdb.connect(str(tmp_path / "slow.duckdb")) as connection:
        connection.execute(
            "CREATE VIEW transactions AS SELECT 'C' AS customer_id, DATE '2026-01-01' AS date, a.range::DOUBLE AS amount "
            "FROM range(100000000) AS a, range(100000000) AS b"
        )
    opened = open_source(str(tmp_path / "slow.duckdb"), EngineOptions(time_limit=0.5))
    with pytest.raises(HostError, match="did not answer within 0.5 seconds"):
        score_in(opened.engine, opened.tables, pack("hospitality"))


@pytest.mark.parametrize(
    "place, sentence",
    [
        ("nowhere", "There is no file or folder"),
        ("empty", "holds neither Parquet nor CSV files"),
        ("notes.txt", "notes.txt is no source an engine can work on"),
        ("damaged.duckdb", "The file is no database this version can read"),
    ],
)
def test_what_is_no_source_is_said(place, sentence, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "damaged.duckdb").write_bytes(b"not a database" * 1000)
    with pytest.raises(HostError, match=sentence):
        open_source(str(tmp_path / place), EngineOptions())
