"""The first page: what is here with links, what the words mean, what is not here and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tierbook.mining.extra import INSTALL
from tierbook.quality import Problem
from tierbook.tables import TABLES
from workbooks.page import EXTRA, Page, Section

if TYPE_CHECKING:
    from tierbook.run import Run

_LAST = 3
# A row of what is not here. [pixels]
_SMALL = 17


def draw(page: Page, run: Run) -> None:
    """Title, list of pages, words used, pages that are absent."""
    page.columns([20, 230, 720, 200])
    row = page.header(_LAST, page.say("Customer value report"))
    row = page.heading(row, 1, page.label("contents_here"))
    for section, name in page.contents:
        if section.name == "contents":
            continue
        page.fill(row, 1, _LAST, "line")
        page.sheet.write_url(
            row, 1, f"internal:'{name}'!A1", page.style.of("link", "bold", "line", "indent"), name
        )
        page.put(row, 2, page.label(f"page_{section.name}_about"), "line")
        row += 1
    if words := _words(run):
        top = row + 1
        row = page.heading(top, 1, page.label("contents_words"))
        for name in words:
            page.fill(row, 1, _LAST, "line")
            page.put(row, 1, page.label(f"word_{name}"), "bold", "line", "indent")
            page.put(row, 2, page.say(_MEANING[name], days=run.window_days), "line")
            row += 1
        page.keep(top, row - 1)
    if page.absent:
        top = row + 1
        row = page.heading(top, 1, page.label("contents_absent"))
        for section, missing in page.absent:
            page.sheet.set_row_pixels(row, _SMALL)
            page.fill(row, 1, _LAST, "line")
            page.put(row, 1, page.label(f"page_{section.name}"), "line", "indent", "small")
            page.put(row, 2, _switch(page, missing), "line", "small")
            row += 1
        page.keep(top, row - 1)
    page.prints(row - 1, _LAST)


def _words(run: Run) -> list[str]:
    """The words that pages of this run use."""
    valued = run.customers["value"].null_count < run.customers.num_rows
    return [name for name in _MEANING if (valued if name == "value" else run.tables.get("transactions"))]


_MEANING = {
    "value": "The composite value of a customer, as the rules add it up from its parts; it ranks customers into tiers.",
    "revenue": "What customers paid, refunds taken off; all time, unless a window or twelve months are named.",
    "active": "At least one purchase in the window of {days} days that ends on the as-of date.",
    "at_risk": "Flagged for churn: the warning signs of the rules add up to a level that counts.",
    "revenue_at_risk": "What the customers at risk paid in the last twelve months.",
    "previous_window": "The same rules at the start of the window, {days} days earlier.",
    "classes": "A: the customers who bring the first 80% of revenue; B: up to 95%; C: the rest.",
}


def _switch(page: Page, absent: Sequence[str | Problem]) -> str:
    for problem in absent:
        if isinstance(problem, Problem):
            return problem.text(page.language)
    missing = [need for need in absent if isinstance(need, str)]
    tables = [
        page.label("list_or").join(page.label(f"table_{name}") for name in need.split("|"))
        for need in missing
        if all(name in TABLES for name in need.split("|"))
    ]
    if tables:
        return page.say(
            "Appears when the input holds: {tables}", tables=page.label("list_comma").join(tables)
        )
    if any(need.startswith(EXTRA) for need in missing):
        return page.say("Appears once this has been run: {line}", line=INSTALL)
    # Classes and scores are columns that rules make.
    ruled = [need for need in missing if need.startswith(("class.", "score."))]
    columns = [need for need in missing if ("|" in need or "." in need) and need not in ruled]
    if columns and not ruled:
        # Of many columns that would do, the first few are enough to name.
        names = [one.rpartition(".")[2] for need in columns for one in need.split("|")[:4]]
        return page.say(
            "Appears when the input has a column: {columns}",
            columns=page.label("list_or").join(page.label(name) for name in names),
        )
    rules = [
        page.label("list_or").join(page.label(one.rpartition(".")[2]) for one in need.split("|"))
        for need in missing
    ]
    return page.say("Appears when the rules define: {rules}", rules=page.label("list_comma").join(rules))


SECTION = Section("contents", (), draw, order=0)
