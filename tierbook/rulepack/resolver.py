"""The names and expressions of a rule file: each expression parsed and typed, each name known, every problem kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

from tierbook import features, tables
from tierbook.quality import Problem
from tierbook.rulepack import model
from tierbook.rulepack.expression import Expression, ExpressionError, Type, parse
from tierbook.rulepack.pack import CompiledLevel
from tierbook.rulepack.source import Path, Source

TYPE_OF_KIND: dict[str, Type] = {
    "id": "text", "text": "text", "number": "number", "money": "number", "share": "number",
    "date": "date", "time": "date", "yes_no": "yes_no",
}  # fmt: skip


class Resolver:
    """Parses the expressions of a rule file and knows what every name in them means; keeps each problem with its place.

    `types` are the names there are at the moment: sections see what those before them define. `found` is every
    expression with its place, in the order of the sections.
    """

    def __init__(self, source: Source, pack: model.PackModel) -> None:
        self.source, self.pack = source, pack
        self.problems: list[Problem] = []
        self.found: list[tuple[Path, Expression]] = []
        self.types: dict[str, Type] = dict(features.COLUMNS)
        self.types |= {column.name: TYPE_OF_KIND[column.kind] for column in tables.CUSTOMERS.columns}
        self.types |= {name.lower(): kind for name, kind in pack.columns.items()}
        self.constants: dict[str, Type] = {name.lower(): "number" for name in pack.thresholds}
        for name in pack.thresholds:
            if name.lower() in self.types:
                self.say(
                    ("thresholds", name),
                    "{name} is a feature already.",
                    "Give the threshold another name.",
                    at_key=True,
                    name=name,
                )
        self.types |= self.constants

    def say(self, path: Path, message: str, fix: str = "", **values: Any) -> None:
        """Note a problem at a place; the sentences are templates."""
        self.problems.append(self.source.problem(path, message, fix, **values))

    def expression(
        self,
        text: str,
        path: Path,
        *,
        names: Mapping[str, Type] | None = None,
        wanted: Type | None = None,
        population: bool = False,
        called: Literal["feature", "column"] = "feature",
    ) -> Expression:
        """The parsed expression; problems are noted at their places and an expression of the wanted type stands in."""
        try:
            parsed = parse(
                text,
                self.types if names is None else names,
                population=population,
                wanted=wanted,
                called=called,
            )
            self.found.append((path, parsed))
            return parsed
        except ExpressionError as error:
            for problem in error.problems:
                later = str(problem.values.get("name", "")).strip("'")
                if path[0] == "features" and later.lower() in map(str.lower, self.pack.features):
                    self.say(
                        path,
                        "{name} stands further down; a feature uses only those above it.",
                        "Move {name} up; where two use each other, write one of them out.",
                        offset=(problem.column or 1) - 1,
                        name=later,
                    )
                    continue
                self.say(
                    path, problem.message, problem.fix, offset=(problem.column or 1) - 1, **problem.values
                )
            return parse("true" if wanted == "yes_no" else "0", {})

    def number(self, text: str, path: Path) -> Expression:
        """An expression that gives a number."""
        return self.expression(text, path, wanted="number")

    def condition(self, text: str, path: Path, names: Mapping[str, Type] | None = None) -> Expression:
        """An expression that gives yes or no, over features, or over `names` where they are the columns of a table."""
        return self.expression(
            text, path, names=names, wanted="yes_no", called="feature" if names is None else "column"
        )

    def constant(self, text: str, path: Path) -> Expression:
        """A number over nothing but thresholds."""
        return self.expression(text, path, names=self.constants, wanted="number")

    def maybe(
        self, read: Callable[..., Expression], text: str | None, path: Path, *more: Any
    ) -> Expression | None:
        """What `read` makes of a text; None without one."""
        return None if text is None else read(text, path, *more)

    def levels(
        self, levels: Iterable[model.Level], path: Path, *, names: Mapping[str, Type] | None = None
    ) -> tuple[CompiledLevel, ...]:
        """A list of levels, first that fits; their conditions over features, or over `names`."""
        compiled = []
        for i, level in enumerate(levels):
            here = (*path, i)
            if level.name_from and self.types.get(level.name_from.lower()) != "text":
                self.say((*here, "name_from"), "{name} is not a text column.", name=level.name_from)
            compiled.append(
                CompiledLevel(
                    level.name,
                    level.name_from.lower() if level.name_from else None,
                    self.maybe(self.constant, level.top, (*here, "top")),
                    self.maybe(self.constant, level.top_of_value, (*here, "top_of_value")),
                    self.maybe(self.constant, level.start, (*here, "from")),
                    self.maybe(self.condition, level.when, (*here, "when"), names),
                    level.otherwise,
                    level.action,
                    level.because,
                )
            )
        return tuple(compiled)

    def columns_of(self, table: str) -> dict[str, Type]:
        """What conditions on the rows of a table may name: its columns, the pack's own and the thresholds."""
        known = {column.name: TYPE_OF_KIND[column.kind] for column in tables.TABLES[table].columns}
        return known | {name.lower(): kind for name, kind in self.pack.columns.items()} | self.constants
