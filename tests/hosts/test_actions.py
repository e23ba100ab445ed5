"""Every action on a real workbook, through the file host and over a line as events."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from addin.actions import ACTIONS, action, run
from addin.events import Call, answer
from addin.file_host import FileHost
from addin.host import Block, Cancelled
from addin.plain import cells_of_plain
from tests.addin.test_cli import tierbook
from tierbook.errors import DataError, HostError, RuleError
from tierbook.language import sentences
from udfs.cells import CellError
from workbooks.book_cells import BookCells
from workbooks.cells import put_cells
from workbooks.defined import defined_text
from workbooks.samples import sample_path
from workbooks.sheet_cells import Area

ROOT = Path(__file__).parents[2]
Host = Callable[..., FileHost]


@pytest.fixture(scope="session")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample with its scores on sheets."""
    book = tmp_path_factory.mktemp("scored") / "orders.xlsx"
    shutil.copy(sample_path("hospitality"), book)
    run("score", FileHost(book, ROOT, tell=lambda text: None))
    return book


@pytest.fixture
def book(scored: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(scored, tmp_path / "orders.xlsx"))


def acted(
    name: str, book: Path, *, project: Path = ROOT, language: str = "en", select: str = "", **answers: str
) -> list[str]:
    """What an action said."""
    said: list[str] = []
    run(name, FileHost(book, project, language, answers=answers, selected=select, tell=said.append))
    return said


def sheets(book: Path) -> list[str]:
    return [sheet.name for sheet in BookCells(book).package.sheets]


def rows(book: Path, sheet: str) -> list[list[Any]]:
    cells = BookCells(book)
    return cells.rows(sheet, cells.used(sheet))


def test_every_action_has_words_in_both_languages_and_a_picture():
    for one in ACTIONS.values():
        assert [text for text in (one.label, one.help, one.group) if text not in sentences("zh")] == []
        assert len(one.help) <= 255
        assert one.icon.isalpha()
        assert one.name.isidentifier()


def test_actions_are_found_as_hosts_write_them():
    assert action("Watch list") is action("watch-list") is action("watch_list")
    with pytest.raises(DataError, match="Did you mean score?"):
        action("scor")


def test_checking_lists_every_problem_with_its_cell(book):
    (said,) = acted("check", book)
    assert "5,769 rows of transactions" in said
    places = [row[1] for row in rows(book, "Tierbook Data check")[1:]]
    assert "orders.xlsx Transactions!C4643" in places


def test_scoring_speaks_the_readers_language(book):
    (said,) = acted("score", book, language="zh")
    assert "位客户" in said
    assert "Tierbook Scores" in sheets(book)


def test_the_watch_list_goes_to_a_sheet_of_its_own(tmp_path):
    book = Path(shutil.copy(sample_path("hospitality"), tmp_path / "new.xlsx"))
    assert acted("watch_list", book) == ["93 of 422 customers are at risk."]
    assert "Tierbook Watch list" in sheets(book)
    assert "Tierbook Scores" not in sheets(book)


def test_a_target_list_holds_only_who_may_be_written_to(tmp_path):
    book = Path(shutil.copy(sample_path("logistics"), tmp_path / "new.xlsx"))
    acted("pack", book, pack="logistics")
    (said,) = acted("target_list", book, list="grow_share")
    head, *listed = rows(book, "Tierbook Target list")
    assert said == f"{len(listed)} of 310 customers are on the list Grow the share."
    known = {row[0]: row for row in rows(book, "Customers")[1:]}
    may = rows(book, "Customers")[0].index("Marketable")
    assert listed
    assert all(known[row[0]][may] == "yes" for row in listed)
    value = head.index("Value")
    assert [row[value] for row in listed] == sorted((row[value] for row in listed), reverse=True)


def test_a_pack_without_target_lists_says_so(book):
    with pytest.raises(RuleError, match="has no section called target_lists"):
        acted("target_list", book)


@pytest.mark.parametrize("pack, kinds", [
    ("power", {"Inspect the supply", "Close the open item", "Ask for the volumes"}),
    ("b2b", {"Call the customer", "Ask for the next purchase", "Earn the missing points"}),
])  # fmt: skip
def test_the_action_list_joins_all_systems_with_or_without_purchases(tmp_path, pack, kinds):
    book = Path(shutil.copy(sample_path(pack), tmp_path / "new.xlsx"))
    acted("pack", book, pack=pack)
    (said,) = acted("action_list", book)
    head, *listed = rows(book, "Tierbook Actions")
    assert said == f"There are {len(listed)} things to do."
    assert kinds <= {row[head.index("Next action")] for row in listed}
    assert all(row[head.index("Reason")] and row[head.index("Rules")].startswith(pack) for row in listed)


