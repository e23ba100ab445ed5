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


def test_a_broken_pack_does_not_hide_the_others(project):
    (project / "rules/bad.yaml").write_text("pack: bad\n", "utf-8")
    done = tierbook("rules", "list", cwd=project)
    assert done.returncode == 1
    assert "small 1 (" in done.stdout
    assert "rules/bad.yaml:1:1" in done.stderr


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
        while "Waiting" not in process.stderr.readline():
            pass
        (project / "rules/small.yaml").rename(project / "away.yaml")
        assert "There is no such file." in process.stderr.readline(), "an editor that saves takes it away"
        assert "Waiting for a change" in process.stderr.readline()
        (project / "rules/small.yaml").write_text(GOOD, "utf-8")
        assert "ok" in process.stdout.readline()
    finally:
        process.kill()
        process.communicate()


def test_the_schema_is_written_where_the_packs_are(project):
    done = tierbook("rules", "schema", cwd=project)
    assert done.returncode == 0
    assert (
        json.loads((project / "rules/pack.schema.json").read_text("utf-8"))["title"] == "Tierbook rule pack"
    )


@pytest.fixture
def book(project) -> Path:
    """Three customers with ready-made features."""
    path = project / "customers.csv"
    path.write_text(
        "customer_id,total_spend,settlement,overdue_ratio,days_since_last,spend_per_month,budget\n"
        "A,800,cash,1,10,5,10\nB,450,cash,3,90,5,10\nC,100,other,0.5,5,5,10\n",
        "utf-8",
    )
    return path


def changed(project: Path, old: str = "from: 500", new: str = "from: 400") -> Path:
    path = project / "rules/next.yaml"
    path.write_text(broken(old, new).replace("pack: small", "pack: next"), "utf-8")
    return path


def test_a_pack_is_shown_in_both_languages(project):
    english = tierbook("rules", "show", "small", cwd=project).stdout
    chinese = tierbook("rules", "show", "small", "--lang", "zh", cwd=project).stdout
    assert "Tiers" in english
    assert "from 500" in english
    assert "从 500 起" in chinese


def test_rules_and_their_problems_go_to_workbooks(project):
    from openpyxl import load_workbook

    shown, told = project / "rules.xlsx", project / "problems.xlsx"
    assert tierbook("rules", "show", "small", "--out", shown, cwd=project).returncode == 0
    rows = list(load_workbook(shown, read_only=True)["Tierbook Rules"].iter_rows(values_only=True))
    assert ("Tiers", "Gold", "from 500", None) in [tuple(row) for row in rows]
    (project / "rules/small.yaml").write_text(broken("is: 2,", "is: two,"), "utf-8")
    assert tierbook("rules", "check", "small", "--out", told, cwd=project).returncode == 1
    rows = list(load_workbook(told, read_only=True)["Tierbook Rule check"].iter_rows(values_only=True))
    assert rows[1][:3] == ("Error", "rules/small.yaml:4:14", "thresholds.late.is")


def test_a_new_pack_keeps_text_and_cases_under_its_own_name(project):
    done = tierbook("rules", "new", "other", "--from", "small", cwd=project)
    assert done.returncode == 0, done.stderr
    assert (project / "rules/other.yaml").read_text("utf-8") == GOOD.replace("pack: small", "pack: other")
    assert tierbook("rules", "check", "other", cwd=project).stdout == "other: ok, 11 rules, 1 cases\n"
    again = tierbook("rules", "new", "other", "--from", "small", cwd=project)
    assert again.returncode == 1
    assert "There is a file rules/other.yaml already." in again.stderr


def test_what_changed_is_told_in_words(project):
    changed(project)
    done = tierbook("rules", "history", "small", "rules/next.yaml", cwd=project)
    assert done.stdout == "Tiers, Gold: was from 500; is from 400\n"


def test_a_customer_is_explained_with_figures(project, book):
    done = tierbook(
        "rules", "explain", "small", "--book", book, "--customer", "B", "--as-of", "2026-10-31", cwd=project
    )
    assert done.returncode == 0, done.stderr
    assert "late = 2, overdue_ratio = 3" in done.stdout
    unknown = tierbook(
        "rules", "explain", "small", "--book", book, "--customer", "Z", "--as-of", "2026-10-31", cwd=project
    )
    assert unknown.returncode == 1
    assert "There is no customer Z in customers.csv. Identifiers begin like A, B, C." in unknown.stderr


def test_a_comparison_goes_to_terminal_json_and_workbook(project, book):
    changed(project)
    command = ("rules", "diff", "small", "next", "--book", book, "--as-of", "2026-10-31")
    out = project / "diff.xlsx"
    done = tierbook(*command, "--out", out, cwd=project)
    assert done.returncode == 0, done.stderr
    assert "1 of 3 customers move, with 450.00 of revenue." in done.stdout
    assert "B         Tier    Plain  Gold" in done.stdout
    from openpyxl import load_workbook

    sheets = load_workbook(out, read_only=True)
    assert sheets.sheetnames == ["Tierbook Rule changes", "Tierbook Migration", "Tierbook Movers"]
    rows = list(sheets["Tierbook Movers"].iter_rows(values_only=True))
    assert rows[1] == ("B", "Tier", "Plain", "Gold", 450, "Tiers, Gold: was from 500; is from 400")
    found = json.loads(tierbook(*command, "--json", cwd=project).stdout)
    assert (found["moved"], found["revenue_moved"]) == (1, 450.0)
    assert {"old": "plain", "new": "gold", "customers": 1, "revenue": 450.0} in found["matrix"]["tier"]


def test_thresholds_are_ranked_by_what_they_move(project, book):
    text = GOOD.replace("is: 2,", "is: 2.9,")
    (project / "rules/small.yaml").write_text(text, "utf-8")
    done = tierbook(
        "rules", "sensitivity", "small", "--book", book, "--as-of", "2026-10-31", "--json", cwd=project
    )
    first, second = json.loads(done.stdout)
    assert (first["number"], first["customers"], first["revenue"]) == (3.19, 1, 450.0)
    assert second["customers"] == 0
