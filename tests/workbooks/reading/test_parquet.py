"""Parquet that cannot be read as tables is refused in words."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa
import pyarrow.parquet as pq

from tests.workbooks.inputs import refusal


def test_parquet_text_that_is_no_utf8_is_refused(tmp_path):
    ids = pa.StringArray.from_buffers(1, pa.py_buffer(b"\0\0\0\0\2\0\0\0"), pa.py_buffer(b"\xff\xfe"))
    pq.write_table(pa.table({"customer_id": ids, "name": ["Ada"]}), tmp_path / "customers.parquet")
    assert "damaged" in str(refusal(tmp_path / "customers.parquet"))


def test_a_time_zone_nobody_knows_is_refused_in_words(tmp_path):
    moments = pa.array([datetime(2024, 1, 1)], pa.timestamp("us", "Mars/Olympus"))
    table = pa.table({"customer_id": ["C1"], "date": moments, "amount": [1.0]})
    pq.write_table(table, tmp_path / "transactions.parquet")
    assert "Mars/Olympus" in str(refusal(tmp_path / "transactions.parquet"))