def test_days_of_care_are_written_for_as_many_days_as_asked(tmp_path):
    book = Path(shutil.copy(sample_path("b2b"), tmp_path / "new.xlsx"))
    acted("pack", book, pack="b2b")
    acted("care", book, days="70")
    head, *listed = rows(book, "Tierbook Care")
    days = [row[head.index("Day")] for row in listed]
    assert days == sorted(days)
    assert {"New Year", "next purchase expected"} <= {row[head.index("Occasion")] for row in listed}
    with pytest.raises(DataError, match="soon is not a number of days"):
        acted("care", book, days="soon")


def test_every_action_can_be_undone_byte_for_byte(book):
    done: tuple[tuple[str, dict[str, Any]], ...] = (
        ("live_formulas", {}),
        ("functions", {}),
        ("pack", {"pack": "retail"}),
        ("check", {}),
    )
    for name, answers in done:
        before = book.read_bytes()
        acted(name, book, **answers)
        assert book.read_bytes() != before
        acted("undo", book)
        assert book.read_bytes() == before, name


def test_live_formulas_stand_beside_their_values_and_show_the_same(book):
    (said,) = acted("live_formulas", book)
    assert said.startswith("5 columns of formulas")
    head, *body = rows(book, "Tierbook Live")
    assert head[1:5] == ["Value", "Value (live)", "Tier", "Tier (live)"]
    assert len(body) == 422
    for at in range(1, len(head), 2):
        assert [row[at] for row in body] == [row[at + 1] for row in body], head[at]
    formula = openpyxl.load_workbook(book)["Tierbook Live"]["E2"].value
    assert formula.ref == "E2:E423"
    assert formula.text.startswith("=CRM_TIER('Tierbook Scores'!$A$1:$")


def test_live_formulas_need_scores(tmp_path):
    book = Path(shutil.copy(sample_path("hospitality"), tmp_path / "new.xlsx"))
    with pytest.raises(DataError, match="Score the customers first"):
        acted("live_formulas", book)


def test_live_formulas_are_written_anew_without_what_is_left_over(book):
    acted("live_formulas", book)
    put_cells(book, book, [Block("Tierbook Live", "A500", [["left", 1]])])
    assert acted("live_formulas", book, replace="no") == []
    acted("live_formulas", book, replace="yes")
    assert len(rows(book, "Tierbook Live")) == 423


def test_freezing_turns_selected_formulas_then_all_into_values(book):
    acted("live_formulas", book)
    shown = rows(book, "Tierbook Live")
    assert acted("freeze", book, select="Tierbook Live!E7") == ["1 formulas are values now."]
    assert acted("freeze", book) == ["4 formulas are values now."]
    assert rows(book, "Tierbook Live") == shown
    with pytest.raises(DataError, match="There is no CRM_ formula"):
        acted("freeze", book)


def test_explaining_takes_the_customer_of_the_selected_row(book):
    (said,) = acted("explain", book, select="Tierbook Scores!E9")
    wanted = rows(book, "Tierbook Scores")[8]
    assert f"Tiers: {wanted[rows(book, 'Tierbook Scores')[0].index('tier')]}".lower() in said.lower()
    assert "Tierbook Explanation" in sheets(book)
    with pytest.raises(
        DataError, match="There is no customer X in orders.xlsx. Identifiers begin like C0001"
    ):
        acted("explain", book, customer="X")
    with pytest.raises(HostError, match="--answer customer="):
        acted("explain", book)


