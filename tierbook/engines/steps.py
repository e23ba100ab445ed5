"""A long query in steps: what groups rows, joins many tables, or is read again, becomes a table of its own first.

So memory is that of one grouping: DuckDB puts aside what a grouping or a join does not find room for, but in one statement all of them share the room.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlglot.expressions import Expr

STEP = "tierbook_step_"
"""What the names of the tables begin with."""

_MANY = 4
"""Joins from which a step is a table of its own."""


def steps(text: str, *, from_reads: int = 0) -> tuple[list[tuple[str, str]], str]:
    """The tables to make before a query, as names and texts in their order, and the query that reads them.

    Parameters
    ----------
    text : str
        In DuckDB's dialect, named steps in a `WITH` that no other name hides.
    from_reads : int
        A query is left alone that reads fewer tables than this, every step put in wherever it is read.
    """
    # Parsing takes longer than a small query; only what groups is worth it.
    if "WITH" not in text or "GROUP BY" not in text:
        return [], text
    import sqlglot
    from sqlglot import exp

    tree = sqlglot.parse_one(text, read="duckdb")
    if from_reads and _reads(tree) < from_reads:
        return [], text
    made: dict[str, str] = {}
    tables: list[tuple[str, str]] = []
    for listed in list(tree.find_all(exp.With)):
        for step in list(listed.expressions):
            if not (_groups(step.this) or _joins_many(step.this) or _read_again(step, tree)):
                continue
            body = step.this.copy()
            read = _read(body, {one.alias: one for one in listed.expressions if one.alias not in made})
            for one in read:
                body = body.with_(one.alias, as_=one.this.copy())
            tables.append((STEP + step.alias, _renamed(body, made).sql(dialect="duckdb")))
            made[step.alias] = STEP + step.alias
            step.pop()
        if not listed.expressions:
            listed.pop()
    return tables, _renamed(tree, made).sql(dialect="duckdb")


def _reads(tree: Expr) -> int:
    """How many tables a query reads, every step put in wherever it is read."""
    from sqlglot import exp

    of_step: dict[str, int] = {}

    def reads(body: Expr) -> int:
        return sum(1 if table.db else of_step.get(table.name, 1) for table in body.find_all(exp.Table))

    inside = 0
    for listed in tree.find_all(exp.With):
        for step in listed.expressions:
            of_step[step.alias] = reads(step.this)
            inside += of_step[step.alias]
    return reads(tree) - inside


def _groups(body: Expr) -> bool:
    """Whether there are fewer rows than were read; a part that is taken as it is would be copied."""
    from sqlglot import exp

    if isinstance(body, exp.SetOperation):
        return _groups(body.left) and _groups(body.right)
    return body.find(exp.Group) is not None or body.args.get("distinct") is not None


def _joins_many(body: Expr) -> bool:
    """Whether so many tables meet that the next statement should not find them all still held."""
    return len(body.args.get("joins") or ()) >= _MANY


def _read_again(step: Expr, tree: Expr) -> bool:
    """Whether a query reads a step that joins or ranks more than once."""
    from sqlglot import exp

    if step.this.find(exp.Join, exp.Window) is None:
        return False
    return sum(table.name == step.alias and not table.db for table in tree.find_all(exp.Table)) > 1


def _read(body: Expr, known: dict[str, Expr]) -> Iterator[Expr]:
    """The steps a query reads, those they read before them."""
    from sqlglot import exp

    seen: dict[str, Expr] = {}

    def look(at: Expr) -> None:
        for table in at.find_all(exp.Table):
            if table.name in known and not table.db and table.name not in seen:
                look(known[table.name].this)
                seen[table.name] = known[table.name]

    look(body)
    yield from seen.values()


def _renamed(tree: Expr, made: dict[str, str]) -> Expr:
    """The query with the tables that were made in place of its steps."""
    from sqlglot import exp

    for table in list(tree.find_all(exp.Table)):
        if table.name in made and not table.db:
            alias = table.alias_or_name
            table.replace(exp.alias_(exp.to_table(made[table.name]), alias, table=True))
    return tree
