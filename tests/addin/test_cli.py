"""The command line, run as a user runs it: a process with arguments, an exit code and sentences."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from workbooks.samples import sample_path

ROOT = Path(__file__).parents[2]
PURCHASES = [
    ("customer_id", "date", "amount"),
    ("C1", "2026-01-05", "120.50"),
    ("C1", "2026-03-01", "80"),
    ("C2", "2026-02-11", "9000"),
]


def tierbook(*arguments: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """One run of the command; a traceback anywhere fails the test."""
    done = subprocess.run(
        [sys.executable, "-m", "addin", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert "Traceback" not in done.stdout + done.stderr, done.stderr
    return done


@pytest.fixture
def purchases(tmp_path) -> Path:
    path = tmp_path / "transactions.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(PURCHASES)
    return path


def test_check_says_what_was_read(purchases, tmp_path):
    done = tierbook("check", purchases, cwd=tmp_path)
    assert done.returncode == 0
    assert "3 rows of transactions" in done.stdout


def test_check_speaks_json_to_machines(purchases, tmp_path):
    done = tierbook("check", purchases, "--json", cwd=tmp_path)
    found = json.loads(done.stdout)
    assert found["status"] == "ok"
    assert found["tables"]["transactions"] == {"rows": 3, "total": {"amount": 9200.5}}


def test_scores_and_report_are_written_in_one_run(purchases, tmp_path):
    out, report = tmp_path / "scored.xlsx", tmp_path / "report.xlsx"
    done = tierbook(
        "score", purchases, "--out", out, "--report", report, "--as-of", "2026-03-31", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert "2 customers as of 2026-03-31, by hospitality" in done.stdout
    from openpyxl import load_workbook

    book = load_workbook(out, read_only=True)
    assert book.sheetnames == ["Tierbook Scores", "Tierbook Watch list", "Tierbook Run"]
    header, *rows = book["Tierbook Scores"].iter_rows(values_only=True)
    scores = {row[0]: dict(zip(header, row, strict=True)) for row in rows}
    assert scores["C1"]["total_spend"] == 200.5
    assert scores["C2"]["orders"] == 1
    assert all(re.fullmatch(r"hospitality \S+ \([0-9a-f]{8}\)", one["rules"]) for one in scores.values())
    assert load_workbook(report, read_only=True).sheetnames[0] == "Contents"


def test_a_run_is_kept_beside_its_source_and_the_next_report_compares_with_it(purchases, tmp_path):
    from openpyxl import load_workbook

    for day in ("2026-03-01", "2026-03-31"):
        done = tierbook("report", purchases, "--as-of", day, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    kept = sorted(path.name for path in (tmp_path / "transactions.csv.tierbook").glob("*.parquet"))
    assert kept == ["2026-03-01.parquet", "2026-03-31.parquet"]
    audit = load_workbook(tmp_path / "transactions-report.xlsx", read_only=True)["Audit"]
    assert "What changed since the last run" in {
        cell for row in audit.iter_rows(values_only=True) for cell in row
    }


def test_no_snapshot_keeps_nothing(purchases, tmp_path):
    done = tierbook("score", purchases, "--no-snapshot", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "transactions.csv.tierbook").exists()


def test_a_run_that_cannot_be_kept_is_no_failure(purchases, tmp_path):
    (tmp_path / "transactions.csv.tierbook").write_text("in the way", "utf-8")
    done = tierbook("score", purchases, "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "not kept" in json.loads(done.stdout)["problems"][-1]["message"]


def test_score_tells_machines_what_it_found(purchases, tmp_path):
    done = tierbook("score", purchases, "--json", cwd=tmp_path)
    found = json.loads(done.stdout)
    assert (found["as_of"], found["customers"], found["pack"]) == ("2026-03-01", 2, "hospitality")
    assert sum(found["tiers"].values()) == 2
    assert [Path(path).name for path in found["written"]] == ["transactions-scored.xlsx"]


def test_a_profile_changes_the_value(purchases, tmp_path):
    from openpyxl import load_workbook

    def value(profile: str) -> float:
        out = tmp_path / f"{profile}.xlsx"
        assert tierbook("score", purchases, "--out", out, "--profile", profile, cwd=tmp_path).returncode == 0
        header, first, *_ = load_workbook(out, read_only=True)["Tierbook Scores"].iter_rows(values_only=True)
        return dict(zip(header, first, strict=True))["value"]

    assert value("growth") > value("default")


def test_results_go_into_the_workbook_itself_and_can_be_taken_back(tmp_path):
    book = tmp_path / "guests.xlsx"
    book.write_bytes(sample_path("hospitality").read_bytes())
    before = book.read_bytes()
    for _ in range(2):
        done = tierbook("score", "guests.xlsx", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[-1] == "guests.xlsx"
    from openpyxl import load_workbook

    names = load_workbook(book, read_only=True).sheetnames
    assert names[-3:] == ["Tierbook Scores", "Tierbook Watch list", "Tierbook Run"]
    assert "客户" in names
    for _ in range(2):
        assert tierbook("undo", "guests.xlsx", cwd=tmp_path).returncode == 0
    assert book.read_bytes() == before
    done = tierbook("undo", "guests.xlsx", cwd=tmp_path)
    assert done.returncode == 1
    assert "There is nothing to undo for guests.xlsx." in done.stderr


def test_a_result_never_replaces_a_workbook_that_holds_something_else(tmp_path):
    from openpyxl import load_workbook

    book = tmp_path / "guests.xlsx"
    book.write_bytes(sample_path("hospitality").read_bytes())
    before = book.read_bytes()
    done = tierbook("report", "guests.xlsx", "--out", "guests.xlsx", cwd=tmp_path)
    assert done.returncode == 1
    assert "The report would replace guests.xlsx, the workbook it is made from." in done.stderr
    assert book.read_bytes() == before
    for command in (
        ["score", "guests.xlsx", "--out", "guests.xlsx"],
        ["rules", "diff", "hospitality", "hospitality", "--book", "guests.xlsx", "--out", "guests.xlsx"],
        [
            "rules",
            "explain",
            "hospitality",
            "--book",
            "guests.xlsx",
            "--customer",
            "C0194",
            "--out",
            "guests.xlsx",
        ],
        ["rules", "check", "hospitality", "--out", "guests.xlsx"],
    ):
        done = tierbook(*command, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    names = load_workbook(book, read_only=True).sheetnames
    assert {"客户", "Transactions", "Tierbook Scores"} <= set(names)
    assert len(names) >= 10


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check", "nowhere.xlsx"], "nowhere.xlsx"),
        (["check", "other.csv"], "other.csv"),
        (["score", "transactions.csv", "--pack", "hospitallity"], "There is no rule pack called hospitallity. Did you mean hospitality?"),
        (["score", "transactions.csv", "--pack", "../config"], "There is no rule pack called ../config."),
        (["score", "transactions.csv", "--profile", "boom"], "hospitality has no profile called boom. Its profiles are default, growth, cash."),
        (["score", "transactions.csv", "--pack", "broken"], "rules/broken.yaml:3:8: value.base: unknown feature 'total_spent'; did you mean 'total_spend'?"),
        (["score", "customers.csv"], "The customers have no column total_spend and there is no table of transactions."),
        (["score", "transactions.csv", "--out", "missing/folder/out.xlsx"], "missing/folder"),
        (["report", "transactions.csv", "--out", "missing/folder/out.xlsx"], "missing/folder"),
        (["functions", "CRM_NOTHING"], "There is no function called CRM_NOTHING."),
        (["call", "CRM_NOTHING", "1"], "CRM_NOTHING"),
        (["call", "CRM_NPS", "@transactions.csv"], "does not name cells of a workbook"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said_in_a_sentence_and_changes_nothing(arguments, said, purchases, tmp_path):
    (tmp_path / "other.csv").write_text("colour,shape\nred,round\n", "utf-8")
    (tmp_path / "customers.csv").write_text("customer_id,name\nC1,Ada\n", "utf-8")
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "broken.yaml").write_text(
        'pack: broken\nversion: "1"\nvalue: {base: total_spent}\n', "utf-8"
    )
    (tmp_path / "config.yaml").write_text("pack: hospitality\n", "utf-8")
    (tmp_path / "rules" / "broken.yaml").write_text(
        'pack: broken\nversion: "1"\nvalue: {base: total_spent}\n', "utf-8"
    )
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    done = tierbook(*arguments, cwd=tmp_path)
    assert done.returncode == 1
    assert said.replace("3:8", "3:15") in done.stderr, done.stderr
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    "arguments",
    [[], ["scroe"], ["score"], ["score", "a.xlsx", "--as-of", "yesterday"], ["check", "a.xlsx", "--lang", "fr"], ["check", "a.xlsx", "--colour"]],
)  # fmt: skip
def test_wrong_usage_exits_with_2(arguments, tmp_path):
    assert tierbook(*arguments, cwd=tmp_path).returncode == 2


def test_only_customers_with_ready_made_features_can_be_scored(tmp_path):
    path = tmp_path / "customers.csv"
    path.write_text("customer_id,total_spend,orders,tenure_months\nC1,500,3,4\nC2,9000,40,24\n", "utf-8")
    done = tierbook("score", path, "--as-of", "2026-03-31", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["customers"] == 2
    done = tierbook("score", path, cwd=tmp_path)
    assert done.returncode == 1
    assert "--as-of" in done.stderr


def test_everything_is_said_in_chinese_too(purchases, tmp_path):
    done = tierbook("score", purchases, "--lang", "zh", cwd=tmp_path)
    assert "位客户" in done.stdout
    done = tierbook("score", purchases, "--pack", "none", "--lang", "zh", cwd=tmp_path)
    assert "没有" in done.stderr
    assert "评分" in tierbook("--help", cwd=tmp_path, LANG="zh_CN.UTF-8").stdout


def test_help_explains_every_argument_without_marks_of_a_markup(tmp_path):
    said = tierbook("undo", "--help", cwd=tmp_path).stdout
    assert "A workbook, a CSV or Parquet file, or a folder of them.  [required]" in said
    assert "\\" not in said


def test_rules_are_checked_tested_and_listed(tmp_path):
    assert "hospitality: ok" in tierbook("rules", "check", cwd=tmp_path).stdout
    assert "cases" in tierbook("rules", "test", "hospitality", cwd=tmp_path).stdout
    packs = json.loads(tierbook("rules", "list", "--json", cwd=tmp_path).stdout)
    assert "hospitality" in [pack["pack"] for pack in packs]


def test_a_broken_pack_names_every_problem_and_exits_with_1(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(
        'pack: mine\nversion: "1"\nvalue: {base: total_spent}\nstages:\n  - {name: a, wehn: orders > 1}\n',
        "utf-8",
    )
    done = tierbook("rules", "check", path, "--json", cwd=tmp_path)
    assert done.returncode == 1
    found = json.loads(done.stdout)["problems"]
    assert {(problem["line"], problem["path"]) for problem in found} >= {(5, "stages[1].wehn")}


def test_functions_are_listed_explained_and_called(tmp_path):
    assert "CRM_TIER" in tierbook("functions", cwd=tmp_path).stdout
    assert "CRM_NPS" in tierbook("functions", "crm_nps", cwd=tmp_path).stdout
    assert json.loads(tierbook("functions", "--json", cwd=tmp_path).stdout)[0]["name"].startswith("CRM_")
    assert tierbook("call", "CRM_NPS", "[9, 10, 3]", cwd=tmp_path).stdout.startswith("33.33")
    assert json.loads(
        tierbook("call", "CRM_GROWTH", "120", "100", "--json", cwd=tmp_path).stdout
    ) == pytest.approx(0.2)


def test_cells_of_a_workbook_can_be_handed_to_a_function(tmp_path):
    from openpyxl import Workbook

    book = Workbook()
    book.active.title = "Answers"
    for row, score in enumerate([9, 10, 3, None], 1):
        book.active.cell(row, 1, score)
    book.save(tmp_path / "survey.xlsx")
    assert tierbook("call", "CRM_NPS", "@survey.xlsx!Answers!A1:A4", cwd=tmp_path).stdout.startswith("33.33")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("pcak: retail\n", "config.yaml:1:1: pcak: unknown key 'pcak'; did you mean 'pack'?"),
        ("language: fr\n", "config.yaml:1:11: language: 'fr' is not allowed here."),
        ("reading: {max_bad_share: lots}\n", "config.yaml:1:10: reading:"),
        ("pack: [a\n", "config.yaml:"),
    ],
)
def test_a_mistake_in_the_settings_is_named_with_its_place(text, said, purchases, tmp_path):
    (tmp_path / "config.yaml").write_text(text, "utf-8")
    done = tierbook("check", purchases, cwd=tmp_path)
    assert done.returncode == 1
    assert said in done.stderr


def test_the_demo_scores_both_samples(tmp_path):
    done = tierbook("demo", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    written = [Path(line) for line in done.stdout.splitlines() if line.endswith(".xlsx")]
    assert [path.name for path in written] == [
        "hospitality-scored.xlsx", "hospitality-report.xlsx", "cdnow-scored.xlsx", "cdnow-report.xlsx"
    ]  # fmt: skip
    assert all((tmp_path / path).stat().st_size > 10_000 for path in written)
    assert sample_path("hospitality").is_file()
    for name in ("hospitality", "cdnow"):
        assert not list(sample_path(name).parent.glob(f"{name}.xlsx.tierbook/*.parquet"))


def test_a_report_looks_back_when_asked(purchases, tmp_path):
    from openpyxl import load_workbook

    out = tmp_path / "report.xlsx"
    asked = ("report", purchases, "--out", out, "--as-of", "2026-03-31", "--no-snapshot")
    done = tierbook(*asked, "--history", "12", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Over time" in load_workbook(out, read_only=True).sheetnames
    assert tierbook(*asked, "--history", "1", cwd=tmp_path).returncode == 2


@pytest.mark.host("libreoffice")
def test_a_report_can_be_printed_with_the_first_rows_of_its_lists(tmp_path):
    out = tmp_path / "report.xlsx"
    done = tierbook(
        "report",
        sample_path("retail"),
        "--pack",
        "retail",
        "--out",
        out,
        "--no-snapshot",
        "--pdf",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert {"report.xlsx", "report.pdf"} <= set(done.stdout.split())
    said = subprocess.run(
        ["pdftotext", "-layout", out.with_suffix(".pdf"), "-"], capture_output=True, check=True
    )
    pages = [page for page in said.stdout.decode().split("\f") if "Customers " in page[:200]]
    shown = {line.split()[0] for page in pages for line in page.splitlines() if line.strip().startswith("R0")}
    assert len(shown) == 50
