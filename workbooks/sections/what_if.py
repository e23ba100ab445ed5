"""What if the thresholds were others: cells to change, and formulas that count customers and revenue again.

Below the page, in folded columns, stands one row per customer with what the rules look at; SUMPRODUCT over these rows
decides tiers and churn levels as `tierbook.scorer` does. Conditions that Excel cannot say stand there as 1 and 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tierbook.arrow import arrays
from tierbook.levels import places, within_top_of_value
from tierbook.scorer import Scorer
from workbooks import charts
from workbooks import style as look
from workbooks.advice import signal_words
from workbooks.blocks import figure_kind, unit_words
from workbooks.gate.cells import letters
from workbooks.long_tables import write_rows
from workbooks.native import native
from workbooks.page import Block, Page, Section

if TYPE_CHECKING:
    from xlsxwriter.chart import Chart

    from tierbook.rulepack.expression import Expression
    from tierbook.rulepack.pack import CompiledFlag
    from tierbook.run import Run

# Excel's 1,048,576 rows less the page above the customers.
MOST_ROWS = 1_048_000
_LAST = 9
_DATA_ROW, _DATA_LEFT = 200, 12
_CHART_ROWS = 15
_HEADS = (
    "in_the_rules", "your_figure", "customers_now", "customers_then", "customers_change", "revenue_now", "revenue_then",
    "revenue_change",
)  # fmt: skip


class Data:
    """The rows of customers below the page: columns are added while the page is drawn and written at its end."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.revenue = np.nan_to_num(run.customers["total_spend"].to_numpy().astype(float))
        self.columns: list[NDArray[Any]] = []
        self.revenue_cells = self.add(self.revenue)

    def add(self, column: NDArray[Any]) -> str:
        """The range in which the column will stand."""
        self.columns.append(column)
        name = letters(_DATA_LEFT + len(self.columns))
        return f"${name}${_DATA_ROW + 1}:${name}${_DATA_ROW + len(column)}"

    def write(self, page: Page) -> None:
        import pyarrow as pa

        table = pa.table(
            [pa.array(column, from_pandas=True) for column in self.columns],
            names=[str(at) for at in range(len(self.columns))],
        )
        forms = [page.style.of("plain")] * len(self.columns)
        write_rows(page.style, page.sheet, _DATA_ROW, _DATA_LEFT, table, forms)
        page.sheet.set_column(
            _DATA_LEFT, _DATA_LEFT + len(self.columns) - 1, 10, page.style.of(), {"hidden": True, "level": 1}
        )


@dataclass(frozen=True)
class Level:
    """A level on the page: its name, the figure to move (None: none) and kind of it, its rows now and in Excel."""

    name: str
    figure: float | None
    kind: str
    here: NDArray[np.bool_]
    condition: str


def draw(page: Page, run: Run) -> None:
    """Tiers, warning signs and churn levels with a cell to change for each threshold, and two charts."""
    page.columns([20, 250, *([104] * 8)])
    row = page.header(_LAST)
    if run.customers.num_rows > MOST_ROWS:
        page.put(
            row, 1, page.say("There are more customers than a sheet holds, so nothing is calculated here.")
        )
        page.prints(row, _LAST)
        return
    page.put(row, 1, page.say("Change the boxed cells: the figures beside them follow at once."), "bold")
    said = page.say("The rules stay as they are; to keep a change, write it into the rule pack.")
    page.put(row + 1, 1, said, "small")
    data, scorer = Data(run), _scorer(run)
    row, tiers = _draw_tiers(page, scorer, data, row + 3)
    row, levels = _draw_churn(page, scorer, data, row)
    titles = page.say("Customers by tier, now and then"), page.say("Customers by churn level, now and then")
    drawn = [(block, title) for block, title in zip((tiers, levels), titles, strict=True) if block]
    for at, (block, title) in enumerate(drawn):
        height = _CHART_ROWS * look.ROW_PIXELS - 8
        page.place(_chart(page, block, title), row, 1 + 4 * at, 520, height, title, shift=20 * at)
    data.write(page)
    page.prints(row + _CHART_ROWS, _LAST)
    page.sheet.protect("", {"format_columns": True, "format_rows": True})


# Tiers


