"""The report as a reader finds it: totals tie out, nothing is a formula, both languages are whole, it prints."""

from __future__ import annotations

import math
import re
import subprocess
import zipfile
from datetime import date
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import openpyxl
import pyarrow as pa
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from tests.workbooks.report_books import (
    AS_OF,
    added_up,
    below,
    beside,
    heat_map,
    pack,
    present,
    sample_run,
    small_run,
    table,
    texts,
)
from tierbook.language import LANGUAGES, label, labels, say
from tierbook.quality import Problem
from tierbook.run import Run
from tierbook.score import score
from workbooks import style
from workbooks.reader import InputFile
from workbooks.report import all_sections, sheet_name, write_report
from workbooks.rows import watched

# openpyxl leaves out data bars and says so; it is only our second pair of eyes.
pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported:UserWarning")


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The report of the sample in both languages."""
    folder = tmp_path_factory.mktemp("report")
    return {
        language: write_report(sample_run(), folder / f"{language}.xlsx", language=language)
        for language in LANGUAGES
    }


@pytest.fixture(scope="module")
def sheets(books: dict[str, Path]) -> dict[str, Worksheet]:
    """The English report's sheets by section."""
    book = openpyxl.load_workbook(books["en"])
    return {section.name: book[sheet_name(section, "en")] for section in present(sample_run())}


# --- Numbers


def test_totals_tie_out_across_pages_to_the_cent(sheets):
    customers = table(sheets["customers"], "Customer ID")
    value = sum(row["Value"] for row in customers)
    revenue = sum(row["Total spend"] for row in customers)
    tiers = table(sheets["value"], "Tier", "Customers")
    parts = table(sheets["value"], "Part of the value")
    classes = table(sheets["value"], "Class")
    stages = table(sheets["lifecycle"], "Stage")
    totals = {
        "value": [tiers[-1]["Value"], sum(row["Value"] for row in tiers[:-1]), parts[-1]["Total"],
                  sum(row["Total"] for row in parts[:-1]), beside(sheets["audit"], "Value")],
        "revenue": [tiers[-1]["Revenue"], sum(row["Revenue"] for row in tiers[:-1]), classes[-1]["Revenue"],
                    sum(row["Revenue"] for row in classes[:-1]), stages[-1]["Revenue"],
                    sum(row["Revenue"] for row in stages[:-1]), beside(sheets["audit"], "Revenue"),
                    *added_up(table(sheets["periods"], "Month"), "Revenue"),
                    *added_up(table(sheets["rfm"], "RFM segment"), "Revenue"),
                    # Who has no score never bought, and brings nothing.
                    *added_up(heat_map(sheets["rfm"], 1), "Total")],
    }  # fmt: skip
    assert {round(figure, 2) for figure in totals["value"]} == {round(value, 2)}
    assert {round(figure, 2) for figure in totals["revenue"]} == {round(revenue, 2)}
    recent = {round(figure, 2) for figure in (
        below(sheets["overview"], "Revenue in the window"), classes[-1]["Revenue in the window"],
        beside(sheets["audit"], "Revenue in the window"),
    )}  # fmt: skip
    assert len(recent) == 1


def test_every_page_counts_the_same_customers(sheets):
    everyone = len(table(sheets["customers"], "Customer ID"))
    moves = [table(sheets[name], "From ↓  to →") for name in ("value", "lifecycle")]
    counted = [
        below(sheets["overview"], "Customers"),
        *(table(sheets["value"], *head)[-1]["Customers"] for head in (("Tier", "Customers"), ("Class",))),
        table(sheets["lifecycle"], "Stage")[-1]["Customers"],
        table(sheets["churn"], "Tier", "Lost")[-1]["Customers"],
        *(move[-1]["Total"] for move in moves),
        *(sum(row["Total"] for row in move[:-1]) for move in moves),
        beside(sheets["audit"], "Customers scored"),
        *added_up(table(sheets["rfm"], "RFM segment"), "Customers"),
    ]
    assert set(counted) == {everyone}
    buyers = [
        beside(sheets["audit"], "Customers with a purchase"), *added_up(heat_map(sheets["rfm"], 0), "Total"),
        table(sheets["retention"], "Cohort")[-1]["Customers"],
    ]  # fmt: skip
    assert set(buyers) == {sample_run().table("totals")["buyers"][0].as_py()}


