"""PostgreSQL says what memory says, by every pack; what a server refuses is a sentence, and nobody sees a password."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.hosts.engines.conftest import SECRET, address, fill
from tests.tierbook.engines.same import (
    EVERY,
    PACKS,
    beside_before,
    differences,
    in_memory,
    pack,
    runs_differ,
    tables,
)
from tests.tierbook.engines.same_pages import reports_differ
from tierbook.engines import database
from tierbook.engines.options import EngineOptions
from tierbook.engines.sources import open_source
from tierbook.errors import HostError
from tierbook.score import score
from tierbook.warehouse import score_in

pytestmark = pytest.mark.host("postgresql")
ROOT = Path(__file__).parents[3]


@pytest.fixture
def opened(hotel: str) -> Iterator:
    source = open_source(address(hotel), EngineOptions())
    yield source
    source.engine.close()


@pytest.mark.parametrize("name", PACKS)
def test_every_pack_gives_the_same_customers_tables_and_pages(name, hotel, postgres, tmp_path):
    with psycopg.connect(postgres, dbname="hotel", autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}".encode())
        fill(connection, name, tables(name))
    source = open_source(address(hotel, schema=name), EngineOptions())
    # In the order of the sample, which is that of a page.
    scored = score_in(source.engine, {one: source.tables[one] for one in tables(name)}, pack(name))
    run, expected = beside_before(scored), beside_before(in_memory(name, name))
    assert runs_differ(expected, run, EVERY) == {}
    assert reports_differ(expected, run, tmp_path) == []
    assert sum(batch.num_rows for batch in scored.batches()) == run.population
    source.engine.close()


@pytest.mark.parametrize(
    "before, after", [("round(", "floor("), ("ROW_NUMBER() OVER", "RANK() OVER"), ("/ 30.4375", "/ 30")]
)
def test_a_changed_word_is_noticed(before, after, opened, monkeypatch):
    make, translate, edits = database.Database.make, database.translated, 0

    def edited(text: str) -> str:
        nonlocal edits
        edits += text.count(before)
        return text.replace(before, after)

    monkeypatch.setattr(database, "translated", lambda text, dialect: edited(translate(text, dialect)))
    monkeypatch.setattr(
        database.Database,
        "make",
        lambda self, name, text, *, native=False: make(
            self, name, edited(text) if native else text, native=native
        ),
    )
    if before.startswith("ROW_NUMBER"):
        # Equal customers need a number each, or they are one.
        monkeypatch.setattr(
            database,
            "translated",
            lambda text, dialect: edited(translate(text, dialect)).replace(
                "ORDER BY customer_id) AS customer", "ORDER BY LEFT(customer_id, -1)) AS customer"
            ),
        )
    run = score_in(opened.engine, opened.tables, pack("hospitality"))
    assert edits, "the translation no longer has these words"
    assert differences(in_memory("hospitality").customers, run.customers)


def test_stages_are_kept_in_a_schema_and_gone_when_done(hotel):
    options = EngineOptions(schema="tierbook_work")
    first = open_source(address(hotel), options)
    score_in(first.engine, first.tables, pack("hospitality"), keep=first.keep)
    first.engine.close()
    second = open_source(address(hotel), options)
    second.engine.make = None
    run = score_in(second.engine, second.tables, pack("hospitality"), keep=second.keep)
    assert runs_differ(in_memory("hospitality"), run, ()) == {}
    second.keep.clear()
    left = second.engine.sql(
        "SELECT COUNT(*) AS left FROM information_schema.schemata WHERE schema_name = 'tierbook_work'"
    )
    assert left["left"].to_pylist() == [0]
    second.engine.close()


def test_results_become_a_table_and_replace_only_our_own(opened):
    run = score_in(opened.engine, opened.tables, pack("hospitality"))
    for _ in range(2):
        run.engine.publish("scored_customers", "scored", note="Tierbook test")
    found = run.engine.sql("SELECT COUNT(*) AS customers FROM shop.scored_customers")
    assert found["customers"].to_pylist() == [422]
    with pytest.raises(HostError, match="The source has a table transactions that Tierbook did not make."):
        run.engine.publish("transactions", "scored", note="Tierbook test")
    run.engine.run("DROP TABLE shop.scored_customers")


def test_what_a_server_refuses_is_a_sentence(hotel):
    def refusal(place: str, password: str | None = None, **options) -> str:
        with pytest.raises(HostError) as refused:
            open_source(place, EngineOptions(**options), password=password)
        return str(refused.value)

    assert "The database refuses the password" in refusal(address(hotel, "reader"), "wrong-one")
    assert "cannot be reached" in refusal("postgres://me@127.0.0.1:1/x")
    assert "does not allow nobody_special to make temporary tables" in refusal(
        address(hotel, "nobody_special")
    )
    assert "does not allow reader to make the schema work" in refusal(
        address(hotel, "reader"), SECRET, schema="work"
    )


def test_a_view_that_never_ends_is_stopped(hotel, postgres):
    with psycopg.connect(postgres, dbname="hotel", autocommit=True) as connection:
        connection.execute("CREATE SCHEMA IF NOT EXISTS slow")
        connection.execute(
            "CREATE OR REPLACE VIEW slow.transactions AS SELECT 'C' AS customer_id, DATE '2026-01-01' AS date, "
            "(SELECT 1.0::double precision FROM pg_sleep(600)) AS amount"
        )
    source = open_source(address(hotel, schema="slow"), EngineOptions(time_limit=1))
    with pytest.raises(HostError, match="did not answer"):
        score_in(source.engine, source.tables, pack("hospitality"))
    source.engine.close()


def test_a_type_that_cannot_be_read_is_said(hotel, postgres):
    with psycopg.connect(postgres, dbname="hotel", autocommit=True) as connection:
        connection.execute("CREATE SCHEMA IF NOT EXISTS odd")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS odd.transactions (customer_id text, date date, amount jsonb)"
        )
    source = open_source(address(hotel, schema="odd"), EngineOptions())
    with pytest.raises(
        HostError.__mro__[1],
        match="The column amount of transactions has a type that cannot be read as money",
    ):
        score_in(source.engine, source.tables, pack("hospitality"))
    source.engine.close()


def test_the_command_line_scores_a_database_and_shows_no_password(hotel, tmp_path):
    (tmp_path / "config.yaml").write_text(f"source: {address(hotel, 'reader')}\n")

    def tierbook(*words: str, password: str = SECRET) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "addin", *words], cwd=tmp_path, text=True, capture_output=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), "TIERBOOK_PASSWORD": password},
        )  # fmt: skip
        return done.stdout + done.stderr

    said = tierbook("score", "--out", "scores.xlsx", "--report", "report.xlsx")
    assert "422 customers" in said, said
    said += (
        tierbook("score", "--out", "all.parquet")
        + tierbook("check", "--json")
        + tierbook("score", "--out", "table:scored")
    )
    assert "422 customers" in said
    assert (tmp_path / "all.parquet").stat().st_size
    wrong = tierbook("score", password="wrong-horse-8")
    assert "refuses the password" in wrong
    assert SECRET not in said and "wrong-horse-8" not in wrong
    secrets = (SECRET.encode(), b"wrong-horse-8")
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert not any(secret in content for secret in secrets for content in contents(path)), path
    expected = score(tables(), pack("hospitality")).population
    assert expected == 422


def contents(path: Path) -> Iterator[bytes]:
    """What a file holds, packed or not."""
    import zipfile

    yield path.read_bytes()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            yield from map(archive.read, archive.namelist())
