"""A masked copy of the report: the package holds nothing of what the pack hides."""

from __future__ import annotations

import html
import zipfile
from dataclasses import replace
from functools import cache
from pathlib import Path

import pyarrow.compute as pc
import pytest

from tierbook.language import LANGUAGES
from tierbook.quality import Problem
from tierbook.rulepack.read import read_pack
from tierbook.run import Run
from tierbook.score import score
from workbooks.reader import read
from workbooks.report import write_report

ROOT = Path(__file__).parents[2]
PACKS = sorted(path.name.removesuffix(".cases.yaml") for path in (ROOT / "rules").glob("*.cases.yaml"))


def package(path: Path) -> str:
    with zipfile.ZipFile(path) as archive:
        return html.unescape(
            "\n".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())
        )


@cache
def scored(pack: str) -> Run:
    """A sample with a problem that quotes a telephone number."""
    source = read(ROOT / f"workbooks/samples/{pack}.xlsx")
    quoted = Problem(
        "warning", "{value} is no number.", values={"value": '"13800000001x"'}, table="customers", heading="手机"
    )  # fmt: skip
    run = score(source.tables, read_pack(ROOT / f"rules/{pack}.yaml"), problems=[*source.problems, quoted])
    return run.over_time(3)


@pytest.mark.parametrize("name", PACKS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_masked_is_in_the_written_package(language, name, tmp_path):
    run = scored(name)
    reasons = run.reasons(language)
    hidden = {
        str(value)
        for name in run.pack.masked
        if name in run.customers.column_names
        for value in pc.drop_null(run.customers[name]).to_pylist()
        if len(str(value)) > 2
    }
    assert hidden
    open_copy = package(write_report(run, tmp_path / "open.xlsx", language=language))
    assert [value for value in hidden if value in open_copy]
    assert "13800000001x" in open_copy
    masked = run.masked()
    written = package(write_report(masked, tmp_path / "masked.xlsx", language=language))
    assert not [value for value in hidden if value in written]
    assert "13800000001x" not in written
    assert masked.reasons(language) == reasons
    assert all(one in written for one in run.customers["customer_id"].to_pylist())


def test_what_is_not_masked_stays(tmp_path):
    source = read(ROOT / "workbooks/samples/hospitality.xlsx")
    run = score(source.tables, read_pack(ROOT / "rules/hospitality.yaml"))
    masked = run.masked()
    for name in set(run.customers.column_names) - set(run.pack.masked):
        assert masked.customers[name] == run.customers[name]
    kept = Problem("note", "{value}", values={"value": "x"}, table="customers", heading="区域")
    assert replace(run, problems=[kept]).masked().problems == [kept]
