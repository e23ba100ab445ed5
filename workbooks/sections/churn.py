"""Churn: how many are at risk in which tier, which warning signs cost most, how many left month by month, whether the
warnings came true, and whom to call first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from math import fsum, isnan
from typing import TYPE_CHECKING, Any

from tierbook.language import labels
from workbooks import charts
from workbooks import style as look
from workbooks.advice import signal_words
from workbooks.blocks import stage_column
from workbooks.needs import lacking
from workbooks.page import Block, Column, Page, Section
from workbooks.rows import churn_names, keyed, records, share_of, signals, tiers, totals, watched

if TYPE_CHECKING:
    from tierbook.backtest import Backtest, FalseAlarms
    from tierbook.run import Run

_FIRST, _OTHER, _REASON = 190, 90, 400
_OTHERS = 6
_LAST = 2 + _OTHERS
_HALF = (_FIRST + _OTHER * _OTHERS + _REASON - 16) // 2
_CHART_ROWS, _FEWEST_CHART_ROWS = 17, 12
MOST_WATCHED = 50
MOST_REASONS = 10
_LOST = ("customers", "revenue", "value")


def draw(page: Page, run: Run) -> None:
    """Level by tier, warning signs; churn rate, early warning, backtest; the watch list."""
    page.columns([20, _FIRST] + [_OTHER] * _OTHERS + [_REASON])
    row = page.header(_LAST)
    row, levels, count = _draw_levels(page, row)
    row, signs = _draw_signals(page, row)
    row = _draw_charts(page, row, levels, count, signs)
    row = _draw_months(page, row)
    row = _draw_lost_reasons(page, row)
    row = _draw_complaint_reasons(page, row)
    if run.pack.early_warning:
        row = _draw_early_warning(page, row)
    row = _draw_backtest(page, row)
    head, last = _draw_watch_list(page, row)
    page.prints(last, _LAST, repeat=None if head is None else (head, head))


def _draw_levels(page: Page, row: int) -> tuple[int, Block, int]:
    names = churn_names(page.run)
    found = records(page.run.table("levels_by_tier"))
    names += sorted({one["churn_level"] for one in found if one["churn_level"]} - set(names))
    rows = []
    for one in tiers(page.run):
        counts = {row["churn_level"]: row["customers"] for row in found if row["tier"] == one["tier"]}
        rows.append(
            [
                page.word(one["tier"], "no_tier"),
                *(counts.get(name, 0) for name in names),
                one["customers"],
                share_of(one["flagged"], one["customers"]),
            ]
        )
    flagged = sum(one["flagged"] for one in found)
    everyone = sum(row[-2] for row in rows)
    row = page.heading(row, 1, page.label("levels_by_tier"))
    block = page.table(
        row, 1,
        [Column(page.label("tier"), "text", ("bold",)), *(Column(page.word(name), "count") for name in names),
         Column(page.label("customers"), "count"), Column(page.label("share_at_risk"), "share")],
        rows,
        [page.label("total"), *(sum(row[at] for row in rows) for at in range(1, len(names) + 1)), everyone, share_of(flagged, everyone)],
    )  # fmt: skip
    page.bars(block, len(names) + 2, look.ALERT_SOFT)
    return block.after + 2, block, len(names)


def _draw_signals(page: Page, row: int) -> tuple[int, Block | None]:
    points = signals(page.run)
    everyone = records(page.run.table("totals"))[0]
    found = sorted(records(page.run.table("signals")), key=lambda one: (-one["revenue_year"], one["signal"]))
    if not found:
        row = page.heading(row, 1, page.label("signals"), page.say("No customer shows a warning sign."))
        return row + 1, None
    row = page.heading(
        row, 1, page.label("signals"),
        page.say("A customer may show several signs; the rows overlap. Revenue is that of the last twelve months."),
    )  # fmt: skip
    block = page.table(
        row, 1,
        [Column(page.label("signal"), "text", ("bold",)), Column(page.label("points"), "plain"), Column(page.label("customers"), "count"),
         Column(page.label("share_of_customers"), "share"), Column(page.label("at_risk_short"), "count"), Column(page.label("value"), "money"),
         Column(page.label("revenue"), "money"), Column(page.label("because"))],
        [[signal_words(page, points[one["signal"]].reason), points[one["signal"]].points, one["customers"],
          share_of(one["customers"], everyone["customers"]), one["flagged"], one["value"], one["revenue_year"], page.because(points[one["signal"]].because)]
         for one in found],
    )  # fmt: skip
    return block.after + 1, block


def _draw_charts(page: Page, row: int, levels: Block, count: int, signs: Block | None) -> int:
    chart_rows = max(min(_CHART_ROWS, page.rows_left(row)), _FEWEST_CHART_ROWS)
    height = chart_rows * look.ROW_PIXELS - 10
    title = page.say("Churn level by tier, share of customers")
    layers = [(levels.heading(position), levels.column(position)) for position in range(1, count + 1)]
    made = charts.stacked(page, levels.column(0), layers, look.alert_shades(count), title=title)
    page.place(made, row, 1, _HALF, height, title)
    if signs is None:
        return row + chart_rows
    title = page.say("Revenue of twelve months behind each warning sign")
    made = charts.chart(page, "bar", title=title)
    made.add_series({
        "name": signs.heading(6), "categories": signs.column(0), "values": signs.column(6), "gap": 60,
        "data_labels": charts.labelled(page, "axis"), **charts.filled(look.ALERT),
    })  # fmt: skip
    made.set_y_axis(charts.category_axis(page, reverse=True))
    made.set_x_axis(charts.value_axis(page, visible=False, min=0, major_gridlines={"visible": False}))
    page.place(made, row, 1, _HALF, height, title, shift=_HALF + 16)
    return row + chart_rows


def _draw_months(page: Page, row: int) -> int:
    """The churn rate of twelve months, as a table with its line beside it; nothing where editions come and go instead."""
    if not lacking(("transactions.edition",), page.run):
        return row
    months = records(page.run.table("churn_months"))
    row = page.heading(
        row, 1, page.label("churn_months"),
        page.say(
            "Active: a purchase in the {days} days before the month; lost: none of them in the {days} days up to its end.",
            days=page.run.window_days,
        ),
    )  # fmt: skip
    block = page.table(
        row, 1,
        [Column(page.label("month_end"), "date", ("bold",)), Column(page.label("active"), "count"), Column(page.label("lost_of_them"), "count"),
         Column(page.label("churn_rate"), "share")],
        [[one["month_end"], one["customers"], one["lost"], share_of(one["lost"], one["customers"])] for one in months],
    )  # fmt: skip
    page.bars(block, 3, look.ALERT_SOFT)
    title = page.say("Churn rate by month: share of active customers lost")
    made = charts.chart(page, "line", title=title)
    made.add_series({
        "name": block.heading(3), "categories": block.column(0), "values": block.column(3),
        "line": {"color": look.ALERT, "width": 2.25},
        "marker": {"type": "circle", "size": 5, "fill": {"color": look.ALERT}, "border": {"color": look.WHITE}},
    })  # fmt: skip
    made.set_x_axis(
        charts.category_axis(page, text_axis=True, num_format="yyyy-mm", line={"color": look.LINE})
    )
    most = max((share_of(one["lost"], one["customers"]) or 0.0 for one in months), default=0.0)
    made.set_y_axis(charts.value_axis(page, "share0", min=0, **charts.whole(most)))
    width = _OTHER * (_OTHERS - 3) + _REASON - 24
    page.place(made, block.first - 1, 5, width, (len(months) + 1) * look.ROW_PIXELS + 12, title, shift=24)
    return block.after + 1


def _draw_lost_reasons(page: Page, row: int) -> int:
    """Why customers left, as it was written down; nothing where it was not."""
    if "lost_reason" not in page.run.customers.column_names:
        return row
    found = [one for one in records(page.run.table("breakdown:lost_reason")) if one["lost_reason"]]
    if not found:
        return row
    found.sort(key=lambda one: (-one["customers"], one["lost_reason"]))
    shown, rest = found[:MOST_REASONS], found[MOST_REASONS:]
    everyone, names = totals(found, *_LOST), [_reason(page, one["lost_reason"]) for one in shown]
    if rest:
        shown, names = [*shown, totals(rest, *_LOST)], [*names, page.say("Others ({count})", count=len(rest))]
    top = row
    row = page.heading(
        row, 1, page.label("lost_reasons"),
        page.say("{count} customers of whom somebody wrote down why they left.", count=f"{everyone['customers']:,.0f}"),
    )  # fmt: skip
    block = page.table(
        row, 1,
        [Column(page.label("lost_reason"), "text", ("bold",)), Column(page.label("customers"), "count"), Column(page.label("share_of_customers"), "share"),
         Column(page.label("revenue"), "money"), Column(page.label("value"), "money")],
        [[name, one["customers"], share_of(one["customers"], everyone["customers"]), one["revenue"], one["value"]]
         for name, one in zip(names, shown, strict=True)],
        [page.label("total"), everyone["customers"], 1.0, everyone["revenue"], everyone["value"]],
    )  # fmt: skip
    page.bars(block, 2, look.ALERT_SOFT)
    page.keep(top, block.after)
    return block.after + 2


def _draw_complaint_reasons(page: Page, row: int) -> int:
    """What customers complained about, and how many of them are at risk; nothing without a complaint."""
    found = sorted(
        records(page.run.table("complaint_reasons")), key=lambda one: (-one["complaints"], str(one["reason"]))
    )
    if not found:
        return row
    everything = sum(one["complaints"] for one in found)
    top = row
    row = page.heading(
        row, 1, page.label("complaint_reasons"),
        page.say("{count} complaints of the last twelve months; a customer with several reasons counts in each.", count=f"{everything:,}"),
    )  # fmt: skip
    block = page.table(
        row, 1,
        [Column(page.label("reason"), "text", ("bold",)), Column(page.label("complaints"), "count"), Column(page.label("share"), "share"),
         Column(page.label("still_open"), "count"), Column(page.label("customers"), "count"), Column(page.label("at_risk_short"), "count"),
         Column(page.label("value"), "money")],
        [[_reason(page, one["reason"]), one["complaints"], share_of(one["complaints"], everything), one["still_open"] or None, one["customers"],
          one["flagged"], one["value"]] for one in found[:MOST_REASONS]],
    )  # fmt: skip
    page.bars(block, 2, look.ALERT_SOFT)
    page.keep(top, block.last)
    return block.after + 1


def _reason(page: Page, reason: str | None) -> str:
    """The usual reasons have a word; others stand as they were written."""
    if reason is None:
        return page.label("not_given")
    return page.label(f"lost_to_{reason}") if f"lost_to_{reason}" in labels() else reason


def _draw_early_warning(page: Page, row: int) -> int:
    """How many customers' RFM score fell how far, and which part fell most."""
    levels = {level.name or "": page.because(level.because) for level in page.run.pack.early_warning}
    found = records(page.run.table("early_warnings"))
    rows: list[tuple[Any, ...]] = []
    for name in [one["early_warning"] for one in keyed(found, "early_warning", list(levels))]:
        if not rows or rows[-1][0] != name:
            of_level = [one for one in found if one["early_warning"] == name]
            parts = {one["early_warning_reason"]: one["customers"] for one in of_level}
            sums = totals(of_level, "customers", "value")
            rows.append((name, sums["customers"], *(parts.get(part, 0) for part in "RFM"), sums["value"]))
    everyone = sum(one[1] for one in rows)
    row = page.heading(
        row, 1, page.label("early_warning"),
        page.say(
            "The RFM score against the window before, both on the cut points of {day}; R, F, M count the part that fell most.",
            day=page.date(page.run.as_of - timedelta(days=page.run.window_days)),
        ),
    )  # fmt: skip
    block = page.table(
        row, 1,
        [Column(page.label("level"), "text", ("bold",)), Column(page.label("customers"), "count"), Column(page.label("share_of_customers"), "share"),
         *(Column(page.label(part), "count") for part in "RFM"), Column(page.label("value"), "money"), Column(page.label("because"))],
        [[page.word(name), count, share_of(count, everyone), *parts, value, levels.get(name)] for name, count, *parts, value in rows],
        [page.label("total"), everyone, share_of(everyone, everyone), *(sum(one[at] for one in rows) for at in (2, 3, 4)),
         fsum(one[5] for one in rows), None],
    )  # fmt: skip
    page.bars(block, 2)
    return block.after + 2


