"""What fitted models expect of the customers of a part of a table, by the functions that cells use.

A part is an Arrow batch, wherever it is: from DuckDB, from a server, or on an executor of a cluster.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from tierbook.clv.outlook import Models, foreseen

if TYPE_CHECKING:
    import pyarrow as pa

HISTORY = ("frequency", "recency", "T", "monetary_value")
"""The features that models read."""

FORESEEN = ("p_alive", "clv_expected", "clv_value")
"""Probability of being active, purchases in twelve months, their discounted margin; missing for who never bought."""


def foreseen_parts(
    parts: Iterable[pa.RecordBatch], *, fitted: Models | None, margin: float
) -> Iterator[pa.RecordBatch]:
    """`customer_id` and `FORESEEN` of each part of customers with their `HISTORY`.

    Parameters
    ----------
    fitted : Models, optional
        Without one, nothing is foreseen: every figure is missing.
    margin : float
        Share of revenue that counts as value. [1 = revenue]
    """
    for part in parts:
        yield _foreseen(part, fitted, margin)


def predictor(fitted: Models | None, margin: float) -> partial[Iterator[pa.RecordBatch]]:
    """`foreseen_parts` with models, as it is sent to where the parts are."""
    return partial(foreseen_parts, fitted=fitted, margin=margin)


def _foreseen(part: pa.RecordBatch, fitted: Models | None, margin: float) -> pa.RecordBatch:
    import pyarrow as pa

    figures = [np.full(part.num_rows, np.nan)] * len(FORESEEN)
    if fitted is not None and part.num_rows:
        columns = [part.column(name).cast(pa.float64()).to_numpy(zero_copy_only=False) for name in HISTORY]
        found = foreseen(fitted, *columns, margin=margin)
        figures = [found.p_alive, found.expected, found.value]
    return pa.record_batch(
        [part.column("customer_id").cast(pa.string()), *(pa.array(one, from_pandas=True) for one in figures)],
        names=["customer_id", *FORESEEN],
    )
