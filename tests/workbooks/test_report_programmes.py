"""Pages of the packs exhibition, b2b and automotive: their figures are those in a cell and tie out with the other pages."""

from __future__ import annotations

from datetime import datetime
from functools import cache

import openpyxl
import pyarrow as pa
import pytest

from tests.workbooks.report_books import table
from tierbook.language import LANGUAGES, label, say
from tierbook.quality import Problem
from tierbook.rulepack.read import read_pack
from tierbook.run import Run
from tierbook.score import score
from tierbook.shipped import shipped
from udfs import call
from workbooks.reader import read
from workbooks.report import all_sections, missing_needs, write_report
from workbooks.samples import sample_path

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported:UserWarning")
PAGES = {
    "exhibition": ("editions", "supply_and_demand"), "b2b": ("three_part_value",),
    "automotive": ("goals", "potential", "touch_points"),
}  # fmt: skip


@cache
def source(pack):
    return read(sample_path(pack))


def the_pack(name):
    return read_pack(shipped("rules") / f"{name}.yaml")


@cache
def run(pack) -> Run:
    return score(source(pack).tables, the_pack(pack))


@pytest.fixture(scope="module", params=LANGUAGES)
def book(request, tmp_path_factory):
    language = request.param

    @cache
    def sheets(pack):
        path = tmp_path_factory.mktemp(pack) / f"{language}.xlsx"
        return openpyxl.load_workbook(write_report(run(pack), path, language=language))

    return lambda pack, page: sheets(pack)[label(f"page_{page}", language)], lambda name: label(
        name, language
    )


def cells(pack, name):
    """A table of the sample as a host passes it."""
    rows = source(pack).tables[name].to_pylist()
    heads = list(rows[0])
    return [heads, *([_cell(row[head]) for head in heads] for row in rows)]


def _cell(value):
    return datetime(value.year, value.month, value.day) if hasattr(value, "year") else value


@pytest.mark.parametrize(("pack", "page"), [(pack, page) for pack, pages in PAGES.items() for page in pages])
def test_the_sample_has_everything_its_pages_show(book, pack, page):
    sheet, _ = book
    assert sheet(pack, page).max_row > 10


def test_retention_on_the_page_is_that_in_a_cell(book):
    sheet, word = book
    found = call(
        "CRM_EDITIONS", cells("exhibition", "transactions"), cells("exhibition", "customers"),
        "wants", cells("exhibition", "wants"), "interactions", cells("exhibition", "interactions"),
    )  # fmt: skip
    head, *rows = found
    visitors = [dict(zip(head, row, strict=True)) for row in rows if row[head.index("side")] == "visitor"]
    drawn = table(sheet("exhibition", "editions"), word("edition"), word("preregistered"))
    assert [row[word("edition")] for row in drawn] == [row["edition"] for row in visitors]
    for page_name, cell_name in (
        ("preregistered", "preregistered"), ("show_up", "show_up"), ("professional_share", "professional_share"),
    ):  # fmt: skip
        assert [row[word(page_name)] for row in drawn] == pytest.approx([row[cell_name] for row in visitors])
    flow = table(sheet("exhibition", "editions"), word("edition"), word("first_day"))
    exhibitors = [dict(zip(head, row, strict=True)) for row in rows if row[head.index("side")] == "exhibitor"]
    assert [row[word("retention")] for row in flow[1:]] == pytest.approx(
        [row["retention"] for row in exhibitors[1:]]
    )


def number_of(called: str) -> str:
    """The number in `Nordic (E0006)`."""
    return called.rpartition("(")[2].removesuffix(")")


def test_the_first_match_on_the_page_is_the_first_in_a_cell(book):
    sheet, word = book
    wants = cells("exhibition", "wants")
    worth = dict(
        zip(
            *(run("exhibition").customers[name].to_pylist() for name in ("customer_id", "value")), strict=True
        )
    )
    who, edition = wants[0].index("customer_id"), wants[0].index("edition")
    latest = [[*row, worth.get(row[who])] for row in wants[1:] if row[edition] == "2026 autumn"]
    found = call("CRM_PARTNERS", [[*wants[0], "value"], *latest])
    first = {row[1]: row[3] for row in found[1:] if row[2] == 1}
    drawn = table(sheet("exhibition", "supply_and_demand"), word("exhibitor"), word("shows"))
    pairs = {
        number_of(row[word("exhibitor")]): number_of(row[word("visitor")])
        for row in drawn
        if row[word("rank")] == 1
    }
    assert pairs
    assert all(first[exhibitor] == visitor for exhibitor, visitor in pairs.items())


def test_opportunities_at_the_gate_are_those_in_a_cell(book):
    sheet, word = book
    head, *rows = call("CRM_GATE", cells("b2b", "questions"), cells("b2b", "answers"), "b2b")
    totals = {row[0]: (row[head.index("total")], row[head.index("short")]) for row in rows}
    drawn = table(sheet("b2b", "three_part_value"), word("opportunity"))[:40]
    assert len(drawn) == min(len(totals), 40)
    for row in drawn:
        assert (row[word("points_total")], row[word("points_short")]) == pytest.approx(
            totals[row[word("opportunity")]]
        )


