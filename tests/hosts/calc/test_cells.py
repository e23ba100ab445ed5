"""Functions in cells of a real LibreOffice: kinds of formulas, help, and what happens when the engine is not as it should be."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from addin.calc.functions import methods
from addin.engine_place import ENGINE, LAUNCH
from addin.version import version
from tests.hosts.calc.program import Calc

NOT_AVAILABLE, WRONG_VALUE = {"error": 32767}, {"error": 519}
PATIENCE = 60.0


def test_the_wizard_knows_every_function_and_argument(calc: Calc) -> None:
    found = calc.ask("described")
    for method in methods():
        listed = [[one.name["en"], one.help["en"]] for one in method.parameters if one.name]
        assert found[method.display]["help"] == method.help["en"]
        assert [argument[:2] for argument in found[method.display]["arguments"]] == listed


def test_formulas_of_every_kind_show_their_results(sheet: Calc) -> None:
    sheet.ask("put", book="book", address="A1", rows=[[10], [20], [30], [60]])
    ours = "ORG.TIERBOOK.FUNCTIONS"
    for address, formula, expected in (
        ("C1", "=CRM_GROWTH(A2;A1)", 1.0),
        ("C2", '=IF(CRM_GROWTH(A3;A2)>0.4;"up";"flat")', "up"),
        ("C3", f"=SUM({ours}.CRMGROWTH(A2;A1);1)", 2.0),
        ("C4", "=CRM_GROWTH_OF(120;100)", 0.2),
        ("C5", "=CRM_NPS_OF({9|10|3|8})", 25.0),
        ("C6", "=CRM_GROWTH(INDEX(A1:A4;3);A1)", 2.0),
    ):
        sheet.ask("formula", book="book", address=address, formula=formula)
        assert sheet.ask("read", book="book", address=address) == [[expected]], formula
    sheet.ask("array", book="book", address="D1:D3", formula="=CRM_GROWTH(A2:A4;A1:A3)")
    assert sheet.ask("read", book="book", address="D1:D3") == [[1.0], [0.5], [1.0]]
    sheet.ask("array", book="book", address="E1:E1", formula="=SUM(CRM_GROWTH(A2:A4;A1:A3))")
    assert sheet.ask("read", book="book", address="E1") == [[2.5]]
    sheet.ask("put", book="book", address="G1", rows=[["id"], ["a"], ["b"]])
    sheet.ask(
        "put", book="book", address="H1", rows=[[{"date": 45300}], [{"date": 45310}], [{"date": 45320}]]
    )


def test_a_range_with_error_cells_spoils_only_their_rows(sheet: Calc) -> None:
    sheet.ask("put", book="book", address="A1", rows=[[2, 1], [{"formula": "=1/0"}, 1], [3, 2]])
    sheet.ask("array", book="book", address="D1:D3", formula="=CRM_GROWTH(A1:A3;B1:B3)")
    assert sheet.ask("read", book="book", address="D1:D3") == [[1.0], [NOT_AVAILABLE], [0.5]]
    assert "row 2: current: The cell holds the error #DIV/0!" in reasons(sheet)


def test_a_blank_cell_given_for_a_range_that_may_be_left_out_is_no_zero(sheet: Calc) -> None:
    sheet.ask("put", book="book", address="A1", rows=[[100, 0.8, 0.1]])
    sheet.ask("formula", book="book", address="E1", formula="=CRM_CLV_SIMPLE_WITH_PERIODS(A1;B1;C1;D1)")
    sheet.ask("formula", book="book", address="E2", formula="=CRM_CLV_SIMPLE(A1;B1;C1)")
    (blank,), (left_out,) = sheet.ask("read", book="book", address="E1:E2")
    assert blank == left_out == pytest.approx(266.6666666666667)


def test_typed_values_and_nested_functions_find_the_twin_that_takes_them(calc: Calc) -> None:
    calc.ask("new", book="typed", hidden=False)
    try:
        calc.ask("type", book="typed", address="A1", text="=CRM_GROWTH(120;100)")
        assert calc.ask("read", book="typed", address="A1") == [[0.2]]
        assert calc.ask("formulas", book="typed", address="A1") == [
            ["=ORG.TIERBOOK.FUNCTIONS.CRMGROWTHOF(120;100)"]
        ]
        calc.ask("type", book="typed", address="A2", text="=CRM_GROWTH(A1;CRM_GROWTH(120;100))")
        assert calc.ask("read", book="typed", address="A2") == [[0.0]]
        calc.ask("type", book="typed", address="A3", text="=CRM_GROWTH(A1;A1)")
        assert calc.ask("formulas", book="typed", address="A3") == [
            ["=ORG.TIERBOOK.FUNCTIONS.CRMGROWTH(A1;A1)"]
        ]
    finally:
        calc.ask("close", book="typed")


def test_a_whole_column_of_a_million_rows_is_read_as_far_as_it_is_used(sheet: Calc) -> None:
    sheet.ask("put", book="book", address="A1", rows=[[9], [10], [3], [8]])
    sheet.ask("formula", book="book", address="C1", formula="=CRM_NPS(A:A)")
    assert sheet.ask("read", book="book", address="C1") == [[25.0]]
    sheet.ask("put", book="book", address="B3", rows=[[7]])
    sheet.ask("array", book="book", address="D1:D4", formula="=CRM_GROWTH(A1:A1048576;B1:B1048576)")
    assert sheet.ask("read", book="book", address="D3:D4") == [[pytest.approx(3 / 7 - 1)], [NOT_AVAILABLE]]


def test_a_column_with_a_million_values_is_answered(sheet: Calc) -> None:
    sheet.ask("put", book="book", address="A1", rows=[[1]])
    sheet.ask("fill_series", book="book", address="A1:A1048576")
    sheet.ask("formula", book="book", address="C1", formula="=CRM_NPS(A:A)")
    assert sheet.ask("read", book="book", address="C1") == [[WRONG_VALUE]]
    assert "Rating 11 is outside 0 to 10" in reasons(sheet)


def test_thousands_of_cells_are_each_right(sheet: Calc) -> None:
    count = 3000
    sheet.ask(
        "put", book="book", address="A1", rows=[[at + 1 if at % 7 else None] for at in range(count + 1)]
    )
    sheet.ask("fill_auto", book="book", address=f"C1:C{count}", formula="=CRM_GROWTH(A2;A1)")
    sheet.ask("compute", book="book")
    expected = [
        [NOT_AVAILABLE] if not (at % 7 and (at + 1) % 7) else [pytest.approx(1 / (at + 1))]
        for at in range(count)
    ]
    assert sheet.ask("read", book="book", address=f"C1:C{count}") == expected


def test_a_column_that_builds_on_itself_is_no_circle(sheet: Calc) -> None:
    sheet.ask("put", book="book", address="A1", rows=[[1], [2], [4], [8], [16]])
    sheet.ask("put", book="book", address="B1", rows=[[1]])
    sheet.ask("fill_auto", book="book", address="B2:B5", formula="=CRM_GROWTH(A2;A1)+B1")
    sheet.ask("fill_auto", book="book", address="C2:C5", formula="=CRM_GROWTH(B2;B1)")
    sheet.ask("compute", book="book")
    assert sheet.ask("read", book="book", address="B2:C5") == [
        [2.0, 1.0], [3.0, 0.5], [4.0, pytest.approx(1 / 3)], [5.0, 0.25]
    ]  # fmt: skip


def test_dates_of_a_document_that_counts_from_1904_are_understood(sheet: Calc) -> None:
    sheet.ask("count_from", book="book", year=1904, month=1, day=1)
    days = [{"date": 43838}, {"date": 43848}]
    sheet.ask("put", book="book", address="A1", rows=[["a", days[0], 5], ["a", days[1], 7]])
    sheet.ask("array", book="book", address="E1:K2", formula="=CRM_RFM(A1:A2;B1:B2;C1:C2)")
    heads, row = sheet.ask("read", book="book", address="E1:K2")
    assert row[heads.index("recency")] == 10.0
    assert row[heads.index("days_since_last")] == 0.0


def test_cells_come_back_by_themselves_when_the_engine_was_killed(sheet: Calc) -> None:
    enter_growth(sheet)
    before = sheet.engine_process()
    assert before is not None
    os.kill(before, signal.SIGKILL)
    sheet.ask("compute", book="book")
    assert sheet.ask("read", book="book", address="B1:B3") == [[1.0], [1.0], [1.0]]
    assert sheet.engine_process() != before


def test_an_engine_killed_in_the_middle_of_thousands_of_cells_leaves_every_cell_right(sheet: Calc) -> None:
    count = 4000
    sheet.ask("put", book="book", address="A1", rows=[[at + 1] for at in range(count + 1)])
    sheet.ask("fill_auto", book="book", address=f"C1:C{count}", formula="=CRM_GROWTH(A2;A1)")
    sheet.ask("read", book="book", address="C1")
    before = engine_cpu(sheet)
    sheet.begin("compute", book="book")
    wait_for(lambda: engine_cpu(sheet) > before + 0.05)
    kill_engine(sheet)
    sheet.answer()
    expected = [[pytest.approx(1 / (at + 1))] for at in range(count)]
    wait_for(lambda: sheet.ask("read", book="book", address=f"C1:C{count}") == expected)


def engine_cpu(sheet: Calc) -> float:
    """What the engine has computed so far. [CPU-seconds]"""
    return float(sheet.engine().status()["cpu"])


def test_without_an_engine_cells_say_why_and_come_back_with_it(sheet: Calc) -> None:
    enter_growth(sheet)
    with without(sheet.home / LAUNCH):
        kill_engine(sheet)
        sheet.ask("compute", book="book")
        assert sheet.ask("read", book="book", address="B1:B3") == [[NOT_AVAILABLE]] * 3
        assert "Tierbook is not set up for this user" in reasons(sheet)
    wait_for(lambda: sheet.ask("read", book="book", address="B1:B3") == [[1.0], [1.0], [1.0]])


def test_an_engine_with_another_token_is_not_believed(sheet: Calc) -> None:
    enter_growth(sheet)
    kill_engine(sheet)
    sheet.engine(start=True).status()
    place = sheet.home / ENGINE
    known = place.read_text("utf-8")
    place.write_text(json.dumps({**json.loads(known), "token": "somebody else's"}), "utf-8")
    with without(sheet.home / LAUNCH):
        sheet.ask("compute", book="book")
        assert sheet.ask("read", book="book", address="B1:B3") == [[NOT_AVAILABLE]] * 3
        assert "not" in reasons(sheet)
        place.write_text(known, "utf-8")
    wait_for(lambda: sheet.ask("read", book="book", address="B1:B3") == [[1.0], [1.0], [1.0]])


def test_an_engine_of_another_version_is_refused_with_both_versions(sheet: Calc) -> None:
    enter_growth(sheet)
    with without(sheet.home / LAUNCH):
        kill_engine(sheet)
        with other_version(sheet.home) as other:
            sheet.ask("compute", book="book")
            assert sheet.ask("read", book="book", address="B1:B3") == [[NOT_AVAILABLE]] * 3
            assert f"The add-in is version {version()} and the engine version {other}" in reasons(sheet)
    wait_for(lambda: sheet.ask("read", book="book", address="B1:B3") == [[1.0], [1.0], [1.0]])


def enter_growth(sheet: Calc) -> None:
    sheet.ask("put", book="book", address="A1", rows=[[1], [2], [4], [8]])
    sheet.ask("fill_auto", book="book", address="B1:B3", formula="=CRM_GROWTH(A2;A1)")
    assert sheet.ask("read", book="book", address="B1:B3") == [[1.0], [1.0], [1.0]]


def reasons(sheet: Calc) -> str:
    """What CRM_WHY shows now."""
    sheet.ask("array", book="book", address="DA1:DB20", formula="=CRM_WHY()")
    rows = sheet.ask("read", book="book", address="DA1:DB20")
    sheet.ask("clear", book="book", address="DA1:DB20")
    return "\n".join(str(row[1]) for row in rows)


def kill_engine(sheet: Calc) -> None:
    process = sheet.engine_process()
    if process is not None:
        os.kill(process, signal.SIGKILL)


@contextmanager
def without(path: Path) -> Iterator[None]:
    """A file is away for a while."""
    content = path.read_bytes()
    path.unlink()
    try:
        yield
    finally:
        path.write_bytes(content)
        path.chmod(0o600)


OTHER_VERSION = """
import sys
from pathlib import Path
from addin.server import serve
serve(Path(sys.argv[1]), project=Path(sys.argv[1]), version="9.9.9", started=lambda place: print("up", flush=True))
"""


@contextmanager
def other_version(home: Path) -> Iterator[str]:
    """An engine of another version in the place of this user's."""
    launch = home / LAUNCH
    engine = subprocess.Popen(
        [sys.executable, "-c", OTHER_VERSION, str(home)],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[3],
    )
    try:
        assert engine.stdout is not None
        assert engine.stdout.readline() == b"up\n"
        launch.unlink()  # every engine leaves word how it was started
        yield "9.9.9"
    finally:
        engine.kill()
        engine.communicate()


def wait_for(condition: Callable[[], bool]) -> None:
    """Ask until it is so; each question is a round trip through LibreOffice."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
