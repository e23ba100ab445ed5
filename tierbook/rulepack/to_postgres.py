"""Expressions as columns of PostgreSQL, which raises where a double overflows, underflows or is divided by zero.

Each operation therefore asks its operands first and gives NULL, or 0 at an underflow, instead. The answers are those of
NumPy and DuckDB, except that overflow begins a little early: 4e-10 under the largest double in `exp` and `power`, 1e-15
under it in products and quotients.
"""

from __future__ import annotations

from tierbook.rounding import NO_FRACTION
from tierbook.rulepack.population import LARGEST_SUMMED
from tierbook.rulepack.to_sql import LARGEST, DuckDB
from tierbook.rulepack.tree import Node

_SHORT = 60
_OVER = 1.797693134862315e308  # a little under the largest double, because the quotient beside it is rounded
_EXP_OVER, _EXP_UNDER = 709.782712893, -745.133219101  # ln of the largest and of the smallest double
# Two small numbers are multiplied 2^900 times larger, where the product is exact enough to see whether it would be 0.
_RAISED, _SMALLEST_RAISED = 2.0**900, 2.0**-175


class Postgres(DuckDB):
    """Writes the nodes of one tree so that every step is settled."""

    double, string = "DOUBLE PRECISION", "TEXT"

    def settled(self, node: Node) -> str:
        return self.plain(node)

    def once(self, pattern: str, *parts: str) -> str:
        # A window function must stay in the outer query; it is computed once however often it is written.
        if all(len(part) <= _SHORT for part in parts) or any(" OVER (" in part for part in parts):
            return self.filled(pattern, *parts)
        inner = ", ".join(f"{part} AS v{i}" for i, part in enumerate(parts))
        outer = pattern.format(*(f"t.v{i}" for i in range(len(parts))))
        # OFFSET 0 keeps the planner from writing the parts into the template again.
        return f"(SELECT {outer} FROM (SELECT {inner} OFFSET 0) AS t)"

    def number(self, value: float | None) -> str:
        text = super().number(value)
        return text if text.startswith("CAST") else f"CAST('{text.strip('()')}' AS {self.double})"

    def _name(self, node: Node) -> str:
        text = super()._name(node)
        if node.type == "number":
            return f"(CASE WHEN abs({text}) <= {self.number(LARGEST)} THEN {text} END)"
        return f'({text} COLLATE "C")' if node.type == "text" else text

    # Arithmetic

    def _sum(self, node: Node) -> str:
        total, *rest = map(self.plain, node.args)
        large, half_step = self.number(8e307), self.number(2.0**970)
        for sign, term in zip(node.value, rest, strict=True):
            differ = "<>" if sign == "+" else "="
            total = self.once(
                f"(CASE WHEN (abs({{0}}) < {large} AND abs({{1}}) < {large}) OR ({{0}} < 0) {differ} ({{1}} < 0)"
                f" OR abs({{1}}) - ({self.number(LARGEST)} - abs({{0}})) < {half_step} THEN {{0}} {sign} {{1}} END)",
                total,
                term,
            )
        return total

    def _product(self, node: Node) -> str:
        text, *rest = map(self.plain, node.args)
        for sign, term in zip(node.value, rest, strict=True):
            text = self.once(self._times() if sign == "*" else self._over(), text, term)
        return text

    def _ordinary(self) -> str:
        small, large = self.number(1e-150), self.number(1e150)
        return " AND ".join(f"abs({part}) BETWEEN {small} AND {large}" for part in ("{0}", "{1}"))

    def _times(self) -> str:
        a, b = "abs({0})", "abs({1})"
        return (
            "(CASE WHEN {0} IS NULL OR {1} IS NULL THEN NULL WHEN {0} = 0 OR {1} = 0 THEN 0"
            f" WHEN {self._ordinary()} THEN {{0}} * {{1}}"
            f" WHEN {a} > 1 AND {b} > 1 THEN CASE WHEN {b} <= {self.number(_OVER)} / {a} THEN {{0}} * {{1}} END"
            f" WHEN {a} >= 1 OR {b} >= 1 THEN {{0}} * {{1}}"
            f" WHEN greatest({a}, {b}) < {self.number(1e-174)} THEN 0"
            f" WHEN least({a}, {b}) * {self.number(_RAISED)} * greatest({a}, {b}) <= {self.number(_SMALLEST_RAISED)}"
            " THEN 0 ELSE {0} * {1} END)"
        )

    def _over(self) -> str:
        a, b = "abs({0})", "abs({1})"
        raised, smallest = self.number(_RAISED), self.number(_SMALLEST_RAISED)
        return (
            "(CASE WHEN {0} IS NULL OR {1} IS NULL OR {1} = 0 THEN NULL WHEN {0} = 0 THEN 0"
            f" WHEN {self._ordinary()} THEN {{0}} / {{1}}"
            f" WHEN {b} < 1 THEN CASE WHEN {a} <= {self.number(_OVER)} * {b} THEN {{0}} / {{1}} END"
            f" WHEN {a} >= 1 THEN {{0}} / {{1}}"
            f" WHEN {a} * {raised} <= {b} * {smallest} THEN 0 ELSE {{0}} / {{1}} END)"
        )

    def _exp(self, node: Node) -> str:
        over, under = self.number(_EXP_OVER), self.number(_EXP_UNDER)
        return self.once(
            f"(CASE WHEN {{0}} > {over} THEN NULL WHEN {{0}} < {under} THEN 0 ELSE exp({{0}}) END)",
            self.plain(node.args[0]),
        )

    def _power(self, node: Node) -> str:
        logarithm = "{1} * ln(abs({0}))"
        pattern = (
            "(CASE WHEN {0} IS NULL OR {1} IS NULL THEN NULL WHEN {1} = 0 OR {0} = 1 THEN 1"
            " WHEN {1} = 1 THEN {0} WHEN {0} = 0 THEN CASE WHEN {1} > 0 THEN 0 END"
            " WHEN {0} < 0 AND {1} <> floor({1}) THEN NULL"
            " WHEN {0} = -1 THEN power({0}, {1})"
            f" WHEN abs({{1}}) > {self.number(1e300)} THEN CASE WHEN (abs({{0}}) > 1) = ({{1}} < 0) THEN 0 END"
            f" WHEN abs({{1}}) < {self.number(1e-300)} THEN 1"
            f" WHEN {logarithm} > {self.number(_EXP_OVER)} THEN NULL"
            f" WHEN {logarithm} < {self.number(_EXP_UNDER)} THEN 0 ELSE power({{0}}, {{1}}) END)"
        )
        return self.once(pattern, *map(self.plain, node.args))

    def _round(self, node: Node) -> str:
        whole, scale = self.scaled(node.value)
        back = f"{whole} / {scale}" if node.value >= 0 else f"{whole} * {scale}"
        return self.once(
            f"(CASE WHEN abs({{0}}) < {self.number(1e-200)} THEN 0 WHEN abs({{0}}) > {self.number(1e200)} THEN {{0}}"
            f" WHEN {self.shifted(node.value)} < {self.number(NO_FRACTION)} THEN sign({{0}}) * {back} ELSE {{0}} END)",
            self.plain(node.args[0]),
        )

    # Population

    def median_of_all(self, x: str) -> str:
        # There is no window form of percentile_cont; the array is made once for the whole window.
        every = (
            f"(array_agg({x}) OVER (ORDER BY {x} ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING))"
        )
        count = f"(count({x}) OVER ())"
        low, high = f"{every}[({count} + 1) / 2]", f"{every}[{count} / 2 + 1]"
        half = self.number(0.5)
        return (
            f"(CASE WHEN abs({low}) < {self.number(8e307)} AND abs({high}) < {self.number(8e307)}"
            f" OR ({low} < 0) <> ({high} < 0) THEN ({low} + {high}) * {half} END)"
        )

    def sum_of_all(self, x: str) -> str:
        most, block = self.number(LARGEST_SUMMED), self.number(2.0**40)
        millionths = f"(CASE WHEN abs({x}) < {self.number(1e-200)} THEN 0 WHEN abs({x}) < {most} THEN {self.millionths(x)} END)"
        blocks = f"floor({millionths} / {block})"
        # A double becomes a decimal with 15 digits only, an integer exactly.
        total = (
            f"sum(CAST({blocks} AS BIGINT)) OVER () * {2**40}"
            f" + sum(CAST({millionths} - {blocks} * {block} AS BIGINT)) OVER ()"
        )
        return f"(CASE WHEN max(abs({x})) OVER () < {most} THEN CAST({total} AS {self.double}) / {self.number(1e6)} END)"
