"""Expressions on NumPy arrays: each step becomes a closure once, each call runs them over whole columns.

Arithmetic may leave an infinity behind; `_settled` turns it into a missing value where a step could notice the
difference (see `tree.may_overflow`), which saves a pass over the data for most steps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tierbook.errors import DataError
from tierbook.rounding import half_away
from tierbook.rulepack import arrays, population
from tierbook.rulepack.arrays import Coded
from tierbook.rulepack.tree import POPULATION, Node, Type, conditions, may_overflow, results

Columns = Mapping[str, Any]
Step = Callable[[Columns], Any]

_ROWS = ""  # no column has this name; the number of rows, for functions that look at all of them


class Settled(dict[str, Any]):
    """Columns that `settled` has gone over once, for any number of expressions."""


def settled(types: Mapping[str, Type], columns: Columns) -> Settled:
    """The columns of `types` as arrays of their types, of one length, infinities made missing."""
    found = Settled()
    rows = None
    for name, wanted in types.items():
        if name not in columns:
            raise DataError("The column {name} is not there.", name=name)
        column = found[name] = arrays.column(columns[name], wanted)
        if column.ndim:
            rows = len(column) if rows is None else rows
            if len(column) != rows:
                raise DataError("The columns {names} are not of one length.", names=", ".join(types))
    if rows is None:
        rows = next(
            (
                len(column)
                for column in columns.values()
                if isinstance(column, np.ndarray | Coded) and column.ndim
            ),
            None,
        )
    found[_ROWS] = rows
    return found


def evaluated(steps: Step, kind: Type, types: Mapping[str, Type], columns: Columns) -> np.ndarray:
    """The value of every row; see `Expression.evaluate`."""
    typed = columns if isinstance(columns, Settled) else settled(types, columns)
    rows = typed[_ROWS]
    with np.errstate(all="ignore"):
        value = np.asarray(steps(typed))
        if kind == "number":
            value = np.asarray(value + 0.0)  # a copy, its negative zeros plain
            np.putmask(value, np.isinf(value), np.nan)
        elif kind == "text":
            value = np.where(arrays.is_text(value), value, arrays.MISSING["text"])
    return value if rows is None or value.ndim else np.full(rows, value, dtype=value.dtype)


def compiled(node: Node) -> Step:
    """The closure that computes a tree."""
    if node.op in _LITERALS:
        value = _LITERALS[node.op](node.value)
        return lambda columns: value
    name = node.value
    if node.op == "name" and node.type == "text":
        return lambda columns: arrays.spread(columns[name])
    if node.op == "name":
        return lambda columns: columns[name]
    text = _only_text(node)
    return _once_per_text(text, _made(node)) if text else _made(node)


def _only_text(node: Node) -> str | None:
    """The name of the text column that a step reads, when it reads nothing else."""
    parts = list(node.walk())
    names = {part.value for part in parts if part.op == "name"}
    texts = {part.value for part in parts if part.op == "name" and part.type == "text"}
    whole = any(part.op in POPULATION for part in parts)
    return texts.pop() if len(names) == len(texts) == 1 and not whole else None


def _once_per_text(name: str, step: Step) -> Step:
    """A step computed on the distinct texts of a coded column, then given to their rows."""

    def per_text(columns: Columns) -> Any:
        column = columns[name]
        if not isinstance(column, Coded):
            return step(columns)
        return step({**columns, name: column.texts})[column.codes]

    return per_text


def _made(node: Node) -> Step:
    if node.op in _FUNCTIONS:
        function, inner = _FUNCTIONS[node.op], compiled(node.args[0])
        return lambda columns: function(inner(columns))
    return _MAKERS[node.op](node)


def _settled(node: Node) -> Step:
    """The step of a value, infinities made missing."""
    step = compiled(node)
    if node.type == "number" and node.op != "name" and may_overflow(node):
        return lambda columns: arrays.finite(step(columns))
    return step


def _truth(node: Node) -> Step:
    step = compiled(node)
    return lambda columns: arrays.truth(step(columns))


def _called(function: Callable[..., Any], node: Node) -> Step:
    """A function of settled values."""
    if len(node.args) == 1:
        inner = _settled(node.args[0])
        return lambda columns: function(inner(columns))
    first, second = (_settled(arg) for arg in node.args)
    return lambda columns: function(first(columns), second(columns))


# Arithmetic


def _sum(node: Node) -> Step:
    signs = {"+": np.add, "-": np.subtract}
    return _folded([compiled(arg) for arg in node.args], [signs[sign] for sign in node.value])


def _product(node: Node) -> Step:
    # An infinity above the line stays one; below the line it would become 0.
    signs = ("*", *node.value)
    terms = [
        _settled(arg) if sign == "/" else compiled(arg) for arg, sign in zip(node.args, signs, strict=True)
    ]
    return _folded(terms, [np.divide if sign == "/" else np.multiply for sign in node.value])


def _folded(terms: list[Step], ufuncs: list[np.ufunc]) -> Step:
    first, rest = terms[0], list(zip(ufuncs, terms[1:], strict=True))

    def folded(columns: Columns) -> Any:
        total, own = first(columns), False
        for ufunc, term in rest:
            value = term(columns)
            if own and np.ndim(total) and np.shape(value) in ((), total.shape):
                ufunc(total, value, out=total)
            else:
                total, own = ufunc(total, value), True
        return total

    return folded


def _round(node: Node) -> Step:
    inner, digits = compiled(node.args[0]), node.value
    return lambda columns: half_away(inner(columns), digits)


def _extreme(node: Node) -> Step:
    pick = np.fmin if node.op == "least" else np.fmax
    return _joined([_settled(arg) for arg in node.args], pick)


def _joined(steps: list[Step], join: np.ufunc) -> Step:
    first, rest = steps[0], steps[1:]

    def joined(columns: Columns) -> Any:
        answer = first(columns)
        for step in rest:
            answer = join(answer, step(columns))
        return answer

    return joined


# Yes or no


def _compare(node: Node) -> Step:
    return _compared(node.value, node.args[0], node.args[1])


def _compared(sign: str, left: Node, right: Node) -> Step:
    kind, a, b = left.type, _settled(left), _settled(right)
    if kind == "text" and sign == "=" and right.op == "text":
        return lambda columns: np.asarray(a(columns) == b(columns), dtype=bool)  # a missing text is no text
    return lambda columns: arrays.compare(sign, kind, a(columns), b(columns))


def _between(node: Node) -> Step:
    value, low, high = node.args
    if node.value:
        return _joined([_compared("<", value, low), _compared(">", value, high)], np.logical_or)
    return _joined([_compared(">=", value, low), _compared("<=", value, high)], np.logical_and)


def _in(node: Node) -> Step:
    sign, join = ("<>", np.logical_and) if node.value else ("=", np.logical_or)
    return _joined([_compared(sign, node.args[0], member) for member in node.args[1:]], join)


def _and_or(node: Node) -> Step:
    return _joined([_truth(arg) for arg in node.args], np.logical_and if node.op == "and" else np.logical_or)


def _not(node: Node) -> Step:
    inner = _truth(node.args[0])
    return lambda columns: ~inner(columns)


def _is_null(node: Node) -> Step:
    inner, kind, negated = compiled(node.args[0]), node.args[0].type, node.value
    return lambda columns: arrays.is_missing(inner(columns), kind) ^ negated


# Choices and functions


def _case(node: Node) -> Step:
    tests = [_truth(condition) for condition in conditions(node)]
    values = [compiled(result) for result in results(node)]
    missing = arrays.MISSING[node.type or "number"]
    otherwise = values.pop() if len(values) > len(tests) else lambda columns: missing
    branches = list(zip(tests, values, strict=True))[::-1]

    def chosen(columns: Columns) -> Any:
        answer = otherwise(columns)
        for test, value in branches:
            answer = np.where(test(columns), value(columns), answer)
        return answer

    return chosen


def _coalesce(node: Node) -> Step:
    steps, kind = [_settled(arg) for arg in node.args], node.type
    return lambda columns: arrays.coalesce([step(columns) for step in steps], kind)


def _nullif(node: Node) -> Step:
    kind: Type = node.type or "number"
    return _called(lambda a, b: arrays.nullif(a, b, kind), node)


def _letters(node: Node) -> Step:
    name = node.op
    return _called(lambda texts: arrays.letters(name, texts), node)


def _population(node: Node) -> Step:
    function: Callable[..., Any] = getattr(population, node.op)
    inner = [_settled(arg) for arg in node.args]
    return lambda columns: np.asarray(
        function(
            *(
                np.broadcast_to(step(columns), 1 if columns[_ROWS] is None else columns[_ROWS])
                for step in inner
            )
        )
    )


_LITERALS: dict[str, Callable[[Any], Any]] = {
    "number": np.float64,
    "yes_no": np.bool_,
    "text": lambda value: np.array(value, dtype=object),
    "date": lambda value: np.datetime64(value, "D"),
}
# Functions that let an infinity pass, so that it is settled once, later.
_FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "neg": np.negative, "abs": np.abs, "floor": np.floor, "ceil": np.ceil, "sqrt": np.sqrt, "ln": np.log,
    "length": arrays.length,
}  # fmt: skip
_MAKERS: dict[str, Callable[[Node], Step]] = {
    **dict.fromkeys(POPULATION, _population),
    **dict.fromkeys(("and", "or"), _and_or),
    **dict.fromkeys(("least", "greatest"), _extreme),
    **dict.fromkeys(("lower", "upper"), _letters),
    "sum": _sum, "product": _product, "round": _round, "compare": _compare, "between": _between, "in": _in,
    "is_null": _is_null, "not": _not, "case": _case, "coalesce": _coalesce, "nullif": _nullif,
    # exp of minus infinity would be 0, and a power of an infinity may be 0 or 1.
    "exp": lambda node: _called(np.exp, node),
    "power": lambda node: _called(arrays.power, node),
    "days": lambda node: _called(arrays.days, node),
    "listed": lambda node: _called(arrays.listed, node),
}  # fmt: skip
