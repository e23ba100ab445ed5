"""Points: a ledger worked out by hand, the same ledger lot by lot, and what a pack says about points."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tierbook.rulepack.packs import GOOD, pack, problems
from tierbook import features, points
from tierbook.arrow import arrays
from tierbook.customers import customer_table
from tierbook.engines.duckdb import DuckDB
from tierbook.rulepack.pack import Pack
from tierbook.rulepack.read import read_pack
from tierbook.rulepack.show import rules
from tierbook.scorer import Scorer
from tierbook.shipped import shipped

JANUARY = 2025 * 12


def spent(rows: list[tuple]) -> points.Entries:
    """Entries from rows of customer, month from January 2025, spend, orders, redeemed."""
    customer, month, spend, orders, redeemed = np.array(rows, dtype=float).reshape(-1, 5).T
    who, when = customer.astype(int), month.astype(int) + JANUARY
    return points.Entries(who, when, spend, orders, orders > 0, redeemed)


def ledger(
    first: list[int], rows: list[tuple], *, as_of: date, expire: int, **more: Any
) -> dict[tuple, list]:
    """Earned, redeemed, expired and balance by customer and month; a point for each unit of spend."""
    found = points.ledger(
        np.array(first) + JANUARY,
        spent(rows),
        more.pop("value", lambda rows, spend, orders, tenure: spend),
        as_of=as_of,
        cumulative=more.pop("cumulative", False),
        expire_after_months=expire,
    )
    keys = zip(found.customer.tolist(), (found.month - JANUARY).tolist(), strict=True)
    figures = np.column_stack([found.earned, found.redeemed, found.expired, found.balance]).tolist()
    return dict(zip(keys, figures, strict=True))


def test_the_oldest_points_are_spent_first_and_the_rest_of_them_expires():
    rows = [(0, 0, 100, 1, 0), (0, 1, 50, 1, 0), (0, 1, 0, 0, 30), (0, 2, 0, 0, 60), (0, 3, 10, 1, 0)]
    assert ledger([0], rows, as_of=date(2025, 5, 31), expire=2) == {
        (0, 0): [100, 0, 0, 100],
        (0, 1): [50, 30, 0, 120],
        # 90 of January's 100 are spent by now, so 10 expire.
        (0, 2): [0, 60, 10, 50],
        (0, 3): [10, 0, 50, 10],
        (0, 4): [0, 0, 0, 10],
    }


def test_points_are_good_until_the_end_of_their_last_month():
    rows = [(0, 0, 100, 1, 0)]
    assert ledger([0], rows, as_of=date(2025, 2, 27), expire=1)[0, 1] == [0, 0, 0, 100]
    assert ledger([0], rows, as_of=date(2025, 2, 28), expire=1)[0, 1] == [0, 0, 100, 0]


def test_who_redeemed_more_than_there_was_owes_it_and_debt_never_expires():
    rows = [(0, 0, 10, 1, 25), (0, 1, 40, 1, 0)]
    assert ledger([0], rows, as_of=date(2025, 3, 31), expire=1) == {
        (0, 0): [10, 25, 0, -15],
        (0, 1): [40, 0, 0, 25],
        (0, 2): [0, 0, 25, 0],
    }


def test_halves_round_up_and_nobody_loses_points_by_buying():
    rows = [(0, 0, 2.5, 1, 0), (0, 1, -7, 1, 0), (0, 2, 9, 0, 0), (0, 3, 0.49, 1, 0)]
    found = ledger([0], rows, as_of=date(2025, 4, 1), expire=24)
    assert [figures[0] for figures in found.values()] == [3, 0, 0, 0]


def test_the_value_nobody_knows_earns_nothing():
    found = ledger(
        [0], [(0, 0, 5, 1, 0)], as_of=date(2025, 1, 1), expire=24, value=lambda *given: np.array([np.nan])
    )
    assert found == {(0, 0): [0, 0, 0, 0]}


def test_cumulative_points_are_the_growth_of_the_value_of_all_months_so_far():
    def value(rows, spend, orders, tenure):
        return spend + 100 * orders + 20 * tenure

    rows = [(0, 0, 100, 1, 0), (0, 2, 50, 2, 0)]
    found = ledger([0], rows, as_of=date(2025, 3, 31), expire=24, value=value, cumulative=True)
    # 100 + 100 + 20 = 220; an idle month lets the value sink to 190 and earns nothing; 150 + 100 + 60 = 310.
    assert [figures[0] for figures in found.values()] == [220, 0, 120]


def test_before_the_first_month_nothing_is_earned_and_what_was_redeemed_is_booked_in_it():
    rows = [(0, 0, 100, 1, 5), (0, 1, 7, 1, 0)]
    assert ledger([1], rows, as_of=date(2025, 2, 28), expire=24) == {(0, 1): [7, 5, 0, 2]}


def test_nobody_has_an_empty_ledger():
    assert ledger([], [], as_of=date(2025, 1, 31), expire=24) == {}
    assert ledger([points.NEVER - JANUARY], [(0, 0, 1, 1, 1)], as_of=date(2025, 1, 31), expire=24) == {}


def test_months_begin_with_joining_else_with_the_first_purchase():
    days = [
        np.array(one, dtype="datetime64[D]")
        for one in (["2025-02-28", "NaT", "NaT", "2025-04-01"], ["2024-01-01", "2025-03-31", "NaT", "NaT"])
    ]
    first = points.first_months(*days, as_of=date(2025, 3, 31))
    assert first.tolist() == [JANUARY + 1, JANUARY + 2, points.NEVER, points.NEVER]


HAPPENED = st.tuples(
    st.integers(0, 3), st.integers(0, 9), st.integers(-20, 90), st.integers(0, 2), st.integers(0, 60)
)


@given(
    st.lists(st.integers(0, 11), min_size=4, max_size=4),
    st.lists(HAPPENED, max_size=40),
    st.integers(0, 6),
    st.dates(date(2025, 8, 1), date(2025, 10, 31)),
)
@settings(max_examples=150, deadline=None)
def test_the_ledger_is_what_following_every_lot_gives(first, rows, expire, as_of):
    rows = [row for row in rows if row[1] <= as_of.month - 1]
    assert ledger(first, rows, as_of=as_of, expire=expire) == {
        (customer, month): figures
        for customer in range(4)
        for month, figures in lot_by_lot(first[customer], customer, rows, as_of, expire)
    }


def lot_by_lot(first, customer, rows, as_of, expire):
    """One customer's months, each lot of points followed by itself; a point for each unit of spend."""
    lots: list[list[float]] = []
    debt = 0.0
    last = as_of.month - 1
    for month in range(first, last + 1):
        own = [row for row in rows if row[0] == customer and row[1] == month]
        bought = any(row[3] for row in own)
        earned = max(0.0, float(sum(row[2] for row in own))) if bought else 0.0
        redeemed = float(
            sum(
                row[4]
                for row in rows
                if row[0] == customer and (row[1] == month or (month == first and row[1] < first))
            )
        )
        lots.append([month, earned])
        debt += redeemed
        for lot in lots:
            used = min(lot[1], debt)
            lot[1] -= used
            debt -= used
        expired = 0.0
        if month < last or (as_of + timedelta(days=1)).month != as_of.month:
            for lot in lots:
                if lot[0] <= month - expire:
                    expired, lot[1] = expired + lot[1], 0.0
        yield month, [earned, redeemed, expired, sum(lot[1] for lot in lots) - debt]


