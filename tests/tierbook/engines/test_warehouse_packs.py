"""By every pack, a source worked on where it lies says what the same tables say in memory."""

from __future__ import annotations

import pytest

from tests.tierbook.engines.same import (
    EVERY,
    PACKS,
    beside_before,
    in_duckdb,
    in_memory,
    pack,
    runs_differ,
    tables,
)
from tierbook.engines.duckdb import DuckDB


def test_an_engine_run_says_what_a_run_in_memory_says():
    assert runs_differ(in_memory("hospitality"), in_duckdb(tables(), pack("hospitality"))) == {}


@pytest.mark.parametrize("name", PACKS)
def test_a_run_in_steps_does_by_every_pack(name, tmp_path):
    engine = DuckDB(threads=1, file=tmp_path / "work.duckdb")
    expected, run = in_memory(name, name), in_duckdb(tables(name), pack(name), engine)
    assert runs_differ(beside_before(expected), beside_before(run), EVERY) == {}
    left = engine.sql("SELECT table_name AS name FROM duckdb_tables()")["name"].to_pylist()
    assert not [name for name in left if name.startswith("tierbook_step_")], "steps are taken away"
