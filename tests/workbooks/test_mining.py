"""The page Mining: every customer counted once, sentences that a reader can check, and what is said where it cannot be."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

import numpy as np
import openpyxl
import pyarrow as pa
import pytest

from tests.workbooks.report_books import AS_OF, pack, sample_run, small_run, table
from tierbook.language import LANGUAGES, label, say
from tierbook.mining import extra
from tierbook.mining.tree import words
from tierbook.run import Run
from tierbook.score import score
from workbooks import mined
from workbooks.report import all_sections, missing_needs, sheet_name, write_report

# openpyxl leaves out data bars and says so; it is only our second pair of eyes.
pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported:UserWarning")


@pytest.fixture(scope="module")
def sheet(tmp_path_factory):
    path = write_report(sample_run(), tmp_path_factory.mktemp("report") / "r.xlsx")
    return openpyxl.load_workbook(path)["Mining"]


@cache
def shop() -> Run:
    """Three kinds of buyers, and a tea of which everyone buys the cup too."""
    chance = np.random.default_rng(5)
    purchases = []
    for number in range(150):
        kind = number % 3
        quiet = 130 if number % 5 == 0 else 0
        for turn in range((24, 8, 3)[kind]):
            day = AS_OF - timedelta(days=int(quiet + turn * (14, 40, 100)[kind] + chance.integers(0, 5)))
            sale = {"customer_id": f"C{number:03}", "date": day, "transaction_id": f"T{number}-{turn}"}
            goods = (
                ("tea", "cup")
                if chance.random() < 0.3
                else (("rice", "soup", "jam")[int(chance.integers(0, 3))],)
            )
            amount = float((90, 60, 20)[kind] * chance.uniform(0.8, 1.2))
            purchases += [sale | {"product": one, "amount": round(amount, 2)} for one in goods]
    customers = pa.table({"customer_id": [f"C{number:03}" for number in range(151)]})
    tables = {"customers": customers, "transactions": pa.Table.from_pylist(purchases)}
    return score(tables, pack(), as_of=AS_OF)


def test_every_customer_is_in_one_group_and_the_shares_add_up(sheet):
    rows = table(sheet, "Group")[:-1]  # how far to believe them stands below
    assert rows[-1]["Customers"] == sample_run().customers.num_rows
    for heading in ("Customers", "Share of customers", "Share of value"):
        assert sum(row[heading] for row in rows[:-1]) == pytest.approx(rows[-1][heading])
    spend = [row["Total spend"] for row in rows[:-1] if row["Total spend"]]
    assert len(spend) in mined.GROUPS
    assert [row["Group"][0] for row in rows[: len(spend)]] == [str(at) for at in range(1, len(spend) + 1)]


def test_groups_are_found_again_whatever_the_names_of_the_customers_are():
    found = mined.groups(shop())
    assert found
    names = np.array(shop().customers["customer_id"].to_pylist())[found.row]
    kinds = [
        {int(one[1:]) % 3 for one in names[found.number == number].tolist()}
        for number in np.unique(found.number)
    ]
    assert all(len(kind) == 1 for kind in kinds)
    order = [kind.pop() for kind in kinds]
    assert order == sorted(order)
    assert set(order) == {0, 1, 2}
    assert ("total_spend", True) in found.marks[0]


def test_what_is_bought_together_is_listed_once_with_its_shares():
    rules = mined.pairs(shop())
    assert rules
    assert [set(pair) for pair in zip(rules.item, rules.other, strict=True)] == [{"tea", "cup"}]
    assert rules.confidence.tolist() == [1.0]
    assert rules.lift[0] == pytest.approx(1 / rules.support[0])


def test_who_stayed_away_is_counted_as_a_reader_would_count():
    run = sample_run()
    found = mined.who_stayed_away(run, came="came", gone="gone")
    assert found
    assert run.previous
    now = {row["customer_id"]: row["orders_recent"] for row in run.customers.select(["customer_id", "orders_recent"]).to_pylist()}  # fmt: skip
    before = run.previous.customers.select(["customer_id", "days_since_last"]).to_pylist()
    asked = [
        row["customer_id"]
        for row in before
        if row["days_since_last"] is not None and row["days_since_last"] < 365
    ]
    gone = sum(not now[customer] for customer in asked)
    assert found.rows == len(asked)
    assert sum(round(leaf.rows * leaf.shares["gone"]) for leaf in found.leaves) == gone


def test_the_page_says_the_sentences_the_tree_was_tested_with(sheet):
    found = mined.who_stayed_away(sample_run(), came="came back", gone="stayed away")
    assert found
    rows = table(sheet, "Share who stayed away")[:-1]
    said = {words(leaf.conditions, name=lambda one: label(one)).lower() for leaf in found.leaves}
    assert len(rows) == len(said)
    assert sum(row["Customers"] for row in rows) == found.rows
    # Shares are shown as percentages, so only sentences without one are compared.
    assert {row["When"].lower() for row in rows if "%" not in row["When"]} <= said
    tested = say(
        "On {count} customers they were not made from, the sentences are right about {accuracy}; always saying “{usual}” would be right about {baseline}.",
        count=found.held_out, accuracy=f"{found.accuracy:.0%}", usual="came back", baseline=f"{found.baseline:.0%}",
    )  # fmt: skip
    assert tested in [cell for row in sheet.values for cell in row]


def test_retention_groups_are_those_of_the_customers(sheet):
    rows = table(sheet, "Retention group")
    counts = sample_run().customers["retention_group"].value_counts().to_pylist()
    assert sorted(row["Customers"] for row in rows[:-1] if row["Customers"]) == sorted(
        one["counts"] for one in counts
    )
    assert rows[-1]["Customers"] == sample_run().customers.num_rows


def test_who_stands_out_is_active_and_far_from_the_middle():
    found = mined.unusual(sample_run())
    assert (np.abs(found.z) > 3.5).all()
    recent = sample_run().customers["orders_recent"].take(found.row).to_pylist()
    assert all(recent)
    assert found.alone.tolist() == sorted(found.alone, reverse=True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_customer_is_told_what_is_too_few(tmp_path, language):
    book = openpyxl.load_workbook(write_report(small_run(["Ann"]), tmp_path / "r.xlsx", language=language))
    said = [cell for row in book[label("page_mining", language)].values for cell in row]
    assert (
        say("Too few different buyers to part into groups: {count} are needed.", language, count=20) in said
    )
    assert say("No two products are bought together clearly more often than by chance.", language) in said
    few = "Only {count} rows have an answer to explain; a tree needs {enough}."
    assert say(few, language, count=1, enough=10) in said


def test_without_the_extra_contents_says_what_to_run(tmp_path, monkeypatch):
    monkeypatch.setattr(extra, "find_spec", lambda name: None)
    (section,) = (one for one in all_sections() if one.name == "mining")
    run = small_run(["Ann", "Bo"])
    assert missing_needs(section, run) == ["extra:mining"]
    book = openpyxl.load_workbook(write_report(run, tmp_path / "r.xlsx"))
    assert sheet_name(section, "en") not in book.sheetnames
    said = {row[1]: row[2] for row in book["Contents"].iter_rows(values_only=True)}
    assert said["Mining"] == f"Appears once this has been run: {extra.INSTALL}"


def test_nobody_one_window_ago_is_said(tmp_path):
    transactions = pa.table({"customer_id": ["A"], "date": [date(2026, 10, 30)], "amount": [5.0]})
    run = score(
        {"customers": pa.table({"customer_id": ["A"]}), "transactions": transactions}, pack(), as_of=AS_OF
    )
    book = openpyxl.load_workbook(write_report(run, tmp_path / "r.xlsx"))
    said = [cell for row in book["Mining"].values for cell in row]
    assert "Nobody was a customer one window ago." in said