def _draw_backtest(page: Page, row: int) -> int:
    """Whether the warnings of one window ago came true; nothing where there was none."""
    found = page.run.backtest
    if found is None:
        return row
    cutoff = page.run.as_of - timedelta(days=page.run.window_days)
    top = row
    row = page.heading(
        row, 1, page.label("backtest"),
        page.say(
            "What was flagged on {day} against who bought nothing in the {days} days after; customers with a purchase in the year before.",
            day=page.date(cutoff), days=page.run.window_days,
        ),
    )  # fmt: skip
    judged = [("by_rules", found.rules), *([("by_alive", found.alive)] if found.alive else [])]
    block = page.table(
        row, 1,
        [Column(page.label("flagged_by"), "text", ("bold",)), *(Column(page.label(name), "count") for name in ("population", "flagged_count", "lost_count")),
         Column(page.label("recall"), "share"), Column(page.label("precision"), "share"), Column(page.label("lift"), "cents"),
         Column(page.label("what_it_means"))],
        [[page.label(name), one.population, one.flagged, one.lost, one.recall, one.precision, one.lift, _lead(page, one)] for name, one in judged],
    )  # fmt: skip
    page.keep(top, block.last)
    if found.unfitted:
        page.put(
            block.after,
            1,
            page.say("The model is not beside the rules: {why}", why=found.unfitted.text(page.language)),
            "small",
        )
        return _draw_false_alarms(page, block.after + 2, judged)
    return _draw_false_alarms(page, block.after + 1, judged)


