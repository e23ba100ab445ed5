"""Readings and registers of a utility: months, alerts, ten-day volumes; without a single transaction."""

from __future__ import annotations

from datetime import date, datetime

import pyarrow as pa
import pytest

from tierbook.aggregates import usage
from tierbook.rulepack.read import read_pack
from tierbook.score import score
from tierbook.shipped import shipped

PACK = read_pack(shipped("rules") / "power.yaml")


def scored(readings, customers=None, registers=None, as_of=date(2026, 10, 31)):
    """A run over readings (customer, moment, measure, value) and customers (id, lists, capacity)."""
    customers = customers or [("A", "大客户", 1000.0)]
    tables = {
        "customers": pa.table({
            "customer_id": [one[0] for one in customers], "lists": pa.array([one[1] for one in customers], pa.string()),
            "capacity": pa.array([one[2] for one in customers], pa.float64()),
        }),
        "readings": pa.table({
            "customer_id": pa.array([one[0] for one in readings], pa.string()),
            "date": pa.array([one[1] for one in readings], pa.timestamp("us")),
            "measure": pa.array([one[2] for one in readings], pa.string()),
            "value": pa.array([one[3] for one in readings], pa.float64()),
        }),
    }  # fmt: skip
    if registers:
        tables["registers"] = registers
    return score(tables, PACK, as_of=as_of)


def months(customer, values, year):
    return [
        (customer, datetime(year, month, 15), "volume", value)
        for month, value in enumerate(values, 1)
        if value is not None
    ]


def row(run, name, **wanted):
    (found,) = [
        one for one in run.table(name).to_pylist() if all(one[key] == value for key, value in wanted.items())
    ]
    return found


def test_the_latest_reading_is_the_day_where_there_are_no_transactions():
    run = scored([("A", datetime(2026, 10, 20, 23), "load", 1.0)], as_of=None)
    assert run.as_of == date(2026, 10, 20)
    assert run.tables == {"customers": 1, "readings": 1}


def test_a_month_is_compared_with_the_one_before_and_a_year_ago():
    run = scored(months("A", [100.0] * 10, 2025) + months("A", [110.0] * 9 + [121.0], 2026))
    found = row(run, "usage_customers", customer_id="A")
    assert (found["volume"], found["previous"], found["last_year"]) == (121, 110, 100)
    assert (found["so_far"], found["so_far_last_year"]) == (1111, 1000)


@pytest.mark.parametrize("year, missing", [(2025, "so_far_last_year"), (2026, "so_far")])
def test_a_missing_month_stays_missing_and_blanks_the_year_so_far(year, missing):
    values: dict[int, list[float | None]] = {2025: [100.0] * 10, 2026: [110.0] * 10}
    values[year][3] = None
    run = scored(months("A", values[2025], 2025) + months("A", values[2026], 2026))
    found = row(run, "usage_customers", customer_id="A")
    assert found[missing] is None
    assert sum(found[name] is None for name in ("so_far", "so_far_last_year")) == 1


def test_a_month_that_is_not_over_is_not_compared():
    assert usage.last_whole_month(date(2026, 10, 30)) == date(2026, 9, 1)
    assert usage.last_whole_month(date(2026, 1, 15)) == date(2025, 12, 1)
    run = scored(months("A", [100.0] * 10, 2026), as_of=date(2026, 10, 30))
    found = row(run, "usage_customers", customer_id="A")
    assert (found["volume"], found["so_far"]) == (100, 900)


def test_a_meter_with_one_reading_has_a_month_and_no_changes():
    run = scored([("A", datetime(2026, 10, 31, 12), "volume", 7.0)])
    found = row(run, "usage_customers", customer_id="A")
    assert (found["volume"], found["previous"], found["last_year"], found["so_far"]) == (7, None, None, None)
    assert [one["alert"] for one in run.table("load_alerts").to_pylist()] == ["no_load_reading"]


def test_equal_readings_raise_no_alert():
    hours = [datetime(2026, 10, 31, hour) for hour in range(24)]
    phases = ("voltage_a", "voltage_b", "voltage_c", "current_a", "current_b", "current_c")
    readings = [("A", hour, measure, 220.0) for hour in hours for measure in (*phases, "load")]
    assert scored(readings).table("load_alerts").num_rows == 0


