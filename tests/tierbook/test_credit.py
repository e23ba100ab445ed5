"""Open amounts by age."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tierbook.credit import ageing, bucket
from tierbook.errors import DataError
from tierbook.rulepack.read import read_pack
from tierbook.score import score
from tierbook.scorer import Scorer
from tierbook.shipped import shipped

DAY = date(2026, 10, 31)


@pytest.mark.parametrize("due, expected, why", [
    ("2026-12-01", 0, "due later"),
    ("2026-10-31", 0, "due today is not past due"),
    ("2026-10-30", 1, "one day"),
    ("2026-10-01", 1, "thirty days"),
    ("2026-09-30", 2, "thirty-one days"),
    ("2026-09-01", 2, "sixty days"),
    ("2026-08-02", 3, "ninety days"),
    ("2026-08-01", 4, "ninety-one days"),
    ("NaT", -1, "nobody knows"),
])  # fmt: skip
def test_an_invoice_lies_in_the_bucket_of_its_days_past_due(due, expected, why):
    assert bucket(np.array([due], "datetime64[D]"), as_of=DAY).tolist() == [expected], why


def test_what_we_owe_is_counted_by_itself():
    found = ageing(np.array(["2026-10-01", "2026-10-01"], "datetime64[D]"), [100, -30], as_of=DAY)
    assert found.amount.tolist() == [0, 100, 0, 0, 0]
    assert (found.credit_notes, found.credited) == (1, 30)


def test_no_invoices_have_no_age():
    found = ageing(np.empty(0, "datetime64[D]"), [], as_of=DAY)
    assert found.invoices.tolist() == [0] * 5


def test_days_that_do_not_rise_are_refused():
    with pytest.raises(DataError, match="must rise"):
        bucket(np.array(["2026-10-01"], "datetime64[D]"), as_of=DAY, last_days=(0, 30, 30))


@given(st.lists(st.tuples(st.integers(-400, 400), st.integers(-(10**6), 10**6)), max_size=40))
def test_every_open_cent_lies_in_one_bucket(invoices):
    due = np.array([np.datetime64(DAY) - days for days, _ in invoices], "datetime64[D]")
    amount = np.array([cents / 100 for _, cents in invoices])
    found = ageing(due, amount, as_of=DAY)
    assert found.amount.sum() - found.credited == pytest.approx(amount.sum())
    assert found.invoices.sum() == (amount > 0).sum()


def test_a_customer_without_receivables_has_no_status_and_one_who_paid_everything_has():
    pack = read_pack(shipped("rules") / "logistics.yaml")
    columns = {
        "receivable": np.array([0.0, 0.0, np.nan]),
        "overdue_days": np.array([np.nan, 0.0, np.nan]),
        "credit_used": np.array([np.nan, 0.0, np.nan]),
        "credit_limit": np.array([np.nan, 100.0, np.nan]),
    }
    assert Scorer(pack, columns).credit().tolist() == ["", "normal", ""]


@pytest.mark.parametrize("limits, amounts, expected, why", [
    ([100.0], [90.0], ["watch"], "one customer is enough"),
    ([100.0] * 4, [90.0] * 4, ["watch"] * 4, "equal customers stand equally"),
    ([0.0, None, -50.0], [10.0] * 3, ["freeze"] * 3, "zero, missing and less than nothing are no limit"),
    ([100.0, None], [-20.0, -20.0], ["normal", "normal"], "what we owe them needs no limit"),
    ([100.0, None], [0.0, 0.0], ["normal", "normal"], "nothing open needs none"),
])  # fmt: skip
def test_odd_limits_and_receivables_have_a_status_all_the_same(limits, amounts, expected, why):
    ids = [f"C{i}" for i in range(len(limits))]
    tables = {
        "customers": pa.table({"customer_id": ids, "credit_limit": pa.array(limits, pa.float64())}),
        "transactions": pa.table({"customer_id": ids, "date": [DAY] * len(ids), "amount": [10.0] * len(ids), "cost": [5.0] * len(ids)}),
        "receivables": pa.table({"customer_id": ids, "due": [DAY] * len(ids), "amount": amounts}),
    }  # fmt: skip
    run = score(tables, read_pack(shipped("rules") / "logistics.yaml"), as_of=DAY)
    assert run.customers["credit"].to_pylist() == expected, why
