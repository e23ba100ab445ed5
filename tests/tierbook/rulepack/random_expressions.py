"""Random expressions of the rule language, every function included, and random data to run them over."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

import numpy as np
from hypothesis import strategies as st

from tierbook.rulepack.expression import Type

NAMES: dict[str, Type] = {
    "a": "number", "b": "number", "orders": "number", "limit": "number",
    "s": "text", "客户": "text", "yes": "yes_no", "member": "yes_no", "d": "date", "end": "date",
}  # fmt: skip
LIMIT = 0.3  # `limit` is a threshold: one value for all rows
NUMBERS = [
    None, 0.0, -0.0, 1.0, -1.0, 2.0, 0.5, -0.5, 1.005, 2.675, -2.5, 3.0, 0.1, 1 / 3, 12.0, -8.0, 100.0, 709.9, 1e6, 123456.789,
    4503599627370497.0, 9007199254740993.0, 1e15, 1e22, 1e150, -1e200, 1e308, -1e308, 1.7976931348623157e308, 5e-324, -5e-324,
    1e-310, 1e-160, 1e-308, float("nan"), float("inf"), float("-inf"),
]  # fmt: skip
TEXTS = [
    None,
    "",
    "a",
    "A",
    "a ",
    "cash",
    "a; 客户；ca sh",
    "Cash",
    "É",
    "é",
    "e\u0301",
    "客户",
    "👨‍👩‍👧",
    "it's",
    "ß",
    "{0}",
    "\\",
    "%",
    "NULL",
]
DATES = [None, date(2025, 1, 1), date(2024, 2, 29), date(1900, 3, 1), date(1969, 12, 31), date(2999, 12, 31)]
LITERALS: dict[Type, list[str]] = {
    "number": ["0", "1", "2", "0.5", "3", "10", "0.1", "1e308", "1e-200", "100", "2.5", ".25", "1e15", "7"],
    "text": ["'cash'", "''", "'a'", "'É'", "'客户'", "'it''s'", "'👨‍👩‍👧'", "'{0}'", "'\\'", "'a '"],
    "yes_no": ["true", "false"],
    "date": ["date '2025-01-01'", "date '1969-12-31'", "date '2024-02-29'"],
}
SLIPPERY = ("ln(", "exp(", "power(")  # two mathematical libraries may differ in the last bit


def rows(seed: int, count: int = 40) -> dict[str, list]:
    """Random columns, lists of Python values with None where missing."""
    generator = np.random.default_rng(seed)

    def some(values: list, odd: object) -> list:
        return [values[i] if i < len(values) else odd for i in generator.integers(0, len(values) + 6, count)]

    found: dict[str, list] = {}
    for name, kind in NAMES.items():
        if kind == "number":
            column = some(NUMBERS, 0.0)
            for i in np.flatnonzero(generator.random(count) < 0.4):
                column[i] = float(np.round(generator.normal(0, 50), int(generator.integers(0, 4))))
            found[name] = column
        elif kind == "text":
            found[name] = some(TEXTS, "cash")
        elif kind == "yes_no":
            found[name] = [(None, True, False)[i] for i in generator.integers(0, 3, count)]
        else:
            found[name] = [
                day and day + timedelta(int(generator.integers(0, 9))) for day in some(DATES, DATES[1])
            ]
    found["limit"] = [LIMIT] * count
    return found


@cache
def expressions(kind: Type, depth: int = 5, population: bool = True) -> st.SearchStrategy[str]:
    """Texts of expressions of a type."""
    leaves = st.sampled_from([name for name, its in NAMES.items() if its == kind] + LITERALS[kind])
    if depth == 0:
        return leaves

    def of(wanted: Type, *, ranked: bool = population) -> st.SearchStrategy[str]:
        return st.deferred(lambda: expressions(wanted, depth - 1, ranked))

    def form(template: str, *parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return st.tuples(*parts).map(lambda given: template.format(*given))

    same = of(kind)
    forms = [
        leaves,
        form("if({}, {}, {})", of("yes_no"), same, same),
        form("case when {} then {} end", of("yes_no"), same),
        form(
            "case when {} then {} when {} then {} else {} end", of("yes_no"), same, of("yes_no"), same, same
        ),
        form("coalesce({}, {})", same, same),
        form("coalesce({}, {}, {})", same, same, same),
        form("nullif({}, {})", same, same),
    ]
    number, text, day, yes = (of(each) for each in ("number", "text", "date", "yes_no"))
    if kind in ("number", "date"):
        forms += [form("least({}, {})", same, same), form("greatest({}, {}, {})", same, same, same)]
    if kind == "number":
        forms += [form(f"({{}} {sign} {{}})", number, number) for sign in "+-*/"] * 2
        forms += [
            form("({} - {} + {})", number, number, number),
            form("({} * {} / {})", number, number, number),
        ]
        forms += [
            form(f"{name}({{}})", number)
            for name in ("abs", "round", "floor", "ceil", "ln", "exp", "sqrt", "-")
        ]
        forms += [
            form("power({}, {})", number, number),
            form("length({})", text),
            form("days({}, {})", day, day),
        ]
        forms += [form("round({}, {})", number, st.integers(-6, 12).map(str))]
        if population:
            names = ("top_share", "percent_rank_of_all", "median_of_all", "sum_of_all")
            forms += [form(f"{name}({{}})", of("number", ranked=False)) for name in names]
    if kind == "text":
        forms += [form("lower({})", text), form("upper({})", text)]
    if kind == "yes_no":
        forms += [form("listed({}, {})", text, text)]
        for each in (number, day):
            forms += [form(f"({{}} {sign} {{}})", each, each) for sign in ("=", "<>", "<", "<=", ">", ">=")]
            forms += [
                form(f"({{}} {word} {{}} and {{}})", each, each, each) for word in ("between", "not between")
            ]
        for each in (number, text, day, yes):
            forms += [form(f"({{}} {sign} {{}})", each, each) for sign in ("=", "<>")]
            forms += [form(f"({{}} {word} ({{}}, {{}}))", each, each, each) for word in ("in", "not in")]
            forms += [form("({} is null)", each), form("({} is not null)", each)]
        forms += [
            form("({} and {})", yes, yes),
            form("({} or {} or {})", yes, yes, yes),
            form("(not {})", yes),
        ]
    return st.one_of(forms)
