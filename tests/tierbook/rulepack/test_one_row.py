"""One row gives what it gives among others, bit for bit."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tierbook.rulepack.random_expressions import LIMIT, NAMES, expressions, rows
from tests.tierbook.rulepack.test_to_sql import many, on_arrays
from tierbook.rulepack.expression import parse
from tierbook.rulepack.tokens import MAX_CHARACTERS

any_expression = (
    st.sampled_from(["number", "number", "text", "yes_no", "date"])
    .flatmap(lambda kind: expressions(kind, 5, False))
    .filter(lambda text: len(text) <= MAX_CHARACTERS)
)


def row_by_row(text: str, seed: int) -> list[Any]:
    expression = parse(text, NAMES)
    columns = rows(seed)
    return [
        expression.one({name: column[i] for name, column in columns.items()} | {"limit": LIMIT})
        for i in range(len(columns["a"]))
    ]


@many
@given(any_expression, st.integers(0, 5))
def test_single_rows_give_what_numpy_gives(text: str, seed: int) -> None:
    for i, (one, other) in enumerate(zip(row_by_row(text, seed), on_arrays(text, seed), strict=True)):
        assert type(one) is type(other), (text, i, one, other)
        assert one == other, (text, i, {name: column[i] for name, column in rows(seed).items()})


@pytest.mark.parametrize(
    ("text", "row", "expected"),
    [
        ("a / b", {"a": 1, "b": 0}, None),
        ("a + 1", {"a": np.float64(2)}, 3.0),
        ("ceil(a)", {"a": -0.5}, 0.0),
        ("round(a, 2)", {"a": 1.005}, 1.01),
        ("s = 'cash'", {"s": None}, False),
        ("s = 'cash'", {"s": float("nan")}, False),
        ("not s = 'cash'", {"s": None}, True),
        ("days(d, date '2025-01-31')", {"d": np.datetime64("2025-01-01")}, 30.0),
        ("days(d, date '2025-01-31')", {"d": np.datetime64("NaT")}, None),
        ("yes", {"yes": np.bool_(True)}, True),
        ("yes", {"yes": None}, None),
        ("greatest(a, b)", {"a": None, "b": 2}, 2.0),
        ("top_share(a)", {"a": 3, "orders": 2}, 0.5),
    ],
)
def test_a_row_of_plain_values(text, row, expected):
    found = parse(text, NAMES, population=True).one(row)
    assert found == expected
    assert type(found) is type(expected)


def test_dates_are_dates():
    row = {"d": date(2025, 1, 1), "end": None}
    assert parse("coalesce(end, d)", NAMES).one(row) == date(2025, 1, 1)


@many
@given(any_expression, st.integers(0, 5))
def test_columns_of_one_row_give_columns_of_the_same_kind(text: str, seed: int) -> None:
    kinds: dict[str, Any] = {"number": float, "text": object, "yes_no": float, "date": "datetime64[D]"}
    columns = {name: np.array(column, dtype=kinds[NAMES[name]]) for name, column in rows(seed).items()}
    expression = parse(text, NAMES)
    whole = expression.evaluate(columns | {"limit": LIMIT})
    for i in (0, 7, 23):
        alone = expression.evaluate(
            {name: one[i : i + 1] for name, one in columns.items()} | {"limit": LIMIT}
        )
        assert alone.dtype == whole.dtype or expression.type == "text"
        assert repr(alone.tolist()) == repr(whole[i : i + 1].tolist())
