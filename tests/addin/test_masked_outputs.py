"""What a pack masks is in no output that is made for sharing: scores, report, pivot list, what a machine reads."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from tests.addin.test_cli import tierbook
from workbooks.reader import read
from workbooks.samples import sample_path


@pytest.fixture(scope="module")
def names():
    table = read(sample_path("b2b"), today=None).tables["customers"]
    return [name for name in table["name"].to_pylist() if name]


def texts(path: Path) -> str:
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as book:
        return "".join(book.read(part).decode("utf-8") for part in book.namelist() if part.endswith(".xml"))


def test_scores_and_report_for_sharing_name_nobody(tmp_path, names):
    out, report = tmp_path / "scored.xlsx", tmp_path / "report.xlsx"
    done = tierbook(
        "score", sample_path("b2b"), "--pack", "b2b", "--out", out, "--report", report, "--masked", "--no-snapshot", cwd=tmp_path
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for path in (out, report):
        written = texts(path)
        assert [name for name in names if name in written] == []
        assert "K082" in written, "identifiers stay"


def test_the_list_behind_a_pivot_names_nobody(tmp_path, names):
    asked = (
        "pivot",
        sample_path("b2b"),
        "--pack",
        "b2b",
        "--rows",
        "region",
        "--columns",
        "tier",
        "--cell",
        "North/strategic",
    )
    open_list = tierbook(*asked, "--json", cwd=tmp_path).stdout
    assert [name for name in names if name in open_list]
    done = tierbook(*asked, "--masked", "--json", "--out", tmp_path / "pivot.xlsx", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)
    assert [name for name in names if name in done.stdout + texts(tmp_path / "pivot.xlsx")] == []


def test_a_pack_that_masks_nothing_says_so(tmp_path):
    (tmp_path / "open.yaml").write_text(
        'pack: open\nversion: "1"\nvalue: {base: total_spend}\nwords: {base: {en: Spend, zh: 消费}}\n',
        "utf-8",
    )
    (tmp_path / "config.yaml").write_text("rules: .\n", "utf-8")
    done = tierbook(
        "score", sample_path("b2b"), "--pack", "open", "--out", "out.xlsx", "--masked", cwd=tmp_path
    )
    assert done.returncode == 1
    assert "open does not say what to hide" in done.stderr
