"""One text, every engine: DuckDB's SQL as another system reads it.

sqlglot translates; what it does not know of, because it is meaning and not spelling, stands here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlglot.expressions import Expr

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


def _adapted(tree: Expr, dialect: str) -> Expr:
    from sqlglot import exp

    def adapted(node: Expr) -> Expr:
        if isinstance(node, exp.Collate) and dialect in COLLATES_BY_CODE_POINT:
            return node.this
        if isinstance(node, exp.Anonymous) and node.name.lower() == "round_even":
            return exp.Anonymous(this=_ROUND_EVEN[dialect], expressions=node.expressions[:1])
        if isinstance(node, exp.PercentileDisc) and node.expression:
            return _lower_median(node, dialect)
        if isinstance(node, exp.ConcatWs) and dialect in _JOINED:
            return _joined(node, dialect)
        if (
            isinstance(node, exp.DataType)
            and node.this == exp.DataType.Type.INT128
            and dialect in _NO_HUGEINT
        ):
            return exp.DataType.build(_NO_HUGEINT[dialect], dialect=dialect)
        return node

    return tree.transform(adapted)


# Where the widest whole number has another name.
_NO_HUGEINT = {
    "spark": "DECIMAL(38, 0)",
    "databricks": "DECIMAL(38, 0)",
    "snowflake": "DECIMAL(38, 0)",
    "trino": "DECIMAL(38, 0)",
    "bigquery": "BIGNUMERIC",
}
# Where joining texts does not skip the missing ones.
_JOINED = ("snowflake", "bigquery", "clickhouse")


def _lower_median(node: Expr, dialect: str) -> Expr:
    """The lower of the middle two, which not every system calls a percentile, nor gives as a window."""
    from sqlglot import exp

    figure, share = node.this, node.expression
    if dialect in ("spark", "databricks"):
        order = exp.Order(expressions=[exp.Ordered(this=figure)])
        return exp.WithinGroup(
            this=exp.Anonymous(this="PERCENTILE_DISC", expressions=[share]), expression=order
        )
    if dialect == "clickhouse":
        return exp.Anonymous(this="quantileExactLow", expressions=[figure])
    if dialect == "trino":
        # A sketch; Trino has no exact percentile over a window.
        return exp.Anonymous(this="APPROX_PERCENTILE", expressions=[figure, share])
    return node


def _joined(node: Expr, dialect: str) -> Expr:
    from sqlglot import exp

    separator, *texts = node.expressions
    if dialect == "snowflake":
        listed: Expr = exp.Anonymous(this="ARRAY_CONSTRUCT_COMPACT", expressions=texts)
        return exp.Anonymous(this="ARRAY_TO_STRING", expressions=[listed, separator])
    listed = exp.Array(expressions=texts)
    if dialect == "bigquery":
        return exp.Anonymous(this="ARRAY_TO_STRING", expressions=[listed, separator])
    there = exp.Lambda(
        this=exp.Not(this=exp.Is(this=exp.column("one"), expression=exp.Null())),
        expressions=[exp.to_identifier("one")],
    )
    kept = exp.Anonymous(this="arrayFilter", expressions=[there, listed])
    return exp.Anonymous(this="arrayStringConcat", expressions=[kept, separator])
