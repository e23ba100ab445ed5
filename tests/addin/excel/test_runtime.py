"""The add-in's runtime in VBA: it finds the engine, loses it, finds it again, and never waits for it."""

from __future__ import annotations

import pytest

from addin.actions import ACTIONS
from addin.excel.ribbon import IN_VBA, id_of
from addin.excel.texts import SENTENCES, texts
from addin.version import version
from tests.addin.excel import interpreter
from tests.addin.excel.interpreter import Control, Excel
from udfs import CellError
from udfs.registry import functions

NPS = ("CRM_NPS", [[9], [10], [3], [8]])


@pytest.fixture
def excel(xlam, sources, server, binding) -> Excel:
    return Excel(xlam, sources, server)


@pytest.fixture(scope="module")
def shared(xlam, sources, server) -> Excel:
    """One Excel for tests that leave it as they found it."""
    loaded = Excel(xlam, sources, server)
    loaded.start()
    return loaded


def test_without_an_engine_a_formula_says_so_and_starts_nothing(excel):
    assert excel.call(*NPS) == CellError("#N/A")
    assert excel.call("CRM_WHY") == [["function", "reason"], ["CRM_NPS", SENTENCES["no_engine"]]]
    assert excel.launches == 0


def test_a_thousand_formulas_without_an_engine_look_for_it_once(excel):
    for _ in range(20):
        excel.call(*NPS)
    assert excel.looks == 1
    excel.wait(2)
    excel.call(*NPS)
    assert excel.looks == 2


def test_an_engine_that_comes_up_is_found_after_two_seconds(excel):
    excel.call(*NPS)
    excel.start()
    assert excel.call(*NPS) == CellError("#N/A")
    excel.wait(2)
    assert excel.call(*NPS) == 25


def test_the_engine_is_greeted_once_in_two_seconds(excel):
    excel.start()
    for _ in range(5):
        excel.call(*NPS)
    assert excel.calls == ["tierbook_hello", *["CRM_NPS"] * 5]
    excel.wait(2)
    excel.call(*NPS)
    assert excel.calls[6:] == ["tierbook_hello", "CRM_NPS"]


def test_an_engine_that_was_started_again_is_found_within_the_same_call(excel):
    first = excel.start()
    excel.call(*NPS)
    first.gone = True
    excel.start()
    assert excel.call(*NPS) == 25


@pytest.mark.parametrize("seconds", [0, 5])
def test_an_engine_that_is_gone_is_an_error_with_its_reason(excel, seconds):
    engine = excel.start()
    excel.call(*NPS)
    engine.gone = True
    excel.wait(seconds)
    assert excel.call(*NPS) == CellError("#N/A")
    assert excel.call("CRM_WHY")[1] == ["CRM_NPS", SENTENCES["no_engine"]]


def test_an_engine_that_fell_over_is_not_started_again_by_a_cell(excel):
    engine = excel.start()
    excel.call(*NPS)
    engine.gone, excel.can_launch = True, True
    for _ in range(3):
        excel.wait(5)
        assert excel.call(*NPS) == CellError("#N/A")
    assert excel.launches == 0
    excel.press("tierbook_start_engine")
    assert (excel.launches, excel.recalculated) == (1, 1)
    assert excel.call(*NPS) == 25


def test_another_engine_after_one_that_fell_over_is_connected_to(excel):
    excel.start().gone = True
    excel.call(*NPS)
    second = excel.start()
    excel.wait(2)
    assert excel.call(*NPS) == 25
    assert excel.addin.left is second


def test_an_engine_is_connected_to_once_and_then_asked(excel):
    excel.start()
    for _ in range(3):
        excel.call(*NPS)
        excel.wait(5)
    assert excel.looks == 1


def test_an_engine_that_runs_is_met_when_excel_has_started(excel):
    """A cell that is calculated while the workbook opens may not be allowed to connect."""
    from pyopenvba.exceptions import VBARuntimeError

    def refused():
        raise VBARuntimeError(1004, "Excel is calculating")

    excel.start()
    allowed, excel.activated = excel.activated, refused
    assert excel.call(*NPS) == CellError("#N/A")
    excel.activated = allowed
    excel.wait(2)
    excel.app.interpreter.run("tierbookDescribeAll")
    assert excel.recalculated == 1
    assert excel.call(*NPS) == 25


def test_where_the_add_in_of_excel_is_not_registered_start_says_so(excel, monkeypatch):
    monkeypatch.setattr(interpreter, "PROGRAM", "Somebody.Else")
    excel.can_launch = True
    excel.press("tierbook_start_engine")
    assert [said[1] for said in excel.app.dialogs] == [SENTENCES["not_started"]]


def test_an_engine_of_another_version_is_refused_in_words(excel, binding, monkeypatch):
    monkeypatch.setattr(binding, "version", lambda: "99.0")
    excel.start()
    assert excel.call(*NPS) == CellError("#N/A")
    said = SENTENCES["other_version"].replace("[addin]", version()).replace("[engine]", "99.0")
    assert excel.call("CRM_WHY")[1] == ["CRM_NPS", said]
    assert "CRM_NPS" not in excel.calls


def test_while_the_wizard_is_open_nothing_is_calculated(excel):
    excel.start()
    excel.in_wizard = True
    assert excel.call(*NPS) == CellError("#N/A")
    assert excel.calls == []


def test_values_of_a_range_cross_and_whole_columns_end_with_the_sheet(excel):
    excel.start()
    for row, score in enumerate((9, 10, 3, 8), 1):
        excel.range(f"A{row}").vba_set("Value2", float(score))
    assert excel.call("CRM_NPS", excel.range("A1:A4")) == 25
    assert excel.call("CRM_NPS", excel.range("A:A")) == 25
    assert excel.sent[-1] == (((9.0,), (10.0,), (3.0,), (8.0,)),)


