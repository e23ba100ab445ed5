"""Who would move under another pack, how much revenue moves, and which rule moved each of them."""

import numpy as np
import pytest

from tests.tierbook.rulepack.customers import AS_OF, customers
from tests.tierbook.rulepack.packs import GOOD, pack
from tierbook.rulepack.compare import TOGETHER, compare
from tierbook.rulepack.sensitivity import sensitivity

TABLES = customers()
SPEND = TABLES["customers"]["total_spend"].to_numpy()


def compared(*edits: tuple[str, str], old: str = GOOD):
    new = old
    for before, after in edits:
        assert before in new
        new = new.replace(before, after)
    return compare(TABLES, pack(old), pack(new), as_of=AS_OF)


def test_the_same_pack_moves_nobody():
    found = compared()
    assert not found.moved_at_all.any()
    assert found.changes == ()
    assert all(one.old == one.new for one in found.matrix("tier"))


def test_the_matrix_counts_every_customer_and_all_revenue_once():
    found = compared(("from: 500", "from: 400"))
    for result in ("tier", "stage", "churn_level"):
        cells = found.matrix(result)
        assert sum(cell.customers for cell in cells) == len(SPEND)
        assert sum(cell.revenue for cell in cells) == pytest.approx(SPEND.sum())


def test_the_matrix_is_in_the_order_of_the_levels():
    pairs = [(cell.old, cell.new) for cell in compared(("from: 500", "from: 400")).matrix("tier")]
    assert pairs == [("gold", "gold"), ("plain", "gold"), ("plain", "plain")]


def test_movers_are_those_between_the_floors_and_name_the_rule():
    found = compared(("from: 500", "from: 400"))
    movers = list(found.movers())
    assert {mover.result for mover in movers} == {"tier"}
    assert {(mover.old, mover.new) for mover in movers} == {("plain", "gold")}
    assert {mover.why for mover in movers} == {"Tiers, Gold: was from 500; is from 400"}
    assert [mover.revenue for mover in movers] == sorted((mover.revenue for mover in movers), reverse=True)


EDITS = {
    "threshold": ("is: 2,", "is: 1,"),
    "part": ("cash: 0.05", "cash: 0.5"),
    "level": ("from: 500", "from: 400"),
    "stage": ("{name: quiet, when: overdue_ratio > late}", "{name: quiet, when: days_since_last > 200}"),
    "signal": ("points: 100, when: overdue_ratio > late", "points: 100, when: orders < 5"),
    "churn level": ("from: 60", "from: 101"),
    "added level": ("    - {name: plain", "    - {name: silver, from: 100}\n    - {name: plain"),
    "added threshold": ("{name: quiet, when: overdue_ratio > late}", "{name: quiet, when: overdue_ratio > 0.5 * late}"),
    "rank": ("rank_by: value", "rank_by: spend_per_month * 20"),
    "window": ("pack: small", "pack: small\nwindow_days: 30"),
    "measure": ("features:", "features:\n  bought: {count: transactions}"),
}  # fmt: skip


@pytest.mark.parametrize("name", [name for name in EDITS if name not in ("window", "measure", "churn level")])
def test_a_single_change_is_the_cause_of_every_move_it_makes(name):
    found = compared(EDITS[name])
    moved = list(found.movers())
    assert moved
    assert {mover.why for mover in moved} == {found.changes[0].text()}


@pytest.mark.parametrize("first", ["threshold", "part", "level", "stage", "signal", "rank"])
@pytest.mark.parametrize("second", ["added level", "stage", "signal", "window"])
def test_of_two_changes_the_one_that_does_it_alone_is_named(first, second):
    if first == second or {first, second} == {"level", "added level"}:
        return
    both = compared(EDITS[first], EDITS[second])
    for name in (first, second):
        alone = compared(EDITS[name])
        position = next((i for i, change in enumerate(both.changes) if change == alone.changes[0]), None)
        for result in ("tier", "stage", "churn_level"):
            caused = both.moved(result) & (both.causes[result] == position)
            assert (alone.after[result][caused] == both.after[result][caused]).all()


def test_a_move_that_needs_two_changes_is_said_so():
    old = GOOD.replace(
        "{name: quiet, when: overdue_ratio > late}",
        "{name: quiet, when: orders > 100 and overdue_ratio > late + 3}",
    )
    found = compared(("orders > 100 and", "orders > 1 and"), ("is: 2,", "is: -2,"), old=old)
    moved = found.moved("stage")
    assert moved.any()
    assert (found.causes["stage"][moved] == TOGETHER).any()
    assert "several changes together" in {mover.why for mover in found.movers() if mover.result == "stage"}


def test_thresholds_that_move_most_customers_come_first():
    text = GOOD.replace(
        "  late: {is: 2, unit: gaps}",
        "  late: {is: 2, unit: gaps}\n  floor: {is: 500, unit: money}\n  idle: {is: 3, unit: x}",
    )
    found = sensitivity(TABLES, pack(text.replace("from: 500", "from: floor")), as_of=AS_OF)
    assert [one.customers for one in found] == sorted((one.customers for one in found), reverse=True)
    floor = [one for one in found if one.threshold == "floor"]
    assert {one.number for one in floor} == {450.0, 550.0}
    assert all(one.moved["tier"] == one.customers and one.moved["stage"] == 0 for one in floor)
    assert {one.customers for one in found if one.threshold == "idle"} == {0}


def test_revenue_moved_is_that_of_the_customers_moved():
    text = GOOD.replace(
        "  late: {is: 2, unit: gaps}", "  late: {is: 2, unit: gaps}\n  floor: {is: 500, unit: money}"
    )
    down = next(
        one for one in sensitivity(TABLES, pack(text.replace("from: 500", "from: floor").replace("cash: 0.05, on: 1", "cash: 0, on: 0")), as_of=AS_OF)
        if one.number == 450
    )  # fmt: skip
    between = (SPEND >= 450) & (SPEND < 500)
    assert down.customers == between.sum()
    assert down.revenue == pytest.approx(np.sum(SPEND[between]))
