"""A figure is the same on every page that shows it, in the report of every shipped pack."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from math import fsum
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from tests.workbooks.test_recalculated import PACKS, run
from workbooks.needs import lacking
from workbooks.report import all_sections, sheet_name, write_report
from workbooks.sections.what_if import SECTION

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported:UserWarning")
Row = dict[str, Any]


@pytest.fixture(scope="module", params=PACKS)
def pages(request: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Worksheet]]:
    """A pack and the sheets of its report by section, what formulas show included."""
    path: Path = write_report(run(request.param), tmp_path_factory.mktemp("agree") / "r.xlsx")
    book = openpyxl.load_workbook(path, data_only=True)
    names = {section.name: sheet_name(section, "en") for section in all_sections()}
    return request.param, {name: book[title] for name, title in names.items() if title in book.sheetnames}


def tables(sheet: Worksheet, heading: str, *more: str) -> Iterator[tuple[list[Row], Row]]:
    """Rows and total row of each table whose first column is so headed and which has these columns as well."""
    lines = list(sheet.iter_rows(values_only=True))
    for at, line in enumerate(lines):
        if len(line) < 3 or line[1] != heading or not {*more} <= {*line}:
            continue
        rows: list[Row] = []
        for cells in lines[at + 1 :]:
            if cells[1] is None:
                break
            rows.append({str(name): cell for name, cell in zip(line, cells, strict=True) if name is not None})
            if cells[1] == "Total":
                break
        total = rows.pop() if rows and rows[-1][heading] == "Total" else {}
        yield rows, total


def one_table(sheet: Worksheet, heading: str, *more: str) -> tuple[list[Row], Row]:
    return next(tables(sheet, heading, *more))


def beside(sheet: Worksheet, text: str, down: int = 0, right: int = 1) -> Any:
    """What stands so many cells from the one with this text; None where there is no such text."""
    for row in sheet.iter_rows():
        for cell in row:
            if cell.value == text:
                return sheet.cell(cell.row + down, cell.column + right).value
    return None


def listed(pages: dict[str, Worksheet]) -> list[Row]:
    """The customers of the page Customers."""
    return one_table(pages["customers"], "Customer ID")[0]


def same(figures: dict[str, float | None], places: int = 2) -> bool:
    """Whether all pages that show the figure show the same."""
    return len({round(float(one), places) for one in figures.values() if one is not None}) == 1


def test_every_page_counts_the_same_customers(pages):
    pack, sheets = pages
    counted = {"customers": len(listed(sheets)), "audit": beside(sheets["audit"], "Customers scored")}
    counted["overview"] = beside(sheets["overview"], "Customers", 1, 0)
    for page, heading in (("value", "Tier"), ("value", "Class"), ("lifecycle", "Stage"), ("positions", "Ladder"), ("churn", "Tier"), ("rfm", "RFM segment"),
                          ("breakdown", "Region"), ("breakdown", "Industry"), ("behaviour", "Tier")):  # fmt: skip
        if page in sheets:
            for rows, total in tables(sheets[page], heading, "Customers"):
                # A table inside another repeats what the outer one counts.
                if total and "All" not in total.values():
                    counted[f"{page} {heading}"] = total["Customers"]
                    counted[f"{page} {heading}, added up"] = sum(row["Customers"] for row in rows)
    if "what_if" in sheets:
        for rows, total in tables(sheets["what_if"], "Level"):
            for heading in ("Customers now", "Customers then"):
                counted[f"what_if {heading} {rows[0]['Level']}"] = total[heading]
                counted[f"what_if {heading} {rows[0]['Level']}, added up"] = sum(row[heading] for row in rows)
    assert len(counted) > 2
    assert same(counted), counted
    assert run(pack).customers.num_rows == counted["customers"]


def test_every_page_adds_up_to_the_same_revenue_and_value(pages):
    pack, sheets = pages
    customers = listed(sheets)
    if "Total spend" not in customers[0]:
        assert "transactions" not in run(pack).tables
        return
    for figure, own, headings in (
        ("Revenue", "Total spend", (("value", "Tier"), ("value", "Class"), ("lifecycle", "Stage"), ("periods", "Month"),
                                    ("products", "Product"), ("rfm", "RFM segment"), ("breakdown", "Region"), ("behaviour", "Tier"))),
        ("Value", "Value", (("value", "Tier"), ("breakdown", "Region"))),
    ):  # fmt: skip
        found = {
            "customers": fsum(row[own] or 0.0 for row in customers),
            "audit": beside(sheets["audit"], figure),
        }
        for page, heading in headings:
            for rows, total in tables(sheets[page], heading, figure) if page in sheets else ():
                if total and "All" not in total.values():
                    found[f"{page} {heading}"] = total[figure]
                    found[f"{page} {heading}, added up"] = fsum(row[figure] or 0.0 for row in rows)
        if figure == "Revenue" and "what_if" in sheets:
            for rows, total in tables(sheets["what_if"], "Level"):
                for heading in ("Revenue now", "Revenue then"):
                    found[f"what_if {heading} {rows[0]['Level']}"] = total[heading]
                    found[f"what_if {heading} {rows[0]['Level']}, added up"] = fsum(
                        row[heading] for row in rows
                    )
        assert same(found), found


def test_tiers_stages_and_levels_hold_the_same_customers_everywhere(pages):
    _, sheets = pages
    customers = listed(sheets)
    for what, where in (
        ("Tier", ("value", "churn", "behaviour")), ("Stage", ("lifecycle",)),
    ):  # fmt: skip
        if what not in customers[0]:
            continue
        counts = Counter(row[what] for row in customers)
        for page in where:
            if page in sheets:
                rows, _ = one_table(sheets[page], what, "Customers")
                assert {row[what]: row["Customers"] for row in rows if row["Customers"]} == counts, page
    if "Churn level" in customers[0] and "churn" in sheets:
        counts = Counter(row["Churn level"] for row in customers)
        _, total = one_table(sheets["churn"], "Tier", "Share at risk")
        assert {level: total[level] for level in counts} == counts
        risk = {
            "overview": beside(sheets["overview"], "Customers at risk", 1, 0),
            "audit": beside(sheets["audit"], "At risk"),
        }
        if "lifecycle" in sheets:
            risk["lifecycle"] = one_table(sheets["lifecycle"], "Stage", "At risk")[1]["At risk"]
        assert same(risk), risk


def test_what_if_begins_with_the_tiers_and_levels_of_the_customers(pages):
    pack, sheets = pages
    if "what_if" not in sheets:
        assert lacking(SECTION.needs, run(pack))
        return
    customers, seen = listed(sheets), 0
    for rows, _ in tables(sheets["what_if"], "Level"):
        names = {row["Level"] for row in rows}
        what = next(name for name in ("Tier", "Churn level") if {row[name] for row in customers} <= names)
        counts = Counter(row[what] for row in customers)
        for row in rows:
            seen += 1
            assert row["Customers now"] == row["Customers then"] == counts[row["Level"]], row
            paid = fsum(one["Total spend"] or 0.0 for one in customers if one[what] == row["Level"])
            assert row["Revenue now"] == pytest.approx(paid, abs=0.005)
            assert row["Revenue then"] == pytest.approx(paid, abs=0.005)
    assert seen
