"""Expressions for single rows: a tree becomes a few lines of Python, one per step, compiled once.

A cell asks about one customer, and NumPy takes half a microsecond to look at a single number. Numbers are Python floats
with NaN for missing, so arithmetic is that of the arrays, bit for bit; texts and dates are None where missing, yes/no
is a bool, or 1.0 / 0.0 / NaN where it can be missing. Functions whose last bit depends on the library are NumPy's own.
The names in the generated code are numbered, so nothing of a rule file is ever part of it but literals.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import numpy as np

from tierbook.rounding import LARGEST_NUDGED, NO_FRACTION, NUDGE
from tierbook.rulepack import arrays
from tierbook.rulepack.arrays import Coded
from tierbook.rulepack.tree import POPULATION, Node, Type, conditions, may_overflow, results

Row = Mapping[str, Any]
_INVERSE = {"=": "==", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_LARGEST_EXPONENT = 709.782712893384


def for_one_row(tree: Node) -> Callable[[Row], Any] | None:
    """The function that computes a tree from one value per name; None for a tree that looks at all rows.

    The names of the row are those of the tree, each as `given` makes it.
    """
    if any(node.op in POPULATION for node in tree.walk()):
        return None
    code = _Code()
    result = code.step(tree)
    if tree.type == "number":
        result = f"finite({result}) + 0.0"
    lines = "\n    ".join([*code.lines, f"return {result}"])
    scope = {**_FUNCTIONS, **code.constants}
    exec(compile(f"def row_value(row):\n    {lines}\n", "<expression>", "exec"), scope)
    made: Callable[[Row], Any] = scope["row_value"]
    return made


def given(value: Any, kind: Type) -> Any:
    """A value as the generated code takes it; None, NaN and NaT are missing."""
    if type(value) is float and kind != "text":
        return value
    if kind == "date":
        if value is None or type(value) is date:
            return value
        return np.asarray(value, dtype="datetime64[D]").item()
    if isinstance(value, np.ndarray):
        value = value.item()
    if kind == "text":
        return None if value is None or value != value else value
    return math.nan if value is None else float(value)


def single(columns: Row, types: Mapping[str, Type]) -> dict[str, Any] | None:
    """The row that columns of one element each hold, as the generated code takes it; None for any other columns."""
    seen = False
    for value in columns.values():
        if type(value) is np.ndarray and value.ndim:
            if value.size != 1:
                return None
            seen = True
        elif type(value) is Coded:
            return None
    if not seen or not types.keys() <= columns.keys():
        return None
    return {name: given(columns[name], kind) for name, kind in types.items()}


def as_column(value: Any, kind: Type, *, sure: bool) -> np.ndarray:
    """The value of one row as the column that arrays would give; `sure` is a yes/no that cannot be missing."""
    column = np.empty(1, dtype=bool if sure else _DTYPES[kind])
    column[0] = value
    return column


_DTYPES: dict[Type, Any] = {"number": float, "text": object, "date": "datetime64[D]", "yes_no": float}


class _Code:
    """The lines of one function; every step is a line, so depth costs nothing and nothing is computed twice."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.constants: dict[str, Any] = {}
        self.names: dict[str, str] = {}

    def line(self, text: str) -> str:
        name = f"v{len(self.lines)}"
        self.lines.append(f"{name} = {text}")
        return name

    def step(self, node: Node) -> str:
        """The variable or literal that holds the value of a node."""
        if node.op in ("number", "text", "yes_no", "date"):
            return self.literal(node)
        if node.op == "name":
            if node.value not in self.names:
                self.names[node.value] = self.line(f"row[{self.constant(node.value)}]")
            return self.names[node.value]
        make: Callable[[Node], str] | None = getattr(self, f"_{node.op}", None)
        if make:
            return self.line(make(node))
        if node.op in ("floor", "ceil", "sqrt", "ln", "length", "lower", "upper"):
            value = self.step(node.args[0])
            return self.line(f"{node.op}({value})")
        return self.line(f"{node.op}({', '.join(map(self.settled, node.args))})")

    def literal(self, node: Node) -> str:
        if node.op == "date":
            return self.constant(
                node.value if isinstance(node.value, date) else date.fromisoformat(node.value)
            )
        return repr(float(node.value)) if node.op == "number" else self.constant(node.value)

    def constant(self, value: Any) -> str:
        name = f"c{len(self.constants)}"
        self.constants[name] = value
        return name

    def settled(self, node: Node) -> str:
        """A value whose infinities are missing."""
        value = self.step(node)
        if node.type == "number" and may_overflow(node):
            return self.line(f"{value} if {value} - {value} == 0 else nan")
        return value

    def truth(self, node: Node) -> str:
        return f"({self.step(node)} == 1)"

    def compared(self, sign: str, left: Node, right: Node) -> str:
        a, b = self.settled(left), self.settled(right)
        if left.type in ("text", "date"):
            there = f"{a} is not None and {b} is not None"
            return f"({there} and {a} {'!=' if sign == '<>' else _INVERSE[sign]} {b})"
        return f"({a} < {b} or {a} > {b})" if sign == "<>" else f"({a} {_INVERSE[sign]} {b})"

    def _neg(self, node: Node) -> str:
        return f"-{self.step(node.args[0])}"

    def _abs(self, node: Node) -> str:
        return f"abs({self.step(node.args[0])})"

    def _sum(self, node: Node) -> str:
        first, *rest = map(self.step, node.args)
        return first + "".join(f" {sign} {term}" for sign, term in zip(node.value, rest, strict=True))

    def _product(self, node: Node) -> str:
        total = self.step(node.args[0])
        for sign, arg in zip(node.value, node.args[1:], strict=True):
            if sign == "/":
                total = self.line(f"divided({total}, {self.settled(arg)})")
            else:
                total = self.line(f"{total} * {self.step(arg)}")
        return total

    def _round(self, node: Node) -> str:
        return f"half_away({self.step(node.args[0])}, {node.value!r})"

    def _compare(self, node: Node) -> str:
        return self.compared(node.value, node.args[0], node.args[1])

    def _between(self, node: Node) -> str:
        value, low, high = node.args
        if node.value:
            return f"{self.compared('<', value, low)} or {self.compared('>', value, high)}"
        return f"{self.compared('>=', value, low)} and {self.compared('<=', value, high)}"

    def _in(self, node: Node) -> str:
        sign, join = ("<>", " and ") if node.value else ("=", " or ")
        return join.join(self.compared(sign, node.args[0], member) for member in node.args[1:])

    def _and(self, node: Node) -> str:
        return " and ".join(map(self.truth, node.args))

    def _or(self, node: Node) -> str:
        return " or ".join(map(self.truth, node.args))

    def _not(self, node: Node) -> str:
        return f"not {self.truth(node.args[0])}"

    def _is_null(self, node: Node) -> str:
        missing = self.missing(self.step(node.args[0]), node.args[0].type)
        return f"not {missing}" if node.value else missing

    def _case(self, node: Node) -> str:
        tests, values = (
            [self.truth(test) for test in conditions(node)],
            [self.step(one) for one in results(node)],
        )
        otherwise = values.pop() if len(values) > len(tests) else _nothing(node.type)
        chosen = [f"{value} if {test} else" for test, value in zip(tests, values, strict=True)]
        return " ".join([*chosen, otherwise])

    def _coalesce(self, node: Node) -> str:
        values = list(map(self.settled, node.args))
        return " ".join(
            [*(f"{one} if not {self.missing(one, node.type)} else" for one in values[:-1]), values[-1]]
        )

    def _nullif(self, node: Node) -> str:
        equal = self.compared("=", node.args[0], node.args[1])
        a, b = self.settled(node.args[0]), self.settled(node.args[1])
        return f"{_nothing(node.type)} if {equal} or {self.missing(b, node.type)} else {a}"

    def _least(self, node: Node) -> str:
        return self.extreme(node, "min")

    def _greatest(self, node: Node) -> str:
        return self.extreme(node, "max")

    def extreme(self, node: Node, pick: str) -> str:
        values = list(map(self.settled, node.args))
        there = ", ".join(values)
        if node.type == "date":
            return f"{pick}((one for one in ({there}) if one is not None), default=None)"
        return f"{pick}((one for one in ({there}) if one == one), default=nan)"

    def missing(self, value: str, kind: Type | None) -> str:
        if kind in ("text", "date"):
            return f"({value} is None)"
        return f"({value} - {value} != 0)"


