"""The dashboard: headline figures, where revenue and risk sit, and what to do about it, on one landscape A4."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from math import fsum
from typing import TYPE_CHECKING, Any

from tierbook.language import labels
from workbooks import charts, standing
from workbooks import style as look
from workbooks.advice import MOST, things
from workbooks.needs import lacking
from workbooks.page import Block, Column, Page, Section
from workbooks.rows import churn_names, records, share_of, stages, tiers, totals

if TYPE_CHECKING:
    from xlsxwriter.chart import Chart

    from tierbook.run import Run

# What the page of revenue needs; without it the page says how things stand in other respects.
_OF_SALES = ("transactions", "value", "tier", "churn_level")
# Six tiles with gutters between them; a chart is as wide as two tiles.
_TILE, _GUTTER = 170, 16
_TILES = (1, 3, 5, 7, 9, 11)
_LAST = _TILES[-1]
_CHART = 2 * _TILE + _GUTTER
_CHART_ROWS = 18
# Letters of chart titles: a finding of some forty characters has one line.
_TITLE = 10
# The figures behind charts and sparklines: folded away to the right of the printed page.
_FIGURES = 14


def draw(page: Page, run: Run) -> None:
    """Tiles, four charts, five things to act on, a line about the data."""
    page.columns([20] + [_TILE, _GUTTER] * 5 + [_TILE])
    row = page.header(_LAST)
    figures = Figures(page)
    if lacking(_OF_SALES, run):
        _draw_standing(page, row, figures)
        return
    months = figures.months()
    _draw_tiles(page, row, months)
    row += 6
    top, below = row, row + _CHART_ROWS
    half = _CHART_ROWS * look.ROW_PIXELS - 8
    for chart, about, at, column in (
        (*_pareto(page, figures), top, _TILES[0]),
        (*_tiers(page, figures), top, _TILES[2]),
        (*(_stages(page, figures) if has_stages(run) else _revenue(page, months)), top, _TILES[4]),
        (*_churn(page, figures), below, _TILES[0]),
    ):
        page.place(chart, at, column, _CHART, half, about)
    last = _draw_things(page, below, things(page))
    _draw_note(page, last + 1)
    page.prints(last + 1, _LAST)


def _draw_standing(page: Page, row: int, figures: Figures) -> None:
    """The page of who sold nothing yet, or sells nothing: figures and charts of what there is."""
    for column, one in zip(_TILES, standing.figures(page), strict=False):
        title = page.label(f"tile_{one.name}" if f"tile_{one.name}" in labels() else one.name)
        change = share_of(one.now - one.before, abs(one.before)) if one.before else None
        if change is not None and change > look.MOST_CHANGE:
            change = None
        _draw_tile(page, row, column, title, one.now, one.kind, change, one.more_is_better, one.about)
        page.put(row + 3, column, one.about if change is not None else None, "tile", "small", "top", "indent")
    for at, height in enumerate((28, 36, 20, 20, 14), row):
        page.sheet.set_row_pixels(at, height)
    row += 5
    below, half = row + _CHART_ROWS, _CHART_ROWS * look.ROW_PIXELS - 8
    slots = ((row, _TILES[0]), (row, _TILES[2]), (row, _TILES[4]), (below, _TILES[0]))
    for bars, (at, column) in zip(standing.charts_of(page), slots, strict=False):
        page.place(_bars(page, figures, bars), at, column, _CHART, half, bars.title)
    last = _draw_things(page, below, standing.things_to_do(page))
    aside = sum(one.set_aside for one in page.run.problems)
    said = page.say(
        "Input rows set aside: {aside} (page {page}).", aside=f"{aside:,}", page=page.label("page_quality")
    )
    page.put(last + 1, 1, said, "small")
    page.prints(last + 1, _LAST)


def _bars(page: Page, figures: Figures, bars: standing.Bars) -> Chart:
    """One chart of one figure, names down the side or months along the foot."""
    block = figures.write(
        [Column(bars.heading), Column(bars.title, bars.kind)], [list(one) for one in bars.rows]
    )
    made = charts.chart(page, "bar" if bars.across else "column", title=bars.title, size=_TITLE)
    labelled = {"data_labels": charts.labelled(page, bars.kind)} if bars.across else {}
    made.add_series({
        "name": block.heading(1), "categories": block.column(0), "values": block.column(1), "gap": 55, **labelled,
        **charts.filled(look.ACCENT),
    })  # fmt: skip
    if bars.across:
        made.set_y_axis(charts.category_axis(page, reverse=True))
        made.set_x_axis(charts.value_axis(page, visible=False, min=0, major_gridlines={"visible": False}))
    else:
        made.set_x_axis(charts.category_axis(page))
        made.set_y_axis(charts.value_axis(page, min=0))
    return made


# Headline figures


@dataclass(frozen=True)
class Tile:
    """One headline figure."""

    name: str
    kind: str
    now: float | None
    before: float | None
    line: str
    more_is_better: bool = True


def headlines(run: Run) -> list[Tile]:
    """The six headline figures with the same figure of the previous window."""
    now = records(run.table("totals"))[0]
    before = records(run.previous.table("totals"))[0] if run.previous else {}

    def mean(totals: dict[str, Any]) -> float | None:
        return share_of(totals["value"], totals["valued"]) if totals else None

    return [
        Tile("customers", "count", now["customers"], before.get("customers"), "customers"),
        Tile("active", "count", now["active"], before.get("active"), "active"),
        Tile("revenue_recent", "short", now["revenue_recent"], before.get("revenue_recent"), "revenue"),
        Tile("mean_value", "count", mean(now), mean(before), "revenue_per_active"),
        Tile("at_risk", "count", now["flagged"], before.get("flagged"), "flagged_active", False),
        Tile("revenue_at_risk", "short", now["flagged_revenue_year"], before.get("flagged_revenue_year"), "flagged_revenue", False),
    ]  # fmt: skip


def _draw_tiles(page: Page, row: int, months: dict[str, tuple[list[Any], list[float]]]) -> None:
    for at, height in enumerate((28, 36, 20, 36, 24, 14), row):
        page.sheet.set_row_pixels(at, height)
    for column, tile in zip(_TILES, headlines(page.run), strict=True):
        known = page.label("no_comparison" if tile.before is None else "none_before")
        title, change = page.label(f"tile_{tile.name}"), _change(tile)
        if tile.before is not None and change is not None and change > look.MOST_CHANGE:
            known, change = page.say("before: {figure}", figure=page.short(tile.before)), None
        _draw_tile(page, row, column, title, tile.now, tile.kind, change, tile.more_is_better, known)
        page.fill(row + 3, column, column, "tile")
        line = charts.spark(page, *months[tile.line], look.ACCENT if tile.more_is_better else look.ALERT)
        about = page.say("Line of twelve months: {what}", what=page.label(f"line_{tile.line}"))
        page.place(line, row + 3, column, _TILE, 36, about)
        page.put(row + 4, column, page.label(f"line_{tile.line}"), "tile", "small", "top", "indent")


def _draw_tile(
    page: Page, row: int, column: int, title: str, now: float | None, kind: str, change: float | None, more_is_better: bool, about: str,
) -> None:  # fmt: skip
    """What it is, the figure, and below it the change; what it is about where there is none."""
    page.put(row, column, title, "tile", "tile_top", "muted", "indent")
    page.put(row + 1, column, now, "tile", kind, "figure", "indent")
    if change is None:
        page.put(row + 2, column, about, "tile", "small", "indent")
        return
    tone = (
        "muted" if abs(change) < look.LEAST_CHANGE else "good" if (change > 0) is more_is_better else "alert"
    )
    page.put(row + 2, column, change, "tile", "change", "left", "bold", tone, "indent")


def _change(tile: Tile) -> float | None:
    """Change as a share of the figure before; missing where there was nothing before."""
    if tile.before is None or tile.now is None:
        return None
    return 0.0 if tile.now == tile.before else share_of(tile.now - tile.before, abs(tile.before))


# Figures behind the charts


class Figures:
    """Writes the tables charts are drawn from, side by side in folded columns."""

    def __init__(self, page: Page) -> None:
        self.page, self.column = page, _FIGURES
        page.sheet.set_column_pixels(_LAST + 1, _FIGURES - 1, _GUTTER, page.style.of())
        page.put(4, _FIGURES, page.label("figures_behind"), "small")

    def write(self, columns: list[Column], rows: list[list[Any]]) -> Block:
        block = self.page.table(5, self.column, columns, rows, head_pixels=26)
        self.page.sheet.set_column(
            self.column, self.column + len(columns), 14, self.page.style.of(), {"hidden": True, "level": 1}
        )
        self.column += len(columns) + 1
        return block

    def months(self) -> dict[str, tuple[list[Any], list[float]]]:
        """Twelve months; returns the cells and figures of each line."""
        page, rows = self.page, records(self.page.run.table("months"))
        names = {
            "customers": "count", "active": "count", "revenue": "money", "revenue_per_active": "money",
            "flagged_active": "count", "flagged_revenue": "money",
        }  # fmt: skip
        cells = [
            [row["month_end"]]
            + [
                share_of(row["revenue"], row["active"]) or 0 if name == "revenue_per_active" else row[name]
                for name in names
            ]
            for row in rows
        ]
        block = self.write(
            [Column(page.label("month_end"), "date")]
            + [Column(page.label(f"line_{name}"), kind) for name, kind in names.items()],
            cells,
        )
        return {
            name: (block.column(at), [row[at] for row in cells])
            for at, name in enumerate(["month_end", *names])
        }


# Charts


def _pareto(page: Page, figures: Figures) -> tuple[Chart, str]:
    points = [[0.0, 0.0]] + [
        [row["customer_share"], row["revenue_share"]] for row in records(page.run.table("pareto"))
    ]
    fifth = _at(points, 0.2)
    curve = figures.write(
        [Column(page.label("share_of_customers"), "share"), Column(page.label("share_of_revenue"), "share")],
        points,
    )
    corner = figures.write(
        [Column(page.label("share_of_customers"), "share"), Column(page.label("share_of_revenue"), "share")],
        [[0.2, 0.0], [0.2, fifth], [0.0, fifth]],
    )
    title = (
        page.say("20% of customers bring {share} of revenue", share=page.share(fifth))
        if fifth
        else page.say("Nobody brings revenue yet")
    )
    made = charts.chart(page, "scatter", "straight", title=title, size=_TITLE)
    for block, line in (
        (corner, {"color": look.MUTED, "width": 1, "dash_type": "dash"}),
        (curve, {"color": look.ACCENT, "width": 2.5}),
    ):
        made.add_series({
            "name": page.label("pareto_curve" if block is curve else "pareto_fifth"),
            "categories": block.column(0), "values": block.column(1), "line": line, "marker": {"type": "none"},
        })  # fmt: skip
    ends = {"min": 0, "max": 1, "major_unit": 0.2}
    made.set_x_axis(charts.value_axis(
        page, "share0", **ends, name=page.label("share_of_customers_ranked"),
        name_font=charts.font(page, 9, look.MUTED), major_gridlines={"visible": False}, line={"color": look.LINE},
    ))  # fmt: skip
    made.set_y_axis(charts.value_axis(page, "share0", **ends))
    return made, title


def _at(points: list[list[float]], share: float) -> float:
    """The curve's height at a share of customers, between its points in a straight line."""
    for (left, low), (right, high) in itertools.pairwise(points):
        if right >= share:
            return low + (high - low) * ((share - left) / (right - left) if right > left else 1)
    return points[-1][1]