def _draw_tiers(page: Page, scorer: Scorer, data: Data, row: int) -> tuple[int, Block | None]:
    tiers = scorer.pack.tiers
    if tiers is None or not all(level.name for level in tiers.levels):
        return row, None
    ranked = np.round(
        np.broadcast_to(tiers.rank_by.evaluate(_named(scorer, tiers.rank_by)), scorer.length), 6
    )
    known = ~np.isnan(ranked)
    rank = np.full(len(ranked), np.nan)
    rank[np.argsort(-ranked, kind="stable")[: known.sum()]] = np.arange(1, known.sum() + 1)
    ranks, values = data.add(rank), data.add(ranked)
    levels: list[Level] = []
    free, before = known.copy(), f"({ranks}>0)"
    for at, level in enumerate(tiers.levels, row + 2):
        cell, others, here, condition = f"$D${at + 1}", known.copy(), known.copy(), ""
        constant = scorer.profile.constant
        figure, kind = None, "plain"
        if level.top is not None:
            figure, kind = constant(level.top), "share"
            here &= rank <= places(int(known.sum()), figure)
            condition = f"*({ranks}<=ROUND(ROUND({known.sum()}*{cell},9),0))"
        if level.start is not None and figure is None:
            figure = constant(level.start)
            kind = figure_kind(figure)
            here &= ranked >= figure
            condition = f"*({values}>={cell})"
        elif level.start is not None:
            others &= ranked >= constant(level.start)
        if level.top_of_value is not None:
            others &= within_top_of_value(ranked, constant(level.top_of_value), ids=scorer.ids)
        if level.when is not None:
            others &= level.when.holds(_named(scorer, level.when))
        if not others[known].all():
            condition += f"*({data.add(others.astype(float))}=1)"
        here &= others
        levels.append(Level(page.word(level.name), figure, kind, here & free, before + condition))
        # Who is here is in none of the levels that follow.
        before += f"*(1-(1{condition}))"
        free &= ~here
    if (left := free | ~known).any():
        levels.append(Level(page.label("no_tier"), None, "plain", left, f'(({ranks}="")+({before})>0)'))
    return _draw_levels(page, row, page.label("what_if_tiers"), levels, data)


# Churn


def _draw_churn(page: Page, scorer: Scorer, data: Data, row: int) -> tuple[int, Block | None]:
    churn = scorer.pack.churn
    if churn is None or not all(
        level.name
        and (level.start or level.otherwise)
        and not (level.when or level.top or level.top_of_value)
        for level in churn.levels
    ):
        return row, None
    row, score = _draw_signals(page, scorer, data, row, churn.signals)
    reached = scorer.churn_score()
    free = np.ones(scorer.length, dtype=bool)
    levels: list[Level] = []
    floors: list[str] = []
    for at, level in enumerate(churn.levels, row + 2):
        figure = None if level.start is None else scorer.profile.constant(level.start)
        here = free if figure is None else free & (reached >= figure)
        conditions = [f"({score}<MIN({','.join(floors)}))"] if floors else []
        if figure is not None:
            floors.append(f"$D${at + 1}")
            conditions.append(f"({score}>={floors[-1]})")
        levels.append(
            Level(page.word(level.name), figure, "plain", here, "*".join(conditions) or f"({score}>=0)")
        )
        free = free & ~here
    if free.any():
        levels.append(
            Level(page.label("no_level"), None, "plain", free, f"({score}<MIN({','.join(floors)}))")
        )
    return _draw_levels(page, row, page.label("what_if_levels"), levels, data)


def _draw_signals(
    page: Page, scorer: Scorer, data: Data, row: int, signals: Sequence[CompiledFlag]
) -> tuple[int, str]:
    """Points of the signals and the thresholds in them; returns the next row and the score of each row in Excel."""
    known = scorer.profile.thresholds
    row = page.heading(row, 1, page.label("what_if_signals"))
    for position, name in enumerate(("figure", "in_the_rules", "your_figure", "unit"), 1):
        page.put(row, position, page.label(name), "head", *(("right",) if position in (2, 3) else ()))
    page.fill(row, 5, _LAST, "head")
    first = row + 1
    # Columns of numbers may stand below the page, whichever they are.
    numbers = {
        name: "A1" for name, kind in scorer.pack.types.items() if kind == "number" and name not in known
    }
    plain = [one for one in signals if native(one.when.tree, numbers, dict.fromkeys(known, "A1")) is not None]
    named = sorted(
        {name for signal in plain for name in signal.when.names if name in known}, key=[*known].index
    )
    cells = {name: f"$D${first + len(signals) + at + 1}" for at, name in enumerate(named)}
    ranges: dict[str, str] = {}
    terms = []
    for at, signal in enumerate(signals, first):
        if signal in plain:
            for name in sorted(signal.when.names - known.keys() - ranges.keys()):
                ranges[name] = data.add(np.broadcast_to(scorer[name], scorer.length).astype(float))
            fires = native(signal.when.tree, ranges, cells)
        else:
            fires = f"({data.add(_fires(scorer, signal).astype(float))}=1)"
        terms.append(f"$D${at + 1}*{fires}")
        title = page.label("colon").join((page.label("points_of"), signal_words(page, signal.reason)))
        _draw_input(page, at, title, signal.points, "plain", page.label("points"), 100)
    for at, name in enumerate(named, first + len(signals)):
        unit = scorer.pack.thresholds[name].unit
        kind = figure_kind(known[name], unit)
        _draw_input(page, at, page.word(name), known[name], kind, unit_words(page, unit))
    return first + len(signals) + len(named) + 1, f"({'+'.join(terms) or '0'})"


