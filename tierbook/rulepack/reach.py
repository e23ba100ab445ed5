"""Which conditions can never hold, which levels a level above always takes, and which customers no level takes.

A condition is read as facts that must hold together (`days >= 180`, `overdue > 3`); numbers compared with constants
become intervals. What is no such fact counts as itself, so everything said here is certain, and some of what is
unreachable goes unnoticed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from tierbook.rulepack.tree import Node

if TYPE_CHECKING:
    from tierbook.rulepack.expression import Expression
    from tierbook.rulepack.pack import CompiledLevel

Constants = Mapping[str, float]
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "<>": "<>"}
_RANKED, _PLACE, _PLACE_OF_VALUE = "\0ranked", "\0place", "\0place of value"


@dataclass
class Interval:
    """Where a number must lie."""

    low: float = -math.inf
    high: float = math.inf
    above_low: bool = False  # strictly
    below_high: bool = False

    def narrow(self, sign: str, bound: float) -> None:
        """Take one comparison in."""
        if sign in (">", ">=", "=") and (bound, sign == ">") > (self.low, self.above_low):
            self.low, self.above_low = bound, sign == ">"
        if sign in ("<", "<=", "=") and (bound, sign != "<") < (self.high, not self.below_high):
            self.high, self.below_high = bound, sign == "<"

    @property
    def empty(self) -> bool:
        return self.low > self.high or (self.low == self.high and (self.above_low or self.below_high))

    def within(self, sign: str, bound: float) -> bool:
        """Whether every number of the interval compares so."""
        over = self.low > bound or (self.low == bound and self.above_low)
        under = self.high < bound or (self.high == bound and self.below_high)
        return {
            ">": over, ">=": over or self.low == bound, "<": under, "<=": under or self.high == bound,
            "=": self.low == bound == self.high, "<>": over or under,
        }[sign]  # fmt: skip


@dataclass
class Facts:
    """What holds together when a condition holds."""

    intervals: dict[str, Interval] = field(default_factory=dict)
    others: list[Node] = field(default_factory=list)

    @property
    def impossible(self) -> bool:
        return any(interval.empty for interval in self.intervals.values())


def never_holds(condition: Expression, constants: Constants) -> bool:
    """Whether a condition contradicts itself, such as `x > 5 and x < 3`."""
    branches = condition.tree.args if condition.tree.op == "or" else (condition.tree,)
    return all(_facts(branch, constants).impossible for branch in branches)


def taken_above(levels: Sequence[CompiledLevel], constants: Constants) -> dict[int, int]:
    """Levels that can never be reached: position -> position of the level above that takes whoever would fit."""
    found = {}
    for i, level in enumerate(levels):
        if level.otherwise or not i:
            continue
        facts = _facts_of_level(level, constants)
        for j, above in enumerate(levels[:i]):
            if not above.otherwise and _takes(above, level, facts, constants):
                found[i] = j
                break
    return found


def gap(levels: Sequence[CompiledLevel], constants: Constants) -> tuple[str, float | None] | None:
    """Where all levels look at one number only: its name, and a number that no level takes, if there is one."""
    whens = [level.when for level in levels]
    if any(level.otherwise or level.when is None or level.name_from for level in levels):
        return None
    names = {name for when in whens if when is not None for name in when.names} - constants.keys()
    nodes = [node for when in whens if when is not None for node in when.tree.walk()]
    if len(names) != 1 or any(node.op == "name" and node.type != "number" for node in nodes):
        return None
    (name,) = names
    bounds = sorted({float(n) for node in nodes if (n := _constant(node, constants)) is not None})
    between = [(low + high) / 2 for low, high in pairwise(bounds)]
    for one in sorted({*bounds, *between, *(bounds[:1] and [bounds[0] - 1, bounds[-1] + 1])}):
        if not any(when is not None and when.holds({**constants, name: one}) for when in whens):
            return name, one
    return name, None


def _facts_of_level(level: CompiledLevel, constants: Constants) -> Facts:
    facts = _facts(level.when.tree, constants) if level.when is not None else Facts()
    for name, sign, bound in _bounds(level, constants):
        facts.intervals.setdefault(name, Interval()).narrow(sign, bound)
    return facts


def _bounds(level: CompiledLevel, constants: Constants) -> list[tuple[str, str, float]]:
    bounds = (
        (_RANKED, ">=", level.start),
        (_PLACE, "<=", level.top),
        (_PLACE_OF_VALUE, "<=", level.top_of_value),
    )
    return [
        (name, sign, float(bound.evaluate(constants))) for name, sign, bound in bounds if bound is not None
    ]


def _takes(above: CompiledLevel, level: CompiledLevel, facts: Facts, constants: Constants) -> bool:
    """Whether everyone who fits a level fits the one above."""
    for name, sign, bound in _bounds(above, constants):
        if not facts.intervals.get(name, Interval()).within(sign, bound):
            return False
    if above.when is None:
        return True
    if level.when is not None and level.when.tree.op == "or":
        branches = [_facts(branch, constants) for branch in level.when.tree.args]
        return all(_follows(above.when.tree, branch, constants) for branch in branches)
    return _follows(above.when.tree, facts, constants)


def _follows(node: Node, facts: Facts, constants: Constants) -> bool:
    """Whether a condition holds wherever the facts do."""
    if node.op == "and":
        return all(_follows(arg, facts, constants) for arg in node.args)
    if node.op == "or" and any(_follows(arg, facts, constants) for arg in node.args):
        return True
    compared = _comparisons(node, constants)
    if compared and all(
        name in facts.intervals and facts.intervals[name].within(sign, bound)
        for name, sign, bound in compared
    ):
        return True
    return any(_same(node, other) for other in facts.others)


def _facts(node: Node, constants: Constants) -> Facts:
    facts = Facts()
    for fact in _conjuncts(node):
        compared = _comparisons(fact, constants)
        for name, sign, bound in compared:
            facts.intervals.setdefault(name, Interval()).narrow(sign, bound)
        facts.others.append(fact)
    return facts


def _conjuncts(node: Node) -> list[Node]:
    return [one for arg in node.args for one in _conjuncts(arg)] if node.op == "and" else [node]


def _comparisons(node: Node, constants: Constants) -> list[tuple[str, str, float]]:
    """`name sign number` for a comparison of one name with a constant; two for `between`."""
    if node.op == "between" and not node.value:
        value, low, high = node.args
        parts = [(value, ">=", low), (value, "<=", high)]
    elif node.op == "compare":
        left, right = node.args
        parts = [(left, node.value, right)]
        if left.op != "name" or left.value in constants:
            parts = [(right, _MIRRORED[node.value], left)]
    else:
        return []
    found = []
    for name, sign, bound in parts:
        number = _constant(bound, constants)
        if name.op != "name" or name.value in constants or name.type != "number" or number is None:
            return []
        found.append((name.value, sign, number))
    return found


def _constant(node: Node, constants: Constants) -> float | None:
    """The number of an expression over thresholds alone."""
    names = {part.value for part in node.walk() if part.op == "name"}
    if node.type != "number" or not names <= constants.keys():
        return None
    from tierbook.rulepack.evaluate import compiled, evaluated

    number: Any = evaluated(compiled(node), "number", dict.fromkeys(names, "number"), constants)
    return None if math.isnan(number) else float(number)


def _same(one: Node, other: Node) -> bool:
    """Whether two conditions are written alike, wherever they stand."""
    return (
        (one.op, one.value, one.type) == (other.op, other.value, other.type)
        and len(one.args) == len(other.args)
        and all(_same(a, b) for a, b in zip(one.args, other.args, strict=True))
    )
