"""Expressions over batches of a query: the values of whole arrays, whatever the size of a batch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tierbook.rulepack.random_expressions import LIMIT, NAMES, expressions, rows
from tierbook.engines.duckdb import DuckDB
from tierbook.errors import RuleError
from tierbook.rulepack.batches import over
from tierbook.rulepack.expression import parse
from tierbook.rulepack.tokens import MAX_CHARACTERS

TYPES = {"number": pa.float64(), "text": pa.string(), "yes_no": pa.bool_(), "date": pa.date32()}
DTYPES: dict[str, Any] = {"number": float, "text": object, "yes_no": object, "date": "datetime64[D]"}
GIVEN = {name: column for name, column in rows(7).items() if name != "limit"}
THRESHOLDS = {"limit": LIMIT}

any_expression = (
    st.sampled_from(["number", "text", "text", "yes_no", "date"])
    .flatmap(lambda kind: expressions(kind, 4, False))
    .filter(lambda text: len(text) <= MAX_CHARACTERS)
)


@pytest.fixture(scope="module")
def engine() -> DuckDB:
    found = DuckDB()
    found.put("given", pa.table({name: pa.array(one, TYPES[NAMES[name]]) for name, one in GIVEN.items()}))
    found.make("customers", "SELECT * FROM given")
    return found


@settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(text=any_expression, size=st.sampled_from([7, 40, 2048]))
def test_batches_give_what_whole_arrays_give(engine: DuckDB, text: str, size: int) -> None:
    expression = parse(text, NAMES)
    whole = {name: np.array(one, DTYPES[NAMES[name]]) for name, one in GIVEN.items()}
    parts = over(engine.batches("SELECT * FROM customers", rows=size), {"it": expression}, THRESHOLDS)
    found = np.concatenate([part["it"] for part in parts])
    np.testing.assert_array_equal(found, expression.evaluate({**whole, **THRESHOLDS}))


def test_a_text_is_looked_at_once_however_many_rows_have_it(engine: DuckDB) -> None:
    engine.make(
        "many", "SELECT CASE i % 3 WHEN 0 THEN 'Cash' WHEN 1 THEN 'prepaid' END AS s FROM range(9000) t(i)"
    )
    parts = over(
        engine.batches("SELECT s FROM many"),
        {"cash": parse("lower(s) = 'cash'", {"s": "text"}), "letters": parse("length(s)", {"s": "text"})},
    )
    found = list(parts)
    assert sum(int(part["cash"].sum()) for part in found) == 3000
    assert sum(int(np.nansum(part["letters"])) for part in found) == 3000 * (len("cash") + len("prepaid"))
    assert sum(int(np.isnan(part["letters"]).sum()) for part in found) == 3000, "a missing text has no length"


def test_a_rank_among_all_customers_has_no_batches(engine: DuckDB) -> None:
    best = parse("top_share(a) <= 0.1", NAMES, population=True)
    with pytest.raises(RuleError, match="best looks at all customers at once"):
        list(over(engine.batches("SELECT * FROM customers"), {"best": best}, THRESHOLDS))
