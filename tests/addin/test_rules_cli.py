"""The rules commands, run as a user runs them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.addin.test_cli import ROOT, tierbook
from tests.tierbook.rulepack.packs import GOOD, broken


@pytest.fixture
def project(tmp_path) -> Path:
    """A folder with one small pack and a case."""
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "small.yaml").write_text(GOOD, "utf-8")
    (rules / "small.cases.yaml").write_text(
        "- {name: a big one, given: {total_spend: 800, settlement: cash}, expect: {value: 840}}\n", "utf-8"
    )
    (tmp_path / "config.yaml").write_text("pack: small\nrules: rules\n", "utf-8")
    return tmp_path


def test_check_reads_packs_and_cases(project):
    done = tierbook("rules", "check", "small", cwd=project)
    assert (done.returncode, done.stdout) == (0, "small: ok, 11 rules, 1 cases\n")


def test_check_shows_the_line_with_a_caret(project):
    (project / "rules/small.yaml").write_text(broken("base: total_spend", "base: total_spent"), "utf-8")
    done = tierbook("rules", "check", "small", cwd=project)
    assert done.returncode == 1
    assert "rules/small.yaml:8:9: value.base: unknown feature 'total_spent'" in done.stderr
    assert "\n      base: total_spent\n            ^\n" in done.stderr


def test_check_speaks_json_and_chinese(project):
    (project / "rules/small.yaml").write_text(broken("is: 2,", "is: two,"), "utf-8")
    done = tierbook("rules", "check", "small", "--json", "--lang", "zh", cwd=project)
    (problem,) = json.loads(done.stdout)["problems"]
    assert done.returncode == 1
    assert (problem["line"], problem["column"], problem["path"]) == (4, 14, "thresholds.late.is")
    assert "不是数字" in problem["message"]
    assert problem["excerpt"].endswith("^")


def test_watch_checks_again_when_the_file_changes(project):
    process = subprocess.Popen(
        [sys.executable, "-m", "addin", "rules", "check", "small", "--watch"],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        assert "ok" in process.stdout.readline()
        assert "Waiting for a change" in process.stderr.readline()
        (project / "rules/small.yaml").write_text(broken("is: 2,", "is: two,"), "utf-8")
        assert '"two" is not a number here.' in process.stderr.readline()
    finally:
        process.kill()
        process.communicate()


def test_the_schema_is_written_where_the_packs_are(project):
    done = tierbook("rules", "schema", cwd=project)
    assert done.returncode == 0
    assert (
        json.loads((project / "rules/pack.schema.json").read_text("utf-8"))["title"] == "Tierbook rule pack"
    )
