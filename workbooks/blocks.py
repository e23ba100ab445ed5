"""Parts that more than one page draws: a matrix of movements, the pack's thresholds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from tierbook.language import labels
from workbooks.page import Column, Page
from workbooks.rows import records


def draw_moves(page: Page, row: int, name: str, order: Sequence[str], missing: str) -> int:
    """Customers by where they stood (rows) and where they stand now (columns), shaded.

    One matrix against one window ago; below it one against the last run, where that was kept.

    Parameters
    ----------
    name : str
        The aggregate, and the label of the matrix: `tier_moves` or `stage_moves`.
    order : sequence of str
        Names of the pack in the order of rows and columns.
    missing : str
        Label of who has no such name now.

    Returns
    -------
    int
        The first row below.
    """
    run = page.run
    row = _draw_matrix(page, row, name, order, missing, run.as_of - timedelta(days=run.window_days))
    if run.last:
        row = _draw_matrix(page, row, f"{name}_since_last", order, missing, run.last.as_of)
    return row


def _draw_matrix(page: Page, row: int, name: str, order: Sequence[str], missing: str, earlier: date) -> int:
    note = page.say(
        "Rows: {earlier}. Columns: {now}. Who stayed is on the diagonal.",
        earlier=page.date(earlier),
        now=page.date(page.run.as_of),
    )
    row = page.heading(row, 1, page.label(name), note)
    moves: Sequence[Mapping[str, Any]] = records(page.run.table(name))
    counts = {(move["before"], move["now"]): move["customers"] for move in moves}
    known = {name for pair in counts for name in pair if name is not None}
    names: list[str | None] = [*order, *sorted(known - set(order))]
    if any(now is None for _, now in counts):
        names.append(None)
    befores = names if None in names else [*names, None]
    block = page.table(
        row, 1,
        [
            Column(page.label("from_to"), "text", ("bold",)),
            *(Column(page.word(name, missing), "count") for name in names), Column(page.label("total"), "count"),
        ],
        [
            [page.word(before, "new_customers"), *(counts.get((before, now), 0) for now in names),
             sum(counts.get((before, now), 0) for now in names)]
            for before in befores
        ],
        [page.label("total"), *(sum(counts.get((before, now), 0) for before in befores) for now in names), sum(counts.values())],
    )  # fmt: skip
    page.heat(block.first, block.left + 1, block.last, block.left + len(names))
    return block.after + 2


def stage_column(page: Page) -> tuple[Column, Callable[[Mapping[str, Any]], Any]]:
    """A column of a list of customers: their stage, or their orders where the rules know no stages."""
    if page.run.pack.stages:
        return Column(page.label("stage")), lambda one: page.word(one["stage"], "no_stage")
    return Column(page.label("orders"), "count"), lambda one: one["orders"]


def tier_column(page: Page) -> tuple[Column, Callable[[Mapping[str, Any]], Any]]:
    """A column of a list of customers: their tier, or their number where the rules know no tiers."""
    if page.run.pack.tiers:
        return Column(page.label("tier")), lambda one: page.word(one["tier"], "no_tier")
    return Column(page.label("customer_id")), lambda one: one["customer_id"]


def draw_thresholds(page: Page, row: int, last: int) -> int:
    """The numbers a manager may move: name, number used, unit, reason; returns the first row below."""
    used = page.run.pack.profiles[page.run.profile].thresholds
    block = page.table(
        row, 1,
        [
            Column(page.label("threshold"), "text", ("bold",)), Column(page.label("number"), "plain"),
            Column(page.label("unit")), Column(page.label("because")),
        ],
        [[page.word(name), used[name], unit_words(page, one.unit), page.because(one.because)]
         for name, one in page.run.pack.thresholds.items()],
    )  # fmt: skip
    for at, (name, one) in enumerate(page.run.pack.thresholds.items(), block.first):
        page.put(at, 2, used[name], "line", "cell", figure_kind(used[name], one.unit))
    page.extend(block, 5, last)
    return block.after + 1


def figure_kind(figure: float, unit: str = "") -> str:
    """How a figure of the rules is shown: shares and changes in per cent, long numbers with their thousands parted.

    >>> figure_kind(0.2, "share of customers"), figure_kind(100_000), figure_kind(2.5)
    ('share0', 'count', 'plain')
    """
    if unit.startswith(("share", "change")):
        return "share0" if round(figure * 100, 6) % 1 == 0 else "share"
    return "count" if abs(figure) >= 1000 and figure % 1 == 0 else "plain"


def unit_words(page: Page, unit: str) -> str:
    """A unit we have no word for is shown as the pack writes it."""
    return page.label(f"unit_{unit}") if f"unit_{unit}" in labels() else unit
