"""Every example of docs/expressions.md is true, on arrays and in DuckDB, and the Chinese page has the same ones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tierbook.rulepack.expression import ExpressionError, Type, parse

PAGE = Path(__file__).parents[3] / "docs" / "expressions.md"
CHINESE = PAGE.with_name("expressions.zh.md")
NAMES: dict[str, Type] = {
    "spend": "number", "orders": "number", "total": "number", "settlement": "text", "is_member": "yes_no", "first_date": "date",
}  # fmt: skip
SQL = {"number": "DOUBLE", "text": "VARCHAR", "yes_no": "BOOLEAN", "date": "DATE"}
ARRAYS: dict[str, Any] = {"number": float, "text": object, "yes_no": float, "date": "datetime64[D]"}


def table(*headers: str, page: Path = PAGE) -> Iterator[tuple[str, ...]]:
    """The rows below each table with these headers."""
    inside = False
    for line in page.read_text("utf-8").splitlines():
        cells = tuple(cell.strip() for cell in line.strip("|").split(" | ")) if line.startswith("|") else ()
        if cells == headers:
            inside = True
        elif not cells:
            inside = False
        elif inside and not line.startswith("|-"):
            yield cells


def value(text: str) -> Any:
    """A value as the page writes it."""
    words = {"missing": None, "yes": True, "no": False}
    if text in words:
        return words[text]
    if text.startswith("'"):
        return text[1:-1]
    return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else float(text)


def values(text: str) -> list:
    return [value(text)] if text.startswith("'") else [value(word) for word in text.split()]


EXAMPLES = list(table("expression", "with", "gives"))
REFUSED = list(table("refused", "place", "says"))


def given(text: str) -> dict[str, list]:
    return {name: values(its) for name, its in re.findall(r"(\w+) = ('[^']*'|[^,]+)", text)}


@pytest.mark.parametrize(("expression", "columns", "gives"), EXAMPLES)
def test_an_example_gives_what_the_page_says_on_arrays(expression: str, columns: str, gives: str) -> None:
    arrays: dict[str, Any] = {
        name: np.array(its, dtype=ARRAYS[NAMES[name]]) for name, its in given(columns).items()
    }
    found = parse(expression.strip("`"), NAMES, population=True).evaluate(arrays).tolist()
    assert [None if one != one else one for one in found] == values(gives)


@pytest.mark.parametrize(("expression", "columns", "gives"), EXAMPLES)
def test_an_example_gives_what_the_page_says_in_duckdb(expression: str, columns: str, gives: str) -> None:
    import duckdb

    data = given(columns)
    sql = parse(expression.strip("`"), NAMES, population=True).sql("duckdb")
    with duckdb.connect() as connection:
        typed = ", ".join(f"{name} {SQL[NAMES[name]]}" for name in data)
        connection.execute(f"CREATE TABLE t ({typed}, row_no INTEGER)")
        for i, row in enumerate(zip(*data.values(), strict=True)):
            connection.execute(f"INSERT INTO t VALUES ({'?, ' * len(row)}?)", [*row, i])
        found = connection.execute(f"SELECT {sql} FROM t ORDER BY row_no").fetchall()
    assert [one for (one,) in found] == values(gives)


@pytest.mark.parametrize(("expression", "place", "says"), REFUSED)
def test_what_the_page_refuses_is_refused_at_its_place(expression: str, place: str, says: str) -> None:
    text, _, inside = expression.strip("`").partition("` in `")
    with pytest.raises(ExpressionError) as refused:
        parse(text, NAMES, population=not inside)
    assert str(refused.value) == says
    assert refused.value.offset == int(place) - 1


def test_the_chinese_page_has_the_same_examples() -> None:
    words = {"缺失": "missing", "是": "yes", "否": "no"}
    found = [
        tuple(re.sub("缺失|是|否", lambda word: words[word.group()], cell) for cell in row)
        for row in table("表达式", "已知", "结果", page=CHINESE)
    ]
    assert found == EXAMPLES


@pytest.mark.parametrize(("expression", "place", "says"), list(table("表达式", "位置", "提示", page=CHINESE)))
def test_what_the_chinese_page_refuses_is_refused_in_chinese(expression: str, place: str, says: str) -> None:
    text, _, inside = expression.strip("`）").partition("`（在 `")
    with pytest.raises(ExpressionError) as refused:
        parse(text, NAMES, population=not inside)
    assert refused.value.text("zh") == says
    assert refused.value.offset == int(place) - 1


def test_the_page_has_its_examples() -> None:
    assert len(EXAMPLES) > 50
    assert len(REFUSED) > 20