def _tiers(page: Page, figures: Figures) -> tuple[Chart, str]:
    rows = tiers(page.run)
    everyone = totals(rows, "customers", "revenue")
    customers, revenue = everyone["customers"], everyone["revenue"]
    block = figures.write(
        [
            Column(page.label("tier")),
            Column(page.label("share_of_customers"), "share"),
            Column(page.label("share_of_revenue"), "share"),
        ],
        [
            [
                page.word(row["tier"], "no_tier"),
                share_of(row["customers"], customers),
                share_of(row["revenue"], revenue),
            ]
            for row in rows
        ],
    )
    best = rows[0]
    title = page.say(
        "{tier}: {customers} of customers, {revenue} of revenue", tier=page.word(best["tier"], "no_tier"),
        customers=page.share(share_of(best["customers"], customers) or 0),
        revenue=page.share(share_of(best["revenue"], revenue) or 0),
    )  # fmt: skip
    made = charts.grouped(
        page, block, ((1, look.ACCENT_SOFT), (2, look.ACCENT)), title=title, kind="bar", size=_TITLE
    )
    return made, title


def has_stages(run: Run) -> bool:
    """Whether the rules place customers in the course of their life."""
    return (
        "stage" in run.customers.column_names and run.customers["stage"].null_count < run.customers.num_rows
    )


