"""Filled, valid and current, field by field."""

from __future__ import annotations

from datetime import date, datetime

import pyarrow as pa
import pytest

from tierbook.matching.field_quality import field_quality

DAY = date(2026, 10, 31)


@pytest.mark.parametrize("field, value, valid", [
    ("mobile", "139 0000 0001", True), ("mobile", "12345", False), ("email", "a@example.com", True), ("email", "a.example.com", False),
    ("latitude", 90.0, True), ("latitude", 312_215.0, False), ("longitude", -180.5, False), ("credit_limit", 0.0, True), ("credit_limit", -1.0, False),
    ("birthday", date(2027, 1, 1), False), ("customer_class", "fixed", True), ("customer_class", "friend", False), ("name", "x", True),
    ("document_no", "31", False), ("tax_no", "9111 0000 1234 56789", True),
])  # fmt: skip
def test_a_value_is_valid_where_it_can_be_right(field, value, valid):
    (found,) = field_quality(pa.table({field: [value]}), as_of=DAY)
    assert (found.filled, found.valid, found.current) == (1, int(valid), None)


def test_current_is_what_was_updated_within_a_year():
    records = pa.table({
        "name": ["a", "b", None, "d"],
        "updated": pa.array([datetime(2026, 1, 1), datetime(2025, 10, 31), datetime(2026, 1, 1), None], pa.timestamp("us")),
    })  # fmt: skip
    found = {one.field: one for one in field_quality(records, as_of=DAY)}
    assert found["name"][1:] == (3, 3, 1)


def test_no_records_have_no_fields_filled():
    assert field_quality(pa.table({"name": pa.array([], pa.string())}), as_of=DAY)[0].filled == 0
