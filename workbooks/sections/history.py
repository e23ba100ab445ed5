"""Over time: the same rules at earlier days a window apart, and what earlier runs said on their own days."""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum
from typing import TYPE_CHECKING, Any

import numpy as np

from tierbook.arrow import arrays
from tierbook.quality import Problem
from workbooks import charts
from workbooks import style as look
from workbooks.page import Block, Column, Page, Section
from workbooks.rows import churn_names, in_course, records, share_of, tier_names

if TYPE_CHECKING:
    from tierbook.run import Run, Snapshot

_FIRST, _OTHER, _OTHERS = 120, 118, 8
_LAST = 1 + _OTHERS
_HALF = (_FIRST + _OTHER * _OTHERS - 16) // 2
_CHART_ROWS = 15


def draw(page: Page, run: Run) -> None:
    """Headline figures, tiers, stages and churn levels by day; then the runs that were kept."""
    page.columns([20, _FIRST] + [_OTHER] * _OTHERS)
    row = page.header(_LAST)
    row, figures = _draw_figures(page, row)
    top = row
    row = _place_pair(page, row, _revenue(page, figures), _at_risk(page, figures))
    page.keep(top, row - 1)
    for what, order, draw_chart in (
        ("tier", tier_names(run), _stacked_counts),
        ("stage", in_course([level.name for level in run.pack.stages if level.name]), _stacked_shares),
        ("churn_level", churn_names(run), _stacked_shares),
    ):
        row = _draw_counts(page, row, what, order, draw_chart)
    if run.earlier:
        row = _draw_kept(page, row)
    page.prints(row, _LAST)


def _draw_figures(page: Page, row: int) -> tuple[int, Block]:
    days = [(one.as_of, records(one.tables["totals"])[0]) for one in page.run.history]
    row = page.heading(
        row, 1, page.label("over_time"),
        page.say(
            "The rules of today at {count} days, {days} days apart; customers as they were then, with their own columns of today.",
            count=len(days), days=page.run.window_days,
        ),
    )  # fmt: skip
    block = page.table(
        row, 1,
        [
            Column(page.label("as_of"), "date", ("bold",)),
            *(Column(page.label(name), "count") for name in ("customers", "active", "new_in_window")),
            Column(page.label("revenue_recent"), "money"), Column(page.label("value"), "money"), Column(page.label("mean_value"), "money"),
            Column(page.label("at_risk_short"), "count"), Column(page.label("share_at_risk"), "share"),
        ],
        [
            [day, one["customers"], one["active"], one["new_customers"], one["revenue_recent"], one["value"],
             share_of(one["value"], one["valued"]), one["flagged"], _share_at_risk(one)]
            for day, one in days
        ],
    )  # fmt: skip
    return block.after + 1, block


def _place_pair(page: Page, row: int, left: tuple[Any, str], right: tuple[Any, str]) -> int:
    height = _CHART_ROWS * look.ROW_PIXELS - 10
    page.place(left[0], row, 1, _HALF, height, left[1])
    page.place(right[0], row, 1, _HALF, height, right[1], shift=_HALF + 16)
    return row + _CHART_ROWS


def _revenue(page: Page, block: Block) -> tuple[Any, str]:
    """Columns from 0; a window of refunds alone hangs from there."""
    least = min(records(one.tables["totals"])[0]["revenue_recent"] for one in page.run.history)
    title = page.say("Revenue of each window")
    made = charts.chart(page, "column", title=title)
    made.add_series({
        "name": block.heading(4), "categories": block.column(0), "values": block.column(4), "gap": 55,
        "data_labels": charts.labelled(page, "axis"), **charts.filled(look.ACCENT),
    })  # fmt: skip
    made.set_x_axis(_days(page))
    bounds: dict[str, Any] = {} if least < 0 else {"min": 0}
    made.set_y_axis(charts.value_axis(page, visible=False, major_gridlines={"visible": False}, **bounds))
    return made, title


def _at_risk(page: Page, block: Block) -> tuple[Any, str]:
    title = page.say("Share of customers at risk")
    made = charts.chart(page, "line", title=title)
    made.add_series({
        "name": block.heading(8), "categories": block.column(0), "values": block.column(8),
        "line": {"color": look.ALERT, "width": 2.25},
        "marker": {"type": "circle", "size": 5, "fill": {"color": look.ALERT}, "border": {"color": look.WHITE}},
        "data_labels": charts.labelled(page, "share0") | {"position": "above"},
    })  # fmt: skip
    made.set_x_axis(_days(page))
    most = max(_share_at_risk(records(one.tables["totals"])[0]) or 0.0 for one in page.run.history)
    made.set_y_axis(charts.value_axis(page, "share0", min=0, **charts.whole(most)))
    return made, title


