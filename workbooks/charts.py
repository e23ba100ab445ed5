"""Charts as we draw them: no frame, light grid, one colour, short axis numbers, a title that says something."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from workbooks import style as look
from workbooks.page import Block, Page

if TYPE_CHECKING:
    from xlsxwriter.chart import Chart


def chart(
    page: Page, kind: str, subtype: str | None = None, *, title: str, legend: bool = False, size: int = 11
) -> Chart:
    """An empty chart in the report's looks; `kind` and `subtype` are XlsxWriter's, `size` that of the title's letters."""
    options = {"type": kind} | ({"subtype": subtype} if subtype else {})
    made = page.style.book.add_chart(options)
    made.set_title({
        "name": title, "overlay": False, "layout": {"x": 0.02, "y": 0.03},
        "name_font": font(page, size, look.INK, bold=True),
    })  # fmt: skip
    made.set_chartarea({"border": {"none": True}, "fill": {"color": look.WHITE}})
    made.set_plotarea({"border": {"none": True}, "fill": {"none": True}})
    made.show_hidden_data()
    if legend:
        made.set_legend({"position": "bottom", "font": font(page, 9, look.MUTED)})
    else:
        made.set_legend({"none": True})
    return made


def font(page: Page, size: float, colour: str, *, bold: bool = False) -> dict[str, Any]:
    """A chart font."""
    return {"name": page.style.font, "size": size, "color": colour, "bold": bold}


def category_axis(page: Page, **more: Any) -> dict[str, Any]:
    """An axis of names."""
    return {
        "num_font": font(page, 9, look.INK), "line": {"color": look.LINE}, "major_tick_mark": "none",
        "minor_tick_mark": "none", "major_gridlines": {"visible": False},
    } | more  # fmt: skip


def value_axis(page: Page, number: str = "axis", **more: Any) -> dict[str, Any]:
    """An axis of figures, with short numbers and a light grid."""
    return {
        "num_font": font(page, 9, look.MUTED), "num_format": page.style.number(number), "line": {"none": True},
        "major_tick_mark": "none", "minor_tick_mark": "none",
        "major_gridlines": {"visible": True, "line": {"color": "#E4E9ED", "width": 0.75}},
    } | more  # fmt: skip


def whole(most: float) -> dict[str, Any]:
    """Bounds of an axis of shares: one that comes near the whole would end at 120 %, one of noughts anywhere."""
    return {"max": 1} if most > 0.8 else {} if most > 0 else {"max": 0.1}


def filled(colour: str) -> dict[str, Any]:
    """Colour of bars: a thin white edge keeps neighbours apart for who sees no hues."""
    return {"fill": {"color": colour}, "border": {"color": look.WHITE, "width": 0.75}}


def spark(page: Page, cells: Sequence[Any], values: Sequence[float], colour: str) -> Chart:
    """A line the height of a word.

    A small chart and not Excel's own sparkline, because LibreOffice prints sparklines as a dot.
    """
    made = page.style.book.add_chart({"type": "line"})
    made.add_series({"values": cells, "line": {"color": colour, "width": 1.75}, "marker": {"type": "none"}})
    made.set_title({"none": True})
    made.set_legend({"none": True})
    # The line uses its height for what varies; a figure that comes near nothing is shown against nothing.
    low, high = min(values), max(values)
    room = (high - low) * 0.15 or 1
    ends = {"min": 0 if low >= 0 and low < high / 3 else low - room, "max": high + room}
    made.set_x_axis({"visible": False, "major_gridlines": {"visible": False}})
    made.set_y_axis({"visible": False, "major_gridlines": {"visible": False}, **ends})
    made.set_chartarea({"border": {"none": True}, "fill": {"none": True}})
    made.set_plotarea({
        "border": {"none": True}, "fill": {"none": True}, "layout": {"x": 0.06, "y": 0.12, "width": 0.88, "height": 0.76},
    })  # fmt: skip
    made.show_hidden_data()
    return made


def grouped(
    page: Page, block: Block, series: Sequence[tuple[int, str]], *, title: str, number: str = "share0",
    kind: Literal["column", "bar"] = "column", gap: int = 60, legend: bool = True, size: int = 11,
) -> Chart:  # fmt: skip
    """Columns or bars side by side for each row of a table; `series` are (column of the table, colour).

    The figures at their ends stand for the axis. `gap` is the room between rows. [% of the width of a bar]
    """
    made = chart(page, kind, title=title, legend=legend, size=size)
    for position, colour in series:
        made.add_series({
            "name": block.heading(position), "categories": block.column(0), "values": block.column(position), "gap": gap,
            "overlap": -5, "data_labels": labelled(page, number), **filled(colour),
        })  # fmt: skip
    figures = value_axis(page, number, visible=False, min=0, major_gridlines={"visible": False})
    if kind == "column":
        made.set_x_axis(category_axis(page))
        made.set_y_axis(figures)
    else:
        # Reversed so that the first row is on top.
        made.set_y_axis(category_axis(page, reverse=True))
        made.set_x_axis(figures)
    return made


def stacked(
    page: Page, categories: Sequence[Any], layers: Sequence[tuple[Sequence[Any], Sequence[Any]]], colours: Sequence[str],
    *, title: str, size: int = 11,
) -> Chart:  # fmt: skip
    """Horizontal bars of shares that make up the whole; `layers` are (heading cell, value cells)."""
    made = chart(page, "bar", "percent_stacked", title=title, legend=True, size=size)
    for (name, values), colour in zip(layers, colours, strict=True):
        made.add_series(
            {"name": name, "categories": categories, "values": values, "gap": 45, **filled(colour)}
        )
    # Reversed so that the best tier is on top; the figures then stand at the far end, which is the bottom.
    made.set_y_axis(category_axis(page, reverse=True))
    made.set_x_axis(value_axis(page, "share0", label_position="high", min=0, max=1, major_unit=0.25))
    return made


def labelled(page: Page, number: str) -> dict[str, Any]:
    """Figures written at the end of each bar."""
    shown = page.style.number(number)
    # A bar of no length needs no figure.
    shown = f"{shown};;" if ";" not in shown else shown
    return {"value": True, "num_format": shown, "font": font(page, 9, look.INK)}
