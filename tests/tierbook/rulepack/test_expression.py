"""The rule language: what it refuses and where, and what its expressions give on arrays."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tierbook.rulepack import random_expressions
from tierbook.errors import DataError
from tierbook.language import sentences
from tierbook.rulepack.expression import Expression, ExpressionError, Type, parse

NAMES: dict[str, Type] = {
    "spend": "number", "orders": "number", "orders_per_month": "number", "total_amount": "number", "key_top": "number",
    "settlement": "text", "is_member": "yes_no", "date": "date", "end": "date", "订单数": "number",
}  # fmt: skip


def refused(text: str, **options: Any) -> ExpressionError:
    with pytest.raises(ExpressionError) as problem:
        parse(text, NAMES, **options)
    return problem.value


# The hazards of the rule team's list (nasty_rules.csv), in our shape: row, expression, place, words.
NASTY = [
    (25, "settlement = “cash”", 13, "straight single quotes"),
    (32, "not " * 60 + "is_member", 160, "nesting too deep"),
    (32, "(" * 2_000, 40, "nesting too deep"),
    (32, "-" * 60 + "spend", 0, "comments are not allowed"),
    (32, "- " * 60 + "spend", 80, "nesting too deep"),
    (32, "case when " * 60, 400, "nesting too deep"),
    (32, "spend in (" * 60, 409, "nesting too deep"),
    (32, "(end + " * 60 + "1" + ")" * 60, 280, "nesting too deep"),
    (35, "spend > 3 -- large", 10, "comments are not allowed"),
    (35, "spend /* all */ > 3", 6, "comments are not allowed"),
    (38, "getenv('HOME')", 0, "unknown function 'getenv'"),
    (39, "().__class__.__bases__", 2, "not part of the rule language"),
    (39, "() > 1", 1, "')' is not expected here"),
    (39, "__import__('os').system('id')", 16, "not part of the rule language"),
    (40, "9 ** 9 ** 9", 2, "Write power(x, y)"),
    (40, "repeat('a', 1000000000)", 0, "unknown function 'repeat'"),
    (41, "regexp_matches(settlement, '(a+)+$')", 0, "unknown function"),
    (41, "settlement regexp '(a+)+$'", 11, "patterns are not part"),
    (44, "settlement > 5", 11, "text compared with number"),
    (45, "0 < spend < 5", 10, "chained comparison"),
    (45, "orders = spend = 5", 15, "chained comparison"),
    (46, "total_amоunt > 3", 0, "its 'о' is Cyrillic Small Letter O"),
    (19, "spend +", 7, "a value is missing at the end"),
]


@pytest.mark.parametrize(("row", "text", "offset", "words"), NASTY, ids=[str(case[0]) for case in NASTY])
def test_a_hazard_is_refused_at_its_place(row: int, text: str, offset: int, words: str) -> None:
    problem = refused(text)
    assert words in str(problem)
    assert problem.offset == offset


@pytest.mark.parametrize(
    ("text", "offset", "says"),
    [
        ("", 0, "the expression is empty."),
        ("  ", 0, "the expression is empty."),
        ("100 * order_per_month", 6, "unknown feature 'order_per_month'; did you mean 'orders_per_month'?"),
        ("qqqqq > 1", 0, "unknown feature 'qqqqq'"),
        ("spend > 1;", 9, "; is not part of the rule language."),
        ("spend > ?", 8, "? is not part"),
        ("spend > :x", 8, ": is not part"),
        ("spend || 'a'", 6, "| is not part of the rule language. Write or;"),
        ("spend > 1 && orders > 1", 10, "&& is not part of the rule language. Write and."),
        ("spend ≥ 1", 6, "Write >=."),
        ("spend <=> 1", 6, "Write =."),
        ("spend > 1e999", 8, "1e999 is too large for a number."),
        ("spend > 0x1F", 8, "0x1F is not a number."),
        ("spend > 5.", 8, "5. is not a number."),
        ("spend > 1.2.3", 8, "1.2.3 is not a number."),
        ("spend > 1,000", 10, "000 starts with a zero"),
        ("spend > 1,100", 9, "',' is not expected here."),
        ("spend > １", 8, "１ is not part"),
        ("settlement = 'cash", 13, "this text has no closing quote."),
        ("settlement = 'a\nb'", 15, "there is an invisible character (U+000A) here."),
        ("spend\u200b > 1", 5, "there is an invisible character (U+200B) here."),
        ("spend > 1。", 9, "half-width"),
        ("`spend` > 1", 0, "` is not a quote"),
        ("spend > cast(orders as int)", 8, "unknown function 'cast'"),
        ("date > date '2025-02-30'", 12, "'2025-02-30' is not a date. Write date '2025-01-31'."),
        ("date > date '2025-W01-1'", 12, "is not a date"),
        ("date > date 'ten chars.'", 12, "is not a date"),
        ("date > '2025-01-01'", 5, "date compared with text."),
        ("is_member = 1", 10, "yes/no compared with number."),
        ("is_member < true", 10, "< compares numbers and dates only."),
        ("settlement between 'a' and 'b'", 11, "between compares numbers and dates only."),
        ("spend in (1, 'a')", 6, "number compared with text."),
        ("spend and is_member", 0, "and needs yes or no, found number."),
        ("not spend", 4, "not needs yes or no, found number."),
        ("-settlement", 1, "- needs a number, found text."),
        ("spend * is_member", 8, "* needs a number, found yes/no."),
        ("days(date, spend)", 11, "days needs a date, found number."),
        ("length(spend)", 7, "length needs a text, found number."),
        ("least('a', 'b')", 6, "least takes numbers or dates."),
        ("coalesce(spend, 'a')", 16, "number and text cannot stand in one result."),
        ("if(is_member, 1)", 0, "if takes 3 values, not 2."),
        ("round(1, 2, 3)", 0, "round takes 1–2 values, not 3."),
        ("coalesce(spend)", 0, "coalesce takes 2–… values, not 1."),
        ("round(spend, orders)", 13, "the digits of round are a whole number from -6 to 12."),
        ("round(spend, 1.5)", 13, "the digits of round"),
        ("round(spend, 13)", 13, "the digits of round"),
        ("case spend when 1 then 2 end", 0, "case is followed by when."),
        ("case when is_member then 1", 26, "the expression ends before end."),
        ("if is_member then 1", 0, "unknown feature 'if'"),
        ("spend is missing", 9, "'missing' stands where null should be."),
        ("null", 0, "null is not a value."),
        ("spend = 1 is null", 10, "chained comparison."),
        ("spend orders", 6, "'orders' is not expected here."),
        ("spend 'a'", 6, "'a' is not expected here."),
        ("spend()", 0, "'spend' is no function. Take the brackets away."),
        ("+5", 0, "'+' is not expected here."),
        ("where", 0, "unknown feature 'where'"),
        ("then", 0, "'then' is not expected here."),
        ("top_share(spend)", 0, "stands only in features"),
        (" + ".join(["spend"] * 101), 798, "more than 100 terms in one sum or product."),
        (" ".join(["spend +"] * 600), 4_000, "an expression has at most 4000 characters, this one has 4799."),
    ],
)  # fmt: skip
def test_what_is_not_of_the_language_is_refused_at_its_place(text: str, offset: int, says: str) -> None:
    problem = refused(text)
    assert says in str(problem)
    assert problem.offset == offset


def test_a_population_function_stands_in_no_other() -> None:
    assert refused("top_share(sum_of_all(spend))", population=True).offset == 10
    assert parse("sum_of_all(spend) + top_share(orders)", NAMES, population=True).type == "number"


def test_top_share_asks_for_the_purchases() -> None:
    assert parse("top_share(spend)", NAMES, population=True).names == {"spend", "orders"}
    with pytest.raises(ExpressionError, match="top_share needs the feature orders"):
        parse("top_share(spend)", {"spend": "number"}, population=True)


def test_all_problems_of_names_and_types_are_told_at_once() -> None:
    problem = refused("settlement > 5 and foo > 1 and not bar and length(spend) > orders")
    assert [one.column for one in problem.problems] == [12, 20, 36, 51]
    assert problem.offset == 11


def test_a_column_is_called_a_column_where_names_are_columns() -> None:
    assert "unknown column 'amont'" in str(refused("amont > 3", called="column"))


def test_a_type_may_be_asked_for() -> None:
    assert str(refused("spend", wanted="yes_no")) == "it needs yes or no, found number."


def test_a_problem_is_told_in_chinese_and_keeps_its_offset_with_a_place() -> None:
    problem = refused("spend + settlement").at("rules/x.yaml:1:2")
    assert problem.offset == 8
    assert problem.text("zh") == "rules/x.yaml:1:2: + 需要数字，此处是文本。"


def test_every_sentence_of_this_page_has_a_translation() -> None:
    texts = [case[1] for case in NASTY]
    assert not {refused(text).message for text in texts} - set(sentences("zh"))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("SPEND / Orders", "number"),
        ("ｓｐｅｎｄ + 1", "number"),
        ("订单数\u3000>= 3", "yes_no"),
        ("date >= date '2025-01-01' and end < date", "yes_no"),
        ("case when is_member then end else end end", "date"),
        ("- - spend", "number"),
        ("spend -(-1)", "number"),
        ("settlement = 'it''s; -- fine \\ {x} %'", "yes_no"),
        (".5 + 1.5E-3", "number"),
        ("(spend > 1) = is_member", "yes_no"),
        ("IF(is_member, 'a', settlement)", "text"),
        ("not not is_member", "yes_no"),
        (" + ".join(["spend"] * 100), "number"),
        (" or ".join(["spend = 1"] * 300), "yes_no"),
        ("(" * 39 + "spend" + ")" * 39, "number"),
    ],
)
def test_what_is_of_the_language_has_a_type(text: str, kind: str) -> None:
    assert parse(text, NAMES).type == kind


def test_a_long_flat_sum_and_the_deepest_tree_run_everywhere() -> None:
    import duckdb

    deep = "1"
    for i in range(38):
        deep = f"({deep} + spend)" if i % 2 else f"least({deep}, 9)"
    for text in (" + ".join(["spend"] * 100), deep):
        expression = parse(text, NAMES)
        (row,) = duckdb.sql(f"SELECT {expression.sql()} FROM (SELECT 0.5 AS spend)").fetchall()
        assert row == (float(expression.evaluate({"spend": 0.5})),)


# Values


def test_one_value_is_a_plain_result_and_spreads_over_the_rows_there_are() -> None:
    expression = parse("spend * 2", NAMES)
    assert expression.evaluate({"spend": 1.5}).shape == ()
    assert expression.evaluate({"spend": None}).tolist() is not None
    assert expression.evaluate({"spend": 1.5, "orders": np.zeros(3)}).tolist() == [3.0, 3.0, 3.0]
    assert expression.evaluate({"spend": np.array([1.0, np.nan])}).tolist()[0] == 2.0
    assert expression.evaluate({"spend": np.array([])}).tolist() == []


def test_thresholds_meet_columns() -> None:
    columns = {"spend": np.array([0.1, 0.3, np.nan]), "key_top": 0.2}
    assert parse("spend <= key_top", NAMES).evaluate(columns).tolist() == [True, False, False]


def test_a_missing_yes_no_is_no_for_holds_and_stays_missing_for_evaluate() -> None:
    expression = parse("is_member", NAMES)
    column = {"is_member": np.array([1.0, 0.0, np.nan])}
    assert expression.holds(column).tolist() == [True, False, False]
    assert math.isnan(expression.evaluate(column)[2])
    assert expression.evaluate({"is_member": np.array([True, False])}).dtype == bool
    assert expression.holds({"is_member": np.array([True, None], dtype=object)}).tolist() == [True, False]


@pytest.mark.parametrize(
    ("text", "column", "expected"),
    [
        ("settlement", [None, float("nan"), "a"], [None, None, "a"]),
        ("settlement is null", [None, float("nan"), "a"], [True, True, False]),
        ("settlement <> 'b'", [None, float("nan"), "a"], [False, False, True]),
        ("settlement = settlement", [None, float("nan"), "a"], [False, False, True]),
        ("coalesce(settlement, 'x')", [None, float("nan"), "a"], ["x", "x", "a"]),
    ],
)
def test_nan_in_a_text_column_is_missing(text: str, column: list, expected: list) -> None:
    columns = {"settlement": np.array(column, dtype=object)}
    assert parse(text, NAMES).evaluate(columns).tolist() == expected


def test_dates_come_as_days_seconds_objects_or_one_value() -> None:
    expression = parse("days(date, end)", NAMES)
    days = np.array(["2025-01-01", "NaT"], dtype="datetime64[D]")
    assert expression.evaluate({"date": days, "end": date(2025, 1, 3)})[0] == 2
    late = np.array(["2025-01-03T23:59:59"] * 2, dtype="datetime64[us]")
    assert expression.evaluate({"date": days, "end": late})[0] == 2
    objects = np.array([date(2025, 1, 1), None], dtype=object)
    assert expression.evaluate({"date": objects, "end": late})[0] == 2
    assert math.isnan(expression.evaluate({"date": None, "end": date(2025, 1, 3)}))


def test_the_columns_given_are_left_as_they_are() -> None:
    columns = {"spend": np.array([1.0, np.inf, -0.0]), "orders": np.array([0.0, 1.0, 2.0])}
    kept = {name: column.copy() for name, column in columns.items()}
    parse("spend + orders + 1 > spend / orders", NAMES).evaluate(columns)
    parse("spend", NAMES).evaluate(columns)
    assert all(np.array_equal(columns[name], kept[name]) for name in columns)


def test_a_column_that_is_not_there_or_too_short_is_named() -> None:
    with pytest.raises(DataError, match="The column orders is not there"):
        parse("spend + orders", NAMES).evaluate({"spend": 1.0})
    with pytest.raises(DataError, match="not of one length"):
        parse("spend + orders", NAMES).evaluate({"spend": np.zeros(2), "orders": np.zeros(3)})


def test_a_not_before_a_comparison_is_found_with_its_names() -> None:
    expression = parse("not settlement = 'cash' and not is_member", NAMES)
    assert expression.negated_comparisons() == [(0, frozenset({"settlement"}))]


# SQL


def test_thresholds_are_written_into_the_sql() -> None:
    sql = parse("spend <= KEY_TOP", NAMES).sql(constants={"key_top": 0.2})
    assert "0.2e0" in sql
    assert "key_top" not in sql.lower()
    assert "NULL" in parse("key_top", NAMES).sql(constants={"key_top": None})


def test_the_sql_quotes_what_it_is_given() -> None:
    sql = parse("settlement = 'it''s'", NAMES).sql("postgres")
    assert "'it''s'" in sql
    assert '"settlement"' in sql


def test_another_dialect_is_translated() -> None:
    assert "`spend`" in parse("round(spend / orders, 2) > 3", NAMES).sql("spark")


# Fuzz


def outcome(text: str, names: dict[str, Type]) -> Expression | ExpressionError:
    try:
        return parse(text, names, population=True)
    except ExpressionError as problem:
        return problem


words = st.sampled_from(
    "spend orders settlement is_member date end and or not in is null between case when then else if round ( ) , + - * / = <> "
    "< <= 'a' 1 .5 date'2025-01-01' top_share( sum_of_all( \u3000 ' \" -- ; \\ ﬁ ½ é ① 𝒳 \ud800 \x00 \u202e 订单数 ≤ ** :: e 1e".split(" ")
)  # fmt: skip


@settings(max_examples=400, deadline=2_000)
@given(
    st.one_of(
        st.text(max_size=60),
        st.lists(words, max_size=60).map(" ".join),
        st.lists(words, max_size=60).map("".join),
    )
)
def test_any_text_is_an_expression_or_an_expression_error(text: str) -> None:
    found = outcome(text, NAMES)
    if isinstance(found, ExpressionError):
        assert 0 <= found.offset <= len(text)
        assert found.problems
        assert found.text("zh")
    else:
        columns: dict[str, Any] = {"number": 1.0, "text": "a", "yes_no": True, "date": date(2025, 1, 1)}
        found.evaluate({name: columns[NAMES[name]] for name in found.names})
        found.sql()


@settings(max_examples=100, deadline=2_000)
@given(random_expressions.expressions("yes_no"), st.data())
def test_a_broken_expression_is_an_expression_or_an_expression_error(text: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(text)))
    for broken in (text[:place], text[place:], text[:place] + data.draw(words) + text[place + 1 :]):
        found = outcome(broken, random_expressions.NAMES)
        assert not isinstance(found, ExpressionError) or 0 <= found.offset <= len(broken)
