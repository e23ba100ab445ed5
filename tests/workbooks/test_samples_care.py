"""The power and hospital samples: small, made again alike, usable without a transaction, and with every group of their packs."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from tierbook.customers import customer_table
from tierbook.rulepack import in_engine
from tierbook.rulepack.read import read_pack
from tierbook.rulepack.trial import Trial
from tierbook.score import score
from tierbook.shipped import shipped
from workbooks.reader import read
from workbooks.samples import hospital, power, sample_path

WRITERS = {"power": power.write, "hospital": hospital.write}


def scored(name):
    source = read(sample_path(name), today=date(2026, 11, 2))
    assert source.problems == []
    return score(source.tables, read_pack(shipped("rules") / f"{name}.yaml"), today=date(2026, 11, 2))


@pytest.mark.parametrize("name", WRITERS)
def test_a_sample_is_small_and_can_be_made_again(name, tmp_path):
    once, again = tmp_path / "once.xlsx", tmp_path / "again.xlsx"
    WRITERS[name](once)
    WRITERS[name](again)
    assert once.read_bytes() == again.read_bytes()
    assert sample_path(name).stat().st_size < 300_000
    ours, committed = (read(path, today=date(2026, 11, 2)).tables for path in (once, sample_path(name)))
    assert ours.keys() == committed.keys()
    assert all(table.equals(committed[key]) for key, table in ours.items())


def test_every_tier_alert_and_load_class_has_customers_in_the_utility():
    run = scored("power")
    assert (run.as_of, "transactions" in run.tables) == (date(2026, 10, 31), False)
    tiers = Counter(run.customers["tier"].to_pylist())
    assert {name: tiers[name] for name in ("key_customers", "key_enterprises", "growth_enterprises", "province_top", "other_dedicated")} == {
        "key_customers": 12, "key_enterprises": 14, "growth_enterprises": 9, "province_top": 6, "other_dedicated": 19,
    }  # fmt: skip
    assert {"over_limit", "close_to_limit", "normal_load"} <= set(run.customers["class.load"].to_pylist())
    alerts = Counter(run.table("load_alerts")["alert"].to_pylist())
    assert alerts["over_load"] >= 4 and alerts["voltage_apart"] == 4 and alerts["no_load_reading"] == 5
    assert 0 < run.table("ten_days_open").num_rows < 12
    items = run.table("register_items").to_pylist()
    assert all(any(item[name] for item in items) for name in ("done", "late", "overdue"))


def test_every_level_and_way_of_missing_a_term_has_patients_in_the_hospital():
    run = scored("hospital")
    assert (run.as_of, "transactions" in run.tables) == (date(2026, 10, 31), False)
    levels = Counter(run.customers["relation"].to_pylist())
    assert all(levels[level.name] for level in run.pack.relation), levels
    assert levels[None] > 50
    for name in (
        "survey_answers",
        "call_backs",
        "voices",
        "consultations",
        "bookings",
        "day_sheet",
        "requests",
    ):
        assert run.table(name).num_rows, name
    assert any(one["closed"] is None for one in run.table("requests").to_pylist())
    assert {one["term"] for one in run.table("requests").to_pylist()} == {"urgent", "ordinary"}


@pytest.mark.parametrize("name", WRITERS)
def test_the_whole_pack_as_one_query_says_the_same(name):
    run = scored(name)
    table = customer_table(run.engine, run.pack, as_of=run.as_of)
    run.engine.put("features", table)
    found = run.engine.sql(f"{in_engine.query(run.pack, table.column_names)} ORDER BY customer_id")
    for column in run.customers.column_names:
        ours, theirs = (
            [one or None for one in where[column].to_pylist()] for where in (run.customers, found)
        )
        assert ours == theirs, column


@pytest.mark.parametrize("name", WRITERS)
def test_packs_are_tried_on_books_without_transactions(name):
    run = scored(name)
    tables = read(sample_path(name), today=date(2026, 11, 2)).tables
    assert Trial.of(tables, run.pack, today=date(2026, 11, 2)).as_of == run.as_of
