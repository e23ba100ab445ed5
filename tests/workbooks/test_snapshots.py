"""Runs kept beside their source, and what the report says changed since the last of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pytest
from pyarrow import parquet

from tierbook.language import LANGUAGES, label
from tierbook.rulepack.read import read_pack
from tierbook.run import Run
from tierbook.score import score
from workbooks.report import write_report
from workbooks.snapshots import earlier_snapshots, keep_snapshot, last_snapshot, snapshot_path

ROOT = Path(__file__).parents[2]
PACK = read_pack(ROOT / "rules/hospitality.yaml")
EARLIER, LATER = date(2026, 6, 30), date(2026, 10, 31)
pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported:UserWarning")


def run_for(as_of: date, *, customers: int = 12, **more: Any) -> Run:
    """A purchase a month per customer; every third one stopped buying in June."""
    rows = [
        {
            "customer_id": f"C{number:02}",
            "date": date(2025, 7, 1) + timedelta(days=30 * month + number),
            "amount": 50.0 * (number + 1),
        }
        for number in range(customers)
        for month in range(12 if number % 3 == 0 else 16)
    ]
    return score({"transactions": pa.Table.from_pylist(rows)}, PACK, as_of=as_of, **more)


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "orders.csv"
    path.write_text("customer_id,date,amount\n", "utf-8")
    return path


def test_a_snapshot_holds_what_the_run_said_of_each_customer(book):
    run = run_for(LATER)
    assert keep_snapshot(run, book) is None
    path = book.parent / "orders.csv.tierbook" / "2026-10-31.parquet"
    assert path == snapshot_path(book, LATER)
    kept = parquet.read_table(path)
    assert kept.column_names == [
        "customer_id", "value", "tier", "stage", "churn_level", "pack", "profile", "version", "hash"
    ]  # fmt: skip
    for name in kept.column_names[:5]:
        assert kept[name].to_pylist() == run.customers[name].to_pylist()
    assert set(kept["pack"].to_pylist()) == {"hospitality"}
    assert set(kept["hash"].to_pylist()) == {PACK.hash}
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_the_last_earlier_run_of_the_same_pack_and_profile_is_found(book):
    for as_of in (date(2026, 4, 30), EARLIER, LATER):
        keep_snapshot(run_for(as_of), book)
    other = replace(PACK, name="retail")
    keep_snapshot(replace(run_for(date(2026, 8, 31)), pack=other), book)
    found = last_snapshot(run_for(LATER), book)
    assert found is not None
    assert (found.as_of, found.hash) == (EARLIER, PACK.hash)
    assert last_snapshot(run_for(LATER, profile="growth"), book) is None
    assert last_snapshot(run_for(date(2026, 4, 30)), book) is None


def test_a_repeated_run_replaces_its_rows_and_leaves_those_of_other_packs(book):
    run = run_for(EARLIER)
    other = replace(run, pack=replace(PACK, name="retail"))
    for one in (other, run, run):
        assert keep_snapshot(one, book) is None
    packs = parquet.read_table(snapshot_path(book, EARLIER))["pack"].to_pylist()
    assert (packs.count("retail"), packs.count("hospitality")) == (12, 12)


def test_what_is_no_snapshot_is_passed_over(book):
    keep_snapshot(run_for(EARLIER), book)
    folder = snapshot_path(book, EARLIER).parent
    (folder / "2026-09-30.parquet").write_bytes(b"PAR1 cut")
    (folder / "notes.parquet").write_bytes(b"")
    parquet.write_table(pa.table({"customer_id": ["C1"]}), folder / "2026-08-31.parquet")
    found = last_snapshot(run_for(LATER), book)
    assert found is not None
    assert found.as_of == EARLIER


def test_where_nothing_can_be_kept_a_note_says_so(book):
    (book.parent / "orders.csv.tierbook").write_text("in the way", "utf-8")
    note = keep_snapshot(run_for(LATER), book)
    assert note is not None
    assert note.level == "note"
    assert "--no-snapshot" in note.text()
    assert last_snapshot(run_for(LATER), book) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_report_shows_who_moved_since_the_last_run(language, book):
    earlier, now = run_for(EARLIER, customers=10), run_for(LATER)
    keep_snapshot(earlier, book)
    last = last_snapshot(now, book)
    assert last is not None
    path = write_report(now.since(last), book.with_name("report.xlsx"), language=language)
    sheets = openpyxl.load_workbook(path)

    def rows(page: str, heading: str) -> list[tuple]:
        everything = list(sheets[label(f"page_{page}", language)].iter_rows(min_col=2, values_only=True))
        at = next(at for at, row in enumerate(everything) if row[0] == label(heading, language))
        return everything[at + 2 :]

    then = {row["customer_id"]: row for row in earlier.customers.to_pylist()}
    here = now.customers.to_pylist()
    both = [row for row in here if row["customer_id"] in then]
    said = {row[0]: row[1] for row in rows("audit", "since_last_run")[1:7]}
    for name, column in (("tier", "tier"), ("stage", "stage"), ("level", "churn_level")):
        changed = sum(row[column] != then[row["customer_id"]][column] for row in both)
        assert said[label(f"since_{name}_changed", language)] == changed
    assert said[label("since_arrived", language)] == 2
    assert said[label("since_gone", language)] == 0
    for page, heading in (("value", "tier_moves_since_last"), ("lifecycle", "stage_moves_since_last")):
        head, *matrix = rows(page, heading)
        total = next(row for row in matrix if row[0] == label("total", language))
        assert total[head.index(label("total", language))] == len(here)


def test_without_an_earlier_run_the_report_compares_with_the_window_alone(book):
    path = write_report(run_for(LATER), book.with_name("report.xlsx"))
    texts = {
        cell
        for sheet in openpyxl.load_workbook(path)
        for row in sheet.iter_rows(values_only=True)
        for cell in row
        if isinstance(cell, str)
    }
    assert label("tier_moves") in texts
    assert not [text for text in texts if "since the last run" in text]


def rows_below(path: Path, page: str, heading: str, language: str) -> list[tuple]:
    """The table under a heading, its heading row first, down to the first blank cell."""
    sheet = openpyxl.load_workbook(path)[label(f"page_{page}", language)]
    everything = [row[1:] for row in sheet.iter_rows(values_only=True)]
    at = next(at for at, row in enumerate(everything) if row[0] == label(heading, language))
    start = next(
        row for row in range(at + 1, len(everything)) if everything[row][0] == label("as_of", language)
    )
    end = next((row for row in range(start, len(everything)) if everything[row][0] is None), len(everything))
    return everything[start:end]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_over_time_holds_the_runs_of_earlier_days_by_the_same_rules(language, book):
    run = run_for(LATER).over_time(4)
    path = write_report(run, book.with_name("report.xlsx"), language=language)
    head, *rows = rows_below(path, "history", "over_time", language)
    days = [LATER - timedelta(days=90 * back) for back in (3, 2, 1, 0)]
    assert [row[0].date() for row in rows] == days
    for row, day in zip(rows, days, strict=True):
        (then,) = run_for(day).table("totals").to_pylist()
        said = dict(zip(head, row, strict=False))
        assert said[label("customers", language)] == then["customers"]
        assert said[label("revenue_recent", language)] == pytest.approx(then["revenue_recent"])
        assert said[label("value", language)] == pytest.approx(then["value"])
        assert said[label("at_risk_short", language)] == then["flagged"]
    for what in ("tier", "stage", "churn_level"):
        _, *counted = rows_below(path, "history", f"over_time_{what}", language)
        totals = [next(cell for cell in reversed(row) if cell is not None) for row in counted]
        assert totals == [row[1] for row in rows]
        assert all(
            sum(filter(None, row[1:])) == 2 * total for row, total in zip(counted, totals, strict=True)
        )


def test_looking_back_ends_where_purchases_begin():
    run = run_for(LATER).over_time(12)
    assert [moment.as_of for moment in run.history][-1] == LATER
    assert run.history[0].as_of >= date(2025, 7, 1)
    assert len(run.history) == 6
    assert run.previous is not None
    assert run.history[-2].tables["tiers"] == run.previous.table("tiers")


def test_runs_that_were_kept_stand_beside_them_as_they_were(book):
    kept = [run_for(day) for day in (date(2026, 4, 30), EARLIER)]
    for one in kept:
        keep_snapshot(one, book)
    now = run_for(LATER)
    earlier = earlier_snapshots(now, book, most=12)
    assert [one.as_of for one in earlier] == [date(2026, 4, 30), EARLIER]
    assert [one.as_of for one in earlier_snapshots(now, book, most=1)] == [EARLIER]
    path = write_report(now.over_time(2, earlier=earlier), book.with_name("report.xlsx"))
    head, *rows = rows_below(path, "history", "kept_runs", "en")
    for row, run in zip(rows, kept, strict=True):
        (then,) = run.table("totals").to_pylist()
        said = dict(zip(head, row, strict=False))
        assert (said["Customers"], said["At risk"]) == (then["customers"], then["flagged"])
        assert said["Value"] == pytest.approx(then["value"])


def test_nobody_asked_for_earlier_days_and_contents_says_how(book):
    sheets = openpyxl.load_workbook(write_report(run_for(LATER), book.with_name("report.xlsx")))
    said = {row[1]: row[2] for row in sheets["Contents"].iter_rows(values_only=True)}
    assert said["Over time"] == "Appears when asked for: `--history 12`"
    assert "Over time" not in sheets.sheetnames