def test_a_range_of_several_areas_is_refused_in_words(excel):
    excel.start()
    assert excel.call("CRM_NPS", excel.range("A1:A2,C1:C2")) == CellError("#VALUE!")
    assert excel.call("CRM_WHY")[1] == ["CRM_NPS", SENTENCES["one_rectangle"]]


def test_dates_of_a_workbook_that_counts_from_1904_cross_as_dates(excel):
    excel.start()
    excel.from_1904 = True
    excel.range("B1").vba_set("NumberFormat", "yyyy-mm-dd")
    excel.range("B1").vba_set("Value2", 45000.0)
    excel.call("CRM_RETENTION", "A", excel.range("B1"))
    assert excel.sent[-1][1].isoformat() == "2023-03-15T00:00:00"


def test_the_workbook_may_name_its_rule_pack(excel, binding):
    excel.start()
    before = excel.call("CRM_RULES")
    excel.name("CRM_PACK", "retail")
    excel.call("CRM_RULES")
    assert excel.sent[-1][0] == "retail"
    assert before != excel.call("CRM_RULES")


def test_start_finds_an_engine_that_runs_and_calculates_what_was_missed(excel):
    excel.call(*NPS)
    excel.start()
    excel.press("tierbook_start_engine")
    assert (excel.launches, excel.recalculated) == (0, 1)
    assert excel.call(*NPS) == 25


def test_start_starts_one_where_there_is_none(excel):
    excel.can_launch = True
    excel.press("tierbook_start_engine")
    assert (excel.launches, excel.app.dialogs) == (1, [])
    assert excel.call(*NPS) == 25


def test_start_says_when_it_cannot(excel):
    excel.press("tierbook_start_engine")
    assert [said[1] for said in excel.app.dialogs] == [SENTENCES["not_started"]]


@pytest.mark.parametrize("engines", [version(), "99.0"])
def test_stop_ends_the_engine_whatever_its_version(excel, binding, monkeypatch, engines):
    monkeypatch.setattr(binding.engine, "stop", excel.stop)
    monkeypatch.setattr(binding, "version", lambda: engines)
    engine = excel.start()
    excel.call(*NPS)
    excel.press("tierbook_stop_engine")
    assert engine.gone
    assert not excel.addin.holds
    assert excel.call(*NPS) == CellError("#N/A")
    assert (excel.launches, excel.app.dialogs) == (0, [])


@pytest.mark.parametrize("name", [name for name in ACTIONS if name not in IN_VBA])
def test_a_button_runs_the_action_of_its_name(name, shared, binding, monkeypatch):
    asked: list[tuple] = []

    def act(*given, **project):
        asked.append(given)
        return ""

    monkeypatch.setattr(binding, "act", act)
    shared.press(id_of(name))
    assert asked == [(name, 4711, "Book1")]
    assert shared.app.dialogs == []


def test_what_an_action_says_at_once_is_shown(excel, binding, monkeypatch):
    monkeypatch.setattr(binding, "act", lambda *given, **project: "Another action is running.")
    excel.start()
    excel.press("tierbook_score")
    assert [said[1] for said in excel.app.dialogs] == ["Another action is running."]


@pytest.mark.parametrize(
    "language_id, language", [(1033, "english"), (2052, "chinese"), (1028, "chinese"), (1036, "english")]
)
def test_the_ribbon_speaks_the_language_of_excel(shared, language_id, language):
    shared.language_id = language_id
    said = {text.key: getattr(text, language) for text in texts()}
    for name in ACTIONS:
        identifier = id_of(name)
        assert shared.text("tierbookLabel", identifier) == said[f"{identifier}.label"]
        assert shared.text("tierbookScreentip", identifier) == said[f"{identifier}.label"]
        assert shared.text("tierbookSupertip", identifier) == said[f"{identifier}.help"]


def test_reasons_are_in_the_language_of_excel(excel):
    excel.language_id = 2052
    excel.start()
    excel.call("CRM_NPS", [[11]])
    assert "评分 11 不在 0 到 10 之间" in excel.call("CRM_WHY")[1][1]


def test_every_text_is_translated():
    from addin.excel.texts import NAMES

    assert not [text for text in texts() if text.english == text.chinese and text.key not in NAMES]


def test_every_argument_gets_its_help_once_a_workbook_is_open(excel):
    from addin.excel.wrappers import arguments_of, description

    excel.app.interpreter.run("tierbookLoaded", [Control("")])
    assert excel.later == ["'tierbook.xlam'!tierbookDescribeAll"]
    excel.app.interpreter.run("tierbookDescribeAll")
    with_arguments = {name: one for name, one in functions().items() if one.arguments}
    assert set(excel.described) == {f"'tierbook.xlam'!{name}" for name in with_arguments}
    for name, one in with_arguments.items():
        text, given = excel.described[f"'tierbook.xlam'!{name}"]
        assert (text, given) == (
            description(one.help),
            [description(given.help) for _, given in arguments_of(one)],
        )
        assert max(map(len, [text, *given])) <= 255


def test_the_self_test_finds_every_function_in_order(excel, binding, tmp_path, monkeypatch):
    import json
    from pathlib import Path

    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    excel.start()
    excel.press("tierbook_self_test")
    report = json.loads((tmp_path / "tierbook-self-test.json").read_text("utf-8"))
    assert [one for one in report["functions"] if not one["passed"]] == []
    assert report["passed"] == len(functions())
    assert str(tmp_path) in excel.app.dialogs[-1][1]
