"""Expressions as SQL columns that give, row for row, what `evaluate` gives on arrays.

DuckDB computes with doubles as NumPy does and leaves infinities and NaN behind; they become NULL where a step could
notice them (`tree.may_overflow`), as on arrays. Three things it answers differently are guarded where they happen:
the logarithm and the root of a number out of their range (it raises), and a comparison with NULL (it is NULL).
PostgreSQL raises at every overflow: `to_postgres.py`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from tierbook.errors import RuleError
from tierbook.rounding import LARGEST_NUDGED, NO_FRACTION, NUDGE
from tierbook.rulepack.arrays import LOWER, UPPER
from tierbook.rulepack.population import LARGEST_SUMMED
from tierbook.rulepack.tokens import canonical
from tierbook.rulepack.tree import POPULATION, Node, conditions, may_be_missing, may_overflow, results

LARGEST = 1.7976931348623157e308
# A text used twice in its parent's text doubles with each level; a longer one is computed once and named.
_SHORT = 1_000
_MOST = 1_000_000


class DuckDB:
    """Writes the nodes of one tree; `settled` numbers hold neither infinity nor NaN."""

    double, string = "DOUBLE", "VARCHAR"

    def whole(self, node: Node) -> str:
        """The SQL of a whole expression."""
        if node.type != "number":
            return self.plain(node)
        return f"({self.settled(node)} + {self.number(0.0)})"  # makes a negative zero plain

    def plain(self, node: Node) -> str:
        """The SQL of a step as it comes."""
        write = getattr(self, f"_{node.op}", None)
        if write:
            return write(node)
        if node.op in POPULATION:
            return getattr(self, node.op)(*map(self.settled, node.args))
        inner = ", ".join(self.settled(arg) for arg in node.args)
        return f"{node.op}({inner})"  # exp, power, least, greatest, coalesce

    def settled(self, node: Node) -> str:
        """The SQL of a step, infinity and NaN made NULL."""
        if node.type == "number" and may_overflow(node):
            return self.once(
                f"CASE WHEN abs({{0}}) <= {self.number(LARGEST)} THEN {{0}} END", self.plain(node)
            )
        return self.plain(node)

    def truth(self, node: Node) -> str:
        """The SQL of a yes/no, missing made no."""
        return f"coalesce({self.plain(node)}, FALSE)" if may_be_missing(node) else self.plain(node)

    def once(self, pattern: str, *parts: str) -> str:
        """A pattern over one or two parts, each computed once however long it is."""
        if sum(map(len, parts)) <= _SHORT:
            return self.filled(pattern, *parts)
        # A lambda over a list of one element is the one way to name a value inside a DuckDB expression.
        if len(parts) == 1:
            return f"list_transform([{parts[0]}], lambda v: {pattern.format('v')})[1]"
        return f"list_transform([[{', '.join(parts)}]], lambda v: {pattern.format('v[1]', 'v[2]')})[1]"

    def filled(self, pattern: str, *parts: str) -> str:
        """A pattern over its parts, wherever and however often they stand in it."""
        text = pattern.format(*parts)
        if len(text) > _MOST:
            raise RuleError(
                "This expression is too long for a database.",
                fix="Move a part of it into a feature of its own.",
            )
        return text

    # Values

    def number(self, value: float | None) -> str:
        """A double; without the exponent DuckDB would read a decimal."""
        if value is None or not math.isfinite(value):
            return f"CAST(NULL AS {self.double})"
        written = repr(float(value))
        return (
            f"({written})"
            if "e" in written and value < 0
            else written
            if "e" in written
            else f"({written}e0)"
        )

    def _number(self, node: Node) -> str:
        return self.number(node.value)

    def _text(self, node: Node) -> str:
        return f"CAST({quoted(node.value)} AS {self.string})"

    def _yes_no(self, node: Node) -> str:
        return {True: "TRUE", False: "FALSE"}.get(node.value, "CAST(NULL AS BOOLEAN)")

    def _date(self, node: Node) -> str:
        return f"CAST({quoted(node.value and node.value.isoformat())} AS DATE)"

    def _name(self, node: Node) -> str:
        kinds = {"number": self.double, "text": self.string, "yes_no": "BOOLEAN", "date": "DATE"}
        return f'CAST("{node.value}" AS {kinds[node.type or "text"]})'

    # Arithmetic

    def _neg(self, node: Node) -> str:
        return f"(-{self.plain(node.args[0])})"

    def _passing(self, node: Node) -> str:
        return f"{node.op}({self.plain(node.args[0])})"

    _abs = _floor = _ceil = _passing

    def _sum(self, node: Node) -> str:
        first, *rest = map(self.plain, node.args)
        return f"({first}{''.join(f' {sign} {term}' for sign, term in zip(node.value, rest, strict=True))})"

    def _product(self, node: Node) -> str:
        text = self.plain(node.args[0])
        for sign, arg in zip(node.value, node.args[1:], strict=True):
            text += f" {sign} {self.settled(arg) if sign == '/' else self.plain(arg)}"
        return f"({text})"

    def _ln(self, node: Node) -> str:
        return self.once("CASE WHEN {0} > 0 THEN ln({0}) END", self.plain(node.args[0]))

    def _sqrt(self, node: Node) -> str:
        return self.once("CASE WHEN {0} >= 0 THEN sqrt({0}) END", self.plain(node.args[0]))

    def _round(self, node: Node) -> str:
        whole, scale = self.scaled(node.value)
        back = f"{whole} / {scale}" if node.value >= 0 else f"{whole} * {scale}"
        limit = self.number(NO_FRACTION)
        return self.once(
            f"CASE WHEN {self.shifted(node.value)} < {limit} THEN sign({{0}}) * {back} ELSE {{0}} END",
            self.plain(node.args[0]),
        )

    def shifted(self, digits: int) -> str:
        """|x|·10^digits, x being {0}."""
        return f"abs({{0}}) {'*' if digits >= 0 else '/'} {self.number(10.0 ** abs(digits))}"

    def scaled(self, digits: int) -> tuple[str, str]:
        """|x|·10^digits as a whole number, x being {0}, and the power of ten; see `tierbook.rounding`."""
        t = self.shifted(digits)
        nudged = f"{self.number(0.5)} + least({t}, {self.number(LARGEST_NUDGED)}) * {self.number(NUDGE)}"
        return f"floor({t} + ({nudged}))", self.number(10.0 ** abs(digits))

    # Yes or no

    def _compare(self, node: Node) -> str:
        left, right = map(self.settled, node.args)
        return f"coalesce({left} {node.value} {right}, FALSE)"

    def _between(self, node: Node) -> str:
        value, low, high = map(self.settled, node.args)
        return f"coalesce({value} {'NOT ' * node.value}BETWEEN {low} AND {high}, FALSE)"

    def _in(self, node: Node) -> str:
        value, *members = map(self.settled, node.args)
        return f"coalesce({value} {'NOT ' * node.value}IN ({', '.join(members)}), FALSE)"

    def _is_null(self, node: Node) -> str:
        return f"({self.settled(node.args[0])} IS {'NOT ' * node.value}NULL)"

    def _not(self, node: Node) -> str:
        return f"(NOT {self.truth(node.args[0])})"

    def _and(self, node: Node) -> str:
        return f"({f' {node.op.upper()} '.join(map(self.truth, node.args))})"

    _or = _and

    # Choices, texts, dates

    def _case(self, node: Node) -> str:
        values = [self.plain(result) for result in results(node)]
        tests = [self.truth(condition) for condition in conditions(node)]
        otherwise = f" ELSE {values.pop()}" if len(values) > len(tests) else ""
        whens = "".join(f" WHEN {test} THEN {value}" for test, value in zip(tests, values, strict=True))
        return f"CASE{whens}{otherwise} END"

    def _nullif(self, node: Node) -> str:
        # SQL's own nullif gives the first value where the second is missing.
        return self.once("CASE WHEN {0} <> {1} THEN {0} END", *map(self.settled, node.args))

    def _lower(self, node: Node) -> str:
        return f"translate({self.plain(node.args[0])}, '{UPPER}', '{LOWER}')"

    def _upper(self, node: Node) -> str:
        return f"translate({self.plain(node.args[0])}, '{LOWER}', '{UPPER}')"

    def _length(self, node: Node) -> str:
        return f"CAST(length({self.plain(node.args[0])}) AS {self.double})"

    def _listed(self, node: Node) -> str:
        text, name = map(self.plain, node.args)
        wanted = f"nullif(replace({name}, ' ', ''), '')"
        names = f"replace(replace({text}, ' ', ''), '；', ';')"
        return f"coalesce(position(';' || {wanted} || ';' IN ';' || {names} || ';') > 0, FALSE)"

    def _days(self, node: Node) -> str:
        start, end = map(self.plain, node.args)
        return f"CAST(({end} - {start}) AS {self.double})"

    # Population

    def top_share(self, x: str, orders: str) -> str:
        """See `population.top_share`."""
        counted = f"(coalesce({orders} > 0, FALSE) AND {x} IS NOT NULL)"
        part = f"PARTITION BY {counted}"
        rank = f"(rank() OVER ({part} ORDER BY {x} DESC) - {self.number(0.5)})"
        return f"CASE WHEN {counted} THEN {rank} / count(*) OVER ({part}) END"

    def percent_rank_of_all(self, x: str) -> str:
        """See `population.percent_rank_of_all`."""
        return (
            f"CASE WHEN {x} IS NOT NULL THEN percent_rank() OVER (PARTITION BY {x} IS NULL ORDER BY {x}) END"
        )

    def median_of_all(self, x: str) -> str:
        """See `population.median_of_all`; quantile_disc is the lower of the middle two."""
        low, high = f"quantile_disc({x}, 0.5) OVER ()", f"-quantile_disc(-({x}), 0.5) OVER ()"
        return f"(({low} + {high}) / {self.number(2.0)})"

    def sum_of_all(self, x: str) -> str:
        """See `population.sum_of_all`."""
        most = self.number(LARGEST_SUMMED)
        millionths = f"CAST(CASE WHEN abs({x}) < {most} THEN {self.millionths(x)} END AS HUGEINT)"
        total = f"CAST(sum({millionths}) OVER () AS {self.double}) / {self.number(1e6)}"
        return f"CASE WHEN max(abs({x})) OVER () < {most} THEN {total} END"

    def millionths(self, x: str) -> str:
        """x in millionths, a whole number."""
        text = f"CASE WHEN {self.shifted(6)} < {self.number(NO_FRACTION)} THEN {self.scaled(6)[0]} ELSE {self.shifted(6)} END"
        return f"sign({x}) * {text.format(x)}"


def column(tree: Node, dialect: str, constants: Mapping[str, Any]) -> str:
    """The SQL of an expression; see `Expression.sql`.

    Raises
    ------
    RuleError
        An expression whose SQL would pass a million characters: in PostgreSQL, several steps above `top_share` and its like.
    """
    from tierbook.rulepack.to_postgres import Postgres

    writer = Postgres() if dialect in ("postgres", "postgresql") else DuckDB()
    text = writer.whole(_fixed(tree, {canonical(name): value for name, value in constants.items()}))
    if isinstance(writer, Postgres) or dialect == "duckdb":
        return text
    import sqlglot

    return sqlglot.transpile(text, read="duckdb", write=dialect)[0]


def quoted(text: str | None) -> str:
    """A text literal."""
    return "NULL" if text is None else "'" + text.replace("'", "''") + "'"


def _fixed(node: Node, constants: Mapping[str, float | str | bool | date | None]) -> Node:
    """The tree with literals for its constants."""
    if node.op == "name" and node.value in constants:
        return Node(node.type or "number", node.type, node.offset, value=constants[node.value])
    return replace(node, args=tuple(_fixed(arg, constants) for arg in node.args)) if node.args else node