def _nothing(kind: Type | None) -> str:
    return "None" if kind in ("text", "date") else "nan"


def _divided(a: float, b: float) -> float:
    if b != 0:
        return a / b
    return math.nan if a == 0 or a != a else math.inf


def _finite(x: float) -> float:
    return x if x - x == 0 else math.nan


def _whole(function: Callable[[float], int]) -> Callable[[float], float]:
    return lambda x: float(function(x)) if x - x == 0 else x


def _ln(x: float) -> float:
    if x > 0:
        return float(np.log(x))
    return -math.inf if x == 0 else math.nan


def _exp(x: float) -> float:
    return float(np.exp(x)) if not x > _LARGEST_EXPONENT else math.inf


def _power(a: float, b: float) -> float:
    if a != a or b != b:
        return math.nan
    with np.errstate(all="ignore"):
        return float(np.power(a, b))


def _half_away(x: float, digits: int) -> float:
    """`tierbook.rounding.half_away` for one number."""
    if x - x != 0:
        return x
    scale = 10.0 ** abs(digits)
    t = abs(x) * scale if digits >= 0 else abs(x) / scale
    if t >= NO_FRACTION:
        return x
    whole = float(math.floor(min(t, LARGEST_NUDGED) * NUDGE + 0.5 + t))
    return math.copysign(whole / scale if digits >= 0 else whole * scale, x)


def _letters(name: str) -> Callable[[str | None], str | None]:
    table = arrays.LETTERS[name]
    return lambda text: None if text is None else text.translate(table)


_FUNCTIONS: dict[str, Any] = {
    "nan": math.nan, "finite": _finite, "divided": _divided, "half_away": _half_away, "floor": _whole(math.floor),
    "ceil": _whole(math.ceil), "ln": _ln, "exp": _exp, "power": _power,
    "sqrt": lambda x: math.sqrt(x) if x >= 0 else math.nan,
    "length": lambda text: math.nan if text is None else float(len(text)),
    "days": lambda start, end: math.nan if start is None or end is None else float((end - start).days),
    "listed": arrays.holds_name, "lower": _letters("lower"), "upper": _letters("upper"),
}  # fmt: skip
