"""Leads: the funnel of each track, what wins, how long it takes, whom to see next, and who receives without sending."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

from tierbook.pipeline import Pipeline, pipeline
from tierbook.quality import Problem
from tierbook.receivers import receivers
from workbooks import charts
from workbooks import style as look
from workbooks.page import Block, Column, Page, Section
from workbooks.rows import names_of, records, share_of

if TYPE_CHECKING:
    from tierbook.run import Run

_FIRST, _OTHER, _OTHERS = 240, 108, 9
_LAST = 1 + _OTHERS
_CHART_COLUMN, _CHART_ROWS = 6, 9
MOST_OPEN, MOST_COMBINED, MOST_RECEIVERS = 100, 12, 25
_DIMENSIONS = ("region", "industry", "channel", "visits")


def draw(page: Page, run: Run) -> None:
    """Sentences, funnels with their charts, success rates, stays, open leads, receivers."""
    found = pipeline(run)
    page.columns([20, _FIRST] + [_OTHER] * _OTHERS)
    row = page.header(_LAST)
    row = _draw_sentences(page, row, found)
    row = _draw_funnels(page, row, found)
    row = _draw_success(page, row, found)
    row = _draw_stays(page, row, found)
    row = _draw_open(page, row, found)
    if run.tables.get("transactions"):
        row = _draw_receivers(page, row + 1)
    page.prints(row, _LAST)


def _draw_sentences(page: Page, row: int, found: Pipeline) -> int:
    count, closed = len(found.table), int((~found.open).sum())
    won = int((found.won == 1).sum())
    cycle = found.cycle[~np.isnan(found.cycle)]
    known = sum(one is not None for one in found.customer.tolist())
    twice = int(found.repeated.sum())
    said = [
        page.say(
            "{all} leads: {open} open, {won} won and {lost} lost. Of {closed} closed ones {share} were won.",
            all=f"{count:,}", open=f"{count - closed:,}", won=f"{won:,}", lost=f"{closed - won:,}", closed=f"{closed:,}",
            share=page.share(won / closed) if closed else "–",
        ),
        page.say(
            "{twice} leads are in twice, {share} of all; {known} are customers already.",
            twice=f"{twice:,}", share=page.share(twice / count), known=f"{known:,}",
        ),
    ]  # fmt: skip
    if cycle.size:
        said.append(
            page.say(
                "From creation to closing a lead takes {days:.0f} days (median of {count}).",
                days=float(np.median(cycle)),
                count=f"{cycle.size:,}",
            )
        )
    for sentence in said:
        page.put(row, 1, sentence)
        row += 1
    return row + 1


def _draw_funnels(page: Page, row: int, found: Pipeline) -> int:
    for at, track in enumerate(page.run.pack.tracks):
        funnel, head = found.funnel(at), row
        title = page.say("Funnel of the track {track}", track=page.word(track.name).lower())
        row = page.heading(row, 1, title)
        names = [*(page.word(step.name) for step in track.steps), page.label("won")]
        rows = [
            [name, int(funnel.reached[i]), int(funnel.here[i]), None if i == 0 else _number(funnel.conversion[i]),
             share_of(int(funnel.reached[i]), int(funnel.reached[0]))]
            for i, name in enumerate(names)
        ]  # fmt: skip
        block = page.table(
            row, 1,
            [Column(page.label("stage"), "text", ("bold",)), Column(page.label("leads_reached"), "count"), Column(page.label("leads_here"), "count"),
             Column(page.label("leads_conversion"), "share"), Column(page.label("leads_of_all"), "share")],
            rows,
        )  # fmt: skip
        page.bars(block, 1)
        row = max(block.after, head + _CHART_ROWS) + 1
        _draw_funnel_chart(page, head, row - 1, title, block)
    return row


def _draw_funnel_chart(page: Page, row: int, end: int, title: str, block: Block) -> None:
    """The funnel beside its table."""
    made = charts.chart(page, "bar", title=title)
    made.add_series({
        "name": block.heading(1), "categories": block.column(0), "values": block.column(1), "gap": 40,
        "data_labels": charts.labelled(page, "count"), **charts.filled(look.ACCENT),
    })  # fmt: skip
    made.set_y_axis(charts.category_axis(page, reverse=True))
    made.set_x_axis(charts.value_axis(page, visible=False, min=0, major_gridlines={"visible": False}))
    width = _OTHER * (_LAST + 1 - _CHART_COLUMN) - 16
    page.place(made, row, _CHART_COLUMN, width, (end - row) * look.ROW_PIXELS, title, shift=16)
    page.keep(row, end)


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _draw_success(page: Page, row: int, found: Pipeline) -> int:
    row = page.heading(row, 1, page.say("What wins"), page.say("Closed leads; every rate with its count."))
    cells: list[list[Any]] = []
    for name in _DIMENSIONS:
        one = found.success(name)
        for at in range(len(one.closed)):
            value = one.keys[name][at]
            shown = page.label("not_given") if value is None else str(value)
            cells.append(
                [page.label(name), shown, int(one.closed[at]), int(one.won[at]), float(one.rate[at])]
            )
    block = page.table(
        row, 1,
        [Column(page.label("dimension"), "text", ("bold",)), Column(page.label("group")), Column(page.label("leads_closed"), "count"),
         Column(page.label("won"), "count"), Column(page.label("leads_rate"), "share")],
        cells,
    )  # fmt: skip
    page.bars(block, 4)
    row = block.after + 1
    both = found.success(*_DIMENSIONS)
    shown_rows = min(len(both.closed), MOST_COMBINED)
    row = page.heading(
        row, 1, page.say("Region, industry, channel and visits together"),
        page.say("The {shown} largest of {all} combinations among closed leads.", shown=shown_rows, all=f"{len(both.closed):,}"),
    )  # fmt: skip
    block = page.table(
        row, 1,
        [*(Column(page.label(name), "text") for name in _DIMENSIONS), Column(page.label("leads_closed"), "count"),
         Column(page.label("won"), "count"), Column(page.label("leads_rate"), "share")],
        [[*(page.label("not_given") if both.keys[name][at] is None else str(both.keys[name][at]) for name in _DIMENSIONS),
          int(both.closed[at]), int(both.won[at]), float(both.rate[at])] for at in range(shown_rows)],
    )  # fmt: skip
    return max(block.after, row + 1) + 1


def _draw_stays(page: Page, row: int, found: Pipeline) -> int:
    stays = found.stays
    if not len(stays.stage):
        return row
    row = page.heading(
        row, 1, page.say("How long leads stay at a stage"),
        page.say("From the history of stages; those who still stand there are counted up to the day of the report."),
    )  # fmt: skip
    days: dict[str, list[float]] = defaultdict(list)
    left: dict[str, int] = defaultdict(int)
    for stage, spent, finished in zip(
        stays.stage.tolist(), stays.days.tolist(), stays.finished.tolist(), strict=True
    ):
        days[stage].append(spent)
        left[stage] += int(finished)
    steps = {step.name: step for track in page.run.pack.tracks for step in track.steps}
    order = [*(name for name in steps if name in days), *sorted(name for name in days if name not in steps)]
    page_rows = [
        [page.word(name), len(days[name]), left[name], float(np.median(days[name])), max(days[name]), steps[name].within_days if name in steps else None]
        for name in order
    ]  # fmt: skip
    block = page.table(
        row, 1,
        [Column(page.label("stage"), "text", ("bold",)), Column(page.label("leads_came"), "count"), Column(page.label("leads_left"), "count"),
         Column(page.label("median_days"), "count"), Column(page.label("longest_days"), "count"), Column(page.label("within_days"), "count")],
        page_rows,
    )  # fmt: skip
    page.bars(block, 3)
    return block.after + 1


def _draw_open(page: Page, row: int, found: Pipeline) -> int:
    run = page.run
    hidden = run.unmasked is not None
    columns = {
        name: found.column(name) for name in ("lead_id", "name", "owner", "stage", "expected_monthly_amount")
    }
    open_ = np.flatnonzero(found.open & ~found.repeated)
    late = np.nan_to_num(found.days_late[open_], nan=-1)
    order = open_[np.lexsort((open_, -np.nan_to_num(columns["expected_monthly_amount"][open_]), -late))]
    shown = order[:MOST_OPEN].tolist()
    row = page.heading(
        row, 1, page.say("Open leads"),
        page.say("{shown} of {all}, the latest first, then by expected amount; leads that are in twice are shown once.", shown=len(shown), all=f"{len(order):,}"),
    )  # fmt: skip
    rows = []
    for at in shown:
        track, step = int(found.track[at]), int(found.step[at])
        steps = run.pack.tracks[track].steps if track >= 0 else ()
        stage = page.word(steps[step].name) if step >= 0 else columns["stage"][at]
        following = page.word(steps[step + 1].name) if step + 1 < len(steps) else None
        mark = page.label("lead_done") if found.done[at] else None
        name = (
            columns["lead_id"][at]
            if hidden and "name" in run.pack.masked
            else columns["name"][at] or columns["lead_id"][at]
        )
        rows.append([
            name, columns["owner"][at], _number(columns["expected_monthly_amount"][at]), stage, _number(found.age[at]), _number(found.days_late[at]),
            page.say("{step} ({mark})", step=following, mark=mark) if mark and following else following, found.nearest.branch[at], _number(found.nearest.kilometres[at]),
            found.customer[at] or _number(found.likeness[at]),
        ])  # fmt: skip
    block = page.table(
        row, 1,
        [Column(page.label("lead"), "text", ("bold",)), Column(page.label("owner")), Column(page.label("expected_monthly_amount"), "money"),
         Column(page.label("stage")), Column(page.label("stage_age"), "count"), Column(page.label("days_late"), "count"), Column(page.label("next_step")),
         Column(page.label("nearest_branch")), Column(page.label("kilometres"), "count"), Column(page.label("likeness_or_customer"), "score")],
        rows, head_pixels=48,
    )  # fmt: skip
    page.bars(block, 2)
    return max(block.after, row + 1)


def _draw_receivers(page: Page, row: int) -> int:
    run = page.run
    # Of a large source only what went to who never sends comes to Python.
    until = f"CAST(date AS DATE) <= DATE '{run.as_of.isoformat()}'"
    senders = f"SELECT customer_id FROM tierbook_transactions WHERE customer_id IS NOT NULL AND {until}"
    sent = run.engine.sql(
        "SELECT customer_id, counterparty_id, date, amount, transaction_id FROM tierbook_transactions "
        f"WHERE counterparty_id IS NOT NULL AND counterparty_id NOT IN ({senders}) AND {until}"
    )
    found = receivers(sent, as_of=run.as_of)
    if not len(found):
        return row
    row = page.heading(
        row, 1, page.say("Who receives and does not send"),
        page.say("{shown} of {all}, most often first, then by value.", shown=min(len(found), MOST_RECEIVERS), all=f"{len(found):,}"),
    )  # fmt: skip
    rows = records(found.slice(0, MOST_RECEIVERS))
    names = names_of(run, [one["customer_id"] for one in rows])
    block = page.table(
        row, 1,
        [Column(page.label("customer"), "text", ("bold",)), Column(page.label("customer_id")), Column(page.label("received_orders"), "count"),
         Column(page.label("received_amount"), "money"), Column(page.label("senders"), "count"), Column(page.label("last_received"), "date")],
        [[names.get(one["customer_id"]) or one["customer_id"], one["customer_id"], one["received_orders"], one["received_amount"], one["senders"], one["last_received"]]
         for one in rows],
    )  # fmt: skip
    page.bars(block, 2)
    return block.after


def _lacks(run: Run) -> Problem | None:
    if not run.pack.tracks:
        return Problem("note", "Appears when the rules say which steps leads take.")
    return None


SECTION = Section("leads", ("leads",), draw, order=82, lacks=_lacks)
