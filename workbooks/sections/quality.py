"""Data quality: what was set aside and why, by table and column, and every place with its value."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tierbook.language import labels, say, together
from workbooks import style as look
from workbooks.page import Block, Column, Page, Section
from workbooks.rows import share_of

if TYPE_CHECKING:
    from tierbook.quality import Problem
    from tierbook.run import Run

_WIDTHS = (150, 140, 130, 80, 150, 80, 150, 280)
_LAST = len(_WIDTHS)
# Reasons run over the last columns.
_REASONS_FROM, _PLACES_FROM = 6, 7
_LEVELS = ("error", "warning", "note")
MOST_LISTED = 1_000


def draw(page: Page, run: Run) -> None:
    """How much was set aside, by table; by column and reason; every place."""
    page.columns([20, *_WIDTHS])
    row = page.header(_LAST)
    row = _draw_tables(page, row)
    if not run.problems:
        page.put(row, 1, page.say("Nothing was set aside and nothing was doubtful."))
        page.prints(row, _LAST)
        return
    row = _draw_reasons(page, row)
    head, last = _draw_places(page, row)
    page.prints(last, _LAST, repeat=(head, head))


def _draw_tables(page: Page, row: int) -> int:
    problems, used = page.run.problems, page.run.tables
    names = list(used) + sorted({one.table for one in problems} - set(used))
    rows: list[list[Any]] = []
    for name in names:
        of_table = [one for one in problems if one.table == name]
        aside, kept = sum(one.set_aside for one in of_table), used.get(name)
        rows.append([
            _table(page, name), None if kept is None else kept + aside, kept, aside,
            share_of(aside, (kept or 0) + aside) or None, *(sum(one.level == level for one in of_table) for level in _LEVELS[1:]),
        ])  # fmt: skip
    sums = [sum(cells[at] or 0 for cells in rows) for at in range(1, 7)]
    aside, read = sums[2], sums[1] + sums[2]
    said = page.say(
        "{aside} of {all} rows were set aside; no page counts them.", aside=f"{aside:,}", all=f"{read:,}"
    )  # fmt: skip
    row = page.heading(row, 1, page.label("quality_tables"), said)
    block = page.table(
        row, 1,
        [
            Column(page.label("table"), "text", ("bold",)), Column(page.label("rows_read"), "count"),
            Column(page.label("rows_used"), "count"), Column(page.label("set_aside"), "count"),
            Column(page.label("share_set_aside"), "share"), *(Column(page.label(f"entries_{level}"), "count") for level in _LEVELS[1:]),
        ],
        rows,
        [page.label("total"), *sums[:3], share_of(aside, read), *sums[4:]],
    )  # fmt: skip
    page.bars(block, 4, look.ALERT_SOFT)
    return block.after + 2


def _draw_reasons(page: Page, row: int) -> int:
    groups: dict[tuple[str, str, str], list[Problem]] = {}
    for one in page.run.problems:
        groups.setdefault((one.table, one.heading, one.message), []).append(one)
    ordered = sorted(groups.values(), key=lambda group: -sum(one.set_aside for one in group))
    row = page.heading(
        row, 1, page.label("quality_reasons"),
        page.say("A row with several problems is counted at the first; what was only noticed sets no row aside."),
    )  # fmt: skip
    block = page.table(
        row, 1,
        [
            Column(page.label("table"), "text", ("bold",)), Column(page.label("column")), Column(page.label("level")),
            Column(page.label("entries"), "count"), Column(page.label("set_aside"), "count"), Column(page.label("reason")),
        ],
        [
            [_table(page, group[0].table), group[0].heading, page.label(f"level_{group[0].level}"), len(group),
             sum(one.set_aside for one in group) or None, None]
            for group in ordered
        ],
        [page.label("total"), None, None, len(page.run.problems), sum(one.set_aside for one in page.run.problems), None],
    )  # fmt: skip
    page.bars(block, 4, look.ALERT_SOFT)
    page.fill(block.after, _REASONS_FROM, _LAST, "total")
    _write_across(
        page, block, _REASONS_FROM, page.label("reason"), [_sentence(page, group) for group in ordered]
    )
    return block.after + 2


def _draw_places(page: Page, row: int) -> tuple[int, int]:
    problems = sorted(page.run.problems, key=lambda one: (one.set_aside == 0, _LEVELS.index(one.level)))
    shown = problems[:MOST_LISTED]
    if len(shown) < len(problems):
        note = page.say(
            "The first {shown} of {all}; `tierbook check` lists them all.",
            shown=f"{len(shown):,}", all=f"{len(problems):,}",
        )  # fmt: skip
    else:
        note = page.say("Rows that were set aside come first.")
    row = page.heading(row, 1, page.label("quality_places"), note)
    block = page.table(
        row, 1,
        [
            Column(page.label("table"), "text", ("bold",)), Column(page.label("sheet_or_file")), Column(page.label("column")),
            Column(page.label("cell_or_line")), Column(page.label("cell_value")), Column(page.label("set_aside"), "count"),
            Column(page.label("reason_and_fix")),
        ],
        [
            [_table(page, one.table), one.sheet or one.file, one.heading, _cell(page, one), _value(one),
             one.set_aside or None, None]
            for one in shown
        ],
    )  # fmt: skip
    _write_across(
        page, block, _PLACES_FROM, page.label("reason_and_fix"), [_with_fix(page, one) for one in shown]
    )
    return row, block.last


def _write_across(page: Page, block: Block, first: int, title: str, sentences: Sequence[str]) -> None:
    """Sentences over the last columns of a table, its rows as high as they need."""
    page.across(block.first - 1, first, _LAST, title, "head")
    width = sum(_WIDTHS[first - 1 :])
    for at, sentence in enumerate(sentences, block.first):
        page.across(at, first, _LAST, sentence, "line", "wrap", "indent")
        page.tall(at, look.line_count(sentence, width - 24, page.language))


def _table(page: Page, name: str) -> str:
    """A table as the reader knows it; a problem of the whole input belongs to none."""
    if not name:
        return page.label("whole_input")
    return page.label(f"table_{name}") if f"table_{name}" in labels() else name


def _cell(page: Page, problem: Problem) -> str:
    if problem.line is not None:
        return page.say("line {line}", line=problem.line)
    return problem.cell


def _value(problem: Problem) -> str:
    """The value that was found, without the quotation marks of a sentence."""
    value = problem.values.get("value", problem.values.get("text"))
    return "" if value is None else str(value).strip('"')


def _sentence(page: Page, group: Sequence[Problem]) -> str:
    """The reason of several problems in one sentence; what differs between them is left open."""
    first = group[0]
    if all(one.values == first.values for one in group):
        return say(first.message, page.language, **first.values)
    return re.sub(r"\{[^{}]*\}", "…", say(first.message, page.language))


def _with_fix(page: Page, problem: Problem) -> str:
    texts = (say(part, page.language, **problem.values) for part in (problem.message, problem.fix) if part)
    return together(texts, page.language)


SECTION = Section("quality", (), draw, order=890)
