"""A few hundred invented customers with ready-made features, for trying packs on."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa

AS_OF = date(2026, 10, 31)


def customers(count: int = 300, seed: int = 7) -> dict[str, pa.Table]:
    """The input tables: one of customers, no transactions."""
    generator = np.random.default_rng(seed)

    def number(low: float, high: float, missing: float = 0.0) -> pa.Array:
        values = np.round(generator.uniform(low, high, count), 2)
        return pa.array(values, mask=generator.uniform(size=count) < missing)

    spend = number(0, 1000)
    return {
        "customers": pa.table(
            {
                "customer_id": pa.array([f"C{i:04}" for i in range(count)]),
                "total_spend": spend,
                "net_value": spend,
                "orders": pa.array(generator.integers(0, 30, count).astype(float)),
                "spend_per_month": number(0, 100),
                "days_since_last": number(0, 400, 0.1),
                "overdue_ratio": number(0, 4, 0.2),
                "budget": number(0, 300, 0.3),
                "settlement": pa.array(generator.choice(["cash", "on", "other"], count)),
            }
        )
    }
