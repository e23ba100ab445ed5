"""Hostile inputs under a limit: `tierbook check` answers each of them within 512 MB of address space and 20 seconds."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest

resource = pytest.importorskip("resource", reason="address-space limits are a POSIX matter")

ROOT = Path(__file__).parents[2]
NASTY = ROOT / "tests" / "nasty"
LIMIT = 512 << 20
SECONDS = 20
# What could inflate, nest or repeat without end; the others are answered in the same way in tests/workbooks.
DANGEROUS = (
    "xml_",
    "pkg_120k",
    "pkg_dim",
    "csv_wide",
    "csv_late",
    "zip_bad",
    "zip_dup",
    "kind_enc",
    "pq_trunc",
)
EXPECTED = {"accept": 0, "warn": 0, "reject": 1}

with (NASTY / "expect.csv").open(encoding="utf-8", newline="") as file:
    ROWS = [row for row in csv.DictReader(file) if row["file"].startswith(DANGEROUS)]


def limited() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT, LIMIT))


@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_AS is enforced on Linux")
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["file"])
def test_a_hostile_input_is_answered_within_the_limit(row):
    done = subprocess.run(
        [sys.executable, "-m", "addin", "check", NASTY / row["file"], "--json"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=SECONDS,
        preexec_fn=limited,
        check=False,
    )
    assert done.returncode == EXPECTED[row["expected"]], done.stderr
    assert '"status"' in done.stdout
