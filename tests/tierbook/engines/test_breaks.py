"""A run that is killed goes on where it was, in another process; over other data, rules or days it begins anew."""

from __future__ import annotations

import os
import shutil
from datetime import date
from pathlib import Path

import pytest
from pyarrow import parquet

from tests.tierbook.engines.breaks import gone_on, killed, stages_kept
from tests.tierbook.engines.same import in_memory, pack, runs_differ, tables


@pytest.fixture(scope="module")
def broken_off(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of the sample's tables, and what a run that was killed left in its spill folder."""
    folder = tmp_path_factory.mktemp("broken off")
    (folder / "data").mkdir()
    for name, table in tables().items():
        parquet.write_table(table, folder / "data" / f"{name}.parquet")
    killed(str(folder / "data"), at="scored_before", spill=folder / "spill")
    shutil.copytree(folder, folder.with_name("as it was left"))
    return folder


@pytest.fixture
def left(broken_off: Path) -> Path:
    """That folder as it was left, whatever a test has done to it since."""
    shutil.rmtree(broken_off)
    shutil.copytree(broken_off.with_name("as it was left"), broken_off)
    return broken_off


def test_a_killed_run_goes_on_in_another_process_and_leaves_nothing_behind(left):
    run, opened, made = gone_on(str(left / "data"), spill=left / "spill")
    assert "tierbook_sales" not in made and "scored" not in made and "scored_before" in made
    assert runs_differ(in_memory("hospitality"), run, ("totals", "tier_moves")) == {}
    opened.keep.clear()
    assert list((left / "spill").iterdir()) == []


def test_only_the_same_data_rules_and_day_go_on(left):
    place, asked = str(left / "data"), {"spill": left / "spill"}
    assert sorted(stages_kept(place, **asked)) == ["now", "prepared"]
    assert stages_kept(place, as_of=date(2026, 6, 30), **asked) == [], "another day"
    assert stages_kept(place, **asked) == [], "what another run began over is gone"


@pytest.mark.parametrize("change", ["rules", "data"])
def test_other_rules_or_data_begin_anew(change, left):
    place = left / "data"
    if change == "data":
        file = place / "transactions.parquet"
        os.utime(file, ns=(0, file.stat().st_mtime_ns + 1_000_000_000))
    assert stages_kept(str(place), pack("retail") if change == "rules" else None, spill=left / "spill") == []
