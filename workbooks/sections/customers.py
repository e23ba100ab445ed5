"""Every scored customer in one Excel table with filters, the most valuable first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workbooks import style as look
from workbooks.customer_table import HEAD, LEFT, Field, customer_table
from workbooks.long_tables import write_rows
from workbooks.page import Page, Section

if TYPE_CHECKING:
    from tierbook.run import Run

# Widths of columns: what a cell keeps free, what the filter's arrow takes, and bounds. [pixels]
_MARGINS, _ARROW = 18, 28
_NARROWEST, _WIDEST, _PAPER = 60, 360, 1_000


def draw(page: Page, run: Run) -> None:
    """The table, its bars and marks, and the line that says how many there are."""
    table = customer_table(page, run)
    fields, count = table.fields, len(table.order)
    last = LEFT + len(fields) - 1
    printed = LEFT + next(at for at, field in enumerate(fields) if field.name == "action")
    widths = [_width(field, page.language) for field in fields]
    # A table of few columns fills the paper all the same.
    wider = max(_PAPER / sum(widths[: printed - LEFT + 1]), 1.0)
    page.columns([20, *(int(width * wider) for width in widths)])
    page.header(last if last < printed else printed)
    if count < table.everyone:
        said = page.say(
            "The {shown} customers of highest value of {all}; a sheet holds no more.",
            shown=f"{count:,}", all=f"{table.everyone:,}",
        )  # fmt: skip
    else:
        said = page.say(
            "{count} customers, highest value first; filter with the arrows in the heading.",
            count=f"{count:,}",
        )
    page.put(4, 1, said, "small")
    _link_to_one_customer(page, last if last < printed else printed)
    page.sheet.set_row_pixels(4, 20)
    _write(page, fields, count)
    _mark(page, fields, count)
    page.sheet.freeze_panes(HEAD, LEFT + 2)
    page.prints(HEAD + max(count, 1) - 1, printed, repeat=(HEAD - 1, HEAD - 1))


def _link_to_one_customer(page: Page, last: int) -> None:
    """A link beside the one that leads back."""
    for section, name in page.contents:
        if section.name == "customer_360":
            page.sheet.write_url(
                1, last - 1, f"internal:'{name}'!A1", page.style.of("link", "flush"), f"{name} ›",
                page.say("Look up one customer"),
            )  # fmt: skip


def _width(field: Field, language: str) -> int:
    """As wide as its usual content, within reason. [pixels]"""
    if field.kind == "date":
        return 92
    sample = [
        f"{cell:,.2f}" if field.kind == "cents" else str(cell)
        for cell in field.cells.slice(0, 500).to_pylist()
        if cell not in (None, "")
    ]
    # The widest one in fifty is written smaller rather than make the column too wide for all.
    widths = sorted(look.text_pixels(text, language) for text in sample) or [0.0]
    usual = widths[min(len(widths) - 1, int(len(widths) * 0.98))]
    # A heading may take two lines and leaves room for the filter's arrow.
    heading = max(look.text_pixels(word, language, bold=True) for word in field.title.split()) + _ARROW
    return int(min(max(usual + _MARGINS, heading, _NARROWEST), _WIDEST))


def _write(page: Page, fields: Sequence[Field], count: int) -> None:
    sheet, style = page.sheet, page.style
    sheet.set_row_pixels(HEAD - 1, 44)
    head = [style.of("head", "right") if field.kind in look.RIGHT else style.of("head") for field in fields]
    # XlsxWriter keeps an entry for every cell of a table: declare one row, then widen it.
    sheet.add_table(HEAD - 1, LEFT, HEAD, LEFT + len(fields) - 1, {
        "name": "tierbook_customers", "style": None,
        "columns": [
            {"header": title, "header_format": form}
            for title, form in zip(distinct_titles([field.title for field in fields]), head, strict=True)
        ],
    })  # fmt: skip
    widen(sheet, HEAD + max(count, 1) - 1)
    import pyarrow as pa

    table = pa.table([field.cells for field in fields], names=[str(at) for at in range(len(fields))])
    forms = [style.of("line", "cell", field.kind, "shrink") for field in fields]
    write_rows(style, sheet, HEAD, LEFT, table, forms)


def widen(sheet: Any, last_row: int) -> None:
    """Make the sheet's last table reach down to a row."""
    from xlsxwriter.utility import xl_cell_to_rowcol, xl_range

    table = sheet.tables[-1]
    for key in ("range", "a_range"):
        if key in table:
            first, _, last = table[key].partition(":")
            table[key] = xl_range(*xl_cell_to_rowcol(first), last_row, xl_cell_to_rowcol(last)[1])
    if "autofilter" in table:
        table["autofilter"] = table.get("a_range", table["range"])


def distinct_titles(titles: list[str]) -> list[str]:
    """Headings of an Excel table differ, capital letters left aside: the second `Name` is `Name 2`."""
    seen: dict[str, int] = {}
    out = []
    for title in titles:
        key = title.casefold()
        seen[key] = seen.get(key, 0) + 1
        out.append(title if seen[key] == 1 else f"{title} {seen[key]}")
    return out


def _mark(page: Page, fields: Sequence[Field], count: int) -> None:
    """Bars behind the value, shades behind the churn score, the alert colour on flagged levels."""
    last = HEAD + max(count, 1) - 1
    for position, field in enumerate(fields, LEFT):
        if field.name == "value":
            page.sheet.conditional_format(HEAD, position, last, position, look.BAR)
        elif field.name == "churn_score":
            page.sheet.conditional_format(HEAD, position, last, position, {
                "type": "2_color_scale", "min_type": "num", "min_value": 0, "min_color": look.WHITE,
                "max_type": "num", "max_value": 100, "max_color": look.ALERT_SOFT,
            })  # fmt: skip
            if lines := _danger(page.run):
                # Signs that differ in shape: a diamond for who counts as flagged, a triangle for who comes near.
                page.sheet.conditional_format(HEAD, position, last, position, {
                    "type": "icon_set", "icon_style": "3_signs", "reverse_icons": True,
                    "icons": [{"criteria": ">=", "type": "number", "value": line} for line in lines],
                })  # fmt: skip
        elif field.name == "churn_level" and page.run.pack.churn:
            for name in sorted(page.run.pack.churn.flagged):
                word = page.word(name).replace('"', '""')
                page.sheet.conditional_format(HEAD, position, last, position, {
                    "type": "cell", "criteria": "==", "value": f'"{word}"',
                    "format": page.style.book.add_format({"font_color": look.ALERT, "bold": True}),
                })  # fmt: skip


def _danger(run: Run) -> list[float]:
    """The churn score from which customers count as flagged, and the next one below; [] where there are not two."""
    churn = run.pack.churn
    if churn is None:
        return []
    profile = run.pack.profile(run.profile)
    starts = [(profile.constant(one.start), one.name in churn.flagged) for one in churn.levels if one.start]
    flagged = [start for start, counts in starts if counts]
    below = [start for start, counts in starts if not counts]
    return [min(flagged), max(below)] if flagged and below else []


SECTION = Section("customers", (), draw, order=20)
