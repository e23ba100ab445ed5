"""One text, every engine: DuckDB's SQL as another system reads it.

sqlglot translates; what it does not know of, because it is meaning and not spelling, stands here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlglot.expressions import Expression

# Where text compares by code point unless told otherwise, a collation "C" is said by saying nothing.
COLLATES_BY_CODE_POINT = ("spark", "databricks", "bigquery", "snowflake", "trino", "clickhouse")
# Half to even, on doubles.
_ROUND_EVEN = {
    "postgres": "ROUND",
    "spark": "RINT",
    "databricks": "BROUND",
    "snowflake": "ROUND",
    "bigquery": "ROUND",
    "trino": "ROUND",
    "clickhouse": "roundBankers",
}


def translated(text: str, dialect: str) -> str:
    """A query in DuckDB's dialect as another system reads it.

    Parameters
    ----------
    dialect : str
        As sqlglot names it; `duckdb` gives the text as it is.
    """
    if dialect == "duckdb":
        return text
    import sqlglot

    tree = sqlglot.parse_one(text, read="duckdb")
    return _adapted(tree, dialect).sql(dialect=dialect)


def _adapted(tree: Expression, dialect: str) -> Expression:
    from sqlglot import exp

    def adapted(node: Expression) -> Expression:
        if isinstance(node, exp.Collate) and dialect in COLLATES_BY_CODE_POINT:
            return node.this
        if isinstance(node, exp.Anonymous) and node.name.lower() == "round_even":
            return exp.Anonymous(this=_ROUND_EVEN[dialect], expressions=node.expressions[:1])
        return node

    return tree.transform(adapted)
