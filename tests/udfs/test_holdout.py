"""The hold-out check in cells is that of the arrays, on the published log."""

from __future__ import annotations

from datetime import datetime

import pytest

from udfs import Context, call
from workbooks.samples import cdnow


@pytest.fixture(scope="module")
def columns():
    log = cdnow.purchases()
    return (
        [[one.customer_id] for one in log],
        [[datetime(one.date.year, one.date.month, one.date.day)] for one in log],
        [[one.amount] for one in log],
    )


def test_half_of_the_time_is_held_out_and_that_is_the_published_split(columns):
    table = call("CRM_HOLDOUT", *columns)
    figures = {row[0]: row[1:] for row in table[1:]}
    assert figures["calibration_end"][0] == datetime(1997, 9, 30)
    assert figures["customers"][0] == 2_357
    assert figures["purchases"][1:] == [1882, pytest.approx(1653.4087, abs=1e-2)]  # lifetimes 0.11.3
    assert figures["error_total"][0] == pytest.approx(1653.4087 / 1882 - 1, abs=1e-5)
    assert figures["repeats_0"][0] == 2357 - 946
    assert "1,882 came (-12%)" in figures["verdict"][0]


def test_the_curve_and_the_verdict_follow_model_and_language(columns):
    curve = call("CRM_HOLDOUT", *columns, None, None, "bg_nbd", "curve")
    assert curve[-1][:2] == [datetime(1998, 6, 30), 2457 + 1882]
    said = call("CRM_HOLDOUT", *columns, None, None, "mbg_nbd", context=Context(language="zh"))
    assert "模型可用于比较客户" in dict(row[:2] for row in said)["verdict"]


def test_the_backtest_shows_the_model_beside_the_rules(columns):
    rows = [["customer_id", "date", "amount"], *map(list, zip(*([cell for (cell,) in one] for one in columns), strict=True))]  # fmt: skip
    found = dict(call("CRM_BACKTEST", rows, datetime(1997, 9, 30), 273, "retail")[1:])
    assert list(found)[:7] == ["population", "flagged", "lost", "recall", "precision", "lift", "lead_days"]
    assert list(found)[7:] == [f"p_alive_{name}" for name in ("recall", "precision", "lift", "lead_days")]
    # As many are flagged, so recall and precision lead to the same number of hits.
    hits = found["p_alive_precision"] * found["flagged"]
    assert hits == pytest.approx(found["p_alive_recall"] * found["lost"])
    assert found["p_alive_lift"] > 1
    assert found["p_alive_lift"] / found["lift"] == pytest.approx(found["p_alive_recall"] / found["recall"])