def _draw_false_alarms(page: Page, row: int, judged: Sequence[tuple[str, Backtest]]) -> int:
    """What the warnings cost and bring; nothing where the pack does not say what contacting a customer does."""
    costs = [(name, one, page.run.false_alarms(one)) for name, one in judged]
    amounts = page.run.pack.false_alarm_amounts(page.run.profile)
    if amounts is None:
        return row
    row = page.heading(
        row, 1, page.label("false_alarm_cost"),
        page.say(
            "Contacting a customer costs {cost:,.2f}; contacting one who would have left brings {gain:,.2f} on average; both are numbers of the rules.",
            cost=amounts[0], gain=amounts[1],
        ),
    )  # fmt: skip
    block = page.table(
        row, 1,
        [Column(page.label("flagged_by"), "text", ("bold",)), Column(page.label("flagged_count"), "count"), Column(page.label("false_alarms"), "count"),
         Column(page.label("false_alarm_cost"), "money"), Column(page.label("warning_gain"), "money"), Column(page.label("precision"), "share"),
         Column(page.label("worthwhile_precision"), "share"), Column(page.label("what_it_means"))],
        [[page.label(name), one.flagged, cost.false_alarms, cost.false_alarm_cost, cost.warning_gain, one.precision, cost.worthwhile_precision,
          _worth(page, one, cost)] for name, one, cost in costs if cost],
    )  # fmt: skip
    return block.after + 1


