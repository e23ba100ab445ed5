"""Editions of a fair: who comes back, who was recruited, what it cost."""

from __future__ import annotations

import math
from collections import defaultdict

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tierbook.editions import editions, recruiting, registered


def fair(rows):
    """(customer, edition, day, side) as arrays."""
    customer, edition, day, side = (list(one) for one in zip(*rows, strict=True)) if rows else ([],) * 4
    return (
        np.array(customer, dtype=object), np.array(edition, dtype=object), np.array(day, dtype="datetime64[D]"),
        np.array(side, dtype=object),
    )  # fmt: skip


THREE = fair([
    ("E1", "spring", "2026-03-01", "exhibitor"), ("E2", "spring", "2026-03-02", "exhibitor"),
    ("V1", "spring", "2026-03-02", "visitor"), ("V1", "spring", "2026-03-03", "visitor"),
    ("E1", "autumn", "2025-09-01", "exhibitor"), ("E3", "autumn", "2025-09-01", "exhibitor"),
    ("V1", "autumn", "2025-09-02", "visitor"), ("V2", "autumn", "2025-09-02", "visitor"),
    ("E1", "next", "2026-09-01", "exhibitor"),
])  # fmt: skip


def rows_of(found):
    return {
        (edition, side): dict(zip(found._fields[3:], figures, strict=True))
        for edition, side, *figures in zip(
            found.edition, found.side, *(one.tolist() for one in found[3:]), strict=True
        )
    }


def test_editions_stand_in_the_order_of_their_earliest_day_with_every_side():
    found = editions(*THREE)
    assert list(zip(found.edition, found.side, strict=True)) == [
        (edition, side) for edition in ("autumn", "spring", "next") for side in ("exhibitor", "visitor")
    ]
    assert found.first_date[:3].astype(str).tolist() == ["2025-09-01", "2025-09-01", "2026-03-01"]


def test_retention_and_churn_stand_in_the_row_of_the_later_edition():
    rows = rows_of(editions(*THREE))
    spring = rows["spring", "exhibitor"]
    assert (spring["customers"], spring["before"], spring["returning"], spring["lost"], spring["new"]) == (
        2, 2, 1, 1, 1,
    )  # fmt: skip
    assert (spring["retention"], spring["churn"]) == (0.5, 0.5)
    assert math.isnan(rows["autumn", "exhibitor"]["retention"])


def test_an_edition_without_visitors_loses_all_of_them_and_has_nothing_to_keep_afterwards():
    found = editions(*fair([
        ("V1", "1", "2025-01-01", "visitor"), ("E1", "2", "2026-01-01", "exhibitor"), ("V1", "3", "2027-01-01", "visitor"),
    ]))  # fmt: skip
    rows = rows_of(found)
    assert (rows["2", "visitor"]["customers"], rows["2", "visitor"]["retention"], rows["2", "visitor"]["churn"]) == (0, 0, 1)  # fmt: skip
    assert math.isnan(rows["3", "visitor"]["retention"])
    # V1 was at the first: back, but not from the edition before, and not new.
    assert (rows["3", "visitor"]["returning"], rows["3", "visitor"]["new"]) == (0, 0)


def test_one_customer_at_one_edition_is_new():
    found = editions(*fair([("V1", "1", "2025-01-01", "visitor")])[:3])
    assert (found.customers.tolist(), found.new.tolist(), found.side.tolist()) == ([1], [1], [None])
    assert math.isnan(found.retention[0])


def test_without_rows_there_are_no_editions():
    assert len(editions(*fair([])).edition) == 0
    assert len(editions(*fair([(None, "1", "2025-01-01", "visitor")])).edition) == 1


def test_undated_editions_come_last():
    found = editions(*fair([("a", "x", "NaT", "visitor"), ("a", "y", "2025-01-01", "visitor")]))
    assert found.edition.tolist() == ["y", "x"]


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abcde"),
            st.sampled_from(["1", "2", "3", "4"]),
            st.just("2025-01-01"),
            st.sampled_from(["exhibitor", "visitor", None]),
        ),
        max_size=30,
    )
)
def test_counts_are_those_of_sets(rows):
    found = editions(*fair(rows))
    there = defaultdict(set)
    for customer, edition, _, side in rows:
        there[edition, side].add(customer)
    ordered = sorted({edition for _, edition, _, _ in rows})
    for (edition, side), row in rows_of(found).items():
        at = ordered.index(edition)
        now = there[edition, side]
        before = there[ordered[at - 1], side] if at else set()
        ever = set().union(*(there[one, side] for one in ordered[:at]))
        assert (row["customers"], row["returning"], row["lost"], row["new"]) == (
            len(now), len(now & before), len(before - now), len(now - ever),
        )  # fmt: skip


def test_rows_of_other_tables_find_their_edition_and_side():
    found = editions(*THREE)
    place = found.place(
        np.array(["spring", "spring", "winter", None], object),
        np.array(["visitor", None, "visitor", "visitor"], object),
    )
    assert place.tolist() == [3, -1, -1, -1]


def test_recruiting_cost_is_counted_per_head_and_against_the_visitors():
    found = editions(*THREE)
    cost = recruiting(found, np.array([0, 0, 1, -1]), np.array([300.0, np.nan, 100.0, 50.0]))
    assert cost.cost[:2].tolist() == [300, 100]
    assert cost.per_head[:2].tolist() == [150, 50]
    assert cost.ratio[:2].tolist() == [3, 1]


def test_zero_cost_is_no_ratio_and_nobody_has_no_cost_per_head():
    found = editions(*THREE)
    cost = recruiting(found, np.array([0]), np.array([300.0]))
    assert math.isnan(cost.ratio[0])
    assert cost.per_head[1] == 0
    assert math.isnan(cost.per_head[-1])  # no visitors at the last edition


def test_who_preregistered_and_came_is_a_share_of_those_who_preregistered():
    yes, no, unknown = 1.0, 0.0, math.nan
    found = registered(
        np.array([0, 0, 0, 1, -1]), 2,
        preregistered=np.array([yes, yes, no, unknown, yes]), attended=np.array([yes, no, yes, yes, yes]),
        professional=np.array([yes, yes, no, unknown, yes]),
    )  # fmt: skip
    assert (found.preregistered.tolist(), found.attended.tolist(), found.shown_up.tolist()) == ([2, 0], [2, 1], [1, 0])  # fmt: skip
    assert found.show_up[0] == 0.5
    assert found.professional_share[0] == 0.5  # who stayed away does not count
    assert math.isnan(found.show_up[1])
    assert math.isnan(found.professional_share[1])
