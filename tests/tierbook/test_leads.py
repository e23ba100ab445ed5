"""Leads: how far they get, how long it takes, who they are like, and where the nearest branch is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tierbook import leads
from tierbook.nearest import RADIUS, kilometres, nearest
from tierbook.pipeline import pipeline
from tierbook.receivers import receivers
from tierbook.rulepack.read import read_pack
from tierbook.score import score
from tierbook.shipped import shipped

PACK = read_pack(shipped("rules") / "logistics.yaml")
OPEN = np.nan
LEADS = (
    "lead_id", "customer_id", "name", "contact_name", "mobile", "phone", "address", "stage", "industry", "region", "channel", "competitor",
)  # fmt: skip


@given(st.lists(st.tuples(st.integers(-1, 4), st.sampled_from([0.0, 1.0, OPEN])), max_size=50))
def test_never_more_leads_reach_a_step_than_the_one_before(rows):
    found = leads.funnel([step for step, _ in rows], [won for _, won in rows], 5)
    assert (np.diff(found.reached) <= 0).all()
    assert found.reached[-1] == sum(won == 1 and step >= 0 for step, won in rows)


def test_rates_come_with_their_counts_the_largest_group_first():
    regions: list[Any] = ["N", "S", "N", None, "S"]
    found = leads.success({"region": regions}, [1, 0, 0, 1, OPEN])
    assert found.keys["region"].tolist() == ["N", None, "S"]
    assert (found.closed.tolist(), found.won.tolist(), found.rate.tolist()) == (
        [2, 1, 1],
        [1, 1, 0],
        [0.5, 1, 0],
    )


def test_nothing_closed_has_no_rates():
    found = leads.success({"region": ["N"], "visits": ["1"]}, [OPEN])
    assert found.closed.tolist() == []


def test_a_stay_ends_with_the_next_stage_with_closing_or_not_yet():
    found = leads.stays(
        ["A", "A", "B", "B", "C"],
        np.array(["2026-01-01", "2026-01-11", "2026-02-01", "2026-02-03", "2027-01-01"], "datetime64[D]"),
        ["talk", "quote", "talk", "quote", "talk"],
        {"B": np.datetime64("2026-02-10")},
        as_of=np.datetime64("2026-03-01"),
    )
    assert list(zip(found.stage.tolist(), found.days.tolist(), found.finished.tolist(), strict=True)) == [
        ("talk", 10, True),
        ("quote", 49, False),
        ("talk", 2, True),
        ("quote", 7, True),
    ]


def test_the_lead_most_like_the_best_scores_hundred_and_one_nobody_knows_none():
    industries: list[Any] = ["Food", "Steel", None]
    found = leads.likeness(
        {"industry": industries}, {"industry": ["Food", "Food", "Steel"]},
        amount=[100, 50, OPEN], best_amount=[100, 100, 100],
    )  # fmt: skip
    assert found[:2].tolist() == [100, 50]
    assert np.isnan(found[2])
    assert np.isnan(
        leads.likeness({"industry": ["Food"]}, {"industry": []}, amount=[1], best_amount=[])
    ).all()


def test_a_degree_along_a_meridian_is_the_same_everywhere():
    assert kilometres(0, 5, 1, 5) == pytest.approx(RADIUS * np.pi / 180)
    assert kilometres(89, 5, 90, 100) == pytest.approx(RADIUS * np.pi / 180)


@pytest.mark.parametrize("latitude, longitude", [(90.1, 0), (0, 180.5), (np.nan, 0), (312215, 121)])
def test_coordinates_out_of_range_have_no_nearest_branch(latitude, longitude):
    found = nearest([latitude], [longitude], branch=["A"], branch_latitude=[0], branch_longitude=[0])
    assert found.branch.tolist() == [None]
    assert np.isnan(found.kilometres).all()


def test_branches_that_are_equally_near_go_by_name():
    found = nearest([0], [0], branch=["B", "A"], branch_latitude=[0, 0], branch_longitude=[1, -1])
    assert found.branch.tolist() == ["A"]


def run_of(
    rows: list[dict],
    *,
    history: Sequence[tuple] = (),
    customers: Sequence[dict] = (),
    branches: Sequence[tuple] = (),
):
    """A run over leads, with one customer who sends."""
    people = [
        {
            "customer_id": "E1",
            "kind": "company",
            "name": "Quay Steel Ltd",
            "mobile": "13100000001",
            "industry": "Steel",
            "region": "N",
        },
        *customers,
    ]
    names = ("customer_id", "kind", "name", "mobile", "industry", "region", "source", "source_id")
    table = pa.table({name: pa.array([row.get(name) for row in rows], pa.string()) for name in LEADS})
    for name, kind in (("expected_monthly_amount", pa.float64()), ("visits", pa.float64()), ("latitude", pa.float64()), ("longitude", pa.float64()),
                       ("created", pa.date32()), ("closed", pa.date32()), ("stage_since", pa.date32()), ("won", pa.bool_())):  # fmt: skip
        table = table.append_column(name, pa.array([row.get(name) for row in rows], kind))
    tables = {
        "customers": pa.table(
            {name: pa.array([one.get(name) for one in people], pa.string()) for name in names}
        ),
        "transactions": pa.table(
            {"customer_id": ["E1"], "date": [date(2026, 10, 31)], "amount": [150_000.0]}
        ),
        "leads": table,
    }
    if history:
        columns = list(zip(*history, strict=True))
        tables["lead_history"] = pa.table(
            {
                "lead_id": columns[0],
                "changed": pa.array(columns[1], pa.timestamp("us")),
                "to_stage": columns[2],
            }
        )
    if branches:
        columns = list(zip(*branches, strict=True))
        tables["branches"] = pa.table({"branch": columns[0], "latitude": columns[1], "longitude": columns[2]})
    return pipeline(score(tables, PACK))


def test_tracks_steps_and_what_is_late():
    found = run_of([
        {"lead_id": "L1", "expected_monthly_amount": 10_000, "stage": "motive", "stage_since": date(2026, 10, 1), "competitor": "Redline"},
        {"lead_id": "L2", "expected_monthly_amount": 9_999.99, "stage": "意向洽谈", "visits": 0},
        {"lead_id": "L3", "expected_monthly_amount": None, "stage": "motive"},
        {"lead_id": "L4", "expected_monthly_amount": 50, "created": date(2026, 11, 5)},
    ], history=[("L2", datetime(2026, 10, 30), "talk")])  # fmt: skip
    assert found.table["lead_id"].to_pylist() == ["L1", "L2", "L3"], "a lead of tomorrow is none yet"
    assert (found.track.tolist(), found.step.tolist()) == ([0, 1, 1], [1, 1, -1])
    assert found.age[:2].tolist() == [30, 1]
    assert found.days_late[0] == 16
    assert np.isnan(found.days_late[1:]).all()
    assert found.done.tolist() == [True, False, False]


def test_a_lead_closed_without_a_word_is_lost_and_one_closed_tomorrow_is_open():
    found = run_of([
        {"lead_id": "L1", "stage": "talk", "created": date(2026, 9, 1), "closed": date(2026, 10, 1)},
        {"lead_id": "L2", "stage": "talk", "closed": date(2026, 11, 1), "won": True},
        {"lead_id": "L3", "stage": "nurture", "closed": date(2026, 10, 1), "won": True},
    ])  # fmt: skip
    assert found.won.tolist()[::2] == [0, 1]
    assert np.isnan(found.won[1])
    assert found.funnel(1).reached.tolist() == [3, 3, 1, 1]
    assert found.cycle[0] == 30


def test_a_lead_that_is_already_a_customer_is_named():
    found = run_of([
        {"lead_id": "L1", "name": "Someone else", "mobile": "131 0000 0001"},
        {"lead_id": "L2", "name": "New Firm", "mobile": "13999999999"},
        {"lead_id": "L3", "customer_id": "E7", "name": "Said so"},
    ])  # fmt: skip
    assert found.customer.tolist() == ["E1", None, "E7"]


def test_a_lead_known_to_another_system_is_the_golden_customer():
    found = run_of(
        [{"lead_id": "L1", "name": "X", "mobile": "13100000009"}],
        customers=[
            {
                "customer_id": "E2",
                "kind": "individual",
                "name": "Ada Holm",
                "mobile": "13100000002",
                "source": "erp",
                "source_id": "2",
            },
            {
                "customer_id": "W3",
                "kind": "individual",
                "name": "Ada Holm",
                "mobile": "13100000002",
                "source": "web",
                "source_id": "3",
            },
            {
                "customer_id": "W4",
                "kind": "individual",
                "name": "Otto",
                "mobile": "13100000009",
                "source": "web",
                "source_id": "4",
            },
        ],
    )
    assert found.customer.tolist() == ["W4"]


def test_a_lead_that_is_in_twice_counts_once_as_new():
    found = run_of([
        {"lead_id": "L1", "name": "Alder Foods Ltd", "mobile": "13900000001"},
        {"lead_id": "L2", "name": "Foods Alder", "mobile": "13900000001"},
        {"lead_id": "L3", "name": "Alder Foods Ltd", "mobile": "13900000002"},
    ])  # fmt: skip
    assert found.repeated.tolist() == [False, True, False]


def test_no_leads_are_no_pipeline_to_trip_over():
    found = run_of([])
    assert (len(found.track), found.repeated.tolist(), found.age.tolist(), found.customer.tolist()) == (
        0,
        [],
        [],
        [],
    )


def test_the_nearest_branch_comes_from_the_table_of_branches():
    found = run_of(
        [
            {"lead_id": "L1", "latitude": 0.0, "longitude": 0.2},
            {"lead_id": "L2", "latitude": 400.0, "longitude": 0.0},
        ],
        branches=[("East", 0.0, 1.0), ("Here", 0.0, 0.0)],
    )
    assert found.nearest.branch.tolist() == ["Here", None]


def test_leads_like_the_top_tier_score_higher():
    found = run_of([
        {"lead_id": "L1", "industry": "Steel", "region": "N", "expected_monthly_amount": 200_000},
        {"lead_id": "L2", "industry": "Food", "region": "S", "expected_monthly_amount": 10},
    ])  # fmt: skip
    assert found.top_tier == "a"
    assert found.likeness[0] == 100
    assert found.likeness[1] < 1


def test_receivers_are_those_who_never_send_up_to_the_day():
    sold = pa.table({
        "customer_id": ["A", "B", "R2"], "date": [date(2026, 1, 1), date(2026, 1, 2), date(2026, 5, 1)],
        "amount": [5.0, 7.0, 1.0], "counterparty_id": ["R1", "R2", None],
    })  # fmt: skip
    assert receivers(sold)["customer_id"].to_pylist() == ["R1"]
    assert receivers(sold, as_of=date(2026, 3, 1)).select(["rank", "customer_id"]).to_pylist() == [
        {"rank": 1, "customer_id": "R2"},
        {"rank": 2, "customer_id": "R1"},
    ]
    assert len(receivers(sold.drop_columns(["counterparty_id"]))) == 0
