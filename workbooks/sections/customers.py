"""Every scored customer in one Excel table with filters, the most valuable first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbooks import style as look
from workbooks.page import Page, Section, clean
from workbooks.rows import by_value

if TYPE_CHECKING:
    from tierbook.score import Run

# Excel's 1,048,576 rows less what stands above the table.
MOST_ROWS = 1_048_000
_HEAD = 6
_LEFT = 1
_WIDEST = 330


@dataclass(frozen=True)
class Field:
    """One column of the table: its name in the run, its heading, kind of figure, and its cells in words."""

    name: str
    title: str
    kind: str
    cells: list[Any]


def draw(page: Page, run: Run) -> None:
    """The table, its bars and marks, and the line that says how many there are."""
    order = by_value(run.customers)
    shown = order[:MOST_ROWS]
    fields = _fields(page, run, shown)
    count, last = len(shown), _LEFT + len(fields) - 1
    printed = _LEFT + next(at for at, field in enumerate(fields) if field.name == "action")
    page.columns([20, *(_width(field) for field in fields)])
    page.header(last if last < printed else printed)
    if count < len(order):
        said = page.say(
            "The {shown} customers of highest value of {all}; a sheet holds no more.",
            shown=f"{count:,}", all=f"{len(order):,}",
        )  # fmt: skip
    else:
        said = page.say(
            "{count} customers, highest value first; filter with the arrows in the heading.",
            count=f"{count:,}",
        )
    page.put(4, 1, said, "small")
    page.sheet.set_row_pixels(4, 20)
    _write(page, fields, count)
    _mark(page, fields, count)
    page.sheet.freeze_panes(_HEAD, _LEFT + 2)
    page.prints(_HEAD + max(count, 1) - 1, printed, repeat=(_HEAD - 1, _HEAD - 1))


def _fields(page: Page, run: Run, rows: Any) -> list[Field]:
    customers = run.customers.take(rows)

    def column(name: str) -> list[Any]:
        return customers[name].to_pylist()

    def words(name: str) -> list[str]:
        table = {entry: page.words(entry) for entry in set(column(name))}
        return [table[entry] for entry in column(name)]

    reasons = run.reasons(page.language)
    fields = [Field("customer_id", page.label("customer_id"), "text", column("customer_id"))]
    for name in ("name", "region"):
        if name in customers.column_names and customers[name].null_count < customers.num_rows:
            fields.append(Field(name, page.label(name), "text", column(name)))
    fields += [
        Field("tier", page.label("tier"), "text", words("tier")),
        Field("value", page.label("value"), "cents", column("value")),
        Field("total_spend", page.label("total_spend"), "cents", column("total_spend")),
        Field("orders", page.label("orders"), "count", column("orders")),
        Field("last_date", page.label("last_date"), "date", column("last_date")),
        Field("stage", page.label("stage"), "text", words("stage")),
        Field("churn_level", page.label("churn_level"), "text", words("churn_level")),
        Field("churn_score", page.label("churn_score"), "score", column("churn_score")),
        Field("reasons", page.label("churn_reasons"), "text", [reasons[row] for row in rows.tolist()]),
        Field("action", page.label("action"), "text", words("action")),
        Field("positions", page.label("positions"), "text", words("positions")),
    ]
    fields += [
        Field(
            f"value.{part}", page.say("Value: {part}", part=page.word(part)), "cents", column(f"value.{part}")
        )
        for part in run.pack.value_parts
    ]
    return [
        field
        for field in fields
        if any(cell is not None and cell != "" for cell in field.cells) or field.name == "action"
    ]


def _width(field: Field) -> int:
    """As wide as its usual content, within reason. [pixels]"""
    if field.kind == "date":
        return 92
    sample = [
        f"{cell:,.2f}" if field.kind == "cents" else str(cell)
        for cell in field.cells[:2_000]
        if cell not in (None, "")
    ]
    # The widest one in twenty may be cut off by its neighbour rather than make the column too wide for all.
    widths = sorted(look.display_width(text) for text in sample) or [8]
    usual = widths[min(len(widths) - 1, int(len(widths) * 0.98))]
    # A heading may take two lines and leaves room for the filter's arrow.
    heading = max(look.display_width(word) for word in field.title.split()) + 4
    return min(look.pixels(max(usual + 2, heading, 8)), _WIDEST)


def _write(page: Page, fields: list[Field], count: int) -> None:
    sheet, style = page.sheet, page.style
    sheet.set_row_pixels(_HEAD - 1, 40)
    head = [style.of("head", "right") if field.kind in look.RIGHT else style.of("head") for field in fields]
    # XlsxWriter keeps an entry for every cell of a table: declare one row, then widen it.
    sheet.add_table(_HEAD - 1, _LEFT, _HEAD, _LEFT + len(fields) - 1, {
        "name": "tierbook_customers", "style": None,
        "columns": [
            {"header": title, "header_format": form}
            for title, form in zip(distinct_titles([field.title for field in fields]), head, strict=True)
        ],
    })  # fmt: skip
    widen(sheet, _HEAD + max(count, 1) - 1)
    for position, field in enumerate(fields, _LEFT):
        form = style.of("line", "cell", field.kind)
        _WRITERS[field.kind if field.kind in ("text", "date") else "number"](
            sheet, position, field.cells, form
        )


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


def _write_texts(sheet: Any, column: int, cells: list[Any], form: Any) -> None:
    for row, cell in enumerate(cells, _HEAD):
        if cell:
            sheet.write_string(row, column, clean(str(cell)), form)
        else:
            sheet.write_blank(row, column, None, form)


def _write_numbers(sheet: Any, column: int, cells: list[Any], form: Any) -> None:
    for row, cell in enumerate(cells, _HEAD):
        if cell is None or cell != cell:
            sheet.write_blank(row, column, None, form)
        else:
            sheet.write_number(row, column, cell, form)


def _write_dates(sheet: Any, column: int, cells: list[Any], form: Any) -> None:
    for row, cell in enumerate(cells, _HEAD):
        if cell is None:
            sheet.write_blank(row, column, None, form)
        else:
            sheet.write_datetime(row, column, cell, form)


_WRITERS = {"text": _write_texts, "number": _write_numbers, "date": _write_dates}


def _mark(page: Page, fields: list[Field], count: int) -> None:
    """Bars behind the value, shades behind the churn score, the alert colour on flagged levels."""
    last = _HEAD + max(count, 1) - 1
    for position, field in enumerate(fields, _LEFT):
        if field.name == "value":
            page.sheet.conditional_format(_HEAD, position, last, position, look.BAR)
        elif field.name == "churn_score":
            page.sheet.conditional_format(_HEAD, position, last, position, {
                "type": "2_color_scale", "min_type": "num", "min_value": 0, "min_color": look.WHITE,
                "max_type": "num", "max_value": 100, "max_color": look.ALERT_SOFT,
            })  # fmt: skip
        elif field.name == "churn_level" and page.run.pack.churn:
            for name in sorted(page.run.pack.churn.flagged):
                word = page.word(name).replace('"', '""')
                page.sheet.conditional_format(_HEAD, position, last, position, {
                    "type": "cell", "criteria": "==", "value": f'"{word}"',
                    "format": page.style.book.add_format({"font_color": look.ALERT, "bold": True}),
                })  # fmt: skip


SECTION = Section("customers", (), draw, order=20)
