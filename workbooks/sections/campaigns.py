"""Campaigns: what each brought, whether more answered than of those left alone, and whom the rules would address next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan
from typing import TYPE_CHECKING, Any

import numpy as np

from tierbook.campaigns import Indicators, indicators
from tierbook.quality import Problem
from workbooks import charts
from workbooks import style as look
from workbooks.page import Block, Column, Page, Section
from workbooks.rows import records, totals

if TYPE_CHECKING:
    from tierbook.run import Run

_FIRST, _OTHER, _OTHERS, _WORDS = 230, 104, 8, 400
_LAST = 2 + _OTHERS
_WIDE = _FIRST + _OTHER * _OTHERS + _WORDS
_CHART_ROWS = 11
MOST_DRAWN = 12


def draw(page: Page, run: Run) -> None:
    """Response and return, uplift against control with a chart, the target lists of the rules."""
    page.columns([20, _FIRST] + [_OTHER] * _OTHERS + [_WORDS])
    row = page.header(_LAST)
    found = records(run.table("campaigns"))
    if found:
        columns = ("customers", "responded", "revenue", "cost", "control", "control_responded")
        figures = indicators(
            *(np.array([np.nan if one[name] is None else one[name] for one in found]) for name in columns)
        )
        row = _draw_response(page, row, found, figures)
        row = _draw_uplift(page, row, found, figures)
    if run.pack.target_lists:
        row = _draw_lists(page, row)
    page.prints(row, _LAST)


def _draw_response(page: Page, row: int, found: Sequence[Mapping[str, Any]], figures: Indicators) -> int:
    row = page.heading(
        row, 1, page.label("campaign_response"),
        page.say("Customers addressed, each counted once; return is revenue less cost over cost. What they would have bought anyway is in the revenue."),
    )  # fmt: skip
    sums = totals(found, "customers", "responded", "revenue")
    known = [one["cost"] for one in found if one["cost"] is not None]
    whole = indicators(
        *([one] for one in (*sums.values(), sum(known) if len(known) == len(found) else np.nan, 0, 0))
    )
    block = page.table(
        row, 1,
        [Column(page.label("campaign"), "text", ("bold",)), Column(page.label("campaign_start"), "date"), Column(page.label("campaign_addressed"), "count"),
         Column(page.label("campaign_responded"), "count"), Column(page.label("response_rate"), "share"), Column(page.label("revenue"), "money"),
         Column(page.label("campaign_cost"), "money"), Column(page.label("cost_per_response"), "cents"), Column(page.label("campaign_roi"), "share")],
        [[_name(one), one["start_day"], *_answered(figures, at)] for at, one in enumerate(found)],
        [page.label("total"), None, *_answered(whole, 0)],
    )  # fmt: skip
    page.bars(block, 4)
    return block.after + 2


def _answered(figures: Indicators, at: int) -> list[float]:
    names = ("customers", "responded", "response_rate", "revenue", "cost", "cost_per_response", "roi")
    return [float(getattr(figures, name)[at]) for name in names]


def _draw_uplift(page: Page, row: int, found: Sequence[Mapping[str, Any]], figures: Indicators) -> int:
    row = page.heading(
        row, 1, page.label("campaign_uplift"),
        page.say("Response rate of those addressed less that of the control group, who were left alone; the limits hold the true difference 19 times in 20 (Newcombe)."),
    )  # fmt: skip
    block = page.table(
        row, 1,
        [Column(page.label("campaign"), "text", ("bold",)), Column(page.label("campaign_addressed"), "count"), Column(page.label("response_rate"), "share"),
         Column(page.label("control"), "count"), Column(page.label("control_responded"), "count"), Column(page.label("control_rate"), "share"),
         Column(page.label("uplift"), "share"), Column(page.label("uplift_low"), "share"), Column(page.label("uplift_high"), "share"),
         Column(page.label("what_it_means"))],
        [[_name(one), *(float(getattr(figures, name)[at]) for name in _SHOWN), _verdict(page, figures, at)] for at, one in enumerate(found)],
    )  # fmt: skip
    _draw_chart(page, block, row + len(found) + 2)
    return block.after + 1 + _CHART_ROWS


_SHOWN = (
    "customers",
    "response_rate",
    "control",
    "control_responded",
    "control_rate",
    "uplift",
    "uplift_low",
    "uplift_high",
)


def _verdict(page: Page, figures: Indicators, at: int) -> str:
    low, high = figures.uplift_low[at], figures.uplift_high[at]
    if not figures.customers[at]:
        return page.say("nobody is known to have been addressed")
    if isnan(low):
        return page.say("no control group, so nobody knows")
    if low > 0:
        return page.say("it moved customers: more than chance explains")
    if high < 0:
        return page.say("it put customers off: fewer than chance explains")
    return page.say("no difference that chance could not explain")


def _draw_chart(page: Page, block: Block, row: int) -> None:
    title = page.say("Response of those addressed and of the control group")
    drawn = Block(block.sheet, block.first, min(block.last, block.first + MOST_DRAWN - 1), block.left)
    made = charts.grouped(page, drawn, ((2, look.ACCENT), (5, look.ACCENT_SOFT)), title=title)
    page.place(made, row, 1, _WIDE, (_CHART_ROWS - 2) * look.ROW_PIXELS, title)


def _draw_lists(page: Page, row: int) -> int:
    """Whom each target list of the rules would address now; those who must not be are counted beside it."""
    listed = page.run.customers["target_lists"].to_numpy()
    spend = np.nan_to_num(page.run.customers["spend_per_month"].to_numpy().astype(float))
    page.keep(row, row + len(page.run.pack.target_lists) + 2)
    row = page.heading(
        row, 1, page.label("target_lists"),
        page.say("Only customers who may be written to are on a list; one customer may be on several. The action Target list writes them to a sheet."),
    )  # fmt: skip
    names = [one.split("; ") for one in listed.tolist()]
    rows = []
    for one in page.run.pack.target_lists:
        on = np.array([one.name in these for these in names], dtype=bool)
        rows.append([page.word(one.name), int(on.sum()), float(spend[on].sum()), page.because(one.because)])
    block = page.table(
        row, 1,
        [Column(page.label("target_list"), "text", ("bold",)), Column(page.label("customers"), "count"),
         Column(page.label("spend_per_month"), "money"), Column(page.label("because"))],
        rows,
    )  # fmt: skip
    page.extend(block, 5, _LAST)
    return block.after + 1


def _name(one: Mapping[str, Any]) -> str:
    return str(one["name"] or one["campaign_id"])


def _lacks(run: Run) -> Problem | None:
    if run.pack.target_lists or run.tables.get("campaigns") or run.tables.get("campaign_responses"):
        return None
    return Problem("note", "Appears when the input holds campaigns, or the rules define target_lists.")


SECTION = Section("campaigns", (), draw, order=84, lacks=_lacks)
