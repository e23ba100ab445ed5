"""How a column of a source is read as what it shall be: SQL by the type it has there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from tierbook.engines.quoting import literal
from tierbook.tables import Column

_LARGEST = "1.7976931348623157e308"
# Money is summed as DECIMAL(38, 6); a hundred million rows of this much still fit.
_MOST_MONEY = "1e24"
# Databases know days beyond these, and one at infinity; a calendar does not.
_FIRST, _LAST = "0001-01-01", "9999-12-31"
_TRUE, _FALSE = ("true", "t", "yes", "y", "1", "是"), ("false", "f", "no", "n", "0", "否")
_KINDS = (
    ("interval", "other"), ("decimal", "decimal"), ("numeric", "decimal"), ("float", "float"), ("double", "float"),
    ("real", "float"), ("timestamp", "time"), ("datetime", "time"), ("date", "date"), ("bool", "yes_no"),
    ("varchar", "text"), ("string", "text"), ("text", "text"), ("char", "text"), ("uuid", "text"), ("enum", "text"),
    ("int", "integer"), ("uint", "integer"), ("bigint", "integer"), ("smallint", "integer"), ("tinyint", "integer"),
    ("hugeint", "integer"), ("ubigint", "integer"), ("usmallint", "integer"), ("utinyint", "integer"),
)  # fmt: skip


class Typed(NamedTuple):
    """The SQL that reads a column as what it shall be, the texts it is tried on, where they may be anything, and the
    shorter SQL that says the same of a column in which nothing has to be put right."""

    sql: str
    tried: str = ""
    clean: str = ""


def kind_of(kind: str) -> str:
    """What a type of DuckDB or Ibis holds: integer, decimal, float, text, date, time, yes_no, or other."""
    plain = kind.lower().lstrip("!")
    if plain.endswith("]") or "<" in plain:
        return "other"
    found = next((known for start, known in _KINDS if plain.startswith(start)), "other")
    return "integer" if found == "decimal" and plain.replace(" ", "").endswith(",0)") else found


def bare(kind: str) -> str:
    """A type by its name; Ibis shows those it does not know with what sqlglot thinks of them."""
    found = re.search(r"DType\.(\w+)", kind)
    return found[1].lower() if found else kind


def cast_as(column: str, held: str, wanted: str | None, known: Column | None, dialect: str) -> Typed | None:
    """How a column is read as what it shall be; None where that cannot be."""
    if wanted is None:
        wanted = {"integer": "number", "decimal": "number", "float": "number"}.get(held, held)
    # Only DuckDB tries a cast; elsewhere one text that is no number would stop the whole run.
    text = f"NULLIF(TRIM({column}), '')"
    tried = text if held == "text" and dialect == "duckdb" else ""
    if held == "other" or (held == "text" and not tried and wanted not in ("id", "text", "yes_no")):
        return None
    if wanted in ("id", "text"):
        if held == "text":
            return Typed(_chosen_text(text, known), clean=column)
        return (
            None if wanted == "id" and held in ("float", "decimal") else Typed(f"CAST({column} AS VARCHAR)")
        )
    if wanted in ("number", "money", "share"):
        if held == "integer" and wanted != "money":
            return Typed(f"CAST({column} AS DOUBLE)")
        number = f"TRY_CAST({column} AS DOUBLE)" if tried else f"CAST({column} AS DOUBLE)"
        most = _MOST_MONEY if wanted == "money" else _LARGEST
        finite = f"CASE WHEN ABS({number}) <= {most} THEN {number} END"
        if held in ("integer", "decimal", "float"):
            return Typed(finite, clean=number)
        return Typed(finite, tried) if held == "text" else None
    if wanted in ("date", "time"):
        if held not in ("date", "time", "text"):
            return None
        cast = f"{'TRY_' if tried else ''}CAST({column} AS {'DATE' if wanted == 'date' else 'TIMESTAMP'})"
        within = f"CAST({column} AS DATE)" if not tried else f"TRY_CAST({column} AS DATE)"
        known_day = f"{within} BETWEEN DATE '{_FIRST}' AND DATE '{_LAST}'"
        return Typed(f"CASE WHEN {known_day} THEN {cast} END", tried, clean=cast)
    if held == "text":
        said = f"LOWER({text})"
        yes, no = _listed(_TRUE), _listed(_FALSE)
        return Typed(f"CASE WHEN {said} IN ({yes}) THEN TRUE WHEN {said} IN ({no}) THEN FALSE END", text)
    return {"yes_no": Typed(column), "integer": Typed(f"({column} <> 0)")}.get(held)


def _chosen_text(text: str, known: Column | None) -> str:
    if known is None or not known.choices:
        return text
    cases = " ".join(f"WHEN {literal(said)} THEN {literal(name)}" for said, name in known.choices.items())
    return f"CASE LOWER({text}) {cases} ELSE {text} END"


def _listed(texts: Sequence[str]) -> str:
    return ", ".join(map(literal, texts))