def _draw_input(
    page: Page, row: int, title: str, figure: float, kind: str, unit: str, most: float | None = None
) -> None:
    page.put(row, 1, title, "line", "cell", "shrink")
    page.put(row, 2, figure, "line", "cell", kind)
    page.put(row, 3, figure, "line", "cell", kind, "input")
    page.put(row, 4, unit, "line", "cell", "muted")
    page.fill(row, 5, _LAST, "line")
    _accept(page, row, most)


def _accept(page: Page, row: int, most: float | None) -> None:
    """Numbers only; where the rules know bounds, within them."""
    between = {"criteria": "between", "minimum": 0, "maximum": most}
    page.sheet.data_validation(row, 3, row, 3, {
        "validate": "decimal", **(between if most else {"criteria": ">=", "value": -1e12}),
        "error_title": page.label("your_figure"), "error_message": page.say("Type a number that the rules can hold."),
    })  # fmt: skip


# Levels


def _draw_levels(
    page: Page, row: int, title: str, levels: Sequence[Level], data: Data
) -> tuple[int, Block | None]:
    """A row per level: figure of the rules, figure to change, customers and revenue now and then, the change."""
    row = page.heading(row, 1, title)
    page.sheet.set_row_pixels(row, 32)
    page.put(row, 1, page.label("level"), "head")
    for position, name in enumerate(_HEADS, 2):
        page.put(row, position, page.label(name), "head", "right")
    first, total = row + 1, row + 1 + len(levels)
    for at, level in enumerate(levels, first):
        page.put(at, 1, level.name, "line", "cell", "bold")
        page.put(at, 2, level.figure, "line", "cell", level.kind)
        if level.figure is not None:
            page.put(at, 3, level.figure, "line", "cell", level.kind, "input")
            _accept(page, at, 1 if level.kind == "share" else None)
        else:
            page.fill(at, 3, 3, "line")
        revenue = fsum(data.revenue[level.here].tolist())
        _draw_change(page, at, 4, int(level.here.sum()), f"=SUMPRODUCT({level.condition}*1)", "count")
        _draw_change(page, at, 7, revenue, f"=SUMPRODUCT({level.condition}*{data.revenue_cells})", "money")
    page.put(total, 1, page.label("total"), "total", "cell")
    page.fill(total, 2, 3, "total")
    for column, figure, kind in ((4, len(data.revenue), "count"), (7, fsum(data.revenue.tolist()), "money")):
        letter = letters(column + 2)
        _draw_change(page, total, column, figure, f"=SUM({letter}{first + 1}:{letter}{total})", kind, "total")
    return total + 2, Block(page.sheet.get_name(), first, total - 1, 1)


def _draw_change(
    page: Page, row: int, column: int, figure: float, formula: str, kind: str, piece: str = "line"
) -> None:
    """Now, then by formula, and the change as a share."""
    page.put(row, column, figure, piece, "cell", kind)
    page.sheet.write_formula(row, column + 1, formula, page.style.of(piece, "cell", kind, "shrink"), figure)
    now, then = f"{letters(column + 1)}{row + 1}", f"{letters(column + 2)}{row + 1}"
    # The last bits of two sums differ with their order; half a cent is no change.
    change = f'=IF(ABS({then}-{now})<0.005,0,IF({now}=0,"",{then}/{now}-1))'
    page.sheet.write_formula(row, column + 2, change, page.style.of(piece, "cell", "change"), 0)


def _chart(page: Page, block: Block, title: str) -> Chart:
    return charts.grouped(page, block, ((3, look.ACCENT_SOFT), (4, look.ACCENT)), title=title, number="count")


def _scorer(run: Run) -> Scorer:
    columns = arrays(run.customers)
    return Scorer(run.pack, columns, profile=run.profile, ids=columns["customer_id"])


def _named(scorer: Scorer, expression: Expression) -> dict[str, Any]:
    return {name: scorer[name] for name in expression.names}


def _fires(scorer: Scorer, signal: CompiledFlag) -> NDArray[np.bool_]:
    return np.broadcast_to(signal.when.holds(_named(scorer, signal.when)), scorer.length)


SECTION = Section(
    "what_if", ("transactions", "value", "tier", "churn_level"), draw, order=96, landscape_pages=1
)
