"""The rule language: a text and the types of its names become an expression that runs on arrays or as SQL.

`docs/expressions.md` describes the language. Numbers are doubles that are present or missing; there are no
infinities and no NaN, every comparison is yes or no, and a missing yes/no counts as no.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from tierbook.quality import Problem
from tierbook.rulepack.grammar import Parser
from tierbook.rulepack.one_row import as_column, for_one_row, given, single
from tierbook.rulepack.tokens import canonical
from tierbook.rulepack.tree import ExpressionError, Node, Type, may_be_missing

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Expression", "ExpressionError", "Node", "Type", "parse"]


@dataclass(frozen=True)
class Expression:
    """An expression that has passed every check; cheap to keep, compiled once when first used.

    `names` are the columns and thresholds it reads, as rules know them (lower case).
    """

    text: str
    type: Type
    names: frozenset[str]
    tree: Node

    def evaluate(self, columns: Mapping[str, Any]) -> np.ndarray:
        """The value of every row.

        Parameters
        ----------
        columns : mapping
            Every name of `names`: an array (n,) or one value for all rows (a threshold). Numbers NaN or None, texts
            None, dates NaT, yes/no None or NaN where missing. Names it does not use do no harm.

        Returns
        -------
        array (n,)
            n is the length of the arrays in `columns`; without any array a 0-d array. Numbers float64 (missing
            NaN), texts object (missing None), dates datetime64[D] (missing NaT), yes/no bool, or float64 1 / 0 / NaN
            where it can be missing.

        Raises
        ------
        DataError
            A name that is not in `columns`, or arrays of different lengths.
        """
        if (row := single(columns, self.types)) is not None and self._of_one_row:
            return as_column(self._of_one_row(row), self.type, sure=self._sure)
        from tierbook.rulepack.evaluate import evaluated

        return evaluated(self._steps, self.type, self.types, columns)

    def one(self, row: Mapping[str, Any]) -> float | str | bool | date | None:
        """The value of a single row, without the cost of arrays; the same bits as `evaluate`.

        Parameters
        ----------
        row : mapping
            Every name of `names`: one value, missing as None, NaN or NaT. Names it does not use do no harm.

        Returns
        -------
        value
            None where missing.
        """
        if self._of_one_row is None:
            value = self.evaluate({name: row[name] for name in self.names}).item()
            return _plain(value, self.type)
        value = self._of_one_row({name: given(row[name], kind) for name, kind in self.types.items()})
        return _plain(value, self.type)

    def holds(self, columns: Mapping[str, Any]) -> np.ndarray:
        """Whether a yes/no expression is yes, row by row; missing counts as no."""
        values = self.evaluate(columns)
        return values if values.dtype == bool else values == 1

    def sql(
        self, dialect: str = "duckdb", constants: Mapping[str, float | str | bool | date | None] | None = None
    ) -> str:
        """The same as one SQL expression over quoted columns.

        Parameters
        ----------
        dialect : str
            `duckdb` or `postgres`; any other name sqlglot knows is translated from DuckDB's.
        constants : mapping
            Names written as values instead of columns: the thresholds.
        """
        from tierbook.rulepack.to_sql import column

        return column(self.tree, dialect, constants or {})

    def negated_comparisons(self) -> list[tuple[int, frozenset[str]]]:
        """Each `not` before a comparison: its offset and the names compared; yes where one of these is missing."""
        found = []
        for node in self.tree.walk():
            if node.op == "not":
                compared = [part for part in node.walk() if part.op in ("compare", "between", "in")]
                names = frozenset(
                    part.value for outer in compared for part in outer.walk() if part.op == "name"
                )
                if names:
                    found.append((node.offset, names))
        return found

    @cached_property
    def types(self) -> dict[str, Type]:
        """The type of every name in `names`."""
        return {part.value: part.type for part in self.tree.walk() if part.op == "name" and part.type}

    @cached_property
    def _of_one_row(self) -> Callable[[Mapping[str, Any]], Any] | None:
        return for_one_row(self.tree)

    @cached_property
    def _sure(self) -> bool:
        """A yes/no that cannot be missing."""
        return self.type == "yes_no" and not may_be_missing(self.tree)

    @cached_property
    def _steps(self) -> Callable[[Mapping[str, Any]], Any]:
        from tierbook.rulepack.evaluate import compiled

        return compiled(self.tree)


def _plain(value: Any, kind: Type) -> Any:
    """A value of one row for people's code: None where missing, yes/no as bool."""
    if value is None or value != value:
        return None
    return bool(value) if kind == "yes_no" else value


def parse(
    text: str,
    names: Mapping[str, Type],
    *,
    population: bool = False,
    called: Literal["feature", "column"] = "feature",
    wanted: Type | None = None,
) -> Expression:
    """The expression of a text.

    Parameters
    ----------
    names : mapping
        Every name the expression may use -> its type; case does not count.
    population : bool
        Whether `top_share`, `percent_rank_of_all`, `median_of_all` and `sum_of_all` may be used: in features.
    called : str
        How a message calls a name: a feature, or a column in `where`.
    wanted : str
        The type the expression must have.

    Raises
    ------
    ExpressionError
        Anything that is not of the language, with `.offset`; `.problems` holds all that were found.

    >>> parse("spend / orders > 100", {"spend": "number", "orders": "number"}).type
    'yes_no'
    """
    known = {canonical(name): kind for name, kind in names.items()}
    problems: list[ExpressionError] = []
    tree = None
    try:
        parser = Parser(text, known, population=population, called=called)
        problems = parser.problems
        tree = parser.whole()
        if wanted:
            parser.typed.need(tree, wanted, "it")
    except ExpressionError as error:
        problems.append(error)
    if tree is None or tree.type is None or problems:
        raise _first(problems)
    return Expression(
        text, tree.type, frozenset(node.value for node in tree.walk() if node.op == "name"), tree
    )


def _first(problems: list[ExpressionError]) -> ExpressionError:
    """The first problem in reading order, which carries all of them."""
    ordered = sorted(problems, key=lambda problem: problem.offset)
    first = ordered[0]
    every = [
        Problem("error", one.message, one.fix, values=one.values, column=one.offset + 1) for one in ordered
    ]
    return ExpressionError(first.message, fix=first.fix, offset=first.offset, problems=every, **first.values)
