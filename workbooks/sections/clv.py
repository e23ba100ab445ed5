"""CLV: how customers buy and leave, in words; whether the model may be trusted; what is to come, from whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tierbook.arrow import arrays
from tierbook.clv.gamma_gamma import correlation
from tierbook.clv.holdout import GOOD, MOST_REPEATS, HoldOut
from tierbook.clv.outlook import SILENT_DAYS, refusal
from tierbook.errors import DataError
from tierbook.language import together
from workbooks import charts
from workbooks import style as look
from workbooks.blocks import stage_column
from workbooks.lifetime import MODELS, Group, best, everyone, grouped, in_words, lacks
from workbooks.page import Block, Column, Page, Section
from workbooks.rows import records, share_of

if TYPE_CHECKING:
    from tierbook.clv.fit import Fit
    from tierbook.run import Run

_FIRST, _OTHER, _OTHERS = 200, 115, 8
_LAST = 1 + _OTHERS
_HALF = (_FIRST + _OTHER * _OTHERS - 16) // 2
_CHART_ROWS = 16
_TOP = 20
_POINTS = 12  # of the curve, about


def draw(page: Page, run: Run) -> None:
    """The verdict, what is to come and from whom, chances, the check behind the verdict, the model itself."""
    page.columns([20, _FIRST] + [_OTHER] * _OTHERS)
    row = page.header(_LAST)
    held_out, row = _draw_verdict(page, row)
    row = _draw_groups(page, row, "tier", "no_tier", page.label("clv_by_tier"))
    if run.pack.rfm_segments:
        row = _draw_groups(page, row, "rfm_segment", "no_segment", page.label("clv_by_segment"))
    breaks = [row]
    row, silent = _draw_silent(page, _draw_best(page, row))
    breaks.append(row)
    row = _draw_alive(page, row, silent)
    breaks.append(row)
    if held_out:
        row, by_frequency, charts_at = _draw_check(page, row, held_out)
        breaks.append(row)
        row, curve = _draw_curve(page, row, held_out)
        _draw_charts(page, charts_at, by_frequency, curve)
    row = _draw_shares(page, row)
    breaks.append(row)
    row = _draw_model(page, row)
    page.sheet.set_h_pagebreaks(breaks)
    page.prints(row, _LAST)


# --- The verdict


def _draw_verdict(page: Page, row: int) -> tuple[HoldOut | None, int]:
    run, outlook = page.run, page.run.outlook
    row = page.heading(row, 1, page.label("clv_trust"))
    held_out = None
    try:
        held_out = run.held_out
        verdict = held_out.verdict
    except DataError as error:
        verdict = refusal(error)
    trusted = held_out is not None and abs(held_out.errors.total) <= GOOD
    tone = "alert" if verdict.level == "warning" else "good" if trusted else "accent"
    page.put(row, 1, verdict.text(page.language), "bold", tone)
    row += 1
    if held_out:
        said = page.say(
            "Fitted to the purchases up to {day} and held against those of the {days} days after it.",
            day=page.date(held_out.calibration_end), days=(held_out.end - held_out.calibration_end).days,
        )  # fmt: skip
    else:
        said = page.say("The model could not be held against later purchases.")
    converged = page.say(
        "The search for the parameters converged."
        if outlook.fit.converged
        else "The search for the parameters did not converge."
    )
    for sentence in (
        together((said, converged), page.language),
        *(one.text(page.language) for one in outlook.warnings),
    ):
        page.put(row, 1, sentence)
        row += 1
    row = page.heading(row + 1, 1, page.label("clv_in_words"))
    for sentence in in_words(outlook, page.language):
        page.put(row, 1, sentence)
        row += 1
    return held_out, row + 1


# --- What is to come


def _draw_groups(page: Page, row: int, column: str, missing: str, title: str) -> int:
    groups, total = grouped(page.run, column), everyone(page.run.outlook)
    row = page.heading(
        row, 1, title,
        page.say("Expectations for the coming {months} months; those who never bought have none.", months=page.run.outlook.months),
    )  # fmt: skip
    priced = page.run.outlook.spend is not None

    def cells(group: Group) -> list[Any]:
        if not group.buyers:
            return [group.customers, 0, *[None] * 6]
        worth = [group.value, share_of(group.value, total.value), group.value / group.buyers]
        return [
            group.customers, group.buyers, group.alive, group.expected, group.expected / group.buyers,
            *(worth if priced else [None] * 3),
        ]  # fmt: skip

    block = page.table(
        row, 1,
        [
            Column(page.label(column), "text", ("bold",)), Column(page.label("customers"), "count"),
            Column(page.label("clv_buyers"), "count"), Column(page.label("p_alive"), "share"),
            Column(page.label("clv_expected"), "count"), Column(page.label("clv_per_buyer"), "cents"),
            Column(page.label("clv_value"), "money"), Column(page.label("clv_share"), "share"),
            Column(page.label("clv_value_per_buyer"), "money"),
        ],
        [[page.word(group.name, missing), *cells(group)] for group in groups],
        [page.label("total"), *cells(total)],
    )  # fmt: skip
    page.bars(block, 3)
    page.bars(block, 6)
    return block.after + 2


# --- The check


def _draw_check(page: Page, row: int, found: HoldOut) -> tuple[int, Block, int]:
    charts_at, row = row, row + _CHART_ROWS
    groups, errors = found.by_frequency, found.errors
    row = page.heading(
        row, 1, page.label("clv_holdout"),
        page.say("Customers by their repeat purchases up to {day}; a purchase is a day with purchases.", day=page.date(found.calibration_end)),
    )  # fmt: skip
    shown = list(zip(*(one.tolist() for one in groups), strict=True))
    customers = int(groups.customers.sum())
    came, expected = float(np.nansum(found.actual)), float(np.nansum(found.expected))
    by_frequency = page.table(
        row, 1,
        [
            Column(page.label("clv_repeats"), "text", ("bold",)), Column(page.label("customers"), "count"),
            Column(page.label("clv_actual"), "count"), Column(page.label("clv_foreseen"), "count"),
            Column(page.label("clv_actual_each"), "cents"), Column(page.label("clv_foreseen_each"), "cents"),
            Column(page.label("clv_difference"), "share"),
        ],
        [
            [page.say("{count} or more", count=times) if times == MOST_REPEATS else str(times), count, mean * count,
             foreseen * count, mean, foreseen, share_of(foreseen - mean, mean)]
            for times, count, mean, foreseen in shown
        ],
        [page.label("total"), customers, came, expected, came / customers, expected / customers, errors.total],
    )  # fmt: skip
    row = page.heading(by_frequency.after + 2, 1, page.label("clv_errors"))
    block = page.table(
        row, 1,
        [
            Column(page.label("figure"), "text", ("bold",)), Column(page.label("clv_model"), "cents"),
            Column(page.label("clv_naive"), "cents"), Column(page.label("clv_meaning")),
        ],
        [
            [page.label("clv_mean_absolute"), errors.mean_absolute, errors.naive_mean_absolute,
             page.say("Purchases per customer by which the expectation was off, on average.")],
            [page.label("clv_root_mean_square"), errors.root_mean_square, errors.naive_root_mean_square,
             page.say("The same with large misses counted more.")],
        ],
    )  # fmt: skip
    page.extend(block, 5, _LAST)
    note = page.say(
        "As before: every customer goes on at the pace so far. The cumulated curve was off by {share} on average.",
        share=page.share(errors.curve),
    )
    page.put(block.after, 1, note, "small")
    return block.after + 2, by_frequency, charts_at


def _draw_curve(page: Page, row: int, found: HoldOut) -> tuple[int, Block]:
    curve = found.curve
    last = curve.day.size - 1
    end = last - (found.end - found.calibration_end).days
    # Points on the day that parts what the model knew from what it did not, and evenly on both sides.
    known = max(round(_POINTS * end / last), 1)
    halves = np.linspace(0, end, known + 1), np.linspace(end, last, max(_POINTS - known, 1) + 1)
    points = np.unique(np.round(np.concatenate(halves)).astype(int)).tolist()
    row = page.heading(
        row, 1, page.label("clv_curve"),
        page.say("Repeat purchases of the customers known on {day}, cumulated from the first day on.", day=page.date(found.calibration_end)),
    )  # fmt: skip
    rows = []
    for at in points:
        came, expected = float(curve.actual[at]), float(curve.expected[at])
        rows.append([curve.day[at].item(), came if at <= end else None, came if at >= end else None, expected,
                     share_of(expected - came, came)])  # fmt: skip
    block = page.table(
        row, 1,
        [
            Column(page.label("day"), "date", ("left",)), Column(page.label("clv_came_known"), "count"),
            Column(page.label("clv_came_later"), "count"), Column(page.label("clv_foreseen"), "count"),
            Column(page.label("clv_difference"), "share"),
        ],
        rows,
    )  # fmt: skip
    return block.after + 1, block


def _draw_charts(page: Page, row: int, by_frequency: Block, curve: Block) -> None:
    height = _CHART_ROWS * look.ROW_PIXELS - 10
    title = page.say("Purchases per customer, by repeat purchases before")
    made = charts.chart(page, "column", title=title, legend=True)
    for position, colour in ((4, look.ACCENT), (5, look.ACCENT_SOFT)):
        made.add_series({
            "name": by_frequency.heading(position), "categories": by_frequency.column(0),
            "values": by_frequency.column(position), "gap": 60, "overlap": -5, **charts.filled(colour),
        })  # fmt: skip
    made.set_x_axis(charts.category_axis(page))
    made.set_y_axis(charts.value_axis(page, min=0))
    page.place(made, row, 1, _HALF, height, title)
    title = page.say("Repeat purchases, cumulated: what came, what was expected")
    made = charts.chart(page, "line", title=title, legend=True)
    for position, line in (
        (1, {"color": look.ACCENT_MID, "width": 2.5}), (2, {"color": look.ACCENT, "width": 3}),
        (3, {"color": look.ALERT, "width": 1.75, "dash_type": "dash"}),
    ):  # fmt: skip
        made.add_series({
            "name": curve.heading(position), "categories": curve.column(0), "values": curve.column(position),
            "line": line, "marker": {"type": "none"},
        })  # fmt: skip
    small = charts.font(page, 8, look.INK)
    made.set_x_axis(charts.category_axis(page, num_format="yy-mm", text_axis=True, num_font=small))
    made.set_y_axis(charts.value_axis(page, min=0))
    page.place(made, row, 1, _HALF, height, title, shift=_HALF + 16)


# --- Chances


def _draw_silent(page: Page, row: int) -> tuple[int, Block]:
    run = page.run
    row = page.heading(
        row, 1, page.label("clv_silent"),
        page.say("The mean probability that a customer buys nothing within so many days, active or not."),
    )  # fmt: skip
    total = everyone(run.outlook)
    block = page.table(
        row, 1,
        [
            Column(page.label("tier"), "text", ("bold",)), Column(page.label("clv_buyers"), "count"),
            *(Column(page.say("{days} days", days=days), "share") for days in SILENT_DAYS),
        ],
        [
            [page.word(group.name, "no_tier"), group.buyers, *(group.silent[days] for days in SILENT_DAYS)]
            for group in grouped(run, "tier")
        ],
        [page.label("total"), total.buyers, *(total.silent[days] for days in SILENT_DAYS)],
    )  # fmt: skip
    page.heat(block.first, block.left + 2, block.last, block.left + 1 + len(SILENT_DAYS))
    return block.after + 2, block


# A tier is told by its mark too, for who sees no hues.
_MARKS = ("circle", "square", "triangle", "diamond")


def _draw_alive(page: Page, row: int, silent: Block) -> int:
    row, alive = _draw_tenths(page, row)
    height = _CHART_ROWS * look.ROW_PIXELS - 10
    title = page.say("Customers by their probability of being active")
    made = charts.chart(page, "column", title=title)
    made.add_series({
        "name": alive.heading(1), "categories": alive.column(0), "values": alive.column(1), "gap": 25,
        "data_labels": charts.labelled(page, "axis"), **charts.filled(look.ACCENT),
    })  # fmt: skip
    made.set_x_axis(charts.category_axis(page))
    made.set_y_axis(charts.value_axis(page, visible=False, min=0, major_gridlines={"visible": False}))
    page.place(made, row, 1, _HALF, height, title)
    title = page.say("Probability of no purchase within so many days, by tier")
    made = charts.chart(page, "line", title=title, legend=True)
    head, left, right = silent.first - 1, silent.left + 2, silent.left + 1 + len(SILENT_DAYS)
    rows = range(silent.first, silent.last + 1)
    for place, (at, colour) in enumerate(zip(rows, look.shades(len(rows) + 1), strict=False)):
        mark = {"type": _MARKS[place % len(_MARKS)], "size": 6, "fill": {"color": colour}, "border": {"color": look.WHITE}}  # fmt: skip
        made.add_series({
            "name": [silent.sheet, at, silent.left], "categories": [silent.sheet, head, left, head, right],
            "values": [silent.sheet, at, left, at, right], "line": {"color": colour, "width": 2.5}, "marker": mark,
        })  # fmt: skip
    made.set_x_axis(charts.category_axis(page))
    made.set_y_axis(charts.value_axis(page, "share0", min=0, max=1, major_unit=0.25))
    page.place(made, row, 1, _HALF, height, title, shift=_HALF + 16)
    return row + _CHART_ROWS


def _draw_tenths(page: Page, row: int) -> tuple[int, Block]:
    outlook = page.run.outlook
    row = page.heading(row, 1, page.label("clv_alive"))
    known = ~np.isnan(outlook.p_alive)
    alive, expected, value = (one[known] for one in (outlook.p_alive, outlook.expected, outlook.value))
    tenth = np.minimum((alive * 10).astype(np.int64), 9)
    sizes = np.bincount(tenth, minlength=10).tolist()
    sums = [np.bincount(tenth, np.nan_to_num(one), minlength=10).tolist() for one in (expected, value)]
    total = everyone(page.run.outlook)
    priced = outlook.spend is not None
    block = page.table(
        row, 1,
        [
            Column(page.label("p_alive"), "text", ("bold",)), Column(page.label("customers"), "count"),
            Column(page.label("share_of_customers"), "share"), Column(page.label("clv_expected"), "count"),
            Column(page.label("clv_value"), "money"), Column(page.label("clv_share"), "share"),
        ],
        [
            [f"{10 * at}–{10 * at + 10}%", sizes[at], share_of(sizes[at], total.buyers), sums[0][at],
             sums[1][at] if priced else None, share_of(sums[1][at], total.value)]
            for at in range(10)
        ],
        [page.label("total"), total.buyers, 1.0, total.expected, total.value if priced else None, 1.0 if priced else None],
    )  # fmt: skip
    page.bars(block, 2)
    page.bars(block, 5)
    return block.after + 2, block


def _draw_shares(page: Page, row: int) -> int:
    """Expected value by tenth of the customers, the best first."""
    outlook = page.run.outlook
    value = outlook.value[best(page.run.outlook)]
    if outlook.spend is None or not value.size:
        return row
    total = everyone(page.run.outlook).value
    tenths = [one for one in np.array_split(value, min(10, value.size)) if one.size]
    row = page.heading(
        row, 1, page.label("clv_distribution"),
        page.say("Customers with an expected value in ten equal groups, the most valuable first."),
    )  # fmt: skip
    running, rows = 0.0, []
    for place, group in enumerate(tenths, 1):
        sum_ = float(group.sum())
        running += sum_
        rows.append([str(place), int(group.size), float(group[-1]), sum_ / group.size, sum_, share_of(sum_, total),
                     share_of(running, total)])  # fmt: skip
    block = page.table(
        row, 1,
        [
            Column(page.label("clv_tenth"), "text", ("bold",)), Column(page.label("customers"), "count"),
            Column(page.label("clv_lowest"), "money"), Column(page.label("clv_mean"), "money"),
            Column(page.label("clv_value"), "money"), Column(page.label("clv_share"), "share"),
            Column(page.label("running_share"), "share"),
        ],
        rows,
        [page.label("total"), int(value.size), None, share_of(total, value.size), total, 1.0, None],
    )  # fmt: skip
    page.bars(block, 5)
    return block.after + 2


# --- Customers


def _draw_best(page: Page, row: int) -> int:
    outlook, customers = page.run.outlook, page.run.customers
    first = best(page.run.outlook)[:_TOP]
    title = page.say("The {count} customers with the most expected value", count=len(first))
    if outlook.spend is None:
        title = page.say("The {count} customers with the most expected purchases", count=len(first))
    row = page.heading(row, 1, title)
    silent = outlook.silent[90]
    stage, stage_of = stage_column(page)
    block = page.table(
        row, 1,
        [
            Column(page.label("customer"), "text", ("bold",)), Column(page.label("rank"), "count"),
            Column(page.label("tier")), stage, Column(page.label("last_date"), "date"),
            Column(page.label("p_alive"), "share"), Column(page.label("clv_silent_90"), "share"),
            Column(page.label("clv_expected"), "cents"), Column(page.label("clv_value"), "money"),
        ],
        [
            [one.get("name") or one["customer_id"], place, page.word(one["tier"], "no_tier"), stage_of(one),
             one["last_date"], outlook.p_alive[at], silent[at], outlook.expected[at], outlook.value[at]]
            for place, (at, one) in enumerate(zip(first.tolist(), records(customers.take(first)), strict=True), 1)
        ],
    )  # fmt: skip
    page.bars(block, 8)
    return block.after + 2


# --- The model


def _draw_model(page: Page, row: int) -> int:
    outlook = page.run.outlook
    name = MODELS[outlook.model]
    row = page.heading(
        row, 1, page.say("The model: {name}", name=f"{name}, Gamma-Gamma" if outlook.spend else name),
        page.say("Of BG/NBD and MBG/NBD the likelier one; times are days. A standard error is blank where the data do not hold the parameter."),
    )  # fmt: skip
    meanings = {
        "r": page.say("Paces of customers: the larger, the more alike they are."),
        "alpha": page.say("Scale of the paces: r / alpha purchases a day while active."),
        "a": page.say("Chances to leave: a / (a + b) on average."),
        "b": page.say("The larger a + b, the more alike the chances to leave."),
        "p": page.say("Amounts of one customer: the larger, the more alike they are."),
        "q": page.say("Amounts between customers: the larger, the more alike they are."),
        "gamma": page.say("Scale of the amounts: p · gamma / (q − 1) on average."),
    }
    fits: list[Fit[Any]] = [outlook.fit, *([outlook.spend] if outlook.spend else [])]
    rows: list[list[Any]] = [
        [parameter, _rounded(value), _rounded(error), meanings[parameter]]
        for fit in fits
        for parameter, value, error in zip(
            type(fit.params)._fields, fit.params, fit.standard_errors, strict=True
        )
    ]
    for fit, what in zip(fits, (page.label("clv_purchases"), page.label("clv_amounts")), strict=False):
        sentence = page.say(
            "{what}: {customers} customers, {repeaters} of them bought again; largest gradient {gradient}.",
            what=what, customers=f"{fit.customers:,}", repeaters=f"{fit.repeaters:,}", gradient=f"{fit.gradient_norm:.0e}",
        )  # fmt: skip
        rows.append([page.label("clv_log_likelihood"), _rounded(fit.log_likelihood, 8), None, sentence])
    if outlook.spend:
        histories = arrays(page.run.customers.select(["frequency", "monetary_value"]))
        together = correlation(histories["frequency"], histories["monetary_value"])
        meaning = page.say("Between frequency and spend; the model takes them as independent.")
        rows.append([page.label("clv_correlation"), _rounded(together, 3), None, meaning])
    block = page.table(
        row, 1,
        [
            Column(page.label("clv_parameter"), "text", ("bold",)), Column(page.label("clv_estimate"), "plain"),
            Column(page.label("clv_standard_error"), "plain"), Column(page.label("clv_meaning")),
        ],
        rows,
    )  # fmt: skip
    page.extend(block, 5, _LAST)
    return block.after


def _rounded(value: float, digits: int = 5) -> float:
    """Digits a reader can use; the parameters in full are a call of CRM_CLV_FIT away."""
    return float(f"{value:.{digits}g}")


SECTION = Section("clv", ("transactions",), draw, order=62, lacks=lacks)