def _revenue(page: Page, months: dict[str, tuple[list[Any], list[float]]]) -> tuple[Chart, str]:
    """Where there are no stages: revenue of twelve months."""
    cells, revenue = months["revenue"]
    title = page.say("Revenue of twelve months: {revenue}", revenue=page.short(fsum(revenue)))
    made = charts.chart(page, "column", title=title, size=_TITLE)
    made.add_series({
        "name": page.label("line_revenue"), "categories": months["month_end"][0], "values": cells, "gap": 55,
        **charts.filled(look.ACCENT),
    })  # fmt: skip
    made.set_x_axis(charts.category_axis(page, text_axis=True, num_format="yyyy-mm", interval_unit=3))
    made.set_y_axis(charts.value_axis(page, min=0))
    return made, title


def _stages(page: Page, figures: Figures) -> tuple[Chart, str]:
    rows = stages(page.run)
    block = figures.write(
        [Column(page.label("stage")), Column(page.label("customers"), "count")],
        [[page.word(row["stage"], "no_stage"), row["customers"]] for row in rows],
    )
    largest = max(rows, key=lambda row: row["customers"])
    title = page.say(
        "Lifecycle: {share} of customers are in {stage}", stage=page.word(largest["stage"], "no_stage"),
        share=page.share(largest["customers"] / sum(row["customers"] for row in rows)),
    )  # fmt: skip
    made = charts.chart(page, "column", title=title, size=_TITLE)
    made.add_series({
        "name": block.heading(1), "categories": block.column(0), "values": block.column(1), "gap": 55,
        "data_labels": charts.labelled(page, "count"), **charts.filled(look.ACCENT),
    })  # fmt: skip
    made.set_x_axis(charts.category_axis(page))
    made.set_y_axis(charts.value_axis(page, visible=False, min=0, major_gridlines={"visible": False}))
    return made, title


