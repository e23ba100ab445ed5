"""Parts that more than one page draws: a matrix of movements, the pack's thresholds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from tierbook.language import labels
from workbooks.page import Column, Page


def draw_moves(
    page: Page, row: int, title: str, moves: Sequence[Mapping[str, Any]], order: Sequence[str], missing: str
) -> int:
    """Customers by where they stood one window ago (rows) and where they stand now (columns), shaded.

    Parameters
    ----------
    moves : sequence of records
        `before`, `now`, `customers`; `before` is missing for who was not there.
    order : sequence of str
        Names of the pack in the order of rows and columns.
    missing : str
        Label of who has no such name now.

    Returns
    -------
    int
        The first row below.
    """
    earlier, now = page.run.as_of - timedelta(days=page.run.window_days), page.run.as_of
    note = page.say(
        "Rows: {earlier}. Columns: {now}. Who stayed is on the diagonal.",
        earlier=page.date(earlier),
        now=page.date(now),
    )
    row = page.heading(row, 1, title, note)
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


def draw_thresholds(page: Page, row: int, last: int) -> int:
    """The numbers a manager may move: name, number used, unit, reason; returns the first row below."""
    used = page.run.pack.profiles[page.run.profile].thresholds
    block = page.table(
        row, 1,
        [
            Column(page.label("threshold"), "text", ("bold",)), Column(page.label("number"), "plain"),
            Column(page.label("unit")), Column(page.label("because")),
        ],
        [[page.word(name), used[name], _unit(page, one.unit), one.because] for name, one in page.run.pack.thresholds.items()],
    )  # fmt: skip
    page.extend(block, 5, last)
    return block.after + 1


def _unit(page: Page, unit: str) -> str:
    """A unit we have no word for is shown as the pack writes it."""
    return page.label(f"unit_{unit}") if f"unit_{unit}" in labels() else unit
