"""Expressions over the rows of a query, a batch at a time.

Rows come out of an engine as Arrow, run through the steps that cells and workbooks run through, and may go back in: the
same bits everywhere, the memory of one batch, and several times less work than the engine's own SQL, whose comparisons
of doubles look for NaN in every row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from tierbook.errors import RuleError
from tierbook.rulepack.arrays import Coded
from tierbook.rulepack.evaluate import settled
from tierbook.rulepack.expression import Expression
from tierbook.rulepack.tree import POPULATION

if TYPE_CHECKING:
    import pyarrow as pa


def over(
    batches: Iterable[pa.RecordBatch],
    expressions: Mapping[str, Expression],
    thresholds: Mapping[str, Any] | None = None,
) -> Iterator[dict[str, np.ndarray]]:
    """The values of expressions, batch by batch.

    Parameters
    ----------
    batches : iterable of RecordBatch
        The rows, with every column the expressions read: `DuckDB.batches`.
    expressions : mapping
        Name of the result -> expression; none that looks at all rows at once (`top_share` and its like).
    thresholds : mapping
        Names that have one value for all rows.

    Yields
    ------
    dict
        Name of the result -> array (rows of the batch,), as `Expression.evaluate` gives it.

    Raises
    ------
    RuleError
        An expression that looks at all rows at once.
    """
    for name, expression in expressions.items():
        if any(node.op in POPULATION for node in expression.tree.walk()):
            raise RuleError("{name} looks at all customers at once, so it has no batches.", name=name)
    types = {name: kind for expression in expressions.values() for name, kind in expression.types.items()}
    for batch in batches:
        given = settled(types, {**columns(batch), **(thresholds or {})})
        yield {name: expression.evaluate(given) for name, expression in expressions.items()}


def columns(batch: pa.RecordBatch) -> dict[str, np.ndarray | Coded]:
    """The columns of a batch as expressions take them: numbers and yes/no as float, texts coded, dates as days."""
    import pyarrow as pa

    found: dict[str, np.ndarray | Coded] = {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if pa.types.is_temporal(column.type):
            found[name] = column.cast(pa.date32()).to_numpy(zero_copy_only=False).astype("datetime64[D]")
        elif (
            pa.types.is_string(column.type)
            or pa.types.is_large_string(column.type)
            or pa.types.is_dictionary(column.type)
        ):
            found[name] = _coded(column)
        else:
            found[name] = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
    return found


def _coded(column: Any) -> Coded:
    encoded = column.dictionary_encode()
    texts = encoded.dictionary.to_numpy(zero_copy_only=False)
    # A missing text is the last one: its code is -1.
    return Coded(
        np.append(texts, [None]).astype(object),
        encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False),
    )
