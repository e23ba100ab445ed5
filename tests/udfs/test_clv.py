"""Lifetime value through cells: the table of one function goes into the next, as in a workbook."""

from __future__ import annotations

from datetime import date, datetime

import numpy as np
import pytest

from tierbook.clv.summary import purchase_summary
from udfs import Context, call
from workbooks.samples import cdnow


@pytest.fixture(scope="module")
def history() -> list[list[list]]:
    """Columns frequency, recency, T, monetary_value of the CDNOW sample on 1997-09-30, in days."""
    rows = [
        (one.customer_id, datetime.combine(one.date, datetime.min.time()), one.amount)
        for one in cdnow.purchases()
    ]
    columns = [[[cell] for cell in column] for column in zip(*rows, strict=True)]
    header, *customers = call("CRM_RFM", *columns, datetime(1997, 9, 30))
    at = [header.index(name) for name in ("frequency", "recency", "T", "monetary_value")]
    return [[[row[place]] for row in customers] for place in at]


@pytest.fixture(scope="module")
def params(history) -> list[list]:
    return call("CRM_CLV_FIT", *history)


def test_the_fit_in_cells_is_the_published_one(params):
    value = {row[0]: row[1] for row in params}
    assert value["r"] == pytest.approx(0.2425945, rel=1e-6)
    assert value["alpha"] == pytest.approx(4.413602 * 7, rel=1e-6)
    assert [round(value[name], 2) for name in ("p", "q", "gamma")] == [6.25, 3.74, 15.44]
    assert (value["customers"], value["repeaters"], value["converged"]) == (2357, 946, True)
    assert "warning" not in value


def test_the_table_of_the_fit_is_all_that_predictions_need(history, params):
    """lifetimes 0.11.3 on the same customers expects 1,653.4 purchases in 39 weeks."""
    expected = call("CRM_EXPECTED", *history[:3], params, 39 * 7)
    assert sum(row[0] for row in expected) == pytest.approx(1653.4087, abs=1e-2)
    value = call("CRM_CLV", *history, params)
    assert all(row[0] > 0 for row in value)
    silent = call("CRM_SILENT", *history[:3], params)
    alive = call("CRM_ALIVE", *history[:3], params)
    assert all(1 - one[0] <= other[0] + 1e-12 for one, other in zip(alive, silent, strict=True))


def test_warnings_are_in_the_language_of_the_reader():
    few = [[[1]] * 12, [[3]] * 12, [[n] for n in range(5, 17)]]
    said = [
        row[1] for row in call("CRM_CLV_FIT", *few, context=Context(language="zh")) if row[0] == "warning"
    ]
    assert any("位客户再次购买" in sentence for sentence in said)


def test_the_summary_of_arrays_is_that_of_cells():
    """Two implementations: SQL over tables, and slots per customer; refunds, free purchases, later rows included."""
    random = np.random.default_rng(5)
    customer = random.integers(0, 200, 3000)
    day = np.datetime64("2025-01-01") + random.integers(0, 200, 3000)
    amount = np.round(random.gamma(2.0, 20.0, 3000), 2) * random.choice([1, 1, 1, -1, 0], 3000)
    ids = [[f"{one:03d}"] for one in customer]
    days = [[datetime.combine(one, datetime.min.time())] for one in day.tolist()]
    header, *rows = call("CRM_RFM", ids, days, [[one] for one in amount.tolist()], datetime(2025, 6, 1))
    found = purchase_summary(customer, day, amount, as_of=date(2025, 6, 1))
    at = [int(row[0]) for row in rows]
    for name, ours in found._asdict().items():
        cells = np.array([row[header.index(name)] for row in rows], dtype=float)
        assert ours[at] == pytest.approx(cells, nan_ok=True), name