def test_who_is_at_risk_is_the_same_number_everywhere(sheets):
    levels = {row["Tier"]: row for row in table(sheets["churn"], "Tier", "Lost")}["Total"]
    flagged = len(watched(sample_run()))
    counted = {
        below(sheets["overview"], "Customers at risk"), levels["Lost"] + levels["Warning"],
        table(sheets["lifecycle"], "Stage")[-1]["At risk"], beside(sheets["audit"], "At risk"),
        sum(row["Churn level"] in ("Lost", "Warning") for row in table(sheets["customers"], "Customer ID")),
    }  # fmt: skip
    assert counted == {flagged}
    watch_list = table(sheets["churn"], "Customer", "Tier", "Stage")
    assert len(watch_list) == min(50, flagged)
    assert all(higher["Value"] >= lower["Value"] for higher, lower in pairwise(watch_list))
    assert all(row["Why"] for row in watch_list)


def test_the_headline_change_compares_with_the_window_before(sheets):
    run = sample_run()
    overview = sheets["overview"]
    cell = next(cell for row in overview.iter_rows() for cell in row if cell.value == "Active in the window")
    assert run.previous
    now, before = (one.table("totals")["active"][0].as_py() for one in (run, run.previous))
    assert overview.cell(cell.row + 1, cell.column).value == now
    assert overview.cell(cell.row + 2, cell.column).value == pytest.approx(now / before - 1)
    assert "▲" in overview.cell(cell.row + 2, cell.column).number_format


def test_months_on_the_overview_add_up_to_the_revenue_of_the_year(sheets):
    months = table(sheets["overview"], "Month to")
    (year,) = sample_run().engine.sql(
        "SELECT CAST(SUM(CAST(amount AS DECIMAL(38, 6))) AS DOUBLE) AS total FROM transactions_ "
        "WHERE date > DATE '2025-10-31' AND date <= DATE '2026-10-31'"
    )["total"].to_pylist()  # fmt: skip
    assert len(months) == 12
    assert sum(row["revenue per month"] for row in months) == pytest.approx(year, abs=0.005)


def test_a_page_and_the_function_of_its_name_give_the_same_periods(sheets):
    from tierbook.periods import period_table

    rows = table(sheets["periods"], "Month")[:-1]
    paid = sample_run().engine.sql("SELECT date, amount FROM transactions_")
    found = period_table(paid["date"].to_numpy(), paid["amount"].to_numpy())
    for heading, figures in (
        ("Revenue", found.value), ("Against the month before", found.mom), ("Same month last year", found.last_year),
        ("Against last year", found.yoy), ("Year so far", found.ytd), ("Year so far against last year", found.ytd_yoy),
    ):  # fmt: skip
        # The file holds sixteen digits of a figure.
        written = [math.nan if row[heading] is None else row[heading] for row in rows]
        known = [
            "n/a" if "gainst" in heading and figure > style.MOST_CHANGE else figure
            for figure in figures.tolist()
        ]
        assert [row for row in written if row == "n/a"] == [one for one in known if one == "n/a"]
        numbers = [[math.nan if one == "n/a" else one for one in column] for column in (written, known)]
        assert numbers[0] == pytest.approx(numbers[1], rel=1e-14, nan_ok=True)


def test_the_cohorts_on_the_page_are_those_of_the_function(sheets):
    from tierbook.retention import cohort_table

    paid = sample_run().engine.sql("SELECT customer_id, date FROM transactions_ WHERE amount >= 0")
    found = cohort_table(paid["customer_id"].to_numpy(), paid["date"].to_numpy(), as_of=sample_run().as_of)
    *rows, mean = table(sheets["retention"], "Cohort")
    assert [row["Customers"] for row in rows] == found.customers[-24:].tolist()
    for month in range(1, 24):
        shown = [math.nan if row[f"+{month}"] is None else row[f"+{month}"] for row in rows]
        assert shown == pytest.approx(found.retained[-24:, month].tolist(), nan_ok=True)
        assert mean[f"+{month}"] == pytest.approx(found.mean[month])


