"""`tierbook clv` and `tierbook holdout`, run as a user runs them."""

from __future__ import annotations

import json

import openpyxl
import pytest

from tests.addin.test_cli import ROOT, tierbook

CDNOW = ROOT / "workbooks/samples/cdnow.xlsx"


def test_expectations_are_said_and_written_to_sheets(tmp_path):
    out = tmp_path / "clv.xlsx"
    done = tierbook("clv", str(CDNOW), "--out", str(out), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "While active, a customer buys 3.7 times a year" in done.stdout
    assert done.stdout.splitlines()[-2].startswith("Total")
    book = openpyxl.load_workbook(out)
    customers, model = book["Tierbook CLV"], book["Tierbook CLV model"]
    rows = list(customers.iter_rows(min_row=2, values_only=True))
    assert len(rows) == 2_357
    values = [row[-1] for row in rows]
    assert values == sorted(values, reverse=True)
    total = done.stdout.splitlines()[-2].split()[-1]
    assert f"{sum(values):,.2f}" == total
    assert [row[0].value for row in model.iter_rows(min_row=2, max_row=6)] == [
        "Model",
        "r",
        "alpha",
        "a",
        "b",
    ]


def test_a_model_and_its_settings_can_be_chosen(tmp_path):
    def told(*more):
        done = tierbook("clv", str(CDNOW), "--json", *more, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    usual, third = told(), told("--margin", "0.3")
    assert usual["model"] == "mbg_nbd"
    assert usual["converged"] is True
    assert third["tiers"][-1]["value"] == pytest.approx(0.3 * usual["tiers"][-1]["value"])
    assert (
        told("--model", "pareto_nbd", "--months", "24")["tiers"][-1]["expected"]
        > usual["tiers"][-1]["expected"]
    )
    done = tierbook("clv", str(CDNOW), "--months", "0", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (1, "Months are a whole number from 1, not 0.\n")


@pytest.mark.parametrize("lang, verdict", [("en", "1,882 came (-12%)"), ("zh", "实际 1,882 次（-12%）")])
def test_the_published_split_is_held_out_and_judged_in_words(tmp_path, lang, verdict):
    out = tmp_path / "check.xlsx"
    done = tierbook(
        "holdout", str(CDNOW), "--model", "bg_nbd", "--out", str(out), "--lang", lang, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert verdict in done.stdout
    summary, groups, curve = openpyxl.load_workbook(out)
    assert any(verdict in str(row[1].value) for row in summary)
    assert sum(row[1] for row in groups.iter_rows(min_row=2, values_only=True)) == 2_357
    assert list(curve.iter_rows(values_only=True))[-1][1] == 2_457 + 1_882


def test_a_day_that_leaves_too_little_is_refused(tmp_path):
    done = tierbook("holdout", str(CDNOW), "--until", "1997-01-02", cwd=tmp_path)
    assert done.returncode == 1
    assert "nothing is known about repeat purchases" in done.stderr
    done = tierbook("holdout", str(CDNOW), "--until", "1998-06-30", "--json", cwd=tmp_path)
    assert done.returncode == 1
    assert "not after the calibration" in done.stdout
