"""System C in cells: the functions show what a run of the same workbook shows."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta

import pytest

from tierbook.rulepack.read import read_pack
from tierbook.score import score
from tierbook.shipped import shipped
from udfs import Context, call
from workbooks.reader import read
from workbooks.samples import sample_path

RETAIL = Context(pack="retail")


@pytest.fixture(scope="module")
def source():
    return read(sample_path("retail"), today=date(2026, 11, 2))


@pytest.fixture(scope="module")
def run(source):
    return score(source.tables, read_pack(shipped("rules") / "retail.yaml"), today=date(2026, 11, 2))


@pytest.fixture(scope="module")
def sheets(source):
    return {name: cells(table) for name, table in source.tables.items()}


def cells(table, columns=None):
    """A table as a host passes it: header row, dates with a time."""
    table = table.select(columns) if columns else table
    rows = [
        [datetime(*cell.timetuple()[:3]) if isinstance(cell, date) else cell for cell in row]
        for row in zip(*(column.to_pylist() for column in table.columns), strict=True)
    ]
    return [table.column_names, *rows]


def test_early_warning_in_cells_is_that_of_the_run(run, sheets):
    header, *rows = call("CRM_EARLY_WARNING", sheets["transactions"], context=RETAIL)
    of_run = {row["customer_id"]: row for row in run.customers.to_pylist()}
    assert len(rows) == 320  # ten registered and never bought
    for row in rows:
        found, customer = dict(zip(header, row, strict=True)), of_run[row[0]]
        assert (found["level"], found["reason"]) == (
            customer["early_warning"],
            customer["early_warning_reason"],
        )
        assert (found["total"], found["total_before"]) == (
            customer["rfm_total"],
            customer["rfm_total_before"],
        )
        if found["fall"] is not None:
            assert found["fall"] == found["total_before"] - found["total"] == customer["rfm_fall"]


def test_win_back_in_cells_is_that_of_the_run_on_its_features(run):
    needed = ["days_since_last", "net_value", "recency", "spend_per_month", "budget"]
    header, *rows = call("CRM_WINBACK", cells(run.customers, ["customer_id", *needed]), context=RETAIL)
    assert header == ["decision", "spend_at_most"]
    assert [row[0] for row in rows] == run.customers["winback"].to_pylist()
    assert [row[1] or None for row in rows] == [
        spend or None for spend in run.customers["winback_spend"].to_pylist()
    ]


def test_the_stage_matrix_adds_up_to_the_customers_of_both_windows(run):
    before = dict(
        zip(*(run.previous.customers[name].to_pylist() for name in ("customer_id", "stage")), strict=True)
    )
    after = dict(zip(*(run.customers[name].to_pylist() for name in ("customer_id", "stage")), strict=True))
    both = sorted(before.keys() & after.keys())
    header, *rows = call("CRM_STAGE_MATRIX", [[before[one]] for one in both], [[after[one]] for one in both])
    assert header[1:] == [row[0] for row in rows]
    moved = {
        (row[0], stage): count
        for row in rows
        for stage, count in zip(header[1:], row[1:], strict=True)
        if count
    }
    assert moved == Counter((before[one], after[one]) for one in both)
    assert moved["stability", "decline"] > 0


def test_warnings_of_half_a_year_ago_found_most_of_those_who_left(sheets):
    cutoff = datetime(2026, 10, 31) - timedelta(days=180)
    found = dict(
        call("CRM_BACKTEST", sheets["transactions"], cutoff, 180, None, sheets["customers"], context=RETAIL)[
            1:
        ]
    )
    assert found["flagged"] < found["population"] / 2
    assert found["recall"] > 0.5
    assert found["lift"] > 1.5


def test_what_happens_after_the_cut_off_changes_no_flag(sheets):
    header, *rows = sheets["transactions"]
    cutoff = datetime(2026, 5, 1)
    until = [row for row in rows if row[header.index("date")] <= cutoff]
    whole, cut = (
        dict(call("CRM_BACKTEST", [header, *part], cutoff, context=RETAIL)[1:]) for part in (rows, until)
    )
    assert (whole["population"], whole["flagged"]) == (cut["population"], cut["flagged"])
    assert cut["lost"] == cut["population"]


def test_a_decision_is_explained_from_the_feature_table_alone(sheets):
    features = call("CRM_FEATURES", sheets["transactions"], sheets["customers"], context=RETAIL)
    ids = [row[0] for row in features[1:]]
    decisions = [row[0] for row in call("CRM_WINBACK", features, context=RETAIL)[1:]]
    customer = ids[decisions.index("win_back")]
    steps = call("CRM_EXPLAIN", features, customer, None, "winback", context=RETAIL)[1:]
    assert {"lost_middle", "potential_points", "Win back", "Spend at most"} <= {row[1] for row in steps}


def test_the_next_action_in_cells_is_that_of_the_report(run):
    from workbooks.next_actions import every_action

    no_empty = [
        name for name in run.customers.column_names if run.customers[name].null_count < len(run.customers)
    ]
    header, *rows = call("CRM_ACTIONS", cells(run.customers, no_empty), context=RETAIL)
    assert header == ["action", "reason", "due"]
    found = every_action(run)
    stage_action = run.customers["action"].to_pylist()
    decision = run.customers["winback"].to_pylist()
    for row, kind, due, action, decided in zip(
        rows, found.kind.tolist(), found.due.tolist(), stage_action, decision, strict=True
    ):
        expected = {"stage": action, "churn": decided or "churn", None: ""}.get(kind, kind)
        assert (row[0], row[2].date() if row[2] else None) == (expected, due)
        assert bool(row[1]) is bool(kind)
    assert {"win_back", "churn", "birthday", "expected", "retain", ""} <= {row[0] for row in rows}
