"""Conditions of the rules as native array arithmetic: one where they hold, nought elsewhere, over the rows of a range.

Inside SUMPRODUCT every Excel since 2007 calculates it. Only what is certain to mean the same is put into words of
Excel: comparisons of columns, thresholds and numbers, `and`, `or` and `is null`. A missing figure meets no comparison.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tierbook.rulepack.tree import Node

_SIGNS = {"<": "<", "<=": "<=", ">": ">", ">=": ">=", "=": "=", "!=": "<>", "<>": "<>"}


def native(node: Node, columns: Mapping[str, str], thresholds: Mapping[str, str]) -> str | None:
    """The condition as a formula.

    Parameters
    ----------
    columns : mapping
        Range of each column of numbers, blank where missing.
    thresholds : mapping
        Cell of each threshold.

    Returns
    -------
    str or None
        None for a condition that array arithmetic cannot say for certain.

    >>> from tierbook.rulepack.expression import parse
    >>> condition = parse("gap > late and orders >= 2", {"gap": "number", "late": "number", "orders": "number"})
    >>> native(condition.tree, {"gap": "A1:A9", "orders": "B1:B9"}, {"late": "D1"})
    '((A1:A9<>"")*(A1:A9>D1))*((B1:B9<>"")*(B1:B9>=2))'
    """
    if node.op in ("and", "or"):
        parts = [native(part, columns, thresholds) for part in node.args]
        known = [part for part in parts if part is not None]
        if len(known) < len(parts):
            return None
        return "*".join(known) if node.op == "and" else f"(({'+'.join(known)})>0)"
    if node.op == "is_null" and node.args[0].op == "name" and node.args[0].value in columns:
        return f'({columns[node.args[0].value]}{"<>" if node.value else "="}"")'
    if node.op != "compare" or node.value not in _SIGNS:
        return None
    sides, guards = [], []
    for side in node.args:
        if side.op == "number":
            sides.append(repr(float(side.value)).removesuffix(".0"))
        elif side.op == "neg" and side.args[0].op == "number":
            sides.append("-" + repr(float(side.args[0].value)).removesuffix(".0"))
        elif side.op == "name" and side.value in thresholds:
            sides.append(thresholds[side.value])
        elif side.op == "name" and side.value in columns:
            sides.append(columns[side.value])
            guards.append(f'({columns[side.value]}<>"")')
        else:
            return None
    if not guards:
        return None
    return f"({'*'.join([*guards, f'({sides[0]}{_SIGNS[node.value]}{sides[1]})'])})"