def test_levels_of_the_three_part_value_add_up_to_everybody(book):
    sheet, word = book
    *rows, total = table(sheet("b2b", "three_part_value"), the_word(book, "three_part"), word("customers"))
    assert sum(row[word("customers")] for row in rows) == total[word("customers")] == run("b2b").population
    assert sum(row[word("value")] for row in rows) == pytest.approx(total[word("value")])


def the_word(book, name):
    _, word = book
    return run("b2b").word(name, "en" if word("total") == label("total", "en") else "zh")


def test_options_and_potential_are_those_in_a_cell(book):
    sheet, word = book
    head, *rows = call(
        "CRM_SCORECARD", *(cells("automotive", name) for name in ("goals", "options", "option_scores"))
    )
    drawn = table(sheet("automotive", "goals"), word("option"))
    assert [row[word("option")] for row in drawn] == [row[0] for row in rows]
    assert [row[word("weighted_total")] for row in drawn] == pytest.approx([row[1] for row in rows])
    head, *rows = call("CRM_POTENTIAL", cells("automotive", "segments"))
    *drawn, total = table(sheet("automotive", "potential"), word("segment"))
    assert [row[word("potential")] for row in drawn] == pytest.approx(
        [row[head.index("potential")] for row in rows]
    )
    assert total[word("potential")] == pytest.approx(sum(row[head.index("potential")] for row in rows))


def test_contacts_of_phases_add_up_to_those_of_tiers(book):
    sheet, word = book
    *rows, total = table(sheet("automotive", "touch_points"), word("phase"))
    assert sum(row[word("contacts")] for row in rows) == total[word("contacts")]
    *_, tiers = table(sheet("automotive", "touch_points"), word("tier"))
    assert tiers[word("contacts")] == total[word("contacts")]


def small(**more):
    return {
        "customers": pa.table({"customer_id": ["a"]}),
        "transactions": pa.table(
            {"customer_id": ["a"], "date": [datetime(2026, 1, 1).date()], "amount": [1.0]}
        ),
        **{name: pa.table(columns) for name, columns in more.items()},
    }


@pytest.mark.parametrize(
    ("page", "tables", "said"),
    [
        (
            "goals",
            {"goals": {"goal": ["x", "y"], "weight": [0.6, 0.3]}},
            "The weights of the top goals add up to 90%, not 100%. Change them until they do.",
        ),
        (
            "goals",
            {"goals": {"goal": ["x", "y"], "parent": ["y", "x"], "weight": [0.5, 0.5]}},
            "The goals go round in a circle: x → y → x. Leave the parent of one of them blank.",
        ),
        (
            "supply_and_demand",
            {"wants": {"customer_id": ["a"], "side": ["exhibitor"], "categories": ["pumps"]}},
            "Supply meets demand where wants holds exhibitors and visitors. Fill the column side.",
        ),
    ],
)
def test_a_page_that_cannot_be_drawn_says_why(page, tables, said):
    (section,) = (one for one in all_sections() if one.name == page)
    (problem,) = missing_needs(section, score(small(**tables), the_pack("automotive")))
    assert isinstance(problem, Problem)
    assert problem.text() == said
    assert problem.text("zh") != said


def test_pages_of_a_small_business_are_drawn(tmp_path):
    """One customer, an edition without visitors, no cost, a questionnaire nobody answered, no contact with a phase."""
    tables = small(
        wants={"customer_id": ["a", "b"], "edition": ["1", "1"], "side": ["exhibitor", "visitor"], "categories": ["x", "y"]},
        questions={"question": ["q"], "weight": [1.0], "allowed": ["no;yes"]},
        answers={"opportunity": ["o"], "question": ["q"], "answer": pa.array([None], pa.string())},
        segments={"segment": ["s"], "customers": [0.0], "uplift": [1.0], "margin": [0.5], "crm_cost": [0.0]},
        goals={"goal": ["x"], "weight": [1.0]},
        interactions={"customer_id": ["a"], "date": [datetime(2026, 1, 1)], "channel": ["web"]},
    )  # fmt: skip
    tables["customers"] = pa.table({"customer_id": ["a", "b"], "side": ["exhibitor", "visitor"]})
    tables["transactions"] = tables["transactions"].append_column("edition", pa.array(["1"]))
    for pack, pages in PAGES.items():
        path = write_report(score(tables, the_pack(pack)), tmp_path / f"{pack}.xlsx")
        sheets = openpyxl.load_workbook(path).sheetnames
        assert {label(f"page_{page}", "en") for page in pages} <= set(sheets)
    texts = openpyxl.load_workbook(tmp_path / "automotive.xlsx")["Potential"]
    assert say("No segment brings more than its CRM cost.", "en") in {
        cell for row in texts.iter_rows(values_only=True) for cell in row
    }