@pytest.mark.parametrize(
    "formula, said",
    [
        ("=CRM_NPS(A1:A3)", "row 2: \"x\" is not a number"),
        ("=CRM_NPS(A1)", "CRM_NPS gives 100.0, and has nothing to add."),
        ("=ROUND(CRM.NPS(A1:A3),0)", "row 2:"),
        ("=CRM_NPS(A1:A3,1)", "2 arguments are too many"),
        ("=CRM_TIER(CRM_VALUE(A1:A3))", "CRM_VALUE"),
        ("=CRM_GROWTH(A1,-A3)", "CRM_GROWTH"),
    ],
)  # fmt: skip
def test_why_says_the_reasons_of_a_formula(tmp_path, formula, said):
    path = tmp_path / "why.xlsx"
    made = openpyxl.Workbook()
    made.active.title = "S"
    for row in ([9], ["x"], [10], [None, formula]):
        made.active.append(row)
    made.save(path)
    if "VALUE" in formula:
        with pytest.raises(Exception, match=said):
            acted("why", path, select="S!B4")
    else:
        assert said in "\n".join(acted("why", path, select="S!B4"))


def test_why_names_what_only_the_program_can_work_out(tmp_path):
    path = tmp_path / "why.xlsx"
    made = openpyxl.Workbook()
    made.active["A1"] = "=CRM_NPS(OFFSET(B1,0,0,3,1))"
    made.save(path)
    with pytest.raises(DataError, match="OFFSET is worked out by the spreadsheet program"):
        acted("why", path, select="Sheet!A1")


def test_the_pack_of_a_workbook_is_chosen_kept_and_used(book):
    assert "is scored by retail" in acted("pack", book, pack="retail")[0]
    assert defined_text(book, "CRM_PACK") == "retail"
    assert "by retail" in acted("score", book)[0]
    with pytest.raises(DataError, match="Answer with one of .*hospitality, .*retail"):
        acted("pack", book, pack="wholesale")


def test_rules_are_checked_compared_and_copied_before_they_are_edited(book, tmp_path):
    assert "hospitality: ok" in acted("check_rules", book)[0]
    assert "customers move" in acted("compare_rules", book, pack="retail")[0]
    assert "Tierbook Movers" in sheets(book)
    shown: list[Path] = []
    project = tmp_path / "project"
    project.mkdir()
    host = FileHost(book, project, answers={"name": "ours"}, tell=lambda text: None, show=shown.append)
    run("edit_rules", host)
    assert shown == [project / "rules" / "ours.yaml"]
    assert defined_text(book, "CRM_PACK") == "ours"
    run("edit_rules", host)
    assert shown[1:] == shown[:1], "one's own pack is opened as it is"


def test_the_report_goes_beside_the_workbook_and_is_opened(book):
    shown: list[Path] = []
    run("report", FileHost(book, ROOT, tell=lambda text: None, show=shown.append))
    assert shown == [book.with_name("orders-report.xlsx")]


def test_the_model_is_held_against_what_came(book):
    assert "expected" in acted("hold_out", book)[0]
    assert rows(book, "Tierbook Hold-out")[1][0] == 0