def _share_at_risk(totals: dict[str, Any]) -> float | None:
    return share_of(totals["flagged"], totals["customers"])


def _days(page: Page) -> dict[str, Any]:
    return charts.category_axis(page, text_axis=True, num_format="yyyy-mm", line={"color": look.LINE})


def _draw_counts(page: Page, row: int, what: str, order: Sequence[str], draw_chart: Any) -> int:
    """Customers by tier, stage or churn level on each day, as a table and a chart; nothing where the pack has none."""
    if not order:
        return row
    days = []
    for one in page.run.history:
        rows = records(one.tables[f"{what}s"])
        days.append((one.as_of, {each[what]: each["customers"] for each in rows}))
    seen = {name for _, counts in days for name in counts}
    names: list[str | None] = [*order, *sorted(name for name in seen - set(order) if name is not None)]
    names += [None] if None in seen else []
    top = row
    row = page.heading(row, 1, page.label(f"over_time_{what}"))
    block = page.table(
        row, 1,
        [
            Column(page.label("as_of"), "date", ("bold",)),
            *(Column(page.word(name, f"no_{what}" if what != "churn_level" else "no_entry"), "count") for name in names),
            Column(page.label("total"), "count"),
        ],
        [[day, *(counts.get(name, 0) for name in names), sum(counts.values())] for day, counts in days],
    )  # fmt: skip
    row = block.after + 1
    title = page.label(f"over_time_{what}")
    made = draw_chart(page, block, len(names), what == "churn_level", title)
    page.place(made, row, 1, 2 * _HALF + 16, _CHART_ROWS * look.ROW_PIXELS - 10, title)
    page.keep(top, row + _CHART_ROWS - 1)
    return row + _CHART_ROWS


def _stacked_counts(page: Page, block: Block, count: int, alarming: bool, title: str) -> Any:
    return _stacked(page, block, count, alarming, title, "stacked", "count")


def _stacked_shares(page: Page, block: Block, count: int, alarming: bool, title: str) -> Any:
    return _stacked(page, block, count, alarming, title, "percent_stacked", "share0")


def _stacked(
    page: Page, block: Block, count: int, alarming: bool, title: str, subtype: str, number: str
) -> Any:
    made = charts.chart(page, "column", subtype, title=title, legend=True)
    colours = look.alert_shades(count) if alarming else look.shades(count)
    for position, colour in enumerate(colours, 1):
        made.add_series({
            "name": block.heading(position), "categories": block.column(0), "values": block.column(position), "gap": 55,
            **charts.filled(colour),
        })  # fmt: skip
    made.set_x_axis(_days(page))
    made.set_y_axis(charts.value_axis(page, number))
    return made


def _draw_kept(page: Page, row: int) -> int:
    """What the runs that were kept said, by the rules they had; the row of this run last."""
    names, top = tier_names(page.run)[: _OTHERS - 5], row
    said = [_said(one, page.run, names) for one in page.run.earlier]
    row = page.heading(
        row, 1, page.label("kept_runs"),
        page.say("What each run said on its day, by the rules of then; the figures above are by the rules of today."),
    )  # fmt: skip
    block = page.table(
        row, 1,
        [
            Column(page.label("as_of"), "date", ("bold",)), Column(page.label("rule_version")), Column(page.label("customers"), "count"),
            *(Column(page.word(name), "count") for name in names),
            Column(page.label("value"), "money"), Column(page.label("at_risk_short"), "count"), Column(page.label("share_at_risk"), "share"),
        ],
        said,
    )  # fmt: skip
    page.keep(top, block.last)
    return block.after + 1


def _said(snapshot: Snapshot, run: Run, names: Sequence[str]) -> list[Any]:
    customers = snapshot.customers
    tiers = customers["tier"].to_numpy().astype(str)
    level = customers["churn_level"].to_numpy().astype(str)
    flagged = int(np.isin(level, sorted(run.pack.churn.flagged)).sum()) if run.pack.churn else 0
    value = arrays(customers.select(["value"]))["value"]
    counts = [int((tiers == name).sum()) for name in names]
    return [
        snapshot.as_of, snapshot.version, customers.num_rows, *counts, fsum(value[~np.isnan(value)].tolist()), flagged,
        share_of(flagged, customers.num_rows),
    ]  # fmt: skip


def _not_asked(run: Run) -> Problem | None:
    return None if run.history else Problem("note", "Appears when asked for: `--history 12`")


SECTION = Section("history", ("transactions",), draw, order=57, lacks=_not_asked)
