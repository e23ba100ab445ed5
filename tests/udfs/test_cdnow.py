"""Published sums of the CDNOW sample (Fader and Hardie), through the cells of a workbook."""

from __future__ import annotations

import gzip
from datetime import datetime
from pathlib import Path

import pytest

from udfs import call

LOG = Path(__file__).parents[2] / "workbooks" / "samples" / "cdnow_sample.txt.gz"


@pytest.fixture(scope="module")
def purchases() -> list[list[list]]:
    """Columns customer_ids, dates, amounts."""
    rows = [line.split() for line in gzip.decompress(LOG.read_bytes()).decode("ascii").splitlines()]
    columns = zip(
        *((row[1], datetime.strptime(row[2], "%Y%m%d"), float(row[4])) for row in rows), strict=True
    )
    return [[[cell] for cell in column] for column in columns]


def test_the_calibration_period_has_the_published_sums(purchases):
    header, *customers = call("CRM_RFM", *purchases, datetime(1997, 9, 30))
    column = {name: [row[at] for row in customers] for at, name in enumerate(header)}
    assert len(customers) == 2357
    assert sum(column["frequency"]) == 2457
    assert sum(repeats > 0 for repeats in column["frequency"]) == 946
    assert sum(column["recency"]) == 112_949
    assert sum(column["T"]) == 539_779


def test_the_number_of_best_customers_lies_where_tie_rules_put_it(purchases):
    """From 0 to 248 with the tie rule alone (R package rfm, issues 17 and 57); ours keeps ties together."""
    _, *customers = call("CRM_RFM", *purchases)
    parts = [[[row[at]] for row in customers] for at in (1, 2, 3)]
    assert sum(row[0] == 555 for row in call("CRM_RFM_SCORE", *parts)) == by_hand(customers)


def by_hand(customers: list[list]) -> int:
    """Customers in the best fifth of everything, counted with sorted lists alone."""

    def fourth_cut(values: list[float]) -> float:
        return sorted(values)[-(-4 * len(values) // 5) - 1]

    recent = sorted(row[1] for row in customers)[-(-len(customers) // 5) - 1]
    orders, spend = (fourth_cut([row[at] for row in customers]) for at in (2, 3))
    best = sum(row[1] <= recent and row[2] > orders and row[3] > spend for row in customers)
    assert 0 < best <= 248
    return best
