"""Supply and demand: categories shown against categories wanted, and whom to introduce to whom (`spec/systems.md` I)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tierbook.arrow import arrays
from tierbook.partners import MOST, Balance, Partners, balance, partners
from tierbook.quality import Problem
from workbooks import charts
from workbooks import style as look
from workbooks.page import Block, Column, Page, Section
from workbooks.rows import names_of, share_of

if TYPE_CHECKING:
    from tierbook.run import Run

_FIRST, _SECOND, _OTHER, _OTHERS = 190, 170, 96, 7
_LAST = 2 + _OTHERS
_WIDTH = _FIRST + _SECOND + _OTHER * _OTHERS
_CHART_ROWS = 13
MOST_CATEGORIES, MOST_EXHIBITORS, FEW = 30, 30, 3


def draw(page: Page, run: Run) -> None:
    """A chart and a table of the categories of the latest edition, then the best matches of its exhibitors."""
    page.columns([20, _FIRST, _SECOND] + [_OTHER] * _OTHERS)
    row = page.header(_LAST)
    edition, said = _latest(run)
    shows, wanting = (np.flatnonzero(said["side"] == side) for side in ("exhibitor", "visitor"))
    matched = partners(
        said["categories"][shows], said["categories"][wanting],
        ids=said["customer_id"][wanting].astype(str), value=said["value"][wanting], most=MOST,
    )  # fmt: skip
    served = len(np.unique(matched.exhibitor))
    page.put(
        row, 1,
        page.say(
            "{edition}: {exhibitors} exhibitors, {visitors} visitors; {matched} exhibitors meet at least one visitor who wants what they show.",
            edition=edition or page.label("not_given"), exhibitors=len(shows), visitors=len(wanting), matched=served,
        ),
    )  # fmt: skip
    charts_at = row + 2
    row = charts_at + _CHART_ROWS
    row, block = _draw_balance(
        page, row, balance(said["categories"][shows], said["categories"][wanting]), len(shows), len(wanting)
    )
    _draw_chart(page, charts_at, block)
    row = _draw_matches(page, row, said, shows, wanting, matched)
    page.prints(row, _LAST)


def _latest(run: Run) -> tuple[str | None, dict[str, NDArray]]:
    """What exhibitors show and visitors want at the latest edition; at all of them where they have no name."""
    said = arrays(run.table("wants"))
    came = run.table("participations").group_by("edition").aggregate([("date", "min")]).to_pylist()
    first = {one["edition"]: one["date_min"] for one in came}
    names = {one for one in said["edition"].tolist() if one is not None}
    if not names:
        return None, said
    latest = max(names, key=lambda name: (first.get(name) is not None, str(first.get(name) or ""), name))
    here = said["edition"] == latest
    return latest, {name: column[here] for name, column in said.items()}


def _draw_balance(page: Page, row: int, found: Balance, exhibitors: int, visitors: int) -> tuple[int, Block]:
    row = page.heading(
        row, 1, page.say("Categories shown and wanted"),
        page.say("Pressure is visitors per exhibitor: where it is high, exhibitors are missing; where it is low, visitors are."),
    )  # fmt: skip
    order = np.argsort(-found.wanting, kind="stable")[:MOST_CATEGORIES]
    block = page.table(
        row, 1,
        [
            Column(page.label("category"), "text", ("bold",)), Column(page.label("exhibitors"), "count"), Column(page.label("share_of_exhibitors"), "share"),
            Column(page.label("visitors"), "count"), Column(page.label("share_of_visitors"), "share"), Column(page.label("pressure"), "cents"),
        ],
        [
            [found.category[at], found.showing[at].item(), share_of(found.showing[at].item(), exhibitors), found.wanting[at].item(),
             share_of(found.wanting[at].item(), visitors), share_of(found.wanting[at].item(), found.showing[at].item())]
            for at in order.tolist()
        ],
    )  # fmt: skip
    page.bars(block, 5)
    if (more := len(found.category) - len(order)) > 0:
        page.put(block.after, 1, page.say("Others ({count})", count=more), "small")
    return block.after + 2, block


def _draw_chart(page: Page, row: int, block: Block) -> None:
    title = page.say("Share of exhibitors who show, and of visitors who want, a category")
    made = charts.grouped(page, block, ((2, look.ACCENT_SOFT), (4, look.ACCENT)), title=title)
    page.place(made, row, 1, _WIDTH, _CHART_ROWS * look.ROW_PIXELS - 10, title)


def _draw_matches(
    page: Page, row: int, said: dict[str, NDArray], shows: NDArray, wanting: NDArray, matched: Partners
) -> int:
    row = page.heading(
        row, 1, page.say("Whom to introduce"),
        page.say("The exhibitors of most value, and for each the {count} visitors with most common categories, then most value.", count=FEW),
    )  # fmt: skip
    value = np.nan_to_num(said["value"][shows], nan=-np.inf)
    order = np.lexsort((said["customer_id"][shows].astype(str), -value))[:MOST_EXHIBITORS]
    ids = said["customer_id"]
    names = names_of(
        page.run, [*ids[shows[order]].tolist(), *ids[wanting[np.unique(matched.visitor)]].tolist()]
    )
    lines: list[list[Any]] = []
    for exhibitor in order.tolist():
        places = np.flatnonzero(matched.exhibitor == exhibitor)[:FEW].tolist()
        who = _called(names, ids[shows[exhibitor]])
        categories = said["categories"][shows[exhibitor]] or ""
        for at in places:
            visitor = wanting[matched.visitor[at]]
            lines.append([
                who, categories, matched.rank[at].item(), _called(names, ids[visitor]), matched.common[at].item(),
                said["value"][visitor], said["categories"][visitor],
            ])  # fmt: skip
        if not places:
            lines.append([who, categories, None, page.say("nobody"), 0, None, ""])
    block = page.table(
        row, 1,
        [
            Column(page.label("exhibitor"), "text", ("bold",)), Column(page.label("shows")), Column(page.label("rank"), "count"),
            Column(page.label("visitor"), "text", ("bold",)), Column(page.label("common"), "count"), Column(page.label("value"), "money"),
            Column(page.label("wanted")),
        ],
        lines,
    )  # fmt: skip
    page.extend(block, 1 + 7, _LAST)
    return block.after + 1


def _called(names: Mapping[str | None, str | None], one: str) -> str:
    """A name with the number by which it is found; the number alone where there is none."""
    return f"{name} ({one})" if (name := names.get(one)) else one


def _lacks(run: Run) -> Problem | None:
    sides = set(run.table("wants")["side"].to_pylist())
    if not {"exhibitor", "visitor"} <= sides:
        return Problem(
            "note",
            "Supply meets demand where wants holds exhibitors and visitors.",
            table="wants",
            fix="Fill the column side.",
        )
    return None


SECTION = Section("supply_and_demand", ("wants", "wants.categories"), draw, order=271, lacks=_lacks)
