"""A whole pack as one query gives what arrays give, for random rules over random customers with missing values."""

from __future__ import annotations

import json
from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.tierbook.rulepack.random_expressions import NAMES, SLIPPERY, expressions, rows
from tierbook.customers import scored
from tierbook.engines.duckdb import DuckDB
from tierbook.errors import RuleError
from tierbook.rulepack.in_engine import query
from tierbook.rulepack.read import read_pack_text

TYPES = {"number": pa.float64(), "text": pa.string(), "yes_no": pa.bool_(), "date": pa.date32()}
COUNT = 60
PACK = """\
pack: random
version: "1"
columns: {a: number, b: number, s: text, 客户: text, yes: yes_no, member: yes_no, d: date, end: date}
thresholds:
  limit: {is: 0.3, unit: share, because: a test}
features:
  made: %(made)s
  chosen: %(chosen)s
value:
  base: total_spend
  extra: %(extra)s
  known: {per: s, gives: {cash: 0.05, a: 1}, otherwise: 0, times: total_spend}
tiers:
  rank_by: value
  levels:
    - {name: best, top: %(top)s, when: %(holds)s}
    - {name: worth, top_of_value: %(share)s}
    - {name: rest, otherwise: true}
stages:
  - {name: one, when: %(holds)s}
  - {name: two, when: %(fires)s}
  - {name: three, otherwise: true}
positions:
  - {name: here, when: %(fires)s}
  - {name: there, when: %(holds)s}
churn:
  signals:
    - {name: slow, points: 60, when: %(fires)s}
    - {name: odd, points: 40, when: %(holds)s}
  levels: [{name: warning, from: 60}, {name: watch, from: 40}, {name: fine, otherwise: true}]
target_lists:
  - {name: ask, when: %(fires)s}
  - {name: keep, when: "churn_level = 'warning'"}
key_accounts: {of: %(holds)s}
"""


def short(kind: str, depth: int = 3, population: bool = False) -> st.SearchStrategy[str]:
    # Two mathematical libraries may differ in the last bit of these, and a rule may hang on that bit.
    return expressions(kind, depth, population).filter(
        lambda text: len(text) < 600 and not any(word in text for word in SLIPPERY)
    )


def people(seed: int) -> pa.Table:
    generator = np.random.default_rng(seed)
    found = {
        name: pa.array(_clean(column), TYPES[NAMES[name]])
        for name, column in rows(seed, COUNT).items()
        if name != "limit"
    }
    spend = np.round(generator.gamma(1.0, 300.0, COUNT), 2)
    spend[generator.random(COUNT) < 0.2] = 250.0
    found["total_spend"] = pa.array(spend, mask=generator.random(COUNT) < 0.1)
    found["customer_id"] = pa.array([f"C{number:03d}" for number in range(COUNT)])
    found["first_date"] = pa.array([date(2026, 1, 1)] * COUNT)
    found["marketable"] = pa.array([(True, False, None)[number % 3] for number in range(COUNT)])
    return pa.table(found)


def _clean(column: list) -> list:
    """What the customer table holds: features know no infinity and no NaN."""
    return [None if isinstance(one, float) and not np.isfinite(one) else one for one in column]


@settings(
    max_examples=25, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
@given(
    made=short("number", population=True),
    chosen=short("text"),
    extra=short("number"),
    holds=short("yes_no"),
    fires=short("yes_no"),
    top=st.sampled_from(["0.1", "0.25", "1"]),
    share=st.sampled_from(["0.2", "0.5", "0.8"]),
    seed=st.integers(0, 5),
)
def test_random_packs_give_the_same_in_a_query_as_on_arrays(
    made, chosen, extra, holds, fires, top, share, seed
):
    written = {"made": made, "chosen": chosen, "extra": extra, "holds": holds, "fires": fires}
    text = PACK % (
        {name: json.dumps(one, ensure_ascii=False) for name, one in written.items()}
        | {"top": top, "share": share}
    )
    try:
        pack = read_pack_text(text.encode(), file="rules/random.yaml")
    except RuleError:
        assume(False)
    given_people = people(seed)
    expected = scored(given_people, pack, "default")
    engine = DuckDB(threads=1)
    engine.put("features", given_people)
    found = engine.sql(f"{query(pack, given_people.column_names)} ORDER BY customer_id")
    assert set(found.column_names) == set(expected.column_names)
    for name in expected.column_names:
        one, other = expected[name].to_pylist(), found[name].to_pylist()
        assert one == pytest.approx(other, rel=1e-9, abs=1e-9) if _numbers(one, other) else one == other, (
            name,
            text,
        )


def _numbers(*columns: list) -> bool:
    return all(
        isinstance(one, int | float) and not isinstance(one, bool) for column in columns for one in column
    )
