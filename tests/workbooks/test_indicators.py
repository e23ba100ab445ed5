"""The effect table, the pivot and the channels of a sample: figures that tie, cells that list their customers, words that say what is missing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache
from math import fsum
from pathlib import Path

import numpy as np
import openpyxl
import pyarrow as pa
import pytest

from tierbook.errors import DataError
from tierbook.language import label
from tierbook.rulepack.read import read_pack
from tierbook.run import Run
from tierbook.score import score
from tierbook.shipped import shipped
from workbooks import report
from workbooks.indicator_sheets import effect_sheet
from workbooks.indicators import Period, changes, direction, lacks_in_words, measured, windows
from workbooks.patch import put_sheets
from workbooks.pivoted import Cell, behind, pivot_sheets, pivoted, read_cell
from workbooks.reader import read
from workbooks.report import all_sections, sheet_name, write_report
from workbooks.samples import sample_path


@cache
def run(pack: str = "hospitality") -> Run:
    return score(read(sample_path(pack)).tables, read_pack(shipped("rules") / f"{pack}.yaml"))


# --- Effect


def test_a_period_counts_both_of_its_days():
    found = Period.read(" 2026-01-01 .. 2026-03-31 ")
    assert (found.first, found.end) == (date(2026, 1, 1), date(2026, 3, 31))
    assert Period.read("2026-01-01..2026-01-01").start == date(2025, 12, 31)
    for text in ("2026-01-01", "", "..", "2026-02-30..2026-03-01", "yesterday..today"):
        with pytest.raises(DataError, match="is not a period"):
            Period.read(text)
    with pytest.raises(DataError, match="before it starts"):
        Period.read("2026-03-01..2026-02-01")


def test_the_churn_rate_is_that_of_the_churn_page():
    """The window of the pack is 90 days, the page looks at months; both count who was active and is not."""
    from tierbook.churn import churn_rate

    sales = run().engine.sql("SELECT customer_id, date FROM tierbook_transactions WHERE amount >= 0")
    days = sales["date"].to_numpy().astype("datetime64[D]")
    for period in (*windows(run()), Period.read("2026-01-01..2026-02-28")):
        rate = churn_rate(sales["customer_id"].to_numpy(), days, start=period.start, end=period.end)
        found = measured(run(), period)["churn_rate"]
        assert found.figure == pytest.approx(rate.rate)
        assert found.cases == rate.active


def test_what_the_input_lacks_is_named_and_has_no_verdict():
    found = {one.indicator.name: one for one in changes(run("retail"), *windows(run("retail")))}
    assert found["churn_rate"].verdict in ("better", "worse")
    for name, words in (("nps", "Surveys"), ("conversion_rate", "Won"), ("sales_per_salesperson", "Owner")):
        assert found[name].verdict is None
        assert words in lacks_in_words(found[name].missing, "en")
    assert "调查" in lacks_in_words(found["nps"].missing, "zh")


def test_the_benchmark_comes_from_the_targets_and_turns_the_verdict():
    targets = pa.table({
        "goal": ["Churn rate", "nps"], "month": [date(2026, 9, 30)] * 2, "benchmark": [0.05, 50.0], "higher_is_better": [None, False],
    })  # fmt: skip
    tables = read(sample_path("hospitality")).tables | {"targets": targets}
    scored = score(tables, run().pack)
    found = {one.indicator.name: one for one in changes(scored, *windows(scored))}
    churn, nps = found["churn_rate"], found["nps"]
    assert churn.after.figure is not None
    assert churn.gap == pytest.approx(churn.after.figure - 0.05)
    assert (direction(churn), direction(nps)) == ("lower", "lower")
    assert nps.verdict == "better", "less was said to be better"
    assert found["retention_rate"].target is None


def test_a_period_nobody_bought_in_is_not_measured():
    found = measured(run(), Period.read("2001-01-01..2001-03-31"))
    # Customers of whom nobody knows since when they are there have a tier all the same.
    del found["high_value_share"]
    assert {one.figure for one in found.values()} == {None}
    assert {one.cases for one in found.values()} == {0}


def test_one_customer_is_measured_too():
    sales = pa.table(
        {
            "customer_id": ["A"] * 3,
            "date": [date(2026, 3, 1), date(2026, 7, 1), date(2026, 9, 30)],
            "amount": [5.0] * 3,
            "cost": [1.0] * 3,
        }
    )
    one = score(
        {"transactions": sales, "customers": pa.table({"customer_id": ["A"], "settlement": ["cash"]})},
        run().pack,
    )
    found = measured(one, windows(one)[1])
    assert (found["churn_rate"].figure, found["churn_rate"].cases) == (0.0, 1)
    assert (found["repurchase_rate"].figure, found["repurchase_rate"].cases) == (0.0, 1)


def test_leads_are_duplicates_by_equal_numbers_where_the_rules_do_not_cover_them():
    logistics = run("logistics")
    found = measured(logistics, windows(logistics)[1])["duplicate_lead_rate"]
    assert found.cases > 0
    assert found.figure is not None
    assert 0 < found.figure < 1


def test_the_sheet_of_the_effect_has_a_row_for_each_indicator(tmp_path):
    before, after = windows(run())
    found = changes(run(), before, after)
    path = put_sheets(tmp_path / "effect.xlsx", [effect_sheet(found, before, after, "zh")]).path
    rows = list(openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True))
    assert len(rows) == 1 + len(found)
    assert rows[1][0] == "客户流失率, %"
    assert found[0].before.figure is not None
    assert rows[1][1] == pytest.approx(found[0].before.figure * 100)


# --- Pivot


def test_totals_of_a_pivot_are_those_of_the_run():
    found = pivoted(run(), "region", "tier", "total_spend")
    spent = [one for one in run().customers["total_spend"].to_pylist() if one is not None]
    assert found.found.total == pytest.approx(fsum(spent), abs=0.005)
    assert pivoted(run(), "Region", "等级", "customer_id", aggregate="count").found.total == run().population


def test_the_customers_behind_every_cell_are_everybody_once():
    found = pivoted(run(), "region", "tier", "total_spend")
    seen = []
    for row in found.found.rows:
        for column in found.found.columns:
            rows = behind(run(), found, Cell(row, column))
            spent = run().customers["total_spend"].take(pa.array(rows)).to_numpy()
            at = found.found.cells[found.found.rows.index(row), found.found.columns.index(column)]
            assert np.nansum(spent) == pytest.approx(0 if np.isnan(at) else at, abs=0.005)
            assert (np.diff(spent) <= 0).all(), "the highest figure first"
            seen += rows.tolist()
    assert sorted(seen) == list(range(run().population))


def test_every_listed_customer_says_which_rules_scored_it():
    found = pivoted(run(), "region", "tier", "value")
    cell = read_cell(run(), found, "Guangzhou/贵宾")
    assert cell == Cell("Guangzhou", "vip"), "words in any language are found"
    matrix, listed = pivot_sheets(run(), found, cell, "en")
    assert matrix.table.num_rows == len(found.found.rows) + 1
    assert set(listed.table["rules"].to_pylist()) == {run().pack.stamp}
    assert run().pack.version in run().pack.stamp
    assert listed.table.num_rows == len(behind(run(), found, cell))


def test_customers_without_a_value_have_a_cell_too():
    found = pivoted(run(), "region", "tier", "value")
    assert len(behind(run(), found, read_cell(run(), found, "-/general"))) > 0


@pytest.mark.parametrize(
    ("rows", "columns", "measure", "said"),
    [("regoin", "tier", "value", "Did you mean region?"), ("region", "tier", "name", "holds no numbers")],
)
def test_a_column_that_cannot_be_is_named(rows, columns, measure, said):
    with pytest.raises(DataError) as error:
        pivoted(run(), rows, columns, measure)
    assert said in error.value.text("en")


def test_a_cell_that_is_not_there_is_refused_with_those_that_are():
    found = pivoted(run(), "region", "tier", "value")
    with pytest.raises(DataError, match="does not name a cell"):
        read_cell(run(), found, "Guangzhou")
    with pytest.raises(DataError, match="Atlantis"):
        behind(run(), found, read_cell(run(), found, "Atlantis/vip"))


# --- Pages


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_pages_are_there_and_tie_to_the_run(tmp_path: Path, language, monkeypatch):
    wanted = tuple(one for one in all_sections() if one.name in ("contents", "effect", "channels", "churn"))
    monkeypatch.setattr(report, "all_sections", lambda: wanted)
    compared = replace(
        run(), compared=(Period.read("2026-01-01..2026-03-31"), Period.read("2026-04-01..2026-06-30"))
    )
    book = openpyxl.load_workbook(write_report(compared, tmp_path / "report.xlsx", language=language))
    names = {section.name: sheet_name(section, language) for section in all_sections()}
    effect, channels = book[names["effect"]], book[names["channels"]]
    texts = [cell.value for row in effect.iter_rows() for cell in row if isinstance(cell.value, str)]
    assert texts.count(label("indicator_churn_rate", language)) == 2, (
        "the windows, and the two periods that were asked for"
    )
    head = next(row for row in channels.iter_rows() if row[1].value == label("channel", language))
    total = next(
        row for row in channels.iter_rows(min_row=head[0].row) if row[1].value == label("total", language)
    )
    cells = run().table("channels:tier").to_pylist()
    assert total[5].value == pytest.approx(fsum(one["revenue"] for one in cells), abs=0.005)
    assert total[3].value == sum(one["contacts"] for one in cells)
    churn = [cell.value for row in book[names["churn"]].iter_rows() for cell in row]
    assert label("lost_reasons", language) in churn
    assert label("complaint_reasons", language) in churn


def test_complaints_are_counted_by_their_reason():
    found = run().table("complaint_reasons").to_pylist()
    said = (
        run()
        .engine.sql(
            "SELECT reason FROM tierbook_interactions WHERE type = 'complaint' AND date > DATE '2025-10-31' AND CAST(date AS DATE) <= DATE '2026-10-31'"
        )["reason"]
        .to_pylist()
    )
    assert {one["reason"]: one["complaints"] for one in found} == {
        reason: said.count(reason) for reason in set(said)
    }
