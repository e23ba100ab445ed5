"""Functions through xlwings' own server and converters, with exactly what COM passes."""

from __future__ import annotations

import pytest

from addin.excel.wrappers import arguments_of
from tests.addin.excel.windows import BINDING, MISSING, Time
from udfs.registry import functions

NA, VALUE = -2146826246, -2146826273


@pytest.fixture
def ask(server, binding):
    return lambda name, *arguments: server(BINDING, name, arguments)


@pytest.mark.parametrize("name", functions())
def test_every_function_is_declared_with_its_arguments_and_help(name, binding):
    function, declared = functions()[name], getattr(binding, name).__xlfunc__
    assert (declared["name"], declared["category"], declared["volatile"]) == (name, "Tierbook", False)
    assert declared["call_in_wizard"] is False
    assert [(one["name"], one["doc"]) for one in declared["args"]] == [
        (given, argument.help) for given, argument in arguments_of(function)
    ]
    assert {one["options"]["convert"] for one in declared["args"]} <= {binding.Cells}
    assert declared["ret"] == {"doc": function.help, "options": {"convert": binding.Cells}}


def test_the_binding_lists_no_function_by_hand(binding):
    from pathlib import Path

    source = Path(binding.__file__).read_text("utf-8")
    assert not [name for name in functions() if name in source and name != "CRM_WHY"]


def test_a_range_arrives_as_a_tuple_of_tuples(ask):
    assert ask("CRM_NPS", ((9.0,), (10.0,), (3.0,), (8.0,), (None,))) == 25.0


def test_an_argument_left_out_is_its_default(ask):
    one = ((100.0, 0.8, 0.1),)
    assert (
        ask("CRM_CLV_SIMPLE", *one[0], MISSING) == ask("CRM_CLV_SIMPLE", *one[0]) == pytest.approx(266.666667)
    )


def test_a_needed_argument_left_out_is_an_error_with_its_reason(ask):
    assert ask("CRM_NPS", MISSING) == VALUE
    assert ask("CRM_WHY") == [
        ["function", "reason"],
        ["CRM_NPS", "The argument scores is missing. It takes scores."],
    ]


def test_an_argument_left_out_in_the_middle_is_its_default(ask):
    features = (("days_since_last", "overdue_ratio", "spend_change"), (365.0, 9.0, 0.0))
    row = ((365.0, 9.0, 0.0),)
    assert ask("CRM_CHURN_FLAG", features, MISSING, MISSING) == "lost"
    assert ask("CRM_CHURN_FLAG", row, MISSING, features[:1]) == "lost"


def test_dates_arrive_as_serial_numbers_or_as_dates(ask):
    ids, start, end = (("A",), ("B",)), 45747.0, 45838.0  # 2025-03-31 and 2025-06-30
    serial = ask("CRM_CHURN_RATE", ids, ((45747.0,), (45658.0,)), start, end, MISSING)
    dates = ((Time(2025, 3, 31),), (Time(2025, 1, 1),))
    assert serial == ask("CRM_CHURN_RATE", ids, dates, Time(2025, 3, 31), Time(2025, 6, 30), MISSING) == 1.0


def test_an_error_cell_spoils_its_own_row_and_comes_back_as_an_error(ask):
    assert ask("CRM_GROWTH", ((2.0,), (-2146826265,), (3.0,)), ((1.0,), (1.0,), (0.0,))) == [
        [1.0],
        [NA],
        [NA],
    ]


def test_blanks_come_back_as_empty_texts(ask):
    assert ask("CRM_GROWTH", ((2.0,), (None,)), ((1.0,), (None,))) == [[1.0], [""]]


def test_a_wrong_call_raises_nothing_through_com(ask):
    assert ask("CRM_GROWTH", ((1.0,), (2.0,)), ((1.0,),)) == VALUE
    assert ask("CRM_WHY")[1][0] == "CRM_GROWTH"


def test_a_fault_of_ours_raises_nothing_through_com(ask, monkeypatch):
    import udfs

    def broken(*cells, context):
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(udfs, "call", broken)
        assert ask("CRM_NPS", ((9.0,),)) == VALUE
    assert "the engine's log" in ask("CRM_WHY")[1][1]


def test_large_ranges_cross_in_one_piece(ask):
    rows = 200_000
    column = tuple((float(row % 11),) for row in range(rows))
    assert ask("CRM_NPS", column) == pytest.approx(-45.456)
    growth = ask("CRM_GROWTH", column, column)
    assert len(growth) == rows
    assert growth[0] == [NA] and growth[1] == [0.0]


def test_the_project_decides_about_packs(ask, binding, tmp_path):
    (tmp_path / "config.yaml").write_text("pack: retail\n", "utf-8")
    packs = {row[0] for row in ask("CRM_PACKS", MISSING)[1:]}
    assert {"hospitality", "retail"} <= packs
    assert binding.engine.context().pack == "retail"


def test_the_version_of_the_engine_is_its_answer_to_a_greeting(ask, binding):
    from addin.version import version

    assert ask("tierbook_hello", "zh") == version()
    assert ask("CRM_NPS", MISSING) == VALUE
    assert "参数" in ask("CRM_WHY")[1][1]
    assert ask("tierbook_hello", "klingon") == version()
    assert binding.engine.language == "zh"


def test_an_action_that_does_not_exist_is_refused_in_words(ask):
    assert "There is no action called scores" in ask("tierbook_act", "scores", 1.0, "orders.xlsx")


def test_an_action_without_a_workbook_is_refused_in_words(ask):
    assert ask("tierbook_act", "score", 1.0, "") == "Open a workbook first."
