"""Touch points by phase and channel."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tierbook.touchpoints import touch_points

rows = st.lists(
    st.tuples(
        st.sampled_from("abc"),
        st.sampled_from(["presale", "sale", "aftersale", "other", None]),
        st.sampled_from(["web", "phone", None]),
        st.sampled_from(["won", None]),
        st.sampled_from(["vip", "general", None]),
    ),
    max_size=30,
)


def columns(contacts):
    found = []
    for at in range(5):
        column = np.empty(len(contacts), dtype=object)
        column[:] = [row[at] for row in contacts]
        found.append(column)
    return found


@given(rows)
def test_counts_are_those_of_a_plain_loop(contacts):
    found = touch_points(*columns(contacts))
    cells = defaultdict(list)
    for customer, phase, channel, outcome, segment in contacts:
        cells[segment, phase, channel].append((customer, outcome))
    counted = {
        key: (len(met), len({one for one, _ in met}), sum(outcome is not None for _, outcome in met))
        for key, met in cells.items()
    }
    keys = zip(found.segment, found.phase, found.channel, strict=True)
    figures = zip(found.contacts, found.customers, found.with_outcome, strict=True)
    assert dict(zip(keys, (tuple(map(int, one)) for one in figures), strict=True)) == counted


def test_phases_stand_in_their_course_and_the_unknown_last():
    contacts = [("a", phase, "web", None, None) for phase in ("aftersale", None, "sale", "fair", "presale")]
    assert touch_points(*columns(contacts)).phase.tolist() == ["presale", "sale", "aftersale", "fair", None]


def test_zero_contacts_are_no_rows():
    found = touch_points(*columns([]))
    assert found.contacts.tolist() == []
    assert found.outcome_share.tolist() == []


def test_one_customer_met_three_times_is_three_contacts_per_customer():
    found = touch_points(*columns([("a", "sale", "web", "won", None)] * 3)[:4])
    assert (found.per_customer.tolist(), found.outcome_share.tolist()) == ([3], [1])
