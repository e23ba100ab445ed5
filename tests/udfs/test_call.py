"""`udfs.call`: what every host relies on beyond the conformance table."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, datetime

import numpy as np
import pytest

from udfs import CellError, Context, FunctionError, call
from udfs.cells import as_range
from udfs.context import MOST_REASONS, Memo, Reasons, Said, memo_key

NAMES = [
    "total_spend",
    "orders_per_month",
    "spend_per_month",
    "tenure_months",
    "settlement",
    "budget",
    "reputation",
]
GUEST = [24000, 2, 2000, 12, "cash", 10000, "B"]
PACK = """
pack: plain
version: "1"
columns: {visits: number}
value: {base: visits}
tiers:
  rank_by: value
  levels:
    - {name: gold, from: 10}
    - {name: silver, otherwise: true}
words:
  gold: {en: Gold, zh: 金}
  silver: {en: Silver, zh: 银}
  base: {en: Visits, zh: 次数}
"""


@pytest.fixture
def plain(tmp_path):
    """A context whose pack compares no customers with each other."""
    (tmp_path / "plain.yaml").write_text(PACK, "utf-8")
    return Context(packs=tmp_path, pack="plain")


def test_importing_loads_neither_arrow_nor_a_parser():
    heavy = "pyarrow pandas duckdb yaml pydantic sqlglot scipy openpyxl"
    code = f"import sys, udfs; print([name for name in {heavy.split()} if name in sys.modules])"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "[]\n"
    )


def test_numbers_need_nothing_heavier_than_numpy():
    code = """
