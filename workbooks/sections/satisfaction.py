"""Satisfaction: by department, quarter, month and set of questions; relationship; complaints and praise (`spec/systems.md` H)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from tierbook import periods
from workbooks import charts
from workbooks import style as look
from workbooks.page import Block, Column, Page, Section
from workbooks.rows import keyed, records, share_of

if TYPE_CHECKING:
    from tierbook.run import Run

_FIRST, _OTHER, _OTHERS = 240, 130, 7
_LAST = 1 + _OTHERS
_CHART_ROWS = 15
MOST_QUARTERS, MOST_MONTHS = 4, 24

Answers = list[dict[str, Any]]


def draw(page: Page, run: Run) -> None:
    """Departments by quarter, the chart and table of months, questions by set, relationship, what people say."""
    page.columns([20, _FIRST] + [_OTHER] * _OTHERS)
    row = page.header(_LAST)
    answers = records(run.table("survey_answers"))
    chart_at, row = row, row + _CHART_ROWS
    row = _draw_departments(page, row, answers)
    row, block = _draw_months(page, row, answers)
    _draw_chart(page, chart_at, block)
    row = _draw_sets(page, row, answers)
    if run.pack.relation:
        row = _draw_relation(page, row)
    row = _draw_voices(page, row)
    page.prints(row, _LAST)


def _mean(rows: Iterable[dict[str, Any]]) -> float | None:
    own = list(rows)
    return share_of(sum(one["points"] for one in own), sum(one["answers"] for one in own))


def _count(rows: Iterable[dict[str, Any]]) -> int:
    return sum(one["answers"] for one in rows)


def _quarter(rows: Answers) -> list[int]:
    days = np.array([one["month"] for one in rows], dtype="datetime64[D]")
    return periods.period_number(days, period="quarter").tolist()


def _draw_departments(page: Page, row: int, answers: Answers) -> int:
    of_quarter = _quarter(answers)
    quarters = sorted(set(of_quarter))[-MOST_QUARTERS:]
    names = periods.period_name(quarters, period="quarter").tolist()
    groups: dict[str | None, list[tuple[int, dict[str, Any]]]] = defaultdict(list)
    for number, one in zip(of_quarter, answers, strict=True):
        groups[one["department"]].append((number, one))

    def figures(own: list[tuple[int, dict[str, Any]]]) -> list[Any]:
        by_quarter = [_mean(one for number, one in own if number == quarter) for quarter in quarters]
        return [_count(one for _, one in own), _mean(one for _, one in own), *by_quarter]

    everyone = [pair for own in groups.values() for pair in own]
    ordered = sorted(groups.items(), key=lambda one: (one[0] is None, one[0] or ""))
    top = row
    row = page.heading(
        row, 1, page.label("satisfaction_by_department"),
        page.say("Mean of score ÷ scale × 100 over the answers; the recommendation question is left out."),
    )  # fmt: skip
    block = page.table(
        row, 1,
        [Column(page.label("department"), "text", ("bold",)), Column(page.label("answers"), "count"),
         Column(page.label("satisfaction"), "tenths"), *(Column(name, "tenths") for name in names)],
        [[name or page.label("not_given"), *figures(own)] for name, own in ordered],
        [page.label("total"), *figures(everyone)],
    )  # fmt: skip
    page.bars(block, 2)
    page.keep(top, block.after)
    return block.after + 2


def _draw_months(page: Page, row: int, answers: Answers) -> tuple[int, Block]:
    groups: dict[Any, Answers] = defaultdict(list)
    for one in answers:
        groups[one["month"]].append(one)
    months = sorted(groups)[-MOST_MONTHS:]
    means = [_mean(groups[month]) for month in months]
    before = [None, *means[:-1]]
    top = row
    row = page.heading(row, 1, page.label("satisfaction_by_month"))
    block = page.table(
        row, 1,
        [Column(page.label("month"), "text", ("bold",)), Column(page.label("satisfaction"), "tenths"),
         Column(page.label("points_more"), "tenths"), Column(page.label("answers"), "count")],
        [
            [month.isoformat()[:7], mean, None if mean is None or last is None else mean - last, _count(groups[month])]
            for month, mean, last in zip(months, means, before, strict=True)
        ],
    )  # fmt: skip
    page.keep(top, block.after)
    return block.after + 2, block


def _draw_chart(page: Page, row: int, block: Block) -> None:
    title = page.say("Satisfaction by month")
    made = charts.chart(page, "line", title=title)
    made.add_series({
        "name": block.heading(1), "categories": block.column(0), "values": block.column(1),
        "line": {"color": look.ACCENT, "width": 2.5}, "marker": {"type": "circle", "size": 6, **charts.filled(look.ACCENT)},
    })  # fmt: skip
    made.set_x_axis(charts.category_axis(page))
    made.set_y_axis(charts.value_axis(page, "score", min=0, max=100))
    page.place(made, row, 1, _FIRST + _OTHER * _OTHERS, _CHART_ROWS * look.ROW_PIXELS - 10, title)


def _draw_sets(page: Page, row: int, answers: Answers) -> int:
    groups: dict[tuple[str, str], Answers] = defaultdict(list)
    for one in answers:
        groups[one["set"] or "", one["item"]].append(one)
    order = list(page.run.pack.survey.sets) if page.run.pack.survey else []
    places = {name: at for at, name in enumerate(order)}
    ordered = sorted(groups, key=lambda key: (key[0] == "", places.get(key[0], len(places)), key))
    by_set: dict[str, Answers] = defaultdict(list)
    for (name, _), own in groups.items():
        by_set[name] += own
    seen: set[str] = set()
    listed = []
    for name, item in ordered:
        first = name not in seen
        seen.add(name)
        word = page.word(name, "no_set") if name in page.run.pack.words or not name else name
        own = groups[name, item]
        listed.append(
            [word if first else "", _mean(by_set[name]) if first else None, item, _mean(own), _count(own)]
        )
    row = page.heading(row, 1, page.label("satisfaction_by_set"))
    block = page.table(
        row, 1,
        [Column(page.label("question_set"), "text", ("bold",)), Column(page.label("satisfaction_of_set"), "tenths"),
         Column(page.label("survey_item"), "text"), Column(page.label("satisfaction"), "tenths"), Column(page.label("answers"), "count")],
        listed,
    )  # fmt: skip
    page.bars(block, 3)
    return block.after + 2


def _draw_relation(page: Page, row: int) -> int:
    found: dict[str | None, int] = defaultdict(int)
    for level in page.run.customers["relation"].to_pylist():
        found[level] += 1
    names = [level.name for level in page.run.pack.relation if level.name]
    rows = keyed([{"relation": name, "customers": count} for name, count in found.items()], "relation", names)
    asked = sum(one["customers"] for one in rows if one["relation"] is not None)
    top = row
    row = page.heading(
        row, 1, page.label("relation"), page.say("From the latest survey of each person; shares are of those who were asked."),
    )  # fmt: skip
    block = page.table(
        row, 1,
        [Column(page.label("relation"), "text", ("bold",)), Column(page.label("customers"), "count"), Column(page.label("share"), "share")],
        [
            [page.word(one["relation"], "not_asked"), one["customers"], share_of(one["customers"], asked) if one["relation"] else None]
            for one in rows
        ],
        [page.label("total"), page.run.population, None],
    )  # fmt: skip
    page.bars(block, 2)
    page.keep(top, block.after)
    return block.after + 2


def _draw_voices(page: Page, row: int) -> int:
    found = records(page.run.table("voices"))
    if not found:
        return row
    names = ("complaints", "open_complaints", "praises", "suggestions")
    top = row
    row = page.heading(
        row, 1, page.label("voices"), page.say("In the last {days} days.", days=page.run.window_days)
    )
    block = page.table(
        row, 1,
        [Column(page.label("department"), "text", ("bold",)), *(Column(page.label(name), "count") for name in names)],
        [[one["department"] or page.label("not_given"), *(one[name] for name in names)] for one in keyed(found, "department", [])],
        [page.label("total"), *(sum(one[name] for one in found) for name in names)],
    )  # fmt: skip
    page.heat(block.first, block.left + 1, block.last, block.left + len(names))
    page.keep(top, block.after)
    return block.after + 2


def _lacks(run: Run) -> Any:
    from tierbook.quality import Problem

    if run.table("survey_answers").num_rows:
        return None
    return Problem("note", "The surveys hold no answer on a scale up to the as-of date.")


SECTION = Section("satisfaction", ("surveys",), draw, order=76, lacks=_lacks)
