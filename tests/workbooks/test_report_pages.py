"""Breakdown and products in the written report: their totals are those of every other page."""

from __future__ import annotations

from datetime import date

import openpyxl
import pyarrow as pa
import pytest

from tests.workbooks.report_books import added_up, pack, sample_run, table
from tierbook.language import LANGUAGES, label, say
from tierbook.score import score
from workbooks.report import all_sections, missing_needs, sheet_name, write_report

# openpyxl leaves out data bars and says so; it is only our second pair of eyes.
pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported:UserWarning")


@pytest.fixture(scope="module")
def sheets(tmp_path_factory):
    book = openpyxl.load_workbook(
        write_report(sample_run(), tmp_path_factory.mktemp("report") / "report.xlsx")
    )
    return {section.name: book[section_name] for section, section_name in named() if section_name in book}


def named():
    return [(section, sheet_name(section, "en")) for section in all_sections()]


def totals():
    (row,) = sample_run().table("totals").to_pylist()
    return row


@pytest.mark.parametrize("dimension", ["Region", "Industry", "Channel", "Kind"])
def test_every_breakdown_adds_up_to_the_overview(sheets, dimension):
    rows = table(sheets["breakdown"], dimension)
    for heading, figure in (("Customers", "customers"), ("Active", "active"), ("At risk", "flagged")):
        assert set(added_up(rows, heading)) == {totals()[figure]}
    for heading, figure in (
        ("Revenue", "revenue"), ("Revenue in the window", "revenue_recent"), ("Value", "value"),
    ):  # fmt: skip
        assert {round(one, 2) for one in added_up(rows, heading)} == {round(totals()[figure], 2)}


def test_the_second_level_adds_up_to_the_first_and_the_first_to_the_total(sheets):
    *rows, total = table(sheets["breakdown"], "Region", "Industry")
    for heading in ("Customers", "Revenue", "Value", "Active", "At risk", "Revenue in the window"):
        firsts = {row["Region"]: row[heading] for row in rows if row["Industry"] == "All"}
        for region, figure in firsts.items():
            inside = [row[heading] for row in rows if row["Region"] == region and row["Industry"] != "All"]
            assert sum(inside) == pytest.approx(figure, abs=0.005)
        assert sum(firsts.values()) == pytest.approx(total[heading], abs=0.005)
    assert total["Revenue"] == totals()["revenue"]


def test_what_products_bring_is_all_there_is(sheets):
    rows = table(sheets["products"], "Product")
    assert {round(one, 2) for one in added_up(rows, "Revenue")} == {round(totals()["revenue"], 2)}
    recent = {round(one, 2) for one in added_up(rows, "Revenue in the window")}
    assert recent == {round(totals()["revenue_recent"], 2)}
    assert all(row["Came back"] <= row["Customers"] <= totals()["buyers"] for row in rows[:-1])
    assert rows[0]["Repeat share"] == pytest.approx(rows[0]["Came back"] / rows[0]["Customers"])


def many_groups():
    """Sixty customers, each of two in a region of its own, products without end."""
    ids = [f"C{number:02}" for number in range(60)]
    customers = pa.table({
        "customer_id": ids, "region": [f"R{number // 2}" for number in range(60)],
        "industry": [f"I{number % 20}" for number in range(60)],
    })  # fmt: skip
    transactions = pa.table({
        "customer_id": ids, "date": [date(2026, 10, 1)] * 60, "amount": [float(number) for number in range(60)],
        "product": [f"P{number}" for number in range(60)],
    })  # fmt: skip
    return score({"customers": customers, "transactions": transactions}, pack())


@pytest.mark.parametrize("language", LANGUAGES)
def test_many_groups_are_summed_up_in_others(tmp_path, language):
    run = many_groups()
    book = openpyxl.load_workbook(write_report(run, tmp_path / "many.xlsx", language=language))
    pages = {section.name: sheet_name(section, language) for section in all_sections()}

    regions = table(book[pages["breakdown"]], label("region", language))
    assert regions[-2][label("region", language)] == say("Others ({count})", language, count=18)
    assert set(added_up(regions, label("customers", language))) == {60}
    nested = table(book[pages["breakdown"]], label("region", language), label("industry", language))
    firsts = [
        row for row in nested[:-1] if row[label("industry", language)] == label("all_of_them", language)
    ]
    assert sum(row[label("customers", language)] for row in firsts) == 60
    others = [
        row for row in nested if row[label("region", language)] == firsts[-1][label("region", language)]
    ]
    assert (
        sum(row[label("customers", language)] for row in others[1:])
        == others[0][label("customers", language)]
    )
    products = table(book[pages["products"]], label("product", language), label("revenue", language))
    assert products[-2][label("product", language)] == say("Others ({count})", language, count=10)
    assert set(added_up(products, label("revenue", language))) == {sum(range(60))}


