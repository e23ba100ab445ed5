"""Rows that come to DuckDB: once, a part at a time, again only when they are others; what has no room or no place is said."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pyarrow as pa
import pytest

from tests.tierbook.engines.same import in_memory, pack, runs_differ, tables
from tierbook.engines.addresses import Session
from tierbook.engines.copied import Copied, named
from tierbook.engines.failures import told
from tierbook.engines.given import given
from tierbook.errors import DataError, HostError
from tierbook.warehouse import score_in


@pytest.fixture
def hotel(tmp_path: Path) -> Path:
    """A database that Ibis connects to without a server."""
    place = tmp_path / "hotel.duckdb"
    with duckdb.connect(str(place)) as connection:
        for name, table in tables().items():
            connection.register("given", table)
            connection.execute(f"CREATE TABLE {name} AS SELECT * FROM given")
    return place


def opened(place: Path, **settings: Any) -> tuple[Copied, dict[str, str]]:
    session = Session(ibis.duckdb.connect(place, read_only=True), "", place.name, "")
    return Copied(session, named(session), **settings), named(session)


def test_a_run_over_copies_says_what_memory_says(hotel):
    engine, names = opened(hotel)
    run = score_in(engine, names, pack("hospitality"))
    assert runs_differ(in_memory("hospitality"), run, ("totals", "months")) == {}
    engine.close()


def test_the_session_ends_when_the_rows_are_here(hotel):
    engine, names = opened(hotel)
    score_in(engine, names, pack("hospitality"))
    with duckdb.connect(str(hotel)) as alone:
        assert alone.execute("SELECT COUNT(*) > 0 FROM transactions").fetchone() == (True,)
    engine.close()


def counted(place: Path, file: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], int]:
    """The tables whose rows came, and the transactions there are."""
    filled: list[str] = []
    fill = Copied._fill

    def noted(self, reference, table):
        filled.append(table.name)
        fill(self, reference, table)

    monkeypatch.setattr(Copied, "_fill", noted)
    engine, names = opened(place, file=file)
    found = given(engine, names, mapping={}, declared={}, declared_in=(), today=None)
    engine.close()
    monkeypatch.setattr(Copied, "_fill", fill)
    return filled, found.rows["transactions"]


def test_rows_come_again_only_when_they_are_others(hotel, tmp_path, monkeypatch):
    file = tmp_path / "work.duckdb"
    first, rows = counted(hotel, file, monkeypatch)
    assert "transactions" in first and "customers" in first
    assert counted(hotel, file, monkeypatch) == ([], rows)
    with duckdb.connect(str(hotel)) as connection:
        connection.execute("UPDATE transactions SET amount = amount + 1 WHERE rowid = 0")
    assert counted(hotel, file, monkeypatch) == (["transactions"], rows)
    with duckdb.connect(str(hotel)) as connection:
        connection.execute("DELETE FROM transactions WHERE rowid = 5")
        connection.execute("ALTER TABLE customers ADD COLUMN shoe_size DOUBLE")
    assert counted(hotel, file, monkeypatch) == (["customers", "transactions"], rows - 1)


def test_a_copy_that_broke_off_is_made_anew(hotel, tmp_path, monkeypatch):
    file = tmp_path / "work.duckdb"
    monkeypatch.setattr("tierbook.engines.copied._CELLS", 1)
    parts = Copied._parts

    def broken(self, table):
        yield from list(parts(self, table))[:1]
        raise HostError("Broken off.")

    monkeypatch.setattr(Copied, "_parts", broken)
    engine, names = opened(hotel, file=file)
    with pytest.raises(HostError, match="Broken off"):
        given(engine, names, mapping={}, declared={}, declared_in=(), today=None)
    engine.close()
    monkeypatch.setattr(Copied, "_parts", parts)
    filled, rows = counted(hotel, file, monkeypatch)
    assert "transactions" in filled
    assert rows == tables()["transactions"].num_rows


def test_no_part_is_larger_than_a_million_cells(tmp_path):
    place = tmp_path / "many.duckdb"
    with duckdb.connect(str(place)) as connection:
        connection.execute(
            "CREATE TABLE transactions AS SELECT 'C' AS customer_id, DATE '2026-01-01' AS date, range::DOUBLE AS amount, "
            "range AS a, range AS b FROM range(500000)"
        )
    engine, names = opened(place)
    engine.show("seen", names["transactions"])
    (table,) = engine.awaited.values()
    sizes = [part.num_rows * part.num_columns for part in engine._parts(table)]
    assert max(sizes) <= 1_000_000 and sum(sizes) == 2_500_000
    engine.close()


def test_a_copy_without_room_is_refused_before_its_rows_come(hotel, tmp_path, monkeypatch):
    engine, names = opened(hotel, file=tmp_path / "work.duckdb")
    monkeypatch.setattr("shutil.disk_usage", lambda folder: type("Usage", (), {"free": 10})())
    with pytest.raises(HostError, match="GB left; the run over hotel.duckdb may need"):
        score_in(engine, names, pack("hospitality"))
    assert engine.connection.execute("SELECT COUNT(*) FROM tierbook_copies").fetchone() == (0,)
    engine.close()


def test_copying_is_stopped_between_parts(hotel, monkeypatch):
    monkeypatch.setattr("tierbook.engines.copied._CELLS", 1)
    engine, names = opened(hotel)
    parts = Copied._parts

    def slow(self, table):
        for part in parts(self, table):
            self.stopped = True
            yield part

    monkeypatch.setattr(Copied, "_parts", slow)
    with pytest.raises(HostError, match="(?i)interrupt"), told(engine):
        score_in(engine, names, pack("hospitality"))
    engine.close()


def test_types_arrive_as_what_they_are_and_others_stay(tmp_path):
    place = tmp_path / "types.duckdb"
    with duckdb.connect(str(place)) as connection:
        connection.execute("SET TimeZone = 'Asia/Shanghai'")
        connection.execute(
            "CREATE TABLE transactions AS SELECT 18446744073709551615::UBIGINT AS customer_id, "
            "TIMESTAMPTZ '2026-01-02 07:30:00+08' AS date, 12.345::DECIMAL(18, 3) AS amount, 3::UTINYINT AS quantity, "
            "'web'::ENUM ('web', 'shop') AS channel, true AS cancelled, '4b5e7a54-6d4f-4d5e-9d39-2f1c0f0f0f0f'::UUID AS token, "
            "{'a': 1} AS nested, [1, 2] AS listed, 'x'::BLOB AS picture, TIME '10:00:00' AS at"
        )
    engine, names = opened(place)
    found = given(engine, names, mapping={}, declared={}, declared_in=(), today=None)
    (row,) = engine.sql("SELECT * FROM tierbook_given_transactions").to_pylist()
    assert row == {
        "customer_id": "18446744073709551615", "date": date(2026, 1, 1), "amount": 12.345, "quantity": 3.0,
        "channel": "web", "cancelled": True, "token": "4b5e7a54-6d4f-4d5e-9d39-2f1c0f0f0f0f",
    }  # fmt: skip
    copy = engine.sql(f"SELECT * FROM {names['transactions']}").to_pylist()[0]
    assert copy["date"] == datetime(2026, 1, 1, 23, 30) and copy["amount"] == Decimal("12.345")
    assert copy["picture"] is None and copy["nested"] is None
    left_out = {str(problem.values["column"]) for problem in found.problems if problem.level == "note"}
    assert left_out == {"nested", "listed", "picture", "at"}
    engine.close()


def test_columns_that_cannot_be_read_are_all_said_before_rows_come(tmp_path):
    place = tmp_path / "odd.duckdb"
    with duckdb.connect(str(place)) as connection:
        connection.execute(
            "CREATE TABLE transactions AS SELECT 'C' AS customer_id, [1] AS date, {'a': 1} AS amount"
        )
    engine, names = opened(place)
    with pytest.raises(DataError, match="has a type that cannot be read as") as refused:
        score_in(engine, names, pack("hospitality"))
    assert [problem.values["column"] for problem in refused.value.problems] == ["date", "amount"]
    assert engine.connection.execute("SELECT COUNT(*) FROM tierbook_copies").fetchone() == (0,)
    engine.close()


def test_a_value_without_a_place_in_its_type_is_said(hotel, monkeypatch):
    engine, names = opened(hotel)

    def wrong(self, expression, **asked):
        pa.array([b"\x01"], pa.int8())

    assert engine.session is not None
    monkeypatch.setattr(type(engine.session.backend), "to_pyarrow_batches", wrong)
    with pytest.raises(HostError, match="The table customers holds a value that cannot be read"):
        score_in(engine, names, pack("hospitality"))
    engine.close()


def test_results_are_no_table_of_a_copied_source(hotel):
    engine, names = opened(hotel)
    score_in(engine, names, pack("hospitality"))
    with pytest.raises(HostError, match="Results cannot be a table of this source"):
        engine.publish("scored_customers", "scored", note="Tierbook test")
    engine.close()
