"""An engine from its start to its end: who may start it, who finds it, what it leaves."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from addin.engine_client import Engine, EngineError
from addin.engine_place import read_place
from addin.version import version
from tests.hosts.engine.running import ROOT, Running, engine, environment, serve, until
from workbooks.samples import sample_path

pytestmark = pytest.mark.skipif(os.name != "posix", reason="permissions and signals of POSIX")

PURCHASES = "customer_id,date,amount\nC1,2026-01-05,120.50\nC1,2026-03-01,80\nC2,2026-02-11,9000\n"


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with engine(tmp_path) as found:
        yield found


def test_only_the_user_can_read_where_the_engine_is(running):
    assert stat.S_IMODE(running.folder.stat().st_mode) == 0o700
    for name in ("engine.json", "engine-launch.json"):
        assert stat.S_IMODE((running.folder / name).stat().st_mode) == 0o600


def test_a_file_that_others_can_read_is_not_trusted(running):
    (running.folder / "engine.json").chmod(0o644)
    with pytest.raises(EngineError, match="Others can read or change") as wrong:
        running.client().call("CRM_NPS", [[9]])
    assert wrong.value.code == "private"


def test_a_second_start_says_that_one_runs_and_leaves_it_alone(running):
    done = serve(running.folder, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["pid"] == running.place.pid
    assert json.loads(done.stdout)["attached"]
    assert read_place(running.folder) == running.place
    assert "runs for" in serve(running.folder).stdout


def test_status_says_whether_an_engine_runs(running, tmp_path_factory):
    done = serve(running.folder, "--status", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["pid"] == running.place.pid
    nobody = serve(tmp_path_factory.mktemp("nobody"), "--status", "--json")
    assert nobody.returncode == 1
    assert json.loads(nobody.stdout) == {"running": False}


def test_stop_ends_the_engine_and_leaves_no_place(running):
    assert serve(running.folder, "--stop").returncode == 0
    assert running.process.wait(20) == 0
    assert read_place(running.folder) is None
    assert "stopped" in running.log()
    assert "not running" in serve(running.folder, "--stop").stdout


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_engine_as_stop_does(number, running):
    running.client().call("CRM_NPS", [[9]])
    running.process.send_signal(number)
    assert running.process.wait(20) == 0
    assert read_place(running.folder) is None


def test_an_engine_nobody_asks_stops(tmp_path):
    with engine(tmp_path, "--idle", "0.01") as running:
        assert running.process.wait(20) == 0
        assert read_place(tmp_path) is None
        assert "nobody has asked" in running.log()


def test_a_client_starts_the_engine_when_there_is_none(running):
    running.client().stop()
    running.process.wait(20)
    client = running.client(start=True)
    try:
        assert client.call("CRM_NPS", [[9], [3]]) == 0.0
        assert client.status()["project"] == str(running.folder)
    finally:
        assert client.stop()
        assert until(lambda: read_place(running.folder) is None)


def test_the_python_of_a_host_is_not_the_engines(running, monkeypatch):
    """LibreOffice sets PYTHONHOME and library paths for its own Python."""
    running.client().stop()
    running.process.wait(20)
    for name in ("PYTHONHOME", "PYTHONPATH", "LD_LIBRARY_PATH", "URE_BOOTSTRAP"):
        monkeypatch.setenv(name, "/nowhere")
    client = running.client(start=True)
    try:
        assert client.call("CRM_NPS", [[9], [3]]) == 0.0
    finally:
        client.stop()
        assert until(lambda: read_place(running.folder) is None)


def test_without_a_start_the_reason_says_what_to_press(tmp_path):
    with pytest.raises(EngineError, match="not running. Press Start engine") as wrong:
        Engine(version=version(), folder=tmp_path, start=False).call("CRM_NPS", [[9]])
    assert wrong.value.code == "stopped"


def test_where_tierbook_was_never_set_up_the_reason_says_so(tmp_path):
    with pytest.raises(EngineError, match="Run once: tierbook serve") as wrong:
        Engine(version=version(), folder=tmp_path).call("CRM_NPS", [[9]])
    assert wrong.value.code == "missing"


def test_a_start_that_failed_is_not_tried_again_for_every_cell(running):
    running.client().stop()
    running.process.wait(20)
    (running.folder / "engine-launch.json").write_text(
        json.dumps({"command": ["/nowhere/python"], "packages": "/nowhere"}), "utf-8"
    )
    client = running.client(start=True)
    with pytest.raises(EngineError, match="cannot be started") as first:
        client.call("CRM_NPS", [[9]])
    with pytest.raises(EngineError, match="not running") as second:
        client.call("CRM_NPS", [[9]])
    assert [first.value.code, second.value.code] == ["missing", "stopped"]


def test_an_engine_that_ends_at_its_start_is_not_waited_for(running):
    """Its settings may have become such that it cannot start."""
    running.client().stop()
    running.process.wait(20)
    (running.folder / "config.yaml").write_text("pakc: retail\n", "utf-8")
    with pytest.raises(EngineError, match="Run tierbook serve in a terminal") as wrong:
        running.client(start=True).call("CRM_NPS", [[9]])
    assert wrong.value.code == "missing"
    assert "config.yaml:1" in serve(running.folder).stderr


def test_a_killed_engine_is_started_again_and_cells_come_back(running):
    client = running.client(start=True)
    assert client.call("CRM_NPS", [[9], [3]]) == 0.0
    running.process.kill()
    running.process.wait()
    assert read_place(running.folder) == running.place  # what it left points nowhere
    try:
        assert client.call("CRM_NPS", [[9], [10]]) == 100.0
        assert client.status()["pid"] != running.place.pid
    finally:
        client.stop()
        assert until(lambda: read_place(running.folder) is None)


def test_a_killed_engine_gives_a_reason_where_none_may_be_started(running):
    client = running.client()
    assert client.call("CRM_NPS", [[9], [3]]) == 0.0
    running.process.kill()
    running.process.wait()
    with pytest.raises(EngineError, match="not running") as wrong:
        client.call("CRM_NPS", [[9], [10]])
    assert wrong.value.code == "stopped"
    with engine(running.folder) as again:
        assert again.place != running.place
        assert client.call("CRM_NPS", [[9], [10]]) == 100.0


def test_an_engine_that_hangs_gives_a_reason_within_seconds(running):
    client = running.client()
    client.call("CRM_NPS", [[9], [3]])
    running.process.send_signal(signal.SIGSTOP)
    try:
        with pytest.raises(EngineError, match="does not answer") as wrong:
            client.call("CRM_NPS", [[9], [10]])
        assert wrong.value.code == "slow"
    finally:
        running.process.send_signal(signal.SIGCONT)
    assert until(lambda: client.call("CRM_NPS", [[9], [10]]) == 100.0)


def test_reasons_are_those_of_the_session(running):
    mine, yours = running.client(), running.client(language="zh")
    with pytest.raises(EngineError):
        mine.call("CRM_GROWTH", [[1], [2]], [[1]])
    with pytest.raises(EngineError, match="2 行"):
        yours.call("CRM_GROWTH", [[1], [2]], [[1]])
    (_, said), (_, told) = mine.call("CRM_WHY")[1], yours.call("CRM_WHY")[1]
    assert said.startswith("current has 2 rows")
    assert told.startswith("current 有 2 行")
    assert running.client().call("CRM_WHY") == [["function", "reason"]]


def test_an_engine_that_was_started_again_meanwhile_is_met_anew(running):
    client = running.client()
    client.call("CRM_NPS", [[9], [3]])
    running.client().stop()
    running.process.wait(20)
    with engine(running.folder):
        assert client.call("CRM_NPS", [[9], [10]]) == 100.0


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "项目"
    shutil.copytree(ROOT / "rules", folder / "rules")
    (folder / "config.yaml").write_text("pack: hospitality\n", "utf-8")
    return folder


def test_packs_and_settings_are_read_again_when_they_change(project, tmp_path):
    with engine(tmp_path / "home", cwd=project) as running:
        client = running.client()
        assert client.status()["project"] == str(project)
        assert client.call("CRM_RULES", None, "churn")[1][2] == "from 90"
        pack = project / "rules" / "hospitality.yaml"
        pack.write_text(
            pack.read_text("utf-8").replace("{name: lost, from: 90}", "{name: lost, from: 95}"), "utf-8"
        )
        assert until(lambda: client.call("CRM_RULES", None, "churn")[1][2] == "from 95", patience=5)
        (project / "config.yaml").write_text("pack: retail\n", "utf-8")
        client.call("CRM_NPS", [[9]])
        assert client.status()["pack"] == "retail"


def test_an_edit_of_the_settings_that_cannot_be_used_is_said_and_the_old_ones_stay(project, tmp_path):
    with engine(tmp_path / "home", cwd=project) as running:
        client = running.client()
        client.call("CRM_NPS", [[9]])
        (project / "config.yaml").write_text("pack: hospitality\npakc: retail\n", "utf-8")
        assert client.call("CRM_NPS", [[9], [3]]) == 0.0
        ((name, said),) = client.call("CRM_WHY")[1:]
        assert name == "config.yaml"
        assert "'pakc'" in said


def test_settings_that_cannot_be_used_keep_an_engine_from_starting(project, tmp_path):
    (project / "config.yaml").write_text("pakc: retail\n", "utf-8")
    done = serve(tmp_path, cwd=project)
    assert done.returncode == 1
    assert "config.yaml:1" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_call_may_name_the_pack_of_its_workbook(running):
    client = running.client(pack="retail")
    assert client.call("CRM_RULES", None, "stages") != running.client().call("CRM_RULES", None, "stages")


def test_files_in_the_folder_of_the_project_never_run(project, tmp_path):
    for name in ("udfs.py", "json.py", "addin.py", "uvicorn.py"):
        (project / name).write_text("raise SystemExit('planted')\n", "utf-8")
    with engine(tmp_path / "home", cwd=project) as running:
        assert running.client().call("CRM_NPS", [[9], [3]]) == 0.0


# --- Actions


@pytest.fixture
def purchases(tmp_path: Path) -> Path:
    path = tmp_path / "transactions.csv"
    path.write_text(PURCHASES, "utf-8")
    return path


def test_an_action_runs_to_its_end_and_says_what_it_found(running, purchases):
    call = {"action": "check", "book": str(purchases), "name": "订单.csv", "path": str(purchases)}
    events = list(running.client().action(call))
    assert events[-1] == {"event": "done"}
    assert any(event["event"] == "say" and "3" in event["text"] for event in events)


def test_scores_come_as_sheets_to_write(running, purchases):
    call = {"action": "score", "book": str(purchases), "name": "transactions.csv", "path": str(purchases)}
    events = list(running.client().action(call))
    assert events[-1]["event"] == "done", events[-1]
    (sheets,) = [event["sheets"] for event in events if event["event"] == "sheets"]
    scores = sheets[0]
    assert scores["headers"][0] == "customer_id"
    assert sorted(row[0] for row in scores["rows"]) == ["C1", "C2"]
    listed = {*os.listdir(running.folder)} - {"engine.sock"}  # not under every system
    assert sorted(listed) == [
        "engine-launch.json",
        "engine.json",
        "engine.lock",
        "engine.log",
        "transactions.csv",
    ]


def test_an_action_speaks_the_language_of_the_session(running, tmp_path):
    book = tmp_path / "empty.csv"
    book.write_text("a,b\n1,2\n", "utf-8")
    call = {"action": "check", "book": str(book), "name": "empty.csv"}
    (english,) = [event["text"] for event in running.client().action(call) if event["event"] == "error"]
    (chinese,) = [
        event["text"] for event in running.client(language="zh").action(call) if event["event"] == "error"
    ]
    assert not re.search("[一-鿿]", english)
    assert re.search("[一-鿿]", chinese)


def test_leaving_an_action_cancels_it(running):
    book = running.folder / "hospitality.xlsx"
    shutil.copy(sample_path("hospitality"), book)
    client = running.client()
    call = {"action": "score", "book": str(book), "name": book.name, "path": str(book)}
    events = client.action(call)
    assert next(events)["event"] == "progress"
    events.close()
    assert until(lambda: client.status()["at_work"] == 0)
    assert client.call("CRM_NPS", [[9], [3]]) == 0.0


def test_an_engine_that_stops_ends_what_is_at_work(running):
    client = running.client()
    block = [(float(row),) for row in range(1_000_000)]
    failed: list[EngineError] = []

    def work() -> None:
        try:
            client.call("CRM_TIER", block)
        except EngineError as error:
            failed.append(error)

    at_work = threading.Thread(target=work)
    at_work.start()
    assert until(lambda: running.client().status()["at_work"] == 1 or not at_work.is_alive())
    running.client().stop()
    assert running.process.wait(30) == 0
    at_work.join(30)
    assert not at_work.is_alive()
    assert read_place(running.folder) is None


def test_without_the_extra_the_command_says_what_to_install(tmp_path):
    """A core installation has neither uvicorn nor starlette."""
    hidden = (
        "import importlib.util, sys; found = importlib.util.find_spec;"
        "importlib.util.find_spec = lambda name, *a: None if name == 'uvicorn' else found(name, *a);"
        "sys.argv = ['tierbook', 'serve']; from addin.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", hidden],
        env=environment(tmp_path),
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.strip() == (
        "The engine needs uvicorn. Install Tierbook with its extra: pip install tierbook[server]"
    )
