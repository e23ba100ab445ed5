"""Early warning: the fall of the RFM score, worked by hand and against the scores of tierbook.rfm."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tierbook import early_warning, rfm
from tierbook.rulepack.read import read_pack
from tierbook.score import score
from tierbook.scorer import Scorer
from tierbook.shipped import shipped

RETAIL = read_pack(shipped("rules") / "retail.yaml")
NAN = float("nan")
AS_OF, WINDOW = date(2025, 6, 29), 90
BEFORE = AS_OF - timedelta(days=WINDOW)

digits = st.lists(
    st.tuples(*[st.one_of(st.integers(1, 5).map(float), st.just(NAN))] * 6), min_size=1, max_size=30
)
purchases = st.lists(
    st.tuples(st.sampled_from("ABCDEFGH"), st.integers(0, 280), st.integers(-20, 200)),
    min_size=1,
    max_size=40,
)


def scorer(days_since_last, now, before):
    parts = ("rfm_r", "rfm_f", "rfm_m")
    columns = {name: np.array(column, dtype=float) for name, column in zip(parts, now, strict=True)}
    columns |= {
        f"{name}_before": np.array(column, dtype=float) for name, column in zip(parts, before, strict=True)
    }
    return Scorer(RETAIL, columns | {"days_since_last": np.array(days_since_last, dtype=float)})


@pytest.mark.parametrize(
    "before, now, fall, part, level, why",
    [
        ((5, 5, 5), (5, 5, 5), 0, None, "none", "nothing fell"),
        ((3, 3, 3), (5, 5, 5), -6, None, "none", "everything rose"),
        ((5, 5, 5), (5, 5, 4), 1, "M", "none", "one point is no warning"),
        ((5, 5, 5), (5, 4, 4), 2, "F", "watch", "two points; F comes before M"),
        ((5, 5, 5), (4, 4, 4), 3, "R", "warning", "three points; R comes first"),
        ((5, 5, 5), (5, 5, 3), 2, "M", "warning", "two points in one part"),
        ((3, 5, 3), (5, 3, 3), 0, "F", "warning", "a part may break while the total stands"),
        ((3, 5, 3), (2, 3, 3), 3, "F", "warning", "the larger fall is the reason, not the first"),
    ],
)
def test_the_level_follows_the_fall_and_the_reason_the_part_that_fell_most(
    before, now, fall, part, level, why
):
    columns = [[score] for score in now], [[score] for score in before]
    assert early_warning.score_fall(*columns).tolist() == [fall], why
    assert early_warning.part_that_fell_most(*columns).tolist() == [part], why
    found = scorer([30], *columns)
    assert found.early_warning().tolist() == [level], why
    assert found.early_warning_reason().tolist() == [part if level != "none" else None], why


def test_lost_is_tried_first_starts_at_180_days_and_has_no_reason():
    three = [[1, 1, 1]] * 3, [[5, 5, 5]] * 3
    found = scorer([179, 180, 400], *three)
    assert found.early_warning().tolist() == ["warning", "lost", "lost"]
    assert found.early_warning_reason().tolist() == ["R", None, None]


def test_who_has_no_score_at_one_of_the_dates_has_not_fallen():
    now, before = [[1, NAN]] * 3, [[NAN, 5]] * 3
    assert np.isnan(early_warning.score_fall(now, before)).all()
    assert early_warning.part_that_fell_most(now, before).tolist() == [None, None]
    assert scorer([10, NAN], now, before).early_warning().tolist() == ["none", "none"]


def test_no_customers_have_no_warnings():
    nobody = list(np.empty((3, 0)))
    assert early_warning.score_fall(nobody, nobody).tolist() == []
    assert early_warning.part_that_fell_most(nobody, nobody).tolist() == []


@given(digits)
def test_the_rules_say_what_the_specification_does(rows):
    columns = np.array(rows).T
    now, before = columns[:3], columns[3:]
    days = np.arange(len(rows)) * 40.0
    found = scorer(days, now, before)
    for row, level, reason in zip(
        zip(days, now.T, before.T, strict=True),
        found.early_warning(),
        found.early_warning_reason(),
        strict=True,
    ):
        since, after, earlier = row
        falls = earlier - after
        known = not np.isnan(falls).any()
        if since >= 180:
            expected = "lost"
        elif (known and falls.sum() >= 3) or np.nanmax(np.append(falls, -9)) >= 2:
            expected = "warning"
        else:
            expected = "watch" if known and falls.sum() >= 2 else "none"
        assert level == expected
        assert (reason is None) == (expected in ("lost", "none") or not known)


@given(digits)
def test_the_churn_level_of_the_pack_is_its_early_warning(rows):
    columns = np.array(rows).T
    found = scorer(np.arange(len(rows)) * 25.0, columns[:3], columns[3:])
    assert found.churn_level().tolist() == found.early_warning().tolist()


def standing(rows, until):
    """Days since the last purchase, orders and spend of the window that ends at a date, in plain loops."""
    found = {}
    for customer in sorted({row[0] for row in rows}):
        own = [(AS_OF - timedelta(days=ago), amount) for one, ago, amount in rows if one == customer]
        bought = [day for day, amount in own if amount >= 0 and day <= until]
        after = until - timedelta(days=WINDOW)
        if bought:
            found[customer] = (
                (until - max(bought)).days,
                sum(after < day for day in bought),
                sum(amount for day, amount in own if after < day <= until),
            )
    return found


def at(parts, cuts):
    days, orders, spend = parts
    return rfm.rfm_score_at([days], [orders], [spend], cuts=cuts)[0]


@settings(max_examples=15)
@given(purchases)
def test_both_scores_stand_on_the_cut_points_of_the_earlier_date(rows):
    transactions = pa.table(
        {
            "customer_id": [row[0] for row in rows],
            "date": pa.array([AS_OF - timedelta(days=row[1]) for row in rows], pa.date32()),
            "amount": [float(row[2]) for row in rows],
        }
    )
    run = score({"transactions": transactions}, RETAIL, as_of=AS_OF)
    now, before = standing(rows, AS_OF), standing(rows, BEFORE)
    earlier = np.array(list(before.values()), dtype=float).reshape(-1, 3).T
    cuts = rfm.rfm_cuts(earlier[0], earlier[1], earlier[2])
    for customer in run.customers.to_pylist():
        name = customer["customer_id"]
        if not before or name not in now:
            assert customer["rfm_r"] is None
            continue
        expected = at(now[name], cuts)
        assert 100 * customer["rfm_r"] + 10 * customer["rfm_f"] + customer["rfm_m"] == expected
        if name in before:
            expected = at(before[name], cuts)
            found = [customer[f"rfm_{part}_before"] for part in "rfm"]
            assert 100 * found[0] + 10 * found[1] + found[2] == expected
        else:
            assert customer["rfm_r_before"] is None and customer["early_warning"] in ("none", "lost")