import sys, udfs
udfs.call("CRM_GROWTH", [[1], [None]], [[2], [3]])
udfs.call("CRM_NPS", [[9], [None]])
udfs.call("CRM_RFM_SCORE", [[1]], [[2]], [[3]])
print([name for name in ("pyarrow", "pandas", "duckdb") if name in sys.modules])
"""
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "[]\n"
    )


def test_results_are_plain_python():
    table = call("CRM_FEATURES", [["customer_id", "date", "amount"], ["A", datetime(2025, 1, 31), 100]])
    plain_types = {str, int, float, bool, datetime, type(None), CellError}
    assert {type(cell) for row in table for cell in row} <= plain_types
    cuts = call("CRM_RFM_CUTS", [[1], [2]], [[2], [3]], [[3], [4]])
    assert {type(cell) for row in cuts for cell in row} <= plain_types


def test_tuples_of_tuples_are_ranges_as_com_passes_them():
    assert call("CRM_GROWTH", ((120,), (None,)), ((100,), (None,))) == [[0.2], [None]]


def test_what_a_caller_does_to_a_result_stays_with_the_caller():
    context = Context()
    first = call("CRM_GROWTH", [[120]], [[100]], context=context)
    first[0][0] = "spoilt"
    assert call("CRM_GROWTH", [[120]], [[100]], context=context) == [[0.2]]


def test_true_one_and_the_text_one_are_three_different_cells():
    context = Context()
    assert call("CRM_GROWTH", 1, 2, context=context) == -0.5
    assert call("CRM_GROWTH", True, 2, context=context) == CellError("#N/A")
    assert call("CRM_PARETO", [["1"]], [[1]], context=context)[1][1] == "1"
    assert call("CRM_PARETO", [[True]], [[1]], context=context)[1][1] == "TRUE"


def test_a_kept_result_repeats_its_reasons():
    context = Context()
    for _ in range(2):
        call("CRM_GROWTH", [["x"]], [[1]], context=context)
        call("CRM_NPS", [[None]], context=context)
    assert [row[0] for row in call("CRM_WHY", context=context)[1:]] == ["CRM_NPS", "CRM_GROWTH"]


def test_an_edited_pack_gives_new_results(plain, tmp_path):
    assert call("CRM_TIER", 10, context=plain) == "gold"
    (tmp_path / "plain.yaml").write_text(PACK.replace("from: 10", "from: 100"), "utf-8")
    assert call("CRM_TIER", 10, context=plain) == "silver"


def test_a_pack_that_ranks_nobody_takes_one_row(plain):
    assert call("CRM_TIER", 10, context=plain) == "gold"
    assert call("CRM_TIER", [[9.9]], context=plain) == [["silver"]]
    assert call("CRM_TIER", None, context=plain) is None
    assert call("CRM_TIER", [["value"], [12], [None]], context=plain) == [["gold"], [None]]
    assert call("CRM_TIER", [["visits"], [12], [3]], context=plain) == [["gold"], ["silver"]]
    assert call("CRM_VALUE", [[7]], None, None, [["visits"]], context=plain) == [[7]]


def test_a_section_the_pack_does_not_have_is_named(plain):
    with pytest.raises(FunctionError, match="plain has no section called stages"):
        call("CRM_STAGE", [["visits"], [3]], context=plain)
    with pytest.raises(FunctionError, match="plain names no RFM segments"):
        call("CRM_RFM_SEGMENT", [[555]], context=plain)


def test_a_pack_that_does_not_load_says_where(tmp_path):
    (tmp_path / "broken.yaml").write_text('pack: broken\nversion: "1"\nvalue: {base: visitz}\n', "utf-8")
    with pytest.raises(FunctionError, match=r"broken\.yaml:3:.*visitz"):
        call("CRM_VALUE", [["visits"], [3]], context=Context(packs=tmp_path, pack="broken"))


def test_columns_are_found_by_their_labels_in_both_languages():
    from tierbook.language import label

    for language in ("en", "zh"):
        names = [label(name, language) for name in NAMES]
        assert call("CRM_VALUE", [names, GUEST]) == [[30140]], names


def test_a_whole_column_range_with_a_million_blank_rows_keeps_its_height():
    rows = [NAMES, GUEST, *[[None] * 7] * 200_000]
    assert call("CRM_VALUE", rows)[:2] == [[30140], [None]]
    table = [["customer_id", "date", "amount"], ["A", datetime(2025, 1, 1), 5], *[[None] * 3] * 200_000]
    assert len(call("CRM_FEATURES", table)) == 2


def test_a_population_leaves_out_rows_that_cannot_be_computed():
    values = [[float(value)] for value in range(50, 0, -1)]
    clean = call("CRM_TIER", values)
    assert [row[0] for row in clean].count("vip") == 2
    mixed = [[None], ["?"], *values, [CellError("#REF!")], [None]]
    assert call("CRM_TIER", mixed) == [[None], [CellError("#N/A")], *clean, [CellError("#N/A")], [None]]


def test_shares_are_those_of_the_range_given_whatever_its_columns_say():
    names = ["orders", "total_spend", "orders_per_month", "tenure_months", "average_order", "guest_visits"]
    names += ["worst_severity", "is_member", "spend_top", "order_top"]
    rows = [[9, spend, spend / 100, 1, 5, 0, None, False, 0.01, 0.01] for spend in (500, 400, 300, 200, 100)]
    assert call("CRM_POSITION", [names, *rows]) == [["key_account"], [""], [""], [""], [""]]


def test_features_can_be_scored_as_they_come():
    sales = [
        [customer, datetime(2025, 1 + month, 3), 100.0 * (customer == "A") + 50]
        for customer in "ABCDE"
        for month in range(6)
    ]
    table = call("CRM_FEATURES", [["customer_id", "date", "amount"], *sales])
    assert call("CRM_TIER", table) == [["important"], *[["general"]] * 4]
    assert call("CRM_STAGE", table) == [["growth"]] * 5
    assert [row[0] for row in call("CRM_VALUE", table)] == [
        row[-1] for row in call("CRM_VALUE_PARTS", table)[1:]
    ]


def test_today_keeps_a_typing_mistake_from_moving_the_as_of_date():
    sales = [
        ["customer_id", "date", "amount"],
        ["A", datetime(2025, 1, 1), 5],
        ["A", datetime(2205, 1, 1), 5],
    ]
    context = Context(today=date(2025, 2, 1))
    table = call("CRM_FEATURES", sales, context=context)
    assert table[1][table[0].index("days_since_last")] == 0
    assert "Dates after today" in call("CRM_WHY", context=context)[1][1]


def test_reasons_are_in_the_language_of_the_context():
    context = Context(language="zh")
    call("CRM_GROWTH", [[5]], [[0]], context=context)
    assert call("CRM_WHY", context=context)[1] == [
        "CRM_GROWTH",
        "第 1 行：有一个数值缺失，或上期数值为 0 或以下。",
    ]
    with pytest.raises(FunctionError, match="缺少参数 scores"):
        call("CRM_NPS", context=context)


def test_rows_with_one_reason_are_named_together_and_many_reasons_are_counted():
    context = Context()
    call("CRM_GROWTH", [[f"x{row % 30}"] for row in range(60)], [[1]] * 60, context=context)
    said = [row[1] for row in call("CRM_WHY", context=context)[1:]]
    assert said[0].startswith('rows 1, 31: current: "x0" is not a number.')
    assert said[10] == "… and 40 more rows."


@pytest.mark.parametrize(
    ("name", "cells", "message"),
    [
        ("CRM_VALUE", [], "a header row and no customers"),
        ("CRM_FEATURES", [], "transactions has no column customer_id, date, amount"),
        ("CRM_NPS", [[]], "A range has no columns"),
        ("CRM_VALUE", [[], []], "A range has no columns"),
    ],
)
def test_an_empty_range_is_a_wrong_call(name, cells, message):
    with pytest.raises(FunctionError, match=message):
        call(name, cells)


def test_a_column_without_rows_has_a_result_without_rows():
    assert call("CRM_GROWTH", [], []) == []
    assert call("CRM_NPS", []) == CellError("#N/A")


def test_equal_values_are_ordered_by_identifiers_as_text_not_as_numbers():
    tied = [["customer_id", "value", "net_value"], *[[one, 5, 5] for one in (9.0, 10.0, 100.0, 8.0, 70.0)]]
    assert call("CRM_TIER", tied) == [["general"], ["important"], ["general"], ["general"], ["general"]]


def test_a_cell_that_is_a_list_is_a_wrong_call():
    with pytest.raises(FunctionError, match="more than one value"):
        call("CRM_NPS", [[[9]]])


def test_a_function_error_speaks_one_sentence_with_the_function_first():
    with pytest.raises(FunctionError) as wrong:
        call("CRM_NPS", [[9], [11]], context=Context())
    assert str(wrong.value) == (
        "CRM_NPS: row 2: Rating 11 is outside 0 to 10. Correct the answer or leave the cell blank."
    )


def test_the_latest_reasons_are_bounded_and_each_stands_once():
    reasons = Reasons()
    reasons.add(Said("CRM_X", str(number)) for number in range(MOST_REASONS + 5))
    assert len(reasons()) == MOST_REASONS
    reasons.add([Said("CRM_X", "100")])
    assert len(reasons()) == MOST_REASONS
    assert reasons()[0].reason == "100"


def test_the_memo_forgets_what_was_not_asked_for_longest():
    memo = Memo()
    for number in range(3):
        memo.put(number, number, (), cells=400_000)
        memo.get(0)
    assert memo.get(0) == (0, ())
    assert memo.get(1) is None
    assert memo.get(2) == (2, ())


def test_large_calls_are_not_kept():
    assert memo_key([as_range([[0]] * 20_001)]) is None
    key = memo_key([as_range([[0]] * 20_000)])
    assert key is not None
    assert key[1] == 20_000


def test_results_do_not_depend_on_how_many_rows_come_with_them():
    rng = np.random.default_rng(7)
    rows = [[float(spend), 1.0, 50.0, 6.0, "prepaid", None, "A"] for spend in rng.integers(0, 9000, 300)]
    together = call("CRM_VALUE", [NAMES, *rows])
    alone = [call("CRM_VALUE", [row], None, None, [NAMES])[0] for row in rows[:20]]
    assert together[:20] == alone
