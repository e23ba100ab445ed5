"""Win back or let go: the limit worked by hand, the decisions of the pack against plain loops."""

from __future__ import annotations

import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tierbook.needs import needs, ranks_population
from tierbook.rulepack.read import read_pack
from tierbook.scorer import Scorer
from tierbook.shipped import shipped
from tierbook.winback import spend_at_most

RETAIL = read_pack(shipped("rules") / "retail.yaml")
NAN = float("nan")
customers = st.lists(
    st.tuples(
        st.integers(0, 400),  # days since the last purchase
        st.one_of(st.integers(-500, 5000).map(float), st.just(NAN)),  # net value
        st.integers(0, 900),  # days from first to last purchase
        st.one_of(st.sampled_from([0.0, 1999.0, 2000.0, 60000.0]), st.just(NAN)),  # budget
    ),
    min_size=1,
    max_size=30,
)


def scorer(rows):
    days, net_value, recency, budget = np.array(rows, dtype=float).T
    return Scorer(
        RETAIL,
        {
            "days_since_last": days, "net_value": net_value, "recency": recency, "budget": budget,
            "spend_per_month": np.full(len(rows), 100.0),
        },
    )  # fmt: skip


@pytest.mark.parametrize(
    "net_value, recency, expected, why",
    [
        (2400, 304.375, 288, "2400 in 10 months is 2880 a year, of which 10 %"),
        (2400, 0, 2880, "a single purchase day counts as one month"),
        (2400, 20, 2880, "less than a month counts as one month"),
        (2400, 730.5, 120, "over two years it is 1200 a year"),
    ],
)
def test_a_tenth_of_what_a_year_brought_may_be_spent(net_value, recency, expected, why):
    found = scorer([(200, net_value, recency, NAN), (200, 1, 0, NAN), (200, 2, 0, NAN)])
    assert found.winback().tolist() == ["win_back", "let_go", "let_go"]
    assert found.winback_spend().tolist() == pytest.approx([expected, 0, 0]), why


def test_the_middle_of_an_even_number_lies_between_two_customers():
    found = scorer([(200, 100, 0, NAN), (200, 200, 0, NAN), (200, 300, 0, NAN), (10, 9000, 0, NAN)])
    assert found["lost_middle"].tolist() == [200] * 4
    assert found.winback().tolist() == ["let_go", "let_go", "win_back", ""]
    assert scorer([(200, 100, 0, NAN), (200, 200, 0, NAN)]).winback().tolist() == ["let_go", "win_back"]


def test_nobody_is_decided_about_who_is_not_lost_or_whose_net_value_is_unknown():
    found = scorer([(179, 100, 0, NAN), (180, NAN, 0, 60000), (NAN, 100, 0, NAN)])
    assert found.winback().tolist() == ["", None, ""]
    assert np.isnan(found.winback_spend()).all()


def test_no_customers_need_no_budget():
    assert spend_at_most([], [], []).tolist() == []


@given(customers)
def test_decisions_and_limits_are_those_of_the_specification(rows):
    found = scorer(rows)
    values = [value for days, value, _, _ in rows if days >= 180 and value == value]
    middle = statistics.median(values) if values else NAN
    for (days, value, recency, budget), decision, spend in zip(
        rows, found.winback(), found.winback_spend(), strict=True
    ):
        if days < 180 or value != value:
            assert decision == (None if days >= 180 else "")
            assert spend != spend
        elif value > middle or budget >= 2000:
            assert decision == "win_back"
            assert spend == pytest.approx(max(0, 12 * value / max(recency / 30.4375, 1) * 0.1))
        else:
            assert (decision, spend) == ("let_go", 0)


def test_the_section_says_which_columns_it_reads_and_that_it_ranks_customers():
    assert needs(RETAIL, "winback") == {
        "days_since_last",
        "net_value",
        "recency",
        "budget",
        "spend_per_month",
    }
    assert ranks_population(RETAIL, "winback")
    assert not ranks_population(RETAIL, "early_warning")
    assert needs(RETAIL, "early_warning") == {
        "days_since_last", "rfm_r", "rfm_f", "rfm_m", "rfm_r_before", "rfm_f_before", "rfm_m_before"
    }  # fmt: skip
