"""Readings of meters in cells: which customers need attention."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tierbook.errors import DataError
from udfs.feature_range import PACK
from udfs.registry import Argument, Example, ExcelFunction, declare
from udfs.table_range import TableRange

if TYPE_CHECKING:
    import pyarrow as pa

    from tierbook.rulepack.pack import Pack

_COLUMNS = ("customer_id", "alert", "readings", "last", "worst", "border")


def _alerts(readings: TableRange, customers: TableRange, *, pack: Pack) -> dict[str, NDArray]:
    from tierbook.score import latest_purchase, score

    if pack.readings is None:
        raise pack.no_section("readings")
    given = {"readings": readings.typed(), "customers": customers.typed()}
    as_of = latest_purchase(given["readings"], None)
    if as_of is None:
        raise DataError("There is no reading.", fix="Give the range with its rows.")
    found = score(given, pack, as_of=as_of).table("load_alerts")
    return {name: _array(found, name) for name in _COLUMNS}


def _array(table: pa.Table, name: str) -> NDArray[Any]:
    values = table[name].to_numpy()
    return values if name in ("readings", "last", "worst", "border") else np.asarray(values, dtype=object)


LOAD_ALERTS = declare(
    ExcelFunction(
        name="CRM_LOAD_ALERTS",
        help="Metered customers that need attention: load over the limit, phases apart, readings that are missing.",
        arguments=(
            Argument(
                "readings",
                "Readings with a header row: customer_id, date, measure (load, voltage_a, current_a …), value.",
                shape="table",
                table="readings",
            ),
            Argument(
                "customers",
                "Customers with a header row: customer_id, capacity.",
                shape="table",
                table="customers",
            ),
            PACK,
        ),
        returns="Table customer_id, alert, readings (how many), last, worst, border; of the window that ends with the latest reading.",
        result="table",
        calculate=_alerts,
        example=Example(
            (
                [
                    ["customer_id", "date", "measure", "value"],
                    ["P1", datetime(2026, 10, 30, 9, 0), "load", 950],
                    ["P1", datetime(2026, 10, 31, 9, 0), "load", 980],
                    ["P1", datetime(2026, 10, 31, 9, 0), "voltage_a", 220],
                    ["P1", datetime(2026, 10, 31, 9, 0), "voltage_b", 165],
                    ["P1", datetime(2026, 10, 31, 9, 0), "voltage_c", 221],
                    ["P2", datetime(2026, 10, 20, 9, 0), "load", 100],
                ],
                [["customer_id", "capacity"], ["P1", 1000], ["P2", 500]],
                "power",
            ),
            [
                list(_COLUMNS),
                ["P1", "over_load", 2, datetime(2026, 10, 31, 9, 0), 0.98, 0.9],
                ["P1", "voltage_apart", 1, datetime(2026, 10, 31, 9, 0), 56 / 221, 0.15],
                ["P2", "no_load_reading", 0, datetime(2026, 10, 20, 9, 0), 11, 3],
            ],
        ),
    )
)
