"""What several samples invent the same way: working days, and the answers of one customer to a survey."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np

from workbooks.samples.sheets import Row


def working_day(day: date) -> date:
    """The day, or the Friday before where it is on a weekend."""
    return day - timedelta(max(0, day.weekday() - 4))


def answers(
    rng: np.random.Generator, customer_id: str, day: date, happy: tuple[int, int], items: Sequence[str]
) -> list[Row]:
    """One answer to each item on a scale of 10, between the lowest and the highest this customer gives."""
    low, high = happy
    return [
        {
            "customer_id": customer_id,
            "date": day,
            "item": item,
            "score": int(rng.integers(low, high + 1)),
            "scale": 10,
        }
        for item in items
    ]
