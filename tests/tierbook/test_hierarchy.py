"""Groups of customers: chains, cycles, parents nobody is; and tables in which a group is one customer."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tierbook.errors import DataError
from tierbook.hierarchy import groups, rolled_up


def of(**parents):
    """Customers with their parents, "" for none."""
    return groups(np.array(list(parents), dtype=object), np.array(list(parents.values()), dtype=object))


def test_a_chain_ends_in_its_root():
    assert of(A="", B="A", C="B", D="C", E=None).root.tolist() == ["A", "A", "A", "A", "E"]


def test_a_chain_of_thousands_ends_too():
    ids = np.array([f"C{number}" for number in range(3000)], dtype=object)
    found = groups(ids, np.array([None, *ids[:-1]], dtype=object))
    assert set(found.root) == {"C0"}


def test_who_is_its_own_parent_belongs_to_nobody():
    assert of(A="A", B="A").root.tolist() == ["A", "A"]


def test_a_cycle_of_three_is_refused_with_its_customers():
    with pytest.raises(DataError, match="The customers A → C → B → A are each other's parents") as refused:
        of(X="", D="C", B="A", C="B", A="C")
    assert "parent_id" in str(refused.value)


def test_a_cycle_of_two_below_a_long_chain_is_found():
    with pytest.raises(DataError, match="P → Q → P"):
        of(A="B", B="C", C="D", D="P", P="Q", Q="P")


def test_a_parent_nobody_is_keeps_its_children_together_and_is_said():
    found = of(A="Z", B="Z", C="")
    assert found.root.tolist() == ["Z", "Z", "C"]
    assert found.missing_parents == ("Z",)


def test_one_customer_and_none_are_groups_of_their_own():
    assert of(A="").root.tolist() == ["A"]
    assert len(of().root) == 0


@given(st.lists(st.integers(0, 40), min_size=1, max_size=40))
def test_with_parents_that_come_earlier_every_root_is_the_end_of_a_walk(parents):
    above: list[Any] = [None if parent >= place else parent for place, parent in enumerate(parents)]
    ids = np.array([str(place) for place in range(len(above))], dtype=object)
    found = groups(ids, np.array([None if one is None else str(one) for one in above], dtype=object))
    for place in range(len(above)):
        at = place
        while above[at] is not None:
            at = above[at]
        assert found.root[place] == str(at)


def tables():
    return {
        "customers": pa.table({
            "customer_id": ["A", "B", "C", "D"], "parent_id": [None, "A", "B", "Z"], "name": ["Head", "Sub", "Subsub", "Lone"],
            "budget": [None, 100.0, 50.0, None], "joined": [date(2025, 3, 1), date(2024, 1, 1), None, None],
        }),
        "transactions": pa.table({
            "customer_id": ["A", "B", "C", "D", "X"], "date": [date(2026, 1, 1)] * 5, "amount": [1.0, 2.0, 4.0, 8.0, 16.0],
            "counterparty_id": ["B", "D", "X", "A", None],
        }),
        "branches": pa.table({"branch": ["North"], "latitude": [1.0], "longitude": [2.0]}),
    }  # fmt: skip


def test_every_row_of_a_customer_becomes_one_of_its_group():
    rolled, _ = rolled_up(tables())
    sold = rolled["transactions"].to_pylist()
    assert [row["customer_id"] for row in sold] == ["A", "A", "A", "Z", "X"]
    assert [row["counterparty_id"] for row in sold] == [None, "Z", "X", "A", None], "none within a group"
    assert sum(row["amount"] for row in sold) == 31
    assert rolled["branches"] == tables()["branches"]


def test_a_group_has_the_columns_of_its_root_and_sums_of_all():
    rolled, _ = rolled_up(tables())
    first, second = rolled["customers"].to_pylist()
    assert first == {
        "customer_id": "A",
        "parent_id": None,
        "name": "Head",
        "budget": 150,
        "joined": date(2024, 1, 1),
    }
    assert second == {"customer_id": "Z", "parent_id": None, "name": None, "budget": None, "joined": None}


def test_missing_parents_and_the_number_of_groups_are_said():
    _, problems = rolled_up(tables())
    said = [problem.text("en") for problem in problems]
    assert "Parents that are not among the customers: 1 (Z)" in said[0]
    assert "4 customers are 2 groups" in said[1]


def test_without_parents_there_is_nothing_to_roll_up():
    with pytest.raises(DataError, match="no column parent_id"):
        rolled_up({"customers": pa.table({"customer_id": ["A"]})})
