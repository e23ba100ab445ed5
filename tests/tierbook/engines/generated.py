"""What other systems would be asked, as text: generated from a run in DuckDB and translated; not run there.

python -m tests.tierbook.engines.generated      write tests/golden/sql anew
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

from tests.tierbook.engines.same import pack, tables
from tierbook import features
from tierbook.aggregates import query as aggregate
from tierbook.customers import customer_query
from tierbook.engines.dialects import translated
from tierbook.engines.duckdb import DuckDB
from tierbook.rulepack.in_engine import query

DIALECTS = ("snowflake", "bigquery", "trino", "clickhouse", "databricks")
FOLDER = Path(__file__).parents[2] / "golden" / "sql"
AS_OF = date(2026, 10, 31)
HEAD = """\
-- Generated, not run: what Tierbook would ask {dialect}, over the tables tierbook_given_<table>.
-- python -m tests.tierbook.engines.generated
"""


class Listening(DuckDB):
    """An engine that remembers what it was asked to make."""

    def __init__(self) -> None:
        super().__init__(threads=1)
        self.heard: dict[str, str] = {}

    def make(self, name: str, text: str, *, native: bool = False) -> None:
        self.heard[name] = text
        super().make(name, text)

    def view(self, name: str, text: str) -> None:
        if name in ("tierbook_transactions", "tierbook_customers"):
            self.heard[name] = text
        super().view(name, text)


def texts() -> dict[str, str]:
    """Everything from the tables to the customers and two tables of a report, in DuckDB's dialect."""
    engine, rules = Listening(), pack("hospitality")
    features.load(engine, tables())
    # As an engine makes them whose rows are not in memory.
    features.prepare(engine, narrow=True, numbered=True)
    engine.make("customers_now", customer_query(engine, rules, as_of=AS_OF))
    known = list(engine.columns("customers_now"))
    signals = [signal.name for signal in rules.churn.signals]
    asked = {"as_of": AS_OF, "parts": rules.value_parts, "signals": signals, "window_days": rules.window_days}
    return engine.heard | {
        "scored": query(rules, known, source="customers_now"),
        **{f"the aggregate {name}": aggregate(name, **asked) for name in ("totals", "tiers", "pareto")},
    }


def in_dialect(dialect: str) -> str:
    parts = [f"-- {name}\n{translated(text, dialect)};\n" for name, text in texts().items()]
    return "\n".join([HEAD.format(dialect=dialect), *parts])


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for one in DIALECTS:
        (FOLDER / f"{one}.sql").write_text(in_dialect(one), "utf-8")