def _worth(page: Page, one: Backtest, cost: FalseAlarms) -> str:
    """Whether contacting the flagged pays, in words."""
    if not one.flagged:
        return page.say("nobody was flagged")
    if cost.warning_gain > 0:
        return page.say("contacting everybody flagged pays")
    return page.say("contacting everybody flagged costs more than it brings")


def _lead(page: Page, one: Backtest) -> str:
    """A backtest in words."""
    if not one.flagged or not one.lost:
        return page.say("nobody to compare")
    found = page.say(
        "{hits} of {lost} who left had been flagged", hits=round(one.recall * one.lost), lost=one.lost
    )
    if isnan(one.lead_days):
        return found
    early = (
        page.say("half of them {days:.0f} days or more before they counted as lost", days=one.lead_days)
        if one.lead_days > 0
        else page.say(
            "half of them only {days:.0f} days or more after they counted as lost", days=-one.lead_days
        )
    )
    return page.label("list_semicolon").join((found, early))


def _draw_watch_list(page: Page, row: int) -> tuple[int | None, int]:
    rows = watched(page.run)
    shown = rows[:MOST_WATCHED]
    reasons = page.run.reasons(page.language)
    if not len(rows):
        row = page.heading(row, 1, page.label("watch_list"), page.say("No customer is at risk."))
        return None, row
    row = page.heading(
        row, 1, page.label("watch_list"),
        page.say("{shown} of {all} customers at risk, by value at stake; the page {page} lists them all.", shown=len(shown),
                 all=f"{len(rows):,}", page=page.label("page_customers")),
    )  # fmt: skip
    stage, stage_of = stage_column(page)
    block = page.table(
        row, 1,
        [Column(page.label("customer"), "text", ("bold",)), Column(page.label("tier")), stage,
         Column(page.label("churn_level"), "text", ("alert",)), Column(page.label("churn_score"), "score"),
         Column(page.label("value"), "money"), Column(page.label("last_date"), "date"),
         Column(page.label("churn_reasons"), "text", ("wrap",))],
        [
            [one.get("name") or one["customer_id"], page.word(one["tier"], "no_tier"), stage_of(one),
             page.word(one["churn_level"]), one["churn_score"], one["value"], one["last_date"], reasons[at]]
            for at, one in zip(shown.tolist(), records(page.run.customers.take(shown)), strict=True)
        ],
    )  # fmt: skip
    page.bars(block, 5, look.ALERT_SOFT)
    for at, position in zip(range(block.first, block.last + 1), shown.tolist(), strict=True):
        page.tall(at, look.line_count(reasons[position], _REASON - 24, page.language))
    return row, block.last


SECTION = Section("churn", ("transactions", "churn_level"), draw, order=50)