@pytest.fixture(scope="module")
def hospitality() -> Pack:
    return read_pack(shipped("rules") / "hospitality.yaml")


def table(names: str, *rows: tuple) -> pa.Table:
    return pa.table(dict(zip(names.split(), map(list, zip(*rows, strict=True)), strict=True)))


TABLES = {
    "transactions": table(
        "customer_id transaction_id date amount",
        ("A", "1", date(2025, 1, 10), 600.0),
        ("A", "1", date(2025, 1, 10), 400.0),
        ("A", "2", date(2025, 2, 3), 100.0),
        ("A", None, date(2025, 2, 9), -20.0),
        ("A", None, date(2025, 4, 1), 99.0),
        ("B", None, date(2025, 1, 20), 10.0),
    ),
    "customers": table(
        "customer_id joined is_member settlement budget reputation",
        ("A", None, True, "cash", 10000.0, "B"),
        ("B", None, None, None, None, None),
        ("C", date(2025, 3, 1), True, None, None, "A"),
    ),
}


def earned(pack: Pack) -> dict[tuple[str, int], float]:
    """Points earned by customer and month of 2025, counted from 0, as of the end of March."""
    engine, as_of = DuckDB(), date(2025, 3, 31)
    features.load(engine, TABLES)
    found = arrays(customer_table(engine, pack, as_of=as_of))
    scorer = Scorer(pack, found)
    first = points.first_months(found["joined"], found["first_date"], as_of=as_of)
    assert pack.points is not None
    of = points.ledger(
        np.where(scorer.earns_points(), first, points.NEVER),
        points.entries(engine, found["customer_id"], as_of=as_of),
        scorer.points_value,
        as_of=as_of,
        cumulative=pack.points.basis == "cumulative",
        expire_after_months=pack.points.expire_after_months,
    )
    ids = found["customer_id"][of.customer].tolist()
    return dict(zip(zip(ids, (of.month - JANUARY).tolist(), strict=True), of.earned.tolist(), strict=True))


def test_members_earn_the_value_of_the_month_with_a_twelfth_of_what_stands_for_a_year(hospitality):
    # January: 1000 + 100 for one order of two lines + 500 + 50 + 20 + (3000 + 2000) / 12 = 2086.67.
    # February: 80 + 100 + 40 + 4 + 20 + 416.67 = 660.67, the refund taken off; C bought nothing.
    assert earned(hospitality) == {("A", 0): 2087, ("A", 1): 661, ("A", 2): 0, ("C", 2): 0}


POINTS = "points: {basis: cumulative, expire_after_months: 3}\nwords:"


def test_without_a_rule_everyone_earns_and_cumulative_points_are_growth():
    small = pack(GOOD.replace("words:", POINTS))
    found = earned(small)
    assert {customer for customer, _ in found} == {"A", "B", "C"}
    assert found["A", 0] >= 1000
    assert found["B", 1] == 0


def test_a_pack_may_only_spread_parts_it_has():
    text = GOOD.replace(
        "words:", "points: {spread_over_year: [base, brnad], of: ordres > 1, expire_after_months: -1}\nwords:"
    )
    said = "\n".join(problems(text))
    assert "The value has no part called brnad" in said
    assert "Points last 0 months or more" in said
    assert "ordres" in said


def test_the_rules_are_shown_with_the_parts_that_are_spread(hospitality):
    shown = [rule.rule for rule in rules(hospitality) if rule.section == "points"]
    assert shown == ["by month; for is_member; they last 24 months", "a month earns 1/12 of Potential, Brand"]
