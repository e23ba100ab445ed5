"""What the command line answers to a wrong name, a wrong setting or an input it cannot use."""

from __future__ import annotations

import json

from tests.addin.test_cli import purchases, tierbook

__all__ = ["purchases"]


def test_a_report_is_written_under_the_name_of_a_workbook_or_not_at_all(purchases, tmp_path):
    done = tierbook("report", purchases, "--out", "march.pdf", cwd=tmp_path)
    assert done.returncode == 2
    assert "march.pdf is to be a workbook: give it a name that ends in .xlsx." in done.stderr
    assert not (tmp_path / "march.pdf").exists()


def test_scores_of_a_file_go_into_a_workbook_only(purchases, tmp_path):
    done = tierbook("score", purchases, "--out", "scores.parquet", cwd=tmp_path)
    assert done.returncode == 1
    assert "scores.parquet is no name of one" in done.stderr
    assert not (tmp_path / "scores.parquet").exists()


def test_a_new_pack_is_started_in_the_folder_one_works_in_and_found_there(tmp_path):
    done = tierbook("rules", "new", "shop", "--from", "retail", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["rules/shop.yaml", "rules/shop.cases.yaml"]
    assert (tmp_path / "rules/shop.yaml").is_file()
    assert "shop: ok" in tierbook("rules", "check", "shop", cwd=tmp_path).stdout


def test_a_refused_input_is_json_for_machines_whatever_the_command(purchases, tmp_path):
    purchases.write_text("customer_id,date,amount\nC1,soon,5\n", "utf-8")
    done = tierbook("score", purchases, "--json", cwd=tmp_path)
    found = json.loads(done.stdout)
    assert done.returncode == 1
    assert found["status"] == "refused"
    assert {problem["level"] for problem in found["problems"]} == {"warning", "error"}


def test_a_refusal_ends_with_how_many_errors_there_are(purchases, tmp_path):
    purchases.write_text("customer_id,date,amount\nC1,soon,5\n", "utf-8")
    done = tierbook("check", purchases, cwd=tmp_path)
    assert done.stderr.rstrip().endswith("Correct the errors and run the command again.")
    assert "Errors: 1; warnings and notes: 1." in done.stderr


def test_a_setting_at_the_wrong_place_is_told_where_it_belongs(purchases, tmp_path):
    (tmp_path / "config.yaml").write_text('decimal: ","\n', "utf-8")
    done = tierbook("check", purchases, cwd=tmp_path)
    assert (
        "config.yaml:1:1: decimal: unknown key 'decimal'. It belongs under reading: write reading: {decimal: \",\"}."
        in done.stderr
    )


def test_help_comes_in_the_order_of_use_whole_and_in_the_language_asked_for(tmp_path):
    said = tierbook("--help", cwd=tmp_path).stdout
    assert [
        said.index(f"  {name} ") for name in ("demo", "check", "score", "report", "undo", "rules")
    ] == sorted(said.index(f"  {name} ") for name in ("demo", "check", "score", "report", "undo", "rules"))
    assert "读取全部数据并列出所有问题。" in tierbook("--lang", "zh", "--help", cwd=tmp_path).stdout
    assert "找不到该文件" in tierbook("--lang", "zh", "check", "nothere.xlsx", cwd=tmp_path).stderr


def test_a_list_that_breaks_off_is_named(tmp_path):
    done = tierbook("call", "CRM_NPS", "[9, 10", cwd=tmp_path)
    assert done.returncode == 1
    assert "[9, 10 is no list: it breaks off at sign 7." in done.stderr
