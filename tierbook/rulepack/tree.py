"""What an expression is made of: typed nodes with their place in the text, and the problem that names a place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from tierbook.errors import RuleError

if TYPE_CHECKING:
    from tierbook.quality import Problem

Type = Literal["number", "text", "yes_no", "date"]


class ExpressionError(RuleError):
    """An expression that is not of the rule language; `offset` is the position in its text, from 0.

    `problems` holds every problem of the expression (`column` counts from 1 inside the expression), this one first.
    """

    def __init__(
        self,
        message: str,
        *,
        offset: int = 0,
        fix: str = "",
        place: str = "",
        rows: Sequence[int] = (),
        problems: Sequence[Problem] = (),
        **values: Any,
    ) -> None:
        super().__init__(message, fix=fix, place=place, rows=rows, problems=problems, **values)
        self.offset = offset

    def at(self, place: str) -> ExpressionError:
        """The same error with its place."""
        return ExpressionError(
            self.message, offset=self.offset, fix=self.fix, place=place, problems=self.problems, **self.values
        )


class Function(NamedTuple):
    """What a function takes and gives; `most` None for any number of arguments, `takes` None for any one type."""

    least: int
    most: int | None
    takes: Type | None
    gives: Type | None


FUNCTIONS: dict[str, Function] = {
    "abs": Function(1, 1, "number", "number"),
    "round": Function(1, 2, "number", "number"),
    "floor": Function(1, 1, "number", "number"),
    "ceil": Function(1, 1, "number", "number"),
    "least": Function(2, None, None, None),
    "greatest": Function(2, None, None, None),
    "coalesce": Function(2, None, None, None),
    "nullif": Function(2, 2, None, None),
    "ln": Function(1, 1, "number", "number"),
    "exp": Function(1, 1, "number", "number"),
    "sqrt": Function(1, 1, "number", "number"),
    "power": Function(2, 2, "number", "number"),
    "lower": Function(1, 1, "text", "text"),
    "upper": Function(1, 1, "text", "text"),
    "length": Function(1, 1, "text", "number"),
    "listed": Function(2, 2, "text", "yes_no"),
    "if": Function(3, 3, None, None),
    "days": Function(2, 2, "date", "number"),
}
POPULATION: dict[str, Function] = {
    name: Function(1, 1, "number", "number")
    for name in ("top_share", "percent_rank_of_all", "median_of_all", "sum_of_all")
}

# Numbers that cannot be infinite or NaN once their arguments are not.
_TAME = frozenset(
    {
        "number",
        "coalesce",
        "least",
        "greatest",
        "length",
        "days",
        "top_share",
        "percent_rank_of_all",
        "sum_of_all",
    }
)
_PASSING = frozenset({"neg", "abs", "floor", "ceil", "round", "nullif"})


@dataclass(frozen=True, slots=True)
class Node:
    """One step of an expression.

    `op` is a literal (`number`, `text`, `date`, `yes_no`), a `name`, an operator (`neg`, `sum`, `product`, `compare`,
    `between`, `in`, `is_null`, `not`, `and`, `or`), `case` (condition, result, …, and the `else` if the count is
    odd; `if` is one too) or a function. `value` is the literal, the name, the signs of a sum or product between its
    terms, the comparison sign, the digits of `round`, or whether `in`, `between`, `is_null` is negated.
    """

    op: str
    type: Type | None  # None: the problem is reported already
    offset: int
    args: tuple[Node, ...] = ()
    value: Any = None
    levels: int = 1

    def walk(self) -> Iterator[Node]:
        """This node and all below it."""
        yield self
        for arg in self.args:
            yield from arg.walk()


def may_overflow(node: Node) -> bool:
    """Whether the plain arithmetic of this number may leave an infinity or NaN behind, a column included."""
    if node.op in _TAME:
        return False
    if node.op in _PASSING:
        return may_overflow(node.args[0])
    if node.op == "case":
        return any(may_overflow(result) for result in results(node))
    return True


def may_be_missing(node: Node) -> bool:
    """Whether a yes/no can be missing: columns can, comparisons cannot."""
    if node.op in ("name", "nullif"):
        return True
    if node.op == "coalesce":
        return all(may_be_missing(arg) for arg in node.args)
    if node.op == "case":
        return len(node.args) % 2 == 0 or any(may_be_missing(result) for result in results(node))
    return False


def results(case: Node) -> tuple[Node, ...]:
    """What a `case` may give, `else` included."""
    last = case.args[-1:] if len(case.args) % 2 else ()
    return case.args[1::2] + last


def conditions(case: Node) -> tuple[Node, ...]:
    """What a `case` asks."""
    return case.args[: len(case.args) // 2 * 2 : 2]
