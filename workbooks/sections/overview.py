"""The dashboard: headline figures, where revenue and risk sit, and what to do about it, on one landscape A4."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from workbooks import charts
from workbooks import style as look
from workbooks.page import Block, Column, Page, Section, keyed, records, share_of

if TYPE_CHECKING:
    from xlsxwriter.chart import Chart

    from tierbook.score import Run

# Six tiles with gutters between them; a chart is as wide as two tiles.
_TILE, _GUTTER = 170, 16
_TILES = (1, 3, 5, 7, 9, 11)
_LAST = _TILES[-1]
_CHART = 2 * _TILE + _GUTTER
_CHART_ROWS = 12
# The figures behind charts and sparklines: folded away to the right of the printed page.
_FIGURES = 14
_MOST_THINGS = 5


def draw(page: Page, run: Run) -> None:
    """Tiles, four charts, five things to act on, a line about the data."""
    page.columns([20] + [_TILE, _GUTTER] * 5 + [_TILE])
    row = page.header(_LAST)
    figures = Figures(page)
    months = figures.months()
    _draw_tiles(page, row, months)
    row += 6
    top, below = row, row + _CHART_ROWS
    half = _CHART_ROWS * look.ROW_PIXELS - 8
    for chart, about, at, column in (
        (*_pareto(page, figures), top, _TILES[0]),
        (*_tiers(page, figures), top, _TILES[2]),
        (*_stages(page, figures), top, _TILES[4]),
        (*_churn(page, figures), below, _TILES[0]),
    ):
        page.place(chart, at, column, _CHART, half, about)
    last = _draw_things(page, below)
    _draw_note(page, last)
    page.prints(last, _LAST)


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


def tiles(run: Run) -> list[Tile]:
    """The six headline figures with the same figure of the previous window."""
    now = records(run.table("totals"))[0]
    before = records(run.previous.table("totals"))[0] if run.previous else {}

    def mean(totals: dict[str, Any]) -> float | None:
        return share_of(totals["value"], totals["valued"]) if totals else None

    return [
        Tile("customers", "count", now["customers"], before.get("customers"), "customers"),
        Tile("active", "count", now["active"], before.get("active"), "active"),
        Tile("revenue_recent", "short", now["revenue_recent"], before.get("revenue_recent"), "revenue"),
        Tile("mean_value", "short", mean(now), mean(before), "revenue_per_active"),
        Tile("at_risk", "count", now["flagged"], before.get("flagged"), "flagged_active", False),
        Tile("revenue_at_risk", "short", now["flagged_revenue_year"], before.get("flagged_revenue_year"), "flagged_revenue", False),
    ]  # fmt: skip


def _draw_tiles(page: Page, row: int, months: dict[str, list[Any]]) -> None:
    for at, height in enumerate((26, 34, 20, 34, 22, 14), row):
        page.sheet.set_row_pixels(at, height)
    for column, tile in zip(_TILES, tiles(page.run), strict=True):
        page.put(row, column, page.label(f"tile_{tile.name}"), "tile", "tile_top", "muted", "indent")
        page.put(row + 1, column, tile.now, "tile", tile.kind, "figure", "indent")
        change = share_of((tile.now or 0) - tile.before, abs(tile.before)) if tile.before else None
        if change is None:
            page.put(row + 2, column, page.label("no_comparison"), "tile", "small", "indent")
        else:
            tone = "muted" if abs(change) < 0.0005 else "good" if (change > 0) is tile.more_is_better else "alert"
            page.put(row + 2, column, change, "tile", "change", "left", "bold", tone, "indent")
        page.fill(row + 3, column, column, "tile")
        page.sheet.add_sparkline(row + 3, column, {
            "range": months[tile.line], "series_color": look.ACCENT if tile.more_is_better else look.ALERT,
            "last_point": True, "last_color": look.ACCENT if tile.more_is_better else look.ALERT,
            "weight": 1.5, "show_hidden": True, "min": 0,
        })  # fmt: skip
        page.put(row + 4, column, page.label(f"line_{tile.line}"), "tile", "small", "indent", "top")


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

    def months(self) -> dict[str, list[Any]]:
        """Twelve months; returns the cell range of each line."""
        page, rows = self.page, records(self.page.run.table("months"))
        names = {
            "customers": "count", "active": "count", "revenue": "money", "revenue_per_active": "money",
            "flagged_active": "count", "flagged_revenue": "money",
        }  # fmt: skip
        cells = [
            [row["month_end"]]
            + [share_of(row["revenue"], row["active"]) or 0 if name == "revenue_per_active" else row[name] for name in names]
            for row in rows
        ]
        block = self.write(
            [Column(page.label("month_end"), "date")] + [Column(page.label(f"line_{name}"), kind) for name, kind in names.items()],
            cells,
        )
        return {name: _range(page, block.column(position)) for position, name in enumerate(names, 1)}


def _range(page: Page, cells: list[Any]) -> str:
    from xlsxwriter.utility import quote_sheetname, xl_range_abs

    return f"{quote_sheetname(cells[0])}!{xl_range_abs(*cells[1:])}"


# Charts


def _pareto(page: Page, figures: Figures) -> tuple[Chart, str]:
    points = [[0.0, 0.0]] + [[row["customer_share"], row["revenue_share"]] for row in records(page.run.table("pareto"))]
    fifth = _at(points, 0.2)
    curve = figures.write(
        [Column(page.label("share_of_customers"), "share"), Column(page.label("share_of_revenue"), "share")], points
    )
    corner = figures.write(
        [Column(page.label("share_of_customers"), "share"), Column(page.label("share_of_revenue"), "share")],
        [[0.2, 0.0], [0.2, fifth], [0.0, fifth]],
    )
    title = page.say("20% of customers bring {share} of revenue", share=page.share(fifth))
    made = charts.chart(page, "scatter", "straight", title=title)
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
    rows = keyed(records(page.run.table("tiers")), "tier", [level.name for level in page.run.pack.tiers.levels])
    customers, revenue = sum(row["customers"] for row in rows), sum(row["revenue"] for row in rows)
    block = figures.write(
        [Column(page.label("tier")), Column(page.label("share_of_customers"), "share"), Column(page.label("share_of_revenue"), "share")],
        [[page.word(row["tier"]), share_of(row["customers"], customers), share_of(row["revenue"], revenue)] for row in rows],
    )
    best = rows[0]
    title = page.say(
        "{tier}: {customers} of customers, {revenue} of revenue", tier=page.word(best["tier"]),
        customers=page.share(share_of(best["customers"], customers) or 0),
        revenue=page.share(share_of(best["revenue"], revenue) or 0),
    )  # fmt: skip
    made = charts.chart(page, "bar", title=title, legend=True)
    for position, colour in ((1, look.ACCENT_SOFT), (2, look.ACCENT)):
        made.add_series({
            "name": block.heading(position), "categories": block.column(0), "values": block.column(position), "gap": 60,
            "overlap": -5, "data_labels": charts.labelled(page, "share0"), **charts.filled(colour),
        })  # fmt: skip
    made.set_y_axis(charts.category_axis(page, reverse=True))
    made.set_x_axis(charts.value_axis(page, "share0", visible=False, min=0, major_gridlines={"visible": False}))
    return made, title


def _stages(page: Page, figures: Figures) -> tuple[Chart, str]:
    rows = keyed(records(page.run.table("stages")), "stage", [stage.name for stage in page.run.pack.stages])
    rows = lifecycle_order(rows)
    block = figures.write(
        [Column(page.label("stage")), Column(page.label("customers"), "count")],
        [[page.word(row["stage"]), row["customers"]] for row in rows],
    )
    largest = max(rows, key=lambda row: row["customers"])
    title = page.say(
        "Lifecycle: {share} of customers are in {stage}", stage=page.word(largest["stage"]),
        share=page.share(largest["customers"] / sum(row["customers"] for row in rows)),
    )  # fmt: skip
    made = charts.chart(page, "column", title=title)
    made.add_series({
        "name": block.heading(1), "categories": block.column(0), "values": block.column(1), "gap": 55,
        "data_labels": charts.labelled(page, "count"), **charts.filled(look.ACCENT),
    })  # fmt: skip
    made.set_x_axis(charts.category_axis(page))
    made.set_y_axis(charts.value_axis(page, visible=False, min=0, major_gridlines={"visible": False}))
    return made, title


_COURSE = ("introduction", "exploration", "growth", "formation", "maturity", "stability", "decline", "departed")


def lifecycle_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Stages in the course of a customer's life; the pack's order is that in which they are tried."""
    place = {name: position for position, name in enumerate(_COURSE)}
    return sorted(rows, key=lambda row: place.get(row["stage"], len(_COURSE)))


