"""One customer at a glance: pick an id, and formulas look everything up in the Customers page and redraw the charts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from workbooks import charts
from workbooks import style as look
from workbooks.customer_table import CustomerTable, Field, customer_table
from workbooks.page import Block, Page, Section, clean

if TYPE_CHECKING:
    from tierbook.run import Run

_LAST = 7
_ID_ROW, _ID = 6, "$C$7"
# The row of the customer in the table, in a folded column; every formula on the page starts from it.
_PLACE_COLUMN, _PLACE = 9, "$J$7"
_LISTED = 1_000
_WHO = ("name", "region", "tier", "stage", "churn_level", "action", "positions", "last_date")
_FIGURES = ("value", "total_spend", "orders", "churn_score")
_UNKNOWN = "–"
_CHART_ROWS = 15
_EPOCH = date(1899, 12, 30)


def draw(page: Page, run: Run) -> None:
    """The cell to pick in, what is known, figures beside the mean of the tier, two charts."""
    table = customer_table(page, run)
    page.columns([20, 150, 260, 24, 210, 130, 130, 130])
    page.header(_LAST)
    _draw_choice(page, table)
    row = _draw_who(page, table)
    names = [*_FIGURES, *(f"value.{part}" for part in run.pack.value_parts)]
    shown = [field for name in names if (field := table.field(name))]
    block = _draw_figures(page, table, shown)
    row = _draw_reasons(page, table, max(row, block.after) + 1)
    _draw_charts(page, row, block, shown)
    page.prints(row + _CHART_ROWS, _LAST)
    page.sheet.set_column(_PLACE_COLUMN, _PLACE_COLUMN, 10, page.style.of(), {"hidden": True, "level": 1})
    page.sheet.protect("", {"format_columns": True, "format_rows": True})


def _draw_choice(page: Page, table: CustomerTable) -> None:
    sheet, ids, places = page.sheet, table.fields[0].cells, table.range("customer_id")
    sheet.set_row_pixels(_ID_ROW, 28)
    page.put(_ID_ROW, 1, page.label("customer_id"), "bold", "accent")
    page.put(_ID_ROW, 2, ids[0].as_py(), "text", "indent", "input")
    sheet.data_validation(_ID_ROW, 2, _ID_ROW, 2, {
        "validate": "list", "source": f"={table.range('customer_id', _LISTED)}", "show_error": False,
        "input_message": page.say("Pick from the list or type any customer ID of the report."),
    })  # fmt: skip
    # MATCH reads ?, * and ~ as patterns; in an id they are letters.
    wanted = f'SUBSTITUTE(SUBSTITUTE(SUBSTITUTE({_ID},"~","~~"),"*","~*"),"?","~?")'
    sheet.write_formula(
        _ID_ROW, _PLACE_COLUMN, f"=IFERROR(MATCH({wanted},{places},0),0)", page.style.of("muted"), 1
    )
    said = page.say("No customer of this report has this ID.").replace('"', '""')
    sheet.write_formula(
        _ID_ROW, 4, f'=IF({_PLACE}=0,"{said}","")', page.style.of("alert", "bold"), ""
    )  # fmt: skip


def _draw_who(page: Page, table: CustomerTable) -> int:
    row = page.heading(_ID_ROW + 2, 1, page.label("who"))
    for name in _WHO:
        if field := table.field(name):
            page.put(row, 1, field.title, "line", "cell", "muted")
            _look_up(page, row, 2, table, field, "line", "cell", field.kind, "bold")
            row += 1
    return row


def _draw_figures(page: Page, table: CustomerTable, shown: Sequence[Field]) -> Block:
    """Figure, this customer, mean of the tier, and one as a share of the other."""
    row = page.heading(_ID_ROW + 2, 4, page.label("beside_the_tier"))
    page.sheet.set_row_pixels(row, 32)
    for position, name in enumerate(("figure", "this_customer", "mean_of_tier", "share_of_mean")):
        page.put(row, 4 + position, page.label(name), "head", *(("right",) if position else ()))
    tier = table.range("tier")
    for at, field in enumerate(shown, row + 1):
        kind = field.kind if field.name in ("orders", "churn_score") else "money"
        form = page.style.of("line", "cell", kind, "shrink")
        page.put(at, 4, field.title, "line", "cell")
        own = _look_up(page, at, 5, table, field, "line", "cell", kind, "shrink")
        mean = _mean_of_tier(table, field)
        alike = f"AVERAGEIFS({table.range(field.name)},{tier},INDEX({tier},{_PLACE}))"
        page.sheet.write_formula(at, 6, f'=IF({_PLACE}=0,"",IFERROR({alike},""))', form, _or_blank(mean))
        share = own / mean if isinstance(own, float | int) and mean is not None and mean > 0 else None
        ours, theirs = f"F{at + 1}", f"G{at + 1}"
        page.sheet.write_formula(
            at, 7, f'=IF(AND(ISNUMBER({ours}),ISNUMBER({theirs})),IF({theirs}>0,{ours}/{theirs},""),"")',
            page.style.of("line", "cell", "share0"), _or_blank(share),
        )  # fmt: skip
    return Block(page.sheet.get_name(), row + 1, row + len(shown), 4)


def _draw_reasons(page: Page, table: CustomerTable, row: int) -> int:
    """Why the customer may leave, as one line over the page; returns the next row."""
    if reasons := table.field("reasons"):
        page.put(row, 1, reasons.title, "line", "cell", "muted")
        page.sheet.merge_range(row, 2, row, _LAST, "", page.style.of("line", "cell"))
        _look_up(page, row, 2, table, reasons, "line", "cell")
        row += 1
    return row + 1


def _draw_charts(page: Page, row: int, block: Block, shown: Sequence[Field]) -> None:
    import pyarrow.compute as pc

    parts = [at for at, field in enumerate(shown) if field.name.startswith("value.")]
    width, height = 566, _CHART_ROWS * look.ROW_PIXELS - 8
    title = page.say("Value by part: this customer and the mean of the tier")
    made = charts.chart(page, "bar", title=title, legend=True)
    rows = block.first + parts[0], block.first + parts[-1]
    for column, colour in ((5, look.ACCENT), (6, look.ACCENT_SOFT)):
        made.add_series({
            "name": block.heading(column - 4), "categories": [block.sheet, rows[0], 4, rows[1], 4],
            "values": [block.sheet, rows[0], column, rows[1], column], "gap": 50, "overlap": -5, **charts.filled(colour),
        })  # fmt: skip
    made.set_y_axis(charts.category_axis(page, reverse=True, label_position="low"))
    # Of short figures, LibreOffice forgets the sign.
    ends = [pc.min_max(field.cells).as_py() for field in shown if field.name.startswith("value.")]
    signed = "thousands" if max(_size(end) for end in ends) >= look.LONG else "count"
    below = any((end["min"] or 0) < 0 for end in ends)
    made.set_x_axis(charts.value_axis(page, signed if below else "axis", label_position="high"))
    page.place(made, row, 1, width - 120, height, title)
    title = page.say("Share of the mean of the tier")
    made = charts.chart(page, "bar", title=title)
    last = block.first + parts[0] - 1
    made.add_series({
        "name": block.heading(3), "categories": [block.sheet, block.first, 4, last, 4],
        "values": [block.sheet, block.first, 7, last, 7], "gap": 60, "data_labels": charts.labelled(page, "share0"),
        **charts.filled(look.ACCENT),
    })  # fmt: skip
    made.set_y_axis(charts.category_axis(page, reverse=True, label_position="low"))
    made.set_x_axis(
        charts.value_axis(page, "share0", visible=False, min=0, major_gridlines={"visible": False})
    )
    page.place(made, row, 4, width + 34, height, title)


def _size(ends: dict[str, Any]) -> float:
    """The largest figure of a column, whatever its sign."""
    return max(abs(ends["min"] or 0), abs(ends["max"] or 0))


def _look_up(page: Page, row: int, column: int, table: CustomerTable, field: Field, *pieces: str) -> Any:
    """Write the formula that fetches a column of the chosen customer; returns what it shows at first."""
    found = f"INDEX({table.range(field.name)},{_PLACE})"
    value = _cached(field)
    shown = (value - _EPOCH).days if isinstance(value, date) else value
    page.sheet.write_formula(
        row, column, f'=IF({_PLACE}=0,"",IF({found}="","{_UNKNOWN}",{found}))', page.style.of(*pieces),
        _UNKNOWN if shown is None else shown,
    )  # fmt: skip
    return value


def _cached(field: Field) -> Any:
    """The cell of the first customer, as the Customers page shows it."""
    value = field.cells[0].as_py()
    if isinstance(value, str):
        return clean(value) or None
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _mean_of_tier(table: CustomerTable, field: Field) -> float | None:
    """Mean of a figure over the customers of the first one's tier; missing figures do not count."""
    tier = table.field("tier")
    first = tier.cells[0].as_py() if tier else None
    if tier is None or not first:
        return None
    import pyarrow.compute as pc

    cells = field.cells.filter(pc.equal(tier.cells, first)).to_numpy().astype(float)
    known = cells[np.isfinite(cells)]
    return float(known.mean()) if len(known) else None


def _or_blank(figure: float | None) -> float | str:
    return "" if figure is None else figure


SECTION = Section("customer_360", ("transactions", "value", "tier"), draw, order=21, landscape_pages=1)