def _churn(page: Page, figures: Figures) -> tuple[Chart, str]:
    levels = churn_names(page.run)
    found = records(page.run.table("levels_by_tier"))
    counts = {(row["tier"], row["churn_level"]): row["customers"] for row in found}
    present = [row["tier"] for row in tiers(page.run)]
    block = figures.write(
        [Column(page.label("tier")), *(Column(page.word(level), "count") for level in levels)],
        [
            [page.word(tier, "no_tier"), *(counts.get((tier, level), 0) for level in levels)]
            for tier in present
        ],
    )
    shares = {tier: _total(found, tier, "flagged") / _total(found, tier, "customers") for tier in present}
    worst = max(present, key=lambda tier: shares[tier])
    title = page.say(
        "Churn level by tier: {share} of {tier} at risk",
        share=page.share(shares[worst]),
        tier=page.word(worst, "no_tier"),
    )
    layers = [(block.heading(position), block.column(position)) for position in range(1, len(levels) + 1)]
    return charts.stacked(
        page, block.column(0), layers, look.alert_shades(len(levels)), title=title, size=_TITLE
    ), title


def _total(rows: list[dict[str, Any]], tier: str | None, name: str) -> float:
    return sum(row[name] for row in rows if row["tier"] == tier)


def _draw_things(page: Page, row: int, found: list[tuple[str, str]]) -> int:
    first = _TILES[2]
    page.sheet.set_row_pixels(row, 28)
    page.across(row, first, _LAST, page.label(f"things_{len(found)}"), "heading")
    # As high with one thing as with five: the chart beside them needs its room.
    for number in range(MOST):
        at = row + 1 + 2 * number
        page.sheet.set_row_pixels(at, 26)
        page.sheet.set_row_pixels(at + 1, 34)
        if number < len(found):
            what, why = found[number]
            page.across(at, first, _LAST, f"{number + 1}   {what}", "bold", "accent")
            page.across(at + 1, first, _LAST, why, "line", "wrap", "top")
    return row + 1 + 2 * MOST


def _draw_note(page: Page, row: int) -> None:
    problems = page.run.problems
    warnings, notes = (sum(one.level == level for one in problems) for level in ("warning", "note"))
    page.put(
        row, 1,
        page.say(
            "Change against the previous window of {days} days; lines show twelve months. Input rows set aside: {aside}; warnings {warnings}, notes {notes} (page {page}).",
            days=page.run.window_days, aside=f"{sum(one.set_aside for one in problems):,}", warnings=f"{warnings:,}",
            notes=f"{notes:,}", page=page.label("page_quality"),
        ),
        "small",
    )  # fmt: skip


SECTION = Section(
    "overview", ("transactions|readings|interactions|surveys|registers",), draw, order=10, landscape_pages=1
)
