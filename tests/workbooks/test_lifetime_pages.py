"""The pages CLV and Equity: their totals are those of the run and of each other, and what is missing is said."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import openpyxl
import pyarrow as pa
import pytest

from tests.workbooks.report_books import added_up, pack, sample_run, small_run, table
from tierbook.arrow import arrays
from tierbook.clv import models
from tierbook.language import LANGUAGES, say
from tierbook.quality import Problem
from tierbook.score import score
from workbooks.lifetime import everyone, grouped
from workbooks.report import all_sections, missing_needs, sheet_name, write_report

# openpyxl leaves out data bars and says so; it is only our second pair of eyes.
pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported:UserWarning")
SECTIONS = {section.name: section for section in all_sections()}


def pages(run, path, language="en"):
    book = openpyxl.load_workbook(write_report(run, path, language=language))
    return {
        name: book[sheet_name(section, language)]
        for name, section in SECTIONS.items()
        if sheet_name(section, language) in book
    }


@pytest.fixture(scope="module")
def sheets(tmp_path_factory):
    return pages(sample_run(), tmp_path_factory.mktemp("report") / "report.xlsx")


def said(sheet):
    return [str(cell) for row in sheet.iter_rows(values_only=True) for cell in row if cell is not None]


def test_expected_value_is_the_same_on_every_table_of_both_pages(sheets):
    outlook = sample_run().outlook
    total = round(float(np.nansum(outlook.value)), 2)
    clv, equity = sheets["clv"], sheets["equity"]
    sums = [
        *added_up(table(clv, "Tier", "Customers"), "Expected value"),
        *added_up(table(clv, "RFM segment", "Customers"), "Expected value"),
        *added_up(table(clv, "Still active", "Customers"), "Expected value"),
        *added_up(table(clv, "Tenth"), "Expected value"),
        *(
            one
            for name in ("Tier", "Stage", "RFM segment")
            for one in added_up(table(equity, name), "Customer equity")
        ),
    ]
    assert {round(one, 2) for one in sums} == {total}


def test_customers_and_purchases_add_up_to_those_of_the_run(sheets):
    run = sample_run()
    rows = table(sheets["clv"], "Tier", "Customers")
    buyers = run.table("totals")["buyers"][0].as_py()
    assert set(added_up(rows, "Customers")) == {run.customers.num_rows}
    assert set(added_up(rows, "With a purchase")) == {buyers}
    for one in added_up(rows, "Expected purchases"):
        assert one == pytest.approx(float(np.nansum(run.outlook.expected)))
    assert set(added_up(table(sheets["equity"], "Stage"), "Customers")) == {buyers}
    for name in ("Tier", "Stage", "RFM segment"):
        for share in ("Share of equity", "Share of revenue in 12 months", "Share of customers"):
            assert added_up(table(sheets["equity"], name), share) == pytest.approx([1, 1])


def test_the_best_customers_are_those_the_functions_of_cells_find_best(sheets):
    run = sample_run()
    columns = arrays(run.customers.select(["frequency", "recency", "T", "monetary_value"]))
    outlook = run.outlook
    assert outlook.spend
    value = models.clv(
        *columns.values(), params=outlook.fit.params, spend=outlook.spend.params, margin=outlook.margin
    )
    shown = table(sheets["clv"], "Customer", "Rank")
    assert [row["Expected value"] for row in shown] == pytest.approx(
        np.sort(value[~np.isnan(value)])[::-1][:20].tolist()
    )
    assert [row["Rank"] for row in shown] == list(range(1, 21))
    assert all(0 <= row["No purchase in 90 days"] <= 1 and 0 <= row["Still active"] <= 1 for row in shown)


def test_the_check_on_the_page_is_that_of_the_function_in_cells(sheets):
    from udfs import call

    run = sample_run()
    paid = run.engine.sql("SELECT customer_id, date, amount FROM transactions_ ORDER BY ALL")
    columns = [[[cell] for cell in paid[name].to_pylist()] for name in paid.column_names]
    found = {row[0]: row[1:] for row in call("CRM_HOLDOUT", *columns, None, None, run.held_out.model)[1:]}
    assert found["verdict"][0] in said(sheets["clv"])
    rows = table(sheets["clv"], "Repeat purchases before")
    assert set(added_up(rows, "Customers")) == {found["customers"][0]}
    assert set(added_up(rows, "Purchases that came")) == {found["purchases"][1]}
    for row, name in zip(rows[:-1], [f"repeats_{count}" for count in (*range(7), "7_or_more")], strict=True):
        assert [row["Came per customer"], row["Expected per customer"]] == pytest.approx(found[name][1:])
    curve = table(sheets["clv"], "Day")
    assert curve[-1]["Day"].date() == run.as_of
    both = [row for row in curve if None not in (row["Came, known to the model"], row["Came, held out"])]
    assert [row["Day"].date() for row in both] == [run.held_out.calibration_end]


def test_chances_of_silence_fall_with_time_and_are_means_of_the_tier():
    for group in (*grouped(sample_run(), "tier"), everyone(sample_run().outlook)):
        chances = list(group.silent.values())
        assert chances == sorted(chances, reverse=True)
    run = sample_run()
    vip = np.array(run.customers["tier"].to_pylist()) == "vip"
    assert grouped(run, "tier")[0].silent[90] == pytest.approx(np.nanmean(run.outlook.silent[90][vip]))


@pytest.mark.parametrize("language", LANGUAGES)
def test_too_little_data_leaves_the_pages_out_and_contents_says_why(tmp_path, language):
    run = small_run(["Ann", "Bo"])
    found = pages(run, tmp_path / "r.xlsx", language)
    assert "clv" not in found and "equity" not in found
    (why,) = missing_needs(SECTIONS["clv"], run)
    assert isinstance(why, Problem)
    assert say(why.message, language, count=2, enough=10) in why.text(language)
    assert said(found["contents"]).count(why.text(language)) == 2


def free_of_charge(count):
    """Customers who come every month or stay away, and never pay."""
    rows = [
        {"customer_id": f"C{number:03}", "date": date(2026, 10, 31) - timedelta(days=29 * month + number % 13), "amount": 0.0}
        for number in range(count)
        for month in range(number % 5, 9)
    ]  # fmt: skip
    return score({"transactions": pa.Table.from_pylist(rows)}, pack())


@pytest.mark.parametrize("language", LANGUAGES)
def test_purchases_without_amounts_are_foreseen_without_a_value(tmp_path, language):
    run = free_of_charge(60)
    found = pages(run, tmp_path / "r.xlsx", language)
    assert "equity" not in found
    assert run.outlook.unpriced.text(language) in said(found["clv"])
    assert run.outlook.unpriced.text(language) in said(found["contents"])


@pytest.mark.parametrize("heading", ["acquisition_cost", "获客成本"])
def test_acquisition_cost_stands_beside_equity_where_it_is_known(tmp_path, heading):
    run = sample_run()
    ids = run.customers["customer_id"].to_pylist()
    customers = pa.table({"customer_id": ids, heading: [None if at % 2 else 50.0 for at in range(len(ids))]})
    paid = run.engine.sql("SELECT customer_id, date, amount FROM transactions_ ORDER BY ALL")
    sheet = pages(score({"customers": customers, "transactions": paid}, pack()), tmp_path / "r.xlsx")[
        "equity"
    ]
    *rows, total = table(sheet, "Tier")
    assert {row["Acquisition cost"] for row in (*rows, total)} == {50}
    assert total["Value per unit of cost"] == pytest.approx(total["Mean expected value"] / 50)


def test_a_run_fits_its_models_once_and_only_when_asked(monkeypatch):
    fitted = []
    once = models.fit

    def counted(*columns, model):
        fitted.append(model)
        return once(*columns, model=model)

    monkeypatch.setattr(models, "fit", counted)
    run = free_of_charge(60)
    run.table("tiers")
    assert not fitted
    assert run.outlook is run.outlook
    assert sorted(fitted) == ["bg_nbd", "mbg_nbd"]
    assert run.held_out is run.held_out
    assert len(fitted) == 3