def test_the_cut_points_printed_are_those_the_scores_were_made_with(sheets):
    from tierbook.arrow import arrays
    from tierbook.rfm import rfm_cuts, rfm_score_at

    run = sample_run()
    assert run.previous
    now, before = arrays(run.customers), arrays(run.previous.customers)
    cuts = rfm_cuts(before["days_since_last"], before["orders_recent"], before["spend_recent"])
    score = rfm_score_at(now["days_since_last"], now["orders_recent"], now["spend_recent"], cuts=cuts)
    np.testing.assert_array_equal(score, 100 * now["rfm_r"] + 10 * now["rfm_f"] + now["rfm_m"])
    printed = table(sheets["rfm"], "Part")[0]
    assert [printed[f"Score {score}"] for score in (5, 4, 3, 2)] == [
        f"≤ {cut:,.0f}" for cut in cuts.parts[0].cuts
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_month_that_is_not_over_is_marked(tmp_path, language):
    run = small_run(["Ann"], as_of=date(2026, 10, 12))
    book = openpyxl.load_workbook(write_report(run, tmp_path / "r.xlsx", language=language))
    rows = table(book[label("page_periods", language)], label("month", language))
    assert rows[-2][label("month", language)] == say("{month} (not over)", language, month="2026-10")
    assert rows[-3][label("month", language)] == "2026-09"


def test_rows_set_aside_are_the_same_number_everywhere(sheets):
    run = sample_run()
    aside = sum(problem.set_aside for problem in run.problems)
    assert aside > 0
    tables = table(sheets["quality"], "Table", "Rows read")
    reasons = table(sheets["quality"], "Table", "Column", "Level")
    places = table(sheets["quality"], "Table", "Sheet or file")
    audit = table(sheets["audit"], "Table", "Rows used")
    for rows in (tables, reasons, audit):
        assert rows[-1]["Rows set aside"] == aside
        assert sum(row["Rows set aside"] or 0 for row in rows[:-1]) == aside
    assert sum(row["Rows set aside"] or 0 for row in places) == aside
    assert len(places) == len(run.problems)
    assert tables[-1]["Rows read"] == sum(run.tables.values()) + aside
    assert f"set aside: {aside};" in str([cell for row in sheets["overview"].values for cell in row])
    listed = {row["Cell or line"]: row for row in places}
    assert listed["G3964"]["Value found"] == "on the house"
    assert listed["G3964"]["Column"] == "Amount"


# --- Text from data


HOSTILE = [
    "=cmd|' /C calc'!A0",
    "+1",
    "-1",
    "@SUM(A1)",
    "{=1}",
    "http://example.com",
    "a\x07\x0bb",
    "_x0041_",
    "好" * 40_000,
    "😀" * 20_000,
]


@pytest.mark.parametrize("language", LANGUAGES)
def test_text_from_data_stays_text(tmp_path, language):
    path = write_report(small_run(HOSTILE), tmp_path / "hostile.xlsx", language=language)
    book = openpyxl.load_workbook(path)
    with zipfile.ZipFile(path) as archive:
        sheets = [archive.read(name).decode() for name in archive.namelist() if "/worksheets/sheet" in name]
    # Formulas are ours and hold nothing from the data; only these pages have any.
    formulas = [found for sheet in sheets for found in re.findall("<f(?: [^>]*)?>([^<]*)", sheet)]
    assert not any(text in formula for formula in formulas for text in ("cmd", "+1", "SUM(A1)", "example"))
    calculated = [
        name for name, sheet in zip(book.sheetnames, sheets, strict=True) if re.search("<f[ >]", sheet)
    ]
    pages = [section for section in all_sections() if section.name in ("customer_360", "what_if")]
    assert set(calculated) <= {sheet_name(section, language) for section in pages}
    (customers,) = (
        book[sheet_name(section, language)] for section in all_sections() if section.name == "customers"
    )
    found = {
        row[label("customer_id", language)]: row[label("name", language)]
        for row in table(customers, label("customer_id", language))
    }
    assert [found[f"C{number}"] for number in range(8)] == [*HOSTILE[:6], "ab", "_x0041_"]
    assert len(found["C8"]) == 32_767
    assert found["C8"].endswith("好…")
    assert found["C9"] == "😀" * 16_383 + "…"
    assert not any(cell.hyperlink for row in customers.iter_rows(min_row=3) for cell in row)


# --- Both languages


def test_the_chinese_report_has_no_english_word_left(tmp_path):
    customers = [f"客户{number}" for number in range(30)]
    problem = Problem(
        "warning",
        "Blank rows inside the table are skipped: {count}.",
        values={"count": 1},
        table="transactions",
    )
    run = small_run(customers, problems=[problem], files=[InputFile(Path("客户.xlsx"), "0" * 64, 1)])
    path = write_report(run, tmp_path / "中文.xlsx", language="zh")
    data = {"hospitality", "Customer team", "default", pack().hash, "客户.xlsx"} | {
        one.because for one in pack().thresholds.values()
    }
    data |= {signal.because for signal in pack().churn.signals} | {f"C{number}" for number in range(30)}
    # Names of things, not words: the font, the program, what Excel calls fields and formats in headers and charts,
    # models and their parameters.
    known = (
        r"M?BG/NBD|Gamma-Gamma|alpha|gamma|hospitality 2026[.\d]*|SHA-256|RFM|`tierbook check`|`--history 12`|General|[&A-Z\d\"]*Microsoft YaHei,Regular\"&8&K56626C|&[LRPN]|"
        + pack().hash[:8]
    )
    leaks = {
        (part, text)
        for part, text in texts(path)
        if text not in data and "docProps" not in part and "theme" not in part
        and re.search(r"[A-Za-z]{2,}", re.sub(known, "", text))
    }  # fmt: skip
    assert not leaks


def test_every_page_has_a_name_and_a_sentence_in_both_languages():
    for section in all_sections():
        for language in LANGUAGES:
            names = [f"page_{section.name}"] + ([f"page_{section.name}_about"] if section.order else [])
            assert all(labels()[name][language] for name in names)


def test_every_feature_and_result_has_a_label():
    from tierbook import features

    results = [
        name
        for name in sample_run().customers.column_names
        if not name.startswith(("value.", "class.", "score."))
    ]
    made = set(pack().features) | {measure.name for measure in pack().measures}
    assert not [name for name in {*features.COLUMNS, *results} - made if name not in labels()]


# --- Looks


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sheet_prints_on_landscape_a4_with_title_date_and_rules(books, language):
    book = openpyxl.load_workbook(books[language])
    for section in present(sample_run()):
        sheet = book[sheet_name(section, language)]
        assert (sheet.page_setup.orientation, int(sheet.page_setup.paperSize)) == ("landscape", 9)
        assert int(sheet.page_setup.fitToWidth or 1) == 1
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.print_area
        assert not sheet.sheet_view.showGridLines
        assert sheet.title in sheet.oddHeader.left.text
        assert style.date_text(sample_run().as_of, language) in sheet.oddHeader.right.text
        assert pack().version in sheet.oddFooter.left.text
        said = [cell.value for row in sheet.iter_rows(max_row=4) for cell in row if cell.value]
        assert any(
            pack().version in str(text) and style.date_text(sample_run().as_of, language) in str(text)
            for text in said
        )


def test_the_customer_table_is_frozen_filtered_and_repeats_its_heading(sheets):
    sheet = sheets["customers"]
    (found,) = sheet.tables.values()
    assert found.name == "tierbook_customers"
    assert found.autoFilter.ref == found.ref
    assert found.ref.endswith(str(6 + sample_run().customers.num_rows))
    assert sheet.freeze_panes == "D7"
    assert sheet.print_title_rows == "$6:$6"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_chart_has_an_alternative_text(books, language):
    charts = []
    with zipfile.ZipFile(books[language]) as archive:
        for name in archive.namelist():
            if re.fullmatch(r"xl/drawings/drawing\d+\.xml", name):
                frames = ElementTree.fromstring(archive.read(name)).findall(".//{*}graphicFrame")
                charts += [name.get("descr") for frame in frames for name in frame.findall(".//{*}cNvPr")]
        assert len(charts) == sum(name.startswith("xl/charts/chart") for name in archive.namelist())
    assert len(charts) >= 14
    assert all(charts)


def test_texts_stand_out_from_what_is_behind_them():
    for background in (style.WHITE, style.TILE, style.ACCENT_FAINT):
        for text in (style.INK, style.MUTED, style.ACCENT, style.ALERT, style.GOOD):
            assert contrast(text, background) >= 4.5, (text, background)
    # Figures are read on bars and shades.
    assert all(contrast(style.INK, shade) >= 4.5 for shade in (style.ACCENT_SOFT, style.ALERT_SOFT))


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours (WCAG 2.1, 1.4.3)."""

    def luminance(colour: str) -> float:
        channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.host("libreoffice")
@pytest.mark.parametrize("language", LANGUAGES)
def test_libreoffice_prints_every_page_whole(office, books, language):
    pdf = office.convert(books[language], "pdf")
    pages = (
        subprocess.run(["pdftotext", "-layout", str(pdf), "-"], capture_output=True, check=True)
        .stdout.decode()
        .split("\f")[:-1]
    )
    assert all(len(page.split()) > 20 for page in pages)
    assert not any("###" in page or "Err:" in page for page in pages)
    # Header, footer and title tell where every sheet of the workbook starts and that each fits the paper's width.
    last = re.findall(r"\d+", pages[-1].strip().splitlines()[-1])[-1]
    assert int(last) == len(pages)
    for section in present(sample_run()):
        assert any(sheet_name(section, language) in page for page in pages)


# --- Whatever the input


def test_the_same_run_gives_the_same_bytes(tmp_path, books):
    again = write_report(sample_run(), tmp_path / "again.xlsx")
    assert again.read_bytes() == books["en"].read_bytes()


@pytest.mark.parametrize("count", [1, 2, 40])
@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_are_drawn_from_one_customer_as_from_many(tmp_path, count, language):
    run = small_run([f"N{number}" for number in range(count)]).over_time(2)
    path = write_report(run, tmp_path / "small.xlsx", language=language)
    assert openpyxl.load_workbook(path).sheetnames == [
        sheet_name(section, language) for section in present(run)
    ]
    assert {"history", "churn", "actions", "value", "overview"} <= {section.name for section in present(run)}


def test_a_page_without_its_input_is_absent_and_contents_says_what_it_needs(tmp_path):
    customers = pa.table({"customer_id": ["C1", "C2"], "name": ["Ann", "Bo"], "total_spend": [10.0, 20.0]})
    book = openpyxl.load_workbook(
        write_report(score({"customers": customers}, pack(), as_of=AS_OF), tmp_path / "r.xlsx")
    )
    assert book.sheetnames == ["Contents", "Customers", "Actions", "Data quality", "Audit"]
    said = {row[1]: row[2] for row in book["Contents"].iter_rows(values_only=True)}
    wanted = "Transactions or Readings or Interactions or Surveys or Registers"
    assert said["Overview"] == say("Appears when the input holds: {tables}", tables=wanted)
    assert said["Products"] == say("Appears when the input has a column: {columns}", columns="Product")
    assert book["Contents"]["B7"].hyperlink.location == "'Customers'!A1"


def test_a_report_that_cannot_be_drawn_leaves_the_old_one_alone(tmp_path, monkeypatch):
    path = tmp_path / "report.xlsx"
    path.write_bytes(b"the old one")
    run = small_run(["Ann"])
    monkeypatch.setattr(Run, "table", lambda self, name: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_report(run, path)
    assert path.read_bytes() == b"the old one"
    assert list(tmp_path.iterdir()) == [path]
