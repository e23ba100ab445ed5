"""Usage: volumes and fees by month, what meters report out of order, who has not reported (`spec/systems.md` G)."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

from tierbook import periods
from tierbook.aggregates.usage import ALERTS, last_whole_month
from workbooks import charts
from workbooks import style as look
from workbooks.page import Block, Column, Page, Section
from workbooks.rows import keyed, names_of, records, tier_names

if TYPE_CHECKING:
    from tierbook.run import Run

# The third and fourth column hold names of tiers and alerts in some tables.
_WIDTHS = (200, 118, 175, 150, 110, 110, 110, 110, 110)
_LAST = len(_WIDTHS)
_CHART_ROWS = 14
MOST_MONTHS, MOST_LISTED = 13, 30
_SHARES = ("over_load", "voltage_apart", "current_apart")


def draw(page: Page, run: Run) -> None:
    """The chart and tables of months, tiers and largest customers, then alerts, then ten-day volumes."""
    page.columns([20, *_WIDTHS])
    row = page.header(_LAST)
    chart_at, row = row, row + _CHART_ROWS
    found = records(run.table("usage_months"))
    block = None
    for measure in ("volume", "fee"):
        row, drawn = _draw_months(page, row, measure, [one for one in found if one["measure"] == measure])
        block = block or drawn
    if block:
        _draw_chart(page, chart_at, block)
    row = _draw_tiers(page, row, [one for one in found if one["measure"] == "volume"])
    row = _draw_customers(page, row)
    if run.pack.readings:
        row = _draw_alerts(page, row)
        row = _draw_ten_days(page, row) if run.pack.readings.ten_days else row
    page.prints(row, _LAST)


def _by_month(rows: list[dict[str, Any]]) -> periods.PeriodTable:
    return periods.period_table(
        np.array([one["month"] for one in rows], dtype="datetime64[D]"),
        np.array([one["value"] for one in rows], dtype=float),
    )


def _draw_months(page: Page, row: int, measure: str, rows: list[dict[str, Any]]) -> tuple[int, Block | None]:
    if not rows:
        return row, None
    found = _by_month(rows)
    customers: dict[str, int] = defaultdict(int)
    for one in rows:
        customers[one["month"].isoformat()[:7]] += one["customers"]
    names = periods.period_name(found.number, period="month").tolist()
    over = last_whole_month(page.run.as_of).isoformat()[:7]
    listed = [
        [
            name if name <= over else page.say("{month} (not over)", month=name),
            *(float(figure[at]) for figure in (found.value, found.mom, found.last_year, found.yoy, found.ytd, found.ytd_yoy)),
            customers.get(name),
        ]
        for at, name in enumerate(names)
    ]  # fmt: skip
    top = row
    row = page.heading(
        row, 1, page.label(f"usage_{measure}"),
        page.say("A month without a reading is blank, and so is the year so far from then on, in both years that are compared."),
    )  # fmt: skip
    block = page.table(
        row, 1,
        [
            Column(page.label("month"), "text", ("bold",)), Column(page.label(measure), "money"),
            Column(page.label("mom"), "change"), Column(page.label("last_year"), "money"), Column(page.label("yoy"), "change"),
            Column(page.label("ytd"), "money"), Column(page.label("ytd_yoy"), "change"), Column(page.label("customers"), "count"),
        ],
        listed[-MOST_MONTHS:],
    )  # fmt: skip
    page.bars(block, 1)
    page.keep(top, block.after)
    return block.after + 2, block


def _draw_chart(page: Page, row: int, block: Block) -> None:
    title = page.say("Volume by month, and in the same month of last year")
    made = charts.chart(page, "column", title=title, legend=True)
    for position, colour in ((3, look.ACCENT_SOFT), (1, look.ACCENT)):
        made.add_series({
            "name": block.heading(position), "categories": block.column(0), "values": block.column(position), "gap": 60,
            "overlap": 0, **charts.filled(colour),
        })  # fmt: skip
    made.set_x_axis(charts.category_axis(page))
    made.set_y_axis(charts.value_axis(page))
    page.place(made, row, 1, sum(_WIDTHS), _CHART_ROWS * look.ROW_PIXELS - 10, title)


def _draw_tiers(page: Page, row: int, rows: list[dict[str, Any]]) -> int:
    if not rows:
        return row
    month = last_whole_month(page.run.as_of)
    number = month.year * 12 + month.month - 1
    listed = []
    for tier in [
        one["tier"]
        for one in keyed({one["tier"]: one for one in rows}.values(), "tier", tier_names(page.run))
    ]:
        own = [one for one in rows if one["tier"] == tier]
        found = _by_month(own)
        at = np.flatnonzero(found.number == number)
        figures = [
            float(figure[at[0]]) if len(at) else None
            for figure in (found.value, found.mom, found.last_year, found.yoy, found.ytd, found.ytd_yoy)
        ]
        customers = sum(one["customers"] for one in own if one["month"] == month)
        listed.append([page.word(tier, "no_tier"), *figures, customers])
    top = row
    row = page.heading(row, 1, page.say("Tiers in {month}", month=month.isoformat()[:7]))
    block = page.table(
        row, 1,
        [
            Column(page.label("tier"), "text", ("bold",)), Column(page.label("volume"), "money"), Column(page.label("mom"), "change"),
            Column(page.label("last_year"), "money"), Column(page.label("yoy"), "change"), Column(page.label("ytd"), "money"),
            Column(page.label("ytd_yoy"), "change"), Column(page.label("customers"), "count"),
        ],
        listed,
    )  # fmt: skip
    page.keep(top, block.after)
    return block.after + 2


def _draw_customers(page: Page, row: int) -> int:
    found = [one for one in records(page.run.table("usage_customers")) if one["volume"] is not None]
    largest = sorted(found, key=lambda one: (-one["volume"], one["customer_id"]))[:MOST_LISTED]
    if not largest:
        return row
    names = names_of(page.run, [one["customer_id"] for one in largest])
    month = last_whole_month(page.run.as_of).isoformat()[:7]

    def change(now: float | None, before: float | None) -> float | None:
        return None if now is None or before is None or before <= 0 else (now - before) / before

    row = page.heading(row, 1, page.say("Largest volumes in {month}", month=month))
    block = page.table(
        row, 1,
        [
            Column(page.label("name"), "text", ("bold",)), Column(page.label("customer_id"), "text"), Column(page.label("tier"), "text"),
            Column(page.label("volume"), "money"), Column(page.label("mom"), "change"), Column(page.label("yoy"), "change"),
            Column(page.label("ytd"), "money"), Column(page.label("ytd_yoy"), "change"), Column(page.label("fee"), "money"),
        ],
        [
            [names.get(one["customer_id"]), one["customer_id"], page.word(one["tier"], "no_tier"), one["volume"],
             change(one["volume"], one["previous"]), change(one["volume"], one["last_year"]), one["so_far"],
             change(one["so_far"], one["so_far_last_year"]), one["fee"]]
            for one in largest
        ],
    )  # fmt: skip
    return block.after + 2


def _draw_alerts(page: Page, row: int) -> int:
    found = records(page.run.table("load_alerts"))
    tiers = [*dict.fromkeys(one["tier"] for one in keyed(found, "tier", tier_names(page.run)))][:6]
    counts: dict[tuple[str, str | None], int] = defaultdict(int)
    for one in found:
        counts[one["alert"], one["tier"]] += 1
        counts[one["alert"], "\0all"] += 1
    top = row
    row = page.heading(
        row, 1, page.label("load_alerts"),
        page.say("Customers with at least one alert in the last {days} days.", days=page.run.window_days),
    )  # fmt: skip
    block = page.table(
        row, 1,
        [Column(page.label("alert"), "text", ("bold",)), Column(page.label("total"), "count"),
         *(Column(page.word(tier, "no_tier"), "count") for tier in tiers)],
        [[page.label(alert), counts[alert, "\0all"], *(counts[alert, tier] for tier in tiers)] for alert in ALERTS],
        head_pixels=44,
    )  # fmt: skip
    page.heat(block.first, block.left + 2, block.last, block.left + 1 + max(len(tiers), 1))
    page.keep(top, block.after)
    row = block.after + 2
    # The worst of each kind, so that one kind does not take the whole list.
    listed = [
        one for alert in ALERTS for one in [one for one in found if one["alert"] == alert][: MOST_LISTED // 4]
    ]
    if not listed:
        return row
    names = names_of(page.run, [one["customer_id"] for one in listed])
    row = page.heading(row, 1, page.say("The most serious of each kind"))
    block = page.table(
        row, 1,
        [
            Column(page.label("name"), "text", ("bold",)), Column(page.label("customer_id"), "text"), Column(page.label("tier"), "text"),
            Column(page.label("alert"), "text"), Column(page.label("worst"), "share"), Column(page.label("border"), "share"),
            Column(page.label("silent_for"), "count"), Column(page.label("readings"), "count"), Column(page.label("last_reading"), "date"),
        ],
        [
            [names.get(one["customer_id"]), one["customer_id"], page.word(one["tier"], "no_tier"), page.label(one["alert"]),
             *((one["worst"], one["border"], None) if one["alert"] in _SHARES else (None, None, one["worst"])),
             one["readings"] or None, one["last"]]
            for one in listed
        ],
    )  # fmt: skip
    return block.after + 2


def _draw_ten_days(page: Page, row: int) -> int:
    found = records(page.run.table("ten_days"))
    top = row
    row = page.heading(row, 1, page.label("ten_day_volumes"), page.say("Days 1-10, 11-20 and 21 to the end, of those who must report."))  # fmt: skip
    block = page.table(
        row, 1,
        [Column(page.label("period"), "text", ("bold",)), Column(page.label("volume"), "money"), Column(page.label("must_report"), "count"),
         Column(page.label("reported"), "count"), Column(page.label("not_reported"), "count"), Column(page.label("share_reported"), "share")],
        [
            [f"{one['period_start'].isoformat()}/{one['period_end'].day:02d}", one["volume"], one["due"], one["reported"],
             one["due"] - one["reported"], one["reported"] / one["due"] if one["due"] else None]
            for one in found
        ],
    )  # fmt: skip
    page.bars(block, 1)
    page.keep(top, block.after)
    row = block.after + 2
    missing = records(page.run.table("ten_days_open"))
    if not missing:
        return row
    last = found[-1]
    names = names_of(page.run, [one["customer_id"] for one in missing[:MOST_LISTED]])
    row = page.heading(
        row, 1,
        page.say("Who has not reported {start} to {end}", start=page.date(last["period_start"]), end=page.date(last["period_end"])),
        page.say("{count} customers.", count=len(missing)),
    )  # fmt: skip
    block = page.table(
        row, 1,
        [Column(page.label("name"), "text", ("bold",)), Column(page.label("customer_id"), "text"),
         Column(page.label("tier"), "text"), Column(page.label("last_reading"), "date")],
        [[names.get(one["customer_id"]), one["customer_id"], page.word(one["tier"], "no_tier"), one["last"]] for one in missing[:MOST_LISTED]],
    )  # fmt: skip
    return block.after + 2


SECTION = Section("usage", ("readings",), draw, order=112)
