"""Types of the rule language, known before any data: every step says what it needs, and mixing is a problem."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tierbook.rulepack.mismatch import COMPARED, MIXED, NEEDED
from tierbook.rulepack.tokens import MAX_LEVELS, Token, too_deep
from tierbook.rulepack.tree import ExpressionError, Function, Node, Type

MOST_ROUNDED, LEAST_ROUNDED = 12, -6


class Typed:
    """Makes typed nodes and collects the problems of types; a type of None is a problem told already."""

    def __init__(self) -> None:
        self.problems: list[ExpressionError] = []

    def node(
        self, op: str, gives: Type | None, offset: int, args: tuple[Node, ...], value: Any = None
    ) -> Node:
        """A step over other steps, at most MAX_LEVELS high."""
        levels = 1 + max(arg.levels for arg in args)
        if levels > MAX_LEVELS:
            raise too_deep(offset)
        return Node(op, gives, offset, args, value, levels)

    def need(self, node: Node, wanted: Type, what: str) -> None:
        """`what` takes this type here."""
        if node.type is not None and node.type != wanted:
            self._problem(NEEDED[wanted, node.type], node.offset, what=what)

    def same(self, nodes: Sequence[Node]) -> Type | None:
        """The one type of several results."""
        common: Type | None = None
        for node in nodes:
            if common and node.type and node.type != common:
                self._problem(MIXED[common, node.type], node.offset)
                return None
            common = common or node.type
        return common

    def comparable(self, left: Node, right: Node, sign: Token) -> None:
        """Both sides of a comparison are of one type that knows this sign."""
        if left.type is None or right.type is None:
            return
        if left.type != right.type:
            numbers = {left.type, right.type} == {"number", "text"}
            fix = "Write numbers without quotes and texts in single quotes." if numbers else ""
            self._problem(COMPARED[left.type, right.type], sign.offset, fix=fix)
        elif left.type in ("text", "yes_no") and sign.text.lower() not in ("=", "<>", "in"):
            self._problem(
                "{found} compares numbers and dates only.",
                sign.offset,
                fix="Texts and yes/no are compared with =, <> and in.",
                found=sign.text,
            )

    def call(self, name: str, function: Function, offset: int, args: list[Node]) -> Node:
        """A function with its arguments."""
        if len(args) < function.least or (function.most is not None and len(args) > function.most):
            most = function.most or "…"
            self._problem(
                "{what} takes {wanted} values, not {count}.",
                offset,
                what=name,
                wanted=str(most) if most == function.least else f"{function.least}–{most}",
                count=len(args),
            )
            return Node(name, None, offset)
        if name == "round":
            return self._round(offset, args)
        if name == "if":
            self.need(args[0], "yes_no", name)
            return self.node("case", self.same(args[1:]), offset, tuple(args))
        gives = function.gives
        if function.takes:
            for arg in args:
                self.need(arg, function.takes, name)
        else:
            gives = self.same(args)
            if name in ("least", "greatest") and gives in ("text", "yes_no"):
                self._problem("{what} takes numbers or dates.", args[0].offset, what=name)
        return self.node(name, gives, offset, tuple(args))

    def _round(self, offset: int, args: list[Node]) -> Node:
        self.need(args[0], "number", "round")
        digits = args[1].value if len(args) == 2 and args[1].op == "number" else 0 if len(args) == 1 else None
        if digits is None or digits != int(digits) or not LEAST_ROUNDED <= digits <= MOST_ROUNDED:
            self._problem(
                "the digits of round are a whole number from {least} to {most}.",
                args[-1].offset,
                least=LEAST_ROUNDED,
                most=MOST_ROUNDED,
            )
            digits = 0
        return self.node("round", "number", offset, (args[0],), int(digits))

    def _problem(self, message: str, offset: int, *, fix: str = "", **values: Any) -> None:
        self.problems.append(ExpressionError(message, fix=fix, offset=offset, **values))