def test_phases_at_zero_are_not_apart():
    readings = [("A", datetime(2026, 10, 31, 1), f"current_{one}", 0.0) for one in "abc"]
    readings.append(("A", datetime(2026, 10, 31, 1), "load", 0.0))
    assert scored(readings).table("load_alerts").num_rows == 0


@pytest.mark.parametrize("value, alerts, why", [
    (900.0, [], "nine tenths are allowed"), (900.5, ["over_load"], "more is not"),
])  # fmt: skip
def test_load_is_compared_with_the_capacity(value, alerts, why):
    run = scored([("A", datetime(2026, 10, 31, 9), "load", value)])
    assert [one["alert"] for one in run.table("load_alerts").to_pylist()] == alerts, why


def test_phases_of_one_moment_are_compared_and_a_missing_one_is_said():
    at, later = datetime(2026, 10, 31, 9), datetime(2026, 10, 31, 10)
    readings = [("A", at, "load", 1.0), ("A", at, "voltage_a", 220.0), ("A", at, "voltage_b", 180.0), ("A", at, "voltage_c", 220.0),
                ("A", later, "voltage_a", 220.0), ("A", later, "voltage_b", 100.0)]  # fmt: skip
    run = scored(readings)
    found = {one["alert"]: one for one in run.table("load_alerts").to_pylist()}
    assert found.keys() == {"voltage_apart", "phase_missing"}
    assert found["voltage_apart"]["worst"] == pytest.approx(40 / 220)
    assert (found["voltage_apart"]["readings"], found["phase_missing"]["last"]) == (1, later)


def test_a_silent_meter_is_said_after_its_days():
    run = scored([("A", datetime(2026, 10, 28, 23), "load", 1.0)])
    assert row(run, "load_alerts", alert="no_load_reading")["worst"] == 3
    assert scored([("A", datetime(2026, 10, 29, 1), "load", 1.0)]).table("load_alerts").num_rows == 0


def test_who_has_no_capacity_waits_for_no_load():
    run = scored([("A", datetime(2026, 10, 31), "volume", 1.0)], [("A", None, None)])
    assert run.table("load_alerts").num_rows == 0


def test_who_must_report_every_ten_days_and_has_not_is_listed():
    customers = [("A", "百户重点企业", None), ("B", "百户高成长", None), ("C", "大客户", None), ("D", "key_enterprises", None)]  # fmt: skip
    readings = [("A", datetime(2026, 10, 31), "volume", 5.0), ("B", datetime(2026, 10, 20), "volume", 3.0)]
    run = scored(readings, customers)
    *_, before, last = run.table("ten_days").to_pylist()
    assert (before["period_end"], before["reported"], before["volume"]) == (date(2026, 10, 20), 1, 3)
    assert (last["period_start"], last["due"], last["reported"], last["volume"]) == (
        date(2026, 10, 21),
        3,
        1,
        5,
    )
    open_ones = [(one["customer_id"], one["last"]) for one in run.table("ten_days_open").to_pylist()]
    assert open_ones == [("D", None), ("B", date(2026, 10, 20))]


def test_items_of_a_register_are_done_late_or_overdue():
    day = pa.date32()
    registers = pa.table({
        "item": ["a", "b", "c", "d", "e"], "kind": ["hazard"] * 5, "customer_id": ["A"] * 5,
        "due": pa.array([date(2026, 10, 1), date(2026, 10, 31), date(2026, 9, 1), None, date(2026, 9, 1)], day),
        "state": ["open", "open", "已整改", "open", "open"], "owner": ["L"] * 5,
        "closed": pa.array([None, None, date(2026, 9, 2), None, date(2026, 11, 5)], day),
    })  # fmt: skip
    run = scored([("A", datetime(2026, 10, 31), "load", 1.0)], registers=registers)
    found = {one["item"]: one for one in run.table("register_items").to_pylist()}
    assert [name for name, one in sorted(found.items()) if one["overdue"]] == ["a", "e"]
    assert [name for name, one in sorted(found.items()) if one["done"]] == ["c"]
    assert found["c"]["late"]


def test_a_pack_without_readings_has_no_alerts():
    text = usage.query("load_alerts", as_of=date(2026, 1, 1), window_days=30, metering=None)
    run = scored([("A", datetime(2026, 10, 31), "load", 999.0)])
    assert run.engine.sql(text).num_rows == 0