def test_what_is_installed_and_in_use_is_said(book, tmp_path, monkeypatch):
    monkeypatch.setenv("TIERBOOK_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert "Python" in acted("diagnose", book)[0]
    assert "fingerprint" in acted("about", book)[0]
    assert "functions give their documented result" in acted("self_test", book)[0]
    report = json.loads((tmp_path / "tierbook-self-test.json").read_text("utf-8"))
    assert report["failed"] == 0


def test_other_data_than_a_workbook_gets_its_results_beside_it(tmp_path):
    path = tmp_path / "transactions.csv"
    path.write_text(
        "customer_id,date,amount\nC1,2026-01-05,120\nC1,2026-03-01,80\nC2,2026-02-11,9000\n", "utf-8"
    )
    acted("score", path)
    assert "Tierbook Scores" in sheets(tmp_path / "transactions-scored.xlsx")
    with pytest.raises(HostError, match=r"Save it as \.xlsx first"):
        acted("pack", path, pack="retail")


def test_a_cancelled_action_writes_nothing(book):
    before = book.read_bytes()

    def stop(share: float, text: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(Cancelled):
        run("score", FileHost(book, ROOT, tell=lambda text: None, watch=stop))
    assert book.read_bytes() == before


# --- Over a line


def events(
    book: Path, name: str, *, stop: Callable[[], bool] = lambda: False, **given: Any
) -> list[dict[str, Any]]:
    """What goes back for a call that came as JSON, as it goes over the line."""
    call = Call.of_json(
        json.loads(json.dumps({"action": name, "book": str(book), "name": "orders.xlsx", **given}))
    )
    found: list[dict[str, Any]] = []
    answer(
        call,
        project=ROOT,
        emit=lambda event: found.append(json.loads(json.dumps(event, allow_nan=False))),
        stop=stop,
    )
    return found


def test_results_travel_as_plain_cells(book):
    found = events(book, "score", path=str(book))
    assert [event["event"] for event in found if event["event"] != "progress"] == ["sheets", "say", "done"]
    sheet = next(event for event in found if event["event"] == "sheets")["sheets"][0]
    assert sheet["table"] == "tierbook_scores"
    assert len(sheet["rows"]) == 422
    written = rows(book, "Tierbook Scores")
    at = sheet["headers"].index("last_date")
    assert sheet["formats"][at] == "date"
    assert [row[at] for row in sheet["rows"]] == [row[at] for row in written[1:]], "dates are serial numbers"


def test_a_question_ends_a_call_and_its_answer_comes_with_the_next(book):
    selection = {"sheet": "Tierbook Scores", "address": "A2", "rows": [["C0194"]], "formula": ""}
    found = events(book, "explain", selection=selection)
    asked = found[-1]
    assert (asked["event"], asked["key"], asked["default"], asked["options"]) == (
        "question",
        "customer",
        "C0194",
        [],
    )
    found = events(book, "explain", selection=selection, answers={asked["key"]: "C0194"})
    assert [event["event"] for event in found[-3:]] == ["sheets", "say", "done"]


def test_choices_travel_with_their_words(book):
    asked = events(book, "pack", language="zh")[-1]
    assert [name for name, _ in asked["options"] if name in ("hospitality", "retail")] == [
        "hospitality",
        "retail",
    ]
    assert events(book, "pack", answers={"pack": "retail"})[0] == {
        "event": "define",
        "name": "CRM_PACK",
        "text": "retail",
    }


def test_cells_travel_with_their_formulas_and_errors(book):
    blocks = next(event for event in events(book, "live_formulas") if event["event"] == "cells")["blocks"]
    tier = next(block for block in blocks if block["formula"].startswith("=CRM_TIER("))
    assert (tier["sheet"], tier["address"], len(tier["rows"])) == ("Tierbook Live", "E2", 422)
    assert cells_of_plain([[{"error": "#N/A"}, 1]]) == [[CellError("#N/A"), 1]]


def test_every_question_comes_before_anything_is_written(book):
    for name in ACTIONS:
        if name in ("start_engine", "stop_engine", "self_test", "report"):
            continue
        kinds = [event["event"] for event in events(book, name, path=str(book))]
        assert kinds[-1] in ("done", "question", "error"), name
        if kinds[-1] == "question":
            assert set(kinds) <= {"progress", "question"}, name


def test_errors_and_cancelling_are_the_last_word(book):
    found = events(book, "explain", answers={"customer": "X"})
    assert found[-1]["event"] == "error"
    assert "There is no customer X" in found[-1]["text"]
    assert events(book, "score", stop=lambda: True)[-1] == {"event": "cancelled"}


# --- The command


def test_the_command_lists_and_runs_actions(book, tmp_path):
    listed = tierbook("actions", "--json", cwd=tmp_path)
    assert [one["name"] for one in json.loads(listed.stdout)] == list(ACTIONS)
    done = tierbook("action", "explain", book, "--answer", "customer=C0001", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["written"] == [str(book)]
    assert tierbook("action", "explain", book, "--answer", "C0001", cwd=tmp_path).returncode == 2
    assert tierbook("action", "expain", book, cwd=tmp_path).returncode == 1


def test_the_doctor_names_what_is_there(tmp_path):
    done = tierbook("doctor", "--json", cwd=tmp_path, TIERBOOK_HOME=str(tmp_path))
    found = {one["subject"]: one["level"] for one in json.loads(done.stdout)}
    assert found["python"] == found["packages"] == found["rules"] == "ok"
    assert found["engine"] == "warning"
    (tmp_path / "config.yaml").write_text("pak: retail\n", "utf-8")
    assert tierbook("doctor", cwd=tmp_path, TIERBOOK_HOME=str(tmp_path)).returncode == 1


def test_a_selection_reads_as_one_sees_it(book):
    from addin.selected import selection_in

    found = selection_in(book, "'Tierbook Scores'!A1:A2")
    assert found.rows == [["customer_id"], ["C0194"]]
    assert Area.of(found.address).ref == "A1:A2"
    with pytest.raises(HostError, match="does not name cells"):
        selection_in(book, "A1")