def _churn(page: Page, figures: Figures) -> tuple[Chart, str]:
    pack = page.run.pack
    tiers = [level.name for level in pack.tiers.levels]
    levels = [level.name for level in pack.churn.levels]
    found = records(page.run.table("levels_by_tier"))
    counts = {(row["tier"], row["churn_level"]): row["customers"] for row in found}
    present = [row["tier"] for row in keyed(({"tier": tier} for tier in {row["tier"] for row in found}), "tier", tiers)]
    block = figures.write(
        [Column(page.label("tier")), *(Column(page.word(level), "count") for level in levels)],
        [[page.word(tier), *(counts.get((tier, level), 0) for level in levels)] for tier in present],
    )
    best = [row for row in found if row["tier"] == present[0]]
    flagged, customers = sum(row["flagged"] for row in best), sum(row["customers"] for row in best)
    title = page.say(
        "Churn level by tier: {share} of {tier} at risk", share=page.share(flagged / customers), tier=page.word(present[0])
    )
    layers = [(block.heading(position), block.column(position)) for position in range(1, len(levels) + 1)]
    return charts.stacked(page, block.column(0), layers, look.alert_shades(len(levels)), title=title), title


# Things to act on


def things(page: Page) -> list[tuple[str, str]]:
    """Up to five things to act on, most urgent first: (what to do, why with numbers)."""
    return list(_all_things(page))[:_MOST_THINGS]