def test_contents_says_which_column_switches_a_page_on(tmp_path):
    transactions = pa.table({"customer_id": ["A"], "date": [date(2026, 10, 1)], "amount": [5.0]})
    run = score({"customers": pa.table({"customer_id": ["A"]}), "transactions": transactions}, pack())
    sections = {section.name: section for section in all_sections()}
    assert missing_needs(sections["products"], run) == ["transactions.product"]
    book = openpyxl.load_workbook(write_report(run, tmp_path / "r.xlsx"))
    said = {row[1]: row[2] for row in book["Contents"].iter_rows(values_only=True)}
    assert said["Products"] == "Appears when the input has a column: Product"
    assert said["Breakdown"] == "Appears when the input has a column: Region or Industry or Size or Channel"


def test_the_action_list_holds_each_customer_once_by_value_at_stake(sheets):
    from workbooks.sections.actions import listed

    found = listed(sample_run())
    kinds = table(sheets["actions"], "Next action", "Customers")
    rows = table(sheets["actions"], "Customer", "Tier", "Next action")
    assert len(set(found.row.tolist())) == len(found.row)
    assert set(added_up(kinds, "Customers")) == {len(found.row)}
    assert {round(one, 2) for one in added_up(kinds, "Value at stake")} == {round(found.stake.sum(), 2)}
    stakes = [row["Value at stake"] for row in rows]
    assert stakes == sorted(stakes, reverse=True)
    assert len(rows) == min(200, len(found.row))
    assert all(row["Why"] and row["Due"] for row in rows)
    values = {
        row["Name"] or row["Customer ID"]: row["Value"] for row in table(sheets["customers"], "Customer ID")
    }
    assert all(row["Value at stake"] == pytest.approx(values[row["Customer"]]) for row in rows[:10])


def test_an_action_says_why_and_who_is_in_charge(tmp_path):
    day = date(2026, 10, 31)
    customers = pa.table({
        "customer_id": ["A", "B", "C"], "birthday": pa.array([None, None, date(1990, 11, 3)], pa.date32()),
        "marketable": [True, True, False],
    })  # fmt: skip
    transactions = pa.table({
        "customer_id": ["A", "A", "B", "B", "B"], "amount": [9.0, 5.0, 7.0, 7.0, 7.0], "owner": ["Ann", "Bo", None, None, None],
        "date": [date(2026, 10, 1), date(2026, 10, 30), date(2026, 9, 1), date(2026, 9, 20), date(2026, 10, 9)],
    })  # fmt: skip
    interactions = pa.table({
        "customer_id": ["A", "A", "B"], "date": [date(2026, 10, 20), date(2026, 10, 27), date(2026, 10, 2)],
        "type": ["complaint", "complaint", "visit"], "severity": [1.0, 3.0, None], "reason": ["noise", "service", None],
        "owner": [None, None, "Cy"],
    })  # fmt: skip
    tables = {"customers": customers, "transactions": transactions, "interactions": interactions}
    book = openpyxl.load_workbook(write_report(score(tables, pack(), as_of=day), tmp_path / "r.xlsx"))
    rows = {row["Customer"]: row for row in table(book["Actions"], "Customer", "Tier", "Next action")}
    assert (rows["A"]["Next action"], rows["A"]["Owner"]) == ("Answer the complaint", "Bo")
    assert rows["A"]["Why"] == "complaint of 20 October 2026, severity 1, not closed: noise"
    assert (rows["A"]["Due"].date(), rows["A"]["Days overdue"]) == (date(2026, 10, 25), 6)
    assert (rows["B"]["Next action"], rows["B"]["Owner"]) == ("Ask for the next purchase", "Cy")
    assert rows["B"]["Why"] == "expected on 28 October 2026: usually every 19 days"
    assert rows["C"]["Next action"] == "Develop"


def test_customers_that_no_sheet_holds_are_in_a_file_beside_the_report(tmp_path, monkeypatch):
    from pyarrow import parquet

    from workbooks import customer_table

    monkeypatch.setattr(customer_table, "MOST_ROWS", 25)
    run, path = many_groups(), tmp_path / "many.xlsx"
    book = openpyxl.load_workbook(write_report(run, path))
    best = table(book["Customers"], "Customer ID")
    values = [row["Value"] for row in best]
    assert len(best) == 25
    assert values == sorted(run.customers["value"].to_pylist(), reverse=True)[:25]
    note = customer_table.all_customers(run, path)
    assert note is not None
    assert "25 of 60 customers" in note.text()
    kept = parquet.read_table(path.with_suffix(".customers.parquet"))
    assert set(kept["rules"].to_pylist()) == {run.pack.stamp}
    assert kept.drop_columns("rules").equals(run.customers)


def test_the_signs_of_the_churn_score_change_where_the_rules_do(tmp_path):
    book = openpyxl.load_workbook(write_report(sample_run(), tmp_path / "r.xlsx"))
    rules = [rule for ranges in book["Customers"].conditional_formatting for rule in ranges.rules]
    (signs,) = [rule.iconSet for rule in rules if rule.type == "iconSet"]
    assert (signs.iconSet, signs.reverse) == ("3Signs", True)
    assert [float(one.val) for one in signs.cfvo][1:] == [30, 60]
