"""What a terminal shows while a source is asked, and what Ctrl+C leaves."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from tests.addin.refusals import write

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no terminal to look at and no SIGINT there")
ROOT = Path(__file__).parents[2]


def asked(folder: Path, *words: str, until: str) -> tuple[int, str]:
    """A command on a terminal, stopped once it shows a text: its exit code and all it showed."""
    import pty

    terminal, theirs = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "100"}
    command = [sys.executable, "-m", "addin", *words]
    shown = b""
    with subprocess.Popen(command, cwd=folder, env=environment, stderr=theirs, stdout=theirs) as process:
        os.close(theirs)
        pressed = False
        while True:
            if select.select([terminal], [], [], 0.1)[0]:
                try:
                    shown += os.read(terminal, 65_536)
                except OSError:
                    break
            if not pressed and until in shown.decode(errors="replace"):
                pressed = True
                process.send_signal(signal.SIGINT)
    os.close(terminal)
    return process.wait(), shown.decode()


def test_a_long_view_is_seen_to_be_asked_and_is_stopped(tmp_path):
    with duckdb.connect(str(tmp_path / "slow.duckdb")) as connection:
        connection.execute(
            "CREATE VIEW transactions AS SELECT 'C' AS customer_id, DATE '2026-01-01' AS date, a.range::DOUBLE AS amount "
            "FROM range(100000000) AS a, range(100000000) AS b"
        )
    (tmp_path / "config.yaml").write_text("source: slow.duckdb\nlanguage: zh\nengine: {spill: spill}\n")
    (tmp_path / "old.xlsx").write_bytes(b"as it was")
    code, shown = asked(tmp_path, "report", "--out", "old.xlsx", until="0:00:02")
    assert code == 130
    assert "查看各表" in shown and "0:00:01" in shown, "the step and its seconds, which go on"
    assert "已停止。未完成的内容没有写入。" in shown and "Traceback" not in shown
    assert (tmp_path / "old.xlsx").read_bytes() == b"as it was"
    names = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")}
    assert names == {"config.yaml", "old.xlsx", "slow.duckdb", "spill"}, (
        "no stage was finished, so none is kept"
    )


def test_stages_that_are_finished_are_kept_and_the_next_run_goes_on(tmp_path):
    write(tmp_path)
    (tmp_path / "config.yaml").write_text("source: data\nengine: {spill: spill}\n")
    # Customers of both windows are scored by the time pages are drawn.
    code, shown = asked(tmp_path, "report", "--out", "new.xlsx", until="Drawing the report")
    if code == 0:
        pytest.skip("drawn before it could be stopped")
    assert code == 130 and "Finished stages are kept: the next run goes on there." in " ".join(shown.split())
    (kept,) = (tmp_path / "spill").glob("*.duckdb")
    with duckdb.connect(str(kept)) as connection:
        stages = connection.execute("SELECT stage FROM tierbook_stages ORDER BY stage").fetchall()
    assert stages == [("before",), ("now",), ("prepared",)]
    # Stopped in the instant a lock is taken, its empty file stays until the next run.
    left = {path.suffix for path in tmp_path.glob(".tierbook-*")}
    assert not (tmp_path / "new.xlsx").exists() and left <= {".lock"}
    code, shown = asked(tmp_path, "report", "--out", "new.xlsx", until="never")
    assert code == 0 and (tmp_path / "new.xlsx").exists()
    assert list((tmp_path / "spill").iterdir()) == [] and not list(tmp_path.glob(".tierbook-*"))
