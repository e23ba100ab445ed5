"""The most urgent thing to do for each customer."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from tierbook.actions import (
    KINDS,
    complaint_due,
    expected_on,
    next_actions,
    next_anniversary,
    reminders,
    worth_a_call,
)

AS_OF = date(2026, 10, 31)


def days(*texts):
    return np.array(texts, dtype="datetime64[D]")


def one(**given):
    """The action of one customer for whom nothing is to be done but what is given."""
    nothing, no = days("NaT"), np.array([False])
    columns = {
        "complaint_due": nothing, "frozen": no, "flagged": no, "valued": no, "let_go": no, "expected": nothing, "has_stage_action": no,
        "birthday": nothing, "contract_end": nothing, "marketable": np.array([True]),
    } | given  # fmt: skip
    found = next_actions(as_of=AS_OF, window_days=90, **columns)
    return found.kind[0], None if np.isnat(found.due[0]) else str(found.due[0])


YES = np.array([True])
ALL = {
    "complaint_due": days("2026-10-30"), "frozen": YES, "flagged": YES, "valued": YES, "expected": days("2026-10-01"),
    "has_stage_action": YES, "birthday": days("1990-11-05"), "contract_end": days("2026-11-20"),
}  # fmt: skip


def test_the_most_urgent_of_all_is_the_one():
    given = dict(ALL)
    assert one(**given) == ("complaint", "2026-10-30")
    del given["complaint_due"]
    assert one(**given) == ("credit", "2026-10-31")
    given["frozen"] = np.array([False])
    assert one(**given) == ("churn", "2026-10-31")
    given["flagged"] = np.array([False])
    assert one(**given) == ("expected", "2026-10-01")
    del given["expected"]
    assert one(**given) == ("stage", "2027-01-29")
    del given["has_stage_action"]
    assert one(**given) == ("birthday", "2026-11-05")
    del given["birthday"]
    assert one(**given) == ("contract", "2026-11-20")
    assert one() == (None, None)


@pytest.mark.parametrize(
    ("given", "expected", "why"),
    [
        ({"complaint_due": days("2026-10-31")}, None, "the last day is still in time"),
        ({"expected": days("2026-10-31")}, None, "the customer has the whole day"),
        ({"flagged": YES}, None, "not every customer is worth a call"),
        ({"flagged": YES, "expected": days("2026-01-01")}, None, "who is flagged is past a reminder"),
        ({"flagged": YES, "has_stage_action": YES}, "stage", "but the stage has an answer"),
        ({"flagged": YES, "valued": YES, "let_go": YES}, None, "who is let go is not called"),
        ({"has_stage_action": YES, "let_go": YES}, None, "nor kept"),
        ({"frozen": YES, "let_go": YES}, "credit", "but what is owed is owed"),
        ({"complaint_due": days("2026-10-30"), "let_go": YES}, "complaint", "but a complaint is answered"),
        ({"birthday": days("1990-10-31")}, "birthday", "today is a day to congratulate"),
        ({"birthday": days("1990-12-01")}, None, "a month ahead is too early"),
        ({"contract_end": days("2026-10-30")}, None, "a contract that ended is not renewed"),
        ({"contract_end": days("2026-11-30")}, "contract", "the thirtieth day counts"),
        (
            {"birthday": days("1990-11-05"), "marketable": np.array([False])},
            None,
            "who said no is left alone",
        ),
    ],
)
def test_what_applies_and_what_does_not(given, expected, why):
    assert one(**given)[0] == expected, why


OF_OTHER_SYSTEMS = ("request", "load", "register", "report", "credit_watch", "review", "level")


@pytest.mark.parametrize("kind", OF_OTHER_SYSTEMS)
def test_what_other_systems_ask_for_is_due_when_they_say_so(kind):
    assert one(also={kind: days("2026-10-20")}) == (kind, "2026-10-20")
    assert one(also={kind: days("NaT")}) == (None, None)
    kept = kind not in ("review", "level")
    assert one(also={kind: days("2026-10-20")}, let_go=YES)[0] == (kind if kept else None)


def test_kinds_stand_in_the_order_of_urgency_whatever_system_they_come_from():
    also = {kind: days("2026-10-20") for kind in OF_OTHER_SYSTEMS}
    given = ALL | {"expected": days("2026-10-01")}
    found = [one(**given, also=also, holidays=[(date(2026, 11, 11), "day")])[0]]
    for name, nothing in (
        ("complaint_due", None), ("request", None), ("frozen", None), ("load", None), ("flagged", None), ("register", None),
        ("report", None), ("credit_watch", None), ("expected", None), ("review", None), ("level", None), ("has_stage_action", None),
        ("birthday", None), ("contract_end", None),
    ):  # fmt: skip
        (also if name in also else given).pop(name, nothing)
        found.append(one(**given, also=also, holidays=[(date(2026, 11, 11), "day")])[0])
    assert tuple(found) == KINDS


@pytest.mark.parametrize("holiday, due, why", [
    (date(2026, 10, 31), "2026-10-31", "today counts"),
    (date(2026, 11, 30), "2026-11-30", "the thirtieth day counts"),
    (date(2026, 12, 1), None, "what is further away does not"),
    (date(2026, 10, 30), None, "what is past is past"),
])  # fmt: skip
def test_a_holiday_is_for_everybody_who_may_be_contacted(holiday, due, why):
    assert one(holidays=[(holiday, "day")])[1] == due, why
    assert one(holidays=[(holiday, "day")], marketable=np.array([False])) == (None, None)


def test_birthdays_come_round_every_year_and_leap_days_a_day_early():
    found = next_anniversary(days("1990-10-30", "1990-10-31", "2000-02-29", "NaT"), as_of=AS_OF)
    assert found.astype(str).tolist() == ["2027-10-30", "2026-10-31", "2027-02-28", "NaT"]


def test_urgent_complaints_have_two_days_and_others_five():
    due = complaint_due(days("2026-10-01", "2026-10-01"), np.array([3.0, 1.0]))
    assert due.astype(str).tolist() == ["2026-10-03", "2026-10-06"]


def test_nobody_has_nothing_to_do():
    empty, none = days(), np.array([], dtype=bool)
    found = next_actions(
        as_of=AS_OF, window_days=90, complaint_due=empty, frozen=none, flagged=none, valued=none, let_go=none, expected=empty,
        has_stage_action=none, birthday=empty, contract_end=empty, marketable=none,
    )  # fmt: skip
    assert found.kind.tolist() == []
    assert len(set(KINDS)) == 15


def test_reminders_list_every_day_of_care_the_nearest_first():
    found = reminders(
        as_of=AS_OF, expected=days("2026-11-30", "2026-10-30", "NaT"), birthday=days("1990-11-05", "NaT", "1980-12-01"),
        contract_end=days("NaT", "2026-10-31", "2026-11-02"), marketable=np.array([True, True, False]),
    )  # fmt: skip
    listed = zip(found.row.tolist(), found.kind.tolist(), found.day.astype(str).tolist(), strict=True)
    assert list(listed) == [
        (1, "contract", "2026-10-31"), (0, "birthday", "2026-11-05"), (0, "expected", "2026-11-30"),
    ]  # fmt: skip


def test_worth_a_call_is_who_is_above_the_lowest_tier_or_the_middle():
    tier, value = np.array(["vip", "general", None], dtype=object), np.array([5.0, 1.0, np.nan])
    assert worth_a_call(tier, value, tiers=["vip", "general"]).tolist() == [True, False, False]
    assert worth_a_call(tier, value, tiers=[]).tolist() == [True, False, False]
    assert worth_a_call(tier, np.full(3, np.nan), tiers=["general"]).tolist() == [False, False, False]


def test_the_next_purchase_is_expected_after_the_usual_gap():
    found = expected_on(days("2026-10-01", "2026-10-01", "NaT"), np.array([14.5, np.nan, 3.0]))
    assert found.astype(str).tolist() == ["2026-10-16", "NaT", "NaT"]