def _all_things(page: Page) -> Iterator[tuple[str, str]]:
    run, pack = page.run, page.run.pack
    tiers = [level.name for level in pack.tiers.levels]
    by_tier = {row["tier"]: row for row in records(run.table("tiers"))}
    at_risk = _flagged_by_tier(records(run.table("levels_by_tier")))
    earlier = page.date(run.as_of - timedelta(days=run.window_days))
    for tier in tiers:
        if (flagged := at_risk.get(tier)) and flagged["flagged"]:
            yield (
                page.say("Call the {tier} customers at risk", tier=page.word(tier)),
                page.say(
                    "{count} of {all} are flagged for churn; they paid {revenue} in the last twelve months.",
                    count=f"{flagged['flagged']:,}", all=f"{by_tier[tier]['customers']:,}",
                    revenue=page.short(flagged["revenue_year"]),
                ),
            )  # fmt: skip
            break
    place = {name: position for position, name in enumerate(tiers)}
    fallen = [
        row for row in records(run.table("tier_moves"))
        if row["before"] in place and place.get(row["now"], len(place)) > place[row["before"]]
    ]  # fmt: skip
    if fallen:
        yield (
            page.say("Ask why customers fell to a lower tier"),
            page.say(
                "{count} customers stand lower than on {day}; their value is {value}.",
                count=f"{sum(row['customers'] for row in fallen):,}", day=earlier,
                value=page.short(sum(row["value"] for row in fallen)),
            ),
        )  # fmt: skip
    signals = [row for row in records(run.table("signals")) if row["customers"]]
    if signals:
        strongest = max(signals, key=lambda row: row["revenue_year"])
        yield (
            page.say("Work on the costliest warning sign"),
            page.say(
                "“{signal}” holds for {count} customers, who paid {revenue} in the last twelve months.",
                signal=signal_words(page, strongest["signal"]), count=f"{strongest['customers']:,}",
                revenue=page.short(strongest["revenue_year"]),
            ),
        )  # fmt: skip
    classes = {row["class"]: row for row in records(run.table("classes"))}
    if "A" in classes and classes["A"]["customers"] > classes["A"]["active"]:
        best, everyone = classes["A"], sum(row["customers"] for row in classes.values())
        yield (
            page.say("Win back who carries the revenue"),
            page.say(
                "{count} customers ({share}) bring 80% of revenue; {quiet} of them bought nothing in the window.",
                count=f"{best['customers']:,}", share=page.share(best["customers"] / everyone),
                quiet=f"{best['customers'] - best['active']:,}",
            ),
        )  # fmt: skip
    totals = records(run.table("totals"))[0]
    if totals["new_customers"]:
        yield (
            page.say("Turn first purchases into second ones"),
            page.say(
                "{count} customers bought for the first time in the last {days} days.",
                count=f"{totals['new_customers']:,}", days=run.window_days,
            ),
        )  # fmt: skip
    if totals["customers"] > totals["buyers"]:
        yield (
            page.say("Approach who has not bought yet"),
            page.say("{count} customers are on file without a purchase.", count=f"{totals['customers'] - totals['buyers']:,}"),
        )


def _flagged_by_tier(rows: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    summed: dict[str, dict[str, float]] = {}
    for row in rows:
        if row["flagged"]:
            entry = summed.setdefault(row["tier"], {"flagged": 0, "revenue_year": 0.0})
            entry["flagged"] += row["flagged"]
            entry["revenue_year"] += row["revenue_year"]
    return summed


def signal_words(page: Page, name: str) -> str:
    """A churn signal in words, without one customer's figures."""
    import re

    said = re.sub(r"\{[^{}]*\}", "…", page.word(name))
    return said[:1].upper() + said[1:]


def _draw_things(page: Page, row: int) -> int:
    first = _TILES[2]
    found = things(page)
    page.sheet.set_row_pixels(row, 28)
    page.across(row, first, _LAST, page.label(f"things_{len(found)}"), "heading")
    row += 1
    for number, (what, why) in enumerate(found, 1):
        page.across(row, first, _LAST, f"{number}   {what}", "bold", "accent")
        page.across(row + 1, first, _LAST, why, "wrap", "line", "indent")
        page.sheet.set_row_pixels(row + 1, 22)
        row += 2
    return row + 2 * (_MOST_THINGS - len(found))


def _draw_note(page: Page, row: int) -> None:
    counts = {level: sum(one.count for one in page.run.problems if one.level == level) for level in ("error", "warning", "note")}
    page.put(
        row, 1,
        page.say(
            "Change against the previous window of {days} days; lines show twelve months. Input rows with a problem: {errors} set aside, {warnings} with a warning, {notes} with a note (page {audit}).",
            days=page.run.window_days, errors=f"{counts['error']:,}", warnings=f"{counts['warning']:,}",
            notes=f"{counts['note']:,}", audit=page.label("page_audit"),
        ),
        "small",
    )  # fmt: skip


SECTION = Section(
    "overview", ("transactions", "value", "tier", "stage", "churn_level"), draw, order=10, landscape_pages=1
)
