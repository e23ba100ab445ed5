"""Runs that end in the middle, for real: the process is killed where it stands."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.tierbook.engines.same import ROOT, pack
from tierbook.engines.options import EngineOptions
from tierbook.engines.sources import Opened, open_source
from tierbook.run import Run
from tierbook.warehouse import score_in


def killed(place: str, *, at: str, environment: dict[str, str] | None = None, **options: Any) -> None:
    """A run in a process of its own, which is killed when a table is to be made."""
    command = "from tests.tierbook.engines import breaks; breaks.run_until_killed()"
    done = subprocess.run(
        [sys.executable, "-c", command, json.dumps([place, at, options], default=str)],
        env={**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode and "killed where it stands" in done.stdout, done.stdout + done.stderr


def run_until_killed() -> None:
    """What that process does."""
    place, at, options = json.loads(sys.argv[1])
    opened = _opened(place, options)
    make = opened.engine.make

    def made(name: str, text: str, **asked: Any) -> None:
        if name == at:
            print("killed where it stands", flush=True)
            # Windows knows no SIGKILL, and ends a process at once whatever it is sent.
            os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
        make(name, text, **asked)

    opened.engine.make = made
    score_in(opened.engine, opened.tables, pack("hospitality"), keep=opened.keep, stamp=opened.stamp)


def gone_on(place: str, rules: Any = None, **options: Any) -> tuple[Run, Opened, list[str]]:
    """A run in this process, and the tables it made."""
    opened, tables = _opened(place, options), list[str]()
    make = opened.engine.make

    def made(name: str, text: str, **asked: Any) -> None:
        tables.append(name)
        make(name, text, **asked)

    opened.engine.make = made
    rules = rules or pack("hospitality")
    run = score_in(opened.engine, opened.tables, rules, keep=opened.keep, stamp=opened.stamp)
    return run, opened, tables


class Begun(Exception):
    """A run knows what it has to do."""


def stages_kept(place: str, rules: Any = None, *, as_of: Any = None, **options: Any) -> list[str]:
    """The stages a run would not do again; it ends before it does the others."""
    opened, kept = _opened(place, options), list[str]()
    finished = opened.keep.finished

    def looked_up(key: str) -> list[str]:
        kept.extend(finished(key))
        return kept

    opened.keep.finished = looked_up

    def stop(share: float, step: str) -> None:
        if share > 0:
            raise Begun

    try:
        score_in(
            opened.engine,
            opened.tables,
            rules or pack("hospitality"),
            keep=opened.keep,
            stamp=opened.stamp,
            as_of=as_of,
            progress=stop,
        )
    except Begun:
        opened.engine.close()
    return kept


def _opened(place: str, options: dict[str, Any]) -> Opened:
    if options.get("spill"):
        options = options | {"spill": Path(options["spill"])}
    return open_source(place, EngineOptions(**options))
